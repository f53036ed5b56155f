//! Callers that ask and do not read what they are answered.

use std::time::Duration;

use subnetkit_miner::MinerConfig;
use tokio::{
    io::AsyncWriteExt,
    net::TcpSocket,
    time::{interval, timeout},
};

use super::wire::request;
use crate::support::{Running, ask, config, key, start};

async fn open_connections(axon: &Running) -> usize {
    let (status, text) = axon.get("/metrics").await;
    assert_eq!(status, 200);
    let line = text.lines().find(|line| line.starts_with("subnetkit_axon_connections ")).unwrap_or(&text);
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_not_kept() {
    let bounds = MinerConfig { body_limit: 16 << 20, send_timeout: Duration::from_millis(300), ..config() };
    let axon = start(bounds).await;
    // More than the buffers of both ends hold.
    let body = ask(&"x".repeat(12 << 20));
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(axon.address).await.unwrap();
    let headers = axon.headers(&key("Alice"), "/echo", &body);
    stream.write_all(&request(&headers, &body)).await.unwrap();
    let gone = async {
        let mut pace = interval(Duration::from_millis(20));
        while open_connections(&axon).await > 1 {
            pace.tick().await;
        }
    };
    timeout(Duration::from_secs(10), gone)
        .await
        .expect("the connection of a caller that does not read stays open");
}
