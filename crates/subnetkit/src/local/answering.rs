//! How a miner answers: in one piece or in many.

use std::sync::Arc;

use subnetkit_miner::{Forward, ForwardStream, Miner};
use subnetkit_protocol::Synapse;

/// A miner's hook of either kind.
pub(super) enum Answering<S: Synapse> {
    Whole(Arc<dyn Forward<S>>),
    InPieces(Arc<dyn ForwardStream<S>>),
}

impl<S: Synapse> Answering<S> {
    pub(super) fn whole(forward: impl Forward<S>) -> Self {
        Self::Whole(Arc::new(forward))
    }

    pub(super) fn in_pieces(forward: impl ForwardStream<S>) -> Self {
        Self::InPieces(Arc::new(forward))
    }

    pub(super) fn serve(&self, miner: Miner) -> Miner {
        match self {
            Self::Whole(forward) => miner.serve::<S>(Arc::clone(forward)),
            Self::InPieces(forward) => miner.serve_stream::<S>(Arc::clone(forward)),
        }
    }
}
