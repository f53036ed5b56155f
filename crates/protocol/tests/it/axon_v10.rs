//! SDK 10's protocol: recorded behaviour of 10.5.0, and the strict answers where the SDK is lenient.

#[path = "../../examples/axon-v10-check/cases.rs"]
mod cases;
#[path = "../../examples/axon-v10-check/classes.rs"]
mod classes;
#[path = "../../examples/axon-v10-check/kinds.rs"]
mod kinds;

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use subnetkit_protocol::{
    AccountId, Keypair, Scheme, Synapse,
    axon_v10::{
        self, Claims, Field, Kind, Model, ModelError, SignError, Signed, SynapseV10, Terminal, Unsigned,
        Value, python_str,
    },
    btauth::{AuthErrorKind, Policy},
};

const NONCE: u64 = 1_752_076_800_000_000_000;
const NOW: u128 = NONCE as u128 + 1_000_000;
const SECOND: u128 = 1_000_000_000;

struct Shout;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    text: String,
    scale: f64,
    at: (u64, String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    out: Option<String>,
}

impl Synapse for Shout {
    const NAME: &'static str = "shout";
    type Request = Question;
    type Response = Reply;
}

impl SynapseV10 for Shout {
    const CLASS: &'static str = "Shout";
    const FIELDS: &'static [Field] = &[
        Field::asked("text", Kind::Text),
        Field::asked("scale", Kind::Float).or("1"),
        Field::asked("at", Kind::Tuple(&[Kind::Int, Kind::Text])).or("[0, \"\"]"),
        Field::answered("out", Kind::Optional(&Kind::Text)),
    ];
    const HASHED: &'static [&'static str] = &["text", "scale", "at"];
}

fn key(name: &str) -> Keypair {
    Keypair::from_uri(&format!("//{name}"), Scheme::Sr25519).unwrap()
}

fn bob() -> AccountId {
    key("Bob").account()
}

fn question() -> Question {
    Question { text: "hi".into(), scale: 2.0, at: (7, "x".into()) }
}

fn signed() -> Signed {
    let model = Model::<Shout>::asking(&question()).unwrap();
    let bob = bob();
    let request = Unsigned {
        timeout: Duration::from_secs(12),
        axon: "198.51.100.7:8091".parse().unwrap(),
        receiver: &bob,
        external_ip: None,
        uuid: "6b1faf4d-4b40-149a-827d-bbc723617189",
        nonce: NONCE,
    };
    axon_v10::sign(&key("Alice"), &request, &model).unwrap()
}

fn parsed(headers: &[(String, String)], now: u128) -> Result<Claims, AuthErrorKind> {
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    axon_v10::parse(headers, &Policy::new(bob()), now).map_err(|error| error.kind())
}

#[test]
fn every_recorded_case_gets_the_recorded_or_the_strict_answer() {
    let report = cases::check(&crate::vectors("axon_v10.json")).unwrap();
    assert!(report.failures.is_empty(), "{}", report.failures.join("\n"));
    let counts = BTreeMap::from([
        ("body_hash", 52),
        ("http", 19),
        ("python_str", 87),
        ("requests", 16),
        ("verify", 26),
    ]);
    assert_eq!(report.sections, counts);
}

#[test]
fn a_wrong_expectation_is_reported() {
    let file = String::from_utf8(crate::vectors("axon_v10.json")).unwrap();
    let spoiled = file.replacen("a7ffc6f8bf1ed766", "b7ffc6f8bf1ed766", 1);
    let report = cases::check(spoiled.as_bytes()).unwrap();
    assert_eq!(report.failures.len(), 1);
    assert!(report.failures[0].starts_with("body_hash 0 "), "{:?}", report.failures);
    assert!(cases::check(b"{}").is_err());
}

#[test]
fn what_the_signer_makes_is_what_the_verifier_and_the_types_read() {
    let signed = signed();
    let claims = parsed(&signed.headers, NOW).unwrap();
    assert_eq!(claims.sender, key("Alice").account());
    assert_eq!(claims.timeout, Some(Duration::from_secs(12)));
    claims.verify(&bob()).unwrap();
    let (model, envelope) = Model::<Shout>::read(&signed.body).unwrap();
    claims.verify_body(&model.hash()).unwrap();
    assert_eq!(model.request().unwrap(), question());
    assert_eq!(envelope.timeout, Some(12.0));

    let answered = model.answering(&Reply { out: Some("HI".into()) }).unwrap();
    let response = axon_v10::answer(&answered, envelope, 0.5);
    let (back, _) = Model::<Shout>::read(&response.body).unwrap();
    assert_eq!(back.response().unwrap(), Reply { out: Some("HI".into()) });
}

#[test]
fn another_receiver_or_another_value_of_a_hashed_field_is_a_bad_signature() {
    let signed = signed();
    let claims = parsed(&signed.headers, NOW).unwrap();
    let other = claims.verify(&key("Charlie").account()).unwrap_err();
    assert_eq!(other.kind(), AuthErrorKind::BadSignature);
    let hash = |body: &str| Model::<Shout>::read(body.as_bytes()).unwrap().0.hash();
    claims.verify_body(&hash(r#"{"text": "hi", "scale": 2, "at": [7, "x"]}"#)).unwrap();
    for body in [r#"{"text": "ho", "scale": 2, "at": [7, "x"]}"#, r#"{"text": "hi", "at": [7, "x"]}"#] {
        assert_eq!(claims.verify_body(&hash(body)).unwrap_err().kind(), AuthErrorKind::BadSignature);
    }
}

#[test]
fn a_tuple_by_default_is_hashed_as_one_that_was_sent() {
    let hash = |body: &str| Model::<Shout>::read(body.as_bytes()).unwrap().0.hash();
    let sent = hash(r#"{"text": "hi", "scale": 2, "at": [0, ""]}"#);
    assert_eq!(hash(r#"{"text": "hi", "scale": 2}"#), sent);
}

#[test]
fn every_deciding_header_is_needed_once_and_in_one_form() {
    use axon_v10::{BODY_HASH, HOTKEY, NONCE, SIGNATURE, TIMEOUT, UUID};
    let headers = signed().headers;
    for name in [HOTKEY, NONCE, UUID, SIGNATURE, BODY_HASH] {
        let without: Vec<_> = headers.iter().filter(|(key, _)| key != name).cloned().collect();
        assert_eq!(parsed(&without, NOW).unwrap_err(), AuthErrorKind::MalformedAuth, "{name}");
    }
    for name in [HOTKEY, NONCE, UUID, SIGNATURE, BODY_HASH, TIMEOUT] {
        let value = headers.iter().find(|(key, _)| key == name).unwrap().1.clone();
        let mut twice = headers.clone();
        twice.push((name.to_uppercase(), value.clone()));
        assert_eq!(parsed(&twice, NOW).unwrap_err(), AuthErrorKind::MalformedAuth, "{name}");
        for odd in ["", " ", "abc.", "nan", "inf", "-1", "\u{e9}", &value.to_uppercase(), &"9".repeat(9_999)]
        {
            let mut spoiled = headers.clone();
            spoiled.iter_mut().find(|(key, _)| key == name).unwrap().1 = odd.to_owned();
            match parsed(&spoiled, NOW) {
                Ok(_) => assert!(odd == value || [TIMEOUT, UUID].contains(&name), "{name} {odd}"),
                Err(kind) => assert_eq!(kind, AuthErrorKind::MalformedAuth, "{name} {odd}"),
            }
        }
    }
    let but_timeout: Vec<_> = headers.iter().filter(|(key, _)| key != TIMEOUT).cloned().collect();
    assert_eq!(parsed(&but_timeout, NOW).unwrap().timeout, None);
}

#[test]
fn no_timeout_widens_the_window_and_a_short_one_narrows_it() {
    let with_timeout = |seconds: &str| {
        let mut headers = signed().headers;
        headers.iter_mut().find(|(key, _)| key == axon_v10::TIMEOUT).unwrap().1 = seconds.to_owned();
        headers
    };
    let age = |seconds: &str, age: u128| parsed(&with_timeout(seconds), u128::from(NONCE) + age).map(|_| ());
    let stale = Err(AuthErrorKind::StaleRequest);
    for seconds in ["12.0", "100", "1e300"] {
        assert_eq!(age(seconds, 10 * SECOND), Ok(()));
        assert_eq!(age(seconds, 10 * SECOND + 1), stale);
    }
    assert_eq!(age("0.5", 4 * SECOND + SECOND / 2 - 1), Ok(()));
    assert_eq!(age("0.5", 4 * SECOND + SECOND / 2), stale);
    let ahead = |ahead: u128| parsed(&with_timeout("12.0"), u128::from(NONCE) - ahead).map(|_| ());
    assert_eq!(ahead(2 * SECOND), Ok(()));
    assert_eq!(ahead(2 * SECOND + 1), stale);
}

#[test]
fn only_sr25519_keys_sign() {
    let pair = Keypair::from_uri("//Alice", Scheme::Ed25519).unwrap();
    let model = Model::<Shout>::asking(&question()).unwrap();
    let bob = bob();
    let request = Unsigned {
        timeout: Duration::from_secs(1),
        axon: "198.51.100.7:8091".parse().unwrap(),
        receiver: &bob,
        external_ip: None,
        uuid: "u",
        nonce: NONCE,
    };
    assert_eq!(axon_v10::sign(&pair, &request, &model).unwrap_err(), SignError::Scheme);
}

#[test]
fn values_of_other_types_are_refused_by_name() {
    for (body, fault) in [
        (r#"{"scale": 1}"#, "`text` is missing"),
        (r#"{"text": 1}"#, "`text` is not a text"),
        (r#"{"text": null}"#, "`text` is not a text"),
        (r#"{"text": "", "scale": "1"}"#, "`scale` is not a number"),
        (r#"{"text": "", "scale": true}"#, "`scale` is not a number"),
        (r#"{"text": "", "at": [1, 2]}"#, "`at[1]` is not a text"),
        (r#"{"text": "", "at": [1]}"#, "`at` is not an array of as many elements as its type has"),
        (r#"["text"]"#, "a synapse has to be a JSON object"),
        (r#"{"text": "a", "text": "b"}"#, "the body is not JSON: a key is there twice"),
        (r#"{"text": "", "scale": NaN}"#, "the body is not JSON: a value is expected"),
        ("", "the body is not JSON: a value is expected"),
    ] {
        let error = Model::<Shout>::read(body.as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with(fault), "{body}: {error}");
    }
    let undeclared = Model::<classes::Text>::asking(&serde_json::json!({"text": ""})).unwrap();
    let error = undeclared.answering(&serde_json::json!({"text": "changed"})).unwrap_err();
    assert!(matches!(error, ModelError::Undeclared(name) if name == "text"));
}

#[test]
fn json_keeps_what_python_keeps() {
    let text = |json: &str| python_str(&Value::parse(json.as_bytes()).unwrap());
    for (json, python) in [
        ("-0", "0"),
        ("-0.0", "-0.0"),
        ("1E2", "100.0"),
        ("1e22", "1e+22"),
        ("123456789012345680.0", "1.2345678901234568e+17"),
        ("2.2250738585072011e-308", "2.225073858507201e-308"),
        ("9007199254740993.0", "9007199254740992.0"),
        // Halfway between two texts of the same length.
        ("189203948326380.125", "189203948326380.12"),
        ("-1022408047447917.25", "-1022408047447917.2"),
        ("946474125537987.375", "946474125537987.4"),
        ("340282366920938463463374607431768211456", "340282366920938463463374607431768211456"),
        (r#"{"b": 1, "a": {"z": [], "y": null}}"#, "{'b': 1, 'a': {'z': [], 'y': None}}"),
        (r#"["\ud83d\ude00\u0301e\u0301"]"#, "['\u{1f600}\u{301}e\u{301}']"),
        (r#"["\u2028\ufeff\ue000"]"#, "['\\u2028\\ufeff\\ue000']"),
    ] {
        assert_eq!(text(json), python);
    }
    let long = "7".repeat(4_301);
    let many = format!("[{}0]", "0,".repeat(1 << 18));
    let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
    let duplicate: String = (0..20).map(|n| format!("\"k{n}\":0,")).collect();
    for refused in [
        "01",
        "1.",
        ".5",
        "-",
        "+1",
        "1e",
        "1e999",
        "tru",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "'a'",
        "\"\\x\"",
        "\"\t\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\u00e\"",
        "\"",
        "1 2",
        &long,
        &many,
        &deep,
        &format!("{{{duplicate}\"k7\":1}}"),
    ] {
        assert!(Value::parse(refused.as_bytes()).is_err(), "{refused}");
    }
    assert!(Value::parse(b"\"\xff\"").is_err());
    assert!(size_of::<Value>() <= 32, "the bound on values is a bound on memory");
}

#[test]
fn what_a_body_says_of_terminals_is_bounded() {
    let value = Value::parse(
        format!(r#"{{"port": "80", "version": 10005000, "nonce": -1, "uuid": "{}"}}"#, "x".repeat(300))
            .as_bytes(),
    );
    let terminal = Terminal::read(&value.unwrap());
    assert_eq!(terminal, Terminal { port: Some(80), version: Some(10_005_000), ..Terminal::default() });
    assert_eq!(Terminal::read(&Value::Null), Terminal::default());
}

#[test]
fn a_model_by_default_has_the_defaults_of_its_fields() {
    struct Placed;
    impl Synapse for Placed {
        const NAME: &'static str = "placed";
        type Request = serde_json::Value;
        type Response = serde_json::Value;
    }
    impl SynapseV10 for Placed {
        const CLASS: &'static str = "Placed";
        const FIELDS: &'static [Field] = &[Field::asked(
            "point",
            Kind::Model(&[
                Field::asked("x", Kind::Float).or("0.5"),
                Field::asked("label", Kind::Text).or("\"p\""),
            ]),
        )
        .or("{}")];
        const HASHED: &'static [&'static str] = &["point"];
    }
    let read = |body: &str| Model::<Placed>::read(body.as_bytes()).unwrap().0;
    let whole = read(r#"{"point": {"label": "p", "more": 1, "x": 0.5}}"#);
    assert_eq!(read("{}").hash(), whole.hash());
    assert_eq!(whole.request().unwrap(), serde_json::json!({"point": {"x": 0.5, "label": "p"}}));
    assert_ne!(read(r#"{"point": {"x": 1}}"#).hash(), whole.hash());
}

#[test]
fn pythons_spellings_of_types_are_read() {
    let text = |kind: &str, json: &str| {
        let value = Value::parse(json.as_bytes()).unwrap();
        python_str(&kinds::parse(kind).unwrap().fit(value).unwrap())
    };
    for (kind, json, python) in [
        ("<class 'float'>", "1", "1.0"),
        ("typing.Optional[float]", "1", "1.0"),
        ("float | None", "null", "None"),
        ("Tuple[int, ...]", "[1]", "(1,)"),
        ("tuple[float, ...]", "[1, 2]", "(1.0, 2.0)"),
        ("Dict[str, List[Tuple[int, str]]]", r#"{"a": [[1, "b"]]}"#, "{'a': [(1, 'b')]}"),
    ] {
        assert_eq!(text(kind, json), python, "{kind}");
    }
    assert!(kinds::parse("set[int]").is_err());
}
