//! One signed attempt: what was sent, and what an answer to it has to prove.

use std::sync::Arc;

use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TE};
use hyper::http;
use subnetkit_protocol::btauth::response::{self, ResponseError, read_response};
use subnetkit_protocol::btauth::{BodyDigest, Evidence, Payload, SignError};
use subnetkit_protocol::{Encoding, Hotkey, Keypair, Scheme, TIMEOUT_MS};

use super::verification::Verification;

const METHOD: &str = "POST";

/// A signed request, with what is needed to judge its answer.
#[derive(Debug)]
pub(super) struct Attempt {
    target: String,
    body: BodyDigest,
    nonce: u64,
    caller: Hotkey,
    caller_scheme: Scheme,
    receiver: Hotkey,
    receiver_scheme: Scheme,
    signature: [u8; 64],
}

/// How an answer is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    /// By the miner.
    Signed(Box<Evidence>),
    /// Not at all.
    Unsigned,
}

impl Attempt {
    /// Signs a request to `receiver`, whose answer has to be signed in `receiver_scheme`.
    pub(super) fn sign(
        hotkey: &Keypair,
        target: String,
        body: BodyDigest,
        nonce: u64,
        receiver: Hotkey,
        receiver_scheme: Scheme,
    ) -> Result<Self, SignError> {
        let mut attempt = Self {
            target,
            body,
            nonce,
            caller: hotkey.account(),
            caller_scheme: hotkey.scheme(),
            receiver,
            receiver_scheme,
            signature: [0; 64],
        };
        attempt.signature = attempt.payload().sign(hotkey)?;
        Ok(attempt)
    }

    fn payload(&self) -> Payload<'_> {
        Payload {
            scheme: self.caller_scheme,
            method: METHOD,
            target: &self.target,
            body: self.body,
            nonce: u128::from(self.nonce),
            sender: self.caller,
            receiver: Some(self.receiver),
        }
    }

    /// The headers of the request. `timeout_ms` is the time the miner has.
    pub(super) fn headers(
        &self,
        sent: Encoding,
        wanted: Encoding,
        timeout_ms: u128,
    ) -> Result<HeaderMap, http::Error> {
        let mut headers = HeaderMap::with_capacity(16);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(sent.content_type()));
        headers.insert(ACCEPT, HeaderValue::from_static(wanted.content_type()));
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.insert(HeaderName::from_static(response::SIGN), HeaderValue::from_static(response::ASKED));
        headers.insert(HeaderName::from_static(TIMEOUT_MS), HeaderValue::try_from(timeout_ms.to_string())?);
        for (name, value) in self.payload().headers(&self.signature) {
            headers.insert(HeaderName::from_static(name), HeaderValue::try_from(value)?);
        }
        Ok(headers)
    }

    /// Judges the signature among the headers or trailers of an answer. The error is a sentence on a signature that
    /// is there and wrong.
    pub(super) async fn judge(
        &self,
        fields: &HeaderMap,
        status: u16,
        body: BodyDigest,
        verification: &Arc<Verification>,
    ) -> Result<Proof, String> {
        let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let expected = Some(self.receiver_scheme);
        let read =
            read_response(fields, &self.receiver, &self.caller, status, body, &self.signature, expected);
        let unproven = match read {
            Ok(unproven) => unproven,
            Err(ResponseError::Missing) => return Ok(Proof::Unsigned),
            Err(wrong) => return Err(wrong.to_string()),
        };
        if !verification.verify(self.receiver, &unproven).await {
            return Err(ResponseError::BadSignature.to_string());
        }
        Ok(Proof::Signed(Box::new(Evidence {
            method: METHOD.to_owned(),
            target: self.target.clone(),
            request_body: self.body,
            nonce: u128::from(self.nonce),
            caller: self.caller,
            caller_scheme: self.caller_scheme,
            request_signature: self.signature,
            status,
            response_body: body,
            signer: self.receiver,
            signer_scheme: unproven.scheme,
            response_signature: unproven.signature,
        })))
    }
}

/// Whether an answer's head carries a signature, good or bad.
pub(super) fn is_signed(headers: &HeaderMap) -> bool {
    [response::VERSION, response::CRYPTO, response::SIGNATURE].iter().any(|name| headers.contains_key(*name))
}
