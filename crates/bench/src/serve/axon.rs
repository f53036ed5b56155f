//! An axon with the roster of a full subnet.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::Context;
use subnetkit_miner::{Axon, MinerConfig, Roster, Standing};
use subnetkit_protocol::{Hotkey, Keypair};
use tokio_util::sync::CancellationToken;

use super::{Limits, say};
use crate::{
    process::Listening,
    requests::{VALIDATORS, miner, validator},
    work::{Length, Ruler},
};

/// Serves the one axon of most benchmarks.
pub(super) async fn serve(limits: Limits, ended: CancellationToken) -> anyhow::Result<()> {
    let axon = Axon::new(miner()?, config(limits)).serve::<Length>(Ruler { pause: Duration::ZERO });
    let axon = axon.bind().await.context("the axon can't be bound")?;
    axon.roster().publish(full_roster()?);
    say(&Listening { address: axon.local_addr() })?;
    axon.run(ended).await;
    Ok(())
}

/// The defaults, on loopback.
pub(super) fn loopback() -> MinerConfig {
    MinerConfig { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..MinerConfig::default() }
}

/// What one load generator needs that stands for many validators. All else is as by default, replay memory and admission
/// included.
fn config(limits: Limits) -> MinerConfig {
    let default = loopback();
    if limits == Limits::Default {
        return default;
    }
    let rates = MinerConfig {
        rate_per_hotkey: 1e9,
        burst_per_hotkey: u32::MAX,
        rate_unproven_per_address: 1e9,
        burst_unproven_per_address: u32::MAX,
        // A default axon remembers as many requests as this one gets in a few seconds.
        replay_capacity: 1 << 19,
        replay_capacity_per_hotkey: 1 << 14,
        ..default
    };
    match limits {
        Limits::RatesAndAge => MinerConfig { signature_max_age: Duration::from_secs(300), ..rates },
        _ => rates,
    }
}

/// 64 validators and 192 others.
fn full_roster() -> anyhow::Result<Roster> {
    let mut members = HashMap::new();
    for index in 0..VALIDATORS {
        let uid = u16::try_from(index)?;
        members.insert(validator(index)?.account(), standing(uid, true));
    }
    for uid in 64..256 {
        members.insert(stranger(uid), standing(uid, false));
    }
    Ok(Roster { block: 1, members })
}

fn standing(uid: u16, validator_permit: bool) -> Standing {
    let stake_rao = if validator_permit { 1_000_000_000_000 } else { 0 };
    Standing { uid, validator_permit, stake_rao, owner: false }
}

/// A hotkey that nobody signs with here.
fn stranger(uid: u16) -> Hotkey {
    let mut bytes = [7; 32];
    bytes[..2].copy_from_slice(&uid.to_le_bytes());
    Hotkey::from_bytes(bytes)
}

/// A roster of one validator.
pub(super) fn roster_of(validator: &Keypair) -> Roster {
    Roster { block: 1, members: HashMap::from([(validator.account(), standing(0, true))]) }
}
