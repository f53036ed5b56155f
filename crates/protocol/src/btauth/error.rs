//! Why a request was refused, or a verifier could not be set up.

use std::{borrow::Cow, fmt};

use thiserror::Error;

/// A refused request. The text is safe to send to the caller: it never holds a signature, payload or address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct AuthError {
    kind: AuthErrorKind,
    message: Cow<'static, str>,
}

/// The kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthErrorKind {
    /// A header is missing, appears twice, or is not in its one accepted form.
    MalformedAuth,
    /// The request names another receiver, or none where one is required.
    WrongReceiver,
    /// The nonce is too old or too far in the future.
    StaleRequest,
    /// The signature is not the sender's signature of this request.
    BadSignature,
    /// This sender's nonce was accepted before.
    ReplayedRequest,
    /// The sender has as many live nonces as the replay store grants one sender.
    SenderFlooding,
    /// The replay store holds as many live nonces as it may; nobody's were dropped to make room.
    ReplayStoreFull,
    /// The memory of nonces can't be asked, so nobody knows whether the request is new.
    MemoryUnavailable,
}

impl AuthError {
    /// A refusal for the caller to read: `message` must hold no signature, payload or address.
    pub fn new(kind: AuthErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The signature proves nothing.
    #[must_use]
    pub const fn bad_signature() -> Self {
        let message = "the signature is not the sender's signature of this request";
        Self { kind: AuthErrorKind::BadSignature, message: Cow::Borrowed(message) }
    }

    /// The request was accepted before.
    #[must_use]
    pub const fn replayed() -> Self {
        let message = "this nonce was accepted from this sender before; sign every attempt anew";
        Self { kind: AuthErrorKind::ReplayedRequest, message: Cow::Borrowed(message) }
    }

    pub(super) const fn is_for_want_of_room(&self) -> bool {
        matches!(self.kind, AuthErrorKind::SenderFlooding | AuthErrorKind::ReplayStoreFull)
    }

    /// What kind of refusal this is.
    #[must_use]
    pub const fn kind(&self) -> AuthErrorKind {
        self.kind
    }

    /// Whether the same work, signed again with a new nonce, may be accepted later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        self.kind.is_retryable()
    }
}

impl AuthErrorKind {
    /// The name of the kind, equal to the name of the Python SDK's exception where it has one.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MalformedAuth => "MalformedAuth",
            Self::WrongReceiver => "WrongReceiver",
            Self::StaleRequest => "StaleRequest",
            Self::BadSignature => "BadSignature",
            Self::ReplayedRequest => "ReplayedRequest",
            Self::SenderFlooding => "SenderFlooding",
            Self::ReplayStoreFull => "ReplayStoreFull",
            Self::MemoryUnavailable => "MemoryUnavailable",
        }
    }

    /// The HTTP status to answer with: 401, or 429 and 503 when only the memory of nonces stands in the way.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::SenderFlooding => 429,
            Self::ReplayStoreFull | Self::MemoryUnavailable => 503,
            _ => 401,
        }
    }

    /// Whether the same work, signed again with a new nonce, may be accepted later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::StaleRequest
                | Self::ReplayedRequest
                | Self::SenderFlooding
                | Self::ReplayStoreFull
                | Self::MemoryUnavailable
        )
    }
}

impl fmt::Display for AuthErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A verifier or replay store whose settings cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Nonces would be forgotten while they are still fresh.
    #[error(
        "replay retention {retention_ms} ms is shorter than max_age plus allowed_skew ({needed_ms} ms); raise it"
    )]
    RetentionTooShort {
        /// The configured retention in milliseconds.
        retention_ms: u128,
        /// The least safe retention in milliseconds.
        needed_ms: u128,
    },
    /// A bound of zero would refuse every request.
    #[error("replay store setting {setting} must be at least 1")]
    ZeroBound {
        /// The name of the setting.
        setting: &'static str,
    },
}
