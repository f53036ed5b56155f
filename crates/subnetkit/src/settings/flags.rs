//! The command line of a role's program: one flag per setting, under the setting's name; and its commands.

use std::{ffi::OsString, path::PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, builder::ValueParser, value_parser};

use super::{Given, Role, SettingsError, help, key::Key};

const CONFIG: &str = "config";
const PRINT_CONFIG: &str = "print-config";
const REPLAY: &str = "replay-scores";

/// Rounds judged again if nothing else is said.
const REPLAYED_ROUNDS: u64 = 100;

/// What a command line asks for.
#[derive(Debug)]
pub struct CommandLine {
    /// Everything given, flags included.
    pub given: Given,
    /// Whether to print the settings instead of running.
    pub print_config: bool,
    /// What to replay instead of running.
    pub replay: Option<ReplayFlags>,
}

/// Which rounds are judged again, and how that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[non_exhaustive]
pub struct ReplayFlags {
    /// Judge this many of the newest rounds again
    #[arg(long, value_name = "N", default_value_t = REPLAYED_ROUNDS, value_parser = value_parser!(u64).range(1..))]
    pub rounds: u64,
    /// Judge the rounds from this one on again, by their number in the ledger
    #[arg(long, value_name = "ROUND", conflicts_with = "rounds")]
    pub from: Option<u64>,
    /// The last of these rounds [default: the newest]
    #[arg(long, value_name = "ROUND", requires = "from")]
    pub to: Option<u64>,
    /// Print one JSON object with every round and every score
    #[arg(long)]
    pub json: bool,
}

impl CommandLine {
    /// Reads the arguments of a program with a role, its name first.
    ///
    /// # Errors
    /// [`SettingsError::Usage`], also when help is asked for.
    pub fn of_role<R: Role>(
        arguments: impl IntoIterator<Item = OsString>,
        given: Given,
    ) -> Result<Self, SettingsError> {
        let mut keys = Key::of_common()?;
        keys.extend(Key::of_role::<R>()?);
        let matches = command::<R>(&keys).try_get_matches_from(arguments)?;
        Ok(read(&matches, &keys, given)?)
    }
}

fn command<R: Role>(keys: &[Key]) -> Command {
    let config = Arg::new(CONFIG).long(CONFIG).value_name("FILE").value_parser(value_parser!(PathBuf));
    let print = Arg::new(PRINT_CONFIG).long(PRINT_CONFIG).action(ArgAction::SetTrue);
    let command = Command::new(R::TABLE)
        .about(R::ABOUT)
        .after_help(
            "Every setting can also be given by the variable SUBNETKIT_<NAME> or in the file. A flag beats a variable, \
             a variable the file, the file the default.\n\nExit status: 0 ended as asked; 1 could not start or go on, for the \
             reason on standard error; 2 the command line is not understood; 70 a part of the program ended, hung or \
             panicked, and starting it anew may help.",
        )
        .arg(config.global(true).help("The configuration file; without it subnet.toml, if there is one"))
        .arg(print.help("Print every setting and where it comes from, and exit"));
    let command = keys.iter().fold(command, |command, key| command.arg(argument(key)));
    if !R::SCORES {
        return command;
    }
    let replay = Command::new(REPLAY).about(
        "Judge rounds of the ledger again with the hooks of this program, and show what would change; nothing is asked, \
         sent or written",
    );
    command.subcommand(ReplayFlags::augment_args(replay))
}

fn argument(key: &Key) -> Arg {
    let heading = key.table.map(|table| format!("Settings of the {table}"));
    let text = match (help::of(key), key.default_text()) {
        (help, Some(default)) => format!("{help} [default: {default}]"),
        (help, None) => help.to_owned(),
    };
    let argument = Arg::new(key.name.clone())
        .long(key.flag())
        .value_name(if key.is_list() { "A,B,..." } else { "VALUE" })
        .value_parser(ValueParser::string())
        .allow_negative_numbers(true)
        // Before a command or after it.
        .global(true)
        .help(text)
        .help_heading(heading.unwrap_or_else(|| "Settings".to_owned()));
    if key.is_list() {
        argument.action(ArgAction::Append)
    } else if key.is_switch() {
        argument.num_args(0..=1).default_missing_value("true").value_name("true|false")
    } else {
        argument
    }
}

fn read(matches: &ArgMatches, keys: &[Key], mut given: Given) -> Result<CommandLine, clap::Error> {
    for key in keys {
        if let Some(values) = matches.get_many::<String>(&key.name) {
            let text = values.map(String::as_str).collect::<Vec<_>>().join(",");
            given.flags.insert(key.name.clone(), text);
        }
    }
    given.file = matches.get_one::<PathBuf>(CONFIG).cloned().or(given.file);
    let replay = matches.subcommand().filter(|(name, _)| *name == REPLAY);
    let replay = replay.map(|(_, flags)| ReplayFlags::from_arg_matches(flags)).transpose()?;
    Ok(CommandLine { given, print_config: matches.get_flag(PRINT_CONFIG), replay })
}
