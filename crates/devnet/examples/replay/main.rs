//! Replays recorded scenarios of the real chain against the runtime and says where the two differ.
//!
//! `cargo run --release -p subnetkit-devnet --example replay -- FILE [--group NAME] [--show NAME]`
//!
//! A step agrees if the pool's answer (`validate`) and the dispatch result (`result`) are those recorded; a snapshot, if
//! every field is. A scenario is also counted up to its first call that the runtime does not have ("cut").
//! `--show` prints every difference of one scenario. The status is 0 only if all agree.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its findings")]

mod account;
mod call;
mod chain;
mod scenario;
mod set;
mod snapshot;
mod tally;

use std::process::ExitCode;

use scenario::File;
use tally::Tally;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, String> {
    let mut arguments = std::env::args().skip(1);
    let (mut path, mut group, mut show) = (None, None, None);
    while let Some(argument) = arguments.next() {
        let mut value = |name: &str| arguments.next().ok_or(format!("{name} needs a value"));
        match argument.as_str() {
            "--group" => group = Some(value("--group")?),
            "--show" => show = Some(value("--show")?),
            other if other.starts_with("--") => return Err(format!("There is no option {other}")),
            other => path = Some(other.to_owned()),
        }
    }
    let path = path.ok_or("usage: replay FILE [--group NAME] [--show NAME]")?;
    let text = std::fs::read_to_string(&path).map_err(|error| format!("Cannot read {path}: {error}"))?;
    let file: File = serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
    file.check()?;

    let mut tally = Tally::default();
    for scenario in &file.scenarios {
        let wanted = group.as_deref().is_none_or(|group| scenario.group() == group)
            && show.as_deref().is_none_or(|name| scenario.name == name);
        if wanted {
            let replayed = chain::replay(scenario).map_err(|error| format!("{}: {error}", scenario.name))?;
            if show.is_some() {
                replayed.differences.iter().for_each(|difference| println!("{difference}"));
            }
            tally.add(scenario, replayed);
        }
    }
    print!("{tally}");
    Ok(tally.all_agree())
}
