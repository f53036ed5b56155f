//! Signed answers: from miners that sign, and from others that would like to pass for them.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use subnetkit_protocol::btauth::response::{CRYPTO, SIGNATURE, VERSION, sign_response};
use subnetkit_protocol::btauth::{self, BodyDigest, Claims, Policy, now_ns};
use subnetkit_protocol::{Encoding, TIMEOUT_MS};
use subnetkit_validator::Answer;
use subnetkit_validator::dendrite::MinerSchemes;

use super::*;

const ANSWER: &str = "{\"n\":42}";

/// A request as `//Bob`'s server sees it.
pub(super) struct Asked {
    pub(super) headers: HeaderMap,
    pub(super) claims: Claims,
}

impl Asked {
    pub(super) fn new(headers: HeaderMap) -> Self {
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let claims = btauth::parse(pairs, &Policy::new(key("Bob").account()), now_ns()).unwrap();
        Self { headers, claims }
    }

    /// The headers of an answer signed by `signer`.
    pub(super) fn signed(&self, signer: &Keypair, status: u16, body: &[u8]) -> Vec<(&'static str, String)> {
        sign_response(signer, status, BodyDigest::of(body), self.claims.signature(), &self.claims.sender)
    }
}

fn response(status: u16, headers: Vec<(&'static str, String)>, body: &'static str) -> Response<Body> {
    let response = Response::builder().status(status);
    headers
        .into_iter()
        .fold(response, |response, (name, value)| response.header(name, value))
        .body(body.into())
        .unwrap()
}

type Reply = fn(&Asked) -> Response<Body>;

/// A server at which `//Bob` is asked, and which answers by `reply`.
async fn bobs(reply: Reply) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let handler = post(async |State(reply): State<Reply>, request: Request| {
        reply(&Asked::new(request.headers().clone()))
    });
    let router = Router::new().route("/double", handler).with_state(reply);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn ask_with(settings: DendriteSettings, reply: Reply) -> Answer<Double> {
    let dendrite = Dendrite::new(key("Alice"), settings);
    dendrite.ask::<Double>(&bob(bobs(reply).await), &request(21), None).await.unwrap()
}

fn demanding() -> DendriteSettings {
    DendriteSettings { require_signed_responses: true, ..settings() }
}

#[tokio::test]
async fn a_signed_answer_is_evidence_for_anybody() {
    let answer = ask_with(demanding(), |asked| {
        response(200, asked.signed(&key("Bob"), 200, ANSWER.as_bytes()), ANSWER)
    })
    .await;
    let Outcome::Answered { response, .. } = &answer.outcome else { panic!("{answer:?}") };
    assert_eq!(*response, Number { n: 42 });
    let written = serde_json::to_string(&answer.evidence.unwrap()).unwrap();
    let evidence: btauth::Evidence = serde_json::from_str(&written).unwrap();
    assert_eq!(evidence.verify(), Ok(()));
    assert!(evidence.is_of(request(21).bytes(), &answer.body));
    assert_eq!((evidence.caller, evidence.signer), (key("Alice").account(), key("Bob").account()));
    assert_eq!((evidence.status, evidence.target.as_str()), (200, "/double"));
}

#[tokio::test]
async fn a_signature_that_is_there_has_to_be_right_even_where_none_is_demanded() {
    let forgeries: [(&str, Reply); 8] = [
        ("another body", |asked| response(200, asked.signed(&key("Bob"), 200, b"{\"n\":43}"), ANSWER)),
        ("another signer", |asked| response(200, asked.signed(&key("Eve"), 200, ANSWER.as_bytes()), ANSWER)),
        ("another status", |asked| response(200, asked.signed(&key("Bob"), 503, ANSWER.as_bytes()), ANSWER)),
        ("a refusal's status", |asked| response(429, asked.signed(&key("Bob"), 200, b"wait"), "wait")),
        ("an answer to somebody else", |asked| {
            let digest = BodyDigest::of(ANSWER.as_bytes());
            let headers =
                sign_response(&key("Bob"), 200, digest, asked.claims.signature(), &key("Eve").account());
            response(200, headers, ANSWER)
        }),
        ("an answer to another request", |asked| {
            let digest = BodyDigest::of(ANSWER.as_bytes());
            let headers = sign_response(&key("Bob"), 200, digest, &[7; 64], &asked.claims.sender);
            response(200, headers, ANSWER)
        }),
        ("two signatures", |asked| {
            let mut headers = asked.signed(&key("Bob"), 200, ANSWER.as_bytes());
            headers.extend(asked.signed(&key("Bob"), 200, ANSWER.as_bytes()));
            response(200, headers, ANSWER)
        }),
        ("half a signature", |_| response(200, vec![(VERSION, "1".to_owned())], ANSWER)),
    ];
    for (what, reply) in forgeries {
        for settings in [demanding(), settings()] {
            let answer = ask_with(settings, reply).await;
            assert_eq!(answer.outcome.kind(), OutcomeKind::Forged, "{what}: {answer:?}");
            assert!(answer.evidence.is_none() && answer.body.is_empty(), "{what}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_signature_counts_only_where_that_is_allowed() {
    let bare: Reply = |_| response(200, vec![], ANSWER);
    let Outcome::Forged { reason } = ask_with(demanding(), bare).await.outcome else { panic!("it is bare") };
    assert!(reason.contains("require_signed_responses"), "{reason}");
    let allowed = ask_with(settings(), bare).await;
    assert_eq!(allowed.outcome.kind(), OutcomeKind::Answered);
    assert_eq!(allowed.evidence, None);
}

#[tokio::test]
async fn a_refusal_is_one_with_and_without_a_signature() {
    let bare = ask_with(demanding(), |_| response(503, vec![], "busy")).await;
    assert_eq!((bare.outcome.kind(), bare.evidence), (OutcomeKind::Refused, None));
    let signed =
        ask_with(demanding(), |asked| response(503, asked.signed(&key("Bob"), 503, b"busy"), "busy")).await;
    let Outcome::Refused { status: 503, message, .. } = &signed.outcome else { panic!("{signed:?}") };
    assert_eq!(message, "busy");
    let evidence = signed.evidence.unwrap();
    assert_eq!((evidence.status, evidence.verify()), (503, Ok(())));
    assert!(evidence.is_of(request(21).bytes(), b"busy"));
}

#[tokio::test]
async fn the_scheme_of_a_miner_is_what_the_settings_say() {
    fn other() -> Keypair {
        Keypair::from_uri("//Bob", Scheme::Ed25519).unwrap()
    }
    // A server for the hotkey of the ed25519 key, which `parse` is not asked about.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let endpoint = Endpoint::new(other().account(), listener.local_addr().unwrap());
    let handler = post(async |request: Request| {
        let pairs = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let claims = btauth::parse(pairs, &Policy::new(other().account()), now_ns()).unwrap();
        let digest = BodyDigest::of(ANSWER.as_bytes());
        response(200, sign_response(&other(), 200, digest, claims.signature(), &claims.sender), ANSWER)
    });
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/double", handler)).await });

    let ask = async |schemes| {
        let dendrite = Dendrite::new(key("Alice"), DendriteSettings { schemes, ..demanding() });
        dendrite.ask::<Double>(&endpoint, &request(21), None).await.unwrap()
    };
    let Outcome::Forged { reason } = ask(MinerSchemes::default()).await.outcome else {
        panic!("not sr25519")
    };
    assert!(reason.contains("ed25519"), "{reason}");
    let exception = [(other().account(), Scheme::Ed25519)].into();
    let named = ask(MinerSchemes { by_hotkey: exception, ..MinerSchemes::default() }).await;
    assert_eq!(named.outcome.kind(), OutcomeKind::Answered);
    assert_eq!(named.evidence.unwrap().verify(), Ok(()));
}

#[tokio::test]
async fn a_request_tells_what_its_sender_wants() {
    let answer = ask_with(settings(), |asked| {
        let text = |name: &str| asked.headers.get(name).and_then(|value| value.to_str().ok()).unwrap();
        assert_eq!(text("x-subnetkit-sign-response"), "1");
        assert_eq!(text("te"), "trailers");
        assert_eq!((text("content-type"), text("accept")), ("application/json", "application/json"));
        let left: u64 = text(TIMEOUT_MS).parse().unwrap();
        assert!(left <= 20_000 && left > 10_000, "{left} ms of 20 s");
        assert!(!asked.headers.contains_key("accept-encoding"));
        assert!(text("host").starts_with("127.0.0.1:"));
        assert!(!asked.headers.contains_key(CRYPTO) && !asked.headers.contains_key(SIGNATURE));
        response(200, vec![], ANSWER)
    })
    .await;
    assert_eq!(answer.outcome.kind(), OutcomeKind::Answered, "{answer:?}");
}

/// As [`Double`], in MessagePack, with the answer in JSON.
struct Packed;

impl Synapse for Packed {
    const NAME: &'static str = "double";
    type Request = Number;
    type Response = Number;
    const ENCODING: Encoding = Encoding::MessagePack;
    const RESPONSE_ENCODING: Encoding = Encoding::Json;
}

#[tokio::test]
async fn each_direction_has_the_encoding_its_synapse_names() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let handler = post(async |headers: HeaderMap, body: Bytes| {
        let number: Number = Encoding::MessagePack.decode(&body).unwrap();
        assert_eq!(headers["content-type"], "application/msgpack");
        assert_eq!(headers["accept"], "application/json");
        let of = |n| if number.n == 0 { "application/msgpack" } else { n };
        ([("content-type", of("application/json; charset=utf-8"))], format!("{{\"n\":{}}}", 2 * number.n))
    });
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/double", handler)).await });
    let ask = async |n| {
        let request = EncodedRequest::new::<Packed>(&Number { n }).unwrap();
        dendrite().ask::<Packed>(&bob(address), &request, None).await.unwrap().outcome
    };
    let Outcome::Answered { response, .. } = ask(21).await else { panic!("it is JSON") };
    assert_eq!(response, Number { n: 42 });
    let Outcome::Malformed { reason } = ask(0).await else { panic!("it says MessagePack") };
    assert!(reason.contains("MessagePack") && reason.contains("JSON"), "{reason}");
}
