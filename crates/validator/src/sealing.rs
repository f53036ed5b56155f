//! Sealing weights until the chain opens them with a drand round.

use std::time::Duration;

use rand::TryRngCore;
use rand::rngs::OsRng;
use subnetkit_chain::{EpochClock, Pinned, ReadError, timelocked_payload};
use subnetkit_protocol::Hotkey;

/// Weights that open by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// What is committed.
    pub ciphertext: Vec<u8>,
    /// The round whose pulse opens it.
    pub round: u64,
    /// The block at whose start the chain opens it, if nobody changes the tempo meanwhile.
    pub opens_at_block: u64,
}

/// What the moment of opening is worked out from.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The subnet's clock at the block that is read.
    pub clock: EpochClock,
    /// Epochs between commit and reveal.
    pub reveal_period: u64,
    /// The block's own time, in milliseconds since 1970.
    pub time_ms: u64,
    /// What blocks really take.
    pub block_time: Duration,
}

/// Why weights could not be sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The chain cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The subnet runs no epochs.
    #[error(
        "the weights could not be sealed: subnet {netuid} runs no epochs, so none comes in which they are opened; its \
         owner has to set a tempo"
    )]
    NeverOpened {
        /// The subnet.
        netuid: u16,
    },
    /// The cipher, or the system's random numbers.
    #[error("the weights could not be sealed: {0}")]
    Cipher(String),
}

/// Seals weights for a commit in the block after this one, by the chain's own time.
///
/// # Errors
/// See [`SealError`].
pub async fn seal(
    at: &Pinned,
    moment: &Moment,
    netuid: u16,
    hotkey: &Hotkey,
    weights: &[(u16, u16)],
    version_key: u64,
) -> Result<Sealed, SealError> {
    let (beacon, last_round) = futures::try_join!(at.beacon(), at.last_stored_round())?;
    let Moment { clock, reveal_period, time_ms, block_time } = *moment;
    let round = clock.reveal_round(reveal_period, time_ms, block_time, &beacon);
    let (Some(round), Some(opens_at_block)) = (round, clock.reveal_block(reveal_period)) else {
        return Err(SealError::NeverOpened { netuid });
    };
    // The chain refuses rounds older than the newest it has.
    let round = round.max(last_round);
    let mut entropy = [0; 32];
    let drawn = OsRng.try_fill_bytes(&mut entropy);
    drawn.map_err(|error| SealError::Cipher(format!("the system gave no random bytes: {error}")))?;
    let payload = timelocked_payload(hotkey, weights, version_key);
    let sealed = subnetkit_timelock::seal(&beacon.public_key, round, &payload, entropy);
    let ciphertext = sealed.map_err(|error| SealError::Cipher(error.to_string()))?;
    Ok(Sealed { ciphertext, round, opens_at_block })
}
