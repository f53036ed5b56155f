//! The deadline that a caller sets itself.

use std::time::Duration;

use async_trait::async_trait;
use subnetkit_miner::{Call, Forward, MinerConfig, Refusal};
use subnetkit_protocol::{Synapse, TIMEOUT_MS};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    support::{Running, ask, config, key, start, start_with},
    wire::{Whole, post},
};

struct Left;
impl Synapse for Left {
    const NAME: &'static str = "left";
    type Request = ();
    type Response = Duration;
}

struct Watch;

#[async_trait]
impl Forward<Left> for Watch {
    async fn forward(&self, call: Call<()>) -> Result<Duration, Refusal> {
        Ok(call.time_left())
    }
}

async fn say(axon: &Running, word: &str, timeout: &str) -> Whole {
    post(axon, "Alice", "/echo", ask(word), &[(TIMEOUT_MS, timeout)]).await
}

#[tokio::test]
async fn the_handler_ends_when_the_caller_stops_waiting() {
    let axon = start(MinerConfig { max_concurrency: 1, ..config() }).await;
    let response = say(&axon, "wait", "150").await;
    assert_eq!((response.status, &*response.refusal()), (504, "timed_out"));
    assert_eq!(say(&axon, "hi", "60000").await.status, 200, "the slot is free again");
}

#[tokio::test]
async fn the_handler_knows_the_sooner_of_both_deadlines() {
    let limit = Duration::from_secs(60);
    let bounds = MinerConfig { request_timeout: limit, ..config() };
    let axon = start_with(bounds, |axon| axon.serve::<Left>(Watch)).await;
    let left = async |headers: &[(&str, &str)]| -> Duration {
        post(&axon, "Alice", "/left", "null", headers).await.json()
    };
    let unasked = left(&[]).await;
    assert!(unasked <= limit && unasked > limit / 2, "{unasked:?}");
    let sooner = left(&[(TIMEOUT_MS, "20000")]).await;
    assert!(sooner <= Duration::from_secs(20) && sooner > Duration::from_secs(1), "{sooner:?}");
    for later in ["600000", "18446744073709551615"] {
        let left = left(&[(TIMEOUT_MS, later)]).await;
        assert!(left <= limit && left > limit / 2, "{left:?}");
    }
}

#[tokio::test]
async fn the_callers_deadline_counts_while_it_waits_for_its_turn() {
    let axon = start(MinerConfig { max_concurrency: 1, ..config() }).await;
    let held = tokio::spawn(axon.signed("Bob", "/echo", ask("wait")).send());
    axon.parrot.began.notified().await;
    let response = say(&axon, "hi", "500").await;
    assert_eq!((response.status, &*response.refusal()), (503, "busy"));
    axon.parrot.go.add_permits(1);
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn the_callers_deadline_counts_from_the_arrival_of_the_head() {
    let axon = start(config()).await;
    let body = ask("panic");
    let length = body.len();
    let mut head =
        format!("POST /echo HTTP/1.1\r\nHost: x\r\n{TIMEOUT_MS}: 100\r\nContent-Length: {length}\r\n");
    for (name, value) in axon.headers(&key("Alice"), "/echo", &body) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = TcpStream::connect(axon.address).await.unwrap();
    stream.write_all((head + "\r\n").as_bytes()).await.unwrap();
    let mut status = [0; 12];
    let early = timeout(Duration::from_millis(200), stream.read_exact(&mut status)).await;
    assert!(early.is_err(), "nothing is answered before the body is there");
    stream.write_all(&body).await.unwrap();
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 504", "the handler, which would have panicked, was not asked");
}

#[tokio::test]
async fn a_caller_that_does_not_wait_at_all_gets_no_work_done() {
    let axon = start(config()).await;
    let response = say(&axon, "panic", "0").await;
    assert_eq!((response.status, &*response.refusal()), (504, "timed_out"));
}

#[tokio::test]
async fn a_deadline_that_is_no_number_is_refused_after_the_signature() {
    let axon = start(config()).await;
    for bad in ["", "1.5", "-1", "1s", "18446744073709551616"] {
        let response = say(&axon, "hi", bad).await;
        assert_eq!((response.status, &*response.refusal()), (400, "malformed_header"), "{bad:?}");
    }
    let response = post(&axon, "Mallory", "/echo", ask("hi"), &[(TIMEOUT_MS, "soon")]).await;
    assert_eq!((response.status, &*response.refusal()), (403, "not_registered"));
}
