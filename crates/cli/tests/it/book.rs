//! The book and the command know each other: every command is in the book, and what the book types is understood.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{run, stdout};

#[test]
fn every_command_is_in_the_book() {
    let here = tempfile::tempdir().unwrap();
    let page = fs::read_to_string(book().join("commands.md")).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    for command in commands(here.path(), &[]) {
        let row = rows.iter().find(|row| named(row).split(' ').next() == Some(&command));
        assert!(row.is_some(), "`{command}` is not in docs/src/commands.md");
        for nested in commands(here.path(), &[&command]) {
            let told = rows
                .iter()
                .map(|row| named(row))
                .any(|name| name.starts_with(&command) && name[command.len()..].contains(&nested));
            assert!(told, "`{command} {nested}` is not in docs/src/commands.md");
        }
    }
}

/// Parsed by the command itself: with `--help` at the end nothing is done, and what stands before it has to be right.
#[test]
fn what_the_book_types_is_understood() {
    let here = tempfile::tempdir().unwrap();
    let mut typed = 0;
    for page in pages(&book()) {
        for line in typed_lines(&fs::read_to_string(&page).unwrap()) {
            let mut words: Vec<&str> = line.split_whitespace().skip(1).collect();
            // A placeholder for a number is a letter in the book.
            words.iter_mut().filter(|word| matches!(**word, "N" | "M")).for_each(|word| *word = "1");
            let output = run(here.path(), &[words.as_slice(), &["--help"]].concat());
            assert!(output.status.success(), "{}: `{line}`: {output:?}", page.display());
            typed += 1;
        }
    }
    assert!(typed > 25, "only {typed} commands were found in the book");
}

/// The commands that a command's help lists.
fn commands(here: &Path, of: &[&str]) -> Vec<String> {
    let help = stdout(&run(here, &[of, &["--help"]].concat()));
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

/// What stands in the first backticks of a row, without the marks of the table.
fn named(row: &str) -> String {
    row.split('`').nth(1).unwrap_or_default().replace("\\|", " ")
}

/// Every `subnetkit ...` of a page: lines of shell blocks, and inline code.
fn typed_lines(page: &str) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for (index, block) in page.split("```").enumerate() {
        let code: Vec<&str> = match index % 2 {
            1 if block.starts_with("sh\n") => block.lines().collect(),
            1 => Vec::new(),
            _ => block.split('`').skip(1).step_by(2).collect(),
        };
        let commands = code.into_iter().filter(|line| line.starts_with("subnetkit "));
        // A file or an answer piped in belongs to the shell; `COMMAND` stands for any.
        let commands = commands.filter(|line| !line.contains("COMMAND"));
        lines.extend(
            commands.map(|line| line.split(['|', '<', '#']).next().unwrap_or(line).trim().replace('\'', "")),
        );
    }
    lines
}

fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let nested = folders.iter().flat_map(|folder| pages(folder));
    files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "md")).chain(nested).collect()
}

fn book() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../docs/src")
}
