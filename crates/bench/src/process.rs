//! A server in a process of its own, and what the system says it used.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use serde::{Serialize, de::DeserializeOwned};

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    /// The server ends when this is closed, so also when this process is killed.
    lifeline: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What a process had used at one moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Usage {
    pub(crate) cpu: Duration,
    pub(crate) resident_bytes: u64,
}

impl Server {
    /// Starts a server, which says on its first line what the caller has to know of it, as JSON.
    pub(crate) fn start<T: DeserializeOwned>(mut command: Command) -> anyhow::Result<(Self, T)> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{:?} can't be started", command.get_program()))?;
        let output = process.stdout.take().context("the server has no output")?;
        let mut server = Self { lifeline: process.stdin.take(), process, output: BufReader::new(output) };
        let announced = server.line()?;
        Ok((server, announced))
    }

    /// Asks the server to end.
    pub(crate) fn close(&mut self) {
        self.lifeline = None;
    }

    /// The next line the server says.
    pub(crate) fn line<T: DeserializeOwned>(&mut self) -> anyhow::Result<T> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            bail!("the server ended: {}", self.process.wait()?);
        }
        serde_json::from_str(&line).with_context(|| format!("the server said {line:?}"))
    }

    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        let folder = format!("/proc/{}", self.process.id());
        Ok(Usage {
            cpu: cpu(&format!("{folder}/stat"))?,
            resident_bytes: resident(&format!("{folder}/status"))?,
        })
    }
}

/// CPU time of this process.
pub(crate) fn own_cpu() -> anyhow::Result<Duration> {
    cpu("/proc/self/stat")
}

/// User and system time of all threads, ended ones included.
fn cpu(stat: &str) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(stat)?;
    // The second field, the command's name, may hold blanks; it ends with the last bracket.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
    Ok(crate::cores::TICK * ticks)
}

/// Resident memory by a file like `/proc/self/status`.
pub(crate) fn resident(status: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(status)?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no resident memory is stated")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell either way.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// This program in another role.
pub(crate) fn this_program() -> anyhow::Result<std::path::PathBuf> {
    std::env::current_exe().context("the system does not say where this program is")
}

/// This program serving in a role, on the core of the servers.
pub(crate) fn role<T: DeserializeOwned>(
    cores: Option<&crate::cores::Cores>,
    arguments: &[impl AsRef<OsStr>],
) -> anyhow::Result<(Server, T)> {
    let mut command = crate::cores::on_server_core(cores, this_program()?.as_os_str());
    command.arg("serve").args(arguments);
    Server::start(command)
}

/// Where a server listens.
#[derive(Clone, Copy, Debug, Serialize, serde::Deserialize)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
}
