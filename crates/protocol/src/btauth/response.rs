//! Signed responses, protocol `btauth-response/1`: an extension of subnetkit's own, for `btauth/1` signs requests only.
//!
//! A caller asks with the header [`SIGN`], and the miner signs seven lines: protocol, scheme, status, body hash, the
//! request's signature, signer, caller. The request's signature binds the answer to one attempt of one caller, so
//! request and response together are evidence of who said what to whom. The document `docs/src/signed-responses.md` has
//! the whole protocol, and `tests/vectors/btauth_response_v1.json` its recorded cases.
//!
//! * Miner: [`sign_response`] gives the headers, or for a streamed body the trailers.
//! * Caller: [`verify_response`], with who must have signed taken from the metagraph and never from the response.

use thiserror::Error;

use super::payload::BodyDigest;
use crate::{AccountId, Keypair, Scheme, signature};

/// Request header by which a caller asks for a signature; the value is [`ASKED`].
pub const SIGN: &str = "x-subnetkit-sign-response";
/// The one value of [`SIGN`].
pub const ASKED: &str = "1";
/// Response header: the extension's version, [`VERSION_1`].
pub const VERSION: &str = "x-subnetkit-response-version";
/// The one value of [`VERSION`].
pub const VERSION_1: &str = "1";
/// Response header: the signer's scheme; left out for sr25519.
pub const CRYPTO: &str = "x-subnetkit-response-crypto";
/// Response header: `0x` and 128 lower-case hexadecimal digits.
pub const SIGNATURE: &str = "x-subnetkit-response-signature";

const PROTOCOL: &str = "btauth-response/1";

/// Everything a response's signature covers.
#[derive(Clone, Copy, Debug)]
pub struct ResponsePayload {
    /// The signer's scheme.
    pub scheme: Scheme,
    /// The HTTP status as sent.
    pub status: u16,
    /// The hash of the raw body: transfer framing removed, content encoding still on.
    pub body: BodyDigest,
    /// The signature of the request that is answered.
    pub request_signature: [u8; 64],
    /// The miner's hotkey: the receiver of the request.
    pub signer: AccountId,
    /// The sender of the request.
    pub caller: AccountId,
}

impl ResponsePayload {
    /// The bytes to sign.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let lines = [
            PROTOCOL,
            self.scheme.as_str(),
            &self.status.to_string(),
            &hex::encode(self.body.as_bytes()),
            &signature_text(&self.request_signature),
            &self.signer.to_ss58(),
            &self.caller.to_ss58(),
        ];
        lines.join("\n").into_bytes()
    }
}

/// Why a response proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// None of the extension's headers is there.
    #[error("the response is not signed: the miner does not know the extension or signs nothing")]
    Missing,
    /// A header is missing beside the others, appears twice, or is not in its one accepted form.
    #[error("the response's signature can't be read: {0}")]
    Malformed(&'static str),
    /// The scheme is not the one the caller expects of this signer.
    #[error("the response is signed with {found}, and {expected} is expected of this miner")]
    UnexpectedScheme {
        /// What the response says.
        found: Scheme,
        /// What the caller demands.
        expected: Scheme,
    },
    /// The signature is not the expected signer's signature of this response to this request.
    #[error("the signature is not this miner's signature of this response to this request")]
    BadSignature,
}

impl ResponseError {
    /// The name of the kind, as the recorded cases have it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Missing => "Missing",
            Self::Malformed(_) => "Malformed",
            Self::UnexpectedScheme { .. } => "UnexpectedScheme",
            Self::BadSignature => "BadSignature",
        }
    }
}

/// Signs a response and returns the headers (or trailers) to put on it, names in lower case.
#[must_use]
pub fn sign_response(
    signer: &Keypair,
    status: u16,
    body: BodyDigest,
    request_signature: &[u8; 64],
    caller: &AccountId,
) -> Vec<(&'static str, String)> {
    let payload = ResponsePayload {
        scheme: signer.scheme(),
        status,
        body,
        request_signature: *request_signature,
        signer: signer.account(),
        caller: *caller,
    };
    let signature = signer.sign(&payload.to_bytes());
    let mut headers = vec![(VERSION, VERSION_1.to_owned()), (SIGNATURE, signature_text(&signature))];
    if signer.scheme() != Scheme::Sr25519 {
        headers.push((CRYPTO, signer.scheme().to_string()));
    }
    headers
}

/// Verifies that `expected_signer` gave this response to the caller's request.
///
/// `headers` are the response's headers, or the trailers of a streamed body; names may be in any case, others are
/// ignored. `status` and `body` come from the response as received, `request_signature` is the one the caller sent.
/// With `expected_scheme` a response under another scheme is refused; an address does not say which scheme its key
/// belongs to, so callers should know it from elsewhere.
///
/// # Errors
/// In this order: [`Missing`](ResponseError::Missing), [`Malformed`](ResponseError::Malformed),
/// [`UnexpectedScheme`](ResponseError::UnexpectedScheme), [`BadSignature`](ResponseError::BadSignature).
pub fn verify_response<'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    expected_signer: &AccountId,
    caller: &AccountId,
    status: u16,
    body: BodyDigest,
    request_signature: &[u8; 64],
    expected_scheme: Option<Scheme>,
) -> Result<(), ResponseError> {
    let unproven =
        read_response(headers, expected_signer, caller, status, body, request_signature, expected_scheme)?;
    if signature::verify(unproven.scheme, expected_signer, &unproven.payload, &unproven.signature) {
        Ok(())
    } else {
        Err(ResponseError::BadSignature)
    }
}

/// The signature a response carries, and what it has to cover. It proves nothing before it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproven {
    /// The scheme the signature is said to be of.
    pub scheme: Scheme,
    /// The bytes it must cover.
    pub payload: Vec<u8>,
    /// The signature.
    pub signature: [u8; 64],
}

/// All of [`verify_response`] but the last step, for callers that verify many signatures together or keep them.
///
/// # Errors
/// See [`verify_response`]; never [`BadSignature`](ResponseError::BadSignature).
pub fn read_response<'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    expected_signer: &AccountId,
    caller: &AccountId,
    status: u16,
    body: BodyDigest,
    request_signature: &[u8; 64],
    expected_scheme: Option<Scheme>,
) -> Result<Unproven, ResponseError> {
    let Signed { scheme, signature } = Received::collect(headers)?.read()?;
    if let Some(expected) = expected_scheme.filter(|expected| *expected != scheme) {
        return Err(ResponseError::UnexpectedScheme { found: scheme, expected });
    }
    let payload = ResponsePayload {
        scheme,
        status,
        body,
        request_signature: *request_signature,
        signer: *expected_signer,
        caller: *caller,
    };
    Ok(Unproven { scheme, payload: payload.to_bytes(), signature })
}

struct Signed {
    scheme: Scheme,
    signature: [u8; 64],
}

/// The values as received, each at most once.
#[derive(Default)]
struct Received<'h> {
    version: Option<&'h [u8]>,
    crypto: Option<&'h [u8]>,
    signature: Option<&'h [u8]>,
}

impl<'h> Received<'h> {
    fn collect(headers: impl IntoIterator<Item = (&'h str, &'h [u8])>) -> Result<Self, ResponseError> {
        let mut received = Self::default();
        for (name, value) in headers {
            let slot = match () {
                () if name.eq_ignore_ascii_case(VERSION) => &mut received.version,
                () if name.eq_ignore_ascii_case(CRYPTO) => &mut received.crypto,
                () if name.eq_ignore_ascii_case(SIGNATURE) => &mut received.signature,
                () => continue,
            };
            if slot.replace(value).is_some() {
                return Err(ResponseError::Malformed("an X-Subnetkit-Response header appears twice"));
            }
        }
        Ok(received)
    }

    fn read(&self) -> Result<Signed, ResponseError> {
        use ResponseError::{Malformed, Missing};
        if self.version.is_none() && self.crypto.is_none() && self.signature.is_none() {
            return Err(Missing);
        }
        if self.version != Some(VERSION_1.as_bytes()) {
            return Err(Malformed("X-Subnetkit-Response-Version is missing or not 1"));
        }
        let scheme = match self.crypto {
            None => Scheme::Sr25519,
            Some(name) => std::str::from_utf8(name)
                .ok()
                .and_then(|name| name.parse().ok())
                .ok_or(Malformed("X-Subnetkit-Response-Crypto must be sr25519 or ed25519"))?,
        };
        let digits = self.signature.ok_or(Malformed("X-Subnetkit-Response-Signature is missing"))?;
        let signature = parse_signature(digits).ok_or(Malformed(
            "X-Subnetkit-Response-Signature must be 0x and 128 lower-case hexadecimal digits",
        ))?;
        Ok(Signed { scheme, signature })
    }
}

/// A signature as it stands in headers.
fn signature_text(signature: &[u8; 64]) -> String {
    format!("0x{}", hex::encode(signature))
}

fn parse_signature(value: &[u8]) -> Option<[u8; 64]> {
    let digits = value.strip_prefix(b"0x")?;
    // `hex` takes upper-case digits too, and one signature has one spelling.
    let lower_hex = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    let mut signature = [0u8; 64];
    (lower_hex && hex::decode_to_slice(digits, &mut signature).is_ok()).then_some(signature)
}
