//! Replicas of one hotkey that share their memory of nonces in Redis, and a Redis that fails.

use std::{
    env,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

#[cfg(feature = "axon-v10")]
use futures::future::join_all;
use subnetkit_miner::{MinerConfig, RedisUrl};
#[cfg(feature = "axon-v10")]
use subnetkit_protocol::btauth::NonceClock;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{interval, timeout},
};

use super::{
    replays::{replay, without_limits},
    wire::{connect, exchange, forged, signed},
};
use crate::support::{key, refusal, retry_after, start};

/// A Redis server of the test's own, without persistence. Dropping it ends it.
struct Redis {
    program: String,
    address: SocketAddr,
    directory: TempDir,
    process: Child,
}

impl Redis {
    /// None where no server is installed, which is said.
    #[allow(clippy::print_stdout, reason = "whoever reads the test's output has to see what was not tested")]
    async fn start() -> Option<Self> {
        let named = env::var("SUBNETKIT_TEST_REDIS").ok();
        let candidates = named.clone().map_or_else(
            || vec!["redis-server".to_owned(), "valkey-server".to_owned()],
            |program| vec![program],
        );
        let runs = |program: &String| {
            Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success())
        };
        let Some(program) = candidates.into_iter().find(runs) else {
            assert!(named.is_none(), "SUBNETKIT_TEST_REDIS names no program that runs: {named:?}");
            println!("skipped: install redis-server or valkey-server, or name one in SUBNETKIT_TEST_REDIS");
            return None;
        };
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let process = Self::spawn(&program, free, &directory);
        let redis = Self { program, address: free, directory, process };
        redis.answers().await;
        Some(redis)
    }

    fn spawn(program: &str, address: SocketAddr, directory: &TempDir) -> Child {
        Command::new(program)
            .args(["--port", &address.port().to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--requirepass", "open-sesame"])
            .current_dir(directory.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again where it was, without its data.
    async fn start_again(&mut self) {
        self.process = Self::spawn(&self.program, self.address, &self.directory);
        self.answers().await;
    }

    async fn answers(&self) {
        let answered = async {
            let mut again = interval(Duration::from_millis(10));
            while self.ask("PING").await.is_none_or(|said| said != "+PONG") {
                again.tick().await;
            }
        };
        timeout(Duration::from_secs(30), answered).await.expect("the server does not answer");
    }

    /// The first line of the answer to a command.
    async fn ask(&self, command: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).await.ok()?;
        stream.write_all(format!("AUTH open-sesame\r\n{command}\r\nQUIT\r\n").as_bytes()).await.ok()?;
        let mut said = String::new();
        stream.read_to_string(&mut said).await.ok()?;
        said.split("\r\n").nth(1).map(str::to_owned)
    }

    fn config(&self) -> MinerConfig {
        let url = format!("redis://:open-sesame@{}", self.address);
        MinerConfig { replay_redis_url: Some(RedisUrl::new(url)), ..without_limits() }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may be stopped already.
        let _killed = self.process.kill();
        let _ended = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_replays_to_two_replicas_none_is_served_twice() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (start(redis.config()).await, start(redis.config()).await);
    let requests: Vec<_> = (0..100).map(|_| signed(&key("Alice"), &one.own)).collect();
    assert_eq!(replay(&[&one, &two], &requests, 100).await, vec![1; 100]);

    let successor = start(redis.config()).await;
    assert_eq!(replay(&[&successor], &requests, 10).await, vec![0; 100], "it knows what it never saw");
}

#[cfg(feature = "axon-v10")]
#[tokio::test]
async fn replicas_share_the_nonces_of_sdk_10_and_keep_them_apart_from_those_of_today() {
    use crate::{support::ask, v10};

    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (v10::axon(redis.config()).await, v10::axon(redis.config()).await);
    for _ in 0..20 {
        let nonce = NonceClock::new().next();
        let request = v10::signed_at(&one, "Alice", "hi", nonce, Duration::from_secs(12));
        let copies = [&one, &two].into_iter().cycle().take(10).map(|axon| v10::post(axon, &request));
        let mut statuses: Vec<_> = join_all(copies).await.iter().map(|r| r.status().as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![200], vec![401; 9]].concat());

        let body = ask("hi");
        let headers = two.headers_at(&key("Alice"), "/echo", &body, nonce);
        assert_eq!(two.post("/echo", headers, body).send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn forgeries_leave_no_trace_in_a_shared_memory() {
    let Some(redis) = Redis::start().await else { return };
    let axon = start(redis.config()).await;
    let mut stream = connect(axon.address, 1).await.unwrap();
    for _ in 0..50 {
        let (status, said) = exchange(&mut stream, &forged(&key("Alice"), &axon.own)).await.unwrap();
        assert!(status == 401 && said.contains("bad_signature"), "{status}: {said}");
    }
    assert_eq!(redis.ask("DBSIZE").await.as_deref(), Some(":1"), "since when it all began");
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
    assert_eq!(redis.ask("DBSIZE").await.as_deref(), Some(":2"), "the nonce");
}

#[tokio::test]
async fn requests_are_refused_while_the_shared_memory_fails_and_served_again_after() {
    let Some(mut redis) = Redis::start().await else { return };
    let axon = start(redis.config()).await;
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
    let early = [signed(&key("Alice"), &axon.own), signed(&key("Alice"), &axon.own)];
    let mut stream = connect(axon.address, 1).await.unwrap();
    assert_eq!(exchange(&mut stream, &early[0]).await.unwrap().0, 200);

    redis.stop();
    for _ in 0..3 {
        let response = axon.say("Alice", "hi").await;
        assert_eq!(retry_after(&response), 1);
        refusal(response, 503, "memory_unavailable").await;
    }

    redis.start_again().await;
    let served = async { while axon.say("Alice", "hi").await.status() != 200 {} };
    timeout(Duration::from_secs(30), served).await.expect("the axon does not find its memory again");
    // The memory is empty now. What it may have held is refused, also by an axon that has no memory of its own of it.
    let other = start(redis.config()).await;
    for request in &early {
        let mut stream = connect(other.address, 1).await.unwrap();
        let (status, said) = exchange(&mut stream, request).await.unwrap();
        assert!(status == 401 && said.contains("stale_request"), "{status}: {said}");
    }
}

#[tokio::test]
async fn a_memory_that_is_down_at_the_start_is_found_later() {
    let Some(mut redis) = Redis::start().await else { return };
    redis.stop();
    let axon = start(redis.config()).await;
    refusal(axon.say("Alice", "hi").await, 503, "memory_unavailable").await;
    redis.start_again().await;
    let served = async { while axon.say("Alice", "hi").await.status() != 200 {} };
    timeout(Duration::from_secs(30), served).await.expect("the axon does not find its memory");
}

#[tokio::test]
async fn what_is_no_url_of_redis_is_named_without_its_password() {
    let url = RedisUrl::new("http://user:open-sesame@127.0.0.1");
    assert!(!format!("{url:?}").contains("sesame"), "{url:?}");
    let in_query = RedisUrl::new("redis+unix:///run/redis.sock?user=axon&pass=open-sesame");
    assert!(!format!("{in_query:?}").contains("sesame"), "{in_query:?}");
    let config = MinerConfig { replay_redis_url: Some(url), ..without_limits() };
    let error = subnetkit_miner::Axon::new(key("Miner"), config)
        .serve::<crate::support::Echo>(std::sync::Arc::new(crate::support::Parrot {
            began: tokio::sync::Notify::new(),
            go: tokio::sync::Semaphore::new(0),
        }))
        .bind()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("replay_redis_url") && !error.contains("sesame"), "{error}");
}
