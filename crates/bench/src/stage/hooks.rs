//! A small subnet: miners add squares, the validator checks the sum.

use std::time::Duration;

use serde_json::json;
use subnetkit::prelude::*;
use subnetkit_miner::{Call, Forward, Refusal};

use super::miners::Mood;

/// How long a miner has.
const ASK_TIMEOUT: Duration = Duration::from_millis(400);
/// Numbers in one request.
const NUMBERS: u64 = 32;

/// The synapse.
#[derive(Debug)]
pub(crate) struct Squares;

impl Synapse for Squares {
    const NAME: &'static str = "squares";
    type Request = Vec<u64>;
    type Response = u64;
}

fn sum(numbers: &[u64]) -> u64 {
    numbers.iter().fold(0, |sum: u64, number| sum.wrapping_add(number.wrapping_mul(*number)))
}

/// Scores a right answer by the round and the hotkey, so that no two epochs have the same weights and every row on chain
/// tells which submission it is.
#[derive(Debug)]
pub(crate) struct Judge;

#[async_trait]
impl Score<Squares> for Judge {
    async fn task(&self, round: &Round) -> Task<Squares> {
        let numbers = (0..NUMBERS).map(|n| round.seed.rotate_left(u32::try_from(n).unwrap_or(0)) % 1_000_003);
        Task::same(numbers.collect(), round.sample.clone())
            .with_timeout(ASK_TIMEOUT)
            .with_notes(json!(round.seed))
    }

    async fn score(&self, task: &Task<Squares>, answers: &[Answer<Squares>]) -> Scores {
        let seed = task.notes().as_u64().unwrap_or(0);
        let score = |answer: &Answer<Squares>| {
            let asked = task.request(&answer.hotkey)?;
            let right = answer.response().is_some_and(|(found, _)| *found == sum(asked));
            Some((answer.hotkey, if right { merit(seed, &answer.hotkey) } else { 0.0 }))
        };
        answers.iter().filter_map(score).collect()
    }
}

/// From 0.25 to 1.25, evenly spread over rounds and hotkeys.
fn merit(seed: u64, hotkey: &Hotkey) -> f64 {
    let mixed = hotkey.as_bytes().iter().fold(seed ^ 0x9E37_79B9_7F4A_7C15, |mixed, byte| {
        (mixed ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3).rotate_left(29)
    });
    let share = u16::try_from(mixed >> 48).unwrap_or(u16::MAX);
    0.25 + f64::from(share) / f64::from(u16::MAX)
}

/// Quick to forget, so that weights move; another one for each mechanism, and something for everybody that depends on the
/// newest round, so that no row passes for another's whatever the miners do.
#[derive(Debug)]
pub(crate) struct Rewards;

impl Reward for Rewards {
    fn reward(&self, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        self.mechanism_reward(0, ledger, subnet)
    }

    fn mechanism_reward(&self, mecid: u8, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        let Some(newest) = ledger.last_round() else { return Weights::new() };
        let earned = Ema::new(0.5).power(1.0 + f64::from(mecid)).reward(ledger, subnet);
        earned.iter().map(|(hotkey, earned)| (hotkey, earned + merit(newest, &hotkey))).collect()
    }
}

/// A miner in one of its moods.
#[derive(Debug)]
pub(crate) struct Worker(pub(crate) Mood);

#[async_trait]
impl Forward<Squares> for Worker {
    async fn forward(&self, call: Call<Vec<u64>>) -> Result<u64, Refusal> {
        let answer = sum(&call.request);
        match self.0.now() {
            Whim::Honest => Ok(answer),
            Whim::Slow => {
                tokio::time::sleep(ASK_TIMEOUT / 2).await;
                Ok(answer)
            }
            Whim::Hung => {
                tokio::time::sleep(ASK_TIMEOUT * 25).await;
                Ok(answer)
            }
            Whim::Wrong => Ok(answer.wrapping_add(1)),
            Whim::Refusing => Err(Refusal::busy(Duration::from_millis(50))),
        }
    }
}

pub(crate) use super::miners::Whim;
