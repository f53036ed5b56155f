//! Bodies that are too large, too slow, or never end.

use std::time::Duration;

use subnetkit_miner::MinerConfig;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Running, ask, config, key, refusal, start};

/// The head of a signed `POST /echo`, with one more header of the caller's choice.
fn head(axon: &Running, signed_body: &[u8], header: &str) -> String {
    let mut head = format!("POST /echo HTTP/1.1\r\nHost: {}\r\n{header}\r\n", axon.address);
    for (name, value) in axon.headers(&key("Alice"), "/echo", signed_body) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head + "\r\n"
}

async fn status_line(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    while !seen.windows(2).any(|window| window == b"\r\n") {
        let mut buffer = [0; 1024];
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the axon hung up without an answer");
        seen.extend_from_slice(&buffer[..read]);
    }
    let text = String::from_utf8(seen).unwrap();
    text.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn a_declared_size_above_the_limit_is_refused_before_the_body_is_sent() {
    let axon = start(config()).await;
    let mut stream = TcpStream::connect(axon.address).await.unwrap();
    stream.write_all(head(&axon, b"", "Content-Length: 1048577").as_bytes()).await.unwrap();
    assert!(status_line(&mut stream).await.contains("413"));
}

#[tokio::test]
async fn a_client_that_sends_all_before_it_reads_still_learns_why() {
    let axon = start(config()).await;
    let response = axon.signed("Alice", "/echo", vec![b' '; 6 << 20]).send().await.unwrap();
    refusal(response, 413, "body_too_large").await;
}

#[tokio::test]
async fn an_undeclared_size_above_the_limit_is_refused_on_the_way() {
    let axon = start(MinerConfig { body_limit: 100, ..config() }).await;
    let body = [b' '; 101];
    let mut stream = TcpStream::connect(axon.address).await.unwrap();
    stream.write_all(head(&axon, &body, "Transfer-Encoding: chunked").as_bytes()).await.unwrap();
    // The chunk is never ended: the axon must not wait for it.
    stream.write_all(b"65\r\n").await.unwrap();
    stream.write_all(&body).await.unwrap();
    assert!(status_line(&mut stream).await.contains("413"));
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_served() {
    let body = ask("hi");
    let axon = start(MinerConfig { body_limit: body.len(), ..config() }).await;
    assert_eq!(axon.signed("Alice", "/echo", body).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn bad_headers_are_refused_before_the_body_is_sent() {
    let axon = start(config()).await;
    let mut stream = TcpStream::connect(axon.address).await.unwrap();
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n").await.unwrap();
    assert!(status_line(&mut stream).await.contains("401"));
}

#[tokio::test]
async fn a_slow_body_is_refused() {
    let axon = start(MinerConfig { body_timeout: Duration::from_millis(50), ..config() }).await;
    let body = ask("hi");
    let mut stream = TcpStream::connect(axon.address).await.unwrap();
    let head = head(&axon, &body, &format!("Content-Length: {}", body.len()));
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body[..3]).await.unwrap();
    assert!(status_line(&mut stream).await.contains("408"));
}

#[tokio::test]
async fn a_slow_head_loses_the_connection() {
    let axon = start(MinerConfig { header_timeout: Duration::from_millis(50), ..config() }).await;
    let mut stream = TcpStream::connect(axon.address).await.unwrap();
    stream.write_all(b"POST /echo HTTP/1.1\r\nHo").await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
}

#[tokio::test]
async fn a_head_above_the_limit_is_refused() {
    let axon = start(MinerConfig { header_limit: 8192, ..config() }).await;
    let mut stream = TcpStream::connect(axon.address).await.unwrap();
    let bomb = format!("POST /echo HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", "a".repeat(9000));
    stream.write_all(bomb.as_bytes()).await.unwrap();
    assert!(status_line(&mut stream).await.contains("431"));
}

#[tokio::test]
async fn bodies_share_a_bounded_memory() {
    let body = ask("hi");
    let bounds = MinerConfig { body_limit: body.len(), body_memory: body.len(), ..config() };
    let axon = start(bounds).await;
    let mut stream = TcpStream::connect(axon.address).await.unwrap();
    let head = head(&axon, &body, &format!("Content-Length: {}", body.len()));
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body[..body.len() - 1]).await.unwrap();
    // Whichever of the two is read first, the memory is short by one for the other until then.
    loop {
        let response = axon.signed("Bob", "/echo", body.clone()).send().await.unwrap();
        if response.status() == 503 {
            refusal(response, 503, "busy").await;
            break;
        }
        assert_eq!(response.status(), 200);
    }
    stream.write_all(&body[body.len() - 1..]).await.unwrap();
    assert!(status_line(&mut stream).await.contains("200"));
    assert_eq!(axon.signed("Bob", "/echo", body).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_target_outside_ascii_is_refused_before_the_signature() {
    let axon = start(config()).await;
    let mut stream = TcpStream::connect(axon.address).await.unwrap();
    stream
        .write_all("POST /echo?é HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".as_bytes())
        .await
        .unwrap();
    assert!(status_line(&mut stream).await.contains("400"));
}
