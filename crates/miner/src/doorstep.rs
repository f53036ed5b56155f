//! What every request meets while it has proved nothing yet, whatever its protocol: the limit of its address, and the
//! verification of its signature.

use std::{io, time::Duration};

use axum::http::Extensions;
use subnetkit_protocol::{Hotkey, KnownKeys};
use tokio::time::Instant;

use crate::{
    MinerConfig,
    addresses::{Purse, Unproven},
    known::KnownCallers,
    peer::Peer,
    rejection::{Outcome, Rejection},
    verification::{Acquaintance, Overloaded, Signed, Verification},
};

pub(crate) struct Doorstep {
    unproven: Unproven,
    known: KnownCallers,
    verification: Verification,
}

/// A request that was let onto the doorstep.
pub(crate) struct Visit {
    peer: Peer,
    /// Where a token was taken for it.
    paid: Option<Purse>,
}

/// A visit in the name of a hotkey, which may be no more than a claim.
pub(crate) struct Visitor {
    visit: Visit,
    hotkey: Hotkey,
    pub(crate) who: Acquaintance,
}

impl Doorstep {
    pub(crate) fn new(config: &MinerConfig) -> io::Result<Self> {
        Ok(Self {
            unproven: Unproven::new(
                config.rate_unproven_per_address,
                config.burst_unproven_per_address,
                config.max_tracked_addresses,
                Instant::now(),
            ),
            known: KnownCallers::new(config.max_tracked_hotkeys),
            verification: Verification::start(
                config.verify_threads,
                config.verify_queue,
                KnownKeys::new(config.max_tracked_hotkeys),
            )?,
        })
    }

    /// Holds the address to its rate of requests that prove nothing: 429 at once beyond it. The claim is asked for only
    /// then. Hotkeys that proved themselves from there lately are let in all the same, and others that are served have
    /// another such rate for them alone, so that a flood of strangers keeps no new caller at the same address out.
    pub(crate) fn enter(
        &self,
        extensions: &Extensions,
        claimed: impl FnOnce() -> Option<Hotkey>,
        is_served: impl FnOnce(&Hotkey) -> bool,
    ) -> Result<Visit, Rejection> {
        let Some(peer) = extensions.get::<Peer>() else {
            return Err(Rejection::new(Outcome::Internal, "the connection's address is not known"));
        };
        let now = Instant::now();
        let visit = |paid| Ok(Visit { peer: peer.clone(), paid });
        let Err(wait) = self.unproven.take(peer.origin, Purse::Common, now) else {
            return visit(Some(Purse::Common));
        };
        let wait = match claimed() {
            Some(hotkey) if self.known.knows(&hotkey, peer.origin, now) => return visit(None),
            Some(hotkey) if is_served(&hotkey) => match self.unproven.take(peer.origin, Purse::OfServed, now)
            {
                Ok(()) => return visit(Some(Purse::OfServed)),
                Err(wait) => wait,
            },
            _ => wait,
        };
        let message = "this address sends more requests that prove nothing than this miner allows";
        Err(Rejection::new(Outcome::RateLimited, message).retry_after(wait))
    }

    /// Who the visit's request claims to be of.
    pub(crate) fn recognise(&self, visit: Visit, hotkey: Hotkey) -> Visitor {
        let known = self.known.knows(&hotkey, visit.peer.origin, Instant::now());
        let who = if known { Acquaintance::Known } else { Acquaintance::Unknown };
        Visitor { visit, hotkey, who }
    }

    /// Whether the signature of the visitor's request holds; 503 at once when too many wait.
    pub(crate) async fn verify(&self, visitor: &Visitor, signed: Signed) -> Result<bool, Rejection> {
        self.verification.verify(signed, visitor.who).await.map_err(|Overloaded| {
            let message = "this miner has more signatures to verify than it can; ask again later";
            Rejection::new(Outcome::Busy, message).retry_after(Duration::from_secs(1))
        })
    }

    /// The request is the hotkey's and new, so it does not count against its address. Not before it is known to be new:
    /// anybody can send a copy, and its signature holds.
    pub(crate) fn welcome(&self, visitor: Visitor) {
        let Visitor { visit: Visit { peer: Peer { origin, place }, paid }, hotkey, .. } = visitor;
        let now = Instant::now();
        if let Some(purse) = paid {
            self.unproven.give_back(origin, purse, now);
        }
        self.known.saw(&hotkey, origin, now);
        place.prove();
    }
}
