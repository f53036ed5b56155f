//! Bittensor SDK 10.5.0, unchanged, on the other end: its dendrite asks our axon, our dendrite asks its axon.
//!
//! What each of them does is in `tests/python`. Where there is no Python with the SDK in it, the tests say so and pass;
//! the full check installs it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use subnetkit_protocol::axon_v10::{self, Model, Ping, Signed, Unsigned};
use subnetkit_protocol::btauth::NonceClock;
use subnetkit_validator::dendrite::Endpoint;
use subnetkit_validator::{Outcome, OutcomeKind};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::v10::{Deep, Dive, Point, Text, ask, axon, bob, dendrite, key, listen, say};

/// Names a Python interpreter whose environment has SDK 10 in it.
const PYTHON: &str = "SUBNETKIT_TEST_PYTHON_V10";
/// Python starts slowly on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Python with a script and an empty home, if there is one with the SDK.
#[allow(clippy::print_stderr, reason = "who runs the tests is to see which did not run")]
async fn python(script: &str, home: &Path) -> Option<Command> {
    let interpreter = PathBuf::from(std::env::var_os(PYTHON).unwrap_or_else(|| "python3".into()));
    let command = || {
        let mut command = Command::new(&interpreter);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("BT_")) {
                command.env_remove(name);
            }
        }
        command.env("HOME", home).env("PYTHONDONTWRITEBYTECODE", "1").current_dir(home).kill_on_drop(true);
        command
    };
    let import = "import bittensor; assert bittensor.__version__ == '10.5.0'";
    let imported = command().args(["-c", import]).stderr(Stdio::null()).status().await;
    if !imported.is_ok_and(|status| status.success()) {
        eprintln!("{script} is not run: there is no Python with bittensor 10.5.0; name one by {PYTHON}");
        return None;
    }
    let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/python");
    let mut command = command();
    command.arg(folder.join(script));
    Some(command)
}

#[tokio::test]
async fn its_dendrite_and_our_axon_agree() {
    let home = tempfile::tempdir().unwrap();
    let Some(mut command) = python("v10_dendrite.py", home.path()).await else { return };
    let (address, _axon) = axon().await;
    command.arg(address.port().to_string()).arg(key("Bob").account().to_string());
    let output =
        tokio::time::timeout(PATIENCE, command.stdin(Stdio::null()).output()).await.unwrap().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    let said: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();

    assert_eq!(said["ok"]["out"], "HI 3 1.0 []", "{said}");
    let odd = "it's \u{200b} \"odd\" \n";
    assert_eq!(said["deep defaults"]["out"], "0.5 p (0, \"\") {}", "{said}");
    // Its signature and its hash hold; but no value of ours holds an integer of 71 bits.
    assert_eq!(said["deep"]["status"], 422, "{said}");
    let expected = format!("{} {} 3.0 {:?}", odd.to_uppercase(), 1u64 << 63, [odd, ""]);
    assert_eq!(said["odd"]["out"], expected.as_str(), "{said}");
    assert_eq!(
        (&said["stream"]["out"], &said["stream"]["pieces"]),
        (&"HI YOU".into(), &"HI YOU".into()),
        "{said}"
    );
    for (name, status, message) in [
        ("ok", 200, "Success"),
        ("odd", 200, "Success"),
        ("deep defaults", 200, "Success"),
        ("ping", 200, "Success"),
        ("stream", 200, "Success"),
        ("wrong receiver", 401, "Not Verified with error: the signature is not"),
        ("panic", 500, "this miner failed to answer"),
        // Its own verdict, for it stops waiting when our axon does.
        ("impatient", 408, "Request timeout"),
        ("stale nonce", 401, "Not Verified with error: the nonce is more than 10s old"),
        // SDK 10's axon accepts it, and nothing older from then on.
        ("nonce of the future", 401, "Not Verified with error: the nonce is more than 2s in the future"),
        ("stranger", 403, "Forbidden. Key is blacklisted: this hotkey is not registered"),
        // SDK 10's axon answers 500.
        ("tampered body", 401, "Not Verified with error: the hashed fields of the body are not"),
        ("after the tampered body", 200, ""),
        ("replay", 401, "Not Verified with error: this nonce was accepted"),
        ("missing signature", 401, "Not Verified with error: bt_header_dendrite_signature is missing"),
        ("another hotkey in the body", 200, ""),
    ] {
        let said = &said[name];
        let got = said["status"].as_u64().or_else(|| said["status"].as_str()?.parse().ok());
        if name == "impatient" && got == Some(504) {
            continue;
        }
        assert_eq!(got, Some(status), "{name}: {said}");
        let text = said["message"].as_str().unwrap_or_default();
        assert!(text.starts_with(message), "{name}: {said}");
    }
}

/// An axon of SDK 10, with `//Bob` as its hotkey.
struct PythonAxon {
    address: SocketAddr,
    _child: Child,
}

async fn python_axon(home: &Path) -> Option<PythonAxon> {
    let mut command = python("v10_axon.py", home).await?;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("the axon ended before it served");
            if let Ok(port) = line.parse() {
                return port;
            }
        }
    };
    let port: u16 = tokio::time::timeout(PATIENCE, port).await.unwrap();
    // It logs to its standard output, and fails at that when nobody reads.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Some(PythonAxon { address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), _child: child })
}

fn signed(address: SocketAddr, text: &str, nonce: u64) -> Signed {
    signed_for("Bob", address, text, nonce)
}

fn signed_for(receiver: &str, address: SocketAddr, text: &str, nonce: u64) -> Signed {
    let model = Model::<Text>::asking(&say(text)).unwrap();
    let receiver = key(receiver).account();
    // A UUID of its own for each, so that what is refused is this request and not the order of several.
    let uuid = format!("4fd1cad5-64bd-155f-8345-{nonce:x}");
    let request = Unsigned {
        timeout: Duration::from_secs(12),
        axon: address,
        receiver: &receiver,
        external_ip: None,
        uuid: &uuid,
        nonce,
    };
    axon_v10::sign(&key("Alice"), &request, &model).unwrap()
}

async fn post(address: SocketAddr, request: &Signed) -> (u16, String) {
    let mut post = Request::post(format!("http://{address}/Text")).header("content-type", "application/json");
    for (name, value) in &request.headers {
        post = post.header(name, value);
    }
    let post = post.body(Full::new(Bytes::from(request.body.clone()))).unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let response = client.request(post).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// The statuses of the same requests, one rightful and six not.
async fn statuses(address: SocketAddr) -> Vec<(&'static str, u16)> {
    let now = || NonceClock::new().next();
    let good = signed(address, "hi", now());
    let mut tampered = signed(address, "hi", now());
    tampered.body = String::from_utf8(tampered.body).unwrap().replace("\"hi\"", "\"ho\"").into_bytes();
    let mut unsigned = signed(address, "hi", now());
    unsigned.headers.retain(|(name, _)| name != axon_v10::SIGNATURE);
    let mut misdirected = signed(address, "hi", now());
    let other = signed(address, "ho", now());
    for (header, other) in misdirected.headers.iter_mut().zip(other.headers) {
        if header.0 == axon_v10::SIGNATURE {
            *header = other;
        }
    }
    let misled = signed_for("Charlie", address, "hi", now());
    let stale = signed(address, "hi", now() - 60_000_000_000);
    let mut statuses = Vec::new();
    for (name, request) in [
        ("good", &good),
        ("replay", &good),
        ("tampered body", &tampered),
        ("missing signature", &unsigned),
        ("signature of another request", &misdirected),
        ("another receiver", &misled),
        ("stale nonce", &stale),
    ] {
        statuses.push((name, post(address, request).await.0));
    }
    statuses
}

#[tokio::test]
async fn our_dendrite_and_its_axon_agree() {
    let home = tempfile::tempdir().unwrap();
    let Some(python) = python_axon(home.path()).await else { return };
    let heard = |outcome: Outcome<crate::v10::Heard>| match outcome {
        Outcome::Answered { response, .. } => response.out,
        other => panic!("{other:?}"),
    };
    assert_eq!(heard(ask(python.address, "hi").await).as_deref(), Some("HI 3 1.0 []"));
    let odd = crate::v10::Said {
        text: "it's \u{200b} \"odd\" \n".into(),
        n: u64::MAX,
        scale: 1e22,
        tags: vec!["'".into(), "\u{e9}\t\u{1f600}".into()],
    };
    let answer = dendrite("Alice").ask_v10::<Text>(&bob(python.address), &odd, None).await.unwrap();
    let expected = "IT'S \u{200b} \"ODD\" \n 18446744073709551615 1e+22 [\"'\", '\u{e9}\\t\u{1f600}']";
    assert_eq!(heard(answer.outcome).as_deref(), Some(expected));
    let dive = Dive {
        point: Point { x: 3.0, label: odd.text.clone() },
        pair: (7, "'".into()),
        table: [("b".into(), vec![1.0, 2e-7]), ("a".into(), vec![])].into(),
        anything: serde_json::json!({"k": [null, true, 1, 1.5, -0.0, odd.text, {"a": {}}]}),
    };
    let answer = dendrite("Alice").ask_v10::<Deep>(&bob(python.address), &dive, None).await.unwrap();
    let expected = "Point(x=3.0, label='it\\'s \\u200b \"odd\" \\n') (7, \"'\") {'a': [], 'b': [1.0, 2e-07]} \
                    {'k': [None, True, 1, 1.5, -0.0, 'it\\'s \\u200b \"odd\" \\n', {'a': {}}]}";
    assert_eq!(heard(answer.outcome).as_deref(), Some(expected));
    let ping =
        dendrite("Alice").ask_v10::<Ping>(&bob(python.address), &axon_v10::Nothing {}, None).await.unwrap();
    assert!(ping.response().is_some(), "{ping:?}");

    let (letters, end) = listen(python.address, "hi you", PATIENCE).await;
    assert_eq!((letters.as_str(), end.kind()), ("HI YOU", OutcomeKind::Answered));

    let status = |outcome: Outcome<crate::v10::Heard>| match outcome {
        Outcome::Refused { status, .. } => status,
        other => panic!("{other:?}"),
    };
    assert_eq!(status(ask(python.address, "fail").await), 500);
    let stranger = dendrite("Eve").ask_v10::<Text>(&bob(python.address), &say("hi"), None).await.unwrap();
    assert_eq!(status(stranger.outcome), 403);
    let for_another = Endpoint::new(key("Charlie").account(), python.address);
    let misled = dendrite("Alice").ask_v10::<Text>(&for_another, &say("hi"), None).await.unwrap();
    assert_eq!(status(misled.outcome), 401);

    // The same requests to both servers: they agree but on the body, which SDK 10 compares after it verified.
    let theirs = statuses(python.address).await;
    let (address, _axon) = axon().await;
    let ours = statuses(address).await;
    let expected = [
        ("good", 200, 200),
        ("replay", 401, 401),
        ("tampered body", 500, 401),
        ("missing signature", 401, 401),
        ("signature of another request", 401, 401),
        ("another receiver", 401, 401),
        ("stale nonce", 401, 401),
    ];
    let got: Vec<_> =
        theirs.into_iter().zip(ours).map(|((name, theirs), (_, ours))| (name, theirs, ours)).collect();
    assert_eq!(got, expected);
}
