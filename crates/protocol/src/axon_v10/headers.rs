//! The headers that decide, and collecting them from a request.

use crate::btauth::{AuthError, AuthErrorKind::MalformedAuth};

/// The caller's address.
pub const HOTKEY: &str = "bt_header_dendrite_hotkey";
/// Unix time in nanoseconds, decimal.
pub const NONCE: &str = "bt_header_dendrite_nonce";
/// Names the client object that made the request.
pub const UUID: &str = "bt_header_dendrite_uuid";
/// `0x` and 128 lower-case hexadecimal digits, sr25519.
pub const SIGNATURE: &str = "bt_header_dendrite_signature";
/// 64 lower-case hexadecimal digits.
pub const BODY_HASH: &str = "computed_body_hash";
/// Seconds that the caller waits, with a fraction. Nobody signs it.
pub const TIMEOUT: &str = "timeout";

/// The values as received, each at most once.
#[derive(Default)]
pub(super) struct Received<'h> {
    pub(super) hotkey: Option<&'h [u8]>,
    pub(super) nonce: Option<&'h [u8]>,
    pub(super) uuid: Option<&'h [u8]>,
    pub(super) signature: Option<&'h [u8]>,
    pub(super) body_hash: Option<&'h [u8]>,
    pub(super) timeout: Option<&'h [u8]>,
}

impl<'h> Received<'h> {
    /// Readers differ in which of two equal headers they take, so a duplicate is refused.
    pub(super) fn collect(headers: impl IntoIterator<Item = (&'h str, &'h [u8])>) -> Result<Self, AuthError> {
        let mut received = Self::default();
        for (name, value) in headers {
            let is = |expected: &str| name.eq_ignore_ascii_case(expected);
            let slot = match () {
                () if is(HOTKEY) => &mut received.hotkey,
                () if is(NONCE) => &mut received.nonce,
                () if is(UUID) => &mut received.uuid,
                () if is(SIGNATURE) => &mut received.signature,
                () if is(BODY_HASH) => &mut received.body_hash,
                () if is(TIMEOUT) => &mut received.timeout,
                () => continue,
            };
            if slot.replace(value).is_some() {
                return Err(AuthError::new(MalformedAuth, "a bt_header header appears twice"));
            }
        }
        Ok(received)
    }
}
