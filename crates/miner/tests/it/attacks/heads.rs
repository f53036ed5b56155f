//! Request heads that are too large, too many, or never end.

use std::time::Duration;

use subnetkit_miner::MinerConfig;
use tokio::{io::AsyncWriteExt, task::JoinSet, time::interval};

use super::wire::{alice_is_served, connect, exchange, response, rest, signed};
use crate::support::{config, key, start};

#[tokio::test]
async fn heads_that_trickle_in_lose_their_connections_and_hold_up_nobody() {
    let axon = start(MinerConfig { header_timeout: Duration::from_millis(300), ..config() }).await;
    let mut dribblers = JoinSet::new();
    for number in 0..200 {
        let mut stream = connect(axon.address, 2 + number % 4).await.unwrap();
        dribblers.spawn(async move {
            let mut pace = interval(Duration::from_millis(20));
            stream.write_all(b"POST /echo HTTP/1.1\r\nX-Slow: ").await.unwrap();
            // Ten times the time a head has: that bytes keep coming buys none.
            for _ in 0..150 {
                pace.tick().await;
                if stream.write_all(b"a").await.is_err() {
                    return true;
                }
            }
            false
        });
    }
    alice_is_served(&axon, 1, 20).await;
    while let Some(was_cut_off) = dribblers.join_next().await {
        assert!(was_cut_off.unwrap());
    }
}

#[tokio::test]
async fn heads_of_any_excess_are_refused_and_hold_up_nobody() {
    let axon = start(config()).await;
    let head = |headers: String| format!("POST /echo HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    let bombs = [
        head("A: b\r\n".repeat(1_000)),
        head(format!("A: {}\r\n", "b".repeat(100_000))),
        head(format!("{}: b\r\n", "A".repeat(100_000))),
        head("X-Bittensor-Nonce: 1\r\n".repeat(500)),
        format!("POST /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(100_000)),
        "A".repeat(100_000),
        "\r\n".repeat(50_000),
        head("A : b\r\n".into()),
        head("Content-Length: 1\r\nContent-Length: 2\r\n".into()),
        head("Content-Length: -1\r\n".into()),
        head("Content-Length: 99999999999999999999999\r\n".into()),
        head("Transfer-Encoding: gzip\r\n".into()),
        "POST /echo HTTP/9.9\r\n\r\n".into(),
        "\0\u{1}\u{2}\r\n\r\n".into(),
    ];
    for bomb in &bombs {
        for last in 2..6 {
            let mut stream = connect(axon.address, last).await.unwrap();
            // The axon may hang up before it has read it all.
            let _sent = stream.write_all(bomb.as_bytes()).await;
            let _closed = stream.shutdown().await;
            let said = rest(&mut stream).await;
            assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said} to {:.60}", bomb);
        }
        alice_is_served(&axon, 1, 1).await;
    }
}

#[tokio::test]
async fn a_body_that_both_kinds_of_length_describe_is_not_read_two_ways() {
    // What a proxy in front and the axon read differently could smuggle a second request in the body of the first.
    let axon = start(config()).await;
    let request = String::from_utf8(signed(&key("Alice"), &axon.own)).unwrap();
    let both = request.replacen("Content-Length", "Transfer-Encoding: chunked\r\nContent-Length", 1);
    let mut stream = connect(axon.address, 1).await.unwrap();
    if let Ok((status, said)) = exchange(&mut stream, both.as_bytes()).await {
        assert!((400..500).contains(&status), "{status}: {said}");
    }
    assert!(response(&mut stream).await.is_err(), "what followed was taken for a request");
}

#[tokio::test]
async fn request_lines_of_every_form_are_refused() {
    let axon = start(config()).await;
    for line in [
        "POST * HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "CONNECT echo:80 HTTP/1.1",
        "POST http://x HTTP/1.1",
        "POST http://x/echo HTTP/1.1",
        "POST //echo HTTP/1.1",
        "POST /echo/ HTTP/1.1",
        "POST /%65cho HTTP/1.1",
        "POST /echo#echo HTTP/1.1",
        "POST /../echo HTTP/1.1",
        "POST /\\echo HTTP/1.1",
        "POST echo HTTP/1.1",
        "POST ?echo HTTP/1.1",
        "post /echo HTTP/1.1",
        "HEAD /echo HTTP/1.1",
        "GET /echo HTTP/1.1",
        "POST /echo HTTP/1.0",
        "POST /echo HTTP/2.0",
        "PRI * HTTP/2.0",
        "POST /echo",
        "\0\0\0",
    ] {
        let mut stream = connect(axon.address, 2).await.unwrap();
        stream.write_all(format!("{line}\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let said = rest(&mut stream).await;
        let status = said.lines().next().unwrap_or_default().to_owned();
        assert!(
            status.is_empty() || status.split(' ').nth(1).is_some_and(|s| s.starts_with('4')),
            "{line}: {said}"
        );
    }
    alice_is_served(&axon, 1, 1).await;
}
