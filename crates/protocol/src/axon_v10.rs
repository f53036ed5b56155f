//! The protocol of Bittensor SDK 10's axons and dendrites, in so far as it is needed to talk to them.
//!
//! SDK 11 removed it in favour of [`btauth`](crate::btauth), and so should everybody who can: what the caller signs here
//! are five header values, of which one is a hash of some fields of the body; not the path, not the other fields, and
//! no part of a response. Source: `axon-v10.md` and recorded behaviour of SDK 10.5.0.
//!
//! * A subnet declares the Python form of a synapse by [`SynapseV10`].
//! * Client: [`Model::asking`], [`sign`], then [`Model::read`] and [`Model::response`] of what comes back.
//! * Server: [`parse`] judges the headers, [`Claims::verify`] the signature, [`Claims::verify_body`] the hashed fields of
//!   the [`Model`] in the body; [`answer`] and [`refusal`] make the response. Replays are for the server to refuse:
//!   the [memory](crate::btauth::ReplayStore) is over sender and nonce, in a store apart from that of `btauth`.
//!
//! Where this implementation departs from SDK 10.5.0, each time to the stricter side but in the last two rows:
//!
//! | | SDK 10.5.0 | here |
//! |---|---|---|
//! | age of the first request of a client | 4 s and the timeout that the caller names | the same, and never more than the policy's window |
//! | age of its later requests | any | as of the first |
//! | requests from the future | any, and older ones are then locked out | within the policy's skew |
//! | callers older than 7.2.0, or without a version | no freshness check | no exception |
//! | a nonce used again under another UUID | accepted | a replay: the memory is over hotkey and nonce |
//! | UUID, body hash or signature missing | an error of the server, or of the signature | refused as malformed |
//! | a header appears twice | one of the two counts | refused as malformed |
//! | a signature over `<Bytes>`, the message and `</Bytes>` | accepted | refused |
//! | the body's hash | compared when the handler's arguments are read; 500 | compared with the signature; 401 |
//! | the caller's hotkey for the handler | from the body, which nobody signed | from the signed header |
//! | fields are converted | texts of digits to numbers, and the like | integers to floats only |
//! | more than 262 144 values in a body | accepted | refused |
//! | keys that are twice in an object, `NaN`, `Infinity` | accepted | refused |
//! | refusals quote | the message that was expected to be signed | nothing of the kind |
//! | refusals are signed | over text that the caller chose in part | not at all |
//! | a nonce smaller than the last one | refused | accepted once: requests overtake each other on their way |
//! | headers with empty values of required fields | needed, else 500 | not read |

mod claims;
mod field;
mod hash;
mod headers;
mod json;
mod model;
mod python;
mod request;
mod response;
mod terminal;
mod value;

pub use claims::{Claims, parse};
pub use field::{Field, Kind, Misfit};
pub use hash::BodyHash;
pub use headers::{BODY_HASH, HOTKEY, NONCE, SIGNATURE, TIMEOUT, UUID};
pub use json::JsonError;
pub use model::{Envelope, Model, ModelError, Nothing, Ping, SynapseV10};
pub use python::str as python_str;
pub use request::{SignError, Signed, Unsigned, sign};
pub use response::{Response, STATUS_CODE, STATUS_MESSAGE, answer, refusal};
pub use terminal::Terminal;
pub use value::{NoJson, Value};

/// The version of SDK 10.5.0 as a number: that of the protocol spoken here.
pub const VERSION_AS_INT: u32 = 10_005_000;
