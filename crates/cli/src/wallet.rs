//! `subnetkit wallet`: keys on disk, as btcli keeps them. No command of these asks a chain.

mod import;
mod list;
mod new;
mod show;
mod sign;

use std::str::FromStr;

use anyhow::bail;
use clap::Subcommand;
use subnetkit::{
    keys::Keys,
    protocol::{Scheme, UnknownScheme},
    settings::Common,
    wallet::Wallet,
};

use crate::{
    args::{Flags, WalletArgs},
    console::Console,
};

#[derive(Debug, Subcommand)]
pub(crate) enum WalletCommand {
    /// Make a wallet with a new coldkey and a new hotkey, as btcli does, and show their phrases once
    New(new::NewArgs),
    /// List wallets and their hotkeys
    List(list::ListArgs),
    /// Show a wallet: addresses, crypto types, files, and whether they are encrypted; never a secret
    Show(show::ShowArgs),
    /// Write a key's files from its phrase, its seed or a keyfile
    Import(import::ImportArgs),
    /// Sign a message, as `btcli wallet sign` does
    Sign(sign::SignArgs),
    /// Check a signature of a message; the exit status is 1 if it is not the address's
    Verify(sign::VerifyArgs),
}

pub(crate) fn run(command: WalletCommand, console: Console) -> anyhow::Result<()> {
    match command {
        WalletCommand::New(args) => new::run(args, console),
        WalletCommand::List(args) => list::run(args, console),
        WalletCommand::Show(args) => show::run(args, console),
        WalletCommand::Import(args) => import::run(&args, console),
        WalletCommand::Sign(args) => sign::run(args, console),
        WalletCommand::Verify(args) => sign::verify(args, console),
    }
}

/// How a key signs: `sr25519`, `ed25519`, or the number that keyfiles have for it.
#[derive(Debug, Clone, Copy)]
struct CryptoType(Scheme);

impl FromStr for CryptoType {
    type Err = UnknownScheme;

    fn from_str(text: &str) -> Result<Self, UnknownScheme> {
        match text.parse::<u8>() {
            Ok(number) => Scheme::try_from(number).map(Self),
            Err(_) => text.parse().map(Self),
        }
    }
}

fn settings(wallet: WalletArgs) -> anyhow::Result<Common> {
    Ok(Flags::new().wallet(wallet).settings()?)
}

/// The wallet on disk that the settings name.
fn on_disk(settings: &Common) -> anyhow::Result<Wallet> {
    match Keys::named_by(settings)? {
        Keys::Wallet(wallet) => Ok(wallet),
        _ => bail!(
            "`{}` is a development key and has no files: pass it to --wallet where a key is to sign",
            settings.wallet
        ),
    }
}
