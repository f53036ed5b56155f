//! The miner's hook: what it does for one request.

use subnetkit::prelude::*;

use crate::model::MODEL;
use crate::{Beginning, Tale};

/// The most words this miner tells at once.
const LONGEST: usize = 4096;

/// Tells the tale word by word, each sent before the next is thought of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Teller;

#[async_trait]
impl ForwardStream<Tale> for Teller {
    async fn stream(&self, call: Call<Beginning>) -> Result<Chunks<String>, Refusal> {
        let Beginning { mut word, length, seed } = call.request;
        if length > LONGEST {
            return Err(Refusal::invalid(format!("a tale has at most {LONGEST} words")));
        }
        Ok(produce(async move |out| {
            for place in 0..length {
                word = MODEL.next(&word, seed, place).to_owned();
                out.send(word.clone()).await?;
            }
            Ok(())
        }))
    }
}
