//! A validator in a process of its own, which can be killed at any instant and is started again.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use subnetkit::{
    keys::Keys,
    settings::{CommandLine, Given, Layers, Settings},
    validator::{self as role, ValidatorConfig},
};
use subnetkit_chain::{Chain, Network};
use tokio::{
    process::{Child, Command},
    task::JoinHandle,
    time::{interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    Way,
    hooks::{Judge, Rewards, Squares},
    http::Http,
};
use crate::process::this_program;

/// How often a starting validator is asked whether it is ready.
const READY_POLL: Duration = Duration::from_millis(20);
/// Longest an orderly end may take.
const END_GRACE: Duration = Duration::from_secs(30);
/// How often a validator says how many tasks it has.
const TASKS_PERIOD: Duration = Duration::from_secs(1);
/// How much of the log is looked at for the reason of an end.
const LOG_TAIL: u64 = 2_000;

/// Where a validator works.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) network: String,
    pub(crate) netuid: u16,
    pub(crate) wallet: String,
    pub(crate) ledger: PathBuf,
    pub(crate) log: PathBuf,
    /// Where the process says how many tasks it has.
    pub(crate) runtime: PathBuf,
    pub(crate) tempo: u16,
    pub(crate) ledger_rounds: u64,
    pub(crate) way: Way,
}

/// One process from its start to its end.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) started: Instant,
    /// When it first said that it was ready.
    pub(crate) ready: Option<Instant>,
    pub(crate) ended: Option<Instant>,
    /// Why it ended, if nobody killed it.
    pub(crate) by_itself: Option<String>,
}

/// The validator's processes, one after the other. Dropping it kills the last.
#[derive(Debug)]
pub(crate) struct Validator {
    place: Place,
    http: Http,
    lives: Arc<Mutex<Vec<Life>>>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    process: Child,
    probing: JoinHandle<()>,
    status_url: String,
}

impl Validator {
    pub(crate) fn new(place: Place) -> anyhow::Result<Self> {
        Ok(Self { place, http: Http::new(), lives: Arc::default(), running: None })
    }

    pub(crate) fn start(&mut self) -> anyhow::Result<()> {
        // Taken and given back: the system does not hand the same port out again for a while.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let status = format!("{}:{port}", Ipv4Addr::LOCALHOST);
        let log = OpenOptions::new().create(true).append(true).open(&self.place.log)?;
        let process = Command::new(this_program()?)
            .arg("validate")
            .arg("--")
            .args(arguments(&self.place, &status))
            // Only what is set here, whatever this shell has.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(fs::File::create(&self.place.runtime)?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .context("the validator can't be started")?;
        let started = Instant::now();
        let status_url = format!("http://{status}");
        let (http, lives, url) = (self.http.clone(), Arc::clone(&self.lives), format!("{status_url}/readyz"));
        let index = {
            let mut lives = lock(&self.lives);
            lives.push(Life { started, ready: None, ended: None, by_itself: None });
            lives.len() - 1
        };
        let probing = tokio::spawn(async move {
            while !matches!(http.get(&url).await, Ok((200, _))) {
                sleep(READY_POLL).await;
            }
            if let Some(life) = lock(&lives).get_mut(index) {
                life.ready = Some(Instant::now());
            }
        });
        self.running = Some(Running { process, probing, status_url });
        Ok(())
    }

    /// SIGKILL, and waits until the process is gone. False if there was none.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<bool> {
        let Some(Running { mut process, probing, .. }) = self.running.take() else { return Ok(false) };
        probing.abort();
        let by_itself = process.try_wait()?.is_some();
        if by_itself {
            self.note_end(Some(last_lines(&self.place.log)));
            return Ok(false);
        }
        process.kill().await?;
        self.note_end(None);
        Ok(true)
    }

    /// Asks it to end as Ctrl-C does, and waits; an error if it does not, or ends with a failure.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        let Some(Running { mut process, probing, .. }) = self.running.take() else { return Ok(()) };
        probing.abort();
        drop(process.stdin.take());
        let status =
            timeout(END_GRACE, process.wait()).await.context("the validator did not end when asked")??;
        self.note_end(None);
        if !status.success() {
            bail!("the validator ended with {status} when asked to: {}", last_lines(&self.place.log));
        }
        Ok(())
    }

    /// The reason, if the process has ended by itself.
    pub(crate) fn ended_by_itself(&mut self) -> anyhow::Result<Option<String>> {
        let Some(running) = &mut self.running else { return Ok(None) };
        let Some(status) = running.process.try_wait()? else { return Ok(None) };
        running.probing.abort();
        self.running = None;
        let reason = format!("{status}: {}", last_lines(&self.place.log));
        self.note_end(Some(reason.clone()));
        Ok(Some(reason))
    }

    pub(crate) const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    pub(crate) fn process_id(&self) -> Option<u32> {
        self.running.as_ref()?.process.id()
    }

    pub(crate) fn lives(&self) -> Vec<Life> {
        lock(&self.lives).clone()
    }

    /// What it says under a path of its status address.
    pub(crate) async fn status(&self, path: &str) -> anyhow::Result<(u16, String)> {
        let running = self.running.as_ref().context("the validator does not run")?;
        self.http.get(&format!("{}{path}", running.status_url)).await
    }

    /// Tasks of the process's runtime, and those of them that waited to run, a moment ago.
    pub(crate) fn runtime(&self) -> anyhow::Result<[u64; 2]> {
        let text = fs::read_to_string(&self.place.runtime)?;
        let line = text.lines().last().context("the validator has not said how many tasks it has")?;
        Ok(serde_json::from_str(line)?)
    }

    fn note_end(&self, by_itself: Option<String>) {
        if let Some(life) = lock(&self.lives).last_mut() {
            life.ended = Some(Instant::now());
            life.by_itself = by_itself;
        }
    }
}

fn lock(lives: &Mutex<Vec<Life>>) -> MutexGuard<'_, Vec<Life>> {
    // Every write leaves a whole list.
    lives.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The settings of the program, as an operator would give them.
fn arguments(place: &Place, status: &str) -> Vec<OsString> {
    let Place { network, netuid, wallet, ledger, tempo, ledger_rounds, way, .. } = place;
    let commit_with = match way {
        Way::Hash => "hash",
        // On a subnet that takes plain weights nothing is committed.
        Way::Plain | Way::Timelocked => "timelocked",
    };
    let text = [
        ("--network", network.clone()),
        ("--netuid", netuid.to_string()),
        ("--wallet", wallet.clone()),
        ("--status-listen", status.to_owned()),
        ("--when-all-zero", "burn_to_owner".to_owned()),
        ("--allow-private-addresses", "true".to_owned()),
        ("--round-interval", "4 blocks".to_owned()),
        ("--submit-margin-blocks", (tempo / 2).to_string()),
        ("--commit-with", commit_with.to_owned()),
        ("--ledger-rounds", ledger_rounds.to_string()),
    ];
    let mut arguments: Vec<OsString> =
        text.into_iter().flat_map(|(flag, value)| [flag.into(), value.into()]).collect();
    arguments.extend([OsString::from("--ledger-path"), ledger.clone().into_os_string()]);
    arguments
}

fn last_lines(log: &Path) -> String {
    let tail = || {
        let mut file = fs::File::open(log)?;
        let length = file.metadata()?.len();
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(length.saturating_sub(LOG_TAIL)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = tail().unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().filter(|line| !line.trim().is_empty()).take(2).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" / ")
}

/// The program of the validator's process: what `subnetkit::validator::main` does, but that the chain's limits are in
/// proportion to its blocks, and that the end of standard input is the signal to end, so that it never outlives who
/// started it.
pub(crate) fn validate(arguments: &[OsString]) -> anyhow::Result<()> {
    let arguments = std::iter::once(OsString::from("validator")).chain(arguments.iter().cloned());
    let line = CommandLine::of_role::<ValidatorConfig>(arguments, Given::by_process())?;
    let settings: Settings<ValidatorConfig> = Layers::of_role::<ValidatorConfig>(line.given)?.settings()?;
    subnetkit::logging::start(&settings.common)?;
    let stop = CancellationToken::new();
    let on_end = stop.clone();
    std::thread::spawn(move || {
        let _ended = on_end.drop_guard();
        // Nothing is ever said there, and an error is an end too.
        std::io::stdin().read_to_end(&mut Vec::new()).ok();
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let _telling = runtime.spawn(stop.clone().run_until_cancelled_owned(tell_tasks()));
    let ended = runtime.block_on(run(settings, stop));
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended
}

async fn run(settings: Settings<ValidatorConfig>, stop: CancellationToken) -> anyhow::Result<()> {
    let hotkey = Keys::named_by(&settings.common)?.hotkey()?;
    let network = &settings.common.network;
    let chain = Chain::connect_with(network, connection(network)).await?;
    let netuid = settings.common.netuid()?;
    Ok(role::Validator::<Squares>::new(settings.role, chain, netuid, hotkey, Judge, Rewards)?
        .run(stop)
        .await?)
}

/// The connection's limits, which by default suit blocks of 12 s, in proportion to blocks that come about fifty times as fast.
fn connection(network: &Network) -> subnetkit_chain::Settings {
    let mut settings = subnetkit_chain::Settings::for_network(network);
    settings.connect_timeout = Duration::from_secs(2);
    settings.request_timeout = Duration::from_secs(2);
    settings.reconnect_patience = Duration::from_secs(2);
    settings.first_redial_delay = Duration::from_millis(50);
    settings.max_redial_delay = Duration::from_millis(500);
    settings.first_refusal_delay = Duration::from_millis(200);
    settings.max_refusal_delay = Duration::from_secs(1);
    settings.ping_interval = Duration::from_millis(500);
    // Of the chain's own seconds.
    settings.max_silent_blocks = 2;
    settings.min_silence = Duration::from_millis(1500);
    settings
}

/// Says again and again on standard output how many tasks there are.
async fn tell_tasks() {
    let runtime = tokio::runtime::Handle::current();
    let mut beat = interval(TASKS_PERIOD);
    loop {
        beat.tick().await;
        let metrics = runtime.metrics();
        // Nobody may be listening; then nobody misses it.
        writeln!(
            std::io::stdout().lock(),
            "[{}, {}]",
            metrics.num_alive_tasks(),
            metrics.global_queue_depth()
        )
        .ok();
    }
}
