//! The axon: an HTTP server that authenticates, admits, limits and forwards the requests of a subnet's synapses.
//!
//! Start reading at [`Axon`], which needs no chain, then [`Miner`], which adds one. A subnet's own code is one
//! [`Forward`] or [`ForwardStream`] per synapse, and an [`Admit`] rule where the default does not fit.
//!
//! A request passes, in this order: declared size, rate of its address, header shape, receiver and freshness, admission of
//! the claimed hotkey by the metagraph, body, signature ([btauth/1](subnetkit_protocol::btauth)), replay, rate of the
//! hotkey, a slot by stake, deadline, handler. Whatever stops it is answered with a status and
//! `{"error": kind, "message": sentence}`:
//!
//! | status | kinds |
//! |---|---|
//! | 400 | `malformed_target`, `malformed_header`, `malformed_body` |
//! | 401 | `malformed_auth`, `wrong_receiver`, `stale_request`, `bad_signature`, `replayed_request` |
//! | 403 | `not_registered`, `no_permit`, `stake_too_low`, `denied` |
//! | 404, 405 | `not_found`, `method_not_allowed` |
//! | 408 | `body_timeout` |
//! | 413 | `body_too_large` |
//! | 415 | `unsupported_media_type` |
//! | 422 | `invalid_request`: the handler found the request senseless |
//! | 429 | `rate_limited`, with `Retry-After` |
//! | 500 | `internal`, `panicked` |
//! | 503 | `busy`, `stale_metagraph`, `memory_unavailable`, with `Retry-After` |
//! | 504 | `timed_out`: the handler had begun and did not finish, or the caller's own deadline had passed |
//! | 505 | `version_not_supported`: HTTP/1.0 has no streamed answers |
//!
//! Bodies are JSON, MessagePack or raw bytes by their content type, and answers come in the encoding of the request or in
//! the one that `accept` names. A caller's `x-subnetkit-timeout-ms` shortens the deadline. Whatever a proven request
//! gets is signed if it asks with `x-subnetkit-sign-response: 1`
//! ([btauth-response/1](subnetkit_protocol::btauth::response)). A streamed answer holds its slot until its end, and what
//! goes wrong after its first chunk breaks the body off.
//!
//! With `tls_certificate` and `tls_key` all of it is served over TLS, and the key of the certificate is published beside
//! the address; [`MinerConfig`] has the rules.
//!
//! With the feature `axon-v10` the same handlers answer callers of Bittensor SDK 10 (`subnetkit_protocol::axon_v10`),
//! behind the same limits and with the same statuses, but that a malformed body is 422; the sentence of a refusal is
//! then the `message` of the body, and there is no `error`.
//!
//! What this crate is not: it does not call miners (that is the validator's dendrite), it does not name a pallet, a
//! call or a storage item (that is `subnetkit-chain`), and it holds no state that outlives the process.

mod addresses;
mod admission;
mod answer;
mod authenticate;
mod axon;
mod bind;
mod body;
mod config;
mod connections;
mod deadline;
mod doorstep;
mod forward;
mod health;
mod known;
mod limit;
mod metrics;
mod miner;
mod negotiation;
mod peer;
mod proven;
mod rate;
mod rejection;
mod replay;
mod roster;
mod sending;
mod server;
mod signing;
mod slots;
mod step;
mod stream;
mod streaming;
mod tls;
#[cfg(feature = "axon-v10")]
mod v10;
mod verification;
mod watch;

pub use admission::{Admit, Denial, StandingRule};
pub use axon::{Axon, BoundAxon};
pub use bind::BindError;
pub use config::{InvalidSetting, MinerConfig, RedisUrl, WhenStale};
pub use forward::{Call, Forward, Refusal};
pub use health::Serving;
pub use miner::{BoundMiner, Miner, MinerError, run};
pub use roster::{Roster, SharedRoster, Standing};
pub use stream::{ChunkSender, Chunks, ForwardStream, produce};
pub use tls::{TlsError, published_key};
