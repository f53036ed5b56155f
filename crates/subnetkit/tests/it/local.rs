//! Whole subnets on this machine whose miners answer in pieces, and whose scores come later.

use std::time::Duration;

use clap::Parser;
use subnetkit::local::{Local, LocalFlags};
use subnetkit::prelude::*;
use subnetkit_miner::Chunks;
use tokio_util::sync::CancellationToken;

/// Numbers counted up to the one asked for.
struct Count;

impl Synapse for Count {
    const NAME: &'static str = "count";
    type Request = u32;
    type Response = u32;
}

/// Counts from a number, with a pause before each.
#[derive(Clone, Copy)]
struct Counter {
    from: u32,
    pause: Duration,
}

const RIGHT: Counter = Counter { from: 1, pause: Duration::ZERO };
const SLOW: Counter = Counter { pause: Duration::from_millis(20), ..RIGHT };
const WRONG: Counter = Counter { from: 2, ..RIGHT };

#[async_trait]
impl ForwardStream<Count> for Counter {
    async fn stream(&self, call: Call<u32>) -> Result<Chunks<u32>, Refusal> {
        let Self { from, pause } = *self;
        Ok(produce(async move |out| {
            for number in from..from + call.request {
                tokio::time::sleep(pause).await;
                out.send(number).await?;
            }
            Ok(())
        }))
    }
}

#[async_trait]
impl Forward<Count> for Counter {
    async fn forward(&self, call: Call<u32>) -> Result<u32, Refusal> {
        Ok(call.request + self.from)
    }
}

/// Asks for three numbers, one by one, and wants them soon.
#[derive(Clone, Copy)]
struct Listener;

#[async_trait]
impl Score<Count> for Listener {
    async fn task(&self, round: &Round) -> Task<Count> {
        Task::same(3, round.sample.iter().copied()).streamed()
    }

    async fn score(&self, _: &Task<Count>, answers: &[Answer<Count>]) -> Scores {
        let worth = |answer: &Answer<Count>| {
            let pieces = answer.pieces()?;
            let right = pieces.iter().map(|piece| piece.value).eq(1..=3);
            right.then(|| 1.0 / (1.0 + pieces.last().map_or(0.0, |last| last.at.as_secs_f64())))
        };
        answers.iter().map(|answer| (answer.hotkey, worth(answer).unwrap_or_default())).collect()
    }
}

/// Asks for the number after the round's, and knows it in the next round only.
#[derive(Clone, Copy)]
struct Prophet;

#[async_trait]
impl Score<Count> for Prophet {
    async fn task(&self, round: &Round) -> Task<Count> {
        Task::same(round.id as u32, round.sample.iter().copied())
    }

    async fn score(&self, _: &Task<Count>, _: &[Answer<Count>]) -> Scores {
        Scores::later()
    }

    async fn settle(&self, now: &Round, task: &Task<Count>, answers: &[Answer<Count>]) -> Scores {
        let worth = |answer: &Answer<Count>| {
            let (said, _) = answer.response()?;
            let asked = task.request(&answer.hotkey)?;
            Some(f64::from(u8::from(*said == asked + 1 && now.id > u64::from(*asked))))
        };
        answers.iter().map(|answer| (answer.hotkey, worth(answer).unwrap_or_default())).collect()
    }
}

/// The run succeeds only if in its last epoch all weights are on chain, the honest miners earned and the wrong one did not.
async fn is_fair(local: Local<Count>) {
    let flags = ["local", "--epochs", "3", "--port", "0", "--miners", "3", "--validators", "1"];
    let flags = LocalFlags::parse_from(flags.into_iter().chain(["--json", "--block-time", "150ms"]));
    local.run(&flags, CancellationToken::new()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subnet_of_streams_pays_who_speaks_rightly() {
    let reward = subnetkit_validator::Ema::new(0.5);
    is_fair(Local::streaming(Listener, reward, RIGHT).slow_stream(SLOW).wrong_stream(WRONG)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subnet_whose_scores_come_later_pays_who_was_right() {
    is_fair(Local::new(Prophet, subnetkit_validator::Ema::new(0.5), RIGHT).wrong(WRONG)).await;
}
