//! `subnetkit devnet`: the development chain alone.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
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

use crate::{console::Console, output, tao::Tao};

/// Accounts that one chain may be asked to endow: a banner is still read.
const MOST_ACCOUNTS: u16 = 1_000;

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
    /// Blocks per epoch of a new subnet [default: 360, with --fast 10]
    #[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u16).range(1..))]
    tempo: Option<u16>,
    /// How many development accounts have TAO: //Alice, //Bob and so on, then //Account//9 and on [default: 9, with --strict 0]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(..=i64::from(MOST_ACCOUNTS)))]
    accounts: Option<u16>,
    /// What each of them has [default: as on the official local network]
    #[arg(long, value_name = "TAO")]
    balance: Option<Tao>,
    /// Go on with the chain in this file if it exists, and write the chain to it at the end
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Derive all keys from a number, as //SEED//Alice: a chain of its own, the same for the same number
    #[arg(long)]
    seed: Option<u64>,
    /// Be as the public chains are: no loopback axons, no funded accounts unless asked for, blocks on the real clock
    #[arg(long)]
    strict: bool,
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
    block: u32,
    ws: String,
    http: String,
    sudo: String,
    accounts: Vec<Account>,
}

#[derive(Debug, Serialize)]
struct Account {
    name: String,
    ss58: AccountId,
    uri: String,
    balance_rao: u64,
}

pub(crate) async fn run(args: DevnetArgs, console: Console) -> anyhow::Result<()> {
    // Before the chain starts, so that no signal ends it halfway.
    let shutdown = Shutdown::watch().context("the signals of this process can't be watched")?;
    let genesis = genesis(&args)?;
    let keys = Keys::of(&genesis);
    let config = config(&args, genesis)?;
    let name = config.identity.chain.clone();
    let devnet = match Devnet::spawn(config).await {
        Err(SpawnError::PortInUse(address)) => return Err(port_in_use(address)),
        spawned => spawned?,
    };
    let banner = tokio::select! {
        banner = Banner::read(&devnet, name, args.block_time, keys) => banner.context("the chain started and can't be read")?,
        () = shutdown.asked().cancelled_owned() => return Ok(()),
    };
    console.result(&banner, |banner| banner.text(args.state.as_deref()))?;
    shutdown.asked().cancelled_owned().await;
    let dumped = match &args.state {
        Some(path) => devnet.dump_to(path).await,
        None => Ok(()),
    };
    // Joins the chain's threads: when this returns, the port is free.
    tokio::task::spawn_blocking(move || drop(devnet)).await?;
    Ok(dumped?)
}

/// What to do about a port that another program has.
pub(crate) fn port_in_use(address: SocketAddr) -> anyhow::Error {
    anyhow::anyhow!(
        "port {} is in use: stop the program that listens there, or choose another with --port (0 takes a free one)",
        address.port()
    )
}

fn genesis(args: &DevnetArgs) -> anyhow::Result<Genesis> {
    let mut genesis = if args.fast { Genesis::fast() } else { Genesis::local() }.strict(args.strict);
    if let BlockTime::Every(time) = args.block_time {
        genesis = genesis.block_time(time);
    }
    if let Some(tempo) = args.tempo {
        genesis = genesis.tempo(tempo);
    }
    if let Some(seed) = args.seed {
        genesis = genesis.seeded(seed);
    }
    if let Some(count) = args.accounts.or(args.strict.then_some(0)) {
        genesis = genesis.accounts(count.into());
    }
    if let Some(Tao(Rao(rao))) = args.balance {
        genesis = genesis.balance(rao);
    }
    let issued =
        genesis.funded_accounts().iter().try_fold(0_u64, |sum, account| sum.checked_add(account.rao));
    anyhow::ensure!(
        issued.is_some(),
        "all accounts together have more TAO than the chain can count: lower --balance or --accounts"
    );
    Ok(genesis)
}

fn config(args: &DevnetArgs, genesis: Genesis) -> anyhow::Result<Config> {
    let block_production = match args.block_time {
        BlockTime::Every(time) => BlockProduction::Interval(time),
        BlockTime::Instant | BlockTime::Manual => {
            anyhow::ensure!(
                !args.strict,
                "--strict keeps the real clock: give --block-time a time such as 12s instead of {}",
                args.block_time
            );
            if args.block_time == BlockTime::Instant {
                BlockProduction::OnSubmit
            } else {
                BlockProduction::OnDemand
            }
        }
    };
    // Rather now than when the chain has ended and can't be kept.
    if let Some(path) = &args.state {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        anyhow::ensure!(
            directory.is_none_or(Path::is_dir) && !path.is_dir(),
            "{} can't be a state file: give --state a file in a directory that exists",
            path.display()
        );
    }
    Ok(Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)),
        block_production,
        genesis: genesis.into_json(),
        real_clock: args.strict,
        state: args.state.clone(),
        ..Config::default()
    })
}

/// The secret URIs that the chain began with.
struct Keys {
    sudo: String,
    accounts: Vec<String>,
}

impl Keys {
    fn of(genesis: &Genesis) -> Self {
        let accounts = genesis.funded_accounts().iter().filter_map(|account| account.uri.clone()).collect();
        Self { sudo: genesis.sudo_uri(), accounts }
    }
}

impl Banner {
    async fn read(devnet: &Devnet, chain: String, block_time: BlockTime, keys: Keys) -> anyhow::Result<Self> {
        let client = Chain::connect_url(&devnet.ws_url()).await?;
        let at = client.at_best().await?;
        let mut accounts = Vec::with_capacity(keys.accounts.len());
        for uri in keys.accounts {
            let ss58 = development_account(&uri)?;
            let Rao(balance_rao) = at.balance(&ss58).await?;
            accounts.push(Account { name: uri.trim_start_matches('/').to_owned(), ss58, uri, balance_rao });
        }
        Ok(Self {
            chain,
            spec_version: client.runtime().await?.spec_version(),
            genesis: GenesisHash(devnet.genesis_hash()).to_string(),
            block_time: block_time.to_string(),
            block: devnet.head().number,
            ws: devnet.ws_url(),
            http: devnet.http_url(),
            sudo: keys.sudo,
            accounts,
        })
    }

    fn text(&self, state: Option<&Path>) -> String {
        let rows: Vec<_> = self
            .accounts
            .iter()
            .map(|account| {
                let balance = format!("{} TAO", Rao(account.balance_rao));
                vec![account.name.clone(), account.ss58.to_string(), account.uri.clone(), balance]
            })
            .collect();
        let accounts = match &rows[..] {
            [] => "No account has TAO.".to_owned(),
            rows => output::table(&["account", "ss58", "secret URI", "balance"], rows),
        };
        let end = match state {
            Some(path) => format!("ends the chain and writes it to {}", path.display()),
            None => "ends the chain and forgets it".to_owned(),
        };
        let Self { chain, spec_version, genesis, block_time, block, ws, http, sudo, .. } = self;
        format!(
            "{chain}, spec version {spec_version}, block time {block_time}, at block {block}\n\
             genesis {genesis}\n\n{accounts}\n\n\
             Sudo is {sudo}. Everybody knows keys of development: they are worth nothing anywhere else.\n\n\
             WebSocket  {ws}\nHTTP       {http}\n\nCtrl-C {end}.",
        )
    }
}
