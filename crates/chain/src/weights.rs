//! The calls that set, commit and reveal weights, and what a commit covers.

use crate::{Call, Mechanism, Runtime, Value};
use codec::Encode;
use subnetkit_protocol::Hotkey;
use subxt::config::{Hasher, substrate::BlakeTwo256};

const SUBTENSOR: &str = "SubtensorModule";

impl Call {
    /// Sets weights in the clear; for subnets without commit and reveal. Values are relative: the chain scales the
    /// largest to 65535. They are sent in ascending order of uids, which liquid alpha on chain expects.
    pub fn set_weights(runtime: &Runtime, of: Mechanism, weights: &[(u16, u16)], version_key: u64) -> Self {
        let (uids, values) = columns(weights);
        let args =
            vec![("dests", uids.into()), ("weights", values.into()), ("version_key", version_key.into())];
        of_mechanism(runtime, of, "set_weights", "set_mechanism_weights", args)
    }

    /// Commits to the hash of weights ([`commit_hash`]) that are revealed by [`Call::reveal_weights`] later.
    pub fn commit_weights(runtime: &Runtime, of: Mechanism, hash: [u8; 32]) -> Self {
        let args = vec![("commit_hash", hash.to_vec().into())];
        of_mechanism(runtime, of, "commit_weights", "commit_mechanism_weights", args)
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
        let args = vec![
            ("uids", uids.into()),
            ("values", values.into()),
            ("salt", salt.to_vec().into()),
            ("version_key", version_key.into()),
        ];
        of_mechanism(runtime, of, "reveal_weights", "reveal_mechanism_weights", args)
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
        let args = vec![
            ("commit", ciphertext.to_vec().into()),
            ("reveal_round", reveal_round.into()),
            ("commit_reveal_version", commit_reveal_version.into()),
        ];
        of_mechanism(runtime, of, "commit_timelocked_weights", "commit_timelocked_mechanism_weights", args)
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

/// The call that names the mechanism. A runtime from before mechanisms has the plain call only; there, any other
/// mechanism than the first is refused by the encoder, which names the call that is missing.
fn of_mechanism(
    runtime: &Runtime,
    of: Mechanism,
    plain: &str,
    with_mechanism: &str,
    mut args: Vec<(&str, Value)>,
) -> Call {
    args.push(("netuid", of.netuid.into()));
    if of.mecid == 0 && !runtime.has_call(SUBTENSOR, with_mechanism) {
        return Call::new(SUBTENSOR, plain, args);
    }
    args.push(("mecid", of.mecid.into()));
    Call::new(SUBTENSOR, with_mechanism, args)
}

fn columns(weights: &[(u16, u16)]) -> (Vec<u16>, Vec<u16>) {
    let mut sorted = weights.to_vec();
    sorted.sort_unstable();
    sorted.into_iter().unzip()
}
