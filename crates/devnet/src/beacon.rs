//! The chain's own randomness beacon: what drand's quicknet is to the public chains.
//!
//! Its rounds follow the time of blocks, so that whoever travels in time takes them along. Each block gets the pulses
//! of the rounds that have come since the last one stored, each in an unsigned extrinsic, as nodes of the public
//! chains write what they fetch.

use codec::{Decode, Encode};
use serde_json::{Value, json};
use sp_core::{Pair, ed25519, twox_128};
use subnetkit_timelock::{QUICKNET, Schedule, Secret, randomness};

use crate::{header::with_length, runtime::State};

/// Most rounds written one by one in a block; after a longer jump in time only so many of the newest are, and those that
/// something waits for. A node of the public chains catches up as many at a time.
const MOST_ROUNDS: u64 = 50;

/// What the keys are derived from. They are no secret: anybody can open what is sealed for this beacon.
const SEED: &[u8] = b"the beacon of a development chain";

/// The pallet that takes pulses; its number is the runtime's to say.
pub(crate) const PALLET: &str = "Drand";

/// The format version of an unsigned extrinsic.
const UNSIGNED: u8 = 0x05;

/// `Drand.write_pulse`.
const WRITE_PULSE: u8 = 0;

/// The pallet's enumeration of signers and signatures: ed25519.
const ED25519: u8 = 0;

/// A beacon, and the key by which its pulses are handed in.
pub(crate) struct Beacon {
    secret: Secret,
    messenger: ed25519::Pair,
}

/// The first fields of `Drand.BeaconConfig`.
#[derive(Decode)]
struct Announced {
    public_key: Vec<u8>,
    period: u32,
    genesis_time: u32,
}

impl Beacon {
    pub(crate) fn new() -> Self {
        let messenger = ed25519::Pair::from_seed(&sp_core::blake2_256(SEED));
        Self { secret: Secret::from_seed(SEED), messenger }
    }

    /// Names the beacon in a genesis configuration that has room for one and names none.
    pub(crate) fn announce(&self, genesis: &mut Value) {
        if let Some(room) = genesis.pointer_mut("/drand/beacon")
            && room.is_null()
        {
            // The rounds have quicknet's numbers, which clients work out from the time.
            *room = json!({
                "publicKey": sp_core::bytes::to_hex(&self.secret.public_key(), false),
                "genesisTime": QUICKNET.genesis_time,
                "period": QUICKNET.period,
            });
        }
    }

    /// Extrinsics with the pulses that have come by `time_ms` and are not stored; none on a chain with another beacon.
    /// `awaited` tells which rounds must not be left out, `number` the number of the pallet that takes them.
    pub(crate) fn pulses(
        &self,
        state: &dyn State,
        parent: u32,
        time_ms: u64,
        awaited: impl FnOnce() -> Vec<u64>,
        number: impl FnOnce() -> Option<u8>,
    ) -> Vec<Vec<u8>> {
        let Some(schedule) = self.schedule(state) else { return Vec::new() };
        let last = read(state, b"LastStoredRound").unwrap_or(0);
        let rounds = rounds_to_write(last, schedule.round_at(time_ms), awaited);
        if rounds.is_empty() {
            return Vec::new();
        }
        let Some(pallet) = number() else { return Vec::new() };
        rounds.into_iter().map(|round| self.pulse(pallet, round, parent)).collect()
    }

    fn schedule(&self, state: &dyn State) -> Option<Schedule> {
        let Announced { public_key, period, genesis_time } = read(state, b"BeaconConfig")?;
        let is_own = public_key == self.secret.public_key();
        is_own.then_some(Schedule { genesis_time: genesis_time.into(), period: period.into() })
    }

    fn pulse(&self, pallet: u8, round: u64, parent: u32) -> Vec<u8> {
        let signature = self.secret.sign(round);
        let pulse = (round, randomness(&signature).to_vec(), signature.to_vec());
        let payload = (parent, vec![pulse], (ED25519, self.messenger.public().0)).encode();
        let proof = Some((ED25519, self.messenger.sign(&payload).0)).encode();
        with_length(&[&[UNSIGNED, pallet, WRITE_PULSE], &payload[..], &proof].concat())
    }
}

/// Which rounds go into a block, in ascending order. A chain begins with the newest, as a node does.
fn rounds_to_write(last: u64, newest: u64, awaited: impl FnOnce() -> Vec<u64>) -> Vec<u64> {
    let first = if last == 0 { newest } else { last.saturating_add(1) };
    let in_a_row = newest.saturating_sub(MOST_ROUNDS).saturating_add(1).max(first);
    if newest == 0 || first > newest {
        return Vec::new();
    }
    let mut rounds = if in_a_row > first && last > 0 { awaited() } else { Vec::new() };
    rounds.retain(|round| (first..in_a_row).contains(round));
    rounds.sort_unstable();
    rounds.dedup();
    rounds.extend(in_a_row..=newest);
    rounds
}

fn read<T: Decode>(state: &dyn State, item: &[u8]) -> Option<T> {
    let value = state.get(&[twox_128(PALLET.as_bytes()), twox_128(item)].concat())?;
    T::decode(&mut &value[..]).ok()
}

#[cfg(test)]
mod tests {
    use super::rounds_to_write;

    fn none() -> Vec<u64> {
        Vec::new()
    }

    #[test]
    fn a_block_has_the_rounds_since_the_last() {
        assert_eq!(rounds_to_write(0, 1_000, none), [1_000]);
        assert_eq!(rounds_to_write(1_000, 1_004, none), [1_001, 1_002, 1_003, 1_004]);
        assert_eq!(rounds_to_write(1_000, 1_050, none).len(), 50);
        assert!(rounds_to_write(1_004, 1_004, none).is_empty());
        assert!(rounds_to_write(1_004, 1_003, none).is_empty());
        assert!(rounds_to_write(0, 0, none).is_empty());
    }

    #[test]
    fn a_jump_leaves_out_what_nothing_waits_for() {
        let awaited = || vec![5_000, 1_200, 1_000, 1_200, 4_990, 9_000];
        let rounds = rounds_to_write(1_000, 5_000, awaited);
        assert_eq!(rounds[..2], [1_200, 4_951]);
        assert_eq!(rounds.len(), 51);
        assert_eq!(rounds.last(), Some(&5_000));
    }
}
