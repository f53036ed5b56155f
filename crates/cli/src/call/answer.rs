//! What came back: the answer, or why there is none and what to do about it.

use std::time::Duration;

use serde::Serialize;
use subnetkit::{
    protocol::{Encoding, Hotkey, Raw},
    serde_json::{self, Value},
    validator::{
        Outcome, OutcomeKind, Timing,
        dendrite::{RawAnswer, StreamEnd},
    },
};

use crate::{
    console::{Console, FaultFound},
    output,
};

use super::receiver::Receiver;

/// How an answer is shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) console: Console,
    /// Bytes as they came.
    pub(super) raw: bool,
    pub(super) wanted: Encoding,
    pub(super) verbose: bool,
}

/// A piece of a streamed answer.
pub(super) trait Piece: Serialize + serde::de::DeserializeOwned + Send + 'static {
    /// Prints it as it is.
    fn print(&self) -> anyhow::Result<()>;
}

impl Piece for Value {
    fn print(&self) -> anyhow::Result<()> {
        match self {
            // Text that is made piece by piece is read as one.
            Self::String(text) => output::bytes(text.as_bytes()),
            other => output::json(other),
        }
    }
}

impl Piece for Raw {
    fn print(&self) -> anyhow::Result<()> {
        output::bytes(self)
    }
}

/// How the request ended, for programs.
#[derive(Debug, Serialize)]
struct Ended {
    hotkey: Hotkey,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u16>,
    address: String,
    outcome: OutcomeKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why there is no answer; empty if there is one.
    detail: String,
    /// Whether the miner's signature stands under what came back.
    signed: bool,
    connecting_ms: f64,
    answering_ms: f64,
    /// JSON and MessagePack as JSON, raw bytes in hexadecimal; nothing for a streamed answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
}

/// A piece, for programs.
#[derive(Serialize)]
struct PieceLine<'p, P> {
    piece: &'p P,
}

/// What a miner of subnetkit says when it refuses.
#[derive(Debug, serde::Deserialize)]
struct Refusal {
    error: String,
    message: String,
}

impl Shown {
    pub(super) fn answer(&self, receiver: &Receiver, answer: &RawAnswer) -> anyhow::Result<()> {
        if self.verbose {
            if let Some(status) = answer.status {
                output::note(&format!("< {status}"));
            }
            for (name, value) in &answer.headers {
                output::note(&format!("< {name}: {value}"));
            }
        }
        let signed = answer.evidence.is_some();
        self.proof(&answer.outcome, signed, &answer.timing);
        if self.console.is_json() {
            let body = answer.outcome.elapsed().map(|_| self.value(&answer.body));
            output::json(&ended(receiver, &answer.outcome, answer.status, signed, &answer.timing, body))?;
        } else if answer.outcome.elapsed().is_some() {
            self.body(&answer.body)?;
        }
        failure(&answer.outcome)
    }

    pub(super) fn piece<P: Piece>(&self, piece: &P) -> anyhow::Result<()> {
        if self.console.is_json() { output::json(&PieceLine { piece }) } else { piece.print() }
    }

    pub(super) fn end(&self, receiver: &Receiver, end: &StreamEnd) -> anyhow::Result<()> {
        let signed = end.evidence.is_some();
        if self.console.is_json() {
            output::json(&ended(receiver, &end.outcome, None, signed, &end.timing, None))?;
        } else if end.outcome.elapsed().is_some() {
            // Pieces of text end with no line of their own.
            output::bytes(b"\n")?;
        }
        self.proof(&end.outcome, signed, &end.timing);
        failure(&end.outcome)
    }

    /// Says whose word it is. An answer that nobody signed is told of without being asked.
    fn proof<R>(&self, outcome: &Outcome<R>, signed: bool, timing: &Timing) {
        let answered = outcome.elapsed().is_some();
        if answered && !signed {
            output::note(
                "warning: the miner did not sign this answer; it may be anybody's that sits on the way",
            );
        }
        if self.verbose {
            let ms = |time: Duration| time.as_secs_f64() * 1000.0;
            if signed {
                output::note("* the miner's signature is right: it answered this, to this request");
            }
            output::note(&format!(
                "* connected in {:.1} ms, answered in {:.1} ms",
                ms(timing.connecting),
                ms(timing.answering)
            ));
        }
    }

    fn body(&self, body: &[u8]) -> anyhow::Result<()> {
        if self.raw || self.wanted == Encoding::Raw {
            return output::bytes(body);
        }
        match self.wanted.decode::<Value>(body) {
            Ok(value) => output::say(&serde_json::to_string_pretty(&value)?),
            // It is the answer all the same.
            Err(_) => output::bytes(body),
        }
    }

    fn value(&self, body: &[u8]) -> Value {
        let decoded = match self.wanted {
            Encoding::Raw => None,
            encoding => encoding.decode(body).ok(),
        };
        decoded.unwrap_or_else(|| Value::String(hex::encode(body)))
    }
}

fn ended<R>(
    receiver: &Receiver,
    outcome: &Outcome<R>,
    status: Option<u16>,
    signed: bool,
    timing: &Timing,
    body: Option<Value>,
) -> Ended {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    Ended {
        hotkey: receiver.endpoint.hotkey,
        uid: receiver.uid,
        address: receiver.endpoint.address.to_string(),
        outcome: outcome.kind(),
        status,
        detail: outcome.detail(),
        signed,
        connecting_ms: ms(timing.connecting),
        answering_ms: ms(timing.answering),
        body,
    }
}

/// Anything but an answer, in a sentence with the remedy.
fn failure<R>(outcome: &Outcome<R>) -> anyhow::Result<()> {
    let text = match outcome {
        Outcome::Answered { .. } => return Ok(()),
        Outcome::Refused { status, message, retry_after } => {
            let (name, reason) = match serde_json::from_str::<Refusal>(message) {
                Ok(Refusal { error, message }) => (error, message),
                Err(_) => (String::new(), message.clone()),
            };
            let named = if name.is_empty() { String::new() } else { format!(" {name}") };
            let remedy = remedy(&name, *status);
            let wait = retry_after.map(|wait| format!("; it asks to be left alone for {} s", wait.as_secs()));
            format!("the miner refused with {status}{named}: {reason}{}; {remedy}", wait.unwrap_or_default())
        }
        Outcome::TimedOut { .. } => format!("{}; give it longer with --timeout", outcome.detail()),
        Outcome::Unreachable { reason } => {
            format!("the miner cannot be reached: {reason}; check that it runs and that its port is open")
        }
        Outcome::Forged { reason } => format!(
            "what came back is not proven to be the miner's: {reason}; check that --hotkey is the one at this address, \
             or take an unsigned answer with --allow-unsigned"
        ),
        Outcome::Malformed { reason } => format!(
            "the answer cannot be read: {reason}; check --accept, and --stream, which is for streamed answers only"
        ),
        Outcome::NotServing { reason } => {
            format!("the miner is not dialled: {reason}; give its URL to do so all the same")
        }
        other => format!("the answer was not taken: {}", other.detail()),
    };
    Err(FaultFound(text).into())
}

/// What to do about a refusal, by the miner's name for it, else by its status.
fn remedy(name: &str, status: u16) -> &'static str {
    match (name, status) {
        ("not_registered", _) => {
            "sign with a hotkey that is registered on the subnet (--wallet, --wallet-hotkey)"
        }
        ("no_permit" | "stake_too_low", _) => {
            "sign with a validator's hotkey (--wallet, --wallet-hotkey), or set `require_permit` or `min_stake_rao` of the \
             miner lower"
        }
        ("denied", _) => "take the hotkey out of the miner's setting `deny`",
        ("stale_request", _) => "set this machine's clock: it differs from the miner's",
        ("wrong_receiver", _) => {
            "the miner at this address has another hotkey: give the right one with --hotkey"
        }
        ("bad_signature", _) => {
            "if the hotkey that signs is ed25519, the miner's `caller_scheme` must say so"
        }
        ("not_found", _) | (_, 404) => "check the name of the synapse: the miner has none of this",
        ("unsupported_media_type", _) | (_, 415) => "send it in another encoding with --encoding",
        ("invalid_request" | "malformed_body", _) | (_, 422) => {
            "check --data: it is not what this synapse is asked"
        }
        ("rate_limited" | "busy", _) | (_, 429 | 503) => "try again later",
        ("timed_out", _) | (_, 504) => {
            "give it longer with --timeout, if the miner's `request_timeout` lets it"
        }
        (_, 401) => "the miner does not take the signature: check --hotkey and this machine's clock",
        (_, 403) => "the miner does not admit the hotkey that signs (--wallet, --wallet-hotkey)",
        (_, 413) => "send less, or raise the miner's `body_limit`",
        (_, 500..) => "the miner's log says more",
        _ => "the miner's documentation may say more",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_with_its_name_and_remedy() {
        let refused = |status, message: &str| {
            let message = message.to_owned();
            let outcome =
                Outcome::<()>::Refused { status, message, retry_after: Some(Duration::from_secs(3)) };
            failure(&outcome).unwrap_err().to_string()
        };
        let said = refused(403, r#"{"error":"no_permit","message":"no permit"}"#);
        assert!(said.contains("403 no_permit: no permit") && said.contains("--wallet"), "{said}");
        assert!(said.contains("for 3 s"), "{said}");
        let stranger = refused(404, "nothing here");
        assert!(
            stranger.contains("404: nothing here") && stranger.contains("name of the synapse"),
            "{stranger}"
        );
    }
}
