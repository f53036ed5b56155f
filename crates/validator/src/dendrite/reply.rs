//! From an HTTP response to an outcome, reading no more than allowed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, TRANSFER_ENCODING};
use hyper::{HeaderMap, Response, StatusCode};
use subnetkit_protocol::Encoding;
use subnetkit_protocol::btauth::{BodyDigest, Evidence, response::ResponseError};

use super::attempt::{Attempt, Proof, is_signed};
use super::http::causes;
use super::verification::Verification;
use crate::answer::Outcome;

/// How much of a refusal's text is kept: enough for a sentence, too little to flood a log.
const MESSAGE_CHARS: usize = 300;

/// An outcome that is not an answer.
pub(super) type Failed = Outcome<Infallible>;

/// Why a body was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// It is longer than allowed.
    TooLarge { limit_bytes: usize },
    /// The connection broke.
    Broken(String),
}

impl From<BodyFault> for Failed {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge { limit_bytes } => Self::TooLarge { limit_bytes },
            BodyFault::Broken(reason) => Self::Unreachable { reason },
        }
    }
}

/// What is demanded of an answer.
#[derive(Debug, Clone)]
pub(super) struct Demands {
    pub(super) verification: Arc<Verification>,
    pub(super) limit_bytes: usize,
    pub(super) signature: bool,
    pub(super) encoding: Encoding,
}

/// A response that has arrived and is not judged yet.
#[derive(Debug)]
pub(super) struct Received {
    status: StatusCode,
    headers: HeaderMap,
    /// All of it, but for a refusal without a signature, of which the beginning will do.
    body: Bytes,
}

/// A response that was judged.
#[derive(Debug)]
pub(super) struct Reply {
    /// The body of an answer, or what there is instead.
    pub(super) content: Result<Bytes, Failed>,
    pub(super) evidence: Option<Box<Evidence>>,
}

/// Reads a response: whole, unless nothing depends on its end.
pub(super) async fn receive(response: Response<Incoming>, limit_bytes: usize) -> Result<Received, Failed> {
    let (head, body) = response.into_parts();
    let body = if head.status != StatusCode::OK && !is_signed(&head.headers) {
        beginning(body).await.into()
    } else {
        if head.status == StatusCode::OK {
            check_packing(&head.headers)?;
            check_framing(&head.headers, &body)?;
        }
        collect(body, limit_bytes).await?
    };
    Ok(Received { status: head.status, headers: head.headers, body })
}

/// Says what a response is worth as one to this attempt.
pub(super) async fn judge(received: Received, attempt: &Attempt, demands: &Demands) -> Reply {
    if received.status != StatusCode::OK {
        let (failed, evidence) = judge_refusal(received, attempt, demands).await;
        return Reply { content: Err(failed), evidence };
    }
    let Received { headers, body, .. } = received;
    let named = |value: &str| Encoding::from_content_type(value);
    match prove(attempt, &headers, BodyDigest::of(&body), demands).await {
        Err(forged) => Reply { content: Err(forged), evidence: None },
        Ok(evidence) => {
            let readable = check_content_type(&headers, named, demands.encoding);
            Reply { content: readable.map(|()| body), evidence }
        }
    }
}

/// The same of a refusal. It needs no signature, for those that come before the request is proven have none; one that is
/// there must be right.
pub(super) async fn judge_refusal(
    received: Received,
    attempt: &Attempt,
    demands: &Demands,
) -> (Failed, Option<Box<Evidence>>) {
    let Received { status, headers, body } = received;
    let digest = BodyDigest::of(&body);
    match attempt.judge(&headers, status.as_u16(), digest, &demands.verification).await {
        Ok(Proof::Signed(evidence)) => (refused(status, &headers, &body), Some(evidence)),
        Ok(Proof::Unsigned) => (refused(status, &headers, &body), None),
        Err(reason) => (Outcome::Forged { reason }, None),
    }
}

/// Judges the signature of an answer with status 200.
pub(super) async fn prove(
    attempt: &Attempt,
    fields: &HeaderMap,
    body: BodyDigest,
    demands: &Demands,
) -> Result<Option<Box<Evidence>>, Failed> {
    match attempt.judge(fields, StatusCode::OK.as_u16(), body, &demands.verification).await {
        Ok(Proof::Signed(evidence)) => Ok(Some(evidence)),
        Ok(Proof::Unsigned) if demands.signature => {
            let reason =
                format!("{}; require_signed_responses = false takes it as it is", ResponseError::Missing);
            Err(Outcome::Forged { reason })
        }
        Ok(Proof::Unsigned) => Ok(None),
        Err(reason) => Err(Outcome::Forged { reason }),
    }
}

/// A few bytes can unpack to any size, and the signature covers the packed ones: nothing is unpacked.
pub(crate) fn check_packing(headers: &HeaderMap) -> Result<(), Failed> {
    let packed = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .find(|encoding| !encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"));
    match packed {
        None => Ok(()),
        Some(encoding) => {
            let encoding = one_line(&String::from_utf8_lossy(encoding.as_bytes()));
            let reason = format!("it is packed with content-encoding {encoding:?}, which was not asked for");
            Err(Outcome::Malformed { reason })
        }
    }
}

/// A body that ends with its connection may as well have broken off: nothing unsigned would show it.
pub(super) fn check_framing(headers: &HeaderMap, body: &Incoming) -> Result<(), Failed> {
    let chunked = headers.get_all(TRANSFER_ENCODING).iter().next_back().is_some_and(|codings| {
        codings.as_bytes().to_ascii_lowercase().trim_ascii_end().ends_with(b"chunked")
    });
    if chunked || body.size_hint().exact().is_some() {
        return Ok(());
    }
    let reason =
        "it has neither a content-length nor chunks, so that its end cannot be told from a broken connection";
    Err(Outcome::Malformed { reason: reason.to_owned() })
}

/// The content type is not signed, so it never decides how signed bytes are read; one that names another encoding than
/// the one asked for says why reading would fail. Types that mean nothing here are passed over.
pub(super) fn check_content_type(
    headers: &HeaderMap,
    named: impl Fn(&str) -> Option<Encoding>,
    wanted: Encoding,
) -> Result<(), Failed> {
    let found = headers.get(CONTENT_TYPE).and_then(|value| named(value.to_str().ok()?));
    match found {
        Some(found) if found != wanted => {
            Err(Outcome::Malformed { reason: format!("it is {found}, and {wanted} was asked for") })
        }
        _ => Ok(()),
    }
}

/// Reads a body of at most `limit_bytes`.
pub(crate) async fn collect(mut body: Incoming, limit_bytes: usize) -> Result<Bytes, BodyFault> {
    let too_large = BodyFault::TooLarge { limit_bytes };
    if body.size_hint().lower() > limit_bytes as u64 {
        return Err(too_large);
    }
    let (mut first, mut all) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| BodyFault::Broken(causes(&error)))?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len() + all.len() + data.len() > limit_bytes {
            return Err(too_large);
        }
        // Most answers are one piece, which is then not copied.
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&data);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// The first bytes of a body. One that breaks off loses the miner's reason, not its status.
pub(super) async fn beginning(mut body: Incoming) -> Vec<u8> {
    let mut message = Vec::new();
    while message.len() < MESSAGE_CHARS
        && let Some(Ok(frame)) = body.frame().await
    {
        let Ok(data) = frame.into_data() else { continue };
        message.extend_from_slice(data.get(..MESSAGE_CHARS).unwrap_or(&data));
    }
    message
}

/// The outcome of a refusal whose text begins so.
pub(crate) fn refused(status: StatusCode, headers: &HeaderMap, text: &[u8]) -> Failed {
    let retry_after = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let message = one_line(&String::from_utf8_lossy(text));
    Outcome::Refused { status: status.as_u16(), message, retry_after }
}

/// Strangers' text goes to logs and terminals: short, without control characters and line breaks.
pub(crate) fn one_line(text: &str) -> String {
    let text = text.trim_start().chars().take(MESSAGE_CHARS);
    text.map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim_end().to_owned()
}
