//! One epoch of a subnet: every step of Yuma Consensus in order.

use crate::{
    bonds::{self, Market},
    consensus,
    emission::{self, Weight},
    fixed::{self, Fixed},
    matrix::Sparse,
    stake,
    subnet::{Mechanism, Row, Subnet},
};

/// What an epoch stores and pays. Every vector is indexed by uid; proportions are u16 of 65535.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What each neuron earned as a miner, in rao, over all mechanisms.
    pub server_emission: Vec<u64>,
    /// What each neuron earned as a validator, in rao, over all mechanisms.
    pub validator_emission: Vec<u64>,
    /// Whether each neuron set weights recently, in any mechanism.
    pub active: Vec<bool>,
    /// Combined emission in rao as the chain records it: weighted by each mechanism's share rather than added
    /// up, so with several mechanisms it is less than was paid.
    pub emission: Vec<u64>,
    /// The weight validators agree on, averaged over mechanisms.
    pub consensus: Vec<u16>,
    /// The share of dividends, averaged over mechanisms.
    pub dividends: Vec<u16>,
    /// How much of a validator's weights is within consensus, averaged over mechanisms.
    pub validator_trust: Vec<u16>,
    /// The share of stake.
    pub stake_weight: Vec<u16>,
    /// Who may validate from now on.
    pub validator_permit: Vec<bool>,
    /// What belongs to each mechanism alone.
    pub mechanisms: Vec<MechanismOutcome>,
}

/// What an epoch stores for one mechanism.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MechanismOutcome {
    /// The share of incentive by uid, as u16 of 65535.
    pub incentive: Vec<u16>,
    /// What each neuron earned as a miner in this mechanism, in rao.
    pub server_emission: Vec<u64>,
    /// The bonds to store by uid; empty for neurons without a new permit.
    pub bonds: Vec<Row>,
}

/// Runs the epoch of a subnet that pays out `emission` rao over all its mechanisms.
///
/// Never fails: state that does not fit together reads as absent, as on the chain.
pub fn epoch(subnet: &Subnet<'_>, emission: u64) -> Outcome {
    let stake = stake::shares(subnet);
    let permits = stake::permits(&stake, subnet);
    let mut outcome = Outcome::new(permits, subnet.mechanisms.len());
    let shares = emission::split(emission, subnet.mechanisms.len(), subnet.emission_split);
    for (index, (mechanism, share)) in subnet.mechanisms.iter().zip(shares).enumerate() {
        let terms = Terms::new(subnet, mechanism, &stake, share);
        outcome.add(terms, Weight::new(share, emission, index == 0));
    }
    outcome
}

/// The result of one mechanism, before it is merged with the others.
struct Terms {
    payout: emission::Payout,
    active: Vec<bool>,
    stake_weight: Vec<u16>,
    consensus: Vec<u16>,
    incentive: Vec<u16>,
    dividends: Vec<u16>,
    validator_trust: Vec<u16>,
    bonds: Sparse,
}

impl Terms {
    fn new(subnet: &Subnet<'_>, mechanism: &Mechanism<'_>, stake: &[Fixed], amount: u64) -> Self {
        let neurons = subnet.neurons();
        let active_stake = stake::active_shares(stake, subnet, mechanism);

        let weights = consensus::valid_weights(subnet, mechanism);
        let kappa = Fixed::from_proportion(subnet.params.kappa);
        let consensus = consensus::consensus(&weights, &active_stake, kappa);
        let clipped = consensus::clip(&weights, &consensus);
        let validator_trust = clipped.row_sums();
        let mut incentive = clipped.weighted_column_sums(&active_stake);
        fixed::normalize(&mut incentive);

        let bonding = match subnet.params.bonds_penalty {
            0 => weights,
            u16::MAX => clipped,
            penalty => consensus::interpolate(&weights, &clipped, Fixed::from_proportion(penalty), neurons),
        };
        let market = Market {
            weights: &bonding,
            consensus: &consensus,
            active_stake: &active_stake,
            incentive: &incentive,
        };
        let bonds::Bonds { bonds, dividends } = bonds::form(subnet, mechanism, &market);

        Self {
            active: (0..neurons).map(|uid| mechanism.is_active(uid, subnet)).collect(),
            stake_weight: proportions(stake),
            consensus: proportions(&consensus),
            incentive: proportions(&incentive),
            dividends: proportions(&dividends),
            validator_trust: proportions(&validator_trust),
            bonds,
            payout: emission::pay(amount, incentive, dividends, &active_stake, stake),
        }
    }
}

impl Outcome {
    fn new(validator_permit: Vec<bool>, mechanisms: usize) -> Self {
        let neurons = validator_permit.len();
        Self {
            server_emission: vec![0; neurons],
            validator_emission: vec![0; neurons],
            active: vec![false; neurons],
            emission: vec![0; neurons],
            consensus: vec![0; neurons],
            dividends: vec![0; neurons],
            validator_trust: vec![0; neurons],
            stake_weight: vec![0; neurons],
            validator_permit,
            mechanisms: Vec::with_capacity(mechanisms),
        }
    }

    /// Merges a mechanism in: earnings add up, everything else counts by the mechanism's weight.
    fn add(&mut self, terms: Terms, weight: Weight) {
        add_amounts(&mut self.server_emission, &terms.payout.server);
        add_amounts(&mut self.validator_emission, &terms.payout.validator);
        for (total, &value) in self.emission.iter_mut().zip(&terms.payout.combined) {
            *total = total.saturating_add(weight.of(value));
        }
        for (active, also) in self.active.iter_mut().zip(terms.active) {
            *active |= also;
        }
        add_weighted(&mut self.consensus, &terms.consensus, weight);
        add_weighted(&mut self.dividends, &terms.dividends, weight);
        add_weighted(&mut self.validator_trust, &terms.validator_trust, weight);
        add_weighted(&mut self.stake_weight, &terms.stake_weight, weight);
        let bonds = (0..terms.bonds.rows()).map(|uid| {
            if self.validator_permit[uid] {
                terms.bonds.row(uid).map(|(miner, bond)| (miner, bond.to_proportion())).collect()
            } else {
                Row::new()
            }
        });
        self.mechanisms.push(MechanismOutcome {
            bonds: bonds.collect(),
            incentive: terms.incentive,
            server_emission: terms.payout.server,
        });
    }
}

fn proportions(values: &[Fixed]) -> Vec<u16> {
    values.iter().map(|value| value.to_proportion()).collect()
}

fn add_amounts(totals: &mut [u64], amounts: &[u64]) {
    for (total, &amount) in totals.iter_mut().zip(amounts) {
        *total = total.saturating_add(amount);
    }
}

fn add_weighted(totals: &mut [u16], values: &[u16], weight: Weight) {
    for (total, &value) in totals.iter_mut().zip(values) {
        let part = u16::try_from(weight.of(u64::from(value))).unwrap_or(u16::MAX);
        *total = total.saturating_add(part);
    }
}
