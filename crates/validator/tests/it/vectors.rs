//! Weight conversion against cases recorded from the Python SDK.

#[path = "../../examples/weights-check/cases.rs"]
mod cases;

#[test]
fn every_recorded_case_passes() {
    let outcome = cases::run(include_str!("../vectors/weights_normalize.json")).unwrap();
    assert_eq!(outcome.failures, Vec::<String>::new());
    assert_eq!(outcome.passed, 175);
}
