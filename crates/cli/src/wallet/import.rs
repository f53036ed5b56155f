//! `subnetkit wallet import`.

use std::{
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, ValueEnum};
use serde::Serialize;
use subnetkit::{
    protocol::{AccountId, Scheme},
    wallet::{
        Encryption, Keyfile, MAX_KEYFILE_BYTES, Overwrite, PasswordSource as _, Protection, Reading, Wallet,
        WalletKey,
    },
};

use super::CryptoType;
use crate::{args::WalletArgs, console::Console, output, spending};

/// The name of standard input, where a file is wanted.
const STDIN: &str = "-";

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Which key's files to write
    key: Target,
    #[command(flatten)]
    wallet: WalletArgs,
    /// Where the secret is: a file with a phrase, a seed or private key in hex, or keyfile JSON, encrypted or not; - is
    /// standard input [default: asked for at the terminal, else standard input]
    #[arg(long, value_name = "FILE", conflicts_with = "secret")]
    from: Option<PathBuf>,
    /// The phrase or the seed itself. Everybody on this machine can see it while the command runs, and the shell keeps it
    #[arg(long, value_name = "TEXT")]
    secret: Option<String>,
    /// How the key of a phrase or a seed signs: sr25519 or ed25519; keyfile JSON says so itself
    #[arg(long, value_name = "TYPE", default_value = "sr25519")]
    crypto_type: CryptoType,
    /// Store the coldkey unencrypted
    #[arg(long, visible_alias = "no-password", conflicts_with = "encrypt")]
    plain: bool,
    /// Encrypt the hotkey's file, which is plain otherwise
    #[arg(long)]
    encrypt: bool,
    /// Replace files that are there; a key of which they are the only copy is lost
    #[arg(long)]
    overwrite: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Target {
    /// The private and the public file of the coldkey
    Coldkey,
    /// The private and the public file of the hotkey
    Hotkey,
    /// The public file of the coldkey alone, from its address or a public keyfile: all that a miner's machine needs
    Coldkeypub,
}

#[derive(Serialize)]
struct Imported {
    key: Target,
    ss58: AccountId,
    crypto_type: Scheme,
    path: String,
    encrypted: bool,
}

pub(crate) fn run(args: &ImportArgs, console: Console) -> anyhow::Result<()> {
    let wallet = super::on_disk(&super::settings(args.wallet.clone())?)?;
    let content = content(args)?;
    let keyfile = read(args, &content)?;
    let overwrite = if args.overwrite { Overwrite::Replace } else { Overwrite::Refuse };
    let (ss58, crypto_type) = (keyfile.account(), keyfile.scheme());
    let path = match args.key {
        Target::Coldkey => wallet.coldkey_path(),
        Target::Hotkey => wallet.hotkey_path(),
        Target::Coldkeypub => wallet.coldkeypub_path(),
    };
    let imported = |encrypted| Imported {
        key: args.key,
        ss58,
        crypto_type,
        path: path.display().to_string(),
        encrypted,
    };
    if args.key == Target::Coldkeypub {
        wallet.write_coldkeypub(ss58, crypto_type, overwrite)?;
        return console.result(&imported(false), Imported::text);
    }
    let Some(key) = keyfile.into_key() else {
        bail!(
            "this is the public key {ss58} alone, which cannot sign: give a phrase, a seed or a private keyfile, or import \
             it as coldkeypub"
        )
    };
    // Before a password is asked for in vain.
    ensure!(
        args.overwrite || !path.exists(),
        "{} already exists and was left as it is: choose another name, or pass --overwrite",
        path.display()
    );
    let wanted = if args.key == Target::Coldkey { !args.plain } else { args.encrypt };
    let password = if wanted { Some(spending::new_password(&path)?) } else { None };
    let protection = password.as_ref().map_or(Protection::Plain, Protection::Password);
    write(&wallet, args.key, &key, protection, overwrite)?;
    console.result(&imported(password.is_some()), Imported::text)
}

fn write(
    wallet: &Wallet,
    target: Target,
    key: &WalletKey,
    protection: Protection<'_>,
    overwrite: Overwrite,
) -> anyhow::Result<()> {
    match target {
        Target::Coldkey => wallet.write_coldkey(key, protection, overwrite)?,
        _ => wallet.write_hotkey(key, protection, overwrite)?,
    }
    Ok(())
}

/// The secret as it was given.
fn content(args: &ImportArgs) -> anyhow::Result<Vec<u8>> {
    if let Some(secret) = &args.secret {
        output::note(
            "warning: a secret on the command line can be seen by everybody on this machine and stays in the shell's \
             history; leave --secret out to be asked for it",
        );
        return Ok(secret.clone().into_bytes());
    }
    match &args.from {
        Some(path) if path != Path::new(STDIN) => {
            let file = std::fs::File::open(path)
                .with_context(|| format!("{} cannot be read: check --from", path.display()))?;
            bounded(file).with_context(|| format!("{} cannot be read: check --from", path.display()))
        }
        None if io::stdin().is_terminal() => {
            let asked = spending::ask_text("Phrase, seed or private key: ")?;
            Ok(asked.unwrap_or_default().into_bytes())
        }
        _ => bounded(io::stdin().lock()).context("standard input cannot be read"),
    }
}

fn bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    from.take(MAX_KEYFILE_BYTES + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MAX_KEYFILE_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too large to be a key"));
    }
    Ok(content)
}

fn read(args: &ImportArgs, content: &[u8]) -> anyhow::Result<Keyfile> {
    let text = std::str::from_utf8(content).unwrap_or_default().trim();
    ensure!(
        !content.trim_ascii().is_empty(),
        "no key was given: name a file by --from, or pass a phrase, a seed or keyfile JSON on standard input"
    );
    let CryptoType(scheme) = args.crypto_type;
    if args.key == Target::Coldkeypub
        && let Ok(account) = text.parse::<AccountId>()
    {
        return Ok(Keyfile::public(account, scheme));
    }
    if scheme != Scheme::Sr25519 && Encryption::detect(content).is_none() && !text.starts_with('{') {
        let hex = hex::decode(text.strip_prefix("0x").unwrap_or(text));
        let key = match hex {
            Ok(bytes) => WalletKey::from_bytes(&bytes, scheme),
            Err(_) => WalletKey::from_phrase(text, "", scheme),
        };
        return Ok(key.context("this is neither a phrase nor a seed")?.into());
    }
    let password = match Encryption::detect(content) {
        Some(_) => {
            let name = args.from.as_deref().unwrap_or(Path::new(STDIN));
            spending::passwords(None).password(name)?
        }
        None => None,
    };
    // Text that is piped ends with a line; an envelope is taken as it is.
    let content = if password.is_some() { content } else { text.as_bytes() };
    Keyfile::read(content, password.as_ref(), Reading::default()).context("the key cannot be imported")
}

impl Imported {
    fn text(&self) -> String {
        let how = if self.encrypted { "encrypted" } else { "plain" };
        format!("Wrote {} ({how}) of {}, {}.", self.path, self.ss58, self.crypto_type)
    }
}
