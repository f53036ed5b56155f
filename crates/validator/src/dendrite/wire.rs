//! How one kind of request travels: where to, in which encodings, with which headers of its own.

use std::fmt;
use std::sync::Arc;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use subnetkit_protocol::{Encoding, Synapse};

/// Is told the headers of an attempt before it is sent.
pub(super) type Seen = Arc<dyn Fn(&HeaderMap) + Send + Sync>;

/// What all attempts of a request have in common.
pub(super) struct Wire {
    pub(super) target: String,
    pub(super) sent: Encoding,
    pub(super) wanted: Encoding,
    /// Not signed; what the protocol says itself wins.
    pub(super) more: Vec<(HeaderName, HeaderValue)>,
    pub(super) seen: Option<Seen>,
}

impl Wire {
    pub(super) fn of<S: Synapse>() -> Self {
        Self {
            target: S::path(),
            sent: S::ENCODING,
            wanted: S::RESPONSE_ENCODING,
            more: Vec::new(),
            seen: None,
        }
    }

    /// What errors call it.
    pub(super) fn name(&self) -> &str {
        self.target.trim_start_matches('/')
    }

    pub(super) fn finish(&self, mut headers: HeaderMap) -> HeaderMap {
        for (name, value) in &self.more {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        if let Some(seen) = &self.seen {
            seen(&headers);
        }
        headers
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("target", &self.target).finish_non_exhaustive()
    }
}
