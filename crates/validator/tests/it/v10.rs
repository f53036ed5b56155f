//! Axons of SDK 10: our own, and servers that misbehave.

use std::collections::{BTreeMap, HashMap};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Response};
use axum::routing::post;
use bytes::Bytes;
use futures::StreamExt;
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use subnetkit_miner::{
    Axon, Call, Chunks, Forward, ForwardStream, MinerConfig, Refusal, Roster, Standing, produce,
};
use subnetkit_protocol::axon_v10::{self, Field, Kind, SynapseV10};
use subnetkit_protocol::{Keypair, Raw, Scheme, Synapse};
use subnetkit_validator::dendrite::{AskError, DendriteSettings, Endpoint, Streamed};
use subnetkit_validator::{Dendrite, Outcome, OutcomeKind};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The class of `tests/python/v10_text.py`.
pub(crate) struct Text;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) n: u64,
    pub(crate) scale: f64,
    pub(crate) tags: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Heard {
    pub(crate) out: Option<String>,
}

impl Synapse for Text {
    const NAME: &'static str = "text";
    type Request = Said;
    type Response = Heard;
}

impl SynapseV10 for Text {
    const CLASS: &'static str = "Text";
    const FIELDS: &'static [Field] = &[
        Field::asked("text", Kind::Text),
        Field::asked("n", Kind::Int).or("3"),
        Field::asked("scale", Kind::Float).or("1.0"),
        Field::asked("tags", Kind::List(&Kind::Text)).or("[]"),
        Field::answered("out", Kind::Optional(&Kind::Text)),
    ];
    const HASHED: &'static [&'static str] = &["text", "n", "scale", "tags"];
}

/// The streaming class of the same file.
pub(crate) struct Words;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Word {
    pub(crate) text: String,
}

impl Synapse for Words {
    const NAME: &'static str = "words";
    type Request = Word;
    type Response = Raw;
}

impl SynapseV10 for Words {
    const CLASS: &'static str = "Words";
    const FIELDS: &'static [Field] =
        &[Field::asked("text", Kind::Text), Field::answered("out", Kind::Optional(&Kind::Text))];
    const HASHED: &'static [&'static str] = &["text"];
}

/// The class of the same file whose values are in one another.
pub(crate) struct Deep;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) label: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Dive {
    pub(crate) point: Point,
    pub(crate) pair: (u32, String),
    pub(crate) table: BTreeMap<String, Vec<f64>>,
    pub(crate) anything: serde_json::Value,
}

impl Synapse for Deep {
    const NAME: &'static str = "deep";
    type Request = Dive;
    type Response = Heard;
}

impl SynapseV10 for Deep {
    const CLASS: &'static str = "Deep";
    const FIELDS: &'static [Field] = &[
        Field::asked(
            "point",
            Kind::Model(&[
                Field::asked("x", Kind::Float).or("0.5"),
                Field::asked("label", Kind::Text).or("\"p\""),
            ]),
        )
        .or("{}"),
        Field::asked("pair", Kind::Tuple(&[Kind::Int, Kind::Text])).or("[0, \"\"]"),
        Field::asked("table", Kind::Dict(&Kind::List(&Kind::Float))).or("{}"),
        Field::asked("anything", Kind::Any).or("null"),
        Field::answered("out", Kind::Optional(&Kind::Text)),
    ];
    const HASHED: &'static [&'static str] = &["anything", "table", "pair", "point"];
}

struct Shouter;

#[async_trait]
impl Forward<Deep> for Shouter {
    async fn forward(&self, call: Call<Dive>) -> Result<Heard, Refusal> {
        let Dive { point, pair, table, .. } = call.request;
        Ok(Heard { out: Some(format!("{} {} {pair:?} {table:?}", point.x, point.label)) })
    }
}

#[async_trait]
impl ForwardStream<Words> for Shouter {
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
                if letter == '.' {
                    std::future::pending::<()>().await;
                }
            }
            Ok(())
        }))
    }
}

#[async_trait]
impl Forward<Text> for Shouter {
    async fn forward(&self, call: Call<Said>) -> Result<Heard, Refusal> {
        let Said { text, n, scale, tags } = call.request;
        match text.as_str() {
            "panic" => panic!("the shouter is hoarse"),
            "tired" => Err(Refusal::busy(Duration::from_secs(7))),
            "forever" => std::future::pending().await,
            "who" => Ok(Heard { out: Some(call.caller.to_string()) }),
            _ => Ok(Heard { out: Some(format!("{} {n} {scale:?} {tags:?}", text.to_uppercase())) }),
        }
    }
}

pub(crate) fn key(name: &str) -> Keypair {
    Keypair::from_uri(&format!("//{name}"), Scheme::Sr25519).unwrap()
}

pub(crate) fn say(text: &str) -> Said {
    Said { text: text.to_owned(), n: 3, scale: 1.0, tags: Vec::new() }
}

/// An axon of `//Bob` that admits `//Alice`. Dropping the guard ends it.
pub(crate) async fn axon() -> (SocketAddr, DropGuard) {
    let config = MinerConfig {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        burst_per_hotkey: 1000,
        ..MinerConfig::default()
    };
    let axon = Axon::new(key("Bob"), config)
        .serve_v10::<Text>(Shouter)
        .serve_v10::<Deep>(Shouter)
        .serve_stream_v10::<Words>(Shouter)
        .bind()
        .await
        .unwrap();
    let alice = Standing { uid: 0, validator_permit: true, stake_rao: 1, owner: false };
    axon.roster().publish(Roster { block: 1, members: HashMap::from([(key("Alice").account(), alice)]) });
    let (address, shutdown) = (axon.local_addr(), CancellationToken::new());
    tokio::spawn(axon.run(shutdown.clone()));
    (address, shutdown.drop_guard())
}

pub(crate) fn dendrite(name: &str) -> Dendrite {
    let settings = DendriteSettings {
        timeout: Duration::from_secs(20),
        max_response_bytes: 2048,
        concurrency_per_host: 256,
        allow_private_addresses: true,
        ..DendriteSettings::default()
    };
    Dendrite::new(key(name), settings)
}

pub(crate) fn bob(address: SocketAddr) -> Endpoint {
    Endpoint::new(key("Bob").account(), address)
}

pub(crate) async fn ask(address: SocketAddr, text: &str) -> Outcome<Heard> {
    dendrite("Alice").ask_v10::<Text>(&bob(address), &say(text), None).await.unwrap().outcome
}

/// A server that answers every request to `/Text` in one way.
async fn server(status: u16, body: &'static str) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = move || async move { Response::builder().status(status).body(Body::from(body)).unwrap() };
    let router = Router::new().route("/Text", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn our_axon_and_our_dendrite_agree_on_every_field() {
    let (address, _axon) = axon().await;
    let request = Said {
        text: "it's \u{200b} \"odd\"\n".into(),
        n: u64::MAX,
        scale: 1e-7,
        tags: vec![String::new(), "b\u{e9}".into()],
    };
    let answer = dendrite("Alice").ask_v10::<Text>(&bob(address), &request, None).await.unwrap();
    let expected = format!("IT'S \u{200b} \"ODD\"\n {} 1e-7 {:?}", u64::MAX, request.tags);
    assert_eq!(answer.response().unwrap().0, &Heard { out: Some(expected) });
    assert!(answer.evidence.is_none(), "nobody signs answers there");
    let Outcome::Answered { response, .. } = ask(address, "who").await else { panic!() };
    assert_eq!(response.out, Some(key("Alice").account().to_string()));
}

#[tokio::test]
async fn many_requests_at_once_are_all_served_whichever_comes_first() {
    let (address, _axon) = axon().await;
    let dendrite = Arc::new(dendrite("Alice"));
    let asks = (0..100).map(|n| (bob(address), say(&n.to_string())));
    let answers: Vec<_> = dendrite.ask_all_v10::<Text>(asks, None).collect().await;
    assert_eq!(answers.len(), 100);
    assert!(answers.into_iter().all(|answer| answer.unwrap().outcome.kind() == OutcomeKind::Answered));
}

#[tokio::test]
async fn refusals_keep_their_status_reason_and_patience() {
    let (address, _axon) = axon().await;
    let refused = |outcome: Outcome<Heard>| match outcome {
        Outcome::Refused { status, message, retry_after } => (status, message, retry_after),
        other => panic!("{other:?}"),
    };
    let (status, message, retry_after) = refused(ask(address, "tired").await);
    assert_eq!((status, retry_after), (503, Some(Duration::from_secs(7))));
    assert!(message.contains("can't take the request"), "{message}");
    assert_eq!(refused(ask(address, "panic").await).0, 500);
    let stranger = dendrite("Eve").ask_v10::<Text>(&bob(address), &say("hi"), None).await.unwrap();
    assert_eq!(refused(stranger.outcome).0, 403);
    let for_another = Endpoint::new(key("Charlie").account(), address);
    let misled = dendrite("Alice").ask_v10::<Text>(&for_another, &say("hi"), None).await.unwrap();
    assert_eq!(refused(misled.outcome).0, 401);
}

#[tokio::test]
async fn what_is_no_answer_is_told_apart() {
    let kind = async |status, body| ask(server(status, body).await, "hi").await.kind();
    assert_eq!(kind(200, r#"{"out": "HI"}"#).await, OutcomeKind::Malformed, "the required field is missing");
    assert_eq!(kind(200, r#"{"text": "hi", "out": "HI"}"#).await, OutcomeKind::Answered);
    for malformed in ["", "HI", "[]", r#"{"text": "hi", "out": 7}"#, r#"{"text": "hi", "text": "ho"}"#] {
        assert_eq!(kind(200, malformed).await, OutcomeKind::Malformed, "{malformed}");
    }
    assert_eq!(kind(418, r#"{"text": "hi"}"#).await, OutcomeKind::Refused);
    let long = Box::leak(format!(r#"{{"text": "{}"}}"#, "x".repeat(3_000)).into_boxed_str());
    assert_eq!(kind(200, long).await, OutcomeKind::TooLarge);

    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    assert_eq!(ask(address, "hi").await.kind(), OutcomeKind::Unreachable);
    assert_eq!(ask(([169, 254, 169, 254], 80).into(), "hi").await.kind(), OutcomeKind::NotServing);

    let (address, _axon) = axon().await;
    let impatient = Some(Duration::from_millis(50));
    let late = dendrite("Alice").ask_v10::<Text>(&bob(address), &say("forever"), impatient).await.unwrap();
    assert!(matches!(late.outcome.kind(), OutcomeKind::TimedOut | OutcomeKind::Refused));
}

#[tokio::test]
async fn only_sr25519_hotkeys_ask() {
    let ed25519 = Keypair::from_uri("//Alice", Scheme::Ed25519).unwrap();
    let dendrite = Dendrite::new(
        ed25519,
        DendriteSettings { allow_private_addresses: true, ..DendriteSettings::default() },
    );
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
    let error = dendrite.ask_v10::<Text>(&bob(address), &say("hi"), None).await.unwrap_err();
    assert!(matches!(error, AskError::SignV10 { source: axon_v10::SignError::Scheme, .. }));
}

/// A server of SDK 10 refuses a nonce that is not greater than the last one under its UUID, in the order of arrival.
#[tokio::test]
async fn requests_under_one_uuid_arrive_in_the_order_of_their_nonces() {
    let seen: Arc<Mutex<HashMap<String, Vec<u64>>>> = Arc::default();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let log = Arc::clone(&seen);
    let answer = move |headers: HeaderMap| {
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        let nonce = header(axon_v10::NONCE).parse().unwrap();
        log.lock().unwrap().entry(header(axon_v10::UUID)).or_default().push(nonce);
        async { r#"{"text": "hi", "out": null}"# }
    };
    let router = Router::new().route("/Text", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let dendrite = dendrite("Alice");
    for _ in 0..5 {
        let (endpoint, request) = (bob(address), say("hi"));
        let asks = (0..20).map(|_| dendrite.ask_v10::<Text>(&endpoint, &request, None));
        let answered = |answer: &Result<subnetkit_validator::Answer<Text>, AskError>| {
            answer.as_ref().unwrap().outcome.kind() == OutcomeKind::Answered
        };
        assert!(join_all(asks).await.iter().all(answered));
    }
    let seen = seen.lock().unwrap();
    assert!(seen.len() <= 20, "{} names for 20 requests at once", seen.len());
    assert_eq!(seen.values().map(Vec::len).sum::<usize>(), 100);
    assert!(seen.values().all(|nonces| nonces.is_sorted_by(|one, next| one < next)));
}

/// What came of a stream, and how it ended.
pub(crate) async fn listen(address: SocketAddr, text: &str, timeout: Duration) -> (String, Outcome<u64>) {
    let word = Word { text: text.to_owned() };
    let mut events =
        Box::pin(Arc::new(dendrite("Alice")).ask_stream_v10::<Words>(bob(address), word, Some(timeout)));
    let mut heard = String::new();
    while let Some(event) = events.next().await {
        match event.unwrap() {
            Streamed::Chunk(bytes) => heard.push_str(std::str::from_utf8(&bytes).unwrap()),
            Streamed::Ended(end) => {
                assert!(events.next().await.is_none(), "the end is the last event");
                return (heard, end.outcome);
            }
        }
    }
    panic!("the stream has no end");
}

#[tokio::test]
async fn streams_arrive_as_they_are_sent_and_their_breaches_are_seen() {
    let (address, _axon) = axon().await;
    let patient = Duration::from_secs(20);
    let (heard, end) = listen(address, "hi you", patient).await;
    assert_eq!(heard, "HI YOU");
    assert!(matches!(end, Outcome::Answered { response, .. } if response > 0), "{end:?}");

    let (heard, end) = listen(address, "oh!", patient).await;
    assert!("OH!".starts_with(&heard));
    assert_eq!(end.kind(), OutcomeKind::Unreachable);

    let (heard, end) = listen(address, "senseless", patient).await;
    assert!(heard.is_empty());
    assert!(matches!(end, Outcome::Refused { status: 422, .. }), "{end:?}");

    let (heard, end) = listen(address, "so.", Duration::from_millis(300)).await;
    assert!("SO.".starts_with(&heard));
    // Whichever of the two clocks is first: the miner breaks off, or the caller goes.
    assert!(
        matches!(end.kind(), OutcomeKind::TimedOut | OutcomeKind::Unreachable | OutcomeKind::Refused),
        "{end:?}"
    );

    let (heard, end) = listen(address, &"x".repeat(3_000), patient).await;
    assert!(heard.len() <= 2048);
    assert_eq!(end, Outcome::TooLarge { limit_bytes: 2048 });
}
