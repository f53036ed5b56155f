//! The innermost step: signed bytes to a typed call, the handler's answer to a response.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use subnetkit_protocol::{DecodeError, EncodeError, Encoding, Synapse};

use crate::{
    Call, Forward, Refusal,
    body::ReadBody,
    forward::Reason,
    negotiation::{request_encoding, response_encoding},
    proven::{Admitted, proven},
    rejection::{Outcome, Rejection},
};

/// Answers one request of the synapse.
pub(crate) async fn answer<S: Synapse>(
    forward: Arc<dyn Forward<S>>,
    request: Request,
) -> Result<Response, Rejection> {
    let (call, encoding) = call::<S>(request)?;
    let answer = forward.forward(call).await.map_err(|refusal| refused::<S>(refusal))?;
    let (encoding, body) = encode(encoding, |encoding| encoding.encode(&answer)).map_err(unwritable::<S>)?;
    Ok(([content_type(encoding.content_type())], body).into_response())
}

/// The call and the encoding the answer is wanted in. Takes the request, so that the raw body and its share of the
/// memory budget are gone when this returns.
#[expect(clippy::needless_pass_by_value, reason = "the raw body must not outlive the parsing")]
pub(crate) fn call<S: Synapse>(request: Request) -> Result<(Call<S::Request>, Encoding), Rejection> {
    let proven = proven(&request)?;
    let extensions = request.extensions();
    let body = extensions.get::<ReadBody>().map_or(&[][..], |body| &body.bytes);
    let encoding = request_encoding(request.headers())?;
    let typed = encoding.decode(body).map_err(|error| {
        let outcome = match error {
            // A matter of the synapse's type and not of these bytes.
            DecodeError::Raw(_) => Outcome::UnsupportedMediaType,
            _ => Outcome::MalformedBody,
        };
        Rejection::new(outcome, format!("the body is not a `{}` request: {error}", S::NAME))
    })?;
    let call = Call {
        request: typed,
        caller: proven.caller,
        standing: extensions.get::<Admitted>().and_then(|admitted| admitted.0),
        deadline: proven.deadline,
    };
    Ok((call, response_encoding(request.headers(), encoding)))
}

/// Writes in the encoding that is wanted, or in JSON where raw bytes are wanted of an answer that is more than bytes:
/// better an answer the caller may not read than the work thrown away.
pub(crate) fn encode(
    wanted: Encoding,
    write: impl Fn(Encoding) -> Result<Bytes, EncodeError>,
) -> Result<(Encoding, Bytes), EncodeError> {
    match write(wanted) {
        Err(EncodeError::Raw(_)) => Ok((Encoding::Json, write(Encoding::Json)?)),
        written => Ok((wanted, written?)),
    }
}

pub(crate) const fn content_type(value: &'static str) -> (header::HeaderName, HeaderValue) {
    (header::CONTENT_TYPE, HeaderValue::from_static(value))
}

/// What the caller hears of a handler that does not answer.
#[expect(clippy::needless_pass_by_value, reason = "it is the end of the refusal")]
pub(crate) fn refused<S: Synapse>(refusal: Refusal) -> Rejection {
    let outcome = match &refusal.0 {
        Reason::Busy { .. } => Outcome::Busy,
        Reason::Invalid { .. } => Outcome::InvalidRequest,
        Reason::Internal { source } => {
            tracing::error!(synapse = S::NAME, cause = %Chain(source.as_ref()), "the handler failed");
            Outcome::Internal
        }
    };
    let rejection = Rejection::new(outcome, refusal.sentence());
    match refusal.retry_after() {
        Some(wait) => rejection.retry_after(wait),
        None => rejection,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is the end of the error")]
pub(crate) fn unwritable<S: Synapse>(error: EncodeError) -> Rejection {
    tracing::error!(synapse = S::NAME, cause = %error, "the answer can't be written");
    Rejection::new(Outcome::Internal, "this miner failed to write its answer")
}

/// An error with its causes, on one line.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}
