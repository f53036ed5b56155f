//! The keys of a process: from a wallet, or derived from a development name.

use std::path::Path;

use subnetkit_protocol::{AccountId, Coldkey, Hotkey, KeyError, Keypair, Scheme};
use subnetkit_wallet::{DEFAULT_HOTKEY, PasswordSource, Wallet, WalletError};

use crate::settings::Common;

/// How development keys begin: the path of a secret URI without a phrase, such as `//Alice`.
const DEVELOPMENT: &str = "//";

/// Where keys come from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keys {
    /// A wallet on disk.
    Wallet(Wallet),
    /// Keys that everybody can derive: `//Alice` as a wallet has the coldkey `//Alice` and the hotkeys `//Alice//NAME`.
    Development {
        /// Secret URI of the coldkey.
        coldkey: String,
        /// Secret URI of the hotkey.
        hotkey: String,
    },
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The wallet can't be used.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// A development key on a public network.
    #[error(
        "the key `{uri}` is known to everybody and the network {network} is public: set `wallet` to a wallet of your \
         own, or `network` to local"
    )]
    Public {
        /// The key's URI.
        uri: String,
        /// The network.
        network: String,
    },
    /// A development key that can't be derived.
    #[error("the development key `{uri}` is unusable ({error}): write it like //Alice or //Alice//miner")]
    Development {
        /// The key's URI.
        uri: String,
        /// What is wrong with it.
        error: KeyError,
    },
}

impl Keys {
    /// The keys the settings name. Touches no file.
    ///
    /// # Errors
    /// [`KeysError::Public`] if everybody could sign with them on a public network.
    pub fn named_by(settings: &Common) -> Result<Self, KeysError> {
        let Common { wallet, wallet_hotkey, wallet_path, network, .. } = settings;
        let keys = if wallet.starts_with(DEVELOPMENT) {
            let hotkey = if wallet_hotkey.starts_with(DEVELOPMENT) {
                wallet_hotkey.clone()
            } else {
                format!("{wallet}//{wallet_hotkey}")
            };
            Self::Development { coldkey: wallet.clone(), hotkey }
        } else {
            Self::Wallet(Self::wallet(&Wallet::expand_home(wallet_path), wallet, wallet_hotkey))
        };
        match keys {
            Self::Development { coldkey, .. } if network.is_public() => {
                Err(KeysError::Public { uri: coldkey, network: network.to_string() })
            }
            keys => Ok(keys),
        }
    }

    /// As btcli: `wallet/hotkey` in one, unless the hotkey is named apart.
    fn wallet(base: &Path, wallet: &str, hotkey: &str) -> Wallet {
        if hotkey == DEFAULT_HOTKEY {
            return Wallet::from_shorthand(base, wallet);
        }
        let name = wallet.split_once('/').map_or(wallet, |(name, _)| name);
        Wallet::new(base, name, hotkey)
    }

    /// The hotkey, ready to sign.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn hotkey(&self) -> Result<Keypair, KeysError> {
        match self {
            Self::Wallet(wallet) => Ok(wallet.hotkey()?),
            Self::Development { hotkey, .. } => derive(hotkey),
        }
    }

    /// The hotkey's address, without unlocking anything.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn hotkey_account(&self) -> Result<Hotkey, KeysError> {
        match self {
            Self::Wallet(wallet) => Ok(wallet.hotkey_account()?),
            Self::Development { hotkey, .. } => Ok(derive(hotkey)?.account()),
        }
    }

    /// The coldkey, ready to sign. Blocks for seconds if it is encrypted.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn coldkey(&self, passwords: &dyn PasswordSource) -> Result<Keypair, KeysError> {
        match self {
            Self::Wallet(wallet) => Ok(wallet.coldkey(passwords)?),
            Self::Development { coldkey, .. } => derive(coldkey),
        }
    }

    /// The coldkey's address, without unlocking anything.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn coldkey_account(&self) -> Result<Coldkey, KeysError> {
        match self {
            Self::Wallet(wallet) => Ok(wallet.coldkeypub()?),
            Self::Development { coldkey, .. } => Ok(derive(coldkey)?.account()),
        }
    }
}

fn derive(uri: &str) -> Result<Keypair, KeysError> {
    Keypair::from_uri(uri, Scheme::Sr25519)
        .map_err(|error| KeysError::Development { uri: uri.to_owned(), error })
}

/// The address of a development key, for banners and tests.
///
/// # Errors
/// [`KeysError::Development`] if the URI can't be derived.
pub fn development_account(uri: &str) -> Result<AccountId, KeysError> {
    derive(uri).map(|key| key.account())
}
