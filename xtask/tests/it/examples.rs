//! The examples are the rendered template, and what documents quote of them is in them.

use std::fs;
use std::process::Command;

use crate::support::{checkout, files};

#[test]
fn the_examples_are_the_rendered_template() {
    let folder = tempfile::tempdir().unwrap();
    let render = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["render", "--destination"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(render.status.success(), "{}", String::from_utf8_lossy(&render.stderr));
    let examples: Vec<_> = fs::read_dir(checkout().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name())
        .collect();
    for example in examples {
        let rendered = files(&folder.path().join(&example));
        let mut there = files(&checkout().join("examples").join(&example));
        // Building one that is no member of the workspace leaves this behind.
        there.remove("Cargo.lock");
        assert!(rendered.keys().eq(there.keys()), "{example:?}: run `cargo xtask render`");
        for (path, text) in &rendered {
            assert_eq!(text, &there[path], "{example:?}, {path}: run `cargo xtask render`");
        }
    }
}

/// What the front page shows is what is generated, or what the documentation of a hook compiles.
#[test]
fn the_readme_quotes_what_compiles() {
    let readme = fs::read_to_string(checkout().join("README.md")).unwrap();
    let mut compiled: String = files(&checkout().join("examples/matmul/src")).into_values().collect();
    compiled += &fs::read_to_string(checkout().join("crates/miner/src/stream.rs")).unwrap();
    let quoted: Vec<&str> = readme
        .split("```rust,ignore\n")
        .skip(1)
        .flat_map(|block| block.split("```").next().unwrap().lines())
        .map(|line| line.split("//").next().unwrap().trim())
        .filter(|line| !line.is_empty())
        .collect();
    assert!(quoted.len() > 20, "{quoted:?}");
    for line in quoted {
        assert!(compiled.contains(line), "README.md shows a line that is compiled nowhere: {line}");
    }
}
