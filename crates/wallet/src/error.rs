//! What can go wrong with a wallet, in sentences for its owner.

use std::io;
use std::path::PathBuf;

use subnetkit_protocol::{AccountId, KeyError};

use crate::encryption::EncryptionError;
use crate::keyfile::KeyfileError;
use crate::password::PasswordError;

/// Why a wallet could not be read or written. Every message names the file and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// The wallet or hotkey name cannot be a file name.
    #[error("the {what} name {name:?} is not usable: {rule}")]
    InvalidName {
        /// "wallet" or "hotkey".
        what: &'static str,
        /// As given.
        name: String,
        /// What a name must be.
        rule: &'static str,
    },
    /// The file or directory does not exist.
    #[error(
        "there is no {what} at {}; create it with `btcli wallet create`, or check the wallet name, the hotkey name and BT_WALLET_PATH",
        path.display()
    )]
    Missing {
        /// What was looked for, for example "hotkey".
        what: &'static str,
        /// Where.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("cannot read the {what} {}: {error}; make it readable for the user that runs this program", path.display())]
    Unreadable {
        /// What was read.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Far larger than any keyfile.
    #[error("the {what} {} is too large to be a keyfile; check the path", path.display())]
    TooLarge {
        /// What was read.
        what: &'static str,
        /// Where.
        path: PathBuf,
    },
    /// The file is encrypted and no source knew the password.
    #[error(
        "the {what} {} is encrypted and no password was found; set {setting}, or decrypt it with btcli",
        path.display()
    )]
    PasswordNeeded {
        /// What was read.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// The variables that would have been used.
        setting: String,
    },
    /// A password source is set up and does not work.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The file's content is unusable, or the password is wrong.
    #[error("cannot use the {what} {}: {error}", path.display())]
    Keyfile {
        /// What was read.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why, and the remedy.
        error: KeyfileError,
    },
    /// A key was wanted and the file has an address only.
    #[error(
        "the {what} {} holds only an address and cannot sign; put the private keyfile there",
        path.display()
    )]
    PublicOnly {
        /// What was read.
        what: &'static str,
        /// Where.
        path: PathBuf,
    },
    /// The private and the public coldkey file belong to different keys.
    #[error(
        "the coldkey {} has the address {private}, but {} says {public}; restore the file that was swapped",
        path.display(), public_path.display()
    )]
    AddressMismatch {
        /// The private file.
        path: PathBuf,
        /// Its address.
        private: AccountId,
        /// The public file.
        public_path: PathBuf,
        /// The address in it.
        public: AccountId,
    },
    /// A file is in the way.
    #[error("{} already exists and was left as it is; choose another name, or ask for it to be overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Encrypting under an empty password protects nothing.
    #[error("the password for {} is empty; give a password, or ask for a plain file", path.display())]
    EmptyPassword {
        /// The file that was to be written.
        path: PathBuf,
    },
    /// Writing failed; a file that was there before is unchanged.
    #[error("cannot write {}: {error}; check the permissions and the free space of its directory", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A new key could not be made.
    #[error("cannot make a key: {0}")]
    Key(#[from] KeyError),
}

impl WalletError {
    /// Whether another password could help.
    pub const fn is_wrong_password(&self) -> bool {
        matches!(
            self,
            Self::Keyfile { error: KeyfileError::Encryption(EncryptionError::WrongPassword(_)), .. }
        )
    }

    /// Whether the wallet or the file is not there (rather than there and unusable).
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }
}
