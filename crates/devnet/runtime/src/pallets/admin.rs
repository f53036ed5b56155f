//! AdminUtils: hyperparameters, set by subnet owners and by root.
//!
//! Every call is one entry of the table in `calls`: its index, its arguments, the [`rule`] that says who may make it
//! when, and what it writes. `table` holds the macro that makes a pallet of that table.
//!
//! Not here, and so not in the metadata: calls about Grandpa and the EVM, which this runtime leaves out.

#[macro_use]
mod table;

mod calls;
mod mechanisms;
mod rule;

pub use calls::pallet::{self, *};
