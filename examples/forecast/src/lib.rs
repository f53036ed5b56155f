//! Forecasts of its own alpha's price as a Bittensor subnet.
//!
//! Validators send the recent prices of this subnet's own alpha, miners send back the price at a block that is yet to
//! come, and validators score once that block is there. This file is the contract between them. The rest of the subnet is
//! in three hooks, each in a file of its own: [`forward`] is a miner's work, [`score`] how a validator judges it,
//! [`reward`] how scores over time become weights. [`price`] is what they share, [`trend`] the miner's model, [`record`]
//! what a validator remembers of a miner.

use subnetkit::prelude::*;

#[cfg(feature = "miner")]
pub mod forward;
#[cfg(feature = "lab")]
pub mod population;
pub mod price;
#[cfg(feature = "validator")]
pub mod record;
#[cfg(feature = "validator")]
pub mod reward;
#[cfg(feature = "validator")]
pub mod score;
#[cfg(feature = "miner")]
pub mod trend;

pub use price::Price;

/// The work of this subnet: `POST /alpha-price`.
#[derive(Debug)]
pub struct AlphaPrice;

impl Synapse for AlphaPrice {
    const NAME: &'static str = "alpha-price";
    type Request = Question;
    type Response = Forecast;
}

/// What a validator asks: how do these prices go on?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(crate = "subnetkit::serde", deny_unknown_fields)]
pub struct Question {
    /// What the validator has seen of the price, oldest first. Miners need no chain of their own.
    pub past: Vec<Price>,
    /// The block whose price is asked for.
    pub due: u64,
}

/// What a miner answers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(crate = "subnetkit::serde", deny_unknown_fields)]
pub struct Forecast {
    /// TAO per alpha at the block that was asked for. The best answer is the median of what the miner thinks possible.
    pub tao: f64,
}
