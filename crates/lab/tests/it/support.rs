//! A subnet of the tests' own: numbers are to be squared.

use std::time::Duration;

use async_trait::async_trait;
use subnetkit_chain::Metagraph;
use subnetkit_lab::{Lab, Miner, Report, Rules, Validator};
use subnetkit_miner::{Call, Forward, Refusal};
use subnetkit_protocol::Synapse;
use subnetkit_validator::{Answer, Ledger, Reward, Round, Score, Scores, Task, Weights};

pub(crate) struct Square;

impl Synapse for Square {
    const NAME: &'static str = "square";
    type Request = u64;
    type Response = u64;
}

/// Right.
pub(crate) struct Squarer;

#[async_trait]
impl Forward<Square> for Squarer {
    async fn forward(&self, call: Call<u64>) -> Result<u64, Refusal> {
        Ok(call.request * call.request)
    }
}

/// Off by one.
pub(crate) struct Wrong;

#[async_trait]
impl Forward<Square> for Wrong {
    async fn forward(&self, call: Call<u64>) -> Result<u64, Refusal> {
        Ok(call.request * call.request + 1)
    }
}

/// Right, after a while.
pub(crate) struct Sleeper(pub(crate) Duration);

#[async_trait]
impl Forward<Square> for Sleeper {
    async fn forward(&self, call: Call<u64>) -> Result<u64, Refusal> {
        tokio::time::sleep(self.0).await;
        Ok(call.request * call.request)
    }
}

/// Scores right answers by speed: half after `half`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judge {
    /// Everybody gets the same number.
    pub(crate) same: bool,
    pub(crate) half: Duration,
    pub(crate) timeout: Duration,
}

impl Default for Judge {
    fn default() -> Self {
        Self { same: false, half: Duration::from_millis(200), timeout: Duration::from_secs(12) }
    }
}

#[async_trait]
impl Score<Square> for Judge {
    async fn task(&self, round: &Round) -> Task<Square> {
        let number = |n: u64| (round.seed.wrapping_add(n)) % 100_000;
        let task = if self.same {
            Task::same(number(0), round.sample.iter().copied())
        } else {
            Task::each(round.sample.iter().zip(0..).map(|(miner, n)| (*miner, number(n))))
        };
        task.with_timeout(self.timeout)
    }

    async fn score(&self, task: &Task<Square>, answers: &[Answer<Square>]) -> Scores {
        let score = |answer: &Answer<Square>| match (task.request(&answer.hotkey), answer.response()) {
            (Some(number), Some((square, elapsed))) if *square == number * number => {
                self.half.as_secs_f64() / (self.half + elapsed).as_secs_f64()
            }
            _ => 0.0,
        };
        answers.iter().map(|answer| (answer.hotkey, score(answer))).collect()
    }
}

/// Pays by the moving average.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Payout {
    pub(crate) power: i32,
}

impl Reward for Payout {
    fn reward(&self, ledger: &Ledger, _: &Metagraph) -> Weights {
        ledger.ema(0.2, 100).into_iter().map(|(hotkey, ema)| (hotkey, ema.powi(self.power.max(1)))).collect()
    }
}

pub(crate) fn lab(miners: impl IntoIterator<Item = Miner<Square>>) -> Lab<Square> {
    Lab::new(Judge::default(), Payout::default())
        .title("squares")
        .miners(miners)
        .validators([Validator::honest(10_000.0).count(3)])
        .epochs(20)
        .seed(7)
}

/// Small and quick, without hidden weights.
pub(crate) fn open_rules() -> Rules {
    Rules { commit_reveal_weights_enabled: false, ..Rules::default() }
}

/// Registrations that cost next to nothing.
pub(crate) fn cheap(rules: &Rules) -> Rules {
    Rules { burn: 500_000, min_burn: 500_000, max_burn: 500_000, ..rules.clone() }
}

pub(crate) fn each(report: &Report, name: &str) -> f64 {
    report.strategy(name).unwrap().earned_per_identity()
}
