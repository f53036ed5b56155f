//! Who computes where: the server on one core and the load on another, so that neither takes from the other.

use std::{
    fs, io,
    process::{self, Command, Stdio},
    time::Duration,
};

use serde::Serialize;

/// The unit of `/proc`: a hundredth of a second on every Linux that Rust runs on with its usual C library.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// The cores that the server and the load are held to; none where the machine has a single one, or `taskset` is missing.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Cores {
    pub(crate) server: usize,
    pub(crate) load: usize,
}

impl Cores {
    /// Holds this process, which makes the load, to its core. Call it before a runtime starts threads.
    pub(crate) fn divide() -> Option<Self> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
        let cores = listed(allowed.trim());
        let (&server, &load) = (cores.first()?, cores.get(1)?);
        let own = process::id().to_string();
        let held = Command::new("taskset")
            .args(["--all-tasks", "--cpu-list", "--pid", &load.to_string(), &own])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        held.is_ok_and(|status| status.success()).then_some(Self { server, load })
    }

    pub(crate) fn sentence(cores: Option<&Self>) -> String {
        match cores {
            Some(Self { server, load }) => {
                format!("The server is held to core {server} and the load to core {load}.")
            }
            None => "Server and load share the cores: there is one only, or `taskset` is missing.".to_owned(),
        }
    }
}

/// A command that will run on the core of the servers.
pub(crate) fn on_server_core(cores: Option<&Cores>, program: &std::ffi::OsStr) -> Command {
    let Some(cores) = cores else { return Command::new(program) };
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &cores.server.to_string()]).arg(program);
    command
}

/// Numbers written as `0-2,5`.
fn listed(text: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        Some(from.trim().parse::<usize>().ok()?..=to.trim().parse::<usize>().ok()?)
    };
    text.split(',').filter_map(range).flatten().collect()
}

/// Time that a core has worked for anybody since the machine started.
pub(crate) fn busy(core: usize) -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let name = format!("cpu{core}");
    let line = stat
        .lines()
        .find(|line| line.split(' ').next() == Some(&name))
        .ok_or_else(|| io::Error::other(format!("/proc/stat has no line {name}")))?;
    // user, nice, system, idle, iowait, irq, softirq, steal: all but the two that mean nothing was done.
    let ticks = line.split_ascii_whitespace().skip(1).take(8).enumerate();
    let worked: u64 = ticks
        .filter(|(column, _)| !matches!(column, 3 | 4))
        .filter_map(|(_, ticks)| ticks.parse::<u64>().ok())
        .sum();
    Ok(TICK * u32::try_from(worked).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    #[test]
    fn ranges_and_single_cores_are_listed() {
        assert_eq!(super::listed("0-2,5"), [0, 1, 2, 5]);
        assert_eq!(super::listed("3"), [3]);
    }
}
