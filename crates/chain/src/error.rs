//! What can go wrong, one enum per operation.

use crate::{Refusal, RefusalKind, refused::Refused};
use std::time::Duration;

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// No endpoint answered.
    #[error(
        "the chain at {url} cannot be reached ({reason}): start a node there, or set the network to one that runs"
    )]
    Unreachable {
        /// The endpoint, or all of them.
        url: String,
        /// What the last attempt ran into.
        reason: String,
    },
    /// The URL itself is wrong.
    #[error("`{url}` is not a WebSocket URL: the network must be a name or start with ws:// or wss://")]
    BadUrl {
        /// The text given.
        url: String,
    },
    /// The chain there is another one.
    #[error(
        "the chain at {url} is another network: its genesis is 0x{found}, expected 0x{expected}; point the network setting at the right chain, or change the expected genesis"
    )]
    WrongNetwork {
        /// The endpoint.
        url: String,
        /// Hex of the genesis hash found.
        found: String,
        /// Hex of the genesis hash wanted.
        expected: String,
    },
    /// The node turned this program away: too many requests, or not welcome.
    #[error(
        "the chain at {url} turns this program away ({reason}) and is left alone for {:.1} s: ask less often, or name other \
         endpoints in `fallback_endpoints`", .pause.as_secs_f32()
    )]
    Refused {
        /// The endpoint.
        url: String,
        /// What it said.
        reason: String,
        /// How long it is left alone, from the moment it said so.
        pause: Duration,
    },
    /// The node answers, but not as a Bittensor node must.
    #[error("the node at {url} answers, but its runtime cannot be used: {reason}")]
    Unusable {
        /// The endpoint.
        url: String,
        /// What is missing or cannot be read.
        reason: String,
    },
}

impl ConnectError {
    /// Whether the same attempt may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Refused { .. })
    }

    /// How long the endpoint is left alone, if it asked for that.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { pause, .. } => Some(*pause),
            _ => None,
        }
    }
}

/// Why something could not be encoded or decoded with the live metadata.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The metadata itself cannot be read.
    #[error("the node's metadata cannot be read: {reason}")]
    Metadata {
        /// What the reader said.
        reason: String,
    },
    /// The runtime has no such call, storage item, runtime API or constant.
    #[error("the chain's runtime (version {spec_version}) has no {item}")]
    Missing {
        /// For example `call SubtensorModule.set_weights`.
        item: String,
        /// The runtime's version.
        spec_version: u32,
    },
    /// The arguments do not fit the metadata.
    #[error("{item} cannot be encoded: {reason}")]
    Encode {
        /// What was encoded.
        item: String,
        /// Which part does not fit, and why.
        reason: String,
    },
    /// The bytes do not fit the metadata.
    #[error("{item} cannot be decoded: {reason}")]
    Decode {
        /// What was decoded.
        item: String,
        /// Which part does not fit, and why.
        reason: String,
    },
    /// A field this crate needs is not there or has another shape.
    #[error("{item} has no usable field `{field}`: the chain's runtime may be newer than this program")]
    Field {
        /// What was decoded.
        item: String,
        /// The field.
        field: String,
    },
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The connection was lost and could not be made again.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection broke during the request.
    #[error("the connection to {url} broke during {request}: {reason}")]
    Disconnected {
        /// The endpoint.
        url: String,
        /// The RPC method.
        request: String,
        /// What the transport said.
        reason: String,
    },
    /// The node did not answer in time.
    #[error("{url} did not answer {request} within {} s", .after.as_secs_f32())]
    Timeout {
        /// The endpoint.
        url: String,
        /// The RPC method.
        request: String,
        /// The limit.
        after: Duration,
    },
    /// The node answered with an error.
    #[error("{url} refused {request}: {message} (code {code})")]
    Rejected {
        /// The endpoint.
        url: String,
        /// The RPC method.
        request: String,
        /// JSON-RPC error code.
        code: i32,
        /// Its message and data.
        message: String,
    },
    /// The node does not have the block or its state, any more or yet, and no archive has it either.
    #[error(
        "{url} does not have block {block} or its state ({reason}): name nodes that keep all history in \
         `archive_endpoints`"
    )]
    Pruned {
        /// Its hash in hex, or its number.
        block: String,
        /// The endpoint asked last.
        url: String,
        /// What it said, to which request.
        reason: String,
    },
    /// The subnet does not exist.
    #[error("subnet {netuid} does not exist on this chain: check the netuid setting")]
    NoSuchSubnet {
        /// The netuid asked for.
        netuid: u16,
    },
    /// The answer does not fit the metadata.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

impl ReadError {
    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect(error) => error.is_retryable(),
            Self::Disconnected { .. } | Self::Timeout { .. } => true,
            Self::Rejected { .. } => self.is_refused_by_policy(),
            Self::Pruned { .. } | Self::NoSuchSubnet { .. } | Self::Codec(_) => false,
        }
    }

    /// Whether the block asked for is one that neither the node nor an archive has: too old, or of a branch that is gone.
    pub const fn is_pruned(&self) -> bool {
        matches!(self, Self::Pruned { .. })
    }

    /// Whether nothing speaks against sending the same read to whatever connection there is next.
    pub(crate) fn may_be_sent_anew(&self) -> bool {
        matches!(self, Self::Disconnected { .. }) || self.is_refused_by_policy()
    }

    fn is_refused_by_policy(&self) -> bool {
        matches!(self, Self::Rejected { code, message, .. } if Refused::by_code(*code, message).is_some())
    }
}

/// Why a transaction was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The chain said no: the pool refused it, or it failed in its block.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// It was never sent, because what it needs could not be read.
    #[error("the transaction was not sent: {0}")]
    NotSent(#[from] ReadError),
    /// It was sent, but what became of it is unknown. It is never sent again by this crate.
    #[error(
        "the transaction 0x{hash} was sent, but what became of it is unknown ({reason}): look for it before sending it again"
    )]
    Unknown {
        /// Hex of the transaction hash.
        hash: String,
        /// What was lost.
        reason: String,
    },
    /// It succeeded, but left no trace of what it should have done.
    #[error("{call} succeeded in block {block}, but {missing} is missing")]
    NoEffect {
        /// The call.
        call: String,
        /// The block it is in.
        block: u64,
        /// The event or record expected.
        missing: String,
    },
}

impl SubmitError {
    /// The refusal, if the chain said no.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The kind of refusal, if the chain said no.
    pub fn kind(&self) -> Option<RefusalKind> {
        self.refusal().map(Refusal::kind)
    }

    /// Whether sending it again, later, may succeed and cannot do it twice.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.is_retryable(),
            Self::NotSent(error) => error.is_retryable(),
            Self::Unknown { .. } | Self::NoEffect { .. } => false,
        }
    }
}

impl From<CodecError> for SubmitError {
    fn from(error: CodecError) -> Self {
        Self::NotSent(error.into())
    }
}

impl From<ConnectError> for SubmitError {
    fn from(error: ConnectError) -> Self {
        Self::NotSent(error.into())
    }
}
