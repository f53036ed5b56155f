//! {{description}}
//!
//! Validators send two square matrices, miners send back their product. This file is the contract between them. The
//! rest of the subnet is in three hooks, each in a file of its own: [`forward`] is a miner's work, [`score`] how a
//! validator judges it, [`reward`] how scores over time become weights. [`matrix`] is the arithmetic that they share,
//! and [`population`] is who tries to be paid without doing the work.

use subnetkit::prelude::*;

#[cfg(feature = "miner")]
pub mod forward;
pub mod matrix;
#[cfg(feature = "lab")]
pub mod population;
#[cfg(feature = "validator")]
pub mod reward;
#[cfg(feature = "validator")]
pub mod score;

pub use matrix::Matrix;

/// The work of this subnet: `POST /matmul`.
#[derive(Debug)]
pub struct MatMul;

impl Synapse for MatMul {
    const NAME: &'static str = "matmul";
    type Request = Problem;
    type Response = Solution;
}

/// What a validator asks: the product of two square matrices of the same size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "subnetkit::serde", deny_unknown_fields)]
pub struct Problem {
    /// The left factor.
    pub left: Matrix,
    /// The right factor.
    pub right: Matrix,
}

/// What a miner answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "subnetkit::serde", deny_unknown_fields)]
pub struct Solution {
    /// The left factor times the right one.
    pub product: Matrix,
}
