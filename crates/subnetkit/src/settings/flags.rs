//! The command line of a role's program: one flag per setting, under the setting's name.

use std::{ffi::OsString, path::PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, builder::ValueParser, value_parser};

use super::{Given, Role, SettingsError, help, key::Key};

const CONFIG: &str = "config";
const PRINT_CONFIG: &str = "print-config";

/// What a command line asks for.
#[derive(Debug)]
pub struct CommandLine {
    /// Everything given, flags included.
    pub given: Given,
    /// Whether to print the settings instead of running.
    pub print_config: bool,
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
        Ok(read(&matches, &keys, given))
    }
}

fn command<R: Role>(keys: &[Key]) -> Command {
    let config = Arg::new(CONFIG).long(CONFIG).value_name("FILE").value_parser(value_parser!(PathBuf));
    let print = Arg::new(PRINT_CONFIG).long(PRINT_CONFIG).action(ArgAction::SetTrue);
    let command = Command::new(R::TABLE)
        .about(R::ABOUT)
        .after_help(
            "Every setting can also be given by the variable SUBNETKIT_<NAME> or in the file. A flag beats a variable, \
             a variable the file, the file the default.",
        )
        .arg(config.help("The configuration file; without it subnet.toml, if there is one"))
        .arg(print.help("Print every setting and where it comes from, and exit"));
    keys.iter().fold(command, |command, key| command.arg(argument(key)))
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

fn read(matches: &ArgMatches, keys: &[Key], mut given: Given) -> CommandLine {
    for key in keys {
        if let Some(values) = matches.get_many::<String>(&key.name) {
            let text = values.map(String::as_str).collect::<Vec<_>>().join(",");
            given.flags.insert(key.name.clone(), text);
        }
    }
    given.file = matches.get_one::<PathBuf>(CONFIG).cloned().or(given.file);
    CommandLine { given, print_config: matches.get_flag(PRINT_CONFIG) }
}
