//! One process of the project, kept alive: started, listened to, started again when it dies, ended in order.
//!
//! It never outlives this program. Its standard input is a pipe whose other end only this program holds, and
//! `end_with_stdin` makes it end when that breaks: when it is asked to, and also when this program is killed.

use std::{
    collections::VecDeque,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader},
    process::{Child, Command},
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::restarts::{MOST_DEATHS, Next, Restarts};

/// How long a process may take to end once it was asked to; then it is killed.
const GRACE: Duration = Duration::from_secs(15);
/// How long the output of a process that ended is waited for: something it started may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Lines that are shown again when a process is given up.
const KEPT_LINES: usize = 10;
/// Longer lines are told in pieces.
const LONGEST_LINE: u64 = 16 * 1024;

/// What a process is.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Its place among all.
    pub(super) index: usize,
    /// Arguments, whatever it is called.
    pub(super) arguments: Vec<String>,
    /// Its working directory.
    pub(super) folder: PathBuf,
}

/// What it runs now. Another one has another generation, and the process is started anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) generation: u64,
}

/// What became of a process.
#[derive(Debug)]
pub(super) enum What {
    Started {
        pid: u32,
    },
    Line(String),
    /// It is started again after this wait.
    Died {
        status: String,
        wait: Duration,
    },
    /// It ended because it was told to, to run something else.
    Replaced,
    /// It died too often.
    GivenUp {
        status: String,
        last: Vec<String>,
    },
    /// It could not be started at all.
    Unstartable(std::io::Error),
}

/// The same with whose it is.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) index: usize,
    pub(super) what: What,
}

/// How a life ended.
enum End {
    /// By itself or by others.
    Died(Option<ExitStatus>),
    /// Because there is another program to run.
    Replaced,
    /// Because everything ends.
    Stopped,
}

/// Keeps a process alive until `stop`, then ends it in order; `kill` does not wait for that.
pub(super) async fn keep(
    part: Part,
    mut program: watch::Receiver<Program>,
    events: mpsc::Sender<Event>,
    stop: CancellationToken,
    kill: CancellationToken,
) {
    let index = part.index;
    let tell = async |what| {
        // Nobody listens any more only when everything ends.
        events.send(Event { index, what }).await.ok();
    };
    let mut restarts = Restarts::default();
    while !stop.is_cancelled() {
        let path = program.borrow_and_update().path.clone();
        let born = Instant::now();
        let child = match command(&part, &path).spawn() {
            Ok(child) => child,
            Err(error) => return tell(What::Unstartable(error)).await,
        };
        if let Some(pid) = child.id() {
            tell(What::Started { pid }).await;
        }
        let mut last = VecDeque::with_capacity(KEPT_LINES);
        let end = live(child, index, &mut program, &events, &mut last, &stop, &kill).await;
        let status = match end {
            End::Stopped => return,
            End::Replaced => {
                restarts = Restarts::default();
                tell(What::Replaced).await;
                continue;
            }
            End::Died(status) => {
                status.map_or_else(|| "unknown status".to_owned(), |status| status.to_string())
            }
        };
        match restarts.died(born.elapsed()) {
            Next::GiveUp => return tell(What::GivenUp { status, last: last.into() }).await,
            Next::After(wait) => {
                tell(What::Died { status, wait }).await;
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = stop.cancelled() => return,
                    // Something else to run may be just what was missing.
                    Ok(()) = program.changed() => restarts = Restarts::default(),
                }
            }
        }
    }
}

/// What a person is told when a process is given up.
pub(super) fn given_up(name: &str, status: &str, last: &[String]) -> String {
    let said = if last.is_empty() {
        "it said nothing".to_owned()
    } else {
        format!("its last lines:\n  {}", last.join("\n  "))
    };
    format!("{name} died {MOST_DEATHS} times in a row, at last with {status}; {said}")
}

fn command(part: &Part, program: &PathBuf) -> Command {
    let mut command = Command::new(program);
    command
        .args(&part.arguments)
        .arg("--end-with-stdin")
        .current_dir(&part.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // Ctrl-C in a terminal is for this program, which ends its processes in order.
    #[cfg(unix)]
    command.process_group(0);
    command
}

async fn live(
    mut child: Child,
    index: usize,
    program: &mut watch::Receiver<Program>,
    events: &mpsc::Sender<Event>,
    last: &mut VecDeque<String>,
    stop: &CancellationToken,
    kill: &CancellationToken,
) -> End {
    let (tell, mut lines) = mpsc::channel(1);
    let mut readers = JoinSet::new();
    if let Some(stdout) = child.stdout.take() {
        readers.spawn(read(stdout, tell.clone()));
    }
    if let Some(stderr) = child.stderr.take() {
        readers.spawn(read(stderr, tell.clone()));
    }
    drop(tell);
    let mut pass_on = async |line: String| {
        if last.len() == KEPT_LINES {
            last.pop_front();
        }
        last.push_back(line.clone());
        events.send(Event { index, what: What::Line(line) }).await.ok();
    };
    // Dropped to ask for the end. A wait must not take it, as `Child::wait` would.
    let mut lifeline = child.stdin.take();
    let mut asked: Option<End> = None;
    let mut late =
        Box::pin(std::future::pending::<()>()) as std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
    let end = loop {
        tokio::select! {
            status = child.wait() => break asked.unwrap_or(End::Died(status.ok())),
            Some(line) = lines.recv() => pass_on(line).await,
            () = stop.cancelled(), if !matches!(asked, Some(End::Stopped)) => {
                lifeline = None;
                asked = Some(End::Stopped);
                late = Box::pin(tokio::time::sleep(GRACE));
            }
            Ok(()) = program.changed(), if asked.is_none() => {
                lifeline = None;
                asked = Some(End::Replaced);
                late = Box::pin(tokio::time::sleep(GRACE));
            }
            () = &mut late => {
                child.start_kill().ok();
                late = Box::pin(std::future::pending());
            }
            () = kill.cancelled(), if asked.is_some() => {
                child.start_kill().ok();
                late = Box::pin(std::future::pending());
                break asked.unwrap_or(End::Stopped);
            }
        }
    };
    drop(lifeline);
    drop(late);
    // Killed or not, it is not left behind as a zombie.
    child.wait().await.ok();
    let rest = async {
        while let Some(line) = lines.recv().await {
            pass_on(line).await;
        }
    };
    timeout(LAST_WORDS, rest).await.ok();
    end
}

/// Reads lines until the pipe breaks.
async fn read(from: impl AsyncRead + Unpin, tell: mpsc::Sender<String>) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut from).take(LONGEST_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        if tell.send(text.trim_end_matches(['\n', '\r']).to_owned()).await.is_err() {
            return;
        }
    }
}
