//! From an HTTP response to an outcome, reading no more than allowed.

use std::convert::Infallible;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_ENCODING, RETRY_AFTER};
use hyper::{HeaderMap, Response, StatusCode};

use super::http::causes;
use crate::answer::Outcome;

/// How much of a refusal's text is kept: enough for a sentence, too little to flood a log.
const MESSAGE_BYTES: usize = 300;

/// Why a body was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// It is longer than allowed.
    TooLarge { limit_bytes: usize },
    /// The connection broke.
    Broken(String),
}

impl From<BodyFault> for Outcome<Infallible> {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge { limit_bytes } => Self::TooLarge { limit_bytes },
            BodyFault::Broken(reason) => Self::Unreachable { reason },
        }
    }
}

/// The body of an answer, or what is the matter with it.
pub(super) async fn read(
    response: Response<Incoming>,
    limit_bytes: usize,
) -> Result<Bytes, Outcome<Infallible>> {
    let (head, body) = response.into_parts();
    if head.status != StatusCode::OK {
        return Err(refusal(head.status, &head.headers, body).await);
    }
    check_encoding(&head.headers)?;
    Ok(collect(body, limit_bytes).await?)
}

/// A few bytes can unpack to any size, and the signature covers the packed ones: nothing is unpacked.
pub(crate) fn check_encoding(headers: &HeaderMap) -> Result<(), Outcome<Infallible>> {
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

async fn refusal(status: StatusCode, headers: &HeaderMap, mut body: Incoming) -> Outcome<Infallible> {
    let mut message = Vec::new();
    // A body that breaks off loses the miner's reason, not its status.
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(data) = frame.into_data() else { continue };
        message.extend_from_slice(data.get(..MESSAGE_BYTES).unwrap_or(&data));
        if message.len() >= MESSAGE_BYTES {
            break;
        }
    }
    refused(status, headers, &message)
}

/// The outcome of a refusal whose text begins so.
pub(crate) fn refused(status: StatusCode, headers: &HeaderMap, text: &[u8]) -> Outcome<Infallible> {
    let retry_after = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let text = text.get(..MESSAGE_BYTES).unwrap_or(text);
    let message = one_line(&String::from_utf8_lossy(text));
    Outcome::Refused { status: status.as_u16(), message, retry_after }
}

/// Strangers' text goes to logs and terminals: no control characters, no line breaks.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}
