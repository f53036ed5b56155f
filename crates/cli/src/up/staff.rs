//! Everybody who runs: which processes there are, with which arguments, and how they end together.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use subnetkit::{
    local::{Cast, LocalSubnet, Member, Role, ScoreBoard},
    validator::ledger::Ledger,
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{
    build::Binaries,
    process::{Event, Part, Program, keep},
};

/// Events that may wait to be printed; a process that talks faster waits.
const WAITING: usize = 1024;
/// Where miners listen, one after the other.
const FIRST_PORT: u16 = 8091;
/// Ports looked at before the system chooses.
const MOST_PORTS: u16 = 200;
/// Rounds that fit into an epoch, so that weights rest on more than one.
const ROUNDS_PER_EPOCH: u16 = 4;
/// Rounds in which a miner's latest score is looked for.
const NEWEST_ROUNDS: u32 = 16;

/// What processes are told.
#[derive(Debug)]
pub(super) struct Plan<'s> {
    pub(super) subnet: &'s LocalSubnet,
    /// Their working directory.
    pub(super) folder: PathBuf,
    pub(super) config: Option<PathBuf>,
    pub(super) log: Option<String>,
    /// The file the chain is kept in: ledgers are of use only together with their chain.
    pub(super) state: Option<PathBuf>,
    /// Whether any free port will do.
    pub(super) any_port: bool,
    pub(super) tempo: u16,
    pub(super) block_time: Duration,
}

/// All processes. Dropping it kills them.
#[derive(Debug)]
pub(super) struct Staff {
    names: Vec<String>,
    roles: Vec<Role>,
    programs: Vec<watch::Sender<Program>>,
    events: mpsc::Receiver<Event>,
    validators: Group,
    miners: Group,
    kill: CancellationToken,
    ledgers: Ledgers,
}

/// Processes that end together.
#[derive(Debug, Default)]
struct Group {
    keepers: JoinSet<()>,
    stop: CancellationToken,
}

/// Where the validators' ledgers are.
#[derive(Debug)]
enum Ledgers {
    /// Gone with the run.
    Passing(tempfile::TempDir),
    /// Kept with the chain.
    Kept(PathBuf),
}

impl Ledgers {
    fn of(state: Option<&Path>) -> anyhow::Result<Self> {
        let Some(state) = state else {
            let folder = tempfile::tempdir();
            let folder = folder
                .context("no temporary folder for the ledgers (set TMPDIR to one that can be written)")?;
            return Ok(Self::Passing(folder));
        };
        let mut folder = state.as_os_str().to_owned();
        folder.push(".ledgers");
        let folder = PathBuf::from(folder);
        let failed = || format!("{}, where ledgers are kept, cannot be used", folder.display());
        if !state.exists() {
            // They tell of a chain that is gone.
            match std::fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).with_context(failed);
                }
                _ => {}
            }
        }
        std::fs::create_dir_all(&folder).with_context(failed)?;
        Ok(Self::Kept(folder))
    }

    fn folder(&self) -> &Path {
        match self {
            Self::Passing(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }
}

impl Staff {
    /// Starts everybody.
    pub(super) fn hire(plan: &Plan<'_>, binaries: &Binaries) -> anyhow::Result<Self> {
        let (tell, events) = mpsc::channel(WAITING);
        let mut staff = Self {
            names: Vec::new(),
            roles: Vec::new(),
            programs: Vec::new(),
            events,
            validators: Group::default(),
            miners: Group::default(),
            kill: CancellationToken::new(),
            ledgers: Ledgers::of(plan.state.as_deref())?,
        };
        let file = Settings::read(plan.config.as_deref())?;
        let cast = plan.subnet.cast();
        let mut port = FIRST_PORT;
        for (nth, member) in cast.miners.iter().enumerate() {
            let arguments = plan.miner(member, nth, free_port(plan.any_port, &mut port)?);
            staff.start(member, arguments, plan, binaries, &tell);
        }
        for (nth, member) in cast.validators.iter().enumerate() {
            let arguments = plan.validator(member, nth, staff.ledgers.folder(), &file);
            staff.start(member, arguments, plan, binaries, &tell);
        }
        Ok(staff)
    }

    fn start(
        &mut self,
        member: &Member,
        arguments: Vec<String>,
        plan: &Plan<'_>,
        binaries: &Binaries,
        tell: &mpsc::Sender<Event>,
    ) {
        let index = self.names.len();
        self.names.push(member.name.clone());
        self.roles.push(member.role);
        let path = binaries.path(member.role).to_owned();
        let (program, programs) = watch::channel(Program { path, generation: 0 });
        self.programs.push(program);
        let part = Part { index, arguments, folder: plan.folder.clone() };
        let group = if member.role == Role::Validator { &mut self.validators } else { &mut self.miners };
        group.keepers.spawn(keep(part, programs, tell.clone(), group.stop.clone(), self.kill.clone()));
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn ledgers(&self) -> &Path {
        self.ledgers.folder()
    }

    /// The latest scores that the validators wrote down. A ledger that is not there yet, or is being made, has none.
    pub(super) async fn scores(&self, cast: &Cast) -> ScoreBoard {
        let ledgers: Vec<_> = cast
            .validators
            .iter()
            .map(|member| (member.hotkey.account(), ledger(self.ledgers.folder(), member)))
            .collect();
        let read = tokio::task::spawn_blocking(move || {
            let mut board = ScoreBoard::default();
            for (validator, path) in ledgers {
                let Ok(ledger) = Ledger::open(&path) else { continue };
                for (miner, scores) in ledger.scores(NEWEST_ROUNDS) {
                    if let Some(newest) = scores.last() {
                        board.note(validator, miner, newest.score);
                    }
                }
            }
            board
        });
        read.await.unwrap_or_default()
    }

    pub(super) async fn event(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Starts everybody anew.
    pub(super) fn replace_all(&self, binaries: &Binaries) {
        for (role, program) in self.roles.iter().zip(&self.programs) {
            replace(program, binaries.path(*role));
        }
    }

    /// Starts those anew whose program changed, and says how many these are.
    pub(super) fn replace_changed(&self, before: &Binaries, now: &Binaries) -> usize {
        let concerned = self.roles.iter().zip(&self.programs).filter(|(role, _)| now.differ(before, **role));
        concerned.map(|(role, program)| replace(program, now.path(*role))).count()
    }

    /// Ends everybody in order: who asks before who answers. `insisted` ends them at once.
    pub(super) async fn dismiss(self, insisted: &CancellationToken) {
        let Self { mut events, mut validators, mut miners, kill, ledgers, .. } = self;
        let ending = async {
            validators.end().await;
            miners.end().await;
        };
        tokio::pin!(ending);
        loop {
            tokio::select! {
                () = &mut ending => break,
                // What they say while they end is nobody's concern, but must not hold them up.
                Some(_) = events.recv() => {}
                () = insisted.cancelled(), if !kill.is_cancelled() => kill.cancel(),
            }
        }
        // Only now: they write to the end.
        drop(ledgers);
    }
}

impl Group {
    async fn end(&mut self) {
        self.stop.cancel();
        while self.keepers.join_next().await.is_some() {}
    }
}

fn replace(program: &watch::Sender<Program>, path: &Path) {
    program.send_modify(|program| {
        program.path = path.to_owned();
        program.generation += 1;
    });
}

fn ledger(folder: &Path, member: &Member) -> PathBuf {
    folder.join(format!("{}.sqlite", member.name))
}

/// A port that is free now. From run to run the same, unless any will do.
fn free_port(any: bool, next: &mut u16) -> anyhow::Result<u16> {
    let listen = |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    if !any {
        while *next < FIRST_PORT + MOST_PORTS {
            let port = *next;
            *next += 1;
            if listen(port).is_ok() {
                return Ok(port);
            }
        }
    }
    let listener = listen(0).context("there is no free port for a miner")?;
    Ok(listener.local_addr()?.port())
}

/// What the processes' file says of the validator, where it matters here.
#[derive(Debug, Default)]
struct Settings(toml::Table);

impl Settings {
    fn read(file: Option<&Path>) -> anyhow::Result<Self> {
        let Some(file) = file else { return Ok(Self::default()) };
        let text =
            std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let table = text.parse().with_context(|| format!("{} is not written as TOML is", file.display()))?;
        Ok(Self(table))
    }

    fn has(&self, key: &str) -> bool {
        self.0.get("validator").and_then(|table| table.get(key)).is_some()
    }
}

impl Plan<'_> {
    /// Of both roles: on which chain, and as whom.
    fn common(&self, member: &Member) -> Vec<String> {
        let (ws, netuid) = (self.subnet.ws_url(), self.subnet.netuid().to_string());
        let (coldkey, hotkey) = (Member::coldkey_uri(&member.name), Member::hotkey_uri(&member.name));
        let mut flags = vec![
            flag("network", ws),
            flag("netuid", netuid),
            flag("wallet", coldkey),
            flag("wallet-hotkey", hotkey),
        ];
        flags.extend(self.config.as_ref().map(|file| flag("config", file.display())));
        flags.extend(self.log.as_ref().map(|log| flag("log", log)));
        flags
    }

    fn miner(&self, member: &Member, nth: usize, port: u16) -> Vec<String> {
        let mut flags = self.common(member);
        flags.extend([
            flag("listen", format_args!("127.0.0.1:{port}")),
            flag("external-ip", "127.0.0.1"),
            flag("external-port", port),
            // Validators get their permits in the first epoch, and miners should know soon.
            flag("metagraph-refresh", humantime::format_duration(self.block_time.saturating_mul(2))),
        ]);
        // An address in the file is one process's.
        flags.extend((nth > 0).then(|| flag("operator-listen", "127.0.0.1:0")));
        flags
    }

    fn validator(&self, member: &Member, nth: usize, ledgers: &Path, file: &Settings) -> Vec<String> {
        let mut flags = self.common(member);
        flags.extend([
            flag("ledger-path", ledger(ledgers, member).display()),
            flag("allow-private-addresses", true),
            flag("submit-margin-blocks", (self.tempo / 2).max(2)),
        ]);
        if !file.has("round_interval") {
            flags.push(flag(
                "round-interval",
                format_args!("{} blocks", (self.tempo / ROUNDS_PER_EPOCH).max(1)),
            ));
        }
        if !file.has("when_all_zero") {
            flags.push(flag("when-all-zero", "skip"));
        }
        flags.extend((nth > 0).then(|| flag("status-listen", "127.0.0.1:0")));
        flags
    }
}

fn flag(name: &str, value: impl std::fmt::Display) -> String {
    format!("--{name}={value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_file_leaves_open_is_decided_here() {
        let here = tempfile::tempdir().unwrap();
        let file = here.path().join("local.toml");
        std::fs::write(
            &file,
            "netuid = 2\n[miner]\nround_interval = 1\n[validator]\nwhen_all_zero = 'skip'\n",
        )
        .unwrap();
        let settings = Settings::read(Some(&file)).unwrap();
        assert!(settings.has("when_all_zero") && !settings.has("round_interval"));
        assert!(!Settings::read(None).unwrap().has("when_all_zero"));
        std::fs::write(&file, "netuid = ").unwrap();
        let error = Settings::read(Some(&file)).unwrap_err().to_string();
        assert!(error.contains("local.toml"), "{error}");
    }

    #[test]
    fn a_port_in_use_is_passed_over() {
        let mut next = FIRST_PORT;
        let first = free_port(false, &mut next).unwrap();
        let _taken = TcpListener::bind(("127.0.0.1", first));
        let mut next = FIRST_PORT;
        assert_ne!(free_port(false, &mut next).unwrap(), first);
        assert_ne!(free_port(true, &mut next).unwrap(), 0);
    }

    #[test]
    fn ledgers_of_a_chain_that_is_gone_are_not_taken_over() {
        let here = tempfile::tempdir().unwrap();
        let state = here.path().join("chain");
        let folder = Ledgers::of(Some(&state)).unwrap().folder().to_owned();
        let ledger = folder.join("validator-1.sqlite");
        std::fs::write(&ledger, "rounds").unwrap();
        std::fs::write(&state, "chain").unwrap();
        Ledgers::of(Some(&state)).unwrap();
        assert!(ledger.exists(), "their chain is kept");
        std::fs::remove_file(&state).unwrap();
        Ledgers::of(Some(&state)).unwrap();
        assert!(!ledger.exists());
    }
}
