//! The template: cargo-generate and `subnetkit new` make the same of it, the examples are what it renders, and what is
//! generated is formatted and passes its own tests (`.ci/run` adds lints and runs). No network: template and subnetkit come from this
//! checkout, versions from its lock file.
#![allow(clippy::unwrap_used, reason = "helpers of tests may unwrap like the tests themselves")]

mod engines;
mod examples;
mod names;
mod projects;
mod support;
mod tutorial;
