//! Requests recorded with the Python SDK, with the strict answer where the SDK is lenient.

use crate::cases;

#[test]
fn every_recorded_request_gets_the_recorded_answer() {
    let report = cases::check(&crate::vectors("btauth_v1.json")).unwrap();
    assert!(report.failures.is_empty(), "{}", report.failures.join("\n"));
    assert_eq!(report.passed, 151);
}

#[test]
fn a_wrong_expectation_is_reported() {
    let file = String::from_utf8(crate::vectors("btauth_v1.json")).unwrap();
    let spoiled = file.replace("StaleRequest", "BadSignature");
    let report = cases::check(spoiled.as_bytes()).unwrap();
    assert!(report.failures.iter().any(|failure| {
        failure.starts_with("n39 ") && failure.contains("expected \"BadSignature\", got \"StaleRequest\"")
    }));
}

#[test]
fn a_file_without_cases_is_unusable() {
    assert!(cases::check(b"{}").is_err());
    assert!(cases::check(b"[]").is_err());
}
