//! Bodies that are too large, never end, or trickle in, under heads that look good.

use std::time::Duration;

use subnetkit_miner::MinerConfig;
use tokio::{io::AsyncWriteExt, task::JoinSet, time::interval};

use super::wire::{alice_is_served, connect, forged, response, rest};
use crate::support::{Running, config, key, start};

/// The head of a forged request of Alice's with a body of another kind.
fn head(axon: &Running, length: &str) -> Vec<u8> {
    let request = String::from_utf8(forged(&key("Alice"), &axon.own)).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let head = head.replacen(&format!("Content-Length: {}", body.len()), length, 1);
    (head + "\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn bodies_that_trickle_in_are_refused_and_hold_up_nobody() {
    let timeout = Duration::from_millis(300);
    let axon = start(MinerConfig { body_timeout: timeout, linger_timeout: timeout, ..config() }).await;
    alice_is_served(&axon, 1, 1).await;
    let mut dribblers = JoinSet::new();
    for number in 0..100 {
        let mut stream = connect(axon.address, 2 + number % 4).await.unwrap();
        let head = head(&axon, "Content-Length: 100000");
        dribblers.spawn(async move {
            stream.write_all(&head).await.unwrap();
            let mut pace = interval(Duration::from_millis(20));
            for _ in 0..150 {
                pace.tick().await;
                if stream.write_all(b"a").await.is_err() {
                    break;
                }
            }
            rest(&mut stream).await
        });
    }
    alice_is_served(&axon, 1, 20).await;
    while let Some(said) = dribblers.join_next().await {
        let said = said.unwrap();
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    }
}

#[tokio::test]
async fn bodies_without_end_are_cut_off_and_hold_up_nobody() {
    let bounded = MinerConfig {
        body_limit: 64 << 10,
        body_memory: 1 << 20,
        linger_bytes: 64 << 10,
        linger_timeout: Duration::from_millis(300),
        ..config()
    };
    let axon = start(bounded).await;
    alice_is_served(&axon, 1, 1).await;
    let mut senders = JoinSet::new();
    for number in 0..40 {
        let mut stream = connect(axon.address, 2 + number % 4).await.unwrap();
        let (head, chunk, is_chunked) = if number % 2 == 0 {
            let chunk = [b"4000\r\n", &[b'a'; 0x4000][..], b"\r\n"].concat();
            (head(&axon, "Transfer-Encoding: chunked"), chunk, true)
        } else {
            (head(&axon, "Content-Length: 99999999999"), vec![b'a'; 0x4000], false)
        };
        senders.spawn(async move {
            let (mut reader, mut writer) = stream.split();
            let send = async {
                writer.write_all(&head).await?;
                // Far more than the axon takes; the loop ends by its hanging up.
                for _ in 0..10_000 {
                    writer.write_all(&chunk).await?;
                }
                Ok::<(), std::io::Error>(())
            };
            let mut said = Vec::new();
            let read = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut said);
            let (sent, _end) = tokio::join!(send, read);
            (sent.is_err(), is_chunked, String::from_utf8_lossy(&said).into_owned())
        });
    }
    alice_is_served(&axon, 1, 20).await;
    while let Some(ended) = senders.join_next().await {
        let (was_cut_off, is_chunked, said) = ended.unwrap();
        assert!(was_cut_off, "chunked: {is_chunked}, {said}");
        // Beyond the memory for all bodies it is 503.
        let expected = said.starts_with("HTTP/1.1 413") || is_chunked && said.starts_with("HTTP/1.1 503");
        assert!(said.is_empty() || expected, "chunked: {is_chunked}, {said}");
    }
}

#[tokio::test]
async fn unfinished_bodies_of_strangers_leave_room_for_who_proved_themselves() {
    const LIMIT: usize = 64 << 10;
    let bounded = MinerConfig { body_limit: LIMIT, body_memory: 4 * LIMIT, ..config() };
    let axon = start(bounded).await;
    alice_is_served(&axon, 1, 1).await;
    let mut stallers = JoinSet::new();
    for number in 0..16 {
        let mut stream = connect(axon.address, 2 + number % 4).await.unwrap();
        let head = head(&axon, &format!("Content-Length: {LIMIT}"));
        stallers.spawn(async move {
            stream.write_all(&head).await.unwrap();
            stream.write_all(&[b'a'; LIMIT - 1]).await.unwrap();
            response(&mut stream).await.unwrap().0
        });
    }
    // Of all the others the bodies are held, for as long as they take.
    for _ in 0..12 {
        assert_eq!(stallers.join_next().await.unwrap().unwrap(), 503);
    }
    alice_is_served(&axon, 1, 20).await;
}

#[tokio::test]
async fn who_waits_for_leave_to_send_a_refused_body_gets_none() {
    let axon = start(config()).await;
    for length in ["Content-Length: 100", "Content-Length: 99999999999"] {
        let mut stream = connect(axon.address, 2).await.unwrap();
        let head = format!("POST /echo HTTP/1.1\r\nHost: x\r\n{length}\r\nExpect: 100-continue\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let (status, said) = response(&mut stream).await.unwrap();
        assert!(status == 401 || status == 413, "{status}: {said}");
    }
}
