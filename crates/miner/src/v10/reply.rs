//! The innermost step: the fields that were asked to a typed call, the handler's answer to the fields that answer.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use subnetkit_protocol::{
    Encoding,
    axon_v10::{self, Envelope, Model, ModelError, SynapseV10},
};
use tokio::time::Instant;

use super::gate::unreadable;
use crate::{
    Call, Forward, ForwardStream,
    answer::refused,
    body::ReadBody,
    deadline::Arrived,
    proven::{Admitted, proven},
    rejection::{Outcome, Rejection},
    streaming::{StreamBounds, check_version, stream_call},
};

/// Answers one request of the class.
pub(crate) async fn answer<S: SynapseV10>(
    forward: Arc<dyn Forward<S>>,
    request: Request,
) -> Result<Response, Rejection> {
    let Begun { call, model, envelope, arrived } = begin::<S>(request)?;
    let response = forward.forward(call).await.map_err(|refusal| refused::<S>(refusal))?;
    let unwritable = |error: ModelError| {
        tracing::error!(class = S::CLASS, cause = %error, "the answer can't be written as the class's fields");
        Rejection::new(Outcome::Internal, "this miner failed to write its answer")
    };
    let model = model.answering(&response).map_err(unwritable)?;
    Ok(respond(StatusCode::OK, axon_v10::answer(&model, envelope, arrived.elapsed().as_secs_f64())))
}

/// Answers one request of the class with a stream: chunks that are bytes as they are, others as lines of JSON. What the
/// fields of the synapse become of it is for the caller's class to say.
pub(crate) async fn stream<S: SynapseV10>(
    forward: Arc<dyn ForwardStream<S>>,
    bounds: StreamBounds,
    request: Request,
) -> Result<Response, Rejection> {
    check_version(&request)?;
    let Begun { call, model, envelope, arrived } = begin::<S>(request)?;
    let mut response = stream_call(forward, bounds, call, Encoding::Raw).await?;
    let parts = axon_v10::answer(&model, envelope, arrived.elapsed().as_secs_f64());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    write_headers(headers, parts.headers);
    Ok(response)
}

/// A call, and what its answer has to be written into.
struct Begun<S: SynapseV10> {
    call: Call<S::Request>,
    model: Model<S>,
    envelope: Envelope,
    arrived: Instant,
}

/// Takes the request, so that the raw body and its share of the memory budget are gone when this returns.
#[expect(clippy::needless_pass_by_value, reason = "the raw body must not outlive the parsing")]
fn begin<S: SynapseV10>(request: Request) -> Result<Begun<S>, Rejection> {
    let proven = proven(&request)?;
    let extensions = request.extensions();
    let body = extensions.get::<ReadBody>().map_or(&[][..], |body| &body.bytes);
    let (model, envelope) = Model::<S>::read(body).map_err(|error| unreadable(S::CLASS, &error))?;
    let call = Call {
        request: model.request().map_err(|error| unreadable(S::CLASS, &error))?,
        // The one that signed. The body names one too, which nobody signed.
        caller: proven.caller,
        standing: extensions.get::<Admitted>().and_then(|admitted| admitted.0),
        deadline: proven.deadline,
    };
    let arrived = extensions.get::<Arrived>().map_or_else(Instant::now, |arrived| arrived.0);
    Ok(Begun { call, model, envelope, arrived })
}

/// A response in the protocol's form.
pub(super) fn respond(status: StatusCode, parts: axon_v10::Response) -> Response {
    let mut response = Response::new(Body::from(parts.body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    write_headers(headers, parts.headers);
    response
}

/// Those that a header can hold: some echo what the caller's body said.
fn write_headers(headers: &mut HeaderMap, written: Vec<(String, String)>) {
    for (name, value) in written {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
}
