//! Times 1,000 epochs of a full subnet, 256 neurons of which 64 are validators, without anything that a builder's hooks cost.
//!
//! `cargo bench -p subnetkit-lab` prints the time of each.

// A program for the terminal: its output is what it is for.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use subnetkit_chain::Metagraph;
use subnetkit_lab::chain::{Founding, Rules, Subnet};
use subnetkit_lab::{Lab, Miner, Validator};
use subnetkit_miner::{Call, Forward, Refusal};
use subnetkit_protocol::{AccountId, Synapse};
use subnetkit_validator::{Answer, Ledger, Reward, Round, Score, Scores, Task, Weights};

const EPOCHS: u32 = 1_000;
const NEURONS: u16 = 256;
const VALIDATORS: u16 = 64;
const RUNS: usize = 3;

fn main() {
    report("the chain alone, weights in the open", || chain(false));
    report("the chain alone, commit-reveal", || chain(true));
    report("the whole laboratory", play);
}

fn report(what: &str, run: impl Fn()) {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let median = times[RUNS / 2];
    println!("{what}: {median:.2?} for {EPOCHS} epochs, {:.2?} each", median / EPOCHS);
}

fn key(number: u16) -> AccountId {
    let [low, high] = number.to_le_bytes();
    let mut bytes = [0; 32];
    (bytes[0], bytes[1]) = (low, high);
    AccountId::from_bytes(bytes)
}

/// The chain's part: every block of every epoch, weights of all validators on all neurons, Yuma Consensus, payment, and the
/// metagraph that the hooks would read.
fn chain(commit_reveal: bool) {
    let rules = Rules { commit_reveal_weights_enabled: commit_reveal, ..Rules::default() };
    let mut subnet = Subnet::new(rules, Founding::new(key(0), key(0))).unwrap();
    for number in 1..NEURONS {
        subnet.enroll(key(number), key(number)).unwrap();
        if number < VALIDATORS {
            subnet.set_stake(&key(number), u64::from(number) * 1_000_000_000_007);
            subnet.set_permit(&key(number), true);
        }
    }
    let mut seed: u64 = 425;
    let mut row: Vec<(u16, u16)> = Vec::new();
    for _ in 0..EPOCHS {
        subnet.advance_blocks(u64::from(subnet.rules().tempo) - 1);
        for number in 0..VALIDATORS {
            row.clear();
            for uid in 0..NEURONS {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                row.push((uid, (seed >> 48) as u16));
            }
            subnet.set_weights(&key(number), &row).unwrap();
        }
        subnet.advance_to_epoch();
        black_box(subnet.metagraph());
    }
}

/// The smallest subnet there is: a number goes out, and comes back.
struct Echo;

impl Synapse for Echo {
    const NAME: &'static str = "echo";
    type Request = u64;
    type Response = u64;
}

#[derive(Clone)]
struct Parrot;

#[async_trait]
impl Forward<Echo> for Parrot {
    async fn forward(&self, call: Call<u64>) -> Result<u64, Refusal> {
        Ok(call.request)
    }
}

/// Asks every miner in every round, and takes each answer's time for its score.
#[derive(Clone)]
struct Judge;

#[async_trait]
impl Score<Echo> for Judge {
    async fn task(&self, round: &Round) -> Task<Echo> {
        Task::same(round.seed, round.sample.iter().copied())
    }

    async fn score(&self, _: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
        answers
            .iter()
            .map(|answer| {
                (answer.hotkey, answer.response().map_or(0.0, |(_, took)| 1.0 / took.as_secs_f64()))
            })
            .collect()
    }
}

/// What generated projects pay by: a moving average of the scores.
#[derive(Clone)]
struct Payout;

impl Reward for Payout {
    fn reward(&self, ledger: &Ledger, _: &Metagraph) -> Weights {
        ledger.ema(0.1, 1_000).into_iter().collect()
    }
}

/// Everything: hooks, answers on their way, the ledger, conforming weights, the chain, the report.
fn play() {
    let validators = usize::from(VALIDATORS) - 1;
    let miners = usize::from(NEURONS) - usize::from(VALIDATORS);
    let lab = Lab::new(Judge, Payout)
        .miners([Miner::honest(Parrot)
            .count(miners)
            .latency(Duration::from_millis(40))
            .jitter(Duration::from_millis(80))])
        .validators([Validator::honest(10_000.0).count(validators)])
        .epochs(EPOCHS)
        .without_what_ifs();
    black_box(lab.run().unwrap());
}
