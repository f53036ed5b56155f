//! One vector of weights among a subnet's: which, and what the chain keeps of it.

use crate::{
    ReadError, Value,
    pinned::Pinned,
    surface::{self, Asked},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The chain's storage index of a mechanism counts in steps of this.
const INDEX_STEP: u16 = 4096;

/// A mechanism of a subnet: it has weights, bonds, `LastUpdate`, commits and a rate limit of its own, while stake,
/// permits and dividends are the whole subnet's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mechanism {
    /// The subnet.
    pub netuid: u16,
    /// The mechanism's number, from 0.
    pub mecid: u8,
}

impl Mechanism {
    /// The mechanism that every subnet has.
    pub const fn first(netuid: u16) -> Self {
        Self { netuid, mecid: 0 }
    }

    /// The key of what the chain keeps per mechanism: `mecid * 4096 + netuid`, in the chain's saturating arithmetic.
    pub const fn storage_index(self) -> u16 {
        (self.mecid as u16).saturating_mul(INDEX_STEP).saturating_add(self.netuid)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mechanism {} of subnet {}", self.mecid, self.netuid)
    }
}

impl Pinned {
    /// How many mechanisms a subnet has: 1 on a runtime that has no mechanisms.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn mechanism_count(&self, netuid: u16) -> Result<u8, ReadError> {
        self.number(surface::MECHANISM_COUNT.at([netuid.into()])).await
    }

    /// The weights a uid has set: uid and value, the largest value 65535; empty if it set none.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn weights_of(&self, of: Mechanism, uid: u16) -> Result<Vec<(u16, u16)>, ReadError> {
        let asked = surface::WEIGHTS.at([of.storage_index().into(), uid.into()]);
        let Some(row) = self.read(asked.clone()).await? else { return Ok(Vec::new()) };
        let pair = |pair: &Value| Some((pair.item(0)?.number_as()?, pair.item(1)?.number_as()?));
        let pairs = row.items().and_then(|row| row.iter().map(pair).collect());
        Ok(pairs.ok_or_else(|| asked.unusable("weights"))?)
    }

    /// The block of a uid's last weights or last commit, or of its registration; 0 if the mechanism came later than the
    /// uid and has no weights of it yet.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn last_update(&self, of: Mechanism, uid: u16) -> Result<u64, ReadError> {
        let asked = surface::LAST_UPDATE.at([of.storage_index().into()]);
        let updates = self.read(asked.clone()).await?;
        let Some(update) = updates.as_ref().and_then(|updates| updates.item(uid.into())) else {
            return Ok(0);
        };
        Ok(update.number_as().ok_or_else(|| asked.unusable("block"))?)
    }

    /// A number in storage that has a default.
    pub(crate) async fn number<T: TryFrom<u128>>(&self, asked: Asked) -> Result<T, ReadError> {
        let number = self.read(asked.clone()).await?.and_then(|value| value.number_as());
        Ok(number.ok_or_else(|| asked.unusable("number"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::Mechanism;

    #[test]
    fn the_storage_index_counts_mechanisms_in_steps_of_4096() {
        assert_eq!(Mechanism::first(7).storage_index(), 7);
        assert_eq!(Mechanism { netuid: 3475, mecid: 2 }.storage_index(), 11_667);
        assert_eq!(Mechanism { netuid: 4095, mecid: 15 }.storage_index(), u16::MAX);
        assert_eq!(Mechanism { netuid: 1, mecid: 16 }.storage_index(), u16::MAX, "saturating, as on chain");
    }
}
