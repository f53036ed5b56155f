//! Reads and judges files of the `axon-v10-vectors/1` format. Also compiled into the crate's tests.

use std::{
    collections::{BTreeMap, HashSet},
    net::SocketAddr,
    time::Duration,
};

use subnetkit_protocol::{
    AccountId, Keypair, Scheme,
    axon_v10::{
        self, BodyHash, Claims, Envelope, Model, Ping, SynapseV10, Terminal, Unsigned, Value, python_str,
    },
    btauth::{AuthError, Policy},
};

use super::{classes, kinds};

/// What became of the cases of a file.
#[derive(Default)]
pub(crate) struct Report {
    /// How many cases of each section passed.
    pub(crate) sections: BTreeMap<&'static str, usize>,
    pub(crate) failures: Vec<String>,
}

impl Report {
    pub(crate) fn passed(&self) -> usize {
        self.sections.values().sum()
    }

    fn record(&mut self, section: &'static str, index: usize, note: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => *self.sections.entry(section).or_default() += 1,
            Err(difference) => self.failures.push(format!("{section} {index} ({note}): {difference}")),
        }
    }
}

/// Judges every case of a file. `Err` says why the file is not usable.
pub(crate) fn check(file: &[u8]) -> Result<Report, String> {
    let file = Value::parse(file).map_err(|error| format!("not a file of recorded behaviour: {error}"))?;
    let mut report = Report::default();
    type Check = fn(&Value) -> Result<(), String>;
    let sections: [(&'static str, Check); 3] =
        [("python_str", check_text), ("body_hash", check_hash), ("requests", check_request)];
    for (section, check) in sections {
        for (index, case) in items(&file, section).iter().enumerate() {
            report.record(section, index, &note(case), check(case));
        }
    }
    for sequence in items(&file, "verify") {
        let mut seen = HashSet::new();
        for (index, step) in items(sequence, "steps").iter().enumerate() {
            let note = format!("{}: {}", note(sequence), note(step));
            report.record("verify", index, &note, check_step(step, &mut seen));
        }
    }
    for (index, case) in items(&file, "http").iter().enumerate() {
        if let Some(outcome) = check_exchange(case) {
            report.record("http", index, &note(case), outcome);
        }
    }
    if report.passed() + report.failures.len() == 0 {
        return Err("the file holds no cases".to_owned());
    }
    Ok(report)
}

fn check_text(case: &Value) -> Result<(), String> {
    same("text", text(case, "python_str")?, &python_str(member(case, "json")?))
}

fn check_hash(case: &Value) -> Result<(), String> {
    let (values, types) = (member(case, "fields_json")?, member(case, "field_types")?);
    let fit = |name: &Value| {
        let name = python_str(name);
        let kind = kinds::parse(text(types, &name)?)?;
        kind.fit(member(values, &name)?.clone()).map_err(|error| format!("{name}: {error}"))
    };
    let fitted = items(case, "required_hash_fields").iter().map(fit).collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<String> = fitted.iter().map(python_str).collect();
    let expected: Vec<String> = items(case, "python_str").iter().map(python_str).collect();
    same("texts", &expected, &texts)?;
    same("body hash", text(case, "body_hash")?, &BodyHash::of(&fitted).to_string())
}

/// Makes the recorded request anew: it differs in nothing but the signature, and both signatures are good.
fn check_request(case: &Value) -> Result<(), String> {
    match text(case, "synapse")? {
        "Text" => check_request_of::<classes::Text>(case),
        "Numbers" => check_request_of::<classes::Numbers>(case),
        "Lists" => check_request_of::<classes::Lists>(case),
        "Nested" => check_request_of::<classes::Nested>(case),
        "Reordered" => check_request_of::<classes::Reordered>(case),
        "NoHash" => check_request_of::<classes::NoHash>(case),
        "Synapse" => check_request_of::<Ping>(case),
        _ => check_signed(case).map(drop),
    }
}

/// What can be said of a request without knowing its class: the signature covers the recorded message.
fn check_signed(case: &Value) -> Result<Claims, String> {
    let recorded = pairs(member(case, "headers")?);
    let header = |name: &str| {
        let found = recorded.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).ok_or_else(|| format!("no header {name}"))
    };
    let receiver: AccountId = parsed(header("bt_header_axon_hotkey")?)?;
    let claims = verified(&recorded, receiver, parsed(header(axon_v10::NONCE)?)?)
        .map_err(|error| format!("the recorded request was refused: {error}"))?;
    same("message", text(case, "signed_message")?, &claims.message(&receiver))?;
    same("body hash", text(case, "body_hash")?, &claims.body_hash.to_string())?;
    Ok(claims)
}

fn check_request_of<S: SynapseV10>(case: &Value) -> Result<(), String> {
    let recorded = pairs(member(case, "headers")?);
    let header = |name: &str| {
        let found = recorded.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).ok_or_else(|| format!("no header {name}"))
    };
    let body = member(case, "body_json")?.to_json();
    let (model, envelope) = Model::<S>::read(body.as_bytes()).map_err(|error| error.to_string())?;
    let receiver: AccountId = parsed(header("bt_header_axon_hotkey")?)?;
    let axon = format!("{}:{}", header("bt_header_axon_ip")?, header("bt_header_axon_port")?);
    let unsigned = Unsigned {
        timeout: Duration::from_secs_f64(parsed(header(axon_v10::TIMEOUT)?)?),
        axon: parsed::<SocketAddr>(&axon)?,
        receiver: &receiver,
        external_ip: Some(parsed(header("bt_header_dendrite_ip")?)?),
        uuid: header(axon_v10::UUID)?,
        nonce: parsed(header(axon_v10::NONCE)?)?,
    };
    let alice = Keypair::from_uri("//Alice", Scheme::Sr25519).map_err(|error| error.to_string())?;
    let signed = axon_v10::sign(&alice, &unsigned, &model).map_err(|error| error.to_string())?;

    let but_signature = |headers: &[(String, String)]| {
        let rest = headers.iter().filter(|(name, _)| name != axon_v10::SIGNATURE);
        rest.cloned().collect::<Vec<_>>()
    };
    same("headers", &but_signature(&recorded), &but_signature(&signed.headers))?;
    let ours = verified(&signed.headers, receiver, u128::from(unsigned.nonce))
        .map_err(|error| format!("our request was refused: {error}"))?;
    for claims in [check_signed(case)?, ours] {
        same("message", text(case, "signed_message")?, &claims.message(&receiver))?;
        claims.verify_body(&model.hash()).map_err(|error| error.to_string())?;
    }
    let (again, made) = Model::<S>::read(&signed.body).map_err(|error| error.to_string())?;
    same("fields", &format!("{model:?}"), &format!("{again:?}"))?;
    let unsigned_part = |envelope: &Envelope| Envelope {
        dendrite: Terminal { signature: None, ..envelope.dendrite.clone() },
        ..envelope.clone()
    };
    same("envelope", &unsigned_part(&envelope), &unsigned_part(&made))?;
    same(
        "base fields",
        &keys(member(case, "body_json")?),
        &keys(&Value::parse(&signed.body).unwrap_or(Value::Null)),
    )
}

/// One verification. Expected is what the SDK said, but for the differences that the module's table names.
fn check_step(step: &Value, seen: &mut HashSet<(String, String)>) -> Result<(), String> {
    let now: u128 = parsed(&python_str(member(step, "now_ns")?))?;
    let own: AccountId = parsed(text(step, "own_hotkey")?)?;
    let mut headers = pairs(member(step, "dendrite")?);
    for (name, _) in &mut headers {
        *name = format!("bt_header_dendrite_{name}");
    }
    for name in [axon_v10::BODY_HASH, axon_v10::TIMEOUT] {
        let value = member(step, name)?;
        if *value != Value::Null {
            headers.push((name.to_owned(), python_str(value)));
        }
    }
    let pair = |name| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let key = pair(axon_v10::HOTKEY).zip(pair(axon_v10::NONCE));
    let nonce = key.as_ref().and_then(|(_, nonce)| nonce.parse::<u128>().ok());
    let patience: f64 = pair(axon_v10::TIMEOUT).map_or(Ok(0.0), |seconds| parsed(&seconds))?;
    let in_window = nonce.is_some_and(|nonce| {
        let age = Duration::from_nanos(u64::try_from(now.saturating_sub(nonce)).unwrap_or(u64::MAX));
        age <= Policy::DEFAULT_MAX_AGE
            && age.as_secs_f64() < 4.0 + patience
            && nonce.saturating_sub(now) <= Policy::DEFAULT_ALLOWED_SKEW.as_nanos()
    });
    let is_new = key.as_ref().is_some_and(|key| !seen.contains(key));

    let expect = member(step, "expect")?;
    let accepted = *member(expect, "ok")? == Value::Bool(true);
    let overtaken = expect
        .get("message")
        .is_some_and(|said| python_str(said).ends_with("a newer one was last processed"));
    let expected = (accepted || overtaken) && in_window && is_new;

    // The memory of nonces is the server's; here it is a set.
    let got = verified(&headers, own, now).is_ok() && is_new;
    same("acceptance", &expected, &got)?;
    seen.extend(key.filter(|_| got));
    Ok(())
}

/// An exchange with a server of SDK 10: `None` where the recorded status says nothing about authentication, or where it
/// depends on what the server saw before.
fn check_exchange(case: &Value) -> Option<Result<(), String>> {
    let status = python_str(case.get("status")?);
    let target = python_str(case.get("target")?);
    let told = case.get("response_json").map(python_str).unwrap_or_default();
    let accepted = match status.as_str() {
        "200" | "408" | "418" => true,
        "401" if !told.contains("a newer one was last processed") => false,
        _ => return None,
    };
    Some(match target.split('?').next() {
        Some("/Text") => check_exchange_of::<classes::Text>(case, accepted),
        Some("/Synapse") => check_exchange_of::<Ping>(case, accepted),
        Some("/Denied" | "/Crash" | "/SlowPrio" | "/BadPrio" | "/Teapot") => {
            check_exchange_of::<classes::Bare>(case, accepted)
        }
        _ => check_heads(case, accepted),
    })
}

/// The part of an exchange that does not depend on the class.
fn check_heads(case: &Value, accepted: bool) -> Result<(), String> {
    let (now, bob) = (parsed(&python_str(member(case, "now_ns")?))?, bob()?);
    same("acceptance", &accepted, &verified(&pairs(member(case, "headers")?), bob, now).is_ok())
}

/// The recorded servers' hotkey.
fn bob() -> Result<AccountId, String> {
    let bob = Keypair::from_uri("//Bob", Scheme::Sr25519).map_err(|error| error.to_string())?;
    Ok(bob.account())
}

fn check_exchange_of<S: SynapseV10>(case: &Value, accepted: bool) -> Result<(), String> {
    let now: u128 = parsed(&python_str(member(case, "now_ns")?))?;
    let read = Model::<S>::read(text(case, "body")?.as_bytes()).map_err(|error| error.to_string())?;
    let got = verified(&pairs(member(case, "headers")?), bob()?, now)
        .and_then(|claims| claims.verify_body(&read.0.hash()));
    same("acceptance", &accepted, &got.is_ok())?;
    if python_str(member(case, "status")?) != "200" {
        return Ok(());
    }

    let recorded = member(case, "response_json")?;
    let (answered, _) = Model::<S>::read(recorded.to_json().as_bytes()).map_err(|error| error.to_string())?;
    let response = axon_v10::answer(&answered, read.1, 0.25);
    let stable = |headers: Vec<(String, String)>| {
        let but = ["content-type", "bt_header_axon_process_time"];
        headers.into_iter().filter(|(name, _)| !but.contains(&name.as_str())).collect::<Vec<_>>()
    };
    let expected = stable(pairs(member(case, "response_headers")?));
    same("response headers", &expected, &stable(response.headers))?;
    let body = String::from_utf8_lossy(&response.body).replace("0.25", "\"<seconds>\"");
    same("response body", &recorded.to_json(), &body)
}

fn verified(headers: &[(String, String)], own: AccountId, now: u128) -> Result<Claims, AuthError> {
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let claims = axon_v10::parse(headers, &Policy::new(own), now)?;
    claims.verify(&own)?;
    Ok(claims)
}

fn member<'v>(value: &'v Value, name: &str) -> Result<&'v Value, String> {
    value.get(name).ok_or_else(|| format!("no member {name}"))
}

fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str, String> {
    match member(value, name)? {
        Value::Text(text) => Ok(text),
        _ => Err(format!("{name} is not a text")),
    }
}

fn items<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    match value.get(name) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

fn note(case: &Value) -> String {
    ["note", "synapse"].iter().find_map(|name| case.get(name)).map(python_str).unwrap_or_default()
}

/// The entries of an object as texts, without those that are null.
fn pairs(value: &Value) -> Vec<(String, String)> {
    let Value::Dict(entries) = value else { return Vec::new() };
    let there = entries.iter().filter(|(_, value)| *value != Value::Null);
    there.map(|(name, value)| (name.clone(), python_str(value))).collect()
}

fn keys(value: &Value) -> Vec<String> {
    let Value::Dict(entries) = value else { return Vec::new() };
    entries.iter().map(|(name, _)| name.clone()).collect()
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(what: &str, expected: &T, got: &T) -> Result<(), String> {
    if expected == got { Ok(()) } else { Err(format!("{what}: expected {expected:?}, got {got:?}")) }
}
