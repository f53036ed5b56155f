//! The miners: real ones whose moods change, and one that is no miner at all but a port that behaves badly.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use serde::Serialize;
use subnetkit_chain::{Chain, Network};
use subnetkit_devnet::{Devnet, Member};
use subnetkit_miner::{Miner, MinerConfig};
use subnetkit_protocol::{Keypair, Scheme};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::hooks::{Squares, Worker};

/// Connections that the stranger holds at a time.
const MOST_HELD: usize = 128;

/// What a miner does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Whim {
    /// Answers rightly.
    Honest,
    /// Answers rightly and late, but in time.
    Slow,
    /// Answers long after nobody waits.
    Hung,
    /// Answers wrongly.
    Wrong,
    /// Says it is busy.
    Refusing,
}

impl Whim {
    pub(crate) const ALL: [Self; 5] = [Self::Honest, Self::Slow, Self::Hung, Self::Wrong, Self::Refusing];
}

/// What a miner is at now; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mood(Arc<AtomicU8>);

impl Mood {
    pub(crate) fn now(&self) -> Whim {
        Whim::ALL.get(usize::from(self.0.load(Ordering::Relaxed))).copied().unwrap_or(Whim::Honest)
    }

    pub(crate) fn set(&self, whim: Whim) {
        let index = Whim::ALL.iter().position(|known| *known == whim).unwrap_or(0);
        self.0.store(u8::try_from(index).unwrap_or(0), Ordering::Relaxed);
    }
}

/// Every miner of the subnet.
#[derive(Debug)]
pub(crate) struct Miners {
    pub(crate) moods: Vec<Mood>,
    tasks: JoinSet<anyhow::Result<()>>,
    stop: CancellationToken,
}

impl Miners {
    /// Starts them all. The last one is a port that answers with garbage, or never.
    pub(crate) async fn start(
        devnet: &Devnet,
        netuid: u16,
        members: &[Member],
        block_time: Duration,
    ) -> anyhow::Result<Self> {
        let mut miners = Self { moods: Vec::new(), tasks: JoinSet::new(), stop: CancellationToken::new() };
        let network = Network::Url(devnet.ws_url());
        let Some((last, members)) = members.split_last() else { return Ok(miners) };
        for member in members {
            let config = MinerConfig {
                listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                external_ip: Some(Ipv4Addr::LOCALHOST.into()),
                metagraph_refresh: block_time.saturating_mul(4),
                ..MinerConfig::default()
            };
            let mood = Mood::default();
            let chain = Chain::connect(&network).await?;
            let miner = Miner::new(config, chain, netuid, key(&member.hotkey_uri)?)
                .serve::<Squares>(Worker(mood.clone()))
                .bind()
                .await?;
            let stop = miners.stop.clone();
            miners.tasks.spawn(async move { Ok(miner.run(stop).await?) });
            miners.moods.push(mood);
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let chain = Chain::connect(&network).await?;
        chain.serve_axon(&key(&last.hotkey_uri)?, netuid, listener.local_addr()?).await?;
        let stop = miners.stop.clone();
        miners
            .tasks
            .spawn(async move { stop.run_until_cancelled(misbehave(listener)).await.unwrap_or(Ok(())) });
        Ok(miners)
    }

    /// An error if one of them has ended, which none does unasked.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        match self.tasks.try_join_next() {
            None => Ok(()),
            Some(ended) => ended?.and_then(|()| anyhow::bail!("a miner ended unasked")),
        }
    }
}

impl Drop for Miners {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn key(uri: &str) -> anyhow::Result<Keypair> {
    Keypair::from_uri(uri, Scheme::Sr25519).context("a development key can't be made")
}

/// In turn: garbage, the beginning of an answer, silence, an end.
async fn misbehave(listener: TcpListener) -> anyhow::Result<()> {
    let mut held = JoinSet::new();
    for turn in 0_u64.. {
        let (stream, _) = listener.accept().await?;
        while held.len() >= MOST_HELD {
            held.join_next().await;
        }
        // What becomes of a connection like this is nobody's business.
        held.spawn(async move { drop(meet(stream, turn).await) });
        while held.try_join_next().is_some() {}
    }
    Ok(())
}

async fn meet(mut stream: TcpStream, turn: u64) -> std::io::Result<()> {
    let mut request = vec![0; 4 << 10];
    let length = stream.read(&mut request).await?;
    match turn % 4 {
        0 => stream.write_all(&request[..length]).await?,
        1 => {
            stream
                .write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{",
                )
                .await?;
            while stream.read(&mut request).await? > 0 {}
        }
        2 => while stream.read(&mut request).await? > 0 {},
        _ => {}
    }
    Ok(())
}
