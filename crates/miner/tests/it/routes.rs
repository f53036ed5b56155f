//! Routes, content types and what the handler may say.

use async_trait::async_trait;
use subnetkit_miner::{Axon, BindError, Call, Forward, MinerConfig, Refusal};
use subnetkit_protocol::Synapse;

use crate::support::{Echo, Said, ask, config, key, refusal, retry_after, start, start_with};

struct Length;
impl Synapse for Length {
    const NAME: &'static str = "length";
    type Request = String;
    type Response = usize;
}

struct Health;
impl Synapse for Health {
    const NAME: &'static str = "healthz";
    type Request = ();
    type Response = ();
}

struct Slash;
impl Synapse for Slash {
    const NAME: &'static str = "a/{b}";
    type Request = ();
    type Response = ();
}

struct Counter;
#[async_trait]
impl Forward<Length> for Counter {
    async fn forward(&self, call: Call<String>) -> Result<usize, Refusal> {
        Ok(call.request.len())
    }
}
#[async_trait]
impl Forward<Health> for Counter {
    async fn forward(&self, _: Call<()>) -> Result<(), Refusal> {
        Ok(())
    }
}
#[async_trait]
impl Forward<Slash> for Counter {
    async fn forward(&self, _: Call<()>) -> Result<(), Refusal> {
        Ok(())
    }
}

#[tokio::test]
async fn several_synapses_share_an_axon() {
    let axon = start_with(config(), |axon| axon.serve::<Length>(Counter)).await;
    let response = axon.signed("Alice", "/length", "\"four\"").send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "4");
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
}

#[tokio::test]
async fn unknown_routes_and_methods_are_named() {
    let axon = start(config()).await;
    let response = axon.signed("Alice", "/nothing", "{}").send().await.unwrap();
    refusal(response, 404, "not_found").await;
    let response = axon.client.get(axon.url("/echo")).send().await.unwrap();
    assert_eq!(response.headers()["allow"], "POST");
    refusal(response, 405, "method_not_allowed").await;
}

#[tokio::test]
async fn bodies_are_json_of_the_synapse() {
    let axon = start(config()).await;
    for body in ["", "{", "{\"say\": 1}", "{\"say\": \"a\", \"more\": 1}", "[[[[[[", "\u{0}"] {
        let response = axon.signed("Alice", "/echo", body).send().await.unwrap();
        refusal(response, 400, "malformed_body").await;
    }
    let deep = "[".repeat(100_000);
    let response = axon.signed("Alice", "/echo", deep).send().await.unwrap();
    refusal(response, 400, "malformed_body").await;
}

#[tokio::test]
async fn content_types_other_than_json_are_refused_and_none_is_json() {
    let axon = start(config()).await;
    let send = |content_type: Option<&'static str>| {
        let body = ask("hi");
        let headers = axon.headers(&key("Alice"), "/echo", &body);
        let request = axon.client.post(axon.url("/echo")).body(body);
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        match content_type {
            Some(value) => request.header("content-type", value).send(),
            None => request.send(),
        }
    };
    for good in
        [None, Some("application/json; charset=utf-8"), Some("Application/JSON"), Some("application/x+json")]
    {
        assert_eq!(send(good).await.unwrap().status(), 200, "{good:?}");
    }
    for bad in ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream", ""] {
        refusal(send(Some(bad)).await.unwrap(), 415, "unsupported_media_type").await;
    }
}

#[tokio::test]
async fn a_handler_may_refuse_and_fail_and_panic_and_the_process_lives() {
    let axon = start(config()).await;
    refusal(axon.say("Alice", "senseless").await, 422, "invalid_request").await;
    let tired = axon.say("Alice", "tired").await;
    assert_eq!(retry_after(&tired), 3);
    refusal(tired, 503, "busy").await;

    let failed = axon.say("Alice", "fail").await;
    assert_eq!(failed.status(), 500);
    assert!(!failed.text().await.unwrap().contains("digit"), "the cause is the miner's own business");
    let panicked = axon.say("Alice", "panic").await;
    assert_eq!(panicked.status(), 500);
    let text = panicked.text().await.unwrap();
    assert!(text.contains("panicked") && !text.contains("parrot"), "{text}");

    let response = axon.say("Alice", "hi").await;
    let said: Said = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(said.said, "hi");
}

#[tokio::test]
async fn what_can_not_be_served_is_refused_at_the_start() {
    let axon = || Axon::new(key("Miner"), config());
    let parrot = || Counter;
    let error = axon().bind().await.unwrap_err();
    assert!(matches!(error, BindError::NoSynapse), "{error}");
    let error = axon().serve::<Length>(parrot()).serve::<Length>(parrot()).bind().await.unwrap_err();
    assert!(matches!(error, BindError::NameTaken("length")), "{error}");
    let error = axon().serve::<Health>(parrot()).bind().await.unwrap_err();
    assert!(matches!(error, BindError::NameTaken("healthz")), "{error}");
    let error = axon().serve::<Slash>(parrot()).bind().await.unwrap_err();
    assert!(matches!(error, BindError::NameMalformed("a/{b}")), "{error}");

    let taken = start(config()).await;
    let again = MinerConfig { listen: taken.address, ..config() };
    let error = Axon::new(key("Miner"), again).serve::<Echo>(taken.parrot.clone()).bind().await.unwrap_err();
    assert!(error.to_string().contains(&taken.address.port().to_string()), "{error}");
    assert!(
        matches!(error, BindError::PortInUse { setting: "listen", address } if address == taken.address),
        "{error}"
    );
}
