//! How a node says that it does not have a block or its state, and how the block is named then.

use std::fmt;
use subxt::config::substrate::H256;

/// What Substrate nodes write (sp-blockchain's `UnknownBlock` and `Backend` errors). Nothing but the text tells these
/// from other failures: all that goes wrong with state has one code, 4003, and a range of blocks 4001.
const TEXTS: [&str; 3] = ["State already discarded", "UnknownBlock", "not found in the database"];

/// Whether a node's refusal is about a block or state it does not have, any more or yet.
pub(crate) fn is_meant_by(message: &str) -> bool {
    TEXTS.iter().any(|text| message.contains(text))
}

/// What a block was asked for by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BlockName {
    Hash(H256),
    Number(u64),
}

impl From<H256> for BlockName {
    fn from(hash: H256) -> Self {
        Self::Hash(hash)
    }
}

impl From<u64> for BlockName {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl fmt::Display for BlockName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash(hash) => write!(f, "0x{}", hex::encode(hash)),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}
