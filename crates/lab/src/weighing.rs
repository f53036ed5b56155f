//! How each validator comes to the weights it sets at the end of an epoch.

use std::collections::BTreeMap;

use subnetkit_protocol::Hotkey;
use subnetkit_validator::weights::{PrepareError, Rules as Steps, prepare};
use subnetkit_validator::{Weights, WhenAllZero};

use crate::chain::{Rules, Subnet};
use crate::scene::Scene;

/// Pairs of a uid and its weight, as the chain takes them.
pub(crate) type Row = Vec<(u16, u16)>;

/// Takes rewards through a validator's own steps: who is registered, what if all is zero, the subnet's rules.
///
/// # Errors
/// Why nothing can be sent.
pub(crate) fn conform(
    rewards: Weights,
    me: Hotkey,
    scene: &Scene,
    rules: &Rules,
    when_all_zero: WhenAllZero,
    held: Option<&BTreeMap<Hotkey, u16>>,
) -> Result<Row, PrepareError> {
    let steps = Steps {
        uids: &scene.uids,
        me,
        owner: scene.subnet.owner_hotkey,
        min_allowed_weights: rules.min_allowed_weights,
        max_weights_limit: rules.max_weights_limit,
        weights_version: 0,
        when_all_zero,
        held,
        owner_burn_share: 0.0,
        version_key: 0,
    };
    prepare(rewards, &steps).map(|prepared| prepared.pairs())
}

/// The mean of the weights that the chain shows of everybody else, each row by its validator's stake.
pub(crate) fn copied(subnet: &Subnet, scene: &Scene, me: &Hotkey) -> Weights {
    let mut shares = vec![0.0_f64; scene.subnet.neurons.len()];
    for (neuron, row) in scene.subnet.neurons.iter().zip(subnet.visible_weights()) {
        let sum: f64 = row.iter().map(|(_, weight)| f64::from(*weight)).sum();
        if neuron.hotkey == *me || !neuron.validator_permit || sum == 0.0 {
            continue;
        }
        for (uid, weight) in row {
            if let Some(share) = shares.get_mut(usize::from(*uid)) {
                *share += f64::from(*weight) / sum * neuron.total_stake as f64;
            }
        }
    }
    scene.subnet.neurons.iter().zip(shares).map(|(neuron, share)| (neuron.hotkey, share)).collect()
}

/// The same weight for each of these.
pub(crate) fn alike(hotkeys: impl Iterator<Item = Hotkey>) -> Weights {
    hotkeys.map(|hotkey| (hotkey, 1.0)).collect()
}
