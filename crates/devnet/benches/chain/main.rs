//! How fast and how small the chain is.
//!
//! `cargo bench -p subnetkit-devnet`. Every figure is the wall time of what a client waits for: blocks are made through the
//! handle, one by one, state root and history included. The machine's noise is in the spread: median, and fastest.

mod subnets;
mod transfers;

use std::time::{Duration, Instant};

use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis, SubnetPlan};

type Done = Result<(), Box<dyn std::error::Error>>;

fn main() -> Done {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // First, so that nothing else counts.
        memory().await?;
        start_up().await?;
        empty_blocks().await?;
        transfers::many_in_one_block().await?;
        subnets::epochs(Size { validators: 64, neurons: 256 }, false).await?;
        subnets::epochs(Size { validators: 64, neurons: 256 }, true).await?;
        subnets::thousand_epochs(Size { validators: 16, neurons: 64 }).await
    })
}

/// A subnet whose owner is one of the validators.
#[derive(Debug, Clone, Copy)]
struct Size {
    validators: u16,
    neurons: u16,
}

async fn spawn() -> Result<Devnet, Box<dyn std::error::Error>> {
    let config = Config {
        block_production: BlockProduction::OnDemand,
        genesis: Genesis::fast().into_json(),
        ..Config::default()
    };
    Ok(Devnet::spawn(config).await?)
}

/// What the process holds after many blocks with the default bounds of history.
async fn memory() -> Done {
    let devnet = spawn().await?;
    for _ in 0..5 {
        devnet.create_subnet(&SubnetPlan::default()).await?;
    }
    let before = resident_mib()?;
    devnet.mine(10_000).await?;
    tell(
        "resident memory with 6 subnets",
        &format!("{before:.1} MiB, after 10,000 blocks {:.1} MiB", resident_mib()?),
    );
    Ok(())
}

/// From the system's account of this process; nothing but Linux keeps it there.
fn resident_mib() -> Result<f64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS in /proc/self/status")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}

/// From the call that starts the chain to the first answer over its socket.
async fn start_up() -> Done {
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

/// Five subnets besides root; epochs of theirs fall into one block of sixty.
async fn empty_blocks() -> Done {
    let devnet = spawn().await?;
    for _ in 0..4 {
        devnet.create_subnet(&SubnetPlan { tempo: Some(360), ..SubnetPlan::default() }).await?;
    }
    report("empty block, 5 subnets", &blocks(&devnet, 1_000).await?);
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

fn report(what: &str, times: &[Duration]) {
    let mut sorted = times.to_vec();
    sorted.sort();
    let (median, fastest) = (sorted[sorted.len() / 2], sorted[0]);
    tell(what, &format!("median {median:>10.3?}   fastest {fastest:>10.3?}   of {}", sorted.len()));
}

#[allow(clippy::print_stdout, reason = "a benchmark reports")]
fn tell(what: &str, figure: &str) {
    println!("{what:<66} {figure}");
}
