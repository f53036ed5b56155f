//! Drand beacons of the quicknet kind, and messages that open with one of their signatures.
//!
//! A beacon signs the number of each round when the round's time comes ([`Secret::sign`], [`verify`]). Whoever
//! knows its public key can [`seal`] a message for a round that is still to come; the round's signature, once
//! published, lets anybody [`open`] it. Bittensor hides weight commits this way.
//!
//! The scheme is drand's `bls-unchained-g1-rfc9380`: signatures of 48 bytes on G1, keys of 96 bytes on G2 of
//! BLS12-381. Sealed messages have the framing that the chain reads.
//!
//! The crate is **not** a drand client: it fetches nothing, knows no clock and stores no pulses. It is a crate of
//! its own because curve arithmetic is only usable when it is compiled with optimisation.
//!
//! ```
//! use subnetkit_timelock::{Secret, open, seal};
//!
//! let beacon = Secret::from_seed(b"a beacon of my own");
//! let entropy = [7; 32]; // Fresh random bytes for each message.
//! let sealed = seal(&beacon.public_key(), 1_000, b"weights", entropy)?;
//! assert_eq!(open(&sealed, &beacon.sign(1_000))?, b"weights");
//! assert!(open(&sealed, &beacon.sign(999)).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod beacon;
mod envelope;
mod schedule;

pub use beacon::{Malformed, PUBLIC_KEY_BYTES, SIGNATURE_BYTES, Secret, randomness, verify};
pub use envelope::{OpenError, open, seal};
pub use schedule::{QUICKNET, Schedule};
