//! Heads, encodings and hosts: what an answer may not be, and how many are asked for at once.

use futures::StreamExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::*;

/// A server that answers the first request of each connection with these bytes, and counts the connections.
async fn raw_server(answer: impl Into<Vec<u8>>) -> (SocketAddr, Arc<AtomicUsize>) {
    let answer = answer.into();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(say(socket, answer.clone()));
        }
    });
    (address, connections)
}

async fn say(mut socket: TcpStream, answer: Vec<u8>) {
    let mut bytes = [0; 4096];
    if socket.read(&mut bytes).await.is_ok_and(|n| n > 0) && socket.write_all(&answer).await.is_ok() {
        // Until the other side has had enough.
        while socket.read(&mut bytes).await.is_ok_and(|n| n > 0) {}
    }
}

#[tokio::test]
async fn a_head_is_bounded_in_bytes_and_fields() {
    let long =
        format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 7\r\n\r\n{{\"n\":1}}", "y".repeat(64 * 1024));
    let fields = "x: y\r\n".repeat(80);
    let many = format!("HTTP/1.1 200 OK\r\n{fields}content-length: 7\r\n\r\n{{\"n\":1}}");
    for head in [long, many] {
        let (address, connections) = raw_server(head).await;
        let outcome = ask(address).await;
        assert_eq!(outcome, Outcome::TooLarge { limit_bytes: 64 * 1024 });
        assert_eq!(connections.load(Ordering::SeqCst), 1, "it reached the miner");
    }
    let allowed =
        format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 7\r\n\r\n{{\"n\":1}}", "y".repeat(16 * 1024));
    assert_eq!(ask(raw_server(allowed).await.0).await.kind(), OutcomeKind::Answered);
}

#[tokio::test]
async fn what_is_no_http_is_malformed() {
    for answer in ["SSH-2.0-OpenSSH_9.6\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n"] {
        let outcome = ask(raw_server(answer).await.0).await;
        assert_eq!(outcome.kind(), OutcomeKind::Malformed, "{answer}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_none() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 4096];
        assert!(socket.read(&mut bytes).await.unwrap() > 0);
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"n\":1}").await.unwrap();
    });
    let outcome = ask(address).await;
    assert_eq!(outcome.kind(), OutcomeKind::Unreachable, "{outcome:?}");
}

#[tokio::test]
async fn a_trailer_is_bounded_too() {
    let trailer = |lines: usize| {
        let lines = "x: y\r\n".repeat(lines);
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\n{{\"n\":1}}\r\n0\r\n{lines}\r\n")
    };
    assert_eq!(ask(raw_server(trailer(3)).await.0).await.kind(), OutcomeKind::Answered);
    for lines in [80, 100_000] {
        let outcome = ask(raw_server(trailer(lines)).await.0).await;
        assert_eq!(outcome.kind(), OutcomeKind::Unreachable, "{outcome:?}");
    }
}

#[tokio::test]
async fn an_end_that_could_be_a_broken_connection_is_none() {
    for framing in ["connection: close", "transfer-encoding: gzip"] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 4096];
            assert!(socket.read(&mut bytes).await.unwrap() > 0);
            let answer = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{{\"n\":1}}");
            socket.write_all(answer.as_bytes()).await.unwrap();
        });
        let outcome = ask(address).await;
        assert_eq!(outcome.kind(), OutcomeKind::Malformed, "{framing}: {outcome:?}");
    }
}

#[tokio::test]
async fn nothing_is_ever_unpacked() {
    for (encoding, kind) in [
        ("gzip", OutcomeKind::Malformed),
        ("br", OutcomeKind::Malformed),
        ("identity, gzip", OutcomeKind::Malformed),
        ("identity", OutcomeKind::Answered),
    ] {
        let answer = move || {
            Response::builder().header("content-encoding", encoding).body(Body::from("{\"n\":1}")).unwrap()
        };
        let outcome = ask(server(answer).await).await;
        assert_eq!(outcome.kind(), kind, "{encoding}: {outcome:?}");
    }
}

/// A server that answers each request once a permit is added.
async fn gated() -> (SocketAddr, Arc<Semaphore>, Arc<AtomicUsize>) {
    let (gate, inside) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (opened, count) = (Arc::clone(&gate), Arc::clone(&inside));
    let handler = post(move |_: Bytes| {
        let (opened, count) = (Arc::clone(&opened), Arc::clone(&count));
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            opened.acquire().await.unwrap().forget();
            "{\"n\":1}"
        }
    });
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/double", handler)).await });
    (address, gate, inside)
}

#[tokio::test]
async fn answers_come_in_the_order_they_arrive() {
    let mut gates = Vec::new();
    let mut asks = Vec::new();
    for n in 0..4u8 {
        let (address, gate, _) = gated().await;
        gates.push(gate);
        asks.push((Endpoint::new(Hotkey::from_bytes([n; 32]), address), request(1)));
    }
    let dendrite = Arc::new(dendrite());
    let mut answers = dendrite.ask_all::<Double>(asks, None);
    for n in [2, 0, 3, 1] {
        gates[usize::from(n)].add_permits(1);
        let answer = answers.next().await.unwrap().unwrap();
        assert_eq!(answer.hotkey, Hotkey::from_bytes([n; 32]));
        assert_eq!(answer.outcome.kind(), OutcomeKind::Answered);
    }
    assert!(answers.next().await.is_none());
}

#[tokio::test]
async fn honest_miners_are_answered_while_others_waste_this_sides_time() {
    let endless =
        || Body::from_stream(futures::stream::repeat(Ok::<_, Infallible>(Bytes::from_static(b" "))));
    let bomb = format!("HTTP/1.1 200 OK\r\n{}", "x: y\r\n".repeat(100_000));
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let hostile = [
        silent.local_addr().unwrap(),
        server(move || ok(endless())).await,
        raw_server(bomb).await.0,
        raw_server("HTTP/1.1 100 Continue\r\n\r\n".repeat(10_000)).await.0,
        raw_server([0xff; 100_000]).await.0,
    ];
    let honest = server(|| ok("{\"n\":1}")).await;
    let settings = DendriteSettings { concurrency_per_host: 256, ..settings() };
    let dendrite = Arc::new(Dendrite::new(key("Alice"), settings));
    let asks = (0..100).map(|n| match n % 2 {
        0 => (Endpoint::new(Hotkey::from_bytes([0; 32]), honest), request(1)),
        _ => (Endpoint::new(Hotkey::from_bytes([1; 32]), hostile[n / 2 % hostile.len()]), request(1)),
    });
    let mut answers = dendrite.ask_all::<Double>(asks, None);
    let mut answered = 0;
    // The silent ones are still pending when all honest ones have answered.
    while answered < 50 {
        let answer = answers.next().await.unwrap().unwrap();
        let is_honest = answer.hotkey == Hotkey::from_bytes([0; 32]);
        assert_eq!(is_honest, answer.outcome.kind() == OutcomeKind::Answered, "{answer:?}");
        assert_ne!(answer.outcome.kind(), OutcomeKind::TimedOut, "{answer:?}");
        answered += usize::from(is_honest);
    }
}

#[tokio::test]
async fn one_host_is_not_asked_for_more_than_its_share_and_waiting_is_not_charged() {
    let (address, gate, inside) = gated().await;
    let settings = DendriteSettings { concurrency_per_host: 2, ..settings() };
    let dendrite = Arc::new(Dendrite::new(key("Alice"), settings));
    let asks = (0..6).map(|_| (bob(address), request(1)));
    let mut answers = dendrite.ask_all::<Double>(asks, None);
    let mut waited = Vec::new();
    for answered in 1..=6 {
        gate.add_permits(1);
        let answer = answers.next().await.unwrap().unwrap();
        assert_eq!(answer.outcome.kind(), OutcomeKind::Answered);
        assert!(inside.load(Ordering::SeqCst) <= answered + 1, "two at a time");
        assert_eq!(answer.outcome.elapsed(), Some(answer.timing.answering));
        waited.push(answer.timing.queued);
    }
    assert!(waited.iter().max() > waited.iter().min());
    // Other hosts have slots of their own, and are asked meanwhile.
    let elsewhere = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).await.unwrap();
    let other = bob(elsewhere.local_addr().unwrap());
    let handler = post(async |_: Bytes| "{\"n\":1}");
    tokio::spawn(async move { axum::serve(elsewhere, Router::new().route("/double", handler)).await });
    let busy = (0..2).map(|_| (bob(address), request(1)));
    let _busy = dendrite.ask_all::<Double>(busy, None);
    let answer = dendrite.ask::<Double>(&other, &request(1), None).await.unwrap();
    assert_eq!(answer.outcome.kind(), OutcomeKind::Answered);
}

#[tokio::test]
async fn an_endless_timeout_is_no_panic() {
    let address = server(|| ok("{\"n\":1}")).await;
    let answer = dendrite().ask::<Double>(&bob(address), &request(1), Some(Duration::MAX)).await.unwrap();
    assert_eq!(answer.outcome.kind(), OutcomeKind::Answered);
}

#[tokio::test]
async fn connections_are_used_again() {
    let (answer, connections) =
        ("HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{\"n\":1}", AtomicUsize::new(0));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(connections);
    let counting = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            counting.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut bytes = [0; 4096];
                while socket.read(&mut bytes).await.is_ok_and(|n| n > 0) {
                    socket.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    let dendrite = dendrite();
    for _ in 0..5 {
        let answer = dendrite.ask::<Double>(&bob(address), &request(1), None).await.unwrap();
        assert_eq!(answer.outcome.kind(), OutcomeKind::Answered, "{answer:?}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
