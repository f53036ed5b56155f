//! What is asked of every server: a text of a given size in, its length out.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use subnetkit_miner::{Call, Forward, Refusal};
use subnetkit_protocol::{
    Synapse,
    axon_v10::{Field, Kind, SynapseV10},
};

/// The synapse of the benchmarks. The answer is small: what is measured is the way to it.
pub(crate) struct Length;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Text {
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Measure {
    pub(crate) bytes: usize,
}

impl Synapse for Length {
    const NAME: &'static str = "length";
    type Request = Text;
    type Response = Measure;
}

/// The same for callers of Bittensor's SDK 10.
impl SynapseV10 for Length {
    const CLASS: &'static str = "Length";
    const FIELDS: &'static [Field] =
        &[Field::asked("text", Kind::Text), Field::answered("bytes", Kind::Optional(&Kind::Int))];
    const HASHED: &'static [&'static str] = &["text"];
}

/// Answers, after a pause where the benchmark is not about the answer's own time.
#[derive(Debug)]
pub(crate) struct Ruler {
    pub(crate) pause: Duration,
}

#[async_trait]
impl Forward<Length> for Ruler {
    async fn forward(&self, call: Call<Text>) -> Result<Measure, Refusal> {
        if !self.pause.is_zero() {
            tokio::time::sleep(self.pause).await;
        }
        Ok(length(&call.request))
    }
}

pub(crate) fn length(text: &Text) -> Measure {
    Measure { bytes: text.text.len() }
}

/// A request body of exactly `size` bytes.
pub(crate) fn body(size: usize) -> Vec<u8> {
    const FRAME: usize = "{\"text\":\"\"}".len();
    let words = "the quick brown fox jumps over the lazy dog ";
    let text: String = words.chars().cycle().take(size.saturating_sub(FRAME)).collect();
    format!("{{\"text\":\"{text}\"}}").into_bytes()
}
