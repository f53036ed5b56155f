//! `subnetkit wallet sign` and `verify`: messages, byte for byte as btcli signs them.

use std::{
    io::{self, IsTerminal, Read},
    path::PathBuf,
};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use serde::Serialize;
use subnetkit::{
    keys::Keys,
    protocol::{AccountId, Keypair, Scheme, verify as holds},
};

use crate::{
    args::WalletArgs,
    console::{Console, FaultFound, Progress},
    output, spending,
};

/// Larger than anything that people sign by hand.
const MAX_MESSAGE_BYTES: u64 = 16 * 1024 * 1024;

/// The message: its bytes are signed as they are, without a mark of its kind.
#[derive(Debug, Clone, Args)]
struct MessageArgs {
    /// The message [default: standard input, to its end]
    message: Option<String>,
    /// A file whose bytes are the message
    #[arg(long, value_name = "FILE", conflicts_with = "message")]
    file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    #[command(flatten)]
    message: MessageArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    /// Sign with the hotkey instead of the coldkey
    #[arg(long)]
    use_hotkey: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    message: MessageArgs,
    /// Whose signature it should be
    #[arg(long, visible_alias = "ss58", value_name = "SS58")]
    address: AccountId,
    /// The signature: 64 bytes in hex, with 0x or without
    #[arg(long, value_name = "HEX")]
    signature: String,
}

/// Named as btcli names it.
#[derive(Serialize)]
struct Signed {
    /// The signature, in hex.
    signed_message: String,
    signer_address: AccountId,
    crypto_type: Scheme,
}

#[derive(Serialize)]
struct Verified {
    valid: bool,
    address: AccountId,
    /// None if it is not valid.
    crypto_type: Option<Scheme>,
}

impl MessageArgs {
    fn bytes(self) -> anyhow::Result<Vec<u8>> {
        if let Some(message) = self.message {
            return Ok(message.into_bytes());
        }
        let mut bytes = Vec::new();
        let source = match &self.file {
            Some(path) => {
                let file = std::fs::File::open(path)
                    .with_context(|| format!("{} cannot be read: check --file", path.display()))?;
                file.take(MAX_MESSAGE_BYTES + 1).read_to_end(&mut bytes)?;
                path.display().to_string()
            }
            None => {
                if io::stdin().is_terminal() {
                    output::note("The message, ended by Ctrl-D:");
                }
                io::stdin().lock().take(MAX_MESSAGE_BYTES + 1).read_to_end(&mut bytes)?;
                "standard input".to_owned()
            }
        };
        ensure!(
            bytes.len() as u64 <= MAX_MESSAGE_BYTES,
            "{source} has more than {MAX_MESSAGE_BYTES} bytes, which is too much for a message: sign its hash"
        );
        Ok(bytes)
    }
}

pub(crate) fn run(args: SignArgs, console: Console) -> anyhow::Result<()> {
    let settings = super::settings(args.wallet)?;
    let keys = Keys::named_by(&settings)?;
    let message = args.message.bytes()?;
    let key: Keypair = if args.use_hotkey {
        match &keys {
            Keys::Wallet(wallet) => wallet.hotkey_with(&spending::hotkey_passwords())?,
            keys => keys.hotkey()?,
        }
    } else {
        let progress = matches!(keys, Keys::Wallet(_)).then(|| Progress::new("unlocking the coldkey"));
        keys.coldkey(&spending::passwords(progress))?
    };
    let signed = Signed {
        signed_message: hex::encode(key.sign(&message)),
        signer_address: key.account(),
        crypto_type: key.scheme(),
    };
    console.result(&signed, |signed| {
        format!("{}\nsigned by {} ({})", signed.signed_message, signed.signer_address, signed.crypto_type)
    })
}

pub(crate) fn verify(args: VerifyArgs, console: Console) -> anyhow::Result<()> {
    let VerifyArgs { message, address, signature } = args;
    let digits = signature.strip_prefix("0x").unwrap_or(&signature);
    let mut bytes = [0; 64];
    if hex::decode_to_slice(digits, &mut bytes).is_err() {
        bail!("--signature has to be 64 bytes in hex, and has {} characters", digits.len());
    }
    let message = message.bytes()?;
    // Browser wallets put this around what people sign.
    let wrapped = [b"<Bytes>", message.as_slice(), b"</Bytes>"].concat();
    let crypto_type = [Scheme::Sr25519, Scheme::Ed25519].into_iter().find(|scheme| {
        [&message, &wrapped].into_iter().any(|message| holds(*scheme, &address, message, &bytes))
    });
    let verified = Verified { valid: crypto_type.is_some(), address, crypto_type };
    console.result(&verified, |verified| match verified.crypto_type {
        Some(scheme) => format!("This is a signature of the message by {address} ({scheme})."),
        None => format!("This is no signature of the message by {address}."),
    })?;
    ensure!(verified.valid, FaultFound("the signature is not valid".to_owned()));
    Ok(())
}
