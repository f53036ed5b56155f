//! Answers that come in pieces.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use subnetkit_miner::{Call, Chunks, Forward, ForwardStream, MinerConfig, Refusal, produce};
use subnetkit_protocol::{
    ChunkReader, Encoding, Raw, Synapse, TIMEOUT_MS,
    btauth::response::{ResponseError, SIGN},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{Semaphore, mpsc},
};

use crate::{
    support::{Ask, Running, ask, config, key, start_with},
    wire::{Caller, post},
};

struct Tell;
impl Synapse for Tell {
    const NAME: &'static str = "tell";
    type Request = Ask;
    type Response = String;
}

struct Bytewise;
impl Synapse for Bytewise {
    const NAME: &'static str = "bytes";
    type Request = Raw;
    type Response = Raw;
}

struct Told;
impl Synapse for Told {
    const NAME: &'static str = "told";
    type Request = ();
    type Response = usize;
}

/// Tells stories. Some words make it misbehave.
struct Teller {
    /// Each permit lets one gated story go on.
    go: Arc<Semaphore>,
    /// How many stories were asked for.
    told: AtomicUsize,
    ended: mpsc::UnboundedSender<()>,
}

/// Tells when the handler's work is dropped.
struct Ended(mpsc::UnboundedSender<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        // The test may be over.
        let _ = self.0.send(());
    }
}

#[async_trait]
impl ForwardStream<Tell> for Teller {
    async fn stream(&self, call: Call<Ask>) -> Result<Chunks<String>, Refusal> {
        self.told.fetch_add(1, Ordering::Relaxed);
        let (go, ended) = (Arc::clone(&self.go), Ended(self.ended.clone()));
        let word = call.request.say;
        if word == "senseless" {
            return Err(Refusal::invalid("there is no such story"));
        }
        Ok(produce(async move |out| {
            let _ended = ended;
            match word.as_str() {
                "nothing" => return Ok(()),
                "fail at once" => return Err(Refusal::busy(Duration::from_secs(7))),
                "panic at once" => panic!("once upon a time"),
                "wait at once" => go.acquire().await?.forget(),
                "large" => out.send("x".repeat(2_000)).await?,
                _ => {}
            }
            out.send("one".to_owned()).await?;
            match word.as_str() {
                "gated" => go.acquire().await?.forget(),
                "fail" => return Err(Refusal::internal("the teller fell asleep")),
                "panic" => panic!("and they lived"),
                "large later" => out.send("x".repeat(2_000)).await?,
                "endless" => loop {
                    out.send("x".repeat(900)).await?;
                },
                _ => {}
            }
            out.send("two\n".to_owned()).await?;
            out.send(String::new()).await
        }))
    }
}

#[async_trait]
impl ForwardStream<Bytewise> for Teller {
    async fn stream(&self, call: Call<Raw>) -> Result<Chunks<Raw>, Refusal> {
        let bytes = call.request.0;
        let pieces: Vec<_> = bytes.chunks(2).map(|piece| Ok(Raw::from(piece.to_vec()))).collect();
        Ok(Box::pin(futures::stream::iter(pieces)))
    }
}

#[async_trait]
impl Forward<Told> for Teller {
    async fn forward(&self, _: Call<()>) -> Result<usize, Refusal> {
        Ok(self.told.load(Ordering::Relaxed))
    }
}

struct Stage {
    axon: Running,
    go: Arc<Semaphore>,
    ended: mpsc::UnboundedReceiver<()>,
}

async fn stage(config: MinerConfig) -> Stage {
    let (sender, ended) = mpsc::unbounded_channel();
    let go = Arc::new(Semaphore::new(0));
    let teller = Teller { go: Arc::clone(&go), told: AtomicUsize::new(0), ended: sender };
    let teller = Arc::new(teller);
    let axon = start_with(config, |axon| {
        axon.serve_stream::<Tell>(Arc::clone(&teller))
            .serve_stream::<Bytewise>(Arc::clone(&teller))
            .serve::<Told>(teller)
    })
    .await;
    Stage { axon, go, ended }
}

const SIGNED: [(&str, &str); 2] = [(SIGN, "1"), ("te", "trailers")];

/// Waits until the axon has counted a request of the story-teller's with this outcome.
async fn counted(axon: &Running, outcome: &str) {
    let line = format!("requests_total{{synapse=\"tell\",outcome=\"{outcome}\"}} 1");
    while !axon.get("/metrics").await.1.contains(&line) {}
}

#[tokio::test]
async fn chunks_arrive_as_they_are_produced() {
    let mut stage = stage(config()).await;
    let mut caller = Caller::connect(&stage.axon, "Alice").await;
    let mut reply = caller.post(&stage.axon, "/tell", ask("gated"), &[]).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.headers["content-type"]),
        (200, &"application/x-ndjson".parse().unwrap())
    );
    assert_eq!(reply.piece().await.unwrap().unwrap(), "\"one\"\n");
    assert!(stage.ended.try_recv().is_err(), "the handler is at work");
    stage.go.add_permits(1);
    let rest = reply.whole().await;
    assert_eq!(rest.body, b"\"two\\n\"\n\"\"\n");
    assert!(rest.complete);
    counted(&stage.axon, "answered").await;
    let again = caller.post(&stage.axon, "/tell", ask("anything"), &[]).await.whole().await;
    assert_eq!(again.body, b"\"one\"\n\"two\\n\"\n\"\"\n", "the connection serves on");
}

#[tokio::test]
async fn every_encoding_has_its_framing() {
    let stage = stage(config()).await;
    let expected = ["one", "two\n", ""];
    for encoding in [Encoding::Json, Encoding::MessagePack] {
        let body = encoding.encode(&Ask { say: "x".to_owned() }).unwrap();
        let headers = [("content-type", encoding.content_type())];
        let story = post(&stage.axon, "Alice", "/tell", body, &headers).await;
        assert_eq!(story.content_type(), encoding.stream_content_type());
        let mut reader = ChunkReader::new(encoding, 100);
        reader.push(&story.body);
        for text in expected {
            assert_eq!(reader.read::<String>().unwrap().as_deref(), Some(text), "{encoding}");
        }
        reader.finish().unwrap();
    }
    let raw = [("content-type", "application/octet-stream")];
    let bytes = post(&stage.axon, "Alice", "/bytes", "abcde", &raw).await;
    assert_eq!((bytes.content_type(), &*bytes.body), ("application/octet-stream", &b"abcde"[..]));
    // Texts are no bytes, so JSON has to do.
    let accept = [("accept", "application/octet-stream")];
    let story = post(&stage.axon, "Alice", "/tell", ask("x"), &accept).await;
    assert_eq!(story.content_type(), "application/x-ndjson");
}

#[tokio::test]
async fn before_the_first_chunk_everything_has_its_status() {
    let stage = stage(MinerConfig { stream_chunk_limit: 1_000, ..config() }).await;
    for (word, status, kind) in [
        ("senseless", 422, "invalid_request"),
        ("fail at once", 503, "busy"),
        ("panic at once", 500, "panicked"),
        ("wait at once", 504, "timed_out"),
        ("large", 500, "internal"),
    ] {
        let timeout = if word == "wait at once" { "200" } else { "60000" };
        let headers = [SIGNED[0], SIGNED[1], (TIMEOUT_MS, timeout)];
        let refused = post(&stage.axon, "Alice", "/tell", ask(word), &headers).await;
        assert_eq!((refused.status, &*refused.refusal()), (status, kind));
        refused.signed_by(&stage.axon).unwrap();
    }
    let malformed = post(&stage.axon, "Alice", "/tell", "{", &[]).await;
    assert_eq!((malformed.status, &*malformed.refusal()), (400, "malformed_body"));
    let nothing = post(&stage.axon, "Alice", "/tell", ask("nothing"), &SIGNED).await;
    assert_eq!((nothing.status, nothing.complete, nothing.body.len()), (200, true, 0));
    nothing.trailed_by(&stage.axon).unwrap();
}

#[tokio::test]
async fn what_goes_wrong_later_breaks_the_body_off() {
    for (word, outcome) in [
        ("fail", "internal"),
        ("panic", "panicked"),
        ("large later", "internal"),
        ("endless", "internal"),
        ("gated", "timed_out"),
    ] {
        let bounds =
            MinerConfig { stream_chunk_limit: 1_000, stream_limit: 10_000, max_concurrency: 1, ..config() };
        let mut stage = stage(bounds).await;
        let timeout = if word == "gated" { "1000" } else { "60000" };
        let headers = [SIGNED[0], SIGNED[1], (TIMEOUT_MS, timeout)];
        let story = post(&stage.axon, "Alice", "/tell", ask(word), &headers).await;
        assert_eq!(story.status, 200, "{word}");
        assert!(story.body.starts_with(b"\"one\"\n"), "{word}");
        assert!(story.body.len() <= 10_000);
        assert!(!story.complete, "{word}: a part must not pass for the whole");
        assert!(story.trailers.is_none(), "{word}");
        stage.ended.recv().await.unwrap();
        counted(&stage.axon, outcome).await;
        assert_eq!(stage.axon.say("Alice", "hi").await.status(), 200, "the slot is free again");
    }
}

#[tokio::test]
async fn the_axons_deadline_ends_the_stream_too() {
    let limit = Duration::from_secs(1);
    let mut stage = stage(MinerConfig { request_timeout: limit, ..config() }).await;
    let story = post(&stage.axon, "Alice", "/tell", ask("gated"), &[(TIMEOUT_MS, "60000")]).await;
    assert_eq!((&*story.body, story.complete), (&b"\"one\"\n"[..], false));
    stage.ended.recv().await.unwrap();
}

#[tokio::test]
async fn hanging_up_ends_the_handlers_work() {
    let mut stage = stage(MinerConfig { max_concurrency: 1, queue: 0, ..config() }).await;
    let mut caller = Caller::connect(&stage.axon, "Alice").await;
    let mut reply = caller.post(&stage.axon, "/tell", ask("gated"), &[]).await;
    reply.piece().await.unwrap().unwrap();
    drop((reply, caller));
    stage.ended.recv().await.unwrap();
    counted(&stage.axon, "abandoned").await;
    assert_eq!(stage.axon.say("Alice", "hi").await.status(), 200);
}

#[tokio::test]
async fn a_stream_holds_its_slot_until_it_ends() {
    let stage = stage(MinerConfig { max_concurrency: 1, queue: 0, ..config() }).await;
    let mut caller = Caller::connect(&stage.axon, "Alice").await;
    let mut reply = caller.post(&stage.axon, "/tell", ask("gated"), &[]).await;
    reply.piece().await.unwrap().unwrap();
    assert_eq!(stage.axon.say("Bob", "hi").await.status(), 503);
    assert!(stage.axon.get("/metrics").await.1.contains("subnetkit_axon_in_flight 1\n"));
    stage.go.add_permits(1);
    assert!(reply.whole().await.complete);
    assert_eq!(stage.axon.say("Bob", "hi").await.status(), 200);
    assert!(stage.axon.get("/metrics").await.1.contains("subnetkit_axon_in_flight 0\n"));
}

#[tokio::test]
async fn a_caller_that_does_not_read_can_not_hold_the_slot() {
    let bounds = MinerConfig {
        request_timeout: Duration::from_secs(1),
        stream_limit: 1 << 30,
        max_concurrency: 1,
        ..config()
    };
    let mut stage = stage(bounds).await;
    let mut caller = Caller::connect(&stage.axon, "Alice").await;
    // Kept, and never read: the connection fills up with what nobody takes.
    let _unread = caller.post(&stage.axon, "/tell", ask("endless"), &[]).await;
    stage.ended.recv().await.unwrap();
    counted(&stage.axon, "timed_out").await;
    assert_eq!(stage.axon.say("Bob", "hi").await.status(), 200);
}

#[tokio::test]
async fn a_stream_in_flight_finishes_before_the_axon_ends() {
    let mut stage = stage(config()).await;
    let mut caller = Caller::connect(&stage.axon, "Alice").await;
    let mut reply = caller.post(&stage.axon, "/tell", ask("gated"), &SIGNED).await;
    reply.piece().await.unwrap().unwrap();
    stage.axon.shutdown.cancel();
    while TcpStream::connect(stage.axon.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stage.go.add_permits(1);
    let rest = reply.whole().await;
    assert!(rest.complete && rest.trailers.is_some());
    (&mut stage.axon.ended).await.unwrap();
}

#[tokio::test]
async fn a_caller_that_could_not_tell_a_breach_from_the_end_gets_no_stream() {
    let stage = stage(config()).await;
    let body = ask("x");
    let mut head = format!("POST /tell HTTP/1.0\r\nHost: x\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in stage.axon.headers(&key("Alice"), "/tell", &body) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = TcpStream::connect(stage.axon.address).await.unwrap();
    stream.write_all((head + "\r\n").as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.0 505"), "{answer}");
    assert!(answer.contains("version_not_supported"), "{answer}");
}

#[tokio::test]
async fn the_signature_follows_the_body() {
    let stage = stage(config()).await;
    let story = post(&stage.axon, "Alice", "/tell", ask("x"), &SIGNED).await;
    assert!(story.headers.contains_key("trailer"));
    assert_eq!(story.signed_by(&stage.axon), Err(ResponseError::Missing), "not yet known at the head");
    story.trailed_by(&stage.axon).unwrap();
    let mut tampered = story;
    tampered.body.pop();
    assert_eq!(tampered.trailed_by(&stage.axon), Err(ResponseError::BadSignature));

    let accept = [SIGNED[0], SIGNED[1], ("accept", "application/msgpack")];
    post(&stage.axon, "Alice", "/tell", ask("x"), &accept).await.trailed_by(&stage.axon).unwrap();

    for unasked in [&SIGNED[..1], &SIGNED[1..]] {
        let story = post(&stage.axon, "Alice", "/tell", ask("x"), unasked).await;
        assert!(story.complete && story.trailers.is_none() && !story.headers.contains_key("trailer"));
    }
}

#[tokio::test]
async fn streamed_and_whole_answers_come_from_one_state() {
    let stage = stage(config()).await;
    for _ in 0..3 {
        post(&stage.axon, "Alice", "/tell", ask("x"), &[]).await;
    }
    assert_eq!(post(&stage.axon, "Alice", "/told", "null", &[]).await.json::<usize>(), 3);
}
