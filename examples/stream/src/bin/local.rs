//! The whole subnet on this machine: a chain, validators, and miners, of which one is slow and one is wrong.

use std::process::ExitCode;
use std::time::Duration;

use subnet::forward::Teller;
use subnet::model::MODEL;
use subnet::reward::Payout;
use subnet::score::Judge;
use subnet::{Beginning, Tale};

use subnetkit::local::Local;
use subnetkit::prelude::*;
use subnetkit::tokio::time::sleep;

fn main() -> ExitCode {
    Local::<Tale>::streaming(Judge, Payout::default(), Teller).slow_stream(Slow).wrong_stream(Wrong).main()
}

/// Right, but slower than anybody reads.
struct Slow;

#[async_trait]
impl ForwardStream<Tale> for Slow {
    async fn stream(&self, call: Call<Beginning>) -> Result<Chunks<String>, Refusal> {
        let Beginning { mut word, length, seed } = call.request;
        Ok(produce(async move |out| {
            for place in 0..length {
                sleep(Duration::from_millis(25)).await;
                word = MODEL.next(&word, seed, place).to_owned();
                out.send(word.clone()).await?;
            }
            Ok(())
        }))
    }
}

/// Begins well, and goes on with any words: it hopes that nobody reads that far.
struct Wrong;

#[async_trait]
impl ForwardStream<Tale> for Wrong {
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
