//! What a subnet's contract and hooks name: `use subnetkit::prelude::*;`.

pub use ::async_trait::async_trait;
pub use serde::{Deserialize, Serialize};
pub use subnetkit_chain::{Metagraph, Neuron, Rao};
pub use subnetkit_protocol::{AccountId, Coldkey, Hotkey, Keypair, Scheme, Synapse};

#[cfg(feature = "miner")]
pub use subnetkit_miner::{Call, Forward, Refusal};
#[cfg(feature = "validator")]
pub use subnetkit_validator::{
    Answer, Ema, Ledger, Outcome, OutcomeKind, Reward, Round, Score, Scores, Task, Weights,
};
