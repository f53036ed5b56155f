//! Settings.

use std::time::Duration;

use subnetkit_miner::{MinerConfig, WhenStale};

#[test]
fn a_file_changes_what_it_names() {
    let text = r#"
        listen = "127.0.0.1:9000"
        external_ip = "203.0.113.7"
        request_timeout = "2500ms"
        when_stale = "refuse"
        allow = ["5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"]
    "#;
    let config: MinerConfig = toml::from_str(text).unwrap();
    assert_eq!(config.listen.port(), 9000);
    assert_eq!(config.request_timeout, Duration::from_millis(2500));
    assert_eq!(config.when_stale, WhenStale::Refuse);
    assert_eq!(config.allow.len(), 1);
    assert_eq!(config.body_limit, MinerConfig::default().body_limit);
    let again: MinerConfig = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
    assert_eq!(again, config);
}

#[test]
fn an_unknown_key_is_an_error_that_names_it() {
    let error = toml::from_str::<MinerConfig>("body_limits = 5").unwrap_err();
    assert!(error.to_string().contains("body_limits"), "{error}");
}

#[test]
fn the_defaults_are_possible_and_impossible_values_are_named() {
    MinerConfig::default().check().unwrap();
    let named = |config: MinerConfig| config.check().unwrap_err().setting;
    let default = MinerConfig::default;
    assert_eq!(named(MinerConfig { body_limit: 65 << 20, ..default() }), "body_limit");
    let file = || Some("axon.pem".into());
    assert_eq!(named(MinerConfig { tls_certificate: file(), ..default() }), "tls_key");
    assert_eq!(named(MinerConfig { tls_key: file(), ..default() }), "tls_certificate");
    MinerConfig { tls_certificate: file(), tls_key: file(), ..default() }.check().unwrap();
    for stream_chunk_limit in [0, default().stream_limit + 1] {
        assert_eq!(named(MinerConfig { stream_chunk_limit, ..default() }), "stream_chunk_limit");
    }
    assert_eq!(named(MinerConfig { max_concurrency: 0, ..default() }), "max_concurrency");
    assert_eq!(named(MinerConfig { header_limit: 100, ..default() }), "header_limit");
    assert_eq!(named(MinerConfig { rate_per_hotkey: f64::NAN, ..default() }), "rate_per_hotkey");
    assert_eq!(named(MinerConfig { request_timeout: Duration::ZERO, ..default() }), "request_timeout");
    assert_eq!(
        named(MinerConfig { metagraph_max_age: Duration::from_secs(60), ..default() }),
        "metagraph_max_age"
    );
}
