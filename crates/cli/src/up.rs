//! `subnetkit up`: a project's own miner and validator as processes, on a development chain.
//!
//! The chain runs in this process, and the others end with it: there is nothing that could be left behind. Everything that
//! happens comes to one place, [`Run::play`], which prints it and decides.

mod build;
mod changes;
mod lines;
mod process;
mod restarts;
mod staff;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, bail, ensure};
use clap::{Args, value_parser};
use subnetkit::{
    local::{Beat, Cast, ChainOptions, Epochs, LocalError, LocalSubnet, Verdict},
    shutdown::Shutdown,
};
use subnetkit_devnet::SpawnError;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use build::{BINARIES, Binaries, Recipe};
use changes::{Change, Changes};
use lines::{Happened, Lines};
use process::{Event, What};
use staff::Staff;

use crate::{console::Console, devnet, project::Project};

/// Where a project has the settings of a local run.
const CONFIG: &str = "config/local.toml";

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// The project's Cargo.toml [default: the nearest one here or above]
    #[arg(long, value_name = "FILE")]
    manifest_path: Option<PathBuf>,
    /// Build with optimisations
    #[arg(long, short)]
    release: bool,
    /// More features of the project to build with, separated by commas
    #[arg(long, value_name = "FEATURES", value_delimiter = ',')]
    features: Vec<String>,
    /// How many processes of the miner
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = value_parser!(u16).range(1..=64))]
    miners: u16,
    /// How many processes of the validator
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u16).range(1..=64))]
    validators: u16,
    /// Build and start anew what was changed, whenever a source is saved
    #[arg(long)]
    watch: bool,
    /// Stop after this many epochs; the exit status is 0 if every miner earned in the last [default: run until Ctrl-C]
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    epochs: Option<u64>,
    /// The configuration file of miner and validator [default: config/local.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What the processes log, for example debug or subnetkit_validator=debug [default: the file's]
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// Port of the chain on 127.0.0.1; 0 takes free ones for the chain and all miners
    #[arg(long, default_value_t = 9944)]
    port: u16,
    /// Time between blocks
    #[arg(long, value_name = "TIME", default_value = "250ms", value_parser = block_time)]
    block_time: Duration,
    /// Blocks per epoch
    #[arg(long, value_name = "BLOCKS", default_value_t = 20, value_parser = value_parser!(u16).range(10..))]
    tempo: u16,
    /// Go on with the chain in this file if it exists, and write the chain to it at the end; ledgers are kept beside it
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

fn block_time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time >= Duration::from_millis(50) => Ok(time),
        _ => Err("write a time from 50ms on, such as 250ms or 1s".to_owned()),
    }
}

pub(crate) async fn run(args: UpArgs, console: Console) -> anyhow::Result<()> {
    let project = Project::find(args.manifest_path.as_deref(), &BINARIES)?;
    let config = config(&args, &project)?;
    // Before anything starts, so that no signal ends it halfway.
    let shutdown = Shutdown::watch().context("the signals of this process can't be watched")?;
    let asked = shutdown.asked();
    let recipe = Recipe { project, release: args.release, features: args.features.clone() };
    let binaries = tokio::select! {
        built = recipe.build() => built?,
        () = asked.cancelled() => return stopped(&args),
    };
    let cast = Cast::new(args.validators, args.miners, false, false)?;
    let options = ChainOptions {
        port: args.port,
        block_time: args.block_time,
        tempo: args.tempo,
        state: args.state.as_ref().map(std::path::absolute).transpose()?,
    };
    let starting =
        console.during("starting the chain and the subnet on it", LocalSubnet::start(cast, &options));
    let subnet = tokio::select! {
        started = starting => started.map_err(explain)?,
        () = asked.cancelled() => return stopped(&args),
    };
    let changes = args.watch.then(|| Changes::watch(&recipe.project, config.as_deref())).transpose()?;
    let plan = staff::Plan {
        subnet: &subnet,
        folder: recipe.project.root.clone(),
        config,
        log: args.log.clone(),
        state: options.state.clone(),
        any_port: args.port == 0,
        tempo: args.tempo,
        block_time: args.block_time,
    };
    let mut staff = Staff::hire(&plan, &binaries)?;
    let lines = Lines::new(console, staff.names().to_vec());
    let mut run =
        Run { args: &args, lines, recipe, binaries, rebuild: Rebuild::default(), pending: Change::default() };
    run.begin(&subnet, &staff)?;
    let played = run.play(&subnet, &mut staff, changes, &asked).await;
    // While their chain still answers.
    staff.dismiss(&shutdown.insisted()).await;
    let kept = subnet.keep().await;
    // Joins the chain's threads: when this returns, the port is free.
    tokio::task::spawn_blocking(move || drop(subnet)).await?;
    played?;
    Ok(kept?)
}

fn config(args: &UpArgs, project: &Project) -> anyhow::Result<Option<PathBuf>> {
    let Some(given) = &args.config else {
        return Ok(Some(project.root.join(CONFIG)).filter(|file| file.is_file()));
    };
    ensure!(given.is_file(), "--config {} is no file", given.display());
    Ok(Some(std::path::absolute(given)?))
}

/// An end that was asked for before there was anything to show.
fn stopped(args: &UpArgs) -> anyhow::Result<()> {
    ensure!(args.epochs.is_none(), "stopped before the first epoch: nothing was shown");
    Ok(())
}

fn explain(error: LocalError) -> anyhow::Error {
    match error {
        LocalError::Spawn(SpawnError::PortInUse(address)) => devnet::port_in_use(address),
        other => other.into(),
    }
}

/// A project that is running, as far as it is not its processes.
struct Run<'a> {
    args: &'a UpArgs,
    lines: Lines,
    recipe: Recipe,
    /// What runs.
    binaries: Binaries,
    rebuild: Rebuild,
    pending: Change,
}

/// Whether a build is under way, and whether it is out of date already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Rebuild {
    #[default]
    Idle,
    Building {
        again: bool,
    },
}

impl Rebuild {
    /// A source changed. Says whether to build now.
    fn changed(&mut self) -> bool {
        let idle = *self == Self::Idle;
        *self = Self::Building { again: !idle };
        idle
    }

    /// A build ended. Says whether to build once more.
    fn ended(&mut self) -> bool {
        let again = *self == Self::Building { again: true };
        *self = if again { Self::Building { again: false } } else { Self::Idle };
        again
    }
}

type Build = JoinHandle<anyhow::Result<Binaries>>;

impl Run<'_> {
    fn begin(&self, subnet: &LocalSubnet, staff: &Staff) -> anyhow::Result<()> {
        let ledgers = staff.ledgers().display().to_string();
        let (ws, netuid) = (subnet.ws_url(), subnet.netuid());
        self.lines.tell(&Happened::Chain { ws: &ws, netuid, ledgers })?;
        self.note(&format!(
            "keys are named after processes: --network {ws} --netuid {netuid} --wallet //validator-1 --wallet-hotkey hotkey"
        ))
    }

    /// Prints what happens until it is enough, and says whether that was as it should be.
    async fn play(
        &mut self,
        subnet: &LocalSubnet,
        staff: &mut Staff,
        mut changes: Option<Changes>,
        asked: &CancellationToken,
    ) -> anyhow::Result<()> {
        let mut epochs: Epochs = subnet.epochs().await?;
        let mut build: Option<Build> = None;
        loop {
            tokio::select! {
                () = asked.cancelled() => return stopped(self.args),
                Some(event) = staff.event() => self.heard(&event)?,
                beat = epochs.next() => {
                    let beat: Beat = beat?;
                    if beat.is_epoch && self.epoch(subnet, staff, beat.epochs).await? {
                        return Ok(());
                    }
                }
                Some(change) = next(&mut changes) => {
                    if change.config && !change.sources {
                        self.note("the configuration changed: all processes start anew")?;
                        staff.replace_all(&self.binaries);
                    } else {
                        self.pending = self.pending.and(change);
                        if self.rebuild.changed() {
                            build = Some(self.build()?);
                        }
                    }
                }
                built = ended(&mut build) => {
                    build = None;
                    self.take(built, staff)?;
                    if self.rebuild.ended() {
                        build = Some(self.build()?);
                    }
                }
            }
        }
    }

    fn note(&self, text: &str) -> anyhow::Result<()> {
        self.lines.tell(&Happened::Note { text })
    }

    fn build(&self) -> anyhow::Result<Build> {
        self.note("sources changed: building")?;
        let recipe = self.recipe.clone();
        Ok(tokio::spawn(async move { recipe.build().await }))
    }

    /// Starts anew whoever has another program now. A project that does not build goes on as it was.
    fn take(&mut self, built: anyhow::Result<Binaries>, staff: &mut Staff) -> anyhow::Result<()> {
        let binaries = match built {
            Ok(binaries) => binaries,
            Err(error) => {
                return self.note(&format!("{error:#}; what ran before goes on"));
            }
        };
        let before = std::mem::replace(&mut self.binaries, binaries);
        if std::mem::take(&mut self.pending).config {
            staff.replace_all(&self.binaries);
            return self.note("built; the configuration changed too: all processes start anew");
        }
        match staff.replace_changed(&before, &self.binaries) {
            0 => self.note("built; no program changed"),
            _ => self.note("built"),
        }
    }

    /// What a process did.
    fn heard(&self, event: &Event) -> anyhow::Result<()> {
        let process = self.lines.name(event.index);
        match &event.what {
            What::Line(line) => self.lines.line(event.index, line),
            What::Started { pid } => self.lines.tell(&Happened::Started { process, pid: *pid }),
            What::Died { status, wait } => {
                let restart_in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                self.lines.tell(&Happened::Died { process, status, restart_in_ms })
            }
            What::Replaced => self.lines.tell(&Happened::Replaced { process }),
            What::GivenUp { status, last } => bail!(process::given_up(process, status, last)),
            What::Unstartable(error) => bail!("{process} cannot be started: {error}"),
        }
    }

    /// Shows an epoch. Says whether it was the last.
    async fn epoch(&self, subnet: &LocalSubnet, staff: &Staff, number: u64) -> anyhow::Result<bool> {
        let scores = staff.scores(subnet.cast()).await;
        let (report, verdict) = subnet.report(number, &scores).await?;
        self.lines.tell(&Happened::Epoch(&report))?;
        if self.args.epochs != Some(number) {
            return Ok(false);
        }
        match verdict {
            Verdict::Fair => Ok(true),
            Verdict::Unfair(why) => bail!("the last epoch did not pay as it should: {why}"),
            _ => bail!("the last epoch did not pay as it should"),
        }
    }
}

/// The next change; never, where nobody watches.
async fn next(changes: &mut Option<Changes>) -> Option<Change> {
    match changes {
        Some(changes) => changes.next().await,
        None => std::future::pending().await,
    }
}

/// The end of a build; never, where there is none.
async fn ended(build: &mut Option<Build>) -> anyhow::Result<Binaries> {
    match build {
        Some(build) => build.await?,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_build_runs_at_a_time_and_a_change_meanwhile_is_built_after_it() {
        let mut rebuild = Rebuild::default();
        assert!(rebuild.changed(), "nothing is under way");
        assert!(!rebuild.changed() && !rebuild.changed(), "one is");
        assert!(rebuild.ended(), "what it built is out of date");
        assert!(!rebuild.ended());
        assert_eq!(rebuild, Rebuild::Idle);
        assert!(rebuild.changed());
        assert!(!rebuild.ended());
    }

    #[test]
    fn times_too_short_for_a_round_are_refused() {
        assert_eq!(block_time("250ms"), Ok(Duration::from_millis(250)));
        assert!(block_time("49ms").is_err() && block_time("fast").is_err());
    }
}
