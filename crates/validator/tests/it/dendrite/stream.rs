//! Streamed answers, whole and broken.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, future};
use http_body_util::StreamBody;
use hyper::body::Frame;
use subnetkit_protocol::btauth::response::{CRYPTO, SIGNATURE, VERSION};
use subnetkit_validator::dendrite::{StreamEnd, Streamed};
use tokio::sync::Notify;

use super::signed::Asked;
use super::*;

type Frames = BoxStream<'static, Result<Frame<Bytes>, std::io::Error>>;

/// A server that streams what `frames` makes of a request to `//Bob`.
async fn streaming(frames: impl Fn(Asked) -> Frames + Clone + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let handler = post(move |request: Request| {
        let body = StreamBody::new(frames(Asked::new(request.headers().clone())));
        let names = format!("{VERSION}, {SIGNATURE}, {CRYPTO}");
        future::ready(Response::builder().header("trailer", names).body(Body::new(body)).unwrap())
    });
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/double", handler)).await });
    address
}

fn data(bytes: &'static str) -> Result<Frame<Bytes>, std::io::Error> {
    Ok(Frame::data(Bytes::from_static(bytes.as_bytes())))
}

/// The trailer by which `signer` signs `body`.
fn trailer(asked: &Asked, signer: &str, body: &str) -> Result<Frame<Bytes>, std::io::Error> {
    let fields = asked.signed(&key(signer), 200, body.as_bytes());
    let field = |(name, value): (&'static str, String)| {
        (HeaderName::from_static(name), HeaderValue::try_from(value).unwrap())
    };
    Ok(Frame::trailers(fields.into_iter().map(field).collect::<HeaderMap>()))
}

async fn read(address: SocketAddr, change: fn(&mut DendriteSettings)) -> (Vec<u64>, StreamEnd) {
    let mut settings = DendriteSettings { require_signed_responses: true, ..settings() };
    change(&mut settings);
    let dendrite = Arc::new(Dendrite::new(key("Alice"), settings));
    let mut chunks = Vec::new();
    let mut events = Box::pin(dendrite.ask_stream::<Double>(bob(address), request(1), None));
    while let Some(event) = events.next().await {
        match event.unwrap() {
            Streamed::Chunk(number) => chunks.push(number.n),
            Streamed::Ended(end) => {
                assert!(events.next().await.is_none(), "the end is the last event");
                return (chunks, end);
            }
        }
    }
    panic!("the stream has no end");
}

/// The same for who waits for the end.
async fn whole(address: SocketAddr, change: fn(&mut DendriteSettings)) -> Answer<Double> {
    let mut settings = DendriteSettings { require_signed_responses: true, ..settings() };
    change(&mut settings);
    let dendrite = Dendrite::new(key("Alice"), settings);
    dendrite.ask_pieces::<Double>(&bob(address), &request(1), None).await.unwrap()
}

#[tokio::test]
async fn pieces_have_their_times_and_their_end_the_evidence() {
    let body = "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n";
    let made = |asked: Asked| {
        let pause = stream::once(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            data("\n{\"n\":3}\n")
        });
        let end = stream::iter([trailer(&asked, "Bob", "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n")]);
        // The second is whole with its line break only, and that comes with the third.
        stream::iter([data("{\"n\":1}\n{\"n\":2}")]).chain(pause).chain(end).boxed()
    };
    let address = streaming(made).await;
    let answer = whole(address, |_| {}).await;
    let pieces = answer.pieces().unwrap();
    assert_eq!(pieces.iter().map(|piece| piece.value.n).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(pieces[1].at >= pieces[0].at + Duration::from_millis(20), "{pieces:?}");
    assert_eq!(pieces[1].at, pieces[2].at);
    let Outcome::Streamed { elapsed, .. } = &answer.outcome else { panic!("{answer:?}") };
    assert!(*elapsed >= pieces[2].at && *elapsed == answer.timing.answering);
    assert_eq!(answer.body, body.as_bytes());
    assert!(answer.evidence.as_ref().unwrap().is_of(request(1).bytes(), body.as_bytes()));
    assert!(answer.response().is_none() && answer.partial.is_empty());

    let few = whole(address, |settings| settings.max_response_pieces = 2).await;
    assert_eq!((few.outcome.clone(), few.partial.len()), (Outcome::TooManyPieces { limit: 2 }, 2));
    let all = whole(address, |settings| settings.max_response_pieces = 3).await;
    assert_eq!(all.outcome.kind(), OutcomeKind::Streamed);
}

#[tokio::test]
async fn chunks_arrive_before_the_end_and_the_end_proves_them() {
    let go_on = Arc::new(Notify::new());
    let waiting = Arc::clone(&go_on);
    let address = streaming(move |asked| {
        let waiting = Arc::clone(&waiting);
        // The second chunk comes once the first has been seen, cut in two.
        let second = stream::once(async move {
            waiting.notified().await;
            data("{\"n\":")
        });
        let rest = stream::iter([data("2}\n"), trailer(&asked, "Bob", "{\"n\":1}\n{\"n\":2}\n")]);
        stream::iter([data("{\"n\":1}\n")]).chain(second).chain(rest).boxed()
    })
    .await;
    let settings = DendriteSettings { require_signed_responses: true, ..settings() };
    let dendrite = Arc::new(Dendrite::new(key("Alice"), settings));
    let mut events = Box::pin(dendrite.ask_stream::<Double>(bob(address), request(1), None));
    assert_eq!(events.next().await.unwrap().unwrap(), Streamed::Chunk(Number { n: 1 }));
    go_on.notify_one();
    assert_eq!(events.next().await.unwrap().unwrap(), Streamed::Chunk(Number { n: 2 }));
    let Streamed::Ended(end) = events.next().await.unwrap().unwrap() else { panic!("three chunks") };
    let Outcome::Answered { response: 2, elapsed } = end.outcome else { panic!("{end:?}") };
    assert!(elapsed <= end.timing.answering);
    let evidence = end.evidence.unwrap();
    assert_eq!(evidence.verify(), Ok(()));
    assert!(evidence.is_of(request(1).bytes(), b"{\"n\":1}\n{\"n\":2}\n"));
}

#[tokio::test]
async fn a_stream_is_an_answer_only_if_it_ends_as_it_should() {
    type Made = fn(Asked) -> Frames;
    let kinds: [(&str, OutcomeKind, Made); 7] = [
        ("no trailer", OutcomeKind::Forged, |_| stream::iter([data("{\"n\":1}\n")]).boxed()),
        ("a trailer on something else", OutcomeKind::Forged, |asked| {
            stream::iter([data("{\"n\":1}\n"), trailer(&asked, "Bob", "{\"n\":2}\n")]).boxed()
        }),
        ("somebody else's trailer", OutcomeKind::Forged, |asked| {
            stream::iter([data("{\"n\":1}\n"), trailer(&asked, "Eve", "{\"n\":1}\n")]).boxed()
        }),
        ("an end in the middle", OutcomeKind::Malformed, |asked| {
            stream::iter([data("{\"n\":1}\n{"), trailer(&asked, "Bob", "{\"n\":1}\n{")]).boxed()
        }),
        ("another type", OutcomeKind::Malformed, |asked| {
            stream::iter([data("{\"n\":1}\n[]\n"), trailer(&asked, "Bob", "{\"n\":1}\n[]\n")]).boxed()
        }),
        ("a broken connection", OutcomeKind::Unreachable, |_| {
            stream::iter([data("{\"n\":1}\n"), Err(std::io::Error::other("it broke"))]).boxed()
        }),
        ("no end", OutcomeKind::TooLarge, |_| stream::repeat_with(|| data("{\"n\":1}\n")).boxed()),
    ];
    for (what, kind, made) in kinds {
        let (chunks, end) = read(streaming(made).await, |_| {}).await;
        assert_eq!(end.outcome.kind(), kind, "{what}: {end:?}");
        assert_eq!(end.evidence, None, "{what}");
        assert!(chunks.iter().all(|n| *n == 1), "{what}");
        // Whether a chunk that came with the breaking of its connection is still seen is a matter of timing.
        assert!(!chunks.is_empty() || kind == OutcomeKind::Unreachable, "{what}");
        let answer = whole(streaming(made).await, |_| {}).await;
        assert_eq!((answer.outcome.kind(), answer.pieces()), (kind, None), "{what}: {answer:?}");
        assert!(answer.partial.iter().all(|piece| piece.value.n == 1), "{what}");
        assert!(!answer.partial.is_empty() || kind == OutcomeKind::Unreachable, "{what}");
    }
}

#[tokio::test]
async fn a_stream_that_stalls_times_out_and_its_unsigned_end_may_be_allowed() {
    let stalling = streaming(|_| stream::iter([data("{\"n\":1}\n")]).chain(stream::pending()).boxed()).await;
    let (chunks, end) = read(stalling, |settings| settings.timeout = Duration::from_millis(150)).await;
    assert_eq!(chunks, [1]);
    assert_eq!(end.outcome, Outcome::TimedOut { after: Duration::from_millis(150) });
    let bare = streaming(|_| stream::iter([data("{\"n\":1}\n")]).boxed()).await;
    let (_, end) = read(bare, |settings| settings.require_signed_responses = false).await;
    assert_eq!((end.outcome.kind(), end.evidence), (OutcomeKind::Answered, None));
}

#[tokio::test]
async fn who_drops_a_stream_hangs_up_and_gives_its_slot_back() {
    struct Dropped(Arc<Notify>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let hung_up = Arc::new(Notify::new());
    let notify = Arc::clone(&hung_up);
    let endless = streaming(move |_| {
        let dropped = Dropped(Arc::clone(&notify));
        let more = stream::unfold(dropped, |dropped| async {
            tokio::task::yield_now().await;
            Some((data("{\"n\":1}\n"), dropped))
        });
        more.boxed()
    })
    .await;
    let settings = DendriteSettings { concurrency: 1, max_response_bytes: usize::MAX, ..settings() };
    let dendrite = Arc::new(Dendrite::new(key("Alice"), settings));
    for _ in 0..3 {
        let mut events = Box::pin(dendrite.ask_stream::<Double>(bob(endless), request(1), None));
        assert_eq!(events.next().await.unwrap().unwrap(), Streamed::Chunk(Number { n: 1 }));
        drop(events);
        hung_up.notified().await;
    }
}

#[tokio::test]
async fn a_refusal_is_the_end_of_a_stream() {
    let address = server(|| Response::builder().status(429).body(Body::from("later")).unwrap()).await;
    let (chunks, end) = read(address, |_| {}).await;
    assert!(chunks.is_empty());
    assert_eq!(end.outcome.kind(), OutcomeKind::Refused);
}
