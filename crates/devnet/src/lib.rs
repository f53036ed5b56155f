//! A local Bittensor chain that starts in a blink.
