//! Floods of requests that prove nothing, while an honest validator asks.

use std::{net::SocketAddr, sync::Arc};

use subnetkit_protocol::{Hotkey, Keypair, Scheme};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    replays::without_limits,
    wire::{alice_is_served, connect, exchange, forged, signed},
};
use crate::support::{Running, config, key, start};

/// A request of the flood.
type Make = Arc<dyn Fn(&Hotkey) -> Vec<u8> + Send + Sync>;

/// Sends as fast as answers come, over four connections from each address, until told to stop. No answer may be 200.
fn flood(
    axon: SocketAddr,
    own: Hotkey,
    from: &[u8],
    make: &Make,
    stop: &CancellationToken,
) -> JoinSet<usize> {
    let mut senders = JoinSet::new();
    for last in from.iter().flat_map(|last| [*last; 4]) {
        let (make, stop) = (Arc::clone(make), stop.clone());
        senders.spawn(async move {
            let mut refused = 0;
            while !stop.is_cancelled() {
                let Ok(mut stream) = connect(axon, last).await else { continue };
                // A refused connection is opened again.
                while let Ok((status, body)) = exchange(&mut stream, &make(&own)).await {
                    assert!(matches!(status, 401 | 403 | 429 | 503), "{status}: {body}");
                    refused += 1;
                    if stop.is_cancelled() {
                        break;
                    }
                }
            }
            refused
        });
    }
    senders
}

async fn alice_is_served_during(axon: &Running, from: &[u8], make: Make) {
    alice_is_served(axon, 1, 1).await;
    let stop = CancellationToken::new();
    let mut senders = flood(axon.address, axon.own, from, &make, &stop);
    alice_is_served(axon, 1, 100).await;
    stop.cancel();
    let mut refused = 0;
    while let Some(count) = senders.join_next().await {
        refused += count.unwrap();
    }
    assert!(refused > 100, "that was no flood: {refused}");
}

fn claiming(name: &str) -> Make {
    let claimed = key(name);
    Arc::new(move |own| forged(&claimed, own))
}

/// The limits on in what they say of Alice's own rate only.
async fn axon(with_limits: bool) -> Running {
    let open = without_limits();
    let burst =
        if with_limits { config().burst_unproven_per_address } else { open.burst_unproven_per_address };
    start(subnetkit_miner::MinerConfig { burst_unproven_per_address: burst, ..open }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn forgeries_in_the_honest_callers_name_from_elsewhere() {
    alice_is_served_during(&axon(true).await, &[2, 3, 4, 5], claiming("Alice")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgeries_in_another_validators_name_from_the_same_address() {
    alice_is_served_during(&axon(true).await, &[1], claiming("Bob")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgeries_in_the_honest_callers_name_from_the_same_address() {
    alice_is_served_during(&axon(true).await, &[1], claiming("Alice")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgeries_that_no_limit_stops_before_the_signature() {
    alice_is_served_during(&axon(false).await, &[1, 2, 3, 4], claiming("Alice")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn proper_requests_of_hotkeys_that_nobody_knows() {
    let strangers: Vec<_> =
        (1..=50).map(|seed| Keypair::from_mini_secret([seed; 32], Scheme::Sr25519)).collect();
    let make: Make = Arc::new(move |own| {
        let pick = usize::from(own.as_bytes()[0]) ^ rand();
        signed(&strangers[pick % strangers.len()], own)
    });
    alice_is_served_during(&axon(false).await, &[1, 2, 3], make).await;
}

/// Some number, another one nearly every time.
fn rand() -> usize {
    usize::from(subnetkit_protocol::btauth::NonceClock::new().next().to_le_bytes()[1])
}
