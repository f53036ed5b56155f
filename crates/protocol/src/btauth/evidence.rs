//! A request and its answer as evidence: who said what to whom, for anyone to check without either of them.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    payload::{BodyDigest, Payload},
    response::ResponsePayload,
};
use crate::{AccountId, Scheme, signature};

/// The value of the field `protocol` in the written form.
const PROTOCOL: &str = "btauth-evidence/1";

/// The signed heads of a request and of its answer, with the hashes of both bodies.
///
/// [`verify`](Self::verify) needs nothing else: no chain, no clock, neither of the two. The bodies are not in it; whoever
/// has them compares them with [`is_of`](Self::is_of). Written with `serde` it is one flat object of texts, signatures
/// and hashes in hexadecimal, accounts as ss58.
///
/// What it does not say: whether a hotkey was registered at the time, and when the answer was given; the nonce is the
/// time of the request by the caller's own clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Evidence {
    /// The HTTP method of the request.
    pub method: String,
    /// Its target, as on the wire.
    pub target: String,
    /// The hash of its body.
    pub request_body: BodyDigest,
    /// Its nonce: Unix time in nanoseconds.
    pub nonce: u128,
    /// Who sent it.
    pub caller: AccountId,
    /// The scheme of the caller's key.
    pub caller_scheme: Scheme,
    /// The caller's signature of it.
    pub request_signature: [u8; 64],
    /// The HTTP status of the answer.
    pub status: u16,
    /// The hash of the answer's body.
    pub response_body: BodyDigest,
    /// Who answered: the receiver of the request.
    pub signer: AccountId,
    /// The scheme of the signer's key.
    pub signer_scheme: Scheme,
    /// The signer's signature of the answer.
    pub response_signature: [u8; 64],
}

/// Why something is no evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// The request is not the caller's.
    #[error("the caller has not signed this request")]
    Request,
    /// The answer is not the signer's, or not to this request.
    #[error("the signer has not given this answer to this request")]
    Response,
}

impl Evidence {
    /// Checks both signatures: the caller asked this of the signer, and the signer answered this.
    ///
    /// # Errors
    /// Which of the two is not so.
    pub fn verify(&self) -> Result<(), EvidenceError> {
        let request = Payload {
            scheme: self.caller_scheme,
            method: &self.method,
            target: &self.target,
            body: self.request_body,
            nonce: self.nonce,
            sender: self.caller,
            receiver: Some(self.signer),
        };
        let asked = request.to_bytes().is_some_and(|payload| {
            signature::verify(self.caller_scheme, &self.caller, &payload, &self.request_signature)
        });
        let response = ResponsePayload {
            scheme: self.signer_scheme,
            status: self.status,
            body: self.response_body,
            request_signature: self.request_signature,
            signer: self.signer,
            caller: self.caller,
        };
        if !asked {
            Err(EvidenceError::Request)
        } else if signature::verify(
            self.signer_scheme,
            &self.signer,
            &response.to_bytes(),
            &self.response_signature,
        ) {
            Ok(())
        } else {
            Err(EvidenceError::Response)
        }
    }

    /// Whether these are the bodies it is about.
    #[must_use]
    pub fn is_of(&self, request_body: &[u8], response_body: &[u8]) -> bool {
        self.request_body == BodyDigest::of(request_body)
            && self.response_body == BodyDigest::of(response_body)
    }
}

/// The written form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    protocol: String,
    method: String,
    target: String,
    request_body_sha256: String,
    nonce: String,
    caller: AccountId,
    caller_scheme: Scheme,
    request_signature: String,
    status: u16,
    response_body_sha256: String,
    signer: AccountId,
    signer_scheme: Scheme,
    response_signature: String,
}

impl From<Evidence> for Written {
    fn from(evidence: Evidence) -> Self {
        Self {
            protocol: PROTOCOL.to_owned(),
            method: evidence.method,
            target: evidence.target,
            request_body_sha256: hex::encode(evidence.request_body.as_bytes()),
            nonce: evidence.nonce.to_string(),
            caller: evidence.caller,
            caller_scheme: evidence.caller_scheme,
            request_signature: hex::encode(evidence.request_signature),
            status: evidence.status,
            response_body_sha256: hex::encode(evidence.response_body.as_bytes()),
            signer: evidence.signer,
            signer_scheme: evidence.signer_scheme,
            response_signature: hex::encode(evidence.response_signature),
        }
    }
}

impl TryFrom<Written> for Evidence {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        if written.protocol != PROTOCOL {
            return Err(format!("the protocol is {:?}, and only {PROTOCOL:?} is known", written.protocol));
        }
        Ok(Self {
            method: written.method,
            target: written.target,
            request_body: BodyDigest::from_bytes(bytes("request_body_sha256", &written.request_body_sha256)?),
            nonce: written.nonce.parse().map_err(|_| "the nonce is no decimal number".to_owned())?,
            caller: written.caller,
            caller_scheme: written.caller_scheme,
            request_signature: bytes("request_signature", &written.request_signature)?,
            status: written.status,
            response_body: BodyDigest::from_bytes(bytes(
                "response_body_sha256",
                &written.response_body_sha256,
            )?),
            signer: written.signer,
            signer_scheme: written.signer_scheme,
            response_signature: bytes("response_signature", &written.response_signature)?,
        })
    }
}

fn bytes<const N: usize>(field: &str, digits: &str) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    hex::decode_to_slice(digits, &mut bytes)
        .map_err(|_| format!("{field} is not {} hexadecimal digits", 2 * N))?;
    Ok(bytes)
}
