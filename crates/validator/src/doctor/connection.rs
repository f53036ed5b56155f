//! Whether the chain is there, is the right one, and lives.

use subnetkit_protocol::btauth::Policy;

use super::{ChainFacts, Facts, Reached, Verdict};

/// A chain of one's own that is further off than this keeps a time of its own: no clock drifts so far.
const OWN_TIME_MS: u64 = 24 * 3_600 * 1_000;

pub(super) fn reachable(facts: &Facts) -> Verdict {
    match &facts.chain {
        Reached::No { reason } => {
            Verdict::blocks(format!("the chain cannot be read ({reason}); check network and the endpoint"))
        }
        Reached::Other { .. } => Verdict::fine("the endpoint answers"),
        Reached::Read(chain) => Verdict::fine(format!("the chain answers and is at block {}", chain.block)),
    }
}

pub(super) fn genesis(facts: &Facts) -> Option<Verdict> {
    match &facts.chain {
        Reached::No { .. } => None,
        Reached::Other { reason } => {
            Some(Verdict::blocks(format!("{reason}; check network, its endpoints and genesis")))
        }
        Reached::Read(_) => Some(Verdict::fine("it is the chain that the settings mean")),
    }
}

pub(super) fn silent(chain: &ChainFacts) -> Verdict {
    match chain.silent {
        Some((silence, limit)) => Verdict::blocks(format!(
            "no new block arrived for {:.1} s, and {:.1} s is the limit (max_silent_blocks at {:.2} s per block); use another \
             endpoint, or wait for the chain",
            silence.as_secs_f64(),
            limit.as_secs_f64(),
            chain.block_time.as_secs_f64()
        )),
        None => Verdict::fine(format!("blocks arrive, one per {:.2} s", chain.block_time.as_secs_f64())),
    }
}

/// Miners judge requests by their own clocks, which nobody here can read; the chain's is the nearest to them all. A block
/// arrives within a block time of the moment it carries, so a clock that is right is ahead by no more than that.
pub(super) fn clock_skew(chain: &ChainFacts) -> Option<Verdict> {
    let clock = chain.clock?;
    let (behind, ahead) =
        (chain.time_ms.saturating_sub(clock.local_ms), clock.local_ms.saturating_sub(chain.time_ms));
    if !clock.public && behind.max(ahead) > OWN_TIME_MS {
        return Some(Verdict::fine(format!(
            "this chain of your own keeps a time of its own, {} h from this machine's",
            behind.max(ahead) / 3_600_000
        )));
    }
    let most_behind = millis(Policy::DEFAULT_MAX_AGE);
    let most_ahead = millis(chain.block_time).saturating_add(millis(Policy::DEFAULT_ALLOWED_SKEW));
    let remedy =
        "miners refuse requests more than 10 s old or 2 s ahead; synchronise this machine's clock (NTP)";
    let seconds = |ms: u64| ms as f64 / 1_000.0;
    Some(if behind > most_behind {
        Verdict::weakens(format!(
            "this machine's clock is {:.1} s behind the time of block {}, and {remedy}",
            seconds(behind),
            chain.block
        ))
    } else if ahead > most_ahead {
        Verdict::weakens(format!(
            "this machine's clock is {:.1} s ahead of block {}, which arrived just now, and {remedy}",
            seconds(ahead),
            chain.block
        ))
    } else {
        Verdict::fine("this machine's clock agrees with the chain's")
    })
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
