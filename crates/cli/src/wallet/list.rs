//! `subnetkit wallet list`.

use clap::Args;
use serde::Serialize;
use subnetkit::{
    protocol::AccountId,
    wallet::{self, Wallet, WalletError},
};

use crate::{args::WalletArgs, console::Console, output};

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    wallet: WalletArgs,
}

#[derive(Serialize)]
struct Wallets {
    wallets: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    path: String,
    /// None if its file cannot be read.
    coldkey: Option<AccountId>,
    hotkeys: Vec<ListedHotkey>,
}

#[derive(Serialize)]
struct ListedHotkey {
    name: String,
    hotkey: Option<AccountId>,
}

pub(crate) fn run(args: ListArgs, console: Console) -> anyhow::Result<()> {
    let base = Wallet::expand_home(&super::settings(args.wallet)?.wallet_path);
    let wallets = wallet::list(&base)?
        .into_iter()
        .map(|entry| Listed {
            path: base.join(&entry.name).display().to_string(),
            coldkey: known(entry.coldkey),
            hotkeys: entry
                .hotkeys
                .into_iter()
                .map(|hotkey| ListedHotkey { hotkey: known(hotkey.account), name: hotkey.name })
                .collect(),
            name: entry.name,
        })
        .collect();
    let found = Wallets { wallets };
    if found.wallets.is_empty() && !console.is_json() {
        output::note(&format!(
            "There are no wallets in {}; make one with `subnetkit wallet new`.",
            base.display()
        ));
        return Ok(());
    }
    console.result(&found, Wallets::text)
}

impl Wallets {
    fn text(&self) -> String {
        let address = |account: Option<AccountId>| {
            account.map_or_else(|| "unreadable".to_owned(), |account| account.to_string())
        };
        let mut lines = Vec::new();
        for wallet in &self.wallets {
            lines.push(format!("{}  {}", wallet.name, address(wallet.coldkey)));
            let hotkey = |hotkey: &ListedHotkey| format!("  {}  {}", hotkey.name, address(hotkey.hotkey));
            lines.extend(wallet.hotkeys.iter().map(hotkey));
        }
        lines.join("\n")
    }
}

/// One damaged file does not hide the others, and is told of.
fn known(account: Result<AccountId, WalletError>) -> Option<AccountId> {
    account.inspect_err(|error| output::note(&format!("warning: {error}"))).ok()
}
