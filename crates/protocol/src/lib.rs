//! What a Bittensor miner and validator agree on: synapses, hotkeys, signed requests.

mod account;
mod keypair;
mod scheme;
mod signature;
mod synapse;
mod uri;

pub mod btauth;
pub mod phrase;
pub mod ss58;

pub use account::{AccountId, Coldkey, Hotkey};
pub use keypair::{KeyError, Keypair};
pub use scheme::{Scheme, UnknownScheme};
pub use signature::verify;
pub use ss58::Ss58Error;
pub use synapse::Synapse;
