//! What a server demands of a request before it looks at the signature.

use std::{collections::BTreeMap, time::Duration};

use crate::{AccountId, Scheme};

/// A server's demands. Start from [`Policy::new`] and change fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The server's own hotkey.
    pub own: AccountId,
    /// Refuse requests that name no receiver. Switching this off lets a request signed for nobody in particular be
    /// replayed against every server that does so.
    pub require_receiver: bool,
    /// The age at which a nonce is still accepted.
    pub max_age: Duration,
    /// How far ahead of this server's clock a nonce may be.
    pub allowed_skew: Duration,
    /// The scheme expected of senders that `schemes` does not name; none accepts both. An address does not say which
    /// scheme its key belongs to, and a header is no evidence: a server that knows its senders should pin theirs.
    pub expected_scheme: Option<Scheme>,
    /// The schemes that particular senders are known to have.
    pub schemes: BTreeMap<AccountId, Scheme>,
}

impl Policy {
    /// The age at which the SDK's default still accepts a nonce.
    pub const DEFAULT_MAX_AGE: Duration = Duration::from_secs(10);
    /// How far ahead the SDK's default lets a nonce be.
    pub const DEFAULT_ALLOWED_SKEW: Duration = Duration::from_secs(2);

    /// The ecosystem's defaults for a server with this hotkey: receiver required, 10 s back, 2 s ahead, any scheme.
    #[must_use]
    pub const fn new(own: AccountId) -> Self {
        Self {
            own,
            require_receiver: true,
            max_age: Self::DEFAULT_MAX_AGE,
            allowed_skew: Self::DEFAULT_ALLOWED_SKEW,
            expected_scheme: None,
            schemes: BTreeMap::new(),
        }
    }
}
