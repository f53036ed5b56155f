//! `subnetkit completions`.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::output;

/// The name that shells know this program by.
const NAME: &str = "subnetkit";

#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
For example:
  bash        subnetkit completions bash > ~/.local/share/bash-completion/completions/subnetkit
  zsh         subnetkit completions zsh > \"${fpath[1]}/_subnetkit\"
  fish        subnetkit completions fish > ~/.config/fish/completions/subnetkit.fish
  elvish      subnetkit completions elvish >> ~/.config/elvish/rc.elv
  powershell  subnetkit completions powershell >> $PROFILE")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: CompletionsArgs, mut command: Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    generate(args.shell, &mut command, NAME, &mut script);
    output::say(String::from_utf8(script)?.trim_end())
}
