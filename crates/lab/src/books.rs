//! Who earned and paid what, epoch by epoch.

use subnetkit_protocol::Synapse;

use crate::asking::Tally;
use crate::cast::{Cast, Place};
use crate::chain::{EpochOutcome, Registered, Subnet};
use crate::lab::Lab;
use crate::report::{Epoch, NeuronEpoch, Strategy, ValidatorSummary, Withheld};
use crate::validator::{Conduct, Validator};

/// Rao in one alpha.
pub(crate) const ALPHA: f64 = 1e9;

/// What everybody earned and paid so far.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) strategies: Vec<Strategy>,
    pub(crate) validators: Vec<ValidatorSummary>,
    /// By kind of validator: the trust of each in each epoch, and how many that were.
    trust: Vec<(f64, u64)>,
}

impl Books {
    pub(crate) fn new<S: Synapse>(lab: &Lab<S>) -> Self {
        let strategy = |miner: &crate::miner::Miner<S>| Strategy {
            name: miner.name.clone(),
            about: miner.about(),
            fair: miner.habits.fair,
            identities: miner.habits.count * miner.habits.identities,
            earned: 0,
            registration_cost: 0,
            work_cost: 0,
            bribes_paid: 0,
            share: 0.0,
            registrations: 0,
            pruned: 0,
            answers: 0,
            unanswered: 0,
            alone: None,
        };
        let validator = |validator: &Validator| ValidatorSummary {
            name: validator.name.clone(),
            about: validator.about(),
            honest: validator.conduct == Conduct::Honest,
            count: validator.count,
            stake_start: rao(validator.stake) * validator.count as u64,
            stake_end: 0,
            dividends: 0,
            bribes: 0,
            mean_trust: 0.0,
            withheld: Withheld::default(),
        };
        Self {
            strategies: lab.miners.iter().map(strategy).collect(),
            validators: lab.validators.iter().map(validator).collect(),
            trust: vec![(0.0, 0); lab.validators.len()],
        }
    }

    /// A miner's hotkey registered.
    pub(crate) fn registered(&mut self, strategy: usize, registered: &Registered) {
        if let Some(strategy) = self.strategies.get_mut(strategy) {
            strategy.registrations += 1;
            strategy.registration_cost = strategy.registration_cost.saturating_add(registered.burn_alpha);
        }
    }

    /// A miner's hotkey lost its place.
    pub(crate) fn pruned(&mut self, strategy: usize) {
        if let Some(strategy) = self.strategies.get_mut(strategy) {
            strategy.pruned += 1;
        }
    }

    /// A validator set no weights.
    pub(crate) fn withheld(&mut self, kind: usize, reason: String) {
        if let Some(validator) = self.validators.get_mut(kind) {
            validator.withheld.times += 1;
            validator.withheld.last_reason = Some(reason);
        }
    }

    /// Books an epoch, with the newest scores by miner, and lets bribes be paid.
    pub(crate) fn epoch<S: Synapse>(
        &mut self,
        lab: &Lab<S>,
        cast: &Cast,
        number: u32,
        scores: &[Option<f64>],
        subnet: &mut Subnet,
    ) -> Epoch {
        let outcome = subnet.last_epoch().clone();
        for (uid, hotkey) in outcome.hotkeys.iter().enumerate() {
            let paid = paid(&outcome, uid);
            match cast.place(hotkey) {
                Some(Place::Identity(at)) => {
                    let Some(strategy) = cast.identities.get(at).map(|identity| identity.strategy) else {
                        continue;
                    };
                    if let Some(strategy) = self.strategies.get_mut(strategy) {
                        strategy.earned = strategy.earned.saturating_add(paid);
                    }
                    self.bribe(lab, cast, at, strategy, paid, subnet);
                }
                Some(Place::Validator(at)) => {
                    let Some(kind) = cast.validators.get(at).map(|member| member.kind) else { continue };
                    if let Some(validator) = self.validators.get_mut(kind) {
                        validator.dividends = validator.dividends.saturating_add(paid);
                    }
                    if let Some((sum, count)) = self.trust.get_mut(kind) {
                        *sum += f64::from(at_uid(&outcome.validator_trust, uid)) / f64::from(u16::MAX);
                        *count += 1;
                    }
                }
                None => {}
            }
        }
        let neuron = |(uid, hotkey): (usize, &subnetkit_protocol::Hotkey)| NeuronEpoch {
            uid: uid as u16,
            hotkey: *hotkey,
            party: cast.party(hotkey),
            stake: subnet.stake(hotkey),
            permit: outcome.validator_permit.get(uid).copied().unwrap_or(false),
            score: match cast.place(hotkey) {
                Some(Place::Identity(at)) => scores.get(at).copied().flatten(),
                _ => None,
            },
            incentive: at_uid(&outcome.incentive, uid),
            dividends: at_uid(&outcome.dividends, uid),
            consensus: at_uid(&outcome.consensus, uid),
            validator_trust: at_uid(&outcome.validator_trust, uid),
            emission: paid(&outcome, uid),
        };
        let neurons = outcome.hotkeys.iter().enumerate().map(neuron).collect();
        Epoch { number, block: outcome.block, neurons }
    }

    /// A briber hands on its share of what it was paid, to those who collude with it, by their stake.
    fn bribe<S: Synapse>(
        &mut self,
        lab: &Lab<S>,
        cast: &Cast,
        identity: usize,
        strategy: usize,
        paid: u64,
        subnet: &mut Subnet,
    ) {
        let Some((miner, identity)) = lab.miners.get(strategy).zip(cast.identities.get(identity)) else {
            return;
        };
        if miner.habits.bribe <= 0.0 || paid == 0 {
            return;
        }
        let colludes = |kind: usize| {
            lab.validators.get(kind).is_some_and(
                |kind| matches!(&kind.conduct, Conduct::ColludesWith(name) if *name == miner.name),
            )
        };
        let bribed: Vec<_> = cast
            .validators
            .iter()
            .filter(|member| colludes(member.kind))
            .map(|member| (member, subnet.stake(&member.hotkey)))
            .collect();
        let stakes: u128 = bribed.iter().map(|(_, stake)| u128::from(*stake)).sum();
        if stakes == 0 {
            return;
        }
        let whole = (paid as f64 * miner.habits.bribe) as u64;
        let mut handed = 0;
        for (member, stake) in bribed {
            let part = u64::try_from(u128::from(whole) * u128::from(stake) / stakes).unwrap_or(0);
            subnet.set_stake(&member.hotkey, stake.saturating_add(part));
            handed += part;
            if let Some(validator) = self.validators.get_mut(member.kind) {
                validator.bribes = validator.bribes.saturating_add(part);
            }
        }
        let left = subnet.stake(&identity.hotkey).saturating_sub(handed);
        subnet.set_stake(&identity.hotkey, left);
        if let Some(strategy) = self.strategies.get_mut(strategy) {
            strategy.bribes_paid = strategy.bribes_paid.saturating_add(handed);
        }
    }

    /// Closes the books, with what the miners of each strategy did.
    pub(crate) fn close<S: Synapse>(
        mut self,
        lab: &Lab<S>,
        cast: &Cast,
        tallies: &[Tally],
        subnet: &Subnet,
    ) -> (Vec<Strategy>, Vec<ValidatorSummary>) {
        let all: u64 = self.strategies.iter().fold(0, |sum, strategy| sum.saturating_add(strategy.earned));
        for ((strategy, miner), tally) in self.strategies.iter_mut().zip(&lab.miners).zip(tallies) {
            strategy.share = if all == 0 { 0.0 } else { strategy.earned as f64 / all as f64 };
            strategy.work_cost = rao(miner.habits.cost * tally.worked as f64);
            strategy.answers = tally.answers;
            strategy.unanswered = tally.unanswered;
        }
        for (validator, (sum, count)) in self.validators.iter_mut().zip(&self.trust) {
            validator.mean_trust = if *count == 0 { 0.0 } else { sum / *count as f64 };
        }
        for member in &cast.validators {
            if let Some(validator) = self.validators.get_mut(member.kind) {
                validator.stake_end = validator.stake_end.saturating_add(subnet.stake(&member.hotkey));
            }
        }
        (self.strategies, self.validators)
    }
}

/// What a neuron was paid, as a miner and as a validator.
fn paid(outcome: &EpochOutcome, uid: usize) -> u64 {
    let of = |paid: &[u64]| paid.get(uid).copied().unwrap_or(0);
    of(&outcome.paid_to_miners).saturating_add(of(&outcome.paid_to_validators))
}

fn at_uid(values: &[u16], uid: usize) -> u16 {
    values.get(uid).copied().unwrap_or(0)
}

/// Rao of an amount of alpha.
pub(crate) fn rao(alpha: f64) -> u64 {
    (alpha * ALPHA).round() as u64
}
