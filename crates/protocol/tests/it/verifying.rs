//! The verifier's own rules, beyond the recorded requests: both halves, pins, replays, odd header bytes.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use subnetkit_protocol::{
    AccountId, Keypair, Scheme,
    btauth::{
        self, AuthErrorKind, BodyDigest, ConfigError, Policy, ReplaySettings, ReplayStore, Unsigned, Verifier,
    },
};

const NONCE: u64 = 1_752_076_800_000_000_000;
const NOW: u128 = NONCE as u128 + 1_000_000;
const SECOND: u128 = 1_000_000_000;
const BODY: &[u8] = b"{}";

fn alice() -> Keypair {
    Keypair::from_uri("//Alice", Scheme::Sr25519).unwrap()
}

fn bob() -> AccountId {
    Keypair::from_uri("//Bob", Scheme::Sr25519).unwrap().account()
}

fn verifier() -> Verifier {
    verifier_with(Policy::new(bob()), ReplaySettings::default()).unwrap()
}

fn verifier_with(policy: Policy, settings: ReplaySettings) -> Result<Verifier, ConfigError> {
    Verifier::new(policy, ReplayStore::new(settings)?)
}

fn signed(pair: &Keypair) -> Vec<(&'static str, String)> {
    let request =
        Unsigned { method: "POST", target: "/work", body: BODY, receiver: Some(&bob()), nonce: NONCE };
    btauth::sign(pair, &request).unwrap()
}

fn pairs<'a>(headers: &'a [(&'static str, String)]) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    headers.iter().map(|(name, value)| (*name, value.as_bytes()))
}

/// The headers of a good request with one value replaced.
fn refusal_with(name: &str, value: &[u8]) -> AuthErrorKind {
    let headers = signed(&alice());
    let replaced = pairs(&headers).map(|(n, v)| if n == name { (n, value) } else { (n, v) });
    verifier().verify("POST", "/work", replaced, BODY, NOW).unwrap_err().kind()
}

#[test]
fn headers_are_judged_before_the_body_is_there() {
    let verifier = verifier();
    let headers = signed(&alice());
    let claims = verifier.parse(pairs(&headers), NOW).unwrap();
    assert_eq!((claims.sender, claims.receiver), (alice().account(), Some(bob())));
    assert!(verifier.store().is_empty(), "claims alone use up no nonce");

    let forged = verifier.prove(&claims, "POST", "/work", &BodyDigest::of(b"other"), NOW).unwrap_err();
    assert_eq!(forged.kind(), AuthErrorKind::BadSignature);
    assert!(verifier.store().is_empty(), "a forged body uses up no nonce");

    verifier.prove(&claims, "POST", "/work", &BodyDigest::of(BODY), NOW).unwrap();
    let again = verifier.prove(&claims, "POST", "/work", &BodyDigest::of(BODY), NOW).unwrap_err();
    assert_eq!(again.kind(), AuthErrorKind::ReplayedRequest);
    let tampered = verifier.prove(&claims, "POST", "/work", &BodyDigest::of(b"other"), NOW).unwrap_err();
    assert_eq!(tampered.kind(), AuthErrorKind::BadSignature, "of two faults the signature's is named");
}

#[test]
fn a_replay_cannot_outwait_the_store_behind_a_slow_body() {
    let verifier = verifier();
    let headers = signed(&alice());
    let replay = verifier.parse(pairs(&headers), NOW + 9 * SECOND).unwrap();
    verifier.verify("POST", "/work", pairs(&headers), BODY, NOW).unwrap();
    let body = BodyDigest::of(BODY);
    for waited in [11, 59, 61, 3_600] {
        let late = verifier.prove(&replay, "POST", "/work", &body, NOW + waited * SECOND).unwrap_err();
        assert!(matches!(late.kind(), AuthErrorKind::ReplayedRequest | AuthErrorKind::StaleRequest));
    }
}

#[test]
fn of_many_concurrent_copies_of_a_request_exactly_one_is_accepted() {
    const COPIES: usize = 16;
    let (verifier, headers) = (verifier(), signed(&alice()));
    let (barrier, accepted) = (Barrier::new(COPIES), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..COPIES {
            scope.spawn(|| {
                barrier.wait();
                match verifier.verify("POST", "/work", pairs(&headers), BODY, NOW) {
                    Ok(_) => accepted.fetch_add(1, Ordering::Relaxed),
                    Err(error) => {
                        assert_eq!(error.kind(), AuthErrorKind::ReplayedRequest);
                        0
                    }
                };
            });
        }
    });
    assert_eq!(accepted.into_inner(), 1);
}

#[test]
fn a_pinned_sender_must_use_its_scheme() {
    let alice_uses = |scheme| {
        let schemes = [(alice().account(), scheme)].into();
        let policy = Policy { expected_scheme: Some(Scheme::Sr25519), schemes, ..Policy::new(bob()) };
        verifier_with(policy, ReplaySettings::default()).unwrap()
    };
    let headers = signed(&alice());
    let refused = alice_uses(Scheme::Ed25519).parse(pairs(&headers), NOW).unwrap_err();
    assert_eq!(refused.kind(), AuthErrorKind::MalformedAuth);
    alice_uses(Scheme::Sr25519).verify("POST", "/work", pairs(&headers), BODY, NOW).unwrap();

    let stranger = Keypair::from_uri("//Charlie", Scheme::Sr25519).unwrap();
    let verifier = alice_uses(Scheme::Ed25519);
    verifier.verify("POST", "/work", pairs(&signed(&stranger)), BODY, NOW).unwrap();

    let exception = Keypair::from_uri("//Dave", Scheme::Ed25519).unwrap();
    let schemes = [(exception.account(), Scheme::Ed25519)].into();
    let policy = Policy { expected_scheme: Some(Scheme::Sr25519), schemes, ..Policy::new(bob()) };
    let verifier = verifier_with(policy, ReplaySettings::default()).unwrap();
    verifier.verify("POST", "/work", pairs(&signed(&exception)), BODY, NOW).unwrap();
}

#[test]
fn a_server_can_expect_one_scheme_of_everyone() {
    let expecting = |scheme| {
        let policy = Policy { expected_scheme: Some(scheme), ..Policy::new(bob()) };
        verifier_with(policy, ReplaySettings::default()).unwrap()
    };
    let headers = signed(&alice());
    let refused = expecting(Scheme::Ed25519).parse(pairs(&headers), NOW).unwrap_err();
    assert_eq!(refused.kind(), AuthErrorKind::MalformedAuth);
    expecting(Scheme::Sr25519).verify("POST", "/work", pairs(&headers), BODY, NOW).unwrap();
}

#[test]
fn a_store_that_forgets_fresh_nonces_is_a_configuration_error() {
    let retention =
        |millis| ReplaySettings { retention: Duration::from_millis(millis), ..ReplaySettings::default() };
    let error = verifier_with(Policy::new(bob()), retention(11_999)).unwrap_err();
    assert_eq!(error, ConfigError::RetentionTooShort { retention_ms: 11_999, needed_ms: 12_000 });
    verifier_with(Policy::new(bob()), retention(12_000)).unwrap();
}

#[test]
fn every_header_may_appear_once_whatever_its_case() {
    let headers = signed(&Keypair::from_uri("//Alice", Scheme::Ed25519).unwrap());
    assert_eq!(headers.len(), 6);
    for (name, value) in &headers {
        let name = name.to_uppercase();
        let twice = pairs(&headers).chain([(name.as_str(), value.as_bytes())]);
        let refused = verifier().verify("POST", "/work", twice, BODY, NOW).unwrap_err();
        assert_eq!(refused.kind(), AuthErrorKind::MalformedAuth, "{name}");
    }
    let reserved =
        [("x-bittensor-drand-round", &b"1"[..]), ("x-bittensor-drand-round", b"2"), ("host", b"\xFF")];
    verifier().verify("POST", "/work", pairs(&headers).chain(reserved), BODY, NOW).unwrap();
}

#[test]
fn odd_header_bytes_are_refused_without_panic() {
    for name in [btauth::VERSION, btauth::HOTKEY, btauth::NONCE, btauth::SIGNATURE] {
        for value in [&b""[..], b"\xFF\xFE", b"\0", b" 1", b"1 ", &[b'9'; 100_000], &[0xC3; 1_000]] {
            assert_eq!(refusal_with(name, value), AuthErrorKind::MalformedAuth, "{name} {value:?}");
        }
    }
    assert_eq!(refusal_with(btauth::RECEIVER, b"\xFF"), AuthErrorKind::WrongReceiver);
    assert_eq!(refusal_with(btauth::RECEIVER, b""), AuthErrorKind::WrongReceiver);
}

#[test]
fn a_nonce_beyond_128_bits_is_from_the_future() {
    for digits in [39, 40, 4_300] {
        assert_eq!(refusal_with(btauth::NONCE, &vec![b'9'; digits]), AuthErrorKind::StaleRequest);
    }
    assert_eq!(refusal_with(btauth::NONCE, &vec![b'9'; 4_301]), AuthErrorKind::MalformedAuth);
}

#[test]
fn a_target_no_signer_signs_proves_nothing() {
    let headers = signed(&alice());
    for target in ["", "/work\n", "/w\u{f6}rk"] {
        let refused = verifier().verify("POST", target, pairs(&headers), BODY, NOW).unwrap_err();
        assert_eq!(refused.kind(), AuthErrorKind::BadSignature);
        assert!(!btauth::is_signable(target));
    }
}

#[test]
fn refusals_tell_the_caller_nothing_secret() {
    let headers = signed(&alice());
    let refused = verifier().verify("POST", "/other", pairs(&headers), BODY, NOW).unwrap_err().to_string();
    assert!(headers.iter().filter(|(_, value)| value.len() > 1).all(|(_, value)| !refused.contains(value)));
    assert!(!refused.contains(&bob().to_string()));
}
