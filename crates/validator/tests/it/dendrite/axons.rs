//! Real axons: in every encoding, whole and streamed, over TLS, held to their signatures and told the deadline.

use futures::StreamExt;
use rcgen::{CertificateParams, KeyPair};
use subnetkit_miner::{Chunks, ForwardStream, produce};
use subnetkit_protocol::btauth::BodyDigest;
use subnetkit_protocol::{Encoding, Raw};
use subnetkit_validator::dendrite::{AskError, RawRequest, Streamed};

use super::*;

/// Bytes back and forth: repeated whole, or letter by letter.
struct Repeat<const ENCODING: u8>;

macro_rules! repeats {
    ($($number:literal: $encoding:expr, $name:literal, $letters:literal;)*) => {
        $(
            impl Synapse for Repeat<$number> {
                const NAME: &'static str = $name;
                type Request = Raw;
                type Response = Raw;
                const ENCODING: Encoding = $encoding;
            }

            impl Synapse for Letters<$number> {
                const NAME: &'static str = $letters;
                type Request = Raw;
                type Response = Raw;
                const ENCODING: Encoding = $encoding;
            }
        )*
    };
}

struct Letters<const ENCODING: u8>;

repeats! {
    0: Encoding::Json, "repeat-json", "letters-json";
    1: Encoding::MessagePack, "repeat-msgpack", "letters-msgpack";
    2: Encoding::Raw, "repeat-raw", "letters-raw";
}

struct Parrot;

#[async_trait]
impl<const ENCODING: u8> Forward<Repeat<ENCODING>> for Parrot
where
    Repeat<ENCODING>: Synapse<Request = Raw, Response = Raw>,
{
    async fn forward(&self, call: Call<Raw>) -> Result<Raw, Refusal> {
        Ok(call.request)
    }
}

#[async_trait]
impl<const ENCODING: u8> ForwardStream<Letters<ENCODING>> for Parrot
where
    Letters<ENCODING>: Synapse<Request = Raw, Response = Raw>,
{
    async fn stream(&self, call: Call<Raw>) -> Result<Chunks<Raw>, Refusal> {
        Ok(produce(async move |out| {
            for letter in call.request.iter() {
                if *letter == b'!' {
                    return Err(Refusal::internal("out of breath"));
                }
                out.send(Raw::from(vec![*letter])).await?;
            }
            Ok(())
        }))
    }
}

async fn parrot() -> (SocketAddr, DropGuard) {
    axon_with(MinerConfig::default(), |axon| {
        axon.serve::<Repeat<0>>(Parrot)
            .serve::<Repeat<1>>(Parrot)
            .serve::<Repeat<2>>(Parrot)
            .serve_stream::<Letters<0>>(Parrot)
            .serve_stream::<Letters<1>>(Parrot)
            .serve_stream::<Letters<2>>(Parrot)
    })
    .await
}

fn strict() -> Arc<Dendrite> {
    Arc::new(Dendrite::new(key("Alice"), DendriteSettings { require_signed_responses: true, ..settings() }))
}

async fn repeated<S: Synapse<Request = Raw, Response = Raw>>(address: SocketAddr) {
    let bytes = Raw::from(vec![0, 10, 255]);
    let request = EncodedRequest::new::<S>(&bytes).unwrap();
    let answer = strict().ask::<S>(&bob(address), &request, None).await.unwrap();
    let Outcome::Answered { response, .. } = &answer.outcome else { panic!("{:?}", answer.outcome) };
    assert_eq!(response, &bytes);
    let evidence = answer.evidence.unwrap();
    evidence.verify().unwrap();
    assert_eq!(evidence.response_body, BodyDigest::of(&S::ENCODING.encode(&bytes).unwrap()));
}

async fn letters<S: Synapse<Request = Raw, Response = Raw>>(
    address: SocketAddr,
    text: &str,
) -> (String, OutcomeKind) {
    let request = EncodedRequest::new::<S>(&Raw::from(text.as_bytes().to_vec())).unwrap();
    let mut events = Box::pin(strict().ask_stream::<S>(bob(address), request, None));
    let mut read = String::new();
    loop {
        match events.next().await.unwrap().unwrap() {
            Streamed::Chunk(chunk) => read.push_str(std::str::from_utf8(&chunk).unwrap()),
            Streamed::Ended(end) => {
                if let Some(evidence) = &end.evidence {
                    evidence.verify().unwrap();
                }
                let kind = end.outcome.kind();
                assert_eq!(end.evidence.is_some(), kind == OutcomeKind::Answered, "{:?}", end.outcome);
                return (read, kind);
            }
        }
    }
}

#[tokio::test]
async fn answers_are_proven_in_every_encoding() {
    let (address, _axon) = parrot().await;
    repeated::<Repeat<0>>(address).await;
    repeated::<Repeat<1>>(address).await;
    repeated::<Repeat<2>>(address).await;
}

#[tokio::test]
async fn streams_are_proven_at_their_end_and_broken_ones_never() {
    let (address, _axon) = parrot().await;
    let answered = ("polly".to_owned(), OutcomeKind::Answered);
    assert_eq!(letters::<Letters<0>>(address, "polly").await, answered);
    assert_eq!(letters::<Letters<1>>(address, "polly").await, answered);
    assert_eq!(letters::<Letters<2>>(address, "polly").await, answered);
    assert_eq!(letters::<Letters<0>>(address, "").await, (String::new(), OutcomeKind::Answered));

    for (read, kind) in [
        letters::<Letters<0>>(address, "pol!ly").await,
        letters::<Letters<1>>(address, "pol!ly").await,
        letters::<Letters<2>>(address, "pol!ly").await,
    ] {
        assert!("pol".starts_with(&read), "{read}");
        assert_ne!(kind, OutcomeKind::Answered);
    }
}

#[tokio::test]
async fn requests_by_hand_are_signed_and_judged_as_all_others() {
    let (address, _axon) = parrot().await;
    let by_hand = |target: &str| RawRequest::new(target, Encoding::Raw, b"polly".to_vec());
    let shown = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&shown);
    let request = by_hand("/repeat-raw")
        .header("x-trace", "7")
        .header("content-type", "text/plain")
        .seen_by(move |headers| seen.lock().unwrap().extend_from_slice(headers));
    let answer = strict().ask_raw(&bob(address), request, None).await.unwrap();
    assert_eq!((answer.outcome.kind(), answer.status), (OutcomeKind::Answered, Some(200)), "{answer:?}");
    assert_eq!(&answer.body[..], b"polly");
    assert_eq!(answer.evidence.unwrap().verify(), Ok(()));
    let shown = shown.lock().unwrap().clone();
    let values = |name: &str| -> Vec<&str> {
        shown.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(values("x-trace"), ["7"]);
    assert_eq!(values("content-type"), ["application/octet-stream"], "what the protocol says wins");

    let streaming = strict().stream_raw::<Raw>(bob(address), by_hand("/letters-raw"), None).unwrap();
    let events: Vec<_> = streaming.map(Result::unwrap).collect().await;
    let (last, letters) = events.split_last().unwrap();
    let read: Vec<u8> = letters
        .iter()
        .flat_map(|event| match event {
            Streamed::Chunk(letters) => letters.to_vec(),
            Streamed::Ended(end) => panic!("{end:?}"),
        })
        .collect();
    assert_eq!(read, b"polly");
    assert!(matches!(last, Streamed::Ended(end) if end.evidence.is_some()), "{last:?}");

    let nothing = strict().ask_raw(&bob(address), by_hand("/nothing"), None).await.unwrap();
    assert!(matches!(nothing.outcome, Outcome::Refused { status: 404, .. }), "{nothing:?}");
    assert!(nothing.body.is_empty());
    let unsignable = strict().ask_raw(&bob(address), by_hand("nothing"), None).await;
    assert!(matches!(unsignable, Err(AskError::Sign { .. })), "{unsignable:?}");
}

#[tokio::test]
async fn its_answers_and_its_refusals_are_signed() {
    let (address, _axon) = axon().await;
    let dendrite = strict();
    let answer = dendrite.ask::<Double>(&bob(address), &request(21), None).await.unwrap();
    assert_eq!(answer.outcome.kind(), OutcomeKind::Answered, "{answer:?}");
    let evidence = answer.evidence.unwrap();
    assert_eq!(evidence.verify(), Ok(()));
    assert!(evidence.is_of(request(21).bytes(), &answer.body));

    let busy = dendrite.ask::<Double>(&bob(address), &request(0), None).await.unwrap();
    assert!(matches!(busy.outcome, Outcome::Refused { status: 503, .. }), "{busy:?}");
    assert_eq!(busy.evidence.unwrap().verify(), Ok(()));

    let stranger = Dendrite::new(key("Eve"), settings());
    let refused = stranger.ask::<Double>(&bob(address), &request(21), None).await.unwrap();
    assert!(matches!(refused.outcome, Outcome::Refused { status: 403, .. }), "{refused:?}");
    assert_eq!(refused.evidence, None, "a stranger gets no signature");
}

/// Never answers, and tells of its deadline.
struct Ponder;

impl Synapse for Ponder {
    const NAME: &'static str = "ponder";
    type Request = Number;
    type Response = Number;
}

struct Ponderer(tokio::sync::mpsc::UnboundedSender<Duration>);

#[async_trait]
impl Forward<Ponder> for Ponderer {
    async fn forward(&self, call: Call<Number>) -> Result<Number, Refusal> {
        self.0.send(call.time_left()).unwrap();
        std::future::pending().await
    }
}

#[tokio::test]
async fn it_learns_how_long_the_caller_waits() {
    let (deadlines, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let (address, _axon) =
        axon_with(MinerConfig::default(), |axon| axon.serve::<Ponder>(Ponderer(deadlines))).await;
    let request = EncodedRequest::new::<Ponder>(&Number { n: 1 }).unwrap();
    let timeout = Duration::from_millis(900);
    let answer = strict().ask::<Ponder>(&bob(address), &request, Some(timeout)).await.unwrap();
    let late = [OutcomeKind::TimedOut, OutcomeKind::Refused];
    assert!(late.contains(&answer.outcome.kind()), "whichever clock is first: {answer:?}");
    assert!(heard.recv().await.unwrap() <= timeout);
}

#[tokio::test]
async fn it_is_asked_over_tls_with_the_key_it_publishes() {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&keys).unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("certificate.pem"), certificate.pem()).unwrap();
    std::fs::write(path("key.pem"), keys.serialize_pem()).unwrap();
    let config = MinerConfig {
        tls_certificate: Some(path("certificate.pem")),
        tls_key: Some(path("key.pem")),
        ..MinerConfig::default()
    };
    let mut published = None;
    let (address, _axon) = axon_bound(
        config,
        |axon| axon.serve::<Double>(Doubler),
        |bound| {
            published = bound.certificate().map(|certificate| certificate.borrow().clone());
        },
    )
    .await;
    let endpoint = bob(address).with_certificate(published.unwrap());
    let answer = strict().ask::<Double>(&endpoint, &request(21), None).await.unwrap();
    assert_eq!(answer.outcome.kind(), OutcomeKind::Answered, "{answer:?}");
    assert_eq!(answer.evidence.unwrap().verify(), Ok(()));
}
