//! A short chaos, as its program runs it.

use std::process::Command;

/// Runs it, and fails with all it said if it found a violation.
fn chaos(arguments: &[&str]) {
    let short = [
        "chaos",
        "--epochs",
        "5",
        "--kills",
        "10",
        "--tempo",
        "24",
        "--block-millis",
        "150",
        "--patience",
        "2",
    ];
    let program =
        Command::new(env!("CARGO_BIN_EXE_subnetkit-bench")).args(short).args(arguments).output().unwrap();
    let said = [program.stdout, program.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(program.status.success(), "{}\n{}", said[0], said[1]);
    assert!(said[0].contains("| violations"), "{}", said[0]);
}

#[test]
fn plain_weights_land_whatever_happens() {
    chaos(&["--way", "plain", "--seed", "7"]);
}

#[test]
fn hash_commits_land_and_are_revealed_whatever_happens() {
    chaos(&["--way", "hash", "--seed", "8"]);
}

#[test]
fn timelocked_commits_land_whatever_happens() {
    chaos(&["--way", "timelocked", "--seed", "9"]);
}
