//! `subnetkit call`: one signed request to a miner, as curl sends unsigned ones.

mod answer;
mod receiver;
mod request;

use std::{sync::Arc, time::Duration};

use clap::{Args, ValueEnum};
use futures::StreamExt as _;
use subnetkit::{
    keys::Keys,
    protocol::{Encoding, Hotkey, Raw, Scheme},
    serde_json::Value,
    validator::dendrite::{Dendrite, DendriteSettings, MinerSchemes, RawRequest, Streamed},
};

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, WalletArgs},
    console::Console,
    output,
};

use answer::{Piece, Shown};
use receiver::{Receiver, Target};

#[derive(Debug, Args)]
#[command(after_help = "\
For example, to a miner of the subnet, of a chain of one's own, and to one that is on no chain:
  subnetkit call matmul --uid 3 --netuid 2 --wallet validator --data @problem.json
  subnetkit call matmul --uid 1 --netuid 2 --wallet //validator-1 --wallet-hotkey hotkey --data '{\"left\": ...}'
  subnetkit call http://127.0.0.1:8091/matmul --hotkey 5F... --wallet //Alice --data -

The exit status is 0 if the miner answered and the answer is proven to be its own, else 1.")]
pub(crate) struct CallArgs {
    /// The synapse, such as matmul, or a URL such as http://127.0.0.1:8091/matmul
    #[arg(value_name = "SYNAPSE|URL")]
    target: Target,
    /// The miner by uid
    #[arg(long, conflicts_with = "hotkey")]
    uid: Option<u16>,
    /// The miner by hotkey
    #[arg(long, value_name = "SS58")]
    hotkey: Option<Hotkey>,
    /// The request: JSON, @FILE, or - for standard input
    #[arg(long, short, value_name = "JSON|@FILE|-")]
    data: String,
    /// How the request is sent; JSON is written as MessagePack for msgpack, and bytes are taken as they are for raw
    #[arg(long, value_name = "ENCODING", default_value = "json")]
    encoding: Format,
    /// How the answer is wanted [default: as the request is sent]
    #[arg(long, value_name = "ENCODING")]
    accept: Option<Format>,
    /// Ask for a streamed answer, and print each piece as it comes
    #[arg(long)]
    stream: bool,
    /// The longest wait for the whole answer
    #[arg(long, value_name = "TIME", default_value = "12s", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// Another header, unsigned; may be given several times
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = request::header)]
    headers: Vec<(String, String)>,
    /// Print the answer's bytes as they came
    #[arg(long)]
    raw: bool,
    /// Take an answer that the miner did not sign
    #[arg(long)]
    allow_unsigned: bool,
    /// The miner signs with ed25519 instead of sr25519
    #[arg(long)]
    ed25519: bool,
    /// Show on standard error what is signed and sent, and what came back
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
}

/// The longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// An encoding as it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Json,
    #[value(alias = "messagepack")]
    Msgpack,
    Raw,
}

impl From<Format> for Encoding {
    fn from(format: Format) -> Self {
        match format {
            Format::Json => Self::Json,
            Format::Msgpack => Self::MessagePack,
            Format::Raw => Self::Raw,
        }
    }
}

pub(crate) async fn run(args: CallArgs, console: Console) -> anyhow::Result<()> {
    let sent = Encoding::from(args.encoding);
    let wanted = args.accept.map_or(sent, Encoding::from);
    let body = request::body(&args.data, sent)?;
    let settings = Flags::new()
        .network(args.network.clone())
        .wallet(args.wallet.clone())
        .netuid(&args.netuid)
        .settings()?;
    let hotkey = Keys::named_by(&settings)?.hotkey()?;
    let receiver = Receiver::find(&args.target, args.uid, args.hotkey, &settings, console).await?;
    let mut request = RawRequest::new(args.target.path(), sent, body).wanting(wanted);
    for (name, value) in &args.headers {
        request = request.header(name, value);
    }
    if args.verbose {
        output::note(&format!("* {}", receiver.described()));
        let path = args.target.path();
        request = request.seen_by(move |headers| {
            output::note(&format!("> POST {path}"));
            headers.iter().for_each(|(name, value)| output::note(&format!("> {name}: {value}")));
        });
    }
    let dendrite = Arc::new(Dendrite::new(hotkey, dendrite_settings(&args, &receiver)));
    let shown = Shown { console, raw: args.raw, wanted, verbose: args.verbose };
    if args.stream {
        return match wanted {
            Encoding::Raw => stream::<Raw>(&dendrite, &receiver, request, &shown).await,
            _ => stream::<Value>(&dendrite, &receiver, request, &shown).await,
        };
    }
    let asking = dendrite.ask_raw(&receiver.endpoint, request, None);
    let answer = console.during("waiting for the miner", asking).await?;
    shown.answer(&receiver, &answer)
}

fn dendrite_settings(args: &CallArgs, receiver: &Receiver) -> DendriteSettings {
    let scheme = if args.ed25519 { Scheme::Ed25519 } else { Scheme::Sr25519 };
    DendriteSettings {
        timeout: args.timeout,
        connect_timeout: args.timeout.min(CONNECT_TIMEOUT),
        // One request is one request.
        attempts: 1,
        allow_private_addresses: receiver.may_be_private,
        require_signed_responses: !args.allow_unsigned,
        schemes: MinerSchemes { default: scheme, ..MinerSchemes::default() },
        ..DendriteSettings::default()
    }
}

async fn stream<P: Piece>(
    dendrite: &Arc<Dendrite>,
    receiver: &Receiver,
    request: RawRequest,
    shown: &Shown,
) -> anyhow::Result<()> {
    let mut pieces = Box::pin(dendrite.stream_raw::<P>(receiver.endpoint.clone(), request, None)?);
    while let Some(event) = pieces.next().await {
        match event? {
            Streamed::Chunk(piece) => shown.piece(&piece)?,
            Streamed::Ended(end) => return shown.end(receiver, &end),
        }
    }
    Ok(())
}
