//! Making wallets: the same files, members and permissions as btcli.

use std::fs;
use std::io;
use std::path::Path;

use subnetkit_protocol::{Coldkey, Scheme};

use crate::encryption;
use crate::error::WalletError;
use crate::files;
use crate::key::WalletKey;
use crate::keyfile::{Keyfile, KeyfileError};
use crate::listing;
use crate::password::{Password, Passwords};
use crate::wallet::Wallet;

/// The number of words of a new phrase unless another is asked for.
pub const DEFAULT_WORDS: usize = 12;

/// What to do with a file that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overwrite {
    /// Leave it and fail.
    #[default]
    Refuse,
    /// Replace it. If it held the only copy of a key, that key is lost.
    Replace,
}

/// How a private keyfile is stored.
#[derive(Debug, Clone, Copy)]
pub enum Protection<'a> {
    /// Readable by whoever can read the file; usual for hotkeys.
    Plain,
    /// Encrypted with NaCl; usual for coldkeys.
    Password(&'a Password),
}

/// What [`Wallet::create`] makes.
#[derive(Debug, Clone, Copy)]
pub struct NewWallet<'a> {
    /// 12, 15, 18, 21 or 24, for each of the two phrases.
    pub words: usize,
    /// Of both keys.
    pub scheme: Scheme,
    /// Of the coldkey file.
    pub coldkey: Protection<'a>,
    /// Of the hotkey file.
    pub hotkey: Protection<'a>,
    /// Whether files that exist are replaced.
    pub overwrite: Overwrite,
}

impl<'a> NewWallet<'a> {
    /// As btcli by default: 12 words, sr25519, plain hotkey, nothing overwritten.
    pub const fn new(coldkey: Protection<'a>) -> Self {
        Self {
            words: DEFAULT_WORDS,
            scheme: Scheme::Sr25519,
            coldkey,
            hotkey: Protection::Plain,
            overwrite: Overwrite::Refuse,
        }
    }
}

/// The keys of a wallet just made, with their phrases to be shown once.
#[derive(Debug, Clone)]
pub struct Created {
    /// The coldkey.
    pub coldkey: WalletKey,
    /// The hotkey.
    pub hotkey: WalletKey,
}

impl Wallet {
    /// Makes a coldkey and a hotkey from fresh phrases and writes their four files.
    pub fn create(&self, new: &NewWallet<'_>) -> Result<Created, WalletError> {
        let coldkey = WalletKey::generate(new.words, new.scheme)?;
        let hotkey = WalletKey::generate(new.words, new.scheme)?;
        // Everything that can be refused is refused before the first file is written.
        self.check_new_hotkey_name()?;
        self.check_free(&self.coldkey_path(), &self.coldkeypub_path(), &coldkey, new.overwrite)?;
        self.check_free(&self.hotkey_path(), &self.hotkeypub_path(), &hotkey, new.overwrite)?;
        self.write_coldkey(&coldkey, new.coldkey, new.overwrite)?;
        self.write_hotkey(&hotkey, new.hotkey, new.overwrite)?;
        Ok(Created { coldkey, hotkey })
    }

    /// Writes `coldkey` and `coldkeypub.txt`: for a key from [`WalletKey::from_phrase`] or
    /// [`WalletKey::from_seed`] this regenerates the files.
    pub fn write_coldkey(
        &self,
        key: &WalletKey,
        protection: Protection<'_>,
        overwrite: Overwrite,
    ) -> Result<(), WalletError> {
        self.check_name()?;
        self.write_pair(
            &self.path(),
            &self.coldkey_path(),
            &self.coldkeypub_path(),
            key,
            protection,
            overwrite,
        )
    }

    /// Writes `hotkeys/<name>` and `hotkeys/<name>pub.txt`.
    pub fn write_hotkey(
        &self,
        key: &WalletKey,
        protection: Protection<'_>,
        overwrite: Overwrite,
    ) -> Result<(), WalletError> {
        self.check_new_hotkey_name()?;
        let directory = self.hotkeys_path();
        self.write_pair(&directory, &self.hotkey_path(), &self.hotkeypub_path(), key, protection, overwrite)
    }

    /// Writes `coldkeypub.txt` alone: all a miner's or validator's machine should have of the coldkey.
    pub fn write_coldkeypub(
        &self,
        coldkey: Coldkey,
        scheme: Scheme,
        overwrite: Overwrite,
    ) -> Result<(), WalletError> {
        self.check_name()?;
        create_directory(&self.path())?;
        write_public(&self.coldkeypub_path(), &Keyfile::public(coldkey, scheme), overwrite)
    }

    fn write_pair(
        &self,
        directory: &Path,
        private: &Path,
        public: &Path,
        key: &WalletKey,
        protection: Protection<'_>,
        overwrite: Overwrite,
    ) -> Result<(), WalletError> {
        self.check_free(private, public, key, overwrite)?;
        let keyfile = Keyfile::from(key.clone());
        let unusable = |error| WalletError::Keyfile { what: "new keyfile", path: private.to_owned(), error };
        let json = keyfile.to_json().map_err(unusable)?;
        let sealed;
        let content = match protection {
            Protection::Plain => json.as_slice(),
            Protection::Password(password) if password.is_empty() => {
                return Err(WalletError::EmptyPassword { path: private.to_owned() });
            }
            Protection::Password(password) => {
                sealed = encryption::seal(&json, password).map_err(|error| unusable(error.into()))?;
                sealed.as_slice()
            }
        };
        create_directory(directory)?;
        // The private file first: if the second write fails, the secret is safe and the public file can be remade.
        write(private, content, overwrite)?;
        // check_free has seen to it that a public file still there names this very key.
        write_public(public, &keyfile, Overwrite::Replace)
    }

    /// Refuses if the private file exists, or if the public one exists and names another key. A public file of
    /// the same key is no obstacle: that is how a watch-only wallet gets its coldkey back.
    fn check_free(
        &self,
        private: &Path,
        public: &Path,
        key: &WalletKey,
        overwrite: Overwrite,
    ) -> Result<(), WalletError> {
        if overwrite == Overwrite::Replace {
            return Ok(());
        }
        let taken = |path: &Path| Err(WalletError::Exists { path: path.to_owned() });
        if fs::symlink_metadata(private).is_ok() {
            return taken(private);
        }
        match self.read("public file", public.to_owned(), &None::<Passwords>) {
            Ok(found) if found.account() == key.account() => Ok(()),
            Err(error) if error.is_missing() => Ok(()),
            _ => taken(public),
        }
    }

    /// A new hotkey must not have a name that listings take for something else.
    fn check_new_hotkey_name(&self) -> Result<(), WalletError> {
        self.check_hotkey_name()?;
        if listing::is_hotkey_name(self.hotkey_name()) {
            return Ok(());
        }
        Err(WalletError::InvalidName {
            what: "hotkey",
            name: self.hotkey_name().to_owned(),
            rule: "it must not start with a dot or end in pub.txt or .lock, or listings would skip it",
        })
    }
}

fn create_directory(path: &Path) -> Result<(), WalletError> {
    files::create_private_directory(path).map_err(|error| WalletError::Write { path: path.to_owned(), error })
}

fn write_public(path: &Path, keyfile: &Keyfile, overwrite: Overwrite) -> Result<(), WalletError> {
    let json = keyfile.to_public_json().map_err(|error: KeyfileError| WalletError::Keyfile {
        what: "new public keyfile",
        path: path.to_owned(),
        error,
    })?;
    write(path, &json, overwrite)
}

fn write(path: &Path, content: &[u8], overwrite: Overwrite) -> Result<(), WalletError> {
    files::write_private(path, content, overwrite).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => WalletError::Exists { path: path.to_owned() },
        _ => WalletError::Write { path: path.to_owned(), error },
    })
}
