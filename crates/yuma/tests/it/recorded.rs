//! Every recorded epoch must come out exactly.

use std::path::Path;

use crate::replay;

#[test]
fn every_recorded_epoch_comes_out_exactly() {
    let path = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/vectors/yuma.json");
    let scenarios = replay::read(&path).unwrap();
    let differences: Vec<String> = scenarios
        .iter()
        .filter_map(|scenario| {
            replay::check(scenario).err().map(|difference| format!("{}: {difference}", scenario.name))
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(scenarios.len() >= 50, "only {} scenarios were checked", scenarios.len());
}
