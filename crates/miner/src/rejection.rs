//! What a caller gets instead of an answer: a status, a kind to match on and a sentence to read.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// How a request ended. Programs match on it: it is the `error` of the response body and the `outcome` of the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Answered,
    /// The caller hung up before there was an answer.
    Abandoned,
    MalformedTarget,
    MalformedHeader,
    MalformedBody,
    MalformedAuth,
    WrongReceiver,
    StaleRequest,
    BadSignature,
    ReplayedRequest,
    Unauthenticated,
    NotRegistered,
    NoPermit,
    StakeTooLow,
    Denied,
    NotFound,
    MethodNotAllowed,
    BodyTimeout,
    BodyTooLarge,
    UnsupportedMediaType,
    InvalidRequest,
    RateLimited,
    Busy,
    StaleMetagraph,
    MemoryUnavailable,
    TimedOut,
    VersionNotSupported,
    Internal,
    Panicked,
}

impl Outcome {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Abandoned => "abandoned",
            Self::MalformedTarget => "malformed_target",
            Self::MalformedHeader => "malformed_header",
            Self::MalformedBody => "malformed_body",
            Self::MalformedAuth => "malformed_auth",
            Self::WrongReceiver => "wrong_receiver",
            Self::StaleRequest => "stale_request",
            Self::BadSignature => "bad_signature",
            Self::ReplayedRequest => "replayed_request",
            Self::Unauthenticated => "unauthenticated",
            Self::NotRegistered => "not_registered",
            Self::NoPermit => "no_permit",
            Self::StakeTooLow => "stake_too_low",
            Self::Denied => "denied",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::BodyTimeout => "body_timeout",
            Self::BodyTooLarge => "body_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::InvalidRequest => "invalid_request",
            Self::RateLimited => "rate_limited",
            Self::Busy => "busy",
            Self::StaleMetagraph => "stale_metagraph",
            Self::MemoryUnavailable => "memory_unavailable",
            Self::TimedOut => "timed_out",
            Self::VersionNotSupported => "version_not_supported",
            Self::Internal => "internal",
            Self::Panicked => "panicked",
        }
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Answered => StatusCode::OK,
            // Nobody reads this one: the connection is gone.
            Self::Abandoned => StatusCode::BAD_REQUEST,
            Self::MalformedTarget | Self::MalformedHeader | Self::MalformedBody => StatusCode::BAD_REQUEST,
            Self::MalformedAuth
            | Self::WrongReceiver
            | Self::StaleRequest
            | Self::BadSignature
            | Self::ReplayedRequest
            | Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::NotRegistered | Self::NoPermit | Self::StakeTooLow | Self::Denied => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::InvalidRequest => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::StaleMetagraph | Self::MemoryUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::VersionNotSupported => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            Self::Internal | Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A refusal on its way to the caller.
#[derive(Clone, Debug)]
pub(crate) struct Rejection {
    outcome: Outcome,
    message: String,
    retry_after: Option<Duration>,
}

/// The sentence of a refusal, for layers that give it another form.
#[cfg(feature = "axon-v10")]
#[derive(Clone, Debug)]
pub(crate) struct Sentence(pub(crate) String);

#[derive(Serialize)]
struct Body<'a> {
    error: &'static str,
    message: &'a str,
}

impl Rejection {
    pub(crate) fn new(outcome: Outcome, message: impl Into<String>) -> Self {
        Self { outcome, message: message.into(), retry_after: None }
    }

    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    pub(crate) const fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The header counts whole seconds; a shorter wait is rounded up, for zero would invite an immediate retry.
    fn retry_after_seconds(wait: Duration) -> u64 {
        wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let body = Body { error: self.outcome.name(), message: &self.message };
        let mut response = (self.outcome.status(), axum::Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(Self::retry_after_seconds(wait)));
        }
        if self.outcome.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bittensor version=\"1\""));
        }
        response.extensions_mut().insert(self.outcome);
        #[cfg(feature = "axon-v10")]
        response.extensions_mut().insert(Sentence(self.message));
        response
    }
}
