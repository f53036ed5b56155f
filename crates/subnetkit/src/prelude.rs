//! What a subnet's contract and hooks name: `use subnetkit::prelude::*;`.

pub use ::async_trait::async_trait;
pub use serde::{Deserialize, Serialize};
pub use subnetkit_chain::{Metagraph, Neuron, Rao};
pub use subnetkit_protocol::{AccountId, Coldkey, Encoding, Hotkey, Keypair, Raw, Scheme, Synapse};

#[cfg(feature = "miner")]
pub use subnetkit_miner::{Call, Chunks, Forward, ForwardStream, Refusal, produce};
#[cfg(feature = "validator")]
pub use subnetkit_validator::{
    Answer, Ema, Ledger, Outcome, OutcomeKind, Piece, Reward, Round, Score, Scores, Task, Weights,
};
