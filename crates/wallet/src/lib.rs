//! Bittensor wallets on disk, as btcli reads and writes them.
//!
//! A wallet is a directory with a `coldkey` (usually encrypted), its public half `coldkeypub.txt`, and `hotkeys/`.
//! This crate reads every keyfile the Python SDK reads (plain, NaCl, Ansible Vault, Fernet, the oldest bare
//! phrases and seeds), with the same answers, and writes what it writes.
//!
//! It is **not** a key management service: it keeps no unlocked keys, asks for no password by itself, knows no
//! chain. A miner or a validator needs [`Wallet::hotkey`] and [`Wallet::coldkeypub`] and never the coldkey.
//!
//! Start reading at [`Wallet`]; a keyfile without its directory is [`Keyfile`], its encryption
//! [`encryption`], and where passwords come from is [`Passwords`].
//!
//! Invariants: secrets are wiped from memory when dropped and no `Debug`, error or log line holds one; an existing
//! keyfile is replaced only when the caller says [`Overwrite::Replace`]; a file is written whole or not at all.

mod create;
mod error;
mod files;
mod inspection;
mod key;
mod keyfile;
mod listing;
mod members;
mod wallet;

pub mod encryption;
pub mod password;

pub use create::{Created, DEFAULT_WORDS, NewWallet, Overwrite, Protection};
pub use encryption::{Encryption, EncryptionError};
pub use error::WalletError;
pub use inspection::Inspection;
pub use key::WalletKey;
pub use keyfile::{Keyfile, KeyfileError, Reading};
pub use listing::{HotkeyEntry, WalletEntry, list};
pub use password::{Password, PasswordError, PasswordSource, Passwords};
pub use wallet::{DEFAULT_HOTKEY, DEFAULT_WALLET, MAX_KEYFILE_BYTES, Wallet};
