//! The command line of judging past rounds again. What it does is tested where rounds are made, and as a process with the
//! example's binaries.

use std::ffi::OsString;

use subnetkit::miner::MinerConfig;
use subnetkit::prelude::*;
use subnetkit::settings::{CommandLine, Given, ReplayFlags, SettingsError};
use subnetkit::validator::{self, Ema, ValidatorConfig};

fn line(arguments: &[&str]) -> Result<CommandLine, SettingsError> {
    let arguments = ["validator"].iter().chain(arguments).map(OsString::from);
    CommandLine::of_role::<ValidatorConfig>(arguments, Given::default())
}

fn replay(arguments: &[&str]) -> ReplayFlags {
    line(arguments).unwrap().replay.unwrap()
}

#[test]
fn settings_stand_before_the_command_or_after_it() {
    assert!(line(&["--netuid", "3"]).unwrap().replay.is_none());
    for arguments in [
        &["--netuid", "3", "--ledger-path", "a.sqlite", "replay-scores", "--rounds", "7"][..],
        &["replay-scores", "--rounds", "7", "--netuid", "3", "--ledger-path", "a.sqlite"],
        &["--netuid", "3", "replay-scores", "--ledger-path", "a.sqlite", "--rounds", "7"],
    ] {
        let line = line(arguments).unwrap();
        assert_eq!(line.given.flags["netuid"], "3", "{arguments:?}");
        assert_eq!(line.given.flags["ledger_path"], "a.sqlite", "{arguments:?}");
        assert_eq!(line.replay.unwrap().rounds, 7);
    }
}

#[test]
fn rounds_are_the_newest_or_a_range() {
    let flags = replay(&["replay-scores"]);
    assert_eq!((flags.rounds, flags.from, flags.json), (100, None, false));
    let flags = replay(&["replay-scores", "--from", "5", "--to", "9", "--json"]);
    assert_eq!((flags.from, flags.to, flags.json), (Some(5), Some(9), true));
    for wrong in [&["--rounds", "0"][..], &["--to", "9"], &["--rounds", "2", "--from", "1"]] {
        let refused = line(&[&["replay-scores"], wrong].concat());
        assert!(matches!(refused, Err(SettingsError::Usage(_))), "{wrong:?}");
    }
    let miner = ["miner", "replay-scores"].map(OsString::from);
    assert!(CommandLine::of_role::<MinerConfig>(miner, Given::default()).is_err(), "a miner keeps no scores");
}

struct Echo;

impl Synapse for Echo {
    const NAME: &'static str = "echo";
    type Request = String;
    type Response = String;
}

/// Asks nobody.
struct Judge;

#[async_trait]
impl Score<Echo> for Judge {
    async fn task(&self, _: &Round) -> Task<Echo> {
        Task::nobody()
    }

    async fn score(&self, _: &Task<Echo>, _: &[Answer<Echo>]) -> Scores {
        Scores::new()
    }
}

#[test]
fn the_exit_status_tells_a_command_line_from_a_ledger() {
    let status = |arguments: &[&str]| {
        let arguments = ["validator"].iter().chain(arguments).map(OsString::from);
        validator::program::<Echo>(arguments, Judge, Ema::default())
    };
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("none.sqlite");
    let (ledger, given) = (ledger.to_str().unwrap(), ["--netuid", "1", "--when-all-zero", "skip"]);
    assert_eq!(status(&["replay-scores", "--rounds", "many"]), 2);
    assert_eq!(status(&[&["replay-scores", "--ledger-path", ledger], &given[..]].concat()), 1);
    assert_eq!(status(&["replay-scores", "--help"]), 0);
}
