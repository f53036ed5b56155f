//! Yuma Consensus as pure functions, bit-exact with the chain.
//!
//! [`epoch`] takes a subnet's stakes, weights, bonds and hyperparameters and returns what the chain's own epoch
//! would store and pay (runtime `spec_version` 425, the sparse algorithm with all its mechanisms). All
//! arithmetic is the chain's fixed point, so results are equal to the last bit, not merely close.
//!
//! The crate is **not** a chain: it keeps no state between epochs, decides not when one is due, and distributes
//! nothing to stakers. It has no dependencies.
//!
//! Start reading at [`Subnet`] (what goes in), [`epoch`] (the steps in order) and [`Outcome`] (what comes out).
//! What the caller computes from its own storage beforehand has helpers here: [`inherited_stake`],
//! [`CommitBlocks`], [`activity_cutoff`] and, for storing weights, [`max_upscale`].
//!
//! ```
//! use subnetkit_yuma::{Mechanism, Params, Subnet, epoch};
//!
//! // One validator (uid 0, the owner of all stake) that values one miner (uid 1).
//! let mechanism = Mechanism {
//!     last_update: &[90, 10],
//!     weights: &[vec![(1, 65_535)], vec![]],
//!     bonds: &[],
//!     commit_blocks: None,
//! };
//! let subnet = Subnet {
//!     params: Params {
//!         tempo: 10,
//!         kappa: 32_767,
//!         bonds_moving_average: 900_000,
//!         bonds_penalty: 65_535,
//!         yuma3_on: true,
//!         liquid_alpha: None,
//!         max_allowed_validators: 64,
//!         stake_threshold: 0,
//!         tao_weight: 0,
//!         activity_cutoff_factor_milli: 13_889,
//!     },
//!     block: 100,
//!     last_mechanism_step_block: 90,
//!     owner_uid: None,
//!     alpha_stake: &[1_000_000_000, 0],
//!     root_stake: &[0, 0],
//!     block_at_registration: &[5, 6],
//!     validator_permit: &[true, false],
//!     mechanisms: &[mechanism],
//!     emission_split: None,
//! };
//! let outcome = epoch(&subnet, 1_000);
//! assert_eq!(outcome.server_emission, [0, 500]);
//! assert_eq!(outcome.validator_emission, [500, 0]);
//! ```

mod bonds;
mod commits;
mod consensus;
mod emission;
mod epoch;
mod fixed;
mod liquid;
mod matrix;
mod stake;
mod subnet;
mod upscale;

pub use commits::{CommitBlocks, commit_expired};
pub use epoch::{MechanismOutcome, Outcome, epoch};
pub use stake::inherited_stake;
pub use subnet::{LiquidAlpha, Mechanism, Params, Row, Subnet, activity_cutoff};
pub use upscale::max_upscale;
