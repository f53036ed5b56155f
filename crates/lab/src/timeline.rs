//! A report's epochs as series of numbers, thinned out where there are more epochs than a chart can show.

use std::{collections::BTreeMap, ops::Range};

use crate::{
    number::ratio,
    report::{Epoch, NeuronEpoch, Party, Report, gini},
};

/// So many points of a series at most.
const POINTS: usize = 200;

/// The epochs of a report, a few at a time.
#[derive(Debug)]
pub(crate) struct Timeline<'a> {
    report: &'a Report,
    buckets: Vec<Range<usize>>,
}

/// A number per point, none where there was nothing to count.
pub(crate) type Points = Vec<Option<f64>>;

impl<'a> Timeline<'a> {
    pub(crate) fn of(report: &'a Report) -> Self {
        let count = report.epochs.len();
        let points = count.min(POINTS);
        let buckets = (0..points).map(|at| at * count / points..(at + 1) * count / points).collect();
        Self { report, buckets }
    }

    /// How many epochs one point is the mean of, where it is more than one.
    pub(crate) fn epochs_per_point(&self) -> Option<usize> {
        self.buckets.iter().map(Range::len).max().filter(|epochs| *epochs > 1)
    }

    /// The last epoch of each point.
    pub(crate) fn numbers(&self) -> Vec<f64> {
        self.epochs().map(|epochs| epochs.last().map_or(f64::NAN, |epoch| f64::from(epoch.number))).collect()
    }

    /// The epochs of each point in words: `7`, or `7–9`.
    pub(crate) fn names(&self) -> Vec<String> {
        self.epochs()
            .map(|epochs| match epochs {
                [first, .., last] => format!("{}–{}", first.number, last.number),
                [only] => only.number.to_string(),
                [] => String::new(),
            })
            .collect()
    }

    /// What one identity of a strategy was paid in an epoch, in alpha.
    pub(crate) fn emission_per_identity(&self, strategy: usize) -> Points {
        self.points(|epochs| {
            let (paid, identities) = totals(epochs, Party::Miner(strategy), |neuron| neuron.emission);
            Some(paid / identities / 1e9)
        })
    }

    /// A strategy's part of what the miners were paid, in per cent.
    pub(crate) fn share(&self, strategy: usize) -> Points {
        self.points(|epochs| {
            let all: u64 = miners(epochs).map(|neuron| neuron.emission).sum();
            let (paid, _) = totals(epochs, Party::Miner(strategy), |neuron| neuron.emission);
            Some(if all == 0 { 0.0 } else { ratio(paid, all as f64) * 100.0 })
        })
    }

    /// The mean score of a strategy's hotkeys, as far as they were scored.
    pub(crate) fn score(&self, strategy: usize) -> Points {
        self.points(|epochs| {
            let neurons = epochs.iter().flat_map(|epoch| &epoch.neurons);
            let scores = neurons.filter(|neuron| neuron.party == Party::Miner(strategy));
            let (sum, count) = scores
                .filter_map(|neuron| neuron.score)
                .fold((0.0, 0.0), |(sum, count), score| (sum + score, count + 1.0));
            Some(sum / count)
        })
    }

    /// How far the others agreed with validators of one kind, 0 to 1.
    pub(crate) fn trust(&self, validator: usize) -> Points {
        self.points(|epochs| {
            let party = Party::Validator(validator);
            let (trust, validators) = totals(epochs, party, |neuron| u64::from(neuron.validator_trust));
            Some(trust / validators / f64::from(u16::MAX))
        })
    }

    /// What validators of one kind were paid in an epoch, for each 1,000 alpha of stake, in alpha.
    pub(crate) fn dividends_per_thousand(&self, validator: usize) -> Points {
        self.points(|epochs| {
            let party = Party::Validator(validator);
            let (paid, _) = totals(epochs, party, |neuron| neuron.emission);
            let (stake, _) = totals(epochs, party, |neuron| neuron.stake);
            Some(ratio(paid, stake) * 1_000.0)
        })
    }

    /// How unequally the miners' hotkeys were paid, 0 to 1.
    pub(crate) fn gini(&self) -> Points {
        self.points(|epochs| {
            let mut paid = BTreeMap::<_, u64>::new();
            for neuron in miners(epochs) {
                *paid.entry(neuron.hotkey).or_default() += neuron.emission;
            }
            (paid.values().any(|paid| *paid > 0)).then(|| gini(paid.into_values().collect()))
        })
    }

    fn epochs(&self) -> impl Iterator<Item = &'a [Epoch]> {
        let report = self.report;
        self.buckets.iter().map(|bucket| report.epochs.get(bucket.clone()).unwrap_or_default())
    }

    fn points(&self, value: impl Fn(&[Epoch]) -> Option<f64>) -> Points {
        self.epochs().map(|epochs| value(epochs).filter(|value| value.is_finite())).collect()
    }
}

fn miners(epochs: &[Epoch]) -> impl Iterator<Item = &NeuronEpoch> {
    let neurons = epochs.iter().flat_map(|epoch| &epoch.neurons);
    neurons.filter(|neuron| matches!(neuron.party, Party::Miner(_)))
}

/// The sum over a party's neurons and epochs, and how many these were.
fn totals(epochs: &[Epoch], party: Party, value: impl Fn(&NeuronEpoch) -> u64) -> (f64, f64) {
    let neurons = epochs.iter().flat_map(|epoch| &epoch.neurons).filter(|neuron| neuron.party == party);
    neurons.fold((0.0, 0.0), |(sum, count), neuron| (sum + value(neuron) as f64, count + 1.0))
}
