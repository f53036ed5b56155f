//! How fast the chain is: start-up, empty blocks, and an epoch of a full subnet.
//!
//! `cargo bench -p subnetkit-devnet`. Every figure is the wall time of what a client waits for: blocks are made through the
//! handle, one by one, state root and history included. The machine's noise is in the spread: median, and fastest.

use std::time::{Duration, Instant};

use subnetkit_chain::{Call, Chain, Network, Rao, Value};
use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis};
use subnetkit_protocol::{Hotkey, Keypair, Scheme};

const NEURONS: u16 = 256;
const VALIDATORS: u16 = 64;
const TEMPO: u16 = 50;
const EPOCHS: usize = 9;
/// Calls in one batch, which has to fit into a block.
const BATCH: usize = 32;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        start_up().await?;
        let devnet = spawn().await?;
        report("empty block, 2 subnets", &blocks(&devnet, 1_000).await?);
        epochs(&devnet).await
    })
}

async fn spawn() -> Result<Devnet, Box<dyn std::error::Error>> {
    let config = Config {
        block_production: BlockProduction::OnSubmit,
        genesis: Genesis::fast().into_json(),
        ..Config::default()
    };
    Ok(Devnet::spawn(config).await?)
}

/// From the call that starts the chain to the first answer over its socket.
async fn start_up() -> Result<(), Box<dyn std::error::Error>> {
    let mut times = Vec::new();
    for _ in 0..10 {
        let start = Instant::now();
        let devnet = spawn().await?;
        let mut stream = tokio::net::TcpStream::connect(devnet.address()).await?;
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":[]}"#;
        let request = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await?;
        let mut answer = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await?;
        times.push(start.elapsed());
        if !answer.contains("stateRoot") {
            return Err(answer.into());
        }
    }
    report("start to first RPC answer", &times);
    Ok(())
}

async fn blocks(devnet: &Devnet, count: usize) -> Result<Vec<Duration>, Box<dyn std::error::Error>> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        devnet.mine(1).await?;
        times.push(start.elapsed());
    }
    Ok(times)
}

/// A subnet of [`NEURONS`] neurons, all of them weighed by [`VALIDATORS`] validators.
async fn epochs(devnet: &Devnet) -> Result<(), Box<dyn std::error::Error>> {
    let chain = Chain::connect(&Network::Url(devnet.ws_url())).await?;
    let alice = Keypair::from_uri("//Alice", Scheme::Sr25519)?;
    let owner = Keypair::from_uri("//Alice//owner", Scheme::Sr25519)?;
    let runtime = chain.runtime().await?;
    let set =
        |name: &str, netuid: Option<u16>, value: Value| runtime.parameter_call(name, netuid, vec![value]);
    chain.sudo(&alice, set("admin_freeze_window", None, 0u16.into())?).await?;
    let netuid = chain.register_network(&alice, &owner.account()).await?;
    let rules = [
        set("commit_reveal_weights_enabled", Some(netuid), false.into())?,
        set("weights_set_rate_limit", Some(netuid), 0u64.into())?,
        set("min_burn", Some(netuid), 1_000_000u64.into())?,
        set("max_burn", Some(netuid), 200_000_000u64.into())?,
        set("tempo", Some(netuid), TEMPO.into())?,
    ];
    chain.sudo_batch(&alice, rules).await?;
    chain.start_call(&alice, netuid).await?;

    let hotkeys = (1..NEURONS)
        .map(|index| Keypair::from_uri(&format!("//neuron-{index}"), Scheme::Sr25519))
        .collect::<Result<Vec<_>, _>>()?;
    let register = |hotkey: &Hotkey| {
        Call::new(
            "SubtensorModule",
            "burned_register",
            [("netuid", Value::from(netuid)), ("hotkey", (*hotkey).into())],
        )
    };
    let stake = |hotkey: &Hotkey| {
        let tao = Value::from(Rao::from_tokens(10));
        let args = [("hotkey", Value::from(*hotkey)), ("netuid", netuid.into()), ("amount_staked", tao)];
        Call::new("SubtensorModule", "add_stake", args)
    };
    // The owner is one of them: its cut makes it a staker, and with it goes one of the permits.
    let validators = &hotkeys[..usize::from(VALIDATORS) - 1];
    for chunk in hotkeys.chunks(BATCH) {
        chain.submit(&alice, Call::batch_all(chunk.iter().map(|key| register(&key.account())))).await?;
    }
    for chunk in validators.chunks(BATCH) {
        chain.submit(&alice, Call::batch_all(chunk.iter().map(|key| stake(&key.account())))).await?;
    }
    // Permits first, then weights.
    devnet.mine(u32::from(TEMPO)).await?;
    for (index, validator) in (0u16..).zip(validators.iter().chain([&owner])) {
        let weights: Vec<_> = (0..NEURONS).map(|uid| (uid, 1 + (uid * 31 + index * 17) % 997)).collect();
        chain.set_weights(validator, netuid, &weights, 0).await?;
    }

    let (mut with, mut without) = (Vec::new(), Vec::new());
    let mut seen = chain.epoch_clock(netuid).await?.epoch_index;
    while with.len() < EPOCHS {
        let start = Instant::now();
        devnet.mine(1).await?;
        let elapsed = start.elapsed();
        let index = chain.epoch_clock(netuid).await?.epoch_index;
        if index == seen {
            without.push(elapsed)
        } else {
            with.push(elapsed)
        }
        seen = index;
    }
    report("empty block, 3 subnets, one of 256 neurons", &without);
    report("block with an epoch of 256 neurons, 64 validators, dense", &with);
    Ok(())
}

#[allow(clippy::print_stdout, reason = "a benchmark reports")]
fn report(what: &str, times: &[Duration]) {
    let mut sorted = times.to_vec();
    sorted.sort();
    let (median, fastest) = (sorted[sorted.len() / 2], sorted[0]);
    println!("{what:<60} median {median:>10.3?}   fastest {fastest:>10.3?}   of {}", sorted.len());
}
