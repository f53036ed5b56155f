//! Requests over real sockets: to a real axon, and to servers that misbehave.

mod axons;
mod bounds;
mod signed;
mod stream;
mod tls;

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Response, StatusCode};
use axum::routing::post;
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use subnetkit_miner::{Axon, BoundAxon, Call, Forward, MinerConfig, Refusal, Roster, Standing};
use subnetkit_protocol::{Hotkey, Keypair, Scheme, Synapse};
use subnetkit_validator::dendrite::{DendriteSettings, EncodedRequest, Endpoint};
use subnetkit_validator::{Answer, Dendrite, Outcome, OutcomeKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

struct Double;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Number {
    n: u64,
}

impl Synapse for Double {
    const NAME: &'static str = "double";
    type Request = Number;
    type Response = Number;
}

const TIMEOUT: Duration = Duration::from_secs(20);

fn settings() -> DendriteSettings {
    DendriteSettings {
        timeout: TIMEOUT,
        attempts: 3,
        max_response_bytes: 1024,
        allow_private_addresses: true,
        require_signed_responses: false,
        ..DendriteSettings::default()
    }
}

/// Derived once: without optimisation it takes long enough for a signature made before to become stale.
fn key(name: &str) -> Keypair {
    static KEYS: LazyLock<Mutex<HashMap<String, Keypair>>> = LazyLock::new(Mutex::default);
    let derive = || Keypair::from_uri(&format!("//{name}"), Scheme::Sr25519).unwrap();
    KEYS.lock().unwrap().entry(name.to_owned()).or_insert_with(derive).clone()
}

fn dendrite() -> Dendrite {
    Dendrite::new(key("Alice"), settings())
}

fn request(n: u64) -> EncodedRequest {
    EncodedRequest::new::<Double>(&Number { n }).unwrap()
}

/// Where `//Bob` is thought to be.
fn bob(axon: SocketAddr) -> Endpoint {
    Endpoint::new(key("Bob").account(), axon)
}

async fn ask(axon: SocketAddr) -> Outcome<Number> {
    dendrite().ask::<Double>(&bob(axon), &request(21), None).await.unwrap().outcome
}

struct Doubler;

#[async_trait]
impl Forward<Double> for Doubler {
    async fn forward(&self, call: Call<Number>) -> Result<Number, Refusal> {
        match call.request.n {
            0 => Err(Refusal::busy(Duration::from_secs(7))),
            n => Ok(Number { n: 2 * n }),
        }
    }
}

/// A real axon of `//Bob` that admits `//Alice`. Dropping the guard ends it.
async fn axon() -> (SocketAddr, DropGuard) {
    axon_with(MinerConfig::default(), |axon| axon.serve::<Double>(Doubler)).await
}

async fn axon_with(config: MinerConfig, serve: impl FnOnce(Axon) -> Axon) -> (SocketAddr, DropGuard) {
    axon_bound(config, serve, |_| {}).await
}

async fn axon_bound(
    config: MinerConfig,
    serve: impl FnOnce(Axon) -> Axon,
    look: impl FnOnce(&BoundAxon),
) -> (SocketAddr, DropGuard) {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = MinerConfig { listen, burst_per_hotkey: 1000, ..config };
    let axon = serve(Axon::new(key("Bob"), config)).bind().await.unwrap();
    let alice = Standing { uid: 0, validator_permit: true, stake_rao: 1, owner: false };
    axon.roster().publish(Roster { block: 1, members: HashMap::from([(key("Alice").account(), alice)]) });
    look(&axon);
    let (address, shutdown) = (axon.local_addr(), CancellationToken::new());
    tokio::spawn(axon.run(shutdown.clone()));
    (address, shutdown.drop_guard())
}

/// A server that answers every request to `/double` in one way.
async fn server<F>(answer: F) -> SocketAddr
where
    F: Fn() -> Response<Body> + Clone + Send + Sync + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/double", post(move |_: Bytes| async move { answer() }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn ok(body: impl Into<Body>) -> Response<Body> {
    Response::new(body.into())
}

#[tokio::test]
async fn a_real_axon_answers_each_of_many_requests_at_once() {
    let (address, _axon) = axon().await;
    let dendrite = dendrite();
    let asks = (1..=200).map(|n| {
        let dendrite = &dendrite;
        async move { dendrite.ask::<Double>(&bob(address), &request(n), None).await.unwrap().outcome }
    });
    for (n, outcome) in (1..=200).zip(join_all(asks).await) {
        let Outcome::Answered { response, elapsed } = outcome else { panic!("{n}: {outcome:?}") };
        assert_eq!(response, Number { n: 2 * n });
        assert!(elapsed < TIMEOUT);
    }
}

#[tokio::test]
async fn a_miner_that_says_no_is_told_apart_from_one_that_fails() {
    let (address, _axon) = axon().await;
    let to = async |from: &str, receiver: Hotkey, n| {
        let dendrite = Dendrite::new(key(from), settings());
        let endpoint = Endpoint::new(receiver, address);
        match dendrite.ask::<Double>(&endpoint, &request(n), None).await.unwrap().outcome {
            Outcome::Refused { status, retry_after, message } => {
                assert!(!message.is_empty());
                (status, retry_after)
            }
            other => panic!("{other:?}"),
        }
    };
    let bob = key("Bob").account();
    assert_eq!(to("Alice", bob, 0).await, (503, Some(Duration::from_secs(7))), "busy");
    assert_eq!(to("Eve", bob, 1).await.0, 403, "a stranger");
    assert_eq!(to("Alice", key("Charlie").account(), 1).await.0, 401, "signed for another receiver");
}

#[tokio::test]
async fn an_answer_that_is_not_this_synapses_is_malformed() {
    for body in ["", "not json", "{\"m\": 1}", "[1,2", "null"] {
        let outcome = ask(server(move || ok(body)).await).await;
        assert_eq!(outcome.kind(), OutcomeKind::Malformed, "{body:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn no_more_than_the_limit_is_read() {
    let spaces = |n: usize| format!("{}{{\"n\":1}}", " ".repeat(n));
    let fits = ask(server(move || ok(spaces(1024 - 7))).await).await;
    assert_eq!(fits.kind(), OutcomeKind::Answered);
    let announced = ask(server(move || ok(spaces(1024 - 6))).await).await;
    assert_eq!(announced, Outcome::TooLarge { limit_bytes: 1024 });
    // A stream without a length, and without an end.
    let endless =
        || Body::from_stream(futures::stream::repeat(Ok::<_, Infallible>(Bytes::from_static(&[b' '; 100]))));
    let streamed = ask(server(move || ok(endless())).await).await;
    assert_eq!(streamed, Outcome::TooLarge { limit_bytes: 1024 });
}

#[tokio::test]
async fn a_miner_that_is_silent_or_never_ends_its_answer_times_out() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let unfinished = || {
        let first = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{"))]);
        Body::from_stream(futures::StreamExt::chain(first, futures::stream::pending()))
    };
    let dripping = server(move || ok(unfinished())).await;
    for address in [silent.local_addr().unwrap(), dripping] {
        let timeout = Duration::from_millis(150);
        let asked = dendrite().ask::<Double>(&bob(address), &request(1), Some(timeout)).await;
        assert_eq!(asked.unwrap().outcome, Outcome::TimedOut { after: timeout });
    }
}

#[tokio::test]
async fn a_redirect_is_a_refusal_and_is_not_followed() {
    let followed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&followed);
    let target = server(move || {
        count.fetch_add(1, Ordering::SeqCst);
        ok("{\"n\":1}")
    })
    .await;
    let redirect = move || {
        let response = Response::builder().status(StatusCode::TEMPORARY_REDIRECT);
        response.header("location", format!("http://{target}/double")).body(Body::empty()).unwrap()
    };
    let outcome = ask(server(redirect).await).await;
    assert!(matches!(outcome, Outcome::Refused { status: 307, .. }), "{outcome:?}");
    assert_eq!(followed.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_signed_request_that_reached_a_miner_is_never_sent_again() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let received = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&received);
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 4096];
            if socket.read(&mut bytes).await.unwrap() > 0 {
                count.fetch_add(1, Ordering::SeqCst);
            }
            // Hang up without a word.
            socket.shutdown().await.ok();
        }
    });
    let outcome = ask(address).await;
    assert_eq!(outcome.kind(), OutcomeKind::Unreachable, "{outcome:?}");
    assert_eq!(received.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_closed_port_is_unreachable_and_says_why() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let Outcome::Unreachable { reason } = ask(address).await else { panic!("it is closed") };
    assert!(reason.to_lowercase().contains("refused"), "{reason}");
}

#[tokio::test]
async fn private_addresses_are_not_dialled_unless_allowed() {
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    let address = server(move || {
        count.fetch_add(1, Ordering::SeqCst);
        ok("{\"n\":1}")
    })
    .await;
    let public = DendriteSettings { allow_private_addresses: false, ..settings() };
    let dendrite = Dendrite::new(key("Alice"), public);
    let answer = dendrite.ask::<Double>(&bob(address), &request(1), None).await.unwrap();
    let Outcome::NotServing { reason } = answer.outcome else { panic!("{answer:?}") };
    assert!(reason.contains("allow_private_addresses"), "{reason}");
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_allowed() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (counter, peak) = (Arc::clone(&now), Arc::clone(&most));
    let handler = post(move |_: Bytes| async move {
        peak.fetch_max(counter.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        counter.fetch_sub(1, Ordering::SeqCst);
        "{\"n\":1}"
    });
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/double", handler)).await });
    let dendrite = Dendrite::new(key("Alice"), DendriteSettings { concurrency: 3, ..settings() });
    let asks = (0..30).map(|_| async {
        dendrite.ask::<Double>(&bob(address), &request(1), None).await.unwrap().outcome.kind()
    });
    assert!(join_all(asks).await.into_iter().all(|kind| kind == OutcomeKind::Answered));
    assert!(most.load(Ordering::SeqCst) <= 3, "{most:?}");
}
