//! The flood, in a process of its own.

use std::{
    collections::BTreeMap,
    io::Read as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::Command,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::Context;
use serde::Serialize;
use subnetkit_protocol::{Keypair, Scheme};

use super::BODY;
use crate::{
    load::{self, Connection},
    process::{self, Server},
    report,
    requests::{Requests, VALIDATORS, miner, validator},
    work,
};

/// What is sent, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Signed in order, by hotkeys that nobody registered; from the honest validators' address
    Strangers,
    /// In the name of the honest validators, with signatures that are none; from their own address
    SameAddress,
    /// The same from many addresses
    OtherAddresses,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Strangers => "signed by strangers, same address",
            Self::SameAddress => "forged in the honest names, same address",
            Self::OtherAddresses => "forged in the honest names, 32 other addresses",
        }
    }
}

/// The arguments of the process.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Attack {
    #[arg(long, value_enum)]
    kind: Kind,
    #[arg(long)]
    address: SocketAddr,
    #[arg(long)]
    connections: usize,
}

/// A flood under way.
pub(super) struct Refused(Server);

/// Starts a flood and returns once it is under way.
pub(super) fn start(kind: Kind, address: SocketAddr, connections: usize) -> anyhow::Result<Refused> {
    let kind = clap::ValueEnum::to_possible_value(&kind).context("the flood has no name")?;
    // It shares its core with the honest validators. Whether they find that core free is not what is measured.
    let mut command = Command::new("nice");
    command.args(["-n", "19"]).arg(process::this_program()?);
    command.args(["attack", "--kind", kind.get_name()]);
    command.args(["--address", &address.to_string(), "--connections", &connections.to_string()]);
    let (server, ()) = Server::start(command)?;
    Ok(Refused(server))
}

impl Refused {
    /// Ends the flood. Answers per second, by status; 0 stands for connections that were closed.
    pub(super) fn take(mut self) -> anyhow::Result<BTreeMap<u16, u64>> {
        self.0.close();
        self.0.line()
    }
}

/// The process: floods until standard input ends, but never for longer than signatures stay fresh.
pub(crate) fn attack(attack: &Attack) -> anyhow::Result<()> {
    const AT_MOST: Duration = Duration::from_secs(30);
    const REQUESTS: usize = 4096;
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        std::io::stdin().read_to_end(&mut Vec::new()).ok();
        ended.send(()).ok();
    });
    let senders = match attack.kind {
        Kind::Strangers => (0..VALIDATORS)
            .map(|index| Keypair::from_uri(&format!("//Stranger{index}"), Scheme::Sr25519))
            .collect::<Result<Vec<_>, _>>()
            .context("a development key can't be made")?,
        _ => (0..VALIDATORS).map(validator).collect::<anyhow::Result<Vec<_>>>()?,
    };
    let sign = || -> anyhow::Result<Rc<Requests>> {
        let signed = Requests::sign(&senders, &miner()?.account(), work::body(BODY), REQUESTS, false)?;
        Ok(Rc::new(if attack.kind == Kind::Strangers { signed } else { signed.forge() }))
    };

    let runtime = load::runtime()?;
    let mut requests = sign()?;
    let tasks = tokio::task::LocalSet::new();
    let started = Instant::now();
    let mut statuses = BTreeMap::<u16, u64>::new();
    report::line("null");
    // In short series, between which the requests are signed anew before they are stale.
    let mut signed_at = Instant::now();
    while end.try_recv().is_err() && started.elapsed() < AT_MOST {
        if signed_at.elapsed() > Duration::from_secs(5) {
            requests = sign()?;
            signed_at = Instant::now();
        }
        let until = Instant::now() + Duration::from_millis(250);
        let flooding: Vec<_> = (0..attack.connections)
            .map(|index| {
                let from = match attack.kind {
                    Kind::OtherAddresses => Some(other_address(index)),
                    _ => None,
                };
                tasks.spawn_local(flood(attack.address, from, Rc::clone(&requests), index, until))
            })
            .collect();
        let results = tasks.run_until(futures::future::join_all(flooding));
        for result in runtime.block_on(results) {
            for (status, number) in result? {
                *statuses.entry(status).or_default() += number;
            }
        }
    }
    let seconds = started.elapsed().as_secs().max(1);
    for number in statuses.values_mut() {
        *number /= seconds;
    }
    report::line(serde_json::to_string(&statuses)?);
    Ok(())
}

/// Loopback has 16 million addresses.
fn other_address(index: usize) -> IpAddr {
    let last = u8::try_from(2 + index % 250).unwrap_or(u8::MAX);
    Ipv4Addr::new(127, 0, 1, last).into()
}

/// One connection's share. A connection that the axon closes is opened again.
async fn flood(
    address: SocketAddr,
    from: Option<IpAddr>,
    requests: Rc<Requests>,
    first: usize,
    until: Instant,
) -> BTreeMap<u16, u64> {
    let mut statuses = BTreeMap::<u16, u64>::new();
    let mut indices = (0..requests.len()).cycle().skip(first * 97 % requests.len());
    while Instant::now() < until {
        let left = until.saturating_duration_since(Instant::now());
        let series = async {
            let mut connection = Connection::open(address, from).await?;
            while Instant::now() < until {
                let index = indices.next().unwrap_or(0);
                let (status, _) = connection.ask(&requests, index).await?;
                *statuses.entry(status).or_default() += 1;
            }
            anyhow::Ok(())
        };
        if let Ok(Err(_)) = tokio::time::timeout(left, series).await {
            *statuses.entry(0).or_default() += 1;
        }
    }
    statuses
}
