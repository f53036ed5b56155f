//! What becomes of each way of validating.

use subnetkit_lab::{Miner, Report, Rules, Validator};

use crate::support::{Square, Squarer, Wrong, lab, open_rules};

fn miners() -> [Miner<Square>; 2] {
    [Miner::honest(Squarer).count(4), Miner::wrong(Wrong)]
}

/// Dividends per alpha of stake.
fn yield_of(report: &Report, name: &str) -> f64 {
    let validator = report.validator(name).unwrap();
    validator.dividends as f64 / validator.stake_start as f64
}

#[test]
fn who_copies_weights_is_behind_where_they_are_hidden() {
    // Skills that change make weights that change.
    let miners = || {
        [
            Miner::honest(Squarer).skill(0.6).count(3),
            Miner::intermittent(Squarer, 2, 2).count(3),
            Miner::late(Squarer, 10).count(3),
        ]
    };
    let validators = || [Validator::honest(10_000.0).count(3), Validator::weight_copying(10_000.0)];
    let play = |rules: Rules| lab(miners()).validators(validators()).rules(rules).epochs(40).run().unwrap();
    let open = play(open_rules());
    let hidden = play(Rules { commit_reveal_period: 3, ..Rules::default() });
    let relative = |report: &Report| yield_of(report, "weight copier") / yield_of(report, "honest");
    assert!(
        relative(&hidden) < relative(&open) - 0.01,
        "hidden {} open {}\n{}",
        relative(&hidden),
        relative(&open),
        hidden.to_table()
    );
    assert!(
        hidden.validator("weight copier").unwrap().mean_trust
            < hidden.validator("honest").unwrap().mean_trust
    );
}

#[test]
fn a_colluder_is_held_down_by_kappa() {
    let play = |stake| {
        let validators = [Validator::honest(10_000.0).count(3), Validator::colluding(stake, "wrong")];
        lab(miners()).validators(validators).run().unwrap()
    };
    let minority = play(10_000.0);
    assert_eq!(minority.strategy("wrong").unwrap().earned, 0, "{}", minority.to_table());
    assert!(yield_of(&minority, "colluder") < 0.5 * yield_of(&minority, "honest"), "{}", minority.to_table());
    let majority = play(40_000.0);
    assert!(majority.strategy("wrong").unwrap().share > 0.5, "{}", majority.to_table());
}

#[test]
fn who_scores_once_loses_to_those_who_go_on() {
    let validators = [Validator::honest(10_000.0).count(3), Validator::lazy(10_000.0)];
    let miners = [Miner::honest(Squarer).count(3), Miner::late(Squarer, 4).count(5)];
    let report = lab(miners).validators(validators).epochs(40).run().unwrap();
    assert!(yield_of(&report, "lazy") < 0.9 * yield_of(&report, "honest"), "{}", report.to_table());
    let row = report.weights.iter().find(|row| row.name == "lazy").unwrap();
    assert_eq!(row.weights.len(), 3, "those that were there in its first epoch");
    let honest = report.weights.iter().find(|row| row.name == "honest").unwrap();
    assert_eq!(honest.weights.len(), 8);
}

#[test]
fn who_has_too_little_stake_sets_no_weights_and_gets_nothing() {
    let rules = Rules { max_allowed_validators: 3, ..open_rules() };
    let validators = [Validator::honest(10_000.0).count(3), Validator::honest(1.0).named("low stake")];
    let report = lab(miners()).validators(validators).rules(rules).run().unwrap();
    let low = report.validator("low stake").unwrap();
    assert_eq!((low.dividends, low.withheld.times), (0, 20), "{}", report.to_table());
    assert!(low.withheld.last_reason.as_ref().unwrap().contains("permit"), "{low:?}");
    assert_eq!(report.validator("honest").unwrap().withheld.times, 0);
}

#[test]
fn all_that_is_earned_is_paid_and_told() {
    let report = lab(miners()).run().unwrap();
    let paid: u64 = report.epochs.iter().flat_map(|epoch| &epoch.neurons).map(|neuron| neuron.emission).sum();
    let told: u64 = report.strategies.iter().map(|strategy| strategy.earned).sum::<u64>()
        + report.validators.iter().map(|validator| validator.dividends).sum::<u64>();
    assert_eq!(paid, told);
    let honest = report.validator("honest").unwrap();
    assert_eq!(honest.stake_end, honest.stake_start + honest.dividends);
    assert!((report.strategies.iter().map(|strategy| strategy.share).sum::<f64>() - 1.0).abs() < 1e-12);
    // One alpha per block, of which the owner has 18 parts in 100, and the others half each.
    let miners: u64 = report.strategies.iter().map(|strategy| strategy.earned).sum();
    let expected = 20.0 * 360.0 * 0.41 * 1e9;
    assert!((miners as f64 / expected - 1.0).abs() < 0.1, "{miners} of {expected}");
}
