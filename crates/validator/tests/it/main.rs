//! The validator through its outermost boundaries: recorded vectors, HTTP over real sockets, the ledger's file.

mod config;
mod dendrite;
mod ledger;
mod pipeline;
mod reward;
mod schedule;
mod support;
mod vectors;
