//! The two signature schemes of hotkeys and coldkeys.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A signature scheme. The discriminants are the `cryptoType` numbers of keyfiles, and the variant numbers of the
/// chain's `MultiSignature`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Scheme {
    /// RFC 8032 Ed25519; signatures are deterministic.
    Ed25519 = 0,
    /// Schnorrkel over Ristretto, the ecosystem's default; signatures are randomised.
    #[default]
    Sr25519 = 1,
}

/// A scheme name or number that is neither ed25519 nor sr25519.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("unknown signature scheme; use \"sr25519\" or \"ed25519\"")]
pub struct UnknownScheme;

impl Scheme {
    /// The canonical lower-case name, as it stands in signed requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Sr25519 => "sr25519",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Scheme {
    type Err = UnknownScheme;

    fn from_str(name: &str) -> Result<Self, UnknownScheme> {
        match name {
            "ed25519" => Ok(Self::Ed25519),
            "sr25519" => Ok(Self::Sr25519),
            _ => Err(UnknownScheme),
        }
    }
}

impl TryFrom<u8> for Scheme {
    type Error = UnknownScheme;

    fn try_from(crypto_type: u8) -> Result<Self, UnknownScheme> {
        match crypto_type {
            0 => Ok(Self::Ed25519),
            1 => Ok(Self::Sr25519),
            _ => Err(UnknownScheme),
        }
    }
}
