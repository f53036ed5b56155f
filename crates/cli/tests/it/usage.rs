//! What is not understood, and what can't be done without a person.

use crate::support::{refusal, run};

#[test]
fn an_unknown_flag_is_answered_with_the_nearest() {
    let here = tempfile::tempdir().unwrap();
    let said = refusal(&run(here.path(), &["metagraph", "--netuit", "1"]), 2);
    assert!(said.contains("--netuit") && said.contains("--netuid"), "{said}");
}

#[test]
fn a_missing_netuid_says_how_to_give_it() {
    let here = tempfile::tempdir().unwrap();
    let said = refusal(&run(here.path(), &["metagraph"]), 1);
    assert!(said.contains("`netuid`") && said.contains("--netuid") && said.contains("subnet.toml"), "{said}");
}

#[test]
fn a_misspelt_key_in_the_file_is_refused() {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("subnet.toml"), "netuid = 1\nnetwrok = 'local'\n").unwrap();
    let said = refusal(&run(here.path(), &["metagraph"]), 1);
    assert!(said.contains("`netwrok`") && said.contains("did you mean `network`?"), "{said}");
}

#[test]
fn an_amount_that_is_none_is_refused() {
    let here = tempfile::tempdir().unwrap();
    let said = refusal(&run(here.path(), &["stake", "add", "--netuid", "1", "--amount", "1e3"]), 2);
    assert!(said.contains("--amount") && said.contains("decimals"), "{said}");
}

#[test]
fn development_keys_are_refused_on_public_networks() {
    let here = tempfile::tempdir().unwrap();
    let arguments = ["register", "--netuid", "1", "--network", "finney", "--wallet", "//Alice"];
    let said = refusal(&run(here.path(), &arguments), 1);
    assert!(said.contains("//Alice") && said.contains("public"), "{said}");
}

#[test]
fn replaying_scores_outside_of_a_project_says_where_to() {
    let here = tempfile::tempdir().unwrap();
    let said = refusal(&run(here.path(), &["replay-scores"]), 1);
    assert!(said.contains("Cargo.toml") && said.contains("your subnet's project"), "{said}");
}
