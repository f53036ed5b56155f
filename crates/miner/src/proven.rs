//! What the steps in front found out about a request, for the steps behind them.

use axum::extract::Request;
use subnetkit_protocol::Hotkey;
use tokio::time::Instant;

use crate::{
    Standing,
    rejection::{Outcome, Rejection},
};

/// Who sent the request, by its signature, and by when an answer is due. The steps behind find it in the extensions.
#[derive(Clone, Copy)]
pub(crate) struct Proven {
    pub(crate) caller: Hotkey,
    pub(crate) deadline: Instant,
    /// The signature that proved it.
    pub(crate) signature: [u8; 64],
}

/// The caller's place in the metagraph when it was admitted.
#[derive(Clone, Copy)]
pub(crate) struct Admitted(pub(crate) Option<Standing>);

/// Behind authentication the caller is always known; steps assembled without it refuse everybody.
pub(crate) fn proven(request: &Request) -> Result<Proven, Rejection> {
    request
        .extensions()
        .get::<Proven>()
        .copied()
        .ok_or_else(|| Rejection::new(Outcome::Unauthenticated, "the request was not authenticated"))
}
