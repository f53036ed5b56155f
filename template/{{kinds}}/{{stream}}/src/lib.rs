//! {{description}}
//!
//! Validators send the beginning of a text, miners send back how it goes on, word by word as they make it. This file is the
//! contract between them. The rest of the subnet is in three hooks, each in a file of its own: [`forward`] is a miner's
//! work, [`score`] how a validator judges it, [`reward`] how scores over time become weights. [`model`] is the language
//! model that both have.

use subnetkit::prelude::*;

#[cfg(feature = "miner")]
pub mod forward;
pub mod model;
#[cfg(feature = "lab")]
pub mod population;
#[cfg(feature = "validator")]
pub mod reward;
#[cfg(feature = "validator")]
pub mod score;

/// The work of this subnet: `POST /tale`, answered with a stream.
#[derive(Debug)]
pub struct Tale;

impl Synapse for Tale {
    const NAME: &'static str = "tale";
    type Request = Beginning;
    /// One word.
    type Response = String;
}

/// What a validator asks: so many words, going on from here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "subnetkit::serde", deny_unknown_fields)]
pub struct Beginning {
    /// The word to go on from.
    pub word: String,
    /// How many words are to follow.
    pub length: usize,
    /// Decides between the words that could follow: the same seed tells the same tale.
    pub seed: u64,
}
