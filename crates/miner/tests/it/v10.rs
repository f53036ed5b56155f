//! Callers of SDK 10: the recorded exchanges of 10.5.0, and what that SDK leaves unchecked.

mod recorded;
mod streamed;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Response;
use serde::{Deserialize, Serialize};
use subnetkit_miner::{Axon, BindError, Call, Forward, MinerConfig, Refusal};
use subnetkit_protocol::{
    Hotkey, Synapse,
    axon_v10::{self, Field, Kind, Model, Signed, SynapseV10, Unsigned, Value},
    btauth::{self, NonceClock},
};

use crate::support::{Running, ask, config, key, retry_after, start, start_with};

/// The class of the recordings.
pub(crate) struct Text;

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    text: String,
    n: i64,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Heard {
    out: Option<String>,
}

impl Synapse for Text {
    const NAME: &'static str = "text-11";
    type Request = Said;
    type Response = Heard;
}

impl SynapseV10 for Text {
    const CLASS: &'static str = "Text";
    const FIELDS: &'static [Field] = &[
        Field::asked("text", Kind::Text),
        Field::asked("n", Kind::Int).or("3"),
        Field::answered("out", Kind::Optional(&Kind::Text)),
    ];
    const HASHED: &'static [&'static str] = &["text", "n"];
}

/// Shouts. Some words make it misbehave.
pub(crate) struct Shouter;

#[async_trait]
impl Forward<Text> for Shouter {
    async fn forward(&self, call: Call<Said>) -> Result<Heard, Refusal> {
        match call.request.text.as_str() {
            "who" => Ok(Heard { out: Some(format!("{} {:?}", call.caller, call.standing.map(|s| s.uid))) }),
            "panic" => panic!("the shouter is hoarse"),
            "fail" => Err("0x2g".parse::<u64>().unwrap_err().into()),
            "tired" => Err(Refusal::busy(Duration::from_millis(2500))),
            "senseless" => Err(Refusal::invalid("that can't be shouted")),
            "forever" => std::future::pending().await,
            word => Ok(Heard { out: Some(word.to_uppercase()) }),
        }
    }
}

pub(crate) async fn axon(config: MinerConfig) -> Running {
    start_with(config, |axon| axon.serve_v10::<Text>(Shouter)).await
}

pub(crate) fn signed_at(axon: &Running, signer: &str, text: &str, nonce: u64, timeout: Duration) -> Signed {
    let model = Model::<Text>::asking(&Said { text: text.into(), n: 4 }).unwrap();
    let request = Unsigned {
        timeout,
        axon: axon.address,
        receiver: &axon.own,
        external_ip: None,
        uuid: "4fd1cad5-64bd-155f-8345-426f65f9ecc3",
        nonce,
    };
    axon_v10::sign(&key(signer), &request, &model).unwrap()
}

fn signed(axon: &Running, signer: &str, text: &str) -> Signed {
    signed_at(axon, signer, text, NonceClock::new().next(), Duration::from_secs(12))
}

pub(crate) async fn post(axon: &Running, request: &Signed) -> Response {
    let post = axon.client.post(axon.url("/Text")).header("content-type", "application/json");
    let post = request.headers.iter().fold(post, |post, (name, value)| post.header(name, value));
    post.body(request.body.clone()).send().await.unwrap()
}

async fn say(axon: &Running, signer: &str, text: &str) -> Response {
    post(axon, &signed(axon, signer, text)).await
}

/// Checks a refusal: status, in the headers too, and the sentence as the whole body, without anything that was signed.
async fn refusal(response: Response, status: u16, message: &str) {
    let headers = response.headers().clone();
    let got = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    let text = String::from_utf8_lossy(&body);
    assert_eq!(got, status, "{text}");
    assert_eq!(headers[axon_v10::STATUS_CODE], status.to_string().as_str());
    let Value::Dict(entries) = Value::parse(&body).unwrap() else { panic!("{text}") };
    let [(name, Value::Text(sentence))] = entries.as_slice() else { panic!("{text}") };
    assert_eq!(name, "message");
    assert!(sentence.contains(message), "{sentence}");
    assert!(!sentence.contains(".5G") && !sentence.contains("0x"), "{sentence}");
    assert!(!headers.contains_key("bt_header_axon_signature"));
}

async fn heard(response: Response) -> String {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()[axon_v10::STATUS_MESSAGE], "Success");
    let (model, _) = Model::<Text>::read(&response.bytes().await.unwrap()).unwrap();
    model.response().unwrap().out.unwrap()
}

#[tokio::test]
async fn the_handler_sees_who_signed_and_not_who_the_body_names() {
    let axon = axon(config()).await;
    let mut request = signed(&axon, "Alice", "who");
    let body = String::from_utf8(request.body).unwrap();
    let (alice, bob) = (key("Alice").account(), key("Bob").account());
    let other = body.replace(&alice.to_ss58(), &bob.to_ss58());
    assert_ne!(other, body);
    request.body = other.into_bytes();
    assert_eq!(heard(post(&axon, &request).await).await, format!("{alice} Some(0)"));
}

#[tokio::test]
async fn a_request_is_served_once_whatever_else_is_changed_on_its_copy() {
    let axon = axon(config()).await;
    let request = signed(&axon, "Alice", "hi");
    let mut tampered = request.clone();
    tampered.body = String::from_utf8(tampered.body).unwrap().replace("\"hi\"", "\"ho\"").into_bytes();
    refusal(post(&axon, &tampered).await, 401, "not those that were signed").await;
    let mut broken = request.clone();
    broken.body.pop();
    refusal(post(&axon, &broken).await, 422, "not JSON").await;
    assert_eq!(heard(post(&axon, &request).await).await, "HI", "no forgery uses up the nonce");
    refusal(post(&axon, &request).await, 401, "accepted from this sender before").await;
    refusal(post(&axon, &tampered).await, 401, "accepted from this sender before").await;

    let mut other_client = signed(&axon, "Alice", "hi");
    let nonce = request.headers.iter().find(|(name, _)| name == axon_v10::NONCE).unwrap().1.parse().unwrap();
    let unsigned = Unsigned {
        timeout: Duration::from_secs(12),
        axon: axon.address,
        receiver: &axon.own,
        external_ip: None,
        uuid: "another-client",
        nonce,
    };
    let model = Model::<Text>::asking(&Said { text: "hi".into(), n: 4 }).unwrap();
    other_client.headers = axon_v10::sign(&key("Alice"), &unsigned, &model).unwrap().headers;
    refusal(post(&axon, &other_client).await, 401, "accepted from this sender before").await;
}

#[tokio::test]
async fn of_many_copies_at_once_one_is_served() {
    let axon = axon(config()).await;
    let request = signed(&axon, "Alice", "hi");
    let copies = (0..20).map(|_| post(&axon, &request));
    let statuses: Vec<u16> =
        futures::future::join_all(copies).await.iter().map(|r| r.status().as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 19, "{statuses:?}");
}

#[tokio::test]
async fn requests_that_overtake_each_other_are_all_served() {
    let axon = axon(config()).await;
    let (first, second) = (signed(&axon, "Alice", "first"), signed(&axon, "Alice", "second"));
    assert_eq!(heard(post(&axon, &second).await).await, "SECOND");
    assert_eq!(heard(post(&axon, &first).await).await, "FIRST");
}

#[tokio::test]
async fn the_two_protocols_do_not_use_up_each_others_nonces() {
    let axon = axon(config()).await;
    let nonce = NonceClock::new().next();
    let request = signed_at(&axon, "Alice", "hi", nonce, Duration::from_secs(12));
    assert_eq!(heard(post(&axon, &request).await).await, "HI");
    let body = ask("hi");
    let headers = axon.headers_at(&key("Alice"), "/echo", &body, nonce);
    assert_eq!(axon.post("/echo", headers, body).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn neither_protocol_opens_the_routes_of_the_other() {
    let axon = axon(config()).await;
    let body = ask("hi");
    let headers = axon.headers(&key("Alice"), "/Text", &body);
    refusal(axon.post("/Text", headers, body).send().await.unwrap(), 401, "bt_header_dendrite_hotkey").await;
    let request = signed(&axon, "Alice", "hi");
    let headers = request.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
    let post =
        headers.fold(axon.client.post(axon.url("/echo")), |post, (name, value)| post.header(name, value));
    assert_eq!(post.body(request.body).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn no_timeout_of_the_caller_opens_the_window_or_locks_anybody_out() {
    let axon = axon(MinerConfig { accept_signed_before_start: true, ..config() }).await;
    let now = || NonceClock::new().next();
    let at = |nonce, timeout| signed_at(&axon, "Alice", "hi", nonce, Duration::from_secs(timeout));
    let old = at(now() - 11_000_000_000, 100_000);
    refusal(post(&axon, &old).await, 401, "more than 10s old").await;
    let future = at(now() + 3_600_000_000_000, 12);
    refusal(post(&axon, &future).await, 401, "in the future").await;
    assert_eq!(heard(post(&axon, &at(now() - 5_000_000_000, 12)).await).await, "HI");
    refusal(post(&axon, &at(now() - 5_000_000_000, 0)).await, 401, "4s old or older").await;
    assert_eq!(heard(post(&axon, &at(now(), 0)).await).await, "HI", "zero is no deadline");
}

#[tokio::test]
async fn strangers_are_told_so_before_their_body_is_read() {
    let axon = axon(config()).await;
    let mut stranger = signed(&axon, "Eve", "hi");
    stranger.body = b"[".to_vec();
    refusal(post(&axon, &stranger).await, 403, "Forbidden. Key is blacklisted: ").await;
    let big = Signed { body: vec![b' '; 2 << 20], ..signed(&axon, "Alice", "hi") };
    refusal(post(&axon, &big).await, 413, "larger than 1048576 bytes").await;
}

#[tokio::test]
async fn what_a_handler_does_wrong_has_the_status_it_has_everywhere() {
    let axon = axon(config()).await;
    for (text, status, message) in [
        ("panic", 500, "this miner failed to answer"),
        ("fail", 500, "this miner failed to answer"),
        ("senseless", 422, "that can't be shouted"),
        ("tired", 503, "can't take the request now"),
    ] {
        let response = say(&axon, "Alice", text).await;
        if status == 503 {
            assert_eq!(retry_after(&response), 3);
        }
        refusal(response, status, message).await;
    }
    let impatient = signed_at(&axon, "Alice", "forever", NonceClock::new().next(), Duration::from_millis(50));
    refusal(post(&axon, &impatient).await, 504, "deadline").await;
    let (_, metrics) = axon.get("/metrics").await;
    assert!(metrics.contains(r#"synapse="Text",outcome="panicked"} 1"#), "{metrics}");
}

#[tokio::test]
async fn rates_are_counted_across_both_protocols() {
    let limited = MinerConfig { rate_per_hotkey: 0.001, burst_per_hotkey: 2, ..config() };
    let axon = axon(limited).await;
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
    assert_eq!(heard(say(&axon, "Alice", "hi").await).await, "HI");
    let response = say(&axon, "Alice", "hi").await;
    assert!(retry_after(&response) > 1);
    refusal(response, 429, "faster than this miner allows").await;
    assert_eq!(heard(say(&axon, "Bob", "hi").await).await, "HI");
}

#[tokio::test]
async fn without_a_class_there_is_no_route_of_sdk_10() {
    let axon = start(config()).await;
    let response = axon.client.post(axon.url("/Synapse")).body("{}").send().await.unwrap();
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn a_class_and_a_synapse_can_not_share_a_path() {
    struct Clash;
    impl Synapse for Clash {
        const NAME: &'static str = "Text";
        type Request = Said;
        type Response = Heard;
    }
    #[async_trait]
    impl Forward<Clash> for Shouter {
        async fn forward(&self, _: Call<Said>) -> Result<Heard, Refusal> {
            Ok(Heard { out: None })
        }
    }
    let axon = Axon::new(key("Miner"), config()).serve::<Clash>(Shouter).serve_v10::<Text>(Shouter);
    assert!(matches!(axon.bind().await.unwrap_err(), BindError::NameTaken("Text")));
}

/// Addresses as they stand in the recordings: Bob is the axon's.
fn hotkey(name: &str) -> Hotkey {
    key(name).account()
}

/// So that the recordings' instants become those of this run.
fn shifted(recorded_nonce: i128, recorded_now: i128) -> u64 {
    u64::try_from(i128::try_from(btauth::now_ns()).unwrap() + recorded_nonce - recorded_now).unwrap()
}
