//! The request headers, and collecting them from a request.

use super::error::{AuthError, AuthErrorKind::MalformedAuth};

/// Protocol version; the value is `1`.
pub const VERSION: &str = "x-bittensor-version";
/// The sender's ss58 address.
pub const HOTKEY: &str = "x-bittensor-hotkey";
/// The ss58 address of the hotkey the request is meant for.
pub const RECEIVER: &str = "x-bittensor-receiver";
/// Unix time in nanoseconds, decimal.
pub const NONCE: &str = "x-bittensor-nonce";
/// The scheme name; left out for sr25519.
pub const CRYPTO: &str = "x-bittensor-crypto";
/// `0x` and 128 lower-case hexadecimal digits.
pub const SIGNATURE: &str = "x-bittensor-signature";

/// The values as received, each at most once.
#[derive(Default)]
pub(super) struct Received<'h> {
    pub(super) version: Option<&'h [u8]>,
    pub(super) hotkey: Option<&'h [u8]>,
    pub(super) receiver: Option<&'h [u8]>,
    pub(super) nonce: Option<&'h [u8]>,
    pub(super) crypto: Option<&'h [u8]>,
    pub(super) signature: Option<&'h [u8]>,
}

impl<'h> Received<'h> {
    /// Frameworks differ in which of two equal headers they keep, so a proxy and a server could judge different
    /// requests: a duplicate is refused.
    pub(super) fn collect(headers: impl IntoIterator<Item = (&'h str, &'h [u8])>) -> Result<Self, AuthError> {
        let mut received = Self::default();
        for (name, value) in headers {
            let Some(slot) = received.slot(name) else { continue };
            if slot.replace(value).is_some() {
                return Err(AuthError::new(MalformedAuth, "an X-Bittensor header appears twice"));
            }
        }
        Ok(received)
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<&'h [u8]>> {
        let is = |expected: &str| name.eq_ignore_ascii_case(expected);
        match () {
            () if is(VERSION) => Some(&mut self.version),
            () if is(HOTKEY) => Some(&mut self.hotkey),
            () if is(RECEIVER) => Some(&mut self.receiver),
            () if is(NONCE) => Some(&mut self.nonce),
            () if is(CRYPTO) => Some(&mut self.crypto),
            () if is(SIGNATURE) => Some(&mut self.signature),
            () => None,
        }
    }
}
