//! Exchanges with a server of SDK 10.5.0, repeated against this one.
//!
//! Nonces are moved to the present and what was signed rightly is signed again; all faults stay as they were recorded.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use async_trait::async_trait;
use reqwest::{Method, Response};
use serde::{Deserialize, Serialize};
use subnetkit_miner::{Axon, Call, Forward, MinerConfig, Refusal};
use subnetkit_protocol::{
    Scheme, Synapse,
    axon_v10::{Field, Kind, SynapseV10, Value, python_str},
    verify,
};

use super::{Shouter, Text, hotkey, shifted};
use crate::support::{config, key, start_as};

const HOTKEY: &str = "bt_header_dendrite_hotkey";
const NONCE: &str = "bt_header_dendrite_nonce";
const UUID: &str = "bt_header_dendrite_uuid";
const SIGNATURE: &str = "bt_header_dendrite_signature";
const HASH: &str = "computed_body_hash";

/// Where the recorded status is not this server's, and why.
const STRICT: [(&str, u16); 14] = [
    // The caller is told what is wrong with its headers, where the SDK calls it an error of the server.
    ("nonce not a number", 401),
    ("timeout not a number", 401),
    ("no bittensor headers at all", 401),
    // So with bodies: what was not signed is not verified, what can't be read is unprocessable.
    ("body does not match the hash header", 401),
    ("required field missing in the body", 422),
    ("empty body", 422),
    // Nothing is read from dummies, and JSON is what a body is taken for.
    ("missing input_obj header of a required field", 200),
    ("no content-type", 200),
    // Priority is by stake: there is no function to fail; the recorded ones are handlers that are busy or fail here.
    ("priority function raises TimeoutError", 503),
    ("priority function raises anything else", 500),
    // Handlers refuse by reasons, and don't choose the status of an answer.
    ("handler sets its own status", 200),
    ("handler raises", 500),
    ("blacklisted (checked before verification: bad signature still gives 403)", 403),
    ("body not JSON", 422),
];

#[derive(Clone, Serialize, Deserialize)]
struct Bare {
    x: i64,
}

macro_rules! class {
    ($name:ident, $answer:expr) => {
        struct $name;

        impl Synapse for $name {
            const NAME: &'static str = concat!("11-", stringify!($name));
            type Request = Bare;
            type Response = serde_json::Map<String, serde_json::Value>;
        }

        impl SynapseV10 for $name {
            const CLASS: &'static str = stringify!($name);
            const FIELDS: &'static [Field] = &[Field::asked("x", Kind::Int).or("0")];
            const HASHED: &'static [&'static str] = &[];
        }

        #[async_trait]
        impl Forward<$name> for Shouter {
            async fn forward(
                &self,
                _: Call<Bare>,
            ) -> Result<serde_json::Map<String, serde_json::Value>, Refusal> {
                $answer
            }
        }
    };
}

class!(Denied, Ok(serde_json::Map::new()));
class!(Teapot, Ok(serde_json::Map::new()));
class!(Crash, Err(Refusal::internal("raised")));
class!(SlowPrio, Err(Refusal::busy(std::time::Duration::from_secs(1))));
class!(BadPrio, Err(Refusal::internal("raised")));

fn serve_all(axon: Axon) -> Axon {
    axon.serve_v10::<Text>(Shouter)
        .serve_v10::<Denied>(Shouter)
        .serve_v10::<Crash>(Shouter)
        .serve_v10::<SlowPrio>(Shouter)
        .serve_v10::<BadPrio>(Shouter)
        .serve_v10::<Teapot>(Shouter)
}

#[tokio::test]
async fn every_recorded_exchange_ends_as_recorded_or_more_strictly() {
    let path =
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/vectors/axon_v10_http.json");
    let file = Value::parse(&fs::read(path).unwrap()).unwrap();
    let Some(Value::List(exchanges)) = file.get("http") else { panic!("no exchanges") };
    let open = MinerConfig {
        burst_per_hotkey: 1_000,
        accept_signed_before_start: true,
        require_permit: false,
        ..config()
    };
    let denying = MinerConfig { deny: [hotkey("Alice")].into(), ..open.clone() };
    let axon = start_as(key("Bob"), open, serve_all).await;
    let denying = start_as(key("Bob"), denying, serve_all).await;

    let mut nonces = HashMap::new();
    let mut ended = BTreeMap::new();
    for exchange in exchanges {
        let note = text(exchange, "note");
        let server = if text(exchange, "target") == "/Denied" { &denying } else { &axon };
        let headers = renewed(exchange, &mut nonces);
        let method: Method = text(exchange, "method").parse().unwrap();
        let request = server.client.request(method, server.url(&text(exchange, "target")));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let response = request.body(text(exchange, "body")).send().await.unwrap();

        let recorded: u16 = text(exchange, "status").parse().unwrap();
        let strict = STRICT.iter().find(|(noted, _)| *noted == note).map_or(recorded, |(_, status)| *status);
        let status = response.status().as_u16();
        assert_eq!(status, strict, "{note}: {}", response.text().await.unwrap());
        *ended.entry(status).or_insert(0) += 1;
        match (status, recorded) {
            (200, 200) => as_recorded(exchange, response).await,
            (200, _) => {}
            _ => {
                let body: serde_json::Value =
                    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
                assert!(body["message"].as_str().is_some_and(|message| message.len() > 5), "{note}: {body}");
            }
        }
    }
    let expected =
        BTreeMap::from([(200, 13), (401, 12), (403, 1), (404, 3), (405, 1), (422, 3), (500, 2), (503, 1)]);
    assert_eq!(ended, expected);
}

/// The recorded headers with a nonce as old now as it was then, signed again if the signature was good for somebody.
fn renewed(exchange: &Value, nonces: &mut HashMap<String, u64>) -> Vec<(String, String)> {
    let Some(Value::Dict(headers)) = exchange.get("headers") else { panic!("no headers") };
    let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.clone(), python_str(value))).collect();
    let find = |headers: &[(String, String)], name: &str| {
        headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    };
    let Some(recorded) = find(&headers, NONCE).and_then(|nonce| nonce.parse::<i128>().ok()) else {
        return headers;
    };
    let now = text(exchange, "now_ns").parse().unwrap();
    // Who repeats a client's nonce then repeats it now.
    let nonce = *nonces.entry(find(&headers, UUID).unwrap()).or_insert_with(|| shifted(recorded, now));
    let message = |nonce: i128, axon: &str| {
        let part = |name| find(&headers, name).unwrap_or_else(|| "None".to_owned());
        format!("{nonce}.{}.{axon}.{}.{}", part(HOTKEY), part(UUID), part(HASH))
    };
    let signer = [("Alice", hotkey("Alice")), ("Charlie", hotkey("Charlie"))]
        .into_iter()
        .find(|(_, account)| find(&headers, HOTKEY) == Some(account.to_ss58()));
    let signature = find(&headers, SIGNATURE).unwrap_or_default();
    let mut bytes = [0u8; 64];
    let whole = hex_decode(signature.trim_start_matches("0x"), &mut bytes);
    let receivers = [hotkey("Bob").to_ss58(), find(&headers, "bt_header_axon_hotkey").unwrap_or_default()];
    let renewed = signer.filter(|_| whole).and_then(|(name, account)| {
        let for_whom = receivers
            .iter()
            .find(|axon| verify(Scheme::Sr25519, &account, message(recorded, axon).as_bytes(), &bytes))?;
        Some(key(name).sign(message(i128::from(nonce), for_whom).as_bytes()))
    });
    for (name, value) in &mut headers {
        match name.as_str() {
            NONCE => *value = nonce.to_string(),
            SIGNATURE => {
                if let Some(renewed) = renewed {
                    *value =
                        format!("0x{}", renewed.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
                }
            }
            _ => {}
        }
    }
    headers
}

/// Compares an answer with the recorded one: every stable header, and the body but for the time it took.
async fn as_recorded(exchange: &Value, response: Response) {
    let note = text(exchange, "note");
    let Some(Value::Dict(recorded)) = exchange.get("response_headers") else { panic!("no response headers") };
    let recorded: BTreeMap<_, _> =
        recorded.iter().map(|(name, value)| (name.clone(), python_str(value))).collect();
    let unstable = ["date", "content-length", "bt_header_axon_process_time"];
    let got: BTreeMap<_, _> = response
        .headers()
        .iter()
        .filter(|(name, _)| !unstable.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    assert_eq!(recorded, got, "{note}");

    let mut body: serde_json::Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert!(body["axon"]["process_time"].as_f64().is_some_and(|seconds| (0.0..60.0).contains(&seconds)));
    body["axon"]["process_time"] = "<seconds>".into();
    assert_eq!(exchange.get("response_json").unwrap().to_serde().unwrap(), body, "{note}");
}

fn text(exchange: &Value, name: &str) -> String {
    exchange.get(name).map(python_str).unwrap()
}

fn hex_decode(digits: &str, into: &mut [u8; 64]) -> bool {
    digits.len() == 128
        && into.iter_mut().enumerate().all(|(index, byte)| {
            let parsed = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16);
            parsed.map(|parsed| *byte = parsed).is_ok()
        })
}
