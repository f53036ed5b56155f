//! The one crate a subnet depends on.
//!
//! A subnet is a contract and three hooks. The contract is a [`Synapse`](protocol::Synapse); a miner answers it with
//! `Forward`, a validator judges the answers with `Score` and turns scores into weights with `Reward`. What runs them is
//! here: `miner::main` and `validator::main` are whole programs, to be called from a binary's `main`.
//!
//! | feature | gives |
//! |---|---|
//! | `miner` | the module `miner` |
//! | `validator` | the module `validator` |
//! | `devnet` | both, and a whole subnet on this machine with its own chain |
//! | `lab` | both, and the module `lab`: the incentive against whole populations |
//! | `axon-v10` | talking to miners and validators of Bittensor SDK 10: `protocol::axon_v10`, `serve_v10`, `ask_v10` |
//!
//! It is **not** where things are done: it re-exports the crates below it and adds what every program needs around them,
//! [`settings`], [`keys`], [`logging`] and [`shutdown`].
//!
//! Start reading at [`prelude`], then [`settings`].
//!
//! What hooks use from elsewhere is here too ([`serde`], [`tokio`], [`rand`], [`tracing`], [`async_trait`]), so that a
//! subnet needs no other dependency. Derived types then say where `serde` is:
//!
//! ```
//! use subnetkit::prelude::*;
//!
//! #[derive(Clone, Serialize, Deserialize)]
//! #[serde(crate = "subnetkit::serde")]
//! struct Problem {
//!     factors: Vec<u64>,
//! }
//!
//! struct Product;
//!
//! impl Synapse for Product {
//!     const NAME: &'static str = "product";
//!     type Request = Problem;
//!     type Response = u64;
//! }
//!
//! assert_eq!(Product::path(), "/product");
//! ```

mod error;
pub mod keys;
#[cfg(any(feature = "miner", feature = "validator"))]
mod lifeline;
#[cfg(feature = "devnet")]
pub mod local;
pub mod logging;
#[cfg(feature = "miner")]
pub mod miner;
pub mod output;
pub mod prelude;
#[cfg(any(feature = "miner", feature = "validator"))]
mod process;
#[cfg(any(feature = "miner", feature = "validator"))]
mod pulse;
#[cfg(feature = "validator")]
mod replayed;
pub mod settings;
pub mod shutdown;
mod start;
#[cfg(feature = "validator")]
pub mod validator;

pub use error::RunError;
pub use start::connect;

pub use subnetkit_chain as chain;
#[cfg(feature = "lab")]
pub use subnetkit_lab as lab;
pub use subnetkit_protocol as protocol;
pub use subnetkit_wallet as wallet;

pub use ::async_trait::async_trait;
pub use {rand, serde, serde_json, tokio, tokio_util, tracing};

/// The pages of the book whose examples have to compile.
#[cfg(all(doctest, feature = "miner", feature = "validator"))]
mod book {
    #[doc = include_str!("../../../docs/src/hooks.md")]
    mod hooks {}
    #[cfg(feature = "lab")]
    #[doc = include_str!("../../../docs/src/laboratory.md")]
    mod laboratory {}
}
