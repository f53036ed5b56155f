//! `subnetkit wallet show`.

use std::path::Path;

use clap::Args;
use serde::Serialize;
use subnetkit::{
    protocol::{AccountId, Scheme},
    wallet::{Inspection, Wallet, WalletError},
};

use crate::{args::WalletArgs, console::Console, output};

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    wallet: WalletArgs,
}

#[derive(Serialize)]
struct Shown {
    name: String,
    path: String,
    coldkey: Key,
    hotkeys: Vec<Key>,
}

#[derive(Serialize)]
struct Key {
    name: String,
    /// None if the only file is encrypted.
    ss58: Option<AccountId>,
    crypto_type: Option<Scheme>,
    /// `missing`, `plain`, or how it is encrypted.
    private: String,
    private_path: String,
    /// Whether other users can read the private file.
    shared: bool,
    /// None if there is no public file.
    public_path: Option<String>,
}

pub(crate) fn run(args: ShowArgs, console: Console) -> anyhow::Result<()> {
    let settings = super::settings(args.wallet)?;
    let wallet = super::on_disk(&settings)?;
    let base = Wallet::expand_home(&settings.wallet_path);
    let names = match wallet.hotkeys() {
        // Only the owner's files are here.
        Err(error) if error.is_missing() && wallet.path().exists() => Vec::new(),
        names => names?,
    };
    let coldkey = Key::of("coldkey", &wallet.inspect_coldkey()?);
    let hotkey = |name: String| -> Result<Key, WalletError> {
        Ok(Key::of(&name, &Wallet::new(&base, wallet.name(), &name).inspect_hotkey()?))
    };
    let hotkeys = names.into_iter().map(hotkey).collect::<Result<_, _>>()?;
    let shown =
        Shown { name: wallet.name().to_owned(), path: wallet.path().display().to_string(), coldkey, hotkeys };
    console.result(&shown, Shown::text)
}

impl Key {
    fn of(name: &str, found: &Inspection) -> Self {
        let text = |path: &Path| path.display().to_string();
        Self {
            name: name.to_owned(),
            ss58: found.account,
            crypto_type: found.scheme,
            private: match (found.has_private, found.encryption) {
                (false, _) => "missing".to_owned(),
                (true, None) => "plain".to_owned(),
                (true, Some(encryption)) => encryption.to_string(),
            },
            private_path: text(&found.private_path),
            shared: found.is_shared,
            public_path: found.has_public.then(|| text(&found.public_path)),
        }
    }

    fn cells(&self) -> Vec<String> {
        let unknown = || "unknown".to_owned();
        let private =
            if self.shared { format!("{}, readable by others", self.private) } else { self.private.clone() };
        vec![
            self.name.clone(),
            self.ss58.map_or_else(unknown, |account| account.to_string()),
            self.crypto_type.map_or_else(unknown, |scheme| scheme.to_string()),
            private,
            if self.public_path.is_some() { "there" } else { "missing" }.to_owned(),
        ]
    }
}

impl Shown {
    fn text(&self) -> String {
        let rows: Vec<_> = std::iter::once(&self.coldkey).chain(&self.hotkeys).map(Key::cells).collect();
        format!(
            "Wallet {} in {}\n{}",
            self.name,
            self.path,
            output::table(&["key", "ss58", "crypto type", "private file", "public file"], &rows)
        )
    }
}
