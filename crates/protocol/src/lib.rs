//! What a Bittensor miner and validator agree on: synapses, hotkeys, signed requests.
//!
//! It is not a client, a server or a wallet: it opens no socket, reads no file and knows no chain. Headers are pairs of
//! name and value, time is passed in, and the only state is bounded memories, of [nonces](btauth::ReplayStore) and of
//! [keys](KnownKeys).
//!
//! Start reading at [`Synapse`], the contract of a subnet, and [`Encoding`], its bytes; then [`Keypair`] and
//! [`AccountId`], who speaks; then [`btauth`], how a request proves who sent it, and [`btauth::response`], how an answer
//! does.
//!
//! A validator signs a request, and the miner it is meant for verifies it:
//!
//! ```
//! use subnetkit_protocol::{Keypair, Scheme, btauth};
//!
//! let validator = Keypair::from_uri("//Alice", Scheme::Ed25519)?;
//! let miner = Keypair::from_uri("//Bob", Scheme::Sr25519)?.account();
//! assert_eq!(validator.account().to_string(), "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu");
//! assert_eq!(miner.to_string(), "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty");
//!
//! let (method, target, body) = ("POST", "/generate?stream=false", br#"{"prompt": "hello"}"#);
//! let nonce = 1_752_076_800_000_000_000; // from btauth::NonceClock in real life
//! let request = btauth::Unsigned { method, target, body, receiver: Some(&miner), nonce };
//! let headers = btauth::sign(&validator, &request)?;
//! assert!(headers.contains(&(
//!     btauth::SIGNATURE,
//!     "0x1a6b631988bf1f7ea093ab9d5acf61f05c316d0b0e428b24b487b75a5f6ee0e1a56a26918fdf871b6cf09437e6588023a4ce423cf622621b2a7feee17612f704"
//!         .to_owned(),
//! )));
//!
//! let store = btauth::ReplayStore::new(btauth::ReplaySettings::default())?;
//! let verifier = btauth::Verifier::new(btauth::Policy::new(miner), store)?;
//! let now_ns = u128::from(nonce) + 1_000_000; // from btauth::now_ns in real life
//! let received = || headers.iter().map(|(name, value)| (*name, value.as_bytes()));
//! let claims = verifier.verify(method, target, received(), body, now_ns)?;
//! assert_eq!(claims.sender, validator.account());
//!
//! let replayed = verifier.verify(method, target, received(), body, now_ns).unwrap_err();
//! assert_eq!(replayed.kind(), btauth::AuthErrorKind::ReplayedRequest);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod chunks;
mod encoding;
mod keypair;
mod raw;
mod scheme;
mod signature;
mod synapse;
mod uri;

#[cfg(feature = "axon-v10")]
pub mod axon_v10;
pub mod btauth;
pub mod phrase;
pub mod ss58;

pub use account::{AccountId, Coldkey, Hotkey};
pub use chunks::{ChunkError, ChunkReader};
pub use encoding::{DecodeError, EncodeError, Encoding};
pub use keypair::{KeyError, Keypair};
pub use raw::{NotBytes, Raw};
pub use scheme::{Scheme, UnknownScheme};
pub use signature::{KnownKeys, SignatureCheck, verify, verify_batch};
pub use ss58::Ss58Error;
pub use synapse::{Synapse, TIMEOUT_MS};
