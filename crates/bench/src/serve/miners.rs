//! The miners of a subnet: many axons in one process, each with a hotkey and a port of its own.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use subnetkit_miner::Axon;
use subnetkit_protocol::{Hotkey, Keypair, Scheme};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{axon, say};
use crate::{
    requests::validator,
    work::{Length, Ruler},
};

/// Where one of the miners listens.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Miner {
    pub(crate) hotkey: Hotkey,
    pub(crate) address: SocketAddr,
}

pub(super) async fn serve(
    number: usize,
    pause: Duration,
    v10: bool,
    ended: CancellationToken,
) -> anyhow::Result<()> {
    let roster = axon::roster_of(&validator(0)?);
    let mut axons = JoinSet::new();
    let mut miners = Vec::with_capacity(number);
    for index in 0..number {
        let key = Keypair::from_uri(&format!("//Miner{index}"), Scheme::Sr25519)
            .context("a development key can't be made")?;
        let hotkey = key.account();
        let ruler = Ruler { pause };
        let axon = Axon::new(key, axon::loopback());
        let axon = if v10 { axon.serve_v10::<Length>(ruler) } else { axon.serve::<Length>(ruler) };
        let bound = axon.bind().await?;
        bound.roster().publish(roster.clone());
        miners.push(Miner { hotkey, address: bound.local_addr() });
        axons.spawn(bound.run(ended.clone()));
    }
    say(&miners)?;
    axons.join_all().await;
    Ok(())
}
