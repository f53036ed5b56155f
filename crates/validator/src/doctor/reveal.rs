//! How weights become visible on this subnet, and what can go wrong between commit and reveal.

use super::{ChainFacts, MechanismFacts, NeuronFacts, Plan, SubnetFacts, Verdict};

/// The format in which this version seals weights.
const SEALED_FORMAT: u16 = 4;

/// Most commits of one hotkey that may wait, a constant of the chain.
const MOST_OPEN_COMMITS: usize = 10;

/// Seconds by which pulses may be late without meaning anything: they come over the internet, every few blocks.
const LATE_SECONDS: u64 = 60;

pub(super) fn mode(plan: &Plan, chain: &ChainFacts, subnet: &SubnetFacts) -> Verdict {
    let rules = &subnet.rules;
    if !rules.commit_reveal {
        return Verdict::fine(
            "commit-reveal is off: weights are visible and effective once they are in a block",
        );
    }
    let way = if plan.commits_by_hash { "by hash" } else { "sealed for a round of drand" };
    let period = rules.reveal_period;
    let Some(opens) = subnet.clock.reveal_block(period) else {
        return Verdict::fine(format!(
            "commit-reveal is on: weights are committed {way} and revealed {period} epochs later"
        ));
    };
    let wait = chain.block_time.as_secs_f64() * opens.saturating_sub(chain.block) as f64;
    Verdict::fine(format!(
        "commit-reveal is on: weights are committed {way}; what is committed now opens in block {opens}, about {wait:.0} s from \
         now (commit_reveal_period {period})"
    ))
}

pub(super) fn version(plan: &Plan, subnet: &SubnetFacts) -> Option<Verdict> {
    if plan.commits_by_hash || !subnet.rules.commit_reveal {
        return None;
    }
    let wanted = subnet.rules.commit_reveal_version;
    if wanted != SEALED_FORMAT {
        return Some(Verdict::blocks(format!(
            "the chain takes sealed weights of version {wanted} (CommitRevealWeightsVersion) and this program seals version \
             {SEALED_FORMAT}; update it, or set commit_with = \"hash\""
        )));
    }
    Some(Verdict::fine(format!("the chain takes sealed weights of version {SEALED_FORMAT}")))
}

/// Hash commits count until they are revealed or expire, sealed ones only within the epoch they are made in.
pub(super) fn open_commits(plan: &Plan, subnet: &SubnetFacts, me: &NeuronFacts) -> Option<Verdict> {
    if !subnet.rules.commit_reveal {
        return None;
    }
    let open = |mechanism: &MechanismFacts| {
        if plan.commits_by_hash { mechanism.hash_commits } else { mechanism.sealed_commits }
    };
    let (mecid, mechanism) = me.mechanisms.iter().max_by_key(|(_, mechanism)| open(mechanism))?;
    let open = open(mechanism);
    let (what, remedy) = if plan.commits_by_hash {
        ("wait for their reveal", "reveal them in their epoch, or wait until they expire")
    } else {
        ("were made in this epoch", "wait for the next epoch")
    };
    if open >= MOST_OPEN_COMMITS {
        return Some(Verdict::blocks(format!(
            "{open} commits of mechanism {mecid} {what} and the chain allows {MOST_OPEN_COMMITS}; {remedy}"
        )));
    }
    Some(Verdict::fine(format!(
        "{open} commits of mechanism {mecid} {what}, of {MOST_OPEN_COMMITS} that the chain allows"
    )))
}

/// Nothing can be done about pulses that do not arrive but to commit in a way that needs none.
pub(super) fn drand_lag(plan: &Plan, chain: &ChainFacts, subnet: &SubnetFacts) -> Option<Verdict> {
    if plan.commits_by_hash || !subnet.rules.commit_reveal {
        return None;
    }
    let (stored, now) = (subnet.last_stored_round, subnet.round_now);
    let lag = now.saturating_sub(stored).saturating_mul(subnet.round_seconds);
    let epoch = chain.block_time.as_secs_f64() * f64::from(subnet.clock.tempo);
    let behind = format!(
        "the newest pulse of drand on chain is round {stored} (Drand.LastStoredRound) and its time calls for {now}, {lag} s later"
    );
    // Sealed weights are tried in every block of their epoch, and then dropped.
    if lag > LATE_SECONDS && lag as f64 >= epoch {
        return Some(Verdict::blocks(format!(
            "{behind}, more than an epoch of {epoch:.0} s, so sealed weights are dropped unopened; set commit_with = \"hash\" until \
             pulses arrive"
        )));
    }
    if lag > LATE_SECONDS {
        return Some(Verdict::weakens(format!(
            "{behind}, so sealed weights open late; if it grows, set commit_with = \"hash\""
        )));
    }
    Some(Verdict::fine(format!("drand's pulses arrive on chain, the newest is round {stored}, {lag} s old")))
}

pub(super) fn immunity_period(subnet: &SubnetFacts) -> Option<Verdict> {
    let rules = &subnet.rules;
    if !rules.commit_reveal {
        return None;
    }
    let wait = rules.reveal_period.saturating_mul(subnet.clock.tempo.into());
    if rules.immunity_period <= wait {
        return Some(Verdict::weakens(format!(
            "immunity_period is {} blocks and weights are hidden for {wait} (commit_reveal_period {} x tempo {}), so new neurons \
             can be replaced before any weight on them counts; the subnet's owner has to raise it above {wait}",
            rules.immunity_period, rules.reveal_period, subnet.clock.tempo
        )));
    }
    Some(Verdict::fine(format!(
        "neurons are immune for {} blocks, and weights hidden for {wait}",
        rules.immunity_period
    )))
}
