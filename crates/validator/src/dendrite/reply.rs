//! From an HTTP response to an outcome, reading no more than allowed.

use std::error::Error as _;
use std::time::Duration;

use reqwest::{Response, StatusCode, header};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::answer::Outcome;

/// How much of a refusal's text is kept: enough for a sentence, too little to flood a log.
const MESSAGE_BYTES: usize = 300;

/// Reads and classifies an answer. `started` is when the attempt began.
pub(super) async fn read<R: DeserializeOwned>(
    mut response: Response,
    started: Instant,
    limit_bytes: usize,
) -> Outcome<R> {
    let status = response.status();
    if status != StatusCode::OK {
        return refusal(response, status).await;
    }
    if response.content_length().is_some_and(|length| length > limit_bytes as u64) {
        return Outcome::TooLarge { limit_bytes };
    }
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limit_bytes => {
                return Outcome::TooLarge { limit_bytes };
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Outcome::Unreachable { reason: causes(&error) },
        }
    }
    let elapsed = started.elapsed();
    match serde_json::from_slice(&body) {
        Ok(response) => Outcome::Answered { response, elapsed },
        Err(error) => Outcome::Malformed { reason: error.to_string() },
    }
}

async fn refusal<R>(mut response: Response, status: StatusCode) -> Outcome<R> {
    let retry_after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let mut message = Vec::new();
    // A body that breaks off loses the miner's reason, not its status.
    while let Ok(Some(chunk)) = response.chunk().await {
        message.extend_from_slice(chunk.get(..MESSAGE_BYTES).unwrap_or(&chunk));
        if message.len() >= MESSAGE_BYTES {
            break;
        }
    }
    message.truncate(MESSAGE_BYTES);
    Outcome::Refused {
        status: status.as_u16(),
        message: one_line(&String::from_utf8_lossy(&message)),
        retry_after,
    }
}

/// Strangers' text goes to logs and terminals: no control characters, no line breaks.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// The chain of causes in one line; the outermost alone says little more than "error sending request".
pub(super) fn causes(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let sentence = error.to_string();
        if !text.ends_with(&sentence) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&sentence);
        }
        cause = error.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}
