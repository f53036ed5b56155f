//! The drand beacon that opens timelocked commits, and the chain's own time.

use crate::{
    CodecError, ReadError, Value,
    pinned::Pinned,
    surface::{self, Asked},
};
use serde::{Deserialize, Serialize};

/// The drand network `quicknet`: what every Bittensor chain is configured for unless it says otherwise.
const QUICKNET_PUBLIC_KEY: [u8; 96] = [
    0x83, 0xcf, 0x0f, 0x28, 0x96, 0xad, 0xee, 0x7e, 0xb8, 0xb5, 0xf0, 0x1f, 0xca, 0xd3, 0x91, 0x22, 0x12,
    0xc4, 0x37, 0xe0, 0x07, 0x3e, 0x91, 0x1f, 0xb9, 0x00, 0x22, 0xd3, 0xe7, 0x60, 0x18, 0x3c, 0x8c, 0x4b,
    0x45, 0x0b, 0x6a, 0x0a, 0x6c, 0x3a, 0xc6, 0xa5, 0x77, 0x6a, 0x2d, 0x10, 0x64, 0x51, 0x0d, 0x1f, 0xec,
    0x75, 0x8c, 0x92, 0x1c, 0xc2, 0x2b, 0x0e, 0x17, 0xe6, 0x3a, 0xaf, 0x4b, 0xcb, 0x5e, 0xd6, 0x63, 0x04,
    0xde, 0x9c, 0xf8, 0x09, 0xbd, 0x27, 0x4c, 0xa7, 0x3b, 0xab, 0x4a, 0xf5, 0xa6, 0xe9, 0xc7, 0x6a, 0x4b,
    0xc0, 0x9e, 0x76, 0xea, 0xe8, 0x99, 0x1e, 0xf5, 0xec, 0xe4, 0x5a,
];
const QUICKNET_GENESIS_SECONDS: u64 = 1_692_803_367;
const QUICKNET_PERIOD_SECONDS: u64 = 3;

/// A drand network: round `r` appears `(r - 1) * period` seconds after `genesis_time`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beacon {
    /// Its public key, compressed, in G2: 96 bytes.
    pub public_key: Vec<u8>,
    /// Time of round 1, seconds since 1970.
    pub genesis_time: u64,
    /// Seconds between two rounds.
    pub period: u64,
}

impl Beacon {
    /// The network `quicknet`.
    pub fn quicknet() -> Self {
        Self {
            public_key: QUICKNET_PUBLIC_KEY.to_vec(),
            genesis_time: QUICKNET_GENESIS_SECONDS,
            period: QUICKNET_PERIOD_SECONDS,
        }
    }

    fn decode(asked: &Asked, config: &Value) -> Result<Self, CodecError> {
        let number =
            |name: &str| config.field(name).and_then(Value::number_as).ok_or_else(|| asked.unusable(name));
        let public_key = config.field("public_key").and_then(Value::bytes);
        Ok(Self {
            public_key: public_key.ok_or_else(|| asked.unusable("public_key"))?,
            genesis_time: number("genesis_time")?,
            period: number("period")?,
        })
    }
}

impl Pinned {
    /// The beacon the chain opens timelocked commits with; quicknet where it does not say.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn beacon(&self) -> Result<Beacon, ReadError> {
        let asked = surface::BEACON_CONFIG.at([]);
        let Some(config) = self.read(asked.clone()).await? else { return Ok(Beacon::quicknet()) };
        Ok(Beacon::decode(&asked, &config)?)
    }

    /// The newest drand round whose signature the chain has; 0 if it has none. Commits sealed for an older one are
    /// refused.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn last_stored_round(&self) -> Result<u64, ReadError> {
        self.number(surface::LAST_STORED_ROUND.at([])).await
    }

    /// The block's own time, milliseconds since 1970.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn timestamp_ms(&self) -> Result<u64, ReadError> {
        self.number(surface::NOW.at([])).await
    }
}
