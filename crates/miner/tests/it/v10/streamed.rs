//! Streaming synapses: the head of an answer, and then whatever the handler sends.

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use subnetkit_miner::{Call, Chunks, ForwardStream, Refusal, produce};
use subnetkit_protocol::{
    Raw, Synapse,
    axon_v10::{self, Field, Kind, Model, Signed, SynapseV10, Unsigned},
    btauth::NonceClock,
};

use super::{Shouter, refusal};
use crate::support::{Running, config, key, start_with};

struct Letters;

#[derive(Clone, Serialize, Deserialize)]
struct Word {
    text: String,
}

impl Synapse for Letters {
    const NAME: &'static str = "letters-11";
    type Request = Word;
    type Response = Raw;
}

impl SynapseV10 for Letters {
    const CLASS: &'static str = "Letters";
    const FIELDS: &'static [Field] =
        &[Field::asked("text", Kind::Text), Field::answered("out", Kind::Optional(&Kind::Text))];
    const HASHED: &'static [&'static str] = &["text"];
}

#[async_trait]
impl ForwardStream<Letters> for Shouter {
    async fn stream(&self, call: Call<Word>) -> Result<Chunks<Raw>, Refusal> {
        let text = call.request.text;
        if text == "senseless" {
            return Err(Refusal::invalid("that has no letters"));
        }
        Ok(produce(async move |out| {
            for letter in text.to_uppercase().chars() {
                out.send(Raw(Bytes::from(letter.to_string()))).await?;
                if letter == '!' {
                    return Err(Refusal::internal("the shouter is hoarse"));
                }
            }
            Ok(())
        }))
    }
}

async fn axon() -> Running {
    start_with(config(), |axon| axon.serve_stream_v10::<Letters>(Shouter)).await
}

async fn ask(axon: &Running, text: &str) -> reqwest::Response {
    let model = Model::<Letters>::asking(&Word { text: text.into() }).unwrap();
    let request = Unsigned {
        timeout: std::time::Duration::from_secs(12),
        axon: axon.address,
        receiver: &axon.own,
        external_ip: None,
        uuid: "letters",
        nonce: NonceClock::new().next(),
    };
    let Signed { headers, body } = axon_v10::sign(&key("Alice"), &request, &model).unwrap();
    let post = axon.client.post(axon.url("/Letters"));
    let post = headers.into_iter().fold(post, |post, (name, value)| post.header(name, value));
    post.body(body).send().await.unwrap()
}

#[tokio::test]
async fn bytes_are_sent_as_they_are_behind_the_head_of_an_answer() {
    let axon = axon().await;
    let response = ask(&axon, "word").await;
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    assert_eq!(headers["content-type"], "text/event-stream");
    assert_eq!(headers["transfer-encoding"], "chunked");
    assert_eq!(headers[axon_v10::STATUS_CODE], "200");
    assert_eq!(headers["name"], "Letters");
    assert_eq!(response.bytes().await.unwrap(), "WORD");
}

#[tokio::test]
async fn what_fails_before_the_first_bytes_is_refused_and_what_fails_later_breaks_off() {
    let axon = axon().await;
    refusal(ask(&axon, "senseless").await, 422, "that has no letters").await;
    let response = ask(&axon, "oh!").await;
    assert_eq!(response.status(), 200);
    response.bytes().await.unwrap_err();
}
