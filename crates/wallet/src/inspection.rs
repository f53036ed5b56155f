//! What can be told of a keyfile without its password: never a secret.

use std::path::PathBuf;

use subnetkit_protocol::{AccountId, Scheme};

use crate::encryption::Encryption;
use crate::error::WalletError;
use crate::files;
use crate::keyfile::KeyfileError;
use crate::password::Passwords;
use crate::wallet::{MAX_KEYFILE_BYTES, Wallet};

/// A key's two files, looked at from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspection {
    /// The private file.
    pub private_path: PathBuf,
    /// Whether it is there.
    pub has_private: bool,
    /// How it is encrypted; `None` if it is plain or not there.
    pub encryption: Option<Encryption>,
    /// Whether other users of the machine can read it.
    pub is_shared: bool,
    /// The public file.
    pub public_path: PathBuf,
    /// Whether it is there.
    pub has_public: bool,
    /// The address, from the public file if there is one, else from a plain private one.
    pub account: Option<AccountId>,
    /// The signature scheme, likewise.
    pub scheme: Option<Scheme>,
}

impl Wallet {
    /// Looks at the coldkey's files.
    ///
    /// # Errors
    /// See [`WalletError`]; a file that is not there is none.
    pub fn inspect_coldkey(&self) -> Result<Inspection, WalletError> {
        self.check_name()?;
        self.inspect("coldkey", self.coldkey_path(), self.coldkeypub_path())
    }

    /// Looks at the hotkey's files.
    ///
    /// # Errors
    /// See [`WalletError`]; a file that is not there is none.
    pub fn inspect_hotkey(&self) -> Result<Inspection, WalletError> {
        self.check_hotkey_name()?;
        self.inspect("hotkey", self.hotkey_path(), self.hotkeypub_path())
    }

    fn inspect(
        &self,
        what: &'static str,
        private_path: PathBuf,
        public_path: PathBuf,
    ) -> Result<Inspection, WalletError> {
        let (has_private, has_public) = (private_path.exists(), public_path.exists());
        let mut encryption = None;
        if has_private {
            let content = files::read_bounded(&private_path, MAX_KEYFILE_BYTES)
                .map_err(|error| WalletError::Unreadable { what, path: private_path.clone(), error })?;
            let content =
                content.ok_or_else(|| WalletError::TooLarge { what, path: private_path.clone() })?;
            encryption = Encryption::detect(&content);
        }
        let readable = if has_public {
            Some(&public_path)
        } else if has_private && encryption.is_none() {
            Some(&private_path)
        } else {
            None
        };
        let keyfile = match readable {
            Some(path) => match self.read(what, path.clone(), &None::<Passwords>) {
                // A hotkey's file may hold any type of account; its address is then not known here.
                Err(WalletError::Keyfile { error: KeyfileError::UnsupportedAccount { .. }, .. }) => None,
                found => Some(found?),
            },
            None => None,
        };
        Ok(Inspection {
            is_shared: has_private && files::is_shared(&private_path),
            private_path,
            has_private,
            encryption,
            public_path,
            has_public,
            account: keyfile.as_ref().map(crate::Keyfile::account),
            scheme: keyfile.as_ref().map(crate::Keyfile::scheme),
        })
    }
}
