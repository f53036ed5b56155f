//! `subnetkit devnet`: the development chain alone.

use std::{
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use subnetkit::{
    chain::{Chain, Rao},
    keys::development_account,
    protocol::AccountId,
    settings::GenesisHash,
    shutdown::Shutdown,
};
use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis, SpawnError};

use crate::output;

/// The development keys that every local Bittensor chain endows; the first is the sudo key, the seventh makes the blocks.
const DEVELOPMENT_KEYS: [&str; 9] =
    ["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie", "//One", "//Two", "//Three"];
const SUDO: &str = "//Alice";

#[derive(Debug, Args)]
pub(crate) struct DevnetArgs {
    /// Port of JSON-RPC on 127.0.0.1, WebSocket and HTTP; 0 takes a free one
    #[arg(long, default_value_t = 9944)]
    port: u16,
    /// Time between blocks (250ms, 12s), `instant` for a block per transaction, or `manual` for blocks on demand
    #[arg(long, value_name = "TIME", default_value = "250ms")]
    block_time: BlockTime,
    /// Use the values of a fast-runtime build: a tempo of 10 blocks, short waits and limits
    #[arg(long)]
    fast: bool,
    /// Refuse what only a development chain allows: axons at loopback addresses
    #[arg(long)]
    strict: bool,
    /// Print one JSON object instead of the banner
    #[arg(long)]
    json: bool,
}

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BlockTime {
    Every(Duration),
    Instant,
    Manual,
}

impl FromStr for BlockTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "instant" => Ok(Self::Instant),
            "manual" => Ok(Self::Manual),
            time => match humantime::parse_duration(time) {
                // The chain keeps time in whole milliseconds.
                Ok(time) if time >= Duration::from_millis(1) => Ok(Self::Every(time)),
                _ => {
                    Err("write a time from 1ms on, such as 250ms or 12s, or `instant` or `manual`".to_owned())
                }
            },
        }
    }
}

impl std::fmt::Display for BlockTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Every(time) => humantime::format_duration(*time).fmt(f),
            Self::Instant => f.write_str("instant"),
            Self::Manual => f.write_str("manual"),
        }
    }
}

/// What a client needs to know of the chain, read from the chain itself.
#[derive(Debug, Serialize)]
struct Banner {
    chain: String,
    spec_version: u32,
    genesis: String,
    block_time: String,
    ws: String,
    http: String,
    sudo: &'static str,
    accounts: Vec<Account>,
}

#[derive(Debug, Serialize)]
struct Account {
    name: &'static str,
    ss58: AccountId,
    uri: &'static str,
    balance_rao: u64,
}

pub(crate) async fn run(args: DevnetArgs) -> anyhow::Result<()> {
    // Before the chain starts, so that no signal ends it halfway.
    let shutdown = Shutdown::watch().context("the signals of this process can't be watched")?;
    let config = config(&args);
    let name = config.identity.chain.clone();
    let devnet = match Devnet::spawn(config).await {
        Err(SpawnError::PortInUse(address)) => anyhow::bail!(
            "port {} is in use: stop the program that listens there, or choose another with --port (0 takes a free one)",
            address.port()
        ),
        spawned => spawned?,
    };
    let banner = tokio::select! {
        banner = Banner::read(&devnet, name, args.block_time) => banner.context("the chain started and can't be read")?,
        () = shutdown.asked().cancelled_owned() => return Ok(()),
    };
    if args.json {
        output::json(&banner)?;
    } else {
        output::say(&banner.text());
    }
    shutdown.asked().cancelled_owned().await;
    // Joins the chain's threads: when this returns, the port is free.
    tokio::task::spawn_blocking(move || drop(devnet)).await?;
    Ok(())
}

fn config(args: &DevnetArgs) -> Config {
    let genesis = if args.fast { Genesis::fast() } else { Genesis::local() };
    let (genesis, block_production) = match args.block_time {
        BlockTime::Every(time) => (genesis.block_time(time), BlockProduction::Interval(time)),
        BlockTime::Instant => (genesis, BlockProduction::OnSubmit),
        BlockTime::Manual => (genesis, BlockProduction::OnDemand),
    };
    let mut genesis = genesis.into_json();
    genesis["subtensorModule"]["strict"] = args.strict.into();
    Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)),
        block_production,
        genesis,
        ..Config::default()
    }
}

impl Banner {
    async fn read(devnet: &Devnet, chain: String, block_time: BlockTime) -> anyhow::Result<Self> {
        let client = Chain::connect_url(&devnet.ws_url()).await?;
        let at = client.at_best().await?;
        let mut accounts = Vec::with_capacity(DEVELOPMENT_KEYS.len());
        for uri in DEVELOPMENT_KEYS {
            let ss58 = development_account(uri)?;
            let Rao(balance_rao) = at.balance(&ss58).await?;
            accounts.push(Account { name: uri.trim_start_matches('/'), ss58, uri, balance_rao });
        }
        Ok(Self {
            chain,
            spec_version: client.runtime().await?.spec_version(),
            genesis: GenesisHash(devnet.genesis_hash()).to_string(),
            block_time: block_time.to_string(),
            ws: devnet.ws_url(),
            http: devnet.http_url(),
            sudo: SUDO,
            accounts,
        })
    }

    fn text(&self) -> String {
        let rows: Vec<_> = self
            .accounts
            .iter()
            .map(|account| {
                let balance = format!("{} TAO", Rao(account.balance_rao));
                vec![account.name.to_owned(), account.ss58.to_string(), account.uri.to_owned(), balance]
            })
            .collect();
        let Self { chain, spec_version, genesis, block_time, ws, http, sudo, .. } = self;
        format!(
            "{chain}, spec version {spec_version}, block time {block_time}\n\
             genesis {genesis}\n\n{}\n\n\
             Everybody knows these keys: they are worth nothing anywhere else. Sudo is {sudo}.\n\n\
             WebSocket  {ws}\nHTTP       {http}\n\nCtrl-C ends the chain and forgets it.",
            output::table(&["account", "ss58", "secret URI", "balance"], &rows)
        )
    }
}
