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
    // The next block is the first that can hold anything sent now.
    let next = chain.block.saturating_add(1);
    let free_at =
        |last_update: u64| if last_update == 0 { next } else { next.max(last_update.saturating_add(limit)) };
    let frees = me.mechanisms.iter().map(|(mecid, mechanism)| (free_at(mechanism.last_update), *mecid));
    let (free_at, mecid) = frees.max()?;
    if free_at == next {
        return Some(Verdict::fine(format!("weights can be sent now (weights_rate_limit {limit})")));
    }
    let left = free_at - next;
    // Where the limit is longer than an epoch, `rate_limit_tempo` has said so.
    if free_at >= epoch && limit <= u64::from(subnet.clock.tempo) {
        return Some(Verdict::weakens(format!(
            "weights_rate_limit ({limit} blocks since the last submission or the registration) leaves {left} blocks for \
             mechanism {mecid}, until block {free_at}, too late for the epoch in block {epoch}; wait for the epoch after it"
        )));
    }
    Some(Verdict::fine(format!(
        "{left} blocks are left of weights_rate_limit for mechanism {mecid}, until block {free_at}"
    )))
}
