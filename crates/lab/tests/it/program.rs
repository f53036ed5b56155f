//! The laboratory as a program: what its flags do, what it prints and writes, how it ends.

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;
use subnetkit_lab::{Lab, Miner};

use crate::markup::well_formed;
use crate::support::{self, Square, Squarer, Wrong};

fn lab() -> Lab<Square> {
    support::lab([
        Miner::honest(Squarer).count(2),
        Miner::wrong(Wrong),
        Miner::copycat("honest").named("<script>"),
    ])
    .epochs(4)
    .seed(11)
}

struct Ended {
    status: u8,
    output: String,
    errors: String,
}

fn run(lab: Lab<Square>, arguments: &[&str]) -> Ended {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("lab").chain(arguments.iter().copied()).map(OsString::from);
    let status = lab.main_with(arguments, &mut output, &mut errors);
    let text = |bytes| String::from_utf8(bytes).expect("the program writes text");
    Ended { status, output: text(output), errors: text(errors) }
}

fn page_in(folder: &Path) -> String {
    folder.join("lab.html").display().to_string()
}

#[test]
fn a_run_prints_a_table_and_writes_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let file = page_in(folder.path());
    let ended = run(lab(), &["--html", &file, "--no-what-ifs"]);
    assert_eq!((ended.status, ended.errors.as_str()), (0, ""));
    for word in ["squares\n4 epochs of 360 blocks", "seed 11", "honest", "wrong", "<script>", "gini", &file] {
        assert!(ended.output.contains(word), "{word} is not in:\n{}", ended.output);
    }
    let page = std::fs::read_to_string(&file).unwrap();
    well_formed(&page).unwrap();
    assert!(page.contains("&lt;script&gt;") && page.contains("--epochs 4 --rounds-per-epoch 1 --seed 11"));
    assert!(!page.contains("What if"));

    run(lab(), &["--html", &file, "--no-what-ifs"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), page, "the same seed draws the same page");
}

#[test]
fn flags_beat_what_the_laboratory_is_written_with() {
    let flags = ["--no-html", "--no-what-ifs", "--json", "--threads", "1"];
    let more = ["--epochs", "2", "--seed", "5", "--rounds-per-epoch", "3"];
    let ended = run(lab(), &[&flags[..], &more[..]].concat());
    assert_eq!((ended.status, ended.errors.as_str()), (0, ""));
    assert_eq!(ended.output.trim_end().lines().count(), 1, "one object on one line");
    let report: Value = serde_json::from_str(&ended.output).unwrap();
    assert_eq!((&report["seed"], &report["rounds_per_epoch"]), (&Value::from(5), &Value::from(3)));
    assert_eq!(report["epochs"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["rules"]["tempo"], 360);
    assert!(report["gini"].is_number());
    assert_eq!(
        report["command"],
        "cargo run --release --bin lab -- --epochs 2 --rounds-per-epoch 3 --seed 5"
    );
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| {
        let gravity = finding["gravity"].as_str().unwrap_or_default();
        ["fault", "warning", "good", "fact"].contains(&gravity) && finding["sentence"].is_string()
    }));
    assert!(!findings.is_empty());
    for field in ["title", "strategies", "validators", "weights", "what_ifs"] {
        assert!(!report[field].is_null(), "{field}");
    }
}

#[test]
fn three_settings_are_tried_unless_the_laboratory_has_its_own() {
    let own = lab().what_if("kappa", "", [0.5], |lab, _| lab).epochs(2);
    let ended = run(own, &["--no-html", "--json"]);
    let report: Value = serde_json::from_str(&ended.output).unwrap();
    let what_ifs = report["what_ifs"].as_array().unwrap();
    let tried: Vec<(&str, usize)> = what_ifs
        .iter()
        .map(|what_if| (what_if["name"].as_str().unwrap(), what_if["points"].as_array().map_or(0, Vec::len)))
        .collect();
    assert_eq!(tried, [("kappa", 1), ("tempo", 4), ("liquid alpha", 2)]);
    let in_force = |name: &str| {
        let what_if = what_ifs.iter().find(|what_if| what_if["name"] == name).unwrap();
        let mut points = what_if["points"].as_array().unwrap().iter();
        points.find(|point| point["value"] == 360.0).map(|point| point["current"].clone())
    };
    assert_eq!(in_force("tempo"), Some(Value::from(true)));
}

#[test]
fn what_cannot_be_done_is_one_sentence_and_a_status() {
    let nobody = run(lab().miners([]), &["--no-html"]);
    assert_eq!((nobody.status, nobody.output.as_str()), (1, ""));
    assert!(nobody.errors.starts_with("error: `miners`") && nobody.errors.lines().count() == 1);

    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("missing").join("lab.html").display().to_string();
    let unwritten = run(lab(), &["--no-what-ifs", "--html", &nowhere]);
    assert_eq!(unwritten.status, 1);
    assert!(unwritten.errors.contains(&nowhere) && unwritten.errors.contains("--no-html"));
    assert_eq!(unwritten.errors.lines().count(), 1, "{}", unwritten.errors);

    for wrong in [&["--epochs", "0"][..], &["--no-html", "--html", "x"], &["--nonsense"], &["--threads", "0"]]
    {
        let refused = run(lab(), wrong);
        assert_eq!((refused.status, refused.output.as_str()), (2, ""), "{wrong:?}");
        assert!(refused.errors.contains(wrong[0]), "{}", refused.errors);
    }
    let help = run(lab(), &["--help"]);
    assert_eq!((help.status, help.errors.as_str()), (0, ""));
    assert!(help.output.contains("--no-what-ifs"));
}
