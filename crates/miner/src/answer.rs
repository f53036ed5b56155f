//! The innermost step: signed bytes to a typed call, the handler's answer to a response.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use subnetkit_protocol::Synapse;

use crate::{
    Call, Forward,
    authenticate::proven,
    body::ReadBody,
    forward::Reason,
    limit::Admitted,
    rejection::{Outcome, Rejection},
};

const JSON: &str = "application/json";

/// Answers one request of the synapse.
pub(crate) async fn answer<S: Synapse>(
    forward: Arc<dyn Forward<S>>,
    request: Request,
) -> Result<Response, Rejection> {
    let call = call::<S>(request)?;
    let response = forward.forward(call).await.map_err(|refusal| match refusal.0 {
        Reason::Busy { retry_after } => {
            Rejection::new(Outcome::Busy, "this miner can't take the request now").retry_after(retry_after)
        }
        Reason::Invalid { sentence } => Rejection::new(Outcome::InvalidRequest, sentence),
        Reason::Internal { source } => {
            tracing::error!(synapse = S::NAME, cause = %Chain(source.as_ref()), "the handler failed");
            Rejection::new(Outcome::Internal, "this miner failed to answer")
        }
    })?;
    let body = serde_json::to_vec(&response).map_err(|error| {
        tracing::error!(synapse = S::NAME, cause = %error, "the answer can't be written as JSON");
        Rejection::new(Outcome::Internal, "this miner failed to write its answer")
    })?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(JSON))], body).into_response())
}

/// The call. Takes the request, so that the raw body and its share of the memory budget are gone when this returns.
#[expect(clippy::needless_pass_by_value, reason = "the raw body must not outlive the parsing")]
fn call<S: Synapse>(request: Request) -> Result<Call<S::Request>, Rejection> {
    let proven = proven(&request)?;
    let extensions = request.extensions();
    let body = extensions.get::<ReadBody>().map_or(&[][..], |body| &body.bytes);
    if !is_json(request.headers()) {
        let message = "the body of a request has to be JSON, with content type application/json";
        return Err(Rejection::new(Outcome::UnsupportedMediaType, message));
    }
    let typed = serde_json::from_slice(body).map_err(|error| {
        Rejection::new(Outcome::MalformedBody, format!("the body is not a `{}` request: {error}", S::NAME))
    })?;
    Ok(Call {
        request: typed,
        caller: proven.caller,
        standing: extensions.get::<Admitted>().and_then(|admitted| admitted.0),
        deadline: proven.deadline,
    })
}

/// Signing clients that post bytes often name no content type: that is taken for JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return true };
    let Ok(text) = value.to_str() else { return false };
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == JSON || (essence.starts_with("application/") && essence.ends_with("+json"))
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
