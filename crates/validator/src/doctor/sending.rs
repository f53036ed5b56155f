//! Whether the chain takes weights now, and in every epoch.

use super::{ChainFacts, NeuronFacts, Plan, Rules, SubnetFacts, Verdict};

pub(super) fn version_key(plan: &Plan, rules: &Rules) -> Verdict {
    let (mine, least) = (plan.version_key, rules.weights_version);
    if mine < least {
        return Verdict::blocks(format!(
            "the setting version_key is {mine} and the subnet accepts {least} or more (weights_version); update this validator's \
             software, then its version_key"
        ));
    }
    Verdict::fine(format!("version_key {mine} is accepted (weights_version {least})"))
}

pub(super) fn rate_limit_tempo(subnet: &SubnetFacts) -> Option<Verdict> {
    let (limit, tempo) = (subnet.rules.weights_rate_limit, u64::from(subnet.clock.tempo));
    if tempo == 0 {
        return None;
    }
    if limit > tempo {
        return Some(Verdict::weakens(format!(
            "weights_rate_limit is {limit} blocks and an epoch lasts {tempo}, so new weights reach only one epoch in {}; nothing \
             is to be done here, the subnet's owner can lower the limit",
            limit.div_ceil(tempo)
        )));
    }
    Some(Verdict::fine(format!("weights_rate_limit is {limit} blocks, within an epoch of {tempo}")))
}

/// A limit that ends in time is no obstacle: weights are sent shortly before the epoch anyway.
pub(super) fn rate_limit(chain: &ChainFacts, subnet: &SubnetFacts, me: &NeuronFacts) -> Option<Verdict> {
    let limit = subnet.rules.weights_rate_limit;
    let epoch = subnet.clock.next_epoch_block()?;
    let left = |last_update: u64| {
        let free_at = last_update.saturating_add(limit);
        if last_update == 0 { 0 } else { free_at.saturating_sub(chain.block) }
    };
    let waits = me.mechanisms.iter().map(|(mecid, mechanism)| (left(mechanism.last_update), *mecid));
    let (left, mecid) = waits.max()?;
    if left == 0 {
        return Some(Verdict::fine(format!("weights can be sent now (weights_rate_limit {limit})")));
    }
    let free_at = chain.block.saturating_add(left);
    // The call is in the block after the head at which it is sent, and must be in one before the epoch.
    let too_late = free_at.saturating_add(1) >= epoch;
    // Where the limit is longer than an epoch, `rate_limit_tempo` has said so.
    if too_late && limit <= u64::from(subnet.clock.tempo) {
        return Some(Verdict::weakens(format!(
            "weights_rate_limit ({limit} blocks since the last submission or the registration) leaves {left} blocks for \
             mechanism {mecid}, until block {free_at}, too late for the epoch in block {epoch}; wait for the epoch after it"
        )));
    }
    Some(Verdict::fine(format!(
        "{left} blocks are left of weights_rate_limit for mechanism {mecid}, until block {free_at}"
    )))
}
