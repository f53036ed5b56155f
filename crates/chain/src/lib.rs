//! The Bittensor chain client: connect, read a subnet, send transactions and learn by name what became of them.
//!
//! This is the only crate that names pallets, calls, storage items and runtime APIs. Nothing about their layout is
//! compiled in: every argument is encoded and every answer decoded by name from the metadata the node serves, so a
//! runtime upgrade that adds fields, wraps a type or moves an index does not break a running process.
//!
//! It is **not** a wallet (keys come from `subnetkit-wallet`), not an HTTP client of miners, and decides nothing: when
//! to set weights or whom to query is up to the miner and validator crates.
//!
//! Start reading at [`Chain`] (the connection and what can be read), then [`Call`] and [`SubmitError`]
//! (transactions and their outcome), [`SignedExtrinsic`] and [`Found`] (the same for who keeps a journal), then
//! [`Standing`] (the rules weights are judged by), [`Runtime`] (the codec that everything passes through) and
//! [`Surface`] (all that is used of a runtime, and whether it fits).

mod actions;
mod admin;
mod beacon;
mod block_times;
mod call;
mod certificates;
mod chain;
mod commits;
mod connection;
mod dial;
mod endpoints;
mod epoch_clock;
mod error;
mod events;
mod extrinsic;
mod fees;
mod handshake;
mod heads;
mod hyperparameters;
mod inclusion;
mod mechanism;
mod metagraph;
mod network;
mod nonces;
mod owner;
mod parameters;
mod pinned;
mod queries;
mod recording;
mod refusal;
mod refused;
mod retry_after;
mod rpc;
mod runtime;
mod seen;
mod selective;
mod settings;
mod stake;
mod standing;
mod status;
mod subnets;
mod supervisor;
mod surface;
mod transactions;
mod unknown_block;
mod value;
mod weights;

pub use beacon::Beacon;
pub use call::Call;
pub use certificates::AxonCertificate;
pub use chain::Chain;
pub use commits::{HashCommit, TimelockedCommit};
pub use epoch_clock::EpochClock;
pub use error::{CodecError, ConnectError, ReadError, SubmitError};
pub use events::{Event, Included};
pub use extrinsic::SignedExtrinsic;
pub use heads::Head;
pub use hyperparameters::{Hyperparameters, Parameter};
pub use inclusion::{Found, Outcome};
pub use mechanism::Mechanism;
pub use metagraph::{Metagraph, Neuron};
pub use network::{Network, UnknownNetwork};
pub use owner::ChangeWindow;
pub use parameters::{ParameterRule, SetBy, Unit};
pub use pinned::Pinned;
pub use queries::{AxonRecord, Balance};
pub use refusal::{Refusal, RefusalKind, RefusedBy};
pub use runtime::{Runtime, Signing};
pub use settings::{Settings, WaitFor};
pub use stake::{Position, Quote};
pub use standing::{Place, Standing};
pub use status::Status;
pub use subnets::Subnet;
pub use surface::{Need, Surface, Use, UseKind, Verdict};
pub use value::Value;
pub use weights::{commit_hash, timelocked_payload};

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount of TAO or alpha in rao: 1e-9 of a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rao(pub u64);

impl Rao {
    /// Rao in one token.
    pub const PER_TOKEN: u64 = 1_000_000_000;

    /// Whole tokens; saturates at the largest amount.
    pub const fn from_tokens(tokens: u64) -> Self {
        Self(tokens.saturating_mul(Self::PER_TOKEN))
    }
}

impl fmt::Display for Rao {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.0 / Self::PER_TOKEN, self.0 % Self::PER_TOKEN)
    }
}
