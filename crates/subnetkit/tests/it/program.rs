//! A validator's program as a process: what its end says, by status and by sentence.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use subnetkit::prelude::*;
use subnetkit::tracing::{Event, Level, Subscriber};
use subnetkit::validator;
use subnetkit_chain::Chain;
use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis};
use subnetkit_protocol::{Keypair, Scheme};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// The validator's command line for a process that is started to be one; words are apart by line breaks.
const LINE: &str = "TEST_VALIDATOR_LINE";
const BLOCK: Duration = Duration::from_millis(100);

struct Quiet;

impl Synapse for Quiet {
    const NAME: &'static str = "quiet";
    type Request = u32;
    type Response = u32;
}

/// Asks nobody.
struct Judge;

#[async_trait]
impl Score<Quiet> for Judge {
    async fn task(&self, _: &Round) -> Task<Quiet> {
        Task::nobody()
    }

    async fn score(&self, _: &Task<Quiet>, _: &[Answer<Quiet>]) -> Scores {
        Scores::new()
    }
}

/// What the log does at the line about the first scored round, which the scoring task writes outside of any hook.
const TRAP: &str = "TEST_VALIDATOR_TRAP";

/// A log that does so.
struct Trap;

impl<S: Subscriber> Layer<S> for Trap {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let scored = metadata.target().ends_with("::scoring") && *metadata.level() == Level::INFO;
        if scored {
            let blocks = std::env::var(TRAP).is_ok_and(|trap| trap == "block");
            assert!(blocks, "the log is torn");
            loop {
                std::thread::park();
            }
        }
    }
}

/// Not a test but the process of one: what another test starts this binary for.
#[test]
#[expect(clippy::exit, reason = "the status of the program is what is tested")]
fn the_process() {
    let Ok(line) = std::env::var(LINE) else { return };
    // A program that has set up its own logging keeps it.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Trap)).unwrap();
    let line = line.lines().map(OsString::from);
    let status = validator::program::<Quiet>(line, Judge, Ema::default());
    std::process::exit(i32::from(status));
}

async fn validator(url: &str, netuid: u16, ledger: &Path, trap: &str) -> Output {
    let line = format!(
        "validator\n--network\n{url}\n--netuid\n{netuid}\n--wallet\n//Bob\n--wallet-hotkey\n//Bob//validator\n\
         --when-all-zero\nskip\n--round-interval\n200ms\n--stall-timeout\n5s\n--ledger-path\n{}",
        ledger.display()
    );
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", "program::the_process", "--nocapture"]).env(LINE, line).env(TRAP, trap);
    // One thread for everything, so that whoever blocks one blocks all.
    process.env("TOKIO_WORKER_THREADS", "1");
    subnetkit::tokio::task::spawn_blocking(move || process.output().unwrap()).await.unwrap()
}

#[tokio::test(crate = "subnetkit::tokio", flavor = "multi_thread", worker_threads = 2)]
async fn whatever_ends_or_stands_still_ends_the_process_with_its_cause() {
    let devnet = Devnet::spawn(Config {
        block_production: BlockProduction::Interval(BLOCK),
        genesis: Genesis::fast().block_time(BLOCK).into_json(),
        ..Config::default()
    })
    .await
    .unwrap();
    let chain = Chain::connect_url(&devnet.ws_url()).await.unwrap();
    let key = |uri: &str| Keypair::from_uri(uri, Scheme::Sr25519).unwrap();
    let netuid = chain.register_network(&key("//Alice"), &key("//Alice//owner").account()).await.unwrap();
    chain.start_call(&key("//Alice"), netuid).await.unwrap();
    chain.register(&key("//Bob"), netuid, &key("//Bob//validator").account()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();

    let ended = validator(&devnet.ws_url(), netuid, &folder.path().join("ledger.sqlite"), "tear").await;
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(70), "{said}");
    assert!(said.contains("error: the scoring task of the validator ended: the log is torn"), "{said}");

    let ended = validator(&devnet.ws_url(), netuid, &folder.path().join("ledger.sqlite"), "block").await;
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(70), "{said}");
    assert!(said.contains("nothing of this program has run for 5 s (stall_timeout)"), "{said}");

    let ended =
        validator(&devnet.ws_url(), netuid, &folder.path().join("no/folder/ledger.sqlite"), "tear").await;
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("no/folder/ledger.sqlite") && said.contains("ledger_path"), "{said}");
}
