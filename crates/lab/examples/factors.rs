//! A whole subnet in the laboratory: miners find the two prime factors of a number, validators pay for right answers and
//! for speed. `cargo run --release -p subnetkit-lab --example factors` prints who earns what and writes `lab.html`.

use std::process::ExitCode;
use std::time::Duration;

use async_trait::async_trait;
use rand::{Rng, SeedableRng, rngs::StdRng};
use subnetkit_chain::Metagraph;
use subnetkit_lab::{Lab, Miner, Rules, Validator};
use subnetkit_miner::{Call, Forward, Refusal};
use subnetkit_protocol::Synapse;
use subnetkit_validator::{Answer, Ledger, Reward, Round, Score, Scores, Task, Weights};

/// A number in, its smaller prime factor out.
struct Factors;

impl Synapse for Factors {
    const NAME: &'static str = "factors";
    type Request = u64;
    type Response = u64;
}

struct Solver;

#[async_trait]
impl Forward<Factors> for Solver {
    async fn forward(&self, call: Call<u64>) -> Result<u64, Refusal> {
        let factors = (2..).take_while(|factor| factor * factor <= call.request);
        Ok(factors.into_iter().find(|factor| call.request.is_multiple_of(*factor)).unwrap_or(1))
    }
}

/// Answers at once, and anything.
struct Guesser;

#[async_trait]
impl Forward<Factors> for Guesser {
    async fn forward(&self, call: Call<u64>) -> Result<u64, Refusal> {
        Ok(call.request / 2)
    }
}

const PRIMES: [u64; 12] = [101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157];

/// Asks everybody the same, so that answers can be copied; what comes late is worth less.
#[derive(Clone)]
struct Judge;

#[async_trait]
impl Score<Factors> for Judge {
    async fn task(&self, round: &Round) -> Task<Factors> {
        let mut rng = StdRng::seed_from_u64(round.seed);
        let mut prime = || PRIMES[rng.random_range(0..PRIMES.len())];
        Task::same(prime() * prime(), round.sample.iter().copied())
    }

    async fn score(&self, task: &Task<Factors>, answers: &[Answer<Factors>]) -> Scores {
        let score = |answer: &Answer<Factors>| match (task.request(&answer.hotkey), answer.response()) {
            (Some(number), Some((factor, elapsed)))
                if *factor > 1 && *factor < *number && number % factor == 0 =>
            {
                1.0 / (1.0 + elapsed.as_secs_f64() / 0.5)
            }
            _ => 0.0,
        };
        answers.iter().map(|answer| (answer.hotkey, score(answer))).collect()
    }
}

/// Pays by a power of the moving average of scores.
#[derive(Clone)]
struct Payout {
    power: f64,
}

impl Reward for Payout {
    fn reward(&self, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        let averages = ledger.ema(0.2, 20);
        let miners = subnet.neurons.iter().filter(|neuron| neuron.axon.is_some());
        miners
            .filter_map(|neuron| Some((neuron.hotkey, averages.get(&neuron.hotkey)?.powf(self.power))))
            .collect()
    }
}

fn main() -> ExitCode {
    Lab::new(Judge, Payout { power: 2.0 })
        .title("factors")
        .miners([
            Miner::honest(Solver).work(Duration::from_millis(120)).cost(0.05).count(6),
            Miner::slow(Solver, Duration::from_millis(400)).cost(0.02).count(2),
            Miner::lazy(Solver, 0.4).work(Duration::from_millis(120)).cost(0.05).count(2),
            Miner::wrong(Guesser).rejoins(true),
            Miner::copycat("honest").count(2),
            Miner::sybil(Solver, 4).work(Duration::from_millis(120)).cost(0.05),
            Miner::intermittent(Solver, 20, 5).work(Duration::from_millis(120)).cost(0.05),
            Miner::late(Solver, 60).work(Duration::from_millis(120)).cost(0.05),
            Miner::briber(Guesser, 0.5),
        ])
        .validators([
            Validator::honest(10_000.0).count(3),
            Validator::weight_copying(5_000.0),
            Validator::lazy(4_000.0),
            Validator::colluding(6_000.0, "briber"),
        ])
        .rules(Rules { immunity_period: 3_600, ..Rules::default() })
        .epochs(200)
        .seed(7)
        .what_if("power of the score", "", [1.0, 2.0, 4.0], |lab, power| lab.reward(Payout { power }))
        .main()
}
