//! Rules of the epoch that few recorded scenarios depend on.

use subnetkit_yuma::{CommitBlocks, LiquidAlpha, Mechanism, Outcome, Params, Row, Subnet, epoch};

const PARAMS: Params = Params {
    tempo: 10,
    kappa: 32_767,
    bonds_moving_average: 900_000,
    bonds_penalty: u16::MAX,
    yuma3_on: true,
    liquid_alpha: None,
    max_allowed_validators: 64,
    stake_threshold: 0,
    tao_weight: 0,
    activity_cutoff_factor_milli: 13_889,
};

/// Three validators (uids 0 to 2) with equal stake and two miners (3 and 4), all registered in block 50.
struct Case {
    params: Params,
    owner_uid: Option<u16>,
    stake: Vec<u64>,
    registered: Vec<u64>,
    weights: Vec<Row>,
    commits: Option<CommitBlocks>,
}

impl Case {
    fn new() -> Self {
        let row: Row = vec![(3, 30_000), (4, u16::MAX)];
        Self {
            params: PARAMS,
            owner_uid: None,
            stake: vec![1_000_000, 1_000_000, 1_000_000, 0, 0],
            registered: vec![50; 5],
            weights: vec![row.clone(), row.clone(), row, Row::new(), Row::new()],
            commits: None,
        }
    }

    fn run(&self) -> Outcome {
        let mechanism = Mechanism {
            last_update: &[95; 5],
            weights: &self.weights,
            bonds: &[],
            commit_blocks: self.commits.as_ref().map(CommitBlocks::as_slice),
        };
        let subnet = Subnet {
            params: self.params,
            block: 100,
            last_mechanism_step_block: 90,
            owner_uid: self.owner_uid,
            alpha_stake: &self.stake,
            root_stake: &[],
            block_at_registration: &self.registered,
            validator_permit: &[true, true, true, false, false],
            mechanisms: &[mechanism],
            emission_split: None,
        };
        epoch(&subnet, 1_000_000)
    }
}

#[test]
fn stake_below_the_threshold_counts_only_for_the_owner() {
    let mut case = Case::new();
    case.params.stake_threshold = 1_000_001;
    assert_eq!(case.run().stake_weight, [0; 5]);
    case.owner_uid = Some(1);
    assert_eq!(case.run().stake_weight, [0, u16::MAX, 0, 0, 0]);
    case.params.stake_threshold = 1_000_000;
    assert_eq!(case.run().stake_weight, [21_844, 21_844, 21_844, 0, 0]);
}

#[test]
fn permits_go_to_the_largest_stakes_and_then_to_the_higher_uids() {
    let mut case = Case::new();
    case.params.max_allowed_validators = 2;
    assert_eq!(case.run().validator_permit, [false, true, true, false, false]);
    case.stake[0] += 1;
    assert_eq!(case.run().validator_permit, [true, false, true, false, false]);
    case.owner_uid = Some(4);
    assert_eq!(case.run().validator_permit, [true, false, true, false, true]);
}

#[test]
fn weights_do_not_count_for_neurons_registered_after_the_commit() {
    let mut case = Case::new();
    case.registered[4] = 80;
    let run_with_commits_in = |case: &mut Case, block| {
        let mut commits = CommitBlocks::new(5, 7, 1);
        for uid in 0..3 {
            commits.add_timelocked(uid, 6, block);
        }
        case.commits = Some(commits);
        case.run().mechanisms[0].incentive.clone()
    };
    let unmasked = Case::new().run().mechanisms[0].incentive.clone();
    assert_eq!(run_with_commits_in(&mut case, 80), unmasked);
    assert_eq!(run_with_commits_in(&mut case, 79), [0, 0, 0, u16::MAX, 0]);
}

#[test]
fn liquid_alpha_does_not_see_a_weight_stored_behind_a_higher_uid() {
    let mut case = Case::new();
    case.params.bonds_penalty = 0;
    case.params.liquid_alpha = Some(LiquidAlpha { low: 10_000, high: 60_000, steepness: 1000 });
    // Validator 0 is far above consensus on miner 3, so its bond grows at a high rate.
    case.weights[0] = vec![(3, u16::MAX), (4, 0)];
    let in_order = case.run().mechanisms.swap_remove(0).bonds.swap_remove(0);
    case.weights[0].reverse();
    let reversed = case.run().mechanisms.swap_remove(0).bonds.swap_remove(0);
    assert_eq!((in_order.len(), reversed.len()), (1, 1));
    assert!(in_order[0].1 > 2 * reversed[0].1, "{in_order:?} and {reversed:?}");
}

#[test]
fn consensus_is_the_largest_weight_with_enough_support() {
    let mut case = Case::new();
    case.weights[0] = vec![(3, u16::MAX)];
    case.weights[1] = vec![(4, u16::MAX)];
    case.weights[2] = vec![(3, 1), (4, 1)];
    let outcome = case.run();
    assert_eq!(outcome.consensus, [0, 0, 0, 32_767, 32_767]);
    // The two that are above consensus lose half of what they gave.
    assert_eq!(outcome.validator_trust, [32_767, 32_767, u16::MAX, 0, 0]);
}

#[test]
fn without_weights_validators_are_paid_by_stake() {
    let mut case = Case::new();
    case.weights.clear();
    case.stake = vec![1_000_000, 3_000_000, 0, 0, 0];
    let outcome = case.run();
    assert_eq!(outcome.server_emission, [0; 5]);
    assert_eq!(outcome.validator_emission, [250_000, 750_000, 0, 0, 0]);
}

/// State that does not fit together must neither end the process nor pay more than there is.
#[test]
fn ill_fitting_state_never_pays_more_than_the_emission() {
    let mut seed: u64 = 1;
    let mut below = |limit: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % limit
    };
    for _ in 0..500 {
        let neurons = below(9);
        let mut rows = |count: u64| -> Vec<Row> {
            (0..count)
                .map(|_| (0..below(12)).map(|_| (below(11) as u16, (below(4) * 21_845) as u16)).collect())
                .collect()
        };
        let (weights, bonds) = (rows(neurons + 1), rows(neurons));
        let mut amounts = |count: u64| -> Vec<u64> { (0..count).map(|_| below(4) << below(62)).collect() };
        let (alpha, root, registered, updated) =
            (amounts(neurons), amounts(5), amounts(7), amounts(neurons.saturating_sub(1)));
        let permits: Vec<bool> = (0..below(9)).map(|_| below(3) > 0).collect();
        let commits = CommitBlocks::new(3, 1, 1);
        let mechanisms: Vec<Mechanism<'_>> = (0..below(4))
            .map(|_| Mechanism {
                last_update: &updated,
                weights: &weights,
                bonds: &bonds,
                commit_blocks: (below(2) == 0).then(|| commits.as_slice()),
            })
            .collect();
        let split = [below(65_536) as u16, below(65_536) as u16];
        let subnet = Subnet {
            params: Params {
                kappa: below(65_536) as u16,
                bonds_penalty: below(65_536) as u16,
                bonds_moving_average: below(1_000_001),
                yuma3_on: below(2) == 0,
                liquid_alpha: (below(2) == 0).then_some(LiquidAlpha {
                    low: 10_000,
                    high: 50_000,
                    steepness: below(65_536) as i16,
                }),
                max_allowed_validators: below(8) as u16,
                tao_weight: u64::MAX,
                ..PARAMS
            },
            block: below(1_000),
            last_mechanism_step_block: below(1_000),
            owner_uid: (below(2) == 0).then_some(below(12) as u16),
            alpha_stake: &alpha,
            root_stake: &root,
            block_at_registration: &registered,
            validator_permit: &permits,
            mechanisms: &mechanisms,
            emission_split: (below(2) == 0 && split[0].checked_add(split[1]).is_some()).then_some(&split),
        };
        let emission = below(1 << 40);
        let outcome = epoch(&subnet, emission);
        let paid: u64 = outcome.server_emission.iter().chain(&outcome.validator_emission).sum();
        assert!(paid <= emission, "{paid} of {emission} paid by {subnet:?}");
    }
}
