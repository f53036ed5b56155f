//! Times one epoch of a full subnet: 256 neurons, of which 64 validators weight every neuron.
//!
//! `cargo bench -p subnetkit-yuma` prints the median of many runs for each version of Yuma Consensus.

// A program for the terminal: its output is what it is for.
#![allow(clippy::print_stdout)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use subnetkit_yuma::{LiquidAlpha, Mechanism, Params, Row, Subnet, epoch, max_upscale};

const NEURONS: u16 = 256;
const VALIDATORS: u16 = 64;
const RUNS: usize = 200;
const EMISSION: u64 = 360_000_000_000;

fn main() {
    let liquid = LiquidAlpha { low: 45_875, high: 58_982, steepness: 1000 };
    report("yuma 2", false, None, u16::MAX);
    report("yuma 3", true, None, u16::MAX);
    report("yuma 3, half bonds penalty", true, None, u16::MAX / 2);
    report("yuma 3, liquid alpha", true, Some(liquid), u16::MAX);
}

fn report(name: &str, yuma3_on: bool, liquid_alpha: Option<LiquidAlpha>, bonds_penalty: u16) {
    let params = Params {
        tempo: 360,
        kappa: 32_767,
        bonds_moving_average: 900_000,
        bonds_penalty,
        yuma3_on,
        liquid_alpha,
        max_allowed_validators: VALIDATORS,
        stake_threshold: 0,
        tao_weight: 971_718_665_099_567_868,
        activity_cutoff_factor_milli: 13_889,
    };
    let weights = weights();
    // The second epoch is the one that is timed: the first has no bonds to start from.
    let bonds = run(&params, &weights, &[]).mechanisms.swap_remove(0).bonds;
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            black_box(run(black_box(&params), &weights, &bonds));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let (fastest, median) = (times[0], times[RUNS / 2]);
    println!("{name}: median {median:.2?}, fastest {fastest:.2?}");
}

fn run(params: &Params, weights: &[Row], bonds: &[Row]) -> subnetkit_yuma::Outcome {
    let neurons = usize::from(NEURONS);
    let stake: Vec<u64> = (0..NEURONS)
        .map(|uid| if uid < VALIDATORS { u64::from(uid + 1) * 1_000_000_007 } else { 0 })
        .collect();
    let permits: Vec<bool> = (0..NEURONS).map(|uid| uid < VALIDATORS).collect();
    let mechanism = Mechanism { last_update: &vec![1_000; neurons], weights, bonds, commit_blocks: None };
    let subnet = Subnet {
        params: *params,
        block: 1_001,
        last_mechanism_step_block: 641,
        owner_uid: Some(0),
        alpha_stake: &stake,
        root_stake: &stake,
        block_at_registration: &vec![1; neurons],
        validator_permit: &permits,
        mechanisms: &[mechanism],
        emission_split: None,
    };
    epoch(&subnet, EMISSION)
}

/// A fixed pseudo-random row for each validator, upscaled as the chain stores it.
fn weights() -> Vec<Row> {
    let mut seed: u64 = 425;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 48) as u16
    };
    (0..NEURONS)
        .map(|uid| {
            if uid >= VALIDATORS {
                return Row::new();
            }
            let values: Vec<u16> = (0..NEURONS).map(|_| next()).collect();
            (0..NEURONS).zip(max_upscale(&values)).collect()
        })
        .collect()
}
