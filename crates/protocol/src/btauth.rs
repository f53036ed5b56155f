//! Signed HTTP requests, protocol `btauth/1`.
//!
//! A sender signs eight lines: protocol, scheme, method, target, body hash, nonce, sender, receiver; and puts the parts
//! the receiver cannot see otherwise into `x-bittensor-*` headers. Nothing else is protected: not other headers, and
//! not the response, which has an extension of its own: [`response`].
//!
//! * Client: [`NonceClock`] and [`sign`]. Sign again with a new nonce for every attempt; a transport that resends the
//!   same bytes on its own produces a replay, so switch such retries off.
//! * Server: [`Verifier::verify`] when the body is at hand. To judge the headers before reading the body, use
//!   [`Verifier::parse`] and, once the body is hashed, [`Verifier::prove`]. Between the two, [`Claims`] name a sender who
//!   has proved nothing yet; refusing unknown senders there keeps strangers out of the replay store.
//!
//! Where the Python SDK is lenient (other address prefixes, free-form numbers, duplicate headers, identity keys), this
//! implementation is strict: one request has one accepted spelling, one key has one identity. Header values must
//! come as the HTTP parser gives them, with outer white space already removed.
//!
//! Any [`AuthError`] is answered with [`AuthErrorKind::http_status`]; the error's text is safe to send to the caller.

mod claims;
mod clock;
mod error;
mod evidence;
mod headers;
mod memory;
mod payload;
mod policy;
mod replay;
mod sign;
mod verifier;

pub mod response;

pub use claims::{Claims, parse};
#[cfg(feature = "axon-v10")]
pub(crate) use claims::{judge_freshness, parse_address, parse_nonce, signature_digits};
pub use clock::{NonceClock, now_ns};
pub use error::{AuthError, AuthErrorKind, ConfigError};
pub use evidence::{Evidence, EvidenceError};
pub use headers::{CRYPTO, HOTKEY, NONCE, RECEIVER, SIGNATURE, VERSION};
pub use memory::{Attempt, Fingerprint, NonceMemory};
pub use payload::{BodyDigest, BodyHasher, Payload, is_signable};
pub use policy::Policy;
pub use replay::{ReplaySettings, ReplayStore};
pub use sign::{SignError, Unsigned, sign};
pub use verifier::Verifier;
