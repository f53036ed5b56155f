//! Running the command with an environment of its own.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

/// The command, in a directory without a configuration file and without a terminal.
pub(crate) fn subnetkit(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_subnetkit"));
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    let inherited = |name: &str| name.starts_with("BT_") || name.starts_with("SUBNETKIT_");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(inherited) {
            command.env_remove(name);
        }
    }
    command
}

pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Output {
    subnetkit(directory, arguments).output().unwrap()
}

/// With something on its standard input.
pub(crate) fn run_with(directory: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = subnetkit(directory, arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What a failed command said.
pub(crate) fn refusal(output: &Output, status: i32) -> String {
    assert_eq!(output.status.code(), Some(status), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}
