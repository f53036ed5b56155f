//! Who sent it: signatures, receivers, freshness, replay.

use subnetkit_miner::MinerConfig;
use subnetkit_protocol::{
    Keypair, Scheme,
    btauth::{self, NonceClock, Unsigned},
};

use crate::support::{Said, ask, config, key, refusal, start};

const MILLISECOND: u64 = 1_000_000;

#[tokio::test]
async fn a_signed_request_of_a_validator_is_answered() {
    let axon = start(config()).await;
    let response = axon.say("Alice", "hello").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    let said: Said = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(said, Said { said: "hello".into(), to: key("Alice").account(), uid: Some(0) });
}

#[tokio::test]
async fn the_raw_target_is_what_was_signed() {
    let axon = start(config()).await;
    for target in ["/echo?", "/echo?a=%2F&b=c%20d", "/ech%6f"] {
        let response = axon.signed("Alice", target, ask("hi")).send().await.unwrap();
        let expected = if target == "/ech%6f" { 404 } else { 200 };
        assert_eq!(response.status(), expected, "{target}");
    }
    let body = ask("hi");
    let headers = axon.headers(&key("Alice"), "/echo?a=1", &body);
    let response = axon.post("/echo?a=2", headers, body).send().await.unwrap();
    refusal(response, 401, "bad_signature").await;
}

#[tokio::test]
async fn the_scheme_is_the_one_that_the_settings_name() {
    let hotkey = Keypair::from_uri("//Alice", Scheme::Ed25519).unwrap();
    let mut roster = crate::support::roster();
    let standing = roster.members[&key("Alice").account()];
    roster.members.insert(hotkey.account(), standing);
    let body = ask("hi");
    let ed25519 = || MinerConfig { caller_scheme: Scheme::Ed25519, ..config() };
    let pinned = || MinerConfig { callers_of_other_scheme: [hotkey.account()].into(), ..config() };
    for (config, of_alice, of_ed25519) in [(config(), 200, 401), (ed25519(), 401, 200), (pinned(), 200, 200)]
    {
        let axon = start(config).await;
        axon.roster.publish(roster.clone());
        for (signer, expected) in [(&key("Alice"), of_alice), (&hotkey, of_ed25519)] {
            let headers = axon.headers(signer, "/echo", &body);
            let response = axon.post("/echo", headers, body.clone()).send().await.unwrap();
            if expected == 401 {
                refusal(response, 401, "malformed_auth").await;
            } else {
                assert_eq!(response.status(), expected);
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_signed_properly_is_refused_with_401() {
    let axon = start(config()).await;
    let alice = key("Alice");
    let body = ask("hi");
    let post =
        |headers: Vec<(&'static str, String)>, body: &[u8]| axon.post("/echo", headers, body.to_vec()).send();

    let response = post(vec![], &body).await.unwrap();
    assert!(response.headers().contains_key("www-authenticate"));
    refusal(response, 401, "malformed_auth").await;

    let headers = axon.headers(&alice, "/echo", &body);
    refusal(post(headers, &ask("ho")).await.unwrap(), 401, "bad_signature").await;

    let mut twice = axon.headers(&alice, "/echo", &body);
    twice.push((btauth::NONCE, "1".into()));
    refusal(post(twice, &body).await.unwrap(), 401, "malformed_auth").await;

    let old = NonceClock::new().next() - 11_000 * MILLISECOND;
    let headers = axon.headers_at(&alice, "/echo", &body, old);
    refusal(post(headers, &body).await.unwrap(), 401, "stale_request").await;

    let ahead = NonceClock::new().next() + 60_000 * MILLISECOND;
    let headers = axon.headers_at(&alice, "/echo", &body, ahead);
    refusal(post(headers, &body).await.unwrap(), 401, "stale_request").await;

    let other = key("Bob").account();
    for receiver in [Some(&other), None] {
        let nonce = NonceClock::new().next();
        let unsigned = Unsigned { method: "POST", target: "/echo", body: &body, receiver, nonce };
        let headers = btauth::sign(&alice, &unsigned).unwrap();
        refusal(post(headers, &body).await.unwrap(), 401, "wrong_receiver").await;
    }
}

#[tokio::test]
async fn a_replay_is_refused_and_a_forgery_leaves_the_nonce_usable() {
    let axon = start(config()).await;
    let body = ask("hi");
    let headers = axon.headers(&key("Alice"), "/echo", &body);
    let forged = axon.post("/echo", headers.clone(), ask("ho")).send().await.unwrap();
    refusal(forged, 401, "bad_signature").await;
    let first = axon.post("/echo", headers.clone(), body.clone()).send().await.unwrap();
    assert_eq!(first.status(), 200);
    let second = axon.post("/echo", headers, body).send().await.unwrap();
    refusal(second, 401, "replayed_request").await;
}

#[tokio::test]
async fn of_many_copies_at_once_one_is_served() {
    let axon = start(config()).await;
    let body = ask("hi");
    let headers = axon.headers(&key("Alice"), "/echo", &body);
    let mut copies = tokio::task::JoinSet::new();
    for _ in 0..20 {
        copies.spawn(axon.post("/echo", headers.clone(), body.clone()).send());
    }
    let mut statuses = Vec::new();
    while let Some(response) = copies.join_next().await {
        statuses.push(response.unwrap().unwrap().status().as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|status| *status == 401), "{statuses:?}");
}

#[tokio::test]
async fn a_request_signed_before_the_start_is_refused_unless_allowed() {
    let body = ask("hi");
    let before = NonceClock::new().next() - 1_000 * MILLISECOND;
    let axon = start(config()).await;
    let headers = axon.headers_at(&key("Alice"), "/echo", &body, before);
    let response = axon.post("/echo", headers.clone(), body.clone()).send().await.unwrap();
    refusal(response, 401, "stale_request").await;

    let axon = start(MinerConfig { accept_signed_before_start: true, ..config() }).await;
    let response = axon.post("/echo", headers, body).send().await.unwrap();
    assert_eq!(response.status(), 200);
}
