//! Whether the subnet is one that weights can be set on.

use super::{ChainFacts, Facts, SubnetFacts, Verdict};
use crate::weights::WhenAllZero;

pub(super) fn exists(facts: &Facts, chain: &ChainFacts) -> Verdict {
    let (netuid, block) = (facts.netuid, chain.block);
    if chain.subnet.is_some() {
        return Verdict::fine(format!("subnet {netuid} exists"));
    }
    Verdict::blocks(format!("subnet {netuid} does not exist at block {block}; check netuid and network"))
}

pub(super) fn tempo(subnet: &SubnetFacts) -> Verdict {
    let clock = &subnet.clock;
    match clock.next_epoch_block() {
        None => Verdict::blocks(
            "the subnet's tempo is 0, so it runs no epochs and weights have no effect; its owner has to set a tempo",
        ),
        Some(next) => Verdict::fine(format!(
            "an epoch every {} blocks, the next in block {next}, {} blocks from now",
            clock.tempo,
            next.saturating_sub(clock.block)
        )),
    }
}

pub(super) fn min_allowed_weights(subnet: &SubnetFacts) -> Verdict {
    let (required, neurons) = (subnet.required_weights(), subnet.neurons.len());
    let asked = subnet.rules.min_allowed_weights;
    if asked > 1 && required == neurons {
        return Verdict::weakens(format!(
            "min_allowed_weights is {asked} and the subnet has {neurons} neurons, so a row of weights must name every one of \
             them; give each a reward above 0, or have the subnet's owner lower it"
        ));
    }
    Verdict::fine(format!(
        "a row needs at least {required} of {neurons} neurons (min_allowed_weights {asked})"
    ))
}

pub(super) fn when_all_zero(facts: &Facts, subnet: &SubnetFacts) -> Option<Verdict> {
    let policy = facts.plan.when_all_zero?;
    if policy != WhenAllZero::BurnToOwner {
        return Some(Verdict::fine("when_all_zero needs nothing of the subnet"));
    }
    let owner = subnet.owner_hotkey;
    if !subnet.neurons.iter().any(|neuron| neuron.hotkey == owner) {
        return Some(Verdict::weakens(format!(
            "when_all_zero = \"burn_to_owner\" needs the owner's hotkey {owner} registered on the subnet, which it is not; \
             choose \"hold_last\" or \"skip\""
        )));
    }
    let (required, neurons) = (subnet.required_weights(), subnet.neurons.len());
    // A single weight on oneself is exempt from the minimum.
    if required > 1 && owner != facts.hotkey {
        // Where every neuron must be named, `min_allowed_weights` has said so.
        return (required < neurons).then(|| {
            Verdict::weakens(format!(
                "when_all_zero = \"burn_to_owner\" sends one weight, and min_allowed_weights wants {required}; choose \
                 \"hold_last\" or \"skip\""
            ))
        });
    }
    Some(Verdict::fine(format!("what nobody earns can be burned through the owner's hotkey {owner}")))
}
