//! A wallet: where its files are, and what is in them.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use subnetkit_protocol::{Coldkey, Hotkey, Keypair};

use crate::error::WalletError;
use crate::files;
use crate::keyfile::{Keyfile, KeyfileError, Reading};
use crate::password::{self, PASSWORD_VARIABLE, PasswordSource, Passwords};

/// The wallet btcli uses when none is named.
pub const DEFAULT_WALLET: &str = "default";
/// The hotkey btcli uses when none is named.
pub const DEFAULT_HOTKEY: &str = "default";
/// No keyfile comes near this size; anything larger is the wrong file.
pub const MAX_KEYFILE_BYTES: u64 = 64 * 1024;

/// A wallet directory and one of its hotkeys. Making one touches no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wallet {
    base: PathBuf,
    name: String,
    hotkey: String,
    reading: Reading,
}

impl Wallet {
    /// The wallet `name` under `base`, with the hotkey `hotkey`. Names are checked when files are touched.
    pub fn new(base: &Path, name: &str, hotkey: &str) -> Self {
        Self {
            base: base.to_owned(),
            name: name.to_owned(),
            hotkey: hotkey.to_owned(),
            reading: Reading::default(),
        }
    }

    /// The wallet of `wallet` or `wallet/hotkey`.
    pub fn from_shorthand(base: &Path, name: &str) -> Self {
        let (wallet, hotkey) = name.split_once('/').unwrap_or((name, DEFAULT_HOTKEY));
        Self::new(base, wallet, hotkey)
    }

    /// The wallet btcli would use: `BT_WALLET` (or the older `BT_WALLET_NAME`), `BT_WALLET_HOTKEY` and
    /// `BT_WALLET_PATH`, with btcli's defaults.
    pub fn from_environment() -> Self {
        let set = |name| password::process_variable(name).filter(|value| !value.is_empty());
        let name = set("BT_WALLET").or_else(|| set("BT_WALLET_NAME"));
        let mut wallet =
            Self::from_shorthand(&Self::default_base(), name.as_deref().unwrap_or(DEFAULT_WALLET));
        if let Some(hotkey) = set("BT_WALLET_HOTKEY") {
            wallet.hotkey = hotkey;
        }
        wallet
    }

    /// `BT_WALLET_PATH`, else `~/.bittensor/wallets`.
    pub fn default_base() -> PathBuf {
        match env::var_os("BT_WALLET_PATH").filter(|path| !path.is_empty()) {
            Some(path) => Self::expand_home(Path::new(&path)),
            None => Self::expand_home(Path::new("~/.bittensor/wallets")),
        }
    }

    /// Replaces a leading `~` by the home directory, which a shell does for arguments and nobody for settings.
    pub fn expand_home(path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), env::home_dir()) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => path.to_owned(),
        }
    }

    /// Reads files by other rules than btcli's.
    #[must_use]
    pub const fn with_reading(mut self, reading: Reading) -> Self {
        self.reading = reading;
        self
    }

    /// The wallet's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hotkey's name.
    pub fn hotkey_name(&self) -> &str {
        &self.hotkey
    }

    /// The wallet's directory.
    pub fn path(&self) -> PathBuf {
        self.base.join(&self.name)
    }

    /// The private coldkey file.
    pub fn coldkey_path(&self) -> PathBuf {
        self.path().join("coldkey")
    }

    /// The public coldkey file.
    pub fn coldkeypub_path(&self) -> PathBuf {
        self.path().join("coldkeypub.txt")
    }

    /// The directory of all hotkeys.
    pub fn hotkeys_path(&self) -> PathBuf {
        self.path().join("hotkeys")
    }

    /// The private hotkey file.
    pub fn hotkey_path(&self) -> PathBuf {
        self.hotkeys_path().join(&self.hotkey)
    }

    /// The public hotkey file.
    pub fn hotkeypub_path(&self) -> PathBuf {
        self.hotkeys_path().join(format!("{}pub.txt", self.hotkey))
    }

    /// The hotkey. If its file is encrypted, the password must be in its `BT_PW_<PATH>` variable; for other
    /// sources see [`hotkey_with`](Self::hotkey_with).
    pub fn hotkey(&self) -> Result<Keypair, WalletError> {
        self.hotkey_with(&Passwords::per_keyfile())
    }

    /// The hotkey, its password asked from `passwords` if it is encrypted. Blocks for seconds in that case.
    pub fn hotkey_with(&self, passwords: &dyn PasswordSource) -> Result<Keypair, WalletError> {
        self.check_hotkey_name()?;
        self.keypair("hotkey", self.hotkey_path(), passwords)
    }

    /// The hotkey's address, from the public file if there is one, else from the plain private file.
    pub fn hotkey_account(&self) -> Result<Hotkey, WalletError> {
        self.check_hotkey_name()?;
        let file = match self.read("public hotkey file", self.hotkeypub_path(), &None::<Passwords>) {
            Err(error) if error.is_missing() => self.read("hotkey", self.hotkey_path(), &None::<Passwords>),
            found => found,
        };
        Ok(file?.account())
    }

    /// The owner's address, from `coldkeypub.txt`.
    pub fn coldkeypub(&self) -> Result<Coldkey, WalletError> {
        self.check_name()?;
        Ok(self.read("public coldkey file", self.coldkeypub_path(), &None::<Passwords>)?.account())
    }

    /// The coldkey, its password asked from `passwords` (a [`Password`](crate::Password), an `Option` of one, or
    /// [`Passwords`]). Blocks for seconds and takes 512 MiB while it decrypts: unlock once and keep the pair.
    ///
    /// If `coldkeypub.txt` exists it must hold the same address, because everything else trusts that file.
    pub fn coldkey(&self, passwords: &dyn PasswordSource) -> Result<Keypair, WalletError> {
        self.check_name()?;
        let keypair = self.keypair("coldkey", self.coldkey_path(), passwords)?;
        match self.coldkeypub() {
            Ok(public) if public != keypair.account() => Err(WalletError::AddressMismatch {
                path: self.coldkey_path(),
                private: keypair.account(),
                public_path: self.coldkeypub_path(),
                public,
            }),
            Err(error) if !error.is_missing() => Err(error),
            _ => Ok(keypair),
        }
    }

    fn keypair(
        &self,
        what: &'static str,
        path: PathBuf,
        passwords: &dyn PasswordSource,
    ) -> Result<Keypair, WalletError> {
        let keyfile = self.read(what, path.clone(), passwords)?;
        if files::is_shared(&path) {
            tracing::warn!(path = %path.display(), "other users can read this {what}; run chmod 600 on it");
        }
        if keyfile.public_key_differs() {
            tracing::warn!(path = %path.display(), "the publicKey in this {what} is not that of its secret");
        }
        match keyfile.into_key() {
            Some(key) => Ok(key.into_keypair()),
            None => Err(WalletError::PublicOnly { what, path }),
        }
    }

    pub(crate) fn read(
        &self,
        what: &'static str,
        path: PathBuf,
        passwords: &dyn PasswordSource,
    ) -> Result<Keyfile, WalletError> {
        let content = match files::read_bounded(&path, MAX_KEYFILE_BYTES) {
            Ok(Some(content)) => content,
            Ok(None) => return Err(WalletError::TooLarge { what, path }),
            Err(error) => return Err(self.unreadable(what, path, error)),
        };
        let password = match crate::Encryption::detect(&content) {
            Some(_) => passwords.password(&path)?,
            None => None,
        };
        Keyfile::read(&content, password.as_ref(), self.reading).map_err(|error| match error {
            KeyfileError::PasswordNeeded(_) => {
                let setting = format!("{PASSWORD_VARIABLE} or {}", password::password_variable(&path));
                WalletError::PasswordNeeded { what, path, setting }
            }
            error => WalletError::Keyfile { what, path, error },
        })
    }

    /// Names the outermost thing that is missing: without the wallet there is no point in naming its hotkey.
    fn unreadable(&self, what: &'static str, path: PathBuf, error: io::Error) -> WalletError {
        match error.kind() {
            io::ErrorKind::NotFound if !self.path().exists() => {
                WalletError::Missing { what: "wallet", path: self.path() }
            }
            io::ErrorKind::NotFound => WalletError::Missing { what, path },
            _ => WalletError::Unreadable { what, path, error },
        }
    }

    pub(crate) fn check_name(&self) -> Result<(), WalletError> {
        check("wallet", &self.name)
    }

    pub(crate) fn check_hotkey_name(&self) -> Result<(), WalletError> {
        self.check_name()?;
        check("hotkey", &self.hotkey)
    }
}

/// A name is one path component: anything else could leave the wallet directory.
fn check(what: &'static str, name: &str) -> Result<(), WalletError> {
    if name.is_empty() || matches!(name, "." | "..") || name.contains(['/', '\\', '\0']) {
        let rule = "it must be the name of one directory entry, without slashes";
        return Err(WalletError::InvalidName { what, name: name.to_owned(), rule });
    }
    Ok(())
}
