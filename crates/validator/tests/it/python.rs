//! Bittensor's SDK for Python as the other side, both ways: it signs for a real axon, and it verifies what the dendrite
//! signs. What each script does is in `tests/python`.
//!
//! Where Python has no SDK a test says so and passes; the full check installs it and names the interpreter by the variable.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use subnetkit_miner::{Axon, Call, Forward, MinerConfig, Refusal, Roster, Standing};
use subnetkit_protocol::{Hotkey, Keypair, Scheme, Synapse};
use subnetkit_validator::dendrite::{DendriteSettings, EncodedRequest, Endpoint};
use subnetkit_validator::{Dendrite, Outcome};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Names a Python interpreter whose environment has the SDK in it.
const PYTHON: &str = "SUBNETKIT_TEST_PYTHON";

/// The interpreter with the SDK, set to run a script of `tests/python`; without one, says so.
#[allow(clippy::print_stderr, reason = "who runs the tests is to see which did not run")]
fn python(script: &str) -> Option<Command> {
    let python = PathBuf::from(std::env::var_os(PYTHON).unwrap_or_else(|| "python3".into()));
    let import =
        Command::new(&python).args(["-c", "import bittensor.http_auth"]).stderr(Stdio::null()).status();
    if !import.is_ok_and(|status| status.success()) {
        eprintln!("{script} is not run: no Python with the package bittensor 11; name one by {PYTHON}");
        return None;
    }
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let mut command = Command::new(python);
    command.arg(path.join("tests/python").join(script)).stdin(Stdio::null());
    Some(command)
}

/// A running script; killed when dropped.
struct Script(Child);

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Double;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Number {
    n: u64,
}

impl Synapse for Double {
    const NAME: &'static str = "double";
    type Request = Number;
    type Response = Number;
}

struct Doubler;

#[async_trait]
impl Forward<Double> for Doubler {
    async fn forward(&self, call: Call<Number>) -> Result<Number, Refusal> {
        Ok(Number { n: 2 * call.request.n })
    }
}

fn key(name: &str, scheme: Scheme) -> Keypair {
    Keypair::from_uri(&format!("//{name}"), scheme).unwrap()
}

fn sr25519(name: &str) -> Keypair {
    key(name, Scheme::Sr25519)
}

/// An axon of `//Bob` that admits `//Alice`, and `//Dave` by his ed25519 key. Dropping the guard ends it.
async fn axon() -> (SocketAddr, DropGuard) {
    let dave = key("Dave", Scheme::Ed25519).account();
    let config = MinerConfig {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        callers_of_other_scheme: [dave].into(),
        ..MinerConfig::default()
    };
    let axon = Axon::new(sr25519("Bob"), config).serve::<Double>(Doubler).bind().await.unwrap();
    let standing = |uid| Standing { uid, validator_permit: true, stake_rao: 1, owner: false };
    let members = HashMap::from([(sr25519("Alice").account(), standing(0)), (dave, standing(1))]);
    axon.roster().publish(Roster { block: 1, members });
    let (address, shutdown) = (axon.local_addr(), CancellationToken::new());
    tokio::spawn(axon.run(shutdown.clone()));
    (address, shutdown.drop_guard())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_python_signs_is_judged_by_an_axon_as_python_judges_it() {
    let Some(mut caller) = python("caller.py") else { return };
    let (address, _axon) = axon().await;
    caller.arg(address.to_string()).arg(sr25519("Bob").account().to_string());
    let output = tokio::task::spawn_blocking(move || caller.output().unwrap()).await.unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let mut verdicts = BTreeMap::new();
    for line in printed.lines() {
        let (name, axon, sdk): (String, String, String) = serde_json::from_str(line).unwrap();
        assert_eq!(axon, sdk, "{name}");
        verdicts.entry(sdk).or_insert_with(Vec::new).push(name);
    }
    let count = |kind: &str| verdicts.get(kind).map_or(0, Vec::len);
    let counts = [
        ("accepted", 4),
        ("malformed_auth", 10),
        ("wrong_receiver", 3),
        ("stale_request", 3),
        ("bad_signature", 6),
        ("replayed_request", 2),
    ];
    for (kind, wanted) in counts {
        assert_eq!(count(kind), wanted, "{kind}: {verdicts:#?}");
    }
    assert_eq!(printed.lines().count(), 28);
}

/// What happens to a request between the dendrite and the miners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    TamperedBody,
    Replayed,
    /// On its way for eleven seconds, as the miner's clock has it.
    Stale,
    NoSignature,
    NoReceiver,
    OtherNonce,
}

/// Stands between the dendrite and two miners of one hotkey: one in Python, whose answer it passes on, and an axon.
struct Relay {
    python: SocketAddr,
    axon: SocketAddr,
    client: Client<HttpConnector, Body>,
    fault: Mutex<Fault>,
    /// What each of them made of the last request: its status, and the kind of its refusal.
    verdicts: Mutex<Vec<(u16, Value)>>,
}

impl Relay {
    async fn forward(&self, to: SocketAddr, target: &str, headers: &HeaderMap, body: &Bytes) -> (u16, Bytes) {
        let mut request = axum::http::Request::post(format!("http://{to}{target}"));
        request.headers_mut().unwrap().extend(headers.clone());
        let response = self.client.request(request.body(Body::from(body.clone())).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        (status, to_bytes(Body::new(response.into_body()), 1 << 16).await.unwrap())
    }

    async fn pass(State(relay): State<Arc<Self>>, request: Request) -> Response<Body> {
        let fault = *relay.fault.lock().unwrap();
        let target = request.uri().path_and_query().unwrap().to_string();
        let mut headers = request.headers().clone();
        let mut body = to_bytes(request.into_body(), 1 << 16).await.unwrap();
        headers.remove("host");
        match fault {
            Fault::None | Fault::Replayed => {}
            Fault::TamperedBody => body = Bytes::from_static(br#"{"n":22}"#),
            Fault::Stale => drop(headers.insert("x-test-clock", HeaderValue::from_static("11000000000"))),
            Fault::NoSignature => drop(headers.remove("x-bittensor-signature")),
            Fault::NoReceiver => drop(headers.remove("x-bittensor-receiver")),
            Fault::OtherNonce => {
                let nonce: u64 = headers["x-bittensor-nonce"].to_str().unwrap().parse().unwrap();
                headers.insert("x-bittensor-nonce", HeaderValue::from(nonce + 1));
            }
        }
        let mut last = (0, Bytes::new());
        let mut verdicts = Vec::new();
        for miner in [relay.axon, relay.python] {
            for _ in 0..if fault == Fault::Replayed { 2 } else { 1 } {
                last = relay.forward(miner, &target, &headers, &body).await;
            }
            let content: Value = serde_json::from_slice(&last.1).unwrap();
            verdicts.push((last.0, content["error"].clone()));
        }
        *relay.verdicts.lock().unwrap() = verdicts;
        Response::builder()
            .status(last.0)
            .header("content-type", "application/json")
            .body(last.1.into())
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_dendrite_signs_is_judged_by_python_as_an_axon_judges_it() {
    let Some(mut server) = python("server.py") else { return };
    let bob = sr25519("Bob").account();
    let mut server = Script(server.arg(bob.to_string()).stdout(Stdio::piped()).spawn().unwrap());
    let mut port = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let (axon, _axon) = axon().await;
    let relay = Arc::new(Relay {
        python: SocketAddr::from((Ipv4Addr::LOCALHOST, port.trim().parse().unwrap())),
        axon,
        client: Client::builder(TokioExecutor::new()).build_http(),
        fault: Mutex::new(Fault::None),
        verdicts: Mutex::default(),
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(Relay::pass).with_state(Arc::clone(&relay));
    tokio::spawn(async move { axum::serve(listener, router).await });

    let settings = DendriteSettings {
        allow_private_addresses: true,
        // Python's SDK has no signed answers.
        require_signed_responses: false,
        ..DendriteSettings::default()
    };
    let dendrite = Dendrite::new(sr25519("Alice"), settings.clone());
    let other = Dendrite::new(key("Dave", Scheme::Ed25519), settings);
    let request = EncodedRequest::new::<Double>(&Number { n: 21 }).unwrap();
    let ask = async |dendrite: &Dendrite, hotkey: Hotkey, fault: Fault| {
        *relay.fault.lock().unwrap() = fault;
        let answer = dendrite.ask::<Double>(&Endpoint::new(hotkey, address), &request, None).await.unwrap();
        (answer.outcome, std::mem::take(&mut *relay.verdicts.lock().unwrap()))
    };
    let answered = |(outcome, verdicts): (Outcome<Number>, Vec<(u16, Value)>)| {
        assert!(matches!(outcome, Outcome::Answered { response: Number { n: 42 }, .. }), "{outcome:?}");
        assert_eq!(verdicts, vec![(200, Value::Null); 2]);
    };
    answered(ask(&dendrite, bob, Fault::None).await);
    answered(ask(&other, bob, Fault::None).await);
    for (hotkey, fault, kind) in [
        (bob, Fault::TamperedBody, "bad_signature"),
        (bob, Fault::Replayed, "replayed_request"),
        (bob, Fault::NoSignature, "malformed_auth"),
        (bob, Fault::NoReceiver, "wrong_receiver"),
        (bob, Fault::OtherNonce, "bad_signature"),
        (sr25519("Charlie").account(), Fault::None, "wrong_receiver"),
        // Of two faults both tell the same one.
        (sr25519("Charlie").account(), Fault::TamperedBody, "wrong_receiver"),
    ] {
        let (outcome, verdicts) = ask(&dendrite, hotkey, fault).await;
        assert!(matches!(outcome, Outcome::Refused { status: 401, .. }), "{fault:?}: {outcome:?}");
        assert_eq!(verdicts, vec![(401, Value::from(kind)); 2], "{fault:?}");
    }
    // The axon's clock can't be told another time from outside; its own judgement of age is in the other test.
    let (outcome, verdicts) = ask(&dendrite, bob, Fault::Stale).await;
    assert!(matches!(outcome, Outcome::Refused { status: 401, .. }), "{outcome:?}");
    assert_eq!(verdicts[1], (401, Value::from("stale_request")));
    answered(ask(&dendrite, bob, Fault::None).await);
}
