//! From rewards to the arguments of a `set_weights` call, as pure steps: rewards per hotkey → registered hotkeys → policy for
//! all-zero → uids → the subnet's rules → version key. Each step is a function of its inputs alone.

pub mod conform;
mod pipeline;

pub use pipeline::{Payout, PrepareError, Prepared, Subnet, WhenAllZero, prepare};
