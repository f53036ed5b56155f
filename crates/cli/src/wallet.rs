//! `subnetkit wallet`.

use anyhow::bail;
use clap::{Args, Subcommand};
use serde::Serialize;
use subnetkit::{
    keys::Keys,
    protocol::AccountId,
    wallet::{self, DEFAULT_WORDS, NewWallet, Protection, Wallet, WalletError, WalletKey},
};

use crate::{
    args::{Flags, WalletArgs},
    console::Console,
    output, spending,
};

#[derive(Debug, Subcommand)]
pub(crate) enum WalletCommand {
    /// Make a wallet with a new coldkey and a new hotkey, as btcli does
    New(NewArgs),
    /// List wallets and their hotkeys
    List(ListArgs),
}

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    #[command(flatten)]
    wallet: WalletArgs,
    /// Words of each of the two phrases: 12, 15, 18, 21 or 24
    #[arg(long, default_value_t = DEFAULT_WORDS)]
    words: usize,
    /// Store the coldkey unencrypted
    #[arg(long)]
    plain: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    wallet: WalletArgs,
}

pub(crate) fn run(command: WalletCommand, console: Console) -> anyhow::Result<()> {
    match command {
        WalletCommand::New(args) => new(args),
        WalletCommand::List(args) => list(args, console),
    }
}

fn new(args: NewArgs) -> anyhow::Result<()> {
    let settings = Flags::new().wallet(args.wallet).settings()?;
    let Keys::Wallet(wallet) = Keys::named_by(&settings)? else {
        bail!("`{}` is a development key and needs no wallet: pass it to --wallet as it is", settings.wallet);
    };
    let password = if args.plain { None } else { Some(spending::new_password(&wallet.coldkey_path())?) };
    let coldkey = password.as_ref().map_or(Protection::Plain, Protection::Password);
    let created = wallet.create(&NewWallet { words: args.words, ..NewWallet::new(coldkey) })?;
    output::say(&format!("Wallet {} in {}", wallet.name(), wallet.path().display()))?;
    show("coldkey", &created.coldkey)?;
    show(&format!("hotkey {}", wallet.hotkey_name()), &created.hotkey)?;
    output::note(
        "Write both phrases down now: nothing else brings the keys back, and they are not shown again.",
    );
    Ok(())
}

fn show(name: &str, key: &WalletKey) -> anyhow::Result<()> {
    output::say(&format!("{name}: {}", key.account()))?;
    if let Some(phrase) = key.phrase() {
        output::say(&format!("  phrase: {phrase}"))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Wallets {
    wallets: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    path: String,
    coldkey: Option<AccountId>,
    hotkeys: Vec<ListedHotkey>,
}

#[derive(Serialize)]
struct ListedHotkey {
    name: String,
    hotkey: Option<AccountId>,
}

fn list(args: ListArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().wallet(args.wallet).settings()?;
    let base = Wallet::expand_home(&settings.wallet_path);
    let found: Vec<Listed> = wallet::list(&base)?
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
    if console.is_json() {
        return output::json(&Wallets { wallets: found });
    }
    if found.is_empty() {
        output::note(&format!(
            "There are no wallets in {}; make one with `subnetkit wallet new`.",
            base.display()
        ));
    }
    let address = |account: Option<AccountId>| {
        account.map_or_else(|| "unreadable".to_owned(), |account| account.to_string())
    };
    for wallet in found {
        output::say(&format!("{}  {}", wallet.name, address(wallet.coldkey)))?;
        for hotkey in wallet.hotkeys {
            output::say(&format!("  {}  {}", hotkey.name, address(hotkey.hotkey)))?;
        }
    }
    Ok(())
}

/// One damaged file does not hide the others, and is told of.
fn known(account: Result<AccountId, WalletError>) -> Option<AccountId> {
    account.inspect_err(|error| output::note(&format!("warning: {error}"))).ok()
}
