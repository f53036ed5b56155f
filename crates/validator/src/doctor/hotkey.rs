//! Whether this hotkey may set weights, and whether they count.

use subnetkit_chain::Rao;

use super::{ChainFacts, Competitor, Facts, NeuronFacts, SubnetFacts, Verdict};

/// Submissions that the coldkey should be able to pay for.
const PAID_AHEAD: u64 = 100;

pub(super) fn registered(facts: &Facts, subnet: &SubnetFacts) -> Verdict {
    let (hotkey, netuid) = (facts.hotkey, facts.netuid);
    match &subnet.me {
        Some(me) => Verdict::fine(format!("the hotkey {hotkey} is registered as uid {}", me.uid)),
        None => Verdict::blocks(format!(
            "the hotkey {hotkey} is not registered on subnet {netuid}, which has {} neurons; register it (`subnetkit register \
             --netuid {netuid}`), or name the right hotkey and netuid",
            subnet.neurons.len()
        )),
    }
}

pub(super) fn owner(facts: &Facts, me: &NeuronFacts) -> Option<Verdict> {
    let (owner, coldkey) = (me.owner?, facts.coldkey?);
    if owner == coldkey {
        return Some(Verdict::fine(format!("the hotkey belongs to the wallet's coldkey {coldkey}")));
    }
    Some(Verdict::weakens(format!(
        "the hotkey belongs to the coldkey {owner} and not to the wallet's {coldkey}; what it earns goes there and fees come \
         from there, so use the wallet that it belongs to"
    )))
}

pub(super) fn stake_threshold(subnet: &SubnetFacts, me: &NeuronFacts) -> Verdict {
    let threshold = subnet.rules.stake_threshold;
    let Some(mine) = subnet.neurons.get(usize::from(me.uid)) else {
        return Verdict::fine("the stake weight is not known");
    };
    let has = Rao(mine.stake);
    if mine.hotkey == subnet.owner_hotkey {
        return Verdict::fine(format!("the subnet owner's hotkey needs no stake; it has {has}"));
    }
    if mine.stake < threshold {
        return Verdict::blocks(format!(
            "the stake weight is {has} and the chain's StakeThreshold is {}; stake at least {} more on the hotkey (alpha counts \
             in full, TAO on the root network in part)",
            Rao(threshold),
            Rao(threshold - mine.stake)
        ));
    }
    Verdict::fine(format!("the stake weight is {has}, the chain's StakeThreshold {}", Rao(threshold)))
}

pub(super) fn permit(subnet: &SubnetFacts, me: &NeuronFacts) -> Verdict {
    let Some(mine) = subnet.neurons.get(usize::from(me.uid)) else {
        return Verdict::fine("the permit is not known");
    };
    if mine.hotkey == subnet.owner_hotkey {
        return Verdict::fine("the subnet owner's hotkey needs no validator permit");
    }
    let most = subnet.rules.max_validators;
    let above = standing_above(subnet, me.uid, mine);
    if mine.permit && (mine.stake == 0 || above >= usize::from(most)) {
        return Verdict::weakens(format!(
            "the hotkey loses its validator permit in the next epoch: its stake weight is {}, {above} neurons stand above it and \
             {most} get one; stake so that it has more than {}",
            Rao(mine.stake),
            Rao(if above < usize::from(most) { 0 } else { least_with_permit(subnet) })
        ));
    }
    if mine.permit {
        return Verdict::fine(format!(
            "the hotkey holds one of {most} validator permits, with {above} neurons above it"
        ));
    }
    // The threshold's own finding says what to do.
    if mine.stake < subnet.rules.stake_threshold {
        return Verdict::fine("a validator permit needs the stake threshold first");
    }
    let has = Rao(mine.stake);
    let epoch = subnet.clock.next_epoch_block();
    if mine.stake > 0 && above < usize::from(most) {
        let when =
            epoch.map_or_else(|| "the next epoch".to_owned(), |block| format!("the epoch in block {block}"));
        return Verdict::blocks(format!(
            "the hotkey holds no validator permit yet; with a stake weight of {has}, {above} neurons stand above it and {most} \
             get one, so {when} gives it: wait for that"
        ));
    }
    let least = least_with_permit(subnet);
    let needs = if above < usize::from(most) {
        "some".to_owned()
    } else {
        format!("more than {}, the least of those", Rao(least))
    };
    Verdict::blocks(format!(
        "the hotkey holds no validator permit: its stake weight is {has}, {above} neurons stand above it and {most} get one; \
         stake so that it has {needs}, then wait for the next epoch"
    ))
}

/// The chain sorts by stake and then by uid, and gives the permits from the top; without stake, or with less than the
/// threshold, nobody gets one.
fn standing_above(subnet: &SubnetFacts, uid: u16, mine: &Competitor) -> usize {
    let counts = |neuron: &Competitor| neuron.stake > 0 && neuron.stake >= subnet.rules.stake_threshold;
    let above = |(index, neuron): &(usize, &Competitor)| {
        counts(neuron) && (neuron.stake, *index) > (mine.stake, usize::from(uid))
    };
    subnet.neurons.iter().enumerate().filter(above).count()
}

/// The stake of the last that gets a permit in the next epoch.
fn least_with_permit(subnet: &SubnetFacts) -> u64 {
    let mut stakes: Vec<u64> = subnet.neurons.iter().map(|neuron| neuron.stake).collect();
    stakes.sort_unstable_by(|one, other| other.cmp(one));
    let last = usize::from(subnet.rules.max_validators).saturating_sub(1);
    stakes.get(last).copied().unwrap_or_default()
}

pub(super) fn activity(chain: &ChainFacts, subnet: &SubnetFacts, me: &NeuronFacts) -> Option<Verdict> {
    // Without epochs the cutoff, which counts in them, means nothing.
    subnet.clock.next_epoch_block()?;
    let cutoff = subnet.rules.activity_cutoff;
    // A mechanism that was never set counts from nothing, and is inactive until it is.
    let oldest = me.mechanisms.iter().min_by_key(|(_, mechanism)| mechanism.last_update);
    let (mecid, mechanism) = oldest?;
    let age = chain.block.saturating_sub(mechanism.last_update);
    if age > cutoff {
        return Some(Verdict::weakens(format!(
            "the last weights of mechanism {mecid} are {age} blocks old and count for {cutoff} (activity_cutoff), so the hotkey \
             is inactive; it counts again with the next weights it sets"
        )));
    }
    Some(Verdict::fine(format!(
        "the last weights are {age} blocks old and count for {cutoff} (activity_cutoff)"
    )))
}

pub(super) fn fees(me: &NeuronFacts) -> Option<Verdict> {
    let Rao(fee) = me.fee;
    if fee == 0 {
        return Some(Verdict::fine("the chain takes no fee for weights"));
    }
    let owner = me.owner?;
    let submissions = me.balance.0 / fee;
    if submissions == 0 {
        return Some(Verdict::blocks(format!(
            "the chain takes {} TAO for weights from the hotkey's coldkey {owner}, which has {}; send it TAO",
            me.fee, me.balance
        )));
    }
    if submissions < PAID_AHEAD {
        return Some(Verdict::weakens(format!(
            "the chain takes {} TAO for weights from the hotkey's coldkey {owner}, whose {} last for {submissions} submissions; \
             send it TAO",
            me.fee, me.balance
        )));
    }
    Some(Verdict::fine(format!(
        "the chain takes {} TAO for weights, and the coldkey's {} last for {submissions} submissions",
        me.fee, me.balance
    )))
}
