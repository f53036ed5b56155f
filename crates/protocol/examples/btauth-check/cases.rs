//! Reads and judges files of the `btauth-vectors/1` format. Also compiled into the crate's tests.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde::{Deserialize, Deserializer, de};
use subnetkit_protocol::{
    AccountId, Keypair, Scheme,
    btauth::{self, BodyDigest, Payload, Policy, ReplaySettings, ReplayStore, Unsigned, Verifier},
};

/// What became of the cases of a file.
pub(crate) struct Report {
    pub(crate) passed: usize,
    pub(crate) failures: Vec<String>,
}

impl Report {
    fn record(&mut self, id: &str, note: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(difference) => self.failures.push(format!("{id} ({note}): {difference}")),
        }
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    keys: Vec<Key>,
    #[serde(default)]
    valid: Vec<Case>,
    #[serde(default)]
    invalid: Vec<Case>,
    #[serde(default)]
    lenient: Vec<Case>,
    #[serde(default)]
    sequences: Vec<Sequence>,
}

#[derive(Deserialize)]
struct Key {
    id: String,
    crypto: Scheme,
    uri: Option<String>,
    seed_hex: Option<String>,
    public_key_hex: String,
    ss58: String,
}

#[derive(Deserialize)]
struct Sequence {
    steps: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    #[serde(default)]
    note: String,
    signing: Option<Signing>,
    request: Request,
    verify: Settings,
    expect: Option<Expect>,
    /// Where the recorded answer was lenient: the one this implementation must give.
    recommended_strict: Option<Expect>,
}

impl Case {
    fn expected(&self) -> Result<&Expect, String> {
        self.recommended_strict
            .as_ref()
            .or(self.expect.as_ref())
            .ok_or_else(|| "no expected answer".to_owned())
    }
}

#[derive(Deserialize)]
struct Signing {
    key: Option<String>,
    scheme: Scheme,
    method: String,
    target: String,
    body_sha256: String,
    #[serde(deserialize_with = "decimal")]
    nonce_ns: u128,
    sender_ss58: String,
    receiver_ss58: Option<String>,
    payload_hex: String,
    signature_hex: String,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    target: String,
    body_hex: String,
    headers: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Settings {
    self_hotkey_ss58: AccountId,
    #[serde(deserialize_with = "decimal")]
    now_ns: u128,
    max_age_s: f64,
    allowed_skew_s: f64,
    require_receiver: bool,
}

#[derive(Deserialize)]
struct Expect {
    ok: bool,
    error: Option<String>,
    hotkey_ss58: Option<String>,
    #[serde(default, deserialize_with = "optional_decimal")]
    nonce_ns: Option<u128>,
    crypto: Option<Scheme>,
}

/// Judges every case of a file. `Err` says why the file is not usable.
pub(crate) fn check(file: &[u8]) -> Result<Report, String> {
    let file: File =
        serde_json::from_slice(file).map_err(|error| format!("not a file of recorded requests: {error}"))?;
    let mut report = Report { passed: 0, failures: Vec::new() };
    let mut keys = HashMap::new();
    for key in &file.keys {
        let outcome = check_key(key).map(|pair| {
            keys.insert(key.id.as_str(), pair);
        });
        report.record(&key.id, "key", outcome);
    }
    for case in file.valid.iter().chain(&file.invalid).chain(&file.lenient) {
        report.record(&case.id, &case.note, check_case(case, &keys, &store(case)?));
    }
    for sequence in &file.sequences {
        let Some(first) = sequence.steps.first() else { continue };
        let store = store(first)?;
        for step in &sequence.steps {
            report.record(&step.id, &step.note, check_case(step, &keys, &store));
        }
    }
    if report.passed + report.failures.len() == 0 {
        return Err("the file holds no cases".to_owned());
    }
    Ok(report)
}

fn check_key(key: &Key) -> Result<Keypair, String> {
    let pair = match (&key.uri, &key.seed_hex) {
        (Some(uri), _) => Keypair::from_uri(uri, key.crypto).map_err(|error| error.to_string())?,
        (None, Some(seed)) => {
            let mut mini_secret = [0u8; 32];
            hex::decode_to_slice(seed, &mut mini_secret).map_err(|error| format!("seed_hex: {error}"))?;
            Keypair::from_mini_secret(mini_secret, key.crypto)
        }
        (None, None) => return Err("neither uri nor seed_hex".to_owned()),
    };
    same("public key", &key.public_key_hex, &hex::encode(pair.account().as_bytes()))?;
    same("address", &key.ss58, &pair.account().to_string())?;
    Ok(pair)
}

fn check_case(case: &Case, keys: &HashMap<&str, Keypair>, store: &Arc<ReplayStore>) -> Result<(), String> {
    let expected = case.expected()?;
    let body = hex::decode(&case.request.body_hex).map_err(|error| format!("body_hex: {error}"))?;
    if let Some(signing) = &case.signing {
        check_signing(case, signing, keys)?;
    }
    let verifier = verifier(case, store)?;
    let headers = case.request.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let Request { method, target, .. } = &case.request;
    let got = verifier.verify(method, target, headers, &body, case.verify.now_ns);

    match (got, expected.ok) {
        (Ok(claims), true) => {
            let Expect { hotkey_ss58, nonce_ns, crypto, .. } = expected;
            if let Some(hotkey) = hotkey_ss58 {
                same("sender", hotkey, &claims.sender.to_string())?;
            }
            same("nonce", &nonce_ns.unwrap_or(claims.nonce), &claims.nonce)?;
            same("scheme", &crypto.unwrap_or(claims.scheme), &claims.scheme)
        }
        (Ok(_), false) => Err(format!("expected {}, got acceptance", error_name(expected))),
        (Err(error), true) => Err(format!("expected acceptance, got {}: {error}", error.kind())),
        (Err(error), false) => same("error", error_name(expected), error.kind().as_str()),
    }
}

fn error_name(expected: &Expect) -> &str {
    expected.error.as_deref().unwrap_or("an unnamed error")
}

/// Rebuilds what the sender signed, and signs it again.
fn check_signing(case: &Case, signing: &Signing, keys: &HashMap<&str, Keypair>) -> Result<(), String> {
    // A strict signer cannot speak for addresses of other networks; only the lenient cases and their like have them.
    let Ok(sender) = signing.sender_ss58.parse::<AccountId>() else { return Ok(()) };
    let receiver = match signing.receiver_ss58.as_deref() {
        None | Some("-") => None,
        Some(address) => match address.parse::<AccountId>() {
            Ok(receiver) => Some(receiver),
            Err(_) => return Ok(()),
        },
    };
    let mut digest = [0u8; 32];
    hex::decode_to_slice(&signing.body_sha256, &mut digest)
        .map_err(|error| format!("body_sha256: {error}"))?;
    let payload = Payload {
        scheme: signing.scheme,
        method: &signing.method,
        target: &signing.target,
        body: BodyDigest::from_bytes(digest),
        nonce: signing.nonce_ns,
        sender,
        receiver,
    };
    let Some(bytes) = payload.to_bytes() else {
        let refused = !case.expected()?.ok;
        return if refused { Ok(()) } else { Err("method or target cannot be signed".to_owned()) };
    };
    same("payload", &signing.payload_hex, &hex::encode(&bytes))?;

    let Some(pair) = signing.key.as_deref().and_then(|key| keys.get(key)) else { return Ok(()) };
    if pair.account() != sender {
        return Ok(());
    }
    let signature = pair.sign(&bytes);
    if signing.scheme == Scheme::Ed25519 {
        same("signature", &signing.signature_hex, &hex::encode(signature))?;
    }
    if !subnetkit_protocol::verify(signing.scheme, &sender, &bytes, &signature) {
        return Err("our own signature does not verify".to_owned());
    }
    if case.expected()?.ok { check_signer(case, pair, &payload) } else { Ok(()) }
}

/// For requests that must be accepted: the headers our signer makes must be accepted as well.
fn check_signer(case: &Case, pair: &Keypair, payload: &Payload<'_>) -> Result<(), String> {
    let body = hex::decode(&case.request.body_hex).map_err(|error| format!("body_hex: {error}"))?;
    same("body hash", &payload.body, &BodyDigest::of(&body))?;
    let unsigned = Unsigned {
        method: payload.method,
        target: payload.target,
        body: &body,
        receiver: payload.receiver.as_ref(),
        nonce: u64::try_from(payload.nonce).map_err(|_| "the nonce to sign has more than 64 bits")?,
    };
    let headers = btauth::sign(pair, &unsigned).map_err(|error| error.to_string())?;
    let headers = headers.iter().map(|(name, value)| (*name, value.as_bytes()));
    verifier(case, &store(case)?)?
        .verify(payload.method, payload.target, headers, &body, case.verify.now_ns)
        .map(|_| ())
        .map_err(|error| format!("our own request was refused: {error}"))
}

fn policy(case: &Case) -> Result<Policy, String> {
    let seconds = |name: &str, value: f64| {
        Duration::try_from_secs_f64(value).map_err(|error| format!("{}: {name}: {error}", case.id))
    };
    Ok(Policy {
        require_receiver: case.verify.require_receiver,
        max_age: seconds("max_age_s", case.verify.max_age_s)?,
        allowed_skew: seconds("allowed_skew_s", case.verify.allowed_skew_s)?,
        ..Policy::new(case.verify.self_hotkey_ss58)
    })
}

fn store(case: &Case) -> Result<Arc<ReplayStore>, String> {
    let policy = policy(case)?;
    let default = ReplaySettings::default();
    let retention = default.retention.max(policy.max_age.saturating_add(policy.allowed_skew));
    let store = ReplayStore::new(ReplaySettings { retention, ..default });
    store.map(Arc::new).map_err(|error| error.to_string())
}

fn verifier(case: &Case, store: &Arc<ReplayStore>) -> Result<Verifier, String> {
    Verifier::new(policy(case)?, Arc::clone(store)).map_err(|error| error.to_string())
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(what: &str, expected: &T, got: &T) -> Result<(), String> {
    if expected == got { Ok(()) } else { Err(format!("{what}: expected {expected:?}, got {got:?}")) }
}

/// Large integers are recorded as numbers or as decimal text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Decimal {
    Number(u64),
    Text(String),
}

impl Decimal {
    fn value<E: de::Error>(self) -> Result<u128, E> {
        match self {
            Self::Number(number) => Ok(u128::from(number)),
            Self::Text(text) => text.parse().map_err(E::custom),
        }
    }
}

fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
    Decimal::deserialize(deserializer)?.value()
}

fn optional_decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u128>, D::Error> {
    Option::<Decimal>::deserialize(deserializer)?.map(Decimal::value).transpose()
}
