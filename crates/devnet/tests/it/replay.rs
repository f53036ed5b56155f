//! Recorded scenarios of the real chain against the runtime: each pool answer, dispatch result and snapshot field.

#[path = "../../examples/replay/account.rs"]
mod account;
#[path = "../../examples/replay/call.rs"]
mod call;
#[path = "../../examples/replay/chain.rs"]
mod chain;
#[path = "../../examples/replay/scenario.rs"]
mod scenario;
#[path = "../../examples/replay/set.rs"]
mod set;
#[path = "../../examples/replay/snapshot.rs"]
mod snapshot;
#[path = "../../examples/replay/tally.rs"]
mod tally;

/// A selection: every group, without the recorded events.
const RECORDED: &str = include_str!("../vectors/scenarios.json");

#[test]
fn every_recorded_step_and_snapshot_comes_out_the_same() {
    let file: scenario::File = serde_json::from_str(RECORDED).unwrap();
    file.check().unwrap();
    let mut tally = tally::Tally::default();
    for scenario in &file.scenarios {
        tally.add(scenario, chain::replay(scenario).unwrap());
    }
    assert!(tally.all_agree(), "{tally}");
}

#[test]
fn a_result_and_a_field_that_differ_are_told() {
    let mut file: scenario::File = serde_json::from_str(RECORDED).unwrap();
    let scenario = file.scenarios.iter_mut().find(|scenario| scenario.name == "net/errors").unwrap();
    for step in &mut scenario.steps {
        match step {
            scenario::Step::Call(call) => call.result = "SubtensorModule.InvalidSeal".to_owned(),
            scenario::Step::Snap { state } => state["total_networks"] = 77.into(),
            _ => {}
        }
    }
    let replayed = chain::replay(scenario).unwrap();
    let told = |what: &str| replayed.differences.iter().any(|difference| difference.contains(what));
    assert!(
        told("recorded 77") && told("recorded SubtensorModule.InvalidSeal"),
        "{:?}",
        replayed.differences
    );
    let mut tally = tally::Tally::default();
    tally.add(scenario, replayed);
    assert!(!tally.all_agree());
}
