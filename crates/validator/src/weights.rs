//! From rewards to what is sent, as pure steps, each in a file and tested alone: rewards per hotkey → [`registered`] hotkeys →
//! [`policy`] for all-zero → the owner's share ([`burn`]) → [`uids`] → the subnet's rules ([`conform`]); and the [`way`] in which
//! the subnet takes them. When they are sent is up to [`crate::schedule`].

pub mod burn;
pub mod conform;
mod pipeline;
pub mod policy;
pub mod registered;
pub mod uids;
pub mod way;

pub use pipeline::{PrepareError, Prepared, Rules, prepare};
pub use policy::{Payout, WhenAllZero};
pub use way::{CommitWith, Way};
