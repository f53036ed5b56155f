//! Prints the recorded cases of signed responses, `tests/vectors/btauth_response_v1.json`.
//!
//! `cargo run -p subnetkit-protocol --example response-vectors > FILE`. The keys are development keys that everybody
//! knows. Signatures of sr25519 differ from run to run, those of ed25519 don't.

use std::io::{self, Write};

use serde_json::{Value, json};
use subnetkit_protocol::{
    AccountId, KeyError, Keypair, Scheme,
    btauth::{
        BodyDigest,
        response::{CRYPTO, ResponsePayload, SIGNATURE, VERSION, sign_response},
    },
};

const BODY: &[u8] = br#"{"product": 42}"#;

/// A response with its request, and how it is judged.
#[derive(Clone)]
struct Case {
    signer: Keypair,
    caller: AccountId,
    request_signature: [u8; 64],
    status: u16,
    body: Vec<u8>,
    headers: Vec<(String, String)>,
    expected_scheme: Option<Scheme>,
    signed: Value,
}

impl Case {
    fn new(signer: &Keypair, caller: &Keypair, status: u16, body: &[u8]) -> Self {
        // Stands for the request's own signature: what it signs does not matter to the response.
        let request_signature = caller.sign(b"a request");
        let digest = BodyDigest::of(body);
        let headers = sign_response(signer, status, digest, &request_signature, &caller.account());
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let payload = ResponsePayload {
            scheme: signer.scheme(),
            status,
            body: digest,
            request_signature,
            signer: signer.account(),
            caller: caller.account(),
        };
        Self {
            signer: signer.clone(),
            caller: caller.account(),
            request_signature,
            status,
            body: body.to_vec(),
            headers,
            expected_scheme: None,
            signed: json!({ "payload": String::from_utf8_lossy(&payload.to_bytes()) }),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn header(self, name: &str, change: impl FnOnce(&str) -> String) -> Self {
        self.with(|case| {
            if let Some((_, value)) = case.headers.iter_mut().find(|(header, _)| header == name) {
                *value = change(value);
            }
        })
    }

    fn without(self, names: &[&str]) -> Self {
        self.with(|case| case.headers.retain(|(name, _)| !names.contains(&name.as_str())))
    }

    fn and(self, name: &str, value: &str) -> Self {
        self.with(|case| case.headers.push((name.to_owned(), value.to_owned())))
    }

    fn json(&self, id: &str, note: &str, error: Option<&str>) -> Value {
        json!({
            "id": id,
            "note": note,
            "signing": self.signed,
            "response": {
                "status": self.status,
                "body_hex": hex::encode(&self.body),
                "headers": self.headers,
            },
            "verify": {
                "expected_signer_ss58": self.signer.account(),
                "caller_ss58": self.caller,
                "request_signature": format!("0x{}", hex::encode(self.request_signature)),
                "expected_scheme": self.expected_scheme,
            },
            "expect": { "ok": error.is_none(), "error": error },
        })
    }
}

fn cases() -> Result<Value, KeyError> {
    let sr = |name| Keypair::from_uri(name, Scheme::Sr25519);
    let ed = |name| Keypair::from_uri(name, Scheme::Ed25519);
    // The request's signature is part of the payload, so a fixed answer needs an ed25519 caller as well.
    let known = Case::new(&ed("//Bob")?, &ed("//Alice")?, 200, BODY);
    let good = Case::new(&sr("//Bob")?, &sr("//Alice")?, 200, BODY);
    let flipped = |value: &str| {
        let last = if value.ends_with('0') { '1' } else { '0' };
        format!("{}{last}", &value[..value.len() - 1])
    };

    let valid = [
        known.json("v01", "ed25519 throughout: deterministic, to be reproduced byte for byte", None),
        good.json("v02", "sr25519", None),
        Case::new(&ed("//Bob")?, &sr("//Alice")?, 200, BODY).json(
            "v03",
            "an ed25519 miner, an sr25519 caller",
            None,
        ),
        Case::new(&sr("//Bob")?, &sr("//Alice")?, 200, b"").json("v04", "an empty body", None),
        Case::new(&sr("//Bob")?, &sr("//Alice")?, 503, br#"{"error":"busy","message":"later"}"#).json(
            "v05",
            "a refusal of a proven request is signed too",
            None,
        ),
        good.clone().and(CRYPTO, "sr25519").json("v06", "sr25519 may be named", None),
        good.clone().with(|case| case.expected_scheme = Some(Scheme::Sr25519)).json(
            "v07",
            "the scheme the caller expects",
            None,
        ),
        good.clone()
            .with(|case| {
                for (name, _) in &mut case.headers {
                    *name = name.to_ascii_uppercase();
                }
            })
            .json("v08", "names are case-insensitive", None),
        good.clone().and("content-type", "text/plain").json("v09", "other headers are not covered", None),
    ];
    let bad = "BadSignature";
    let malformed = "Malformed";
    let invalid = [
        good.clone().without(&[VERSION, SIGNATURE]).json("n01", "not signed", Some("Missing")),
        good.clone().without(&[VERSION]).json("n02", "no version", Some(malformed)),
        good.clone().without(&[SIGNATURE]).json("n03", "no signature", Some(malformed)),
        good.clone().header(VERSION, |_| "2".into()).json("n04", "another version", Some(malformed)),
        good.clone().header(VERSION, |_| "01".into()).json("n05", "a version with a zero", Some(malformed)),
        good.clone().and(VERSION, "1").json("n06", "the version twice", Some(malformed)),
        good.clone()
            .with(|case| {
                if let Some(signature) = case.headers.iter().find(|(name, _)| name == SIGNATURE).cloned() {
                    case.headers.push(signature);
                }
            })
            .json("n07", "the signature twice", Some(malformed)),
        good.clone().header(SIGNATURE, |v| v[2..].into()).json("n08", "no 0x", Some(malformed)),
        good.clone().header(SIGNATURE, |v| v.replace("0x", "0X")).json("n09", "0X", Some(malformed)),
        good.clone().header(SIGNATURE, |v| format!("0x{}", v[2..].to_ascii_uppercase())).json(
            "n10",
            "upper-case digits",
            Some(malformed),
        ),
        good.clone().header(SIGNATURE, |v| v[..128].into()).json("n11", "63 bytes", Some(malformed)),
        good.clone().header(SIGNATURE, |v| format!("{v}00")).json("n12", "65 bytes", Some(malformed)),
        good.clone().header(SIGNATURE, |_| String::new()).json("n13", "an empty signature", Some(malformed)),
        good.clone().and(CRYPTO, "SR25519").json("n14", "a scheme in capitals", Some(malformed)),
        good.clone().and(CRYPTO, "").json("n15", "an empty scheme", Some(malformed)),
        good.clone().without(&[VERSION, SIGNATURE]).and(CRYPTO, "sr25519").json(
            "n16",
            "a scheme and nothing signed",
            Some(malformed),
        ),
        known.clone().with(|case| case.expected_scheme = Some(Scheme::Sr25519)).json(
            "n17",
            "another scheme than the caller expects",
            Some("UnexpectedScheme"),
        ),
        known
            .clone()
            .with(|case| {
                case.expected_scheme = Some(Scheme::Sr25519);
                case.body.push(b' ');
            })
            .json(
                "n18",
                "several faults: the scheme is judged before the signature",
                Some("UnexpectedScheme"),
            ),
        good.clone().header(SIGNATURE, flipped).json("n19", "a changed signature", Some(bad)),
        good.clone().with(|case| case.status = 201).json("n20", "a changed status", Some(bad)),
        good.clone().with(|case| case.body[0] = b'[').json("n21", "a changed body", Some(bad)),
        good.clone().with(|case| case.body.clear()).json("n22", "a body cut off", Some(bad)),
        good.clone().with(|case| case.request_signature[0] ^= 1).json(
            "n23",
            "the answer to another request",
            Some(bad),
        ),
        good.clone()
            .with(|case| {
                if let Ok(other) = sr("//Charlie") {
                    case.caller = other.account();
                }
            })
            .json("n24", "the answer to another caller", Some(bad)),
        good.clone()
            .with(|case| {
                if let Ok(other) = sr("//Charlie") {
                    case.signer = other;
                }
            })
            .json("n25", "another miner's answer", Some(bad)),
        known.clone().without(&[CRYPTO]).json("n26", "an ed25519 signature said to be sr25519", Some(bad)),
        good.clone()
            .with(|case| {
                let payload = case.signed["payload"].as_str().unwrap_or_default();
                let signature = case.signer.sign(format!("<Bytes>{payload}</Bytes>").as_bytes());
                case.headers.retain(|(name, _)| name != SIGNATURE);
                case.headers.push((SIGNATURE.into(), format!("0x{}", hex::encode(signature))));
            })
            .json("n27", "the payload wrapped as browser wallets do", Some(bad)),
    ];
    Ok(json!({
        "format": "btauth-response-vectors/1",
        "keys": "Bob answers Alice; Charlie is somebody else. All are derived from the public development phrase.",
        "valid": valid,
        "invalid": invalid,
    }))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &cases()?)?;
    writeln!(out)?;
    Ok(())
}
