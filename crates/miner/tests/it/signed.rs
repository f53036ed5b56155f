//! Signed answers.

use subnetkit_miner::MinerConfig;
use subnetkit_protocol::{
    Keypair, Scheme, TIMEOUT_MS,
    btauth::{
        BodyDigest,
        response::{CRYPTO, ResponseError, SIGN, verify_response},
    },
};

use crate::{
    support::{Running, ask, config, start, start_as},
    wire::{Whole, post},
};

async fn say(axon: &Running, caller: &str, word: &str) -> Whole {
    post(axon, caller, "/echo", ask(word), &[(SIGN, "1")]).await
}

#[tokio::test]
async fn an_answer_is_signed_for_its_request_and_its_caller() {
    let axon = start(config()).await;
    let answer = say(&axon, "Alice", "hi").await;
    assert_eq!(answer.status, 200);
    answer.signed_by(&axon).unwrap();
    assert!(!answer.headers.contains_key(CRYPTO), "sr25519 is not named");

    let other = say(&axon, "Bob", "hi").await;
    let judge = |signed: &Whole, status: u16, body: &[u8], request: &Whole| {
        verify_response(
            signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())),
            &axon.own,
            &request.caller.account(),
            status,
            BodyDigest::of(body),
            &request.request_signature,
            Some(Scheme::Sr25519),
        )
    };
    judge(&answer, 200, &answer.body, &answer).unwrap();
    judge(&other, 200, &other.body, &other).unwrap();
    assert_eq!(judge(&answer, 200, &answer.body, &other), Err(ResponseError::BadSignature));
    assert_eq!(judge(&answer, 201, &answer.body, &answer), Err(ResponseError::BadSignature));
    assert_eq!(judge(&answer, 200, b"{}", &answer), Err(ResponseError::BadSignature));
}

#[tokio::test]
async fn refusals_of_proven_requests_are_signed() {
    let bounds = MinerConfig { rate_per_hotkey: 0.01, burst_per_hotkey: 6, ..config() };
    let axon = start(bounds).await;
    for (word, status, kind) in [
        ("senseless", 422, "invalid_request"),
        ("tired", 503, "busy"),
        ("fail", 500, "internal"),
        ("panic", 500, "panicked"),
        ("wait", 504, "timed_out"),
    ] {
        let timeout = if word == "wait" { "200" } else { "60000" };
        let headers = [(SIGN, "1"), (TIMEOUT_MS, timeout)];
        let refused = post(&axon, "Alice", "/echo", ask(word), &headers).await;
        assert_eq!((refused.status, &*refused.refusal()), (status, kind));
        refused.signed_by(&axon).unwrap();
    }
    let malformed = post(&axon, "Alice", "/echo", "{", &[(SIGN, "1")]).await;
    assert_eq!(malformed.status, 400);
    malformed.signed_by(&axon).unwrap();
    let too_fast = say(&axon, "Alice", "hi").await;
    assert_eq!(too_fast.status, 429);
    too_fast.signed_by(&axon).unwrap();
}

#[tokio::test]
async fn nothing_is_signed_for_who_proved_nothing_or_did_not_ask() {
    let axon = start(config()).await;
    let stranger = say(&axon, "Mallory", "hi").await;
    assert_eq!(stranger.status, 403);
    assert_eq!(stranger.signed_by(&axon), Err(ResponseError::Missing));
    let body = ask("hi");
    let mut headers = axon.headers(&crate::support::key("Alice"), "/echo", b"another body");
    headers.push((SIGN, "1".to_owned()));
    let forged = axon.post("/echo", headers, body).send().await.unwrap();
    assert_eq!(forged.status(), 401);
    assert!(forged.headers().keys().all(|name| !name.as_str().contains("subnetkit")));

    for unasked in [&[][..], &[(SIGN, "0")], &[(SIGN, "true")], &[(SIGN, "")]] {
        let answer = post(&axon, "Alice", "/echo", ask("hi"), unasked).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.signed_by(&axon), Err(ResponseError::Missing), "{unasked:?}");
    }
}

#[tokio::test]
async fn an_operator_may_keep_its_signature() {
    let axon = start(MinerConfig { sign_responses: false, ..config() }).await;
    let answer = say(&axon, "Alice", "hi").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.signed_by(&axon), Err(ResponseError::Missing));
}

#[tokio::test]
async fn another_scheme_is_named() {
    let hotkey = Keypair::from_uri("//Miner", Scheme::Ed25519).unwrap();
    let axon = start_as(hotkey, config(), |axon| axon).await;
    let answer = say(&axon, "Alice", "hi").await;
    assert_eq!(answer.headers[CRYPTO], "ed25519");
    answer.signed_by(&axon).unwrap();
}
