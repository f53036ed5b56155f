//! `subnetkit wallet new`.

use clap::Args;
use serde::Serialize;
use subnetkit::{
    protocol::AccountId,
    wallet::{DEFAULT_WORDS, NewWallet, Protection},
};

use super::CryptoType;
use crate::{args::WalletArgs, console::Console, output, spending};

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    #[command(flatten)]
    wallet: WalletArgs,
    /// Words of each of the two phrases: 12, 15, 18, 21 or 24
    #[arg(long, default_value_t = DEFAULT_WORDS)]
    words: usize,
    /// How both keys sign: sr25519 or ed25519
    #[arg(long, value_name = "TYPE", default_value = "sr25519")]
    crypto_type: CryptoType,
    /// Store the coldkey unencrypted
    #[arg(long, visible_alias = "no-password")]
    plain: bool,
}

#[derive(Serialize)]
struct Made<'a> {
    name: &'a str,
    path: String,
    coldkey: Key<'a>,
    hotkey: Key<'a>,
}

/// The only time that a phrase is shown.
#[derive(Serialize)]
struct Key<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    ss58: AccountId,
    phrase: Option<&'a str>,
}

pub(crate) fn run(args: NewArgs, console: Console) -> anyhow::Result<()> {
    let wallet = super::on_disk(&super::settings(args.wallet)?)?;
    let password = if args.plain { None } else { Some(spending::new_password(&wallet.coldkey_path())?) };
    let protection = password.as_ref().map_or(Protection::Plain, Protection::Password);
    let CryptoType(scheme) = args.crypto_type;
    let created = wallet.create(&NewWallet { words: args.words, scheme, ..NewWallet::new(protection) })?;
    let made = Made {
        name: wallet.name(),
        path: wallet.path().display().to_string(),
        coldkey: Key { name: None, ss58: created.coldkey.account(), phrase: created.coldkey.phrase() },
        hotkey: Key {
            name: Some(wallet.hotkey_name()),
            ss58: created.hotkey.account(),
            phrase: created.hotkey.phrase(),
        },
    };
    console.result(&made, Made::text)?;
    output::note(
        "Write both phrases down now: nothing else brings the keys back, and they are not shown again.",
    );
    Ok(())
}

impl Made<'_> {
    fn text(&self) -> String {
        let key = |name: &str, key: &Key<'_>| match key.phrase {
            Some(phrase) => format!("{name}: {}\n  phrase: {phrase}", key.ss58),
            None => format!("{name}: {}", key.ss58),
        };
        let hotkey = format!("hotkey {}", self.hotkey.name.unwrap_or_default());
        format!(
            "Wallet {} in {}\n{}\n{}",
            self.name,
            self.path,
            key("coldkey", &self.coldkey),
            key(&hotkey, &self.hotkey)
        )
    }
}
