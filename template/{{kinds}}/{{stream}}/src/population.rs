//! Who is in the laboratory: miners that tell tales, miners that pretend to, and validators.

use std::time::Duration;

use subnetkit::lab::{Lab, Miner, Validator};
use subnetkit::prelude::*;
use subnetkit::tokio::time::sleep;

use crate::model::MODEL;
use crate::reward::Payout;
use crate::score::{Judge, PACE};
use crate::{Beginning, Tale};

/// How long a machine of today thinks about a word, in the laboratory: it keeps up with a reader.
const THOUGHT: Duration = Duration::from_millis(8);

/// The laboratory of this subnet. `cargo run --bin lab` plays it, and `tests/incentive.rs` holds it to its claims.
pub fn lab() -> Lab<Tale> {
    let honest = Thinker { thought: THOUGHT, ..Thinker::default() };
    Lab::new(Judge, Payout::default())
        .title("{{project-name}}")
        .miners([
            Miner::streaming("honest", honest).count(6),
            Miner::streaming("slow", Thinker { thought: PACE * 5 / 2, ..honest }),
            Miner::streaming("hoarder", Thinker { hoards: true, ..honest }).cheats(),
            Miner::streaming("quitter", Thinker { share: 0.3, ..honest }).cheats(),
            Miner::streaming("bait", Bait).cheats(),
            Miner::copycat("honest"),
            Miner::streaming("sybil", honest).identities(4),
        ])
        .validators([Validator::honest(10_000.0).count(3), Validator::weight_copying(5_000.0)])
        .epochs(100)
}

/// Tells the right tale, and takes its time for each word.
#[derive(Debug, Clone, Copy)]
pub struct Thinker {
    /// The time for a word.
    pub thought: Duration,
    /// Keeps all words until the last is there.
    pub hoards: bool,
    /// The share of the tale it tells, 0 to 1.
    pub share: f64,
}

impl Default for Thinker {
    fn default() -> Self {
        Self { thought: Duration::ZERO, hoards: false, share: 1.0 }
    }
}

#[async_trait]
impl ForwardStream<Tale> for Thinker {
    async fn stream(&self, call: Call<Beginning>) -> Result<Chunks<String>, Refusal> {
        let Self { thought, hoards, share } = *self;
        let Beginning { mut word, length, seed } = call.request;
        let length = (length as f64 * share) as usize;
        Ok(produce(async move |out| {
            if hoards {
                sleep(thought * length as u32).await;
            }
            for place in 0..length {
                if !hoards {
                    sleep(thought).await;
                }
                word = MODEL.next(&word, seed, place).to_owned();
                out.send(word.clone()).await?;
            }
            Ok(())
        }))
    }
}

/// The first word is right, and there at once; then come any words, for which nobody has to think.
#[derive(Debug, Clone, Copy)]
pub struct Bait;

#[async_trait]
impl ForwardStream<Tale> for Bait {
    async fn stream(&self, call: Call<Beginning>) -> Result<Chunks<String>, Refusal> {
        let Beginning { word, length, seed } = call.request;
        Ok(produce(async move |out| {
            out.send(MODEL.next(&word, seed, 0).to_owned()).await?;
            for place in 1..length {
                out.send(MODEL.word(place as u64).to_owned()).await?;
            }
            Ok(())
        }))
    }
}
