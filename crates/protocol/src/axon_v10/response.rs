//! Making a response.

use super::{
    headers,
    model::{DEFAULT_TIMEOUT, Envelope, Model, SynapseV10},
    python,
    request::dummies,
    terminal::Terminal,
    value::Value,
};

/// The status's place in the headers.
pub const STATUS_CODE: &str = "bt_header_axon_status_code";
/// The sentence's place in the headers.
pub const STATUS_MESSAGE: &str = "bt_header_axon_status_message";

/// Headers and body of a response.
#[derive(Clone, Debug)]
pub struct Response {
    /// The headers in the protocol's order; the content type, `application/json`, is not among them. Values that echo
    /// the request can hold characters that a header can't: leave those headers out.
    pub headers: Vec<(String, String)>,
    /// The body, JSON.
    pub body: Vec<u8>,
}

/// An answer, with status 200: the whole synapse, and what was around it in the request's body.
#[must_use]
pub fn answer<S: SynapseV10>(model: &Model<S>, mut envelope: Envelope, process_seconds: f64) -> Response {
    let timeout = envelope.timeout.unwrap_or(DEFAULT_TIMEOUT);
    envelope.axon.status_code = Some(200);
    envelope.axon.status_message = Some("Success".to_owned());
    envelope.axon.process_time = Some(process_seconds);
    let mut headers = common(S::CLASS, timeout);
    headers.extend(envelope.axon.to_headers("axon"));
    headers.extend(envelope.dendrite.to_headers("dendrite"));
    headers.extend(dummies(model));
    headers.push((headers::BODY_HASH.to_owned(), model.hash().to_string()));
    Response { headers, body: model.body(&envelope) }
}

/// A refusal: the sentence as JSON, and with the status once more as headers.
///
/// SDK 10 signs its refusals. What it signs is text that the caller chose in part, enough to make a request of it in the
/// name of the axon's hotkey, and nobody verifies it: here refusals are not signed.
#[must_use]
pub fn refusal(class: &str, status: u16, message: &str, axon: Terminal) -> Response {
    let message = sentence(status, message);
    let axon = Terminal { status_code: Some(status), status_message: Some(message.clone()), ..axon };
    let mut headers = common(class, DEFAULT_TIMEOUT);
    headers.extend(axon.to_headers("axon"));
    let body = Value::Dict(vec![("message".to_owned(), Value::Text(message))]);
    Response { headers, body: body.to_json().into_bytes() }
}

fn common(class: &str, timeout: f64) -> Vec<(String, String)> {
    vec![
        ("name".to_owned(), class.to_owned()),
        (headers::TIMEOUT.to_owned(), python::str(&Value::Float(timeout))),
    ]
}

/// The wording that SDK 10's users know, around this side's reason.
fn sentence(status: u16, reason: &str) -> String {
    match status {
        401 => format!("Not Verified with error: {reason}"),
        403 => format!("Forbidden. Key is blacklisted: {reason}."),
        _ => reason.to_owned(),
    }
}
