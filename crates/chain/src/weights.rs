//! The calls that set, commit and reveal weights, and what a commit covers.

use crate::{
    Call, Mechanism, Runtime,
    surface::{self, CallUse},
};
use codec::Encode;
use subnetkit_protocol::Hotkey;
use subxt::config::{Hasher, substrate::BlakeTwo256};

impl Call {
    /// Sets weights in the clear; for subnets without commit and reveal. Values are relative: the chain scales the
    /// largest to 65535. They are sent in ascending order of uids, which liquid alpha on chain expects.
    pub fn set_weights(runtime: &Runtime, of: Mechanism, weights: &[(u16, u16)], version_key: u64) -> Self {
        let (uids, values) = columns(weights);
        let (netuid, uids, values, key) = (of.netuid.into(), uids.into(), values.into(), version_key.into());
        if plain(runtime, of, &surface::SET_MECHANISM_WEIGHTS) {
            return surface::SET_WEIGHTS.call([netuid, uids, values, key]);
        }
        surface::SET_MECHANISM_WEIGHTS.call([netuid, of.mecid.into(), uids, values, key])
    }

    /// Commits to the hash of weights ([`commit_hash`]) that are revealed by [`Call::reveal_weights`] later.
    pub fn commit_weights(runtime: &Runtime, of: Mechanism, hash: [u8; 32]) -> Self {
        let (netuid, hash) = (of.netuid.into(), hash.to_vec().into());
        if plain(runtime, of, &surface::COMMIT_MECHANISM_WEIGHTS) {
            return surface::COMMIT_WEIGHTS.call([netuid, hash]);
        }
        surface::COMMIT_MECHANISM_WEIGHTS.call([netuid, of.mecid.into(), hash])
    }

    /// Reveals the weights of a hash commit: weights, salt and version key have to be those that were hashed.
    pub fn reveal_weights(
        runtime: &Runtime,
        of: Mechanism,
        weights: &[(u16, u16)],
        salt: &[u16],
        version_key: u64,
    ) -> Self {
        let (uids, values) = columns(weights);
        let (netuid, uids, values) = (of.netuid.into(), uids.into(), values.into());
        let (salt, key) = (salt.to_vec().into(), version_key.into());
        if plain(runtime, of, &surface::REVEAL_MECHANISM_WEIGHTS) {
            return surface::REVEAL_WEIGHTS.call([netuid, uids, values, salt, key]);
        }
        surface::REVEAL_MECHANISM_WEIGHTS.call([netuid, of.mecid.into(), uids, values, salt, key])
    }

    /// Commits weights sealed for a drand round; the chain opens them itself. `ciphertext` is [`timelocked_payload`],
    /// sealed, at most 5000 bytes; `commit_reveal_version` has to be the chain's ([`crate::Pinned::commit_reveal_version`]).
    pub fn commit_timelocked_weights(
        runtime: &Runtime,
        of: Mechanism,
        ciphertext: &[u8],
        reveal_round: u64,
        commit_reveal_version: u16,
    ) -> Self {
        let (netuid, commit) = (of.netuid.into(), ciphertext.to_vec().into());
        let (round, version) = (reveal_round.into(), commit_reveal_version.into());
        if plain(runtime, of, &surface::COMMIT_TIMELOCKED_MECHANISM_WEIGHTS) {
            return surface::COMMIT_TIMELOCKED_WEIGHTS.call([netuid, commit, round, version]);
        }
        let mecid = of.mecid.into();
        surface::COMMIT_TIMELOCKED_MECHANISM_WEIGHTS.call([netuid, mecid, commit, round, version])
    }
}

/// What [`Call::commit_weights`] commits to: BLAKE2b-256 of the SCALE encoding of hotkey, storage index, uids, values,
/// salt and version key (chain-client.md section 11). Weights are hashed in ascending order of uids, as they are
/// revealed.
pub fn commit_hash(
    hotkey: &Hotkey,
    of: Mechanism,
    weights: &[(u16, u16)],
    salt: &[u16],
    version_key: u64,
) -> [u8; 32] {
    let (uids, values) = columns(weights);
    let preimage = (hotkey.as_bytes(), of.storage_index(), uids, values, salt, version_key).encode();
    BlakeTwo256.hash(&preimage).0
}

/// What is sealed for [`Call::commit_timelocked_weights`], in SCALE: the hotkey's 32 bytes as a vector, uids, values and
/// version key (chain-client.md section 12). The chain ignores a commit whose hotkey inside is not the committer.
pub fn timelocked_payload(hotkey: &Hotkey, weights: &[(u16, u16)], version_key: u64) -> Vec<u8> {
    let (uids, values) = columns(weights);
    (hotkey.as_bytes().as_slice(), uids, values, version_key).encode()
}

/// Whether the call without a mechanism is to be made. A runtime from before mechanisms has that one only; there, any
/// other mechanism than the first is refused by the encoder, which names the call that is missing.
fn plain<const N: usize>(runtime: &Runtime, of: Mechanism, with_mechanism: &CallUse<N>) -> bool {
    of.mecid == 0 && !with_mechanism.is_in(runtime)
}

fn columns(weights: &[(u16, u16)]) -> (Vec<u16>, Vec<u16>) {
    let mut sorted = weights.to_vec();
    sorted.sort_unstable();
    sorted.into_iter().unzip()
}
