//! The settings and programs of miner and validator, from a command line to a sentence.
#![cfg(all(feature = "miner", feature = "validator"))]

mod layers;
mod refusals;
mod support;
