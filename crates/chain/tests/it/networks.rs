//! Network names.

use subnetkit_chain::{Network, Settings, WaitFor};

#[test]
fn names_and_urls_go_both_ways() {
    for name in ["finney", "test", "archive", "local", "ws://10.0.0.1:9944", "wss://node.example"] {
        assert_eq!(name.parse::<Network>().unwrap().to_string(), name);
    }
    let error = "mainnet".parse::<Network>().unwrap_err().to_string();
    assert!(error.contains("`mainnet`") && error.contains("finney"), "{error}");
    assert!(Network::Finney.endpoint().starts_with("wss://"));
    for network in [Network::Finney, Network::Archive] {
        assert!(!network.fallback_endpoints().contains(&network.endpoint()));
        assert!(!network.fallback_endpoints().is_empty());
    }
    assert_eq!(Network::Finney.archive_endpoints()[0], Network::Archive.endpoint());
}

#[test]
fn public_networks_wait_for_finality() {
    let wait = |network: &str| Settings::for_network(&network.parse().unwrap()).wait_for;
    assert_eq!(wait("finney"), WaitFor::Finalized);
    assert_eq!(wait("wss://node.example:443"), WaitFor::Finalized);
    assert_eq!(wait("local"), WaitFor::InBlock);
    assert_eq!(wait("ws://127.0.0.1:1234"), WaitFor::InBlock);
}
