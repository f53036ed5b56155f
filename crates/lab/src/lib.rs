//! The incentive laboratory: a subnet's own hooks against populations of miners and validators.
//!
//! A [`Lab`] plays the builder's **own** [`Score`](subnetkit_validator::Score) and
//! [`Reward`](subnetkit_validator::Reward), and miners made of the builder's own
//! [`Forward`](subnetkit_miner::Forward), over hundreds of epochs: in virtual time, through the chain's own consensus, with
//! stake, permits, bonds, hidden weights, registration and pruning. What comes of it is a [`Report`], on which claims are
//! made as in any test.
//!
//! ```
//! use std::time::Duration;
//!
//! use async_trait::async_trait;
//! use subnetkit_chain::Metagraph;
//! use subnetkit_lab::{Lab, Miner, Validator};
//! use subnetkit_miner::{Call, Forward, Refusal};
//! use subnetkit_protocol::Synapse;
//! use subnetkit_validator::{Answer, Ledger, Reward, Round, Score, Scores, Task, Weights};
//!
//! // The contract: numbers are to be squared.
//! struct Square;
//! impl Synapse for Square {
//!     const NAME: &'static str = "square";
//!     type Request = u64;
//!     type Response = u64;
//! }
//!
//! // The three hooks, as they run in a miner and in a validator.
//! struct Squarer;
//! #[async_trait]
//! impl Forward<Square> for Squarer {
//!     async fn forward(&self, call: Call<u64>) -> Result<u64, Refusal> {
//!         Ok(call.request * call.request)
//!     }
//! }
//!
//! #[derive(Clone)]
//! struct Judge;
//! #[async_trait]
//! impl Score<Square> for Judge {
//!     async fn task(&self, round: &Round) -> Task<Square> {
//!         // A number of its own for each, so that copying is worth nothing.
//!         let number = |n: u64| (round.seed.wrapping_add(n)) % 1000;
//!         Task::each(round.sample.iter().zip(0..).map(|(miner, n)| (*miner, number(n))))
//!     }
//!
//!     async fn score(&self, task: &Task<Square>, answers: &[Answer<Square>]) -> Scores {
//!         let score = |answer: &Answer<Square>| match (task.request(&answer.hotkey), answer.response()) {
//!             (Some(number), Some((square, elapsed))) if *square == number * number => 0.2 / (0.2 + elapsed.as_secs_f64()),
//!             _ => 0.0,
//!         };
//!         answers.iter().map(|answer| (answer.hotkey, score(answer))).collect()
//!     }
//! }
//!
//! #[derive(Clone)]
//! struct Payout;
//! impl Reward for Payout {
//!     fn reward(&self, ledger: &Ledger, _: &Metagraph) -> Weights {
//!         ledger.ema(0.2, 500).into_iter().collect()
//!     }
//! }
//!
//! // Somebody who does not do the work.
//! struct Guesser;
//! #[async_trait]
//! impl Forward<Square> for Guesser {
//!     async fn forward(&self, _: Call<u64>) -> Result<u64, Refusal> {
//!         Ok(42)
//!     }
//! }
//!
//! let report = Lab::new(Judge, Payout)
//!     .miners([
//!         Miner::honest(Squarer).count(5).work(Duration::from_millis(80)),
//!         Miner::slow(Squarer, Duration::from_millis(400)),
//!         Miner::wrong(Guesser),
//!         Miner::copycat("honest"),
//!     ])
//!     .validators([Validator::honest(10_000.0).count(3), Validator::weight_copying(5_000.0)])
//!     .epochs(30)
//!     .seed(7)
//!     .run()?;
//!
//! report.assert_earns_more("honest", "slow");
//! report.assert_unprofitable("wrong");
//! report.assert_unprofitable("copycat");
//! # Ok::<(), subnetkit_lab::LabError>(())
//! ```
//!
//! It is **not** a network: nothing is sent or signed, and a hook that asks somebody outside waits in vain. For the real
//! thing on one machine there is the local run of the crate `subnetkit`.
//!
//! Start reading at [`Lab`], then [`Miner`] and [`Validator`]; inside, at `play.rs`, which goes through an epoch, then
//! `desk.rs` (a validator's round) and `asking.rs` (what miners answer to it, and when). [`chain`] is the subnet's part of
//! the chain.

mod about;
mod asking;
mod assertions;
mod books;
mod cast;
pub mod chain;
mod chance;
mod clock;
mod desk;
mod error;
mod findings;
mod html;
mod lab;
mod miner;
mod number;
mod play;
mod program;
mod progress;
mod report;
mod scene;
mod sweep;
mod table;
mod timeline;
mod validator;
mod watch;
mod weighing;

pub use chain::Rules;
pub use error::{Hook, LabError, Moment};
pub use lab::Lab;
pub use miner::Miner;
pub use report::{
    Alone, Epoch, NeuronEpoch, Party, Report, Strategy, ValidatorSummary, WeightsRow, WhatIf, WhatIfPoint,
    Withheld,
};
pub use validator::Validator;
