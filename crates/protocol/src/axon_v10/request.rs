//! Making a request.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use thiserror::Error;

use super::{
    VERSION_AS_INT,
    claims::request_message,
    headers,
    model::{Envelope, Model, SynapseV10},
    python,
    terminal::Terminal,
    value::Value,
};
use crate::{AccountId, Keypair, Scheme};

/// The circumstances of a request.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned<'a> {
    /// How long the caller waits.
    pub timeout: Duration,
    /// Where the axon is.
    pub axon: SocketAddr,
    /// The axon's hotkey.
    pub receiver: &'a AccountId,
    /// The caller's address as others see it, if it is known. Nothing depends on it.
    pub external_ip: Option<IpAddr>,
    /// Names the client: a UUID of version 1 in Python, letters, digits and hyphens in any case.
    pub uuid: &'a str,
    /// Unix time in nanoseconds, new for every attempt: take it from [`NonceClock`](crate::btauth::NonceClock). SDK 10
    /// refuses one that is not greater than the last of the same UUID.
    pub nonce: u64,
}

/// A request ready to be sent by `POST /{CLASS}`.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The headers in the protocol's order; the content type is not among them.
    pub headers: Vec<(String, String)>,
    /// The body, JSON.
    pub body: Vec<u8>,
}

/// Why a request can't be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignError {
    /// The key is not sr25519.
    #[error("SDK 10 knows no other keys than sr25519: ask this axon with an sr25519 hotkey")]
    Scheme,
}

/// Signs a request with this instance of the synapse.
///
/// # Errors
/// The key is not sr25519.
pub fn sign<S: SynapseV10>(
    keypair: &Keypair,
    request: &Unsigned<'_>,
    model: &Model<S>,
) -> Result<Signed, SignError> {
    if keypair.scheme() != Scheme::Sr25519 {
        return Err(SignError::Scheme);
    }
    let &Unsigned { timeout, axon, receiver, external_ip, uuid, nonce } = request;
    let (sender, hash) = (keypair.account(), model.hash());
    let message = request_message(u128::from(nonce), &sender, receiver, uuid, &hash);
    let signature = keypair.sign(message.as_bytes());
    let seconds = timeout.as_secs_f64();
    let envelope = Envelope {
        timeout: Some(seconds),
        dendrite: Terminal {
            ip: external_ip.map(|ip| ip.to_string()),
            version: Some(VERSION_AS_INT),
            nonce: Some(nonce),
            uuid: Some(uuid.to_owned()),
            hotkey: Some(sender.to_ss58()),
            signature: Some(format!("0x{}", hex::encode(signature))),
            ..Terminal::default()
        },
        axon: Terminal {
            ip: Some(axon.ip().to_string()),
            port: Some(axon.port()),
            hotkey: Some(receiver.to_ss58()),
            ..Terminal::default()
        },
    };
    let mut headers = vec![
        ("name".to_owned(), S::CLASS.to_owned()),
        (headers::TIMEOUT.to_owned(), python::str(&Value::Float(seconds))),
    ];
    headers.extend(envelope.axon.to_headers("axon"));
    headers.extend(envelope.dendrite.to_headers("dendrite"));
    headers.extend(dummies(model));
    headers.push((headers::BODY_HASH.to_owned(), hash.to_string()));
    Ok(Signed { headers, body: model.body(&envelope) })
}

/// A header for each required field, with an empty value of the same type: servers of SDK 10 build the synapse from
/// headers first, and fail where a required field has none.
pub(super) fn dummies<S: SynapseV10>(model: &Model<S>) -> impl Iterator<Item = (String, String)> {
    model.fields().filter(|(field, _)| field.default.is_none()).filter_map(|(field, value)| {
        // Base64 of the JSON of an empty value.
        let dummy = match value {
            Value::Null => return None,
            Value::Text(_) => "IiI=",
            Value::Int(_) | Value::Long(_) => "MA==",
            Value::Float(_) => "MC4w",
            Value::Bool(_) => "ZmFsc2U=",
            Value::List(_) | Value::Tuple(_) => "W10=",
            Value::Dict(_) => "e30=",
        };
        Some((format!("bt_header_input_obj_{}", field.name), dummy.to_owned()))
    })
}
