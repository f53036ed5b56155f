//! Wallets made and listed.

use serde_json::Value;

use crate::support::{refusal, run, stdout, subnetkit};

#[test]
fn a_new_wallet_is_listed_and_not_overwritten() {
    let here = tempfile::tempdir().unwrap();
    let path = here.path().join("wallets");
    let path = path.to_str().unwrap();
    let new =
        ["wallet", "new", "--plain", "--wallet-path", path, "--wallet", "mine", "--wallet-hotkey", "one"];
    let made = stdout(&run(here.path(), &new));
    assert_eq!(made.matches("phrase: ").count(), 2, "{made}");

    let listed = stdout(&run(here.path(), &["wallet", "list", "--json", "--wallet-path", path]));
    let listed: Value = serde_json::from_str::<Value>(&listed).unwrap()["wallets"].take();
    let coldkey = listed[0]["coldkey"].as_str().unwrap();
    let hotkey = listed[0]["hotkeys"][0]["hotkey"].as_str().unwrap();
    assert!(made.contains(&format!("coldkey: {coldkey}")), "{made}");
    assert!(made.contains(&format!("hotkey one: {hotkey}")), "{made}");
    assert_eq!(listed[0]["name"], "mine");
    assert_eq!(listed[0]["hotkeys"][0]["name"], "one");

    let said = refusal(&run(here.path(), &new), 1);
    assert!(said.contains("already exists"), "{said}");
    let again = stdout(&run(here.path(), &["wallet", "list", "--json", "--wallet-path", path]));
    assert_eq!(serde_json::from_str::<Value>(&again).unwrap()["wallets"], listed);
}

#[test]
fn a_new_coldkey_needs_a_password_and_never_waits_for_one() {
    let here = tempfile::tempdir().unwrap();
    let path = here.path().join("wallets");
    let arguments = ["wallet", "new", "--wallet-path", path.to_str().unwrap()];
    let said = refusal(&run(here.path(), &arguments), 1);
    assert!(said.contains("BT_WALLET_PASSWORD") && said.contains("--plain"), "{said}");
    assert!(!path.exists());

    let made = subnetkit(here.path(), &arguments).env("BT_WALLET_PASSWORD", "secret").output().unwrap();
    assert!(!stdout(&made).contains("secret"));
    let coldkey = std::fs::read(path.join("default/coldkey")).unwrap();
    assert!(coldkey.starts_with(b"$NACL"));
}
