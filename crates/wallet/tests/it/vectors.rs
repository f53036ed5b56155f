//! Every case that the Python SDK answered, held against this crate by the same code as the example program.

#[path = "../../examples/keyfiles-check/vectors.rs"]
mod check;

pub(crate) const VECTORS: &str = include_str!("../vectors/wallet_keyfiles.json");

#[test]
fn every_vector_holds() {
    let _turn = crate::expensive();
    let outcome = check::check(VECTORS).unwrap();
    assert!(outcome.failures.is_empty(), "{}", outcome.failures.join("\n"));
    assert_eq!(outcome.passed, 111, "cases were skipped");
}

#[test]
fn a_wrong_expectation_is_reported() {
    let mut file: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
    for (_, cases) in file.as_object_mut().unwrap() {
        if let Some(cases) = cases.as_array_mut() {
            cases.retain(|case| case["id"] == "k03" || case["id"] == "k25");
        }
    }
    file["keyfiles"][0]["v11_read"]["ss58"] = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY".into();
    let outcome = check::check(&file.to_string()).unwrap();
    assert_eq!((outcome.passed, outcome.failures.len()), (1, 1));
    assert!(outcome.failures[0].starts_with("k03: address"), "{}", outcome.failures[0]);
}
