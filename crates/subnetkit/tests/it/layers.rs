//! Which layer wins, and what `--print-config` tells of it.

use std::time::Duration;

use subnetkit::{
    chain::Network,
    miner::{MinerConfig, WhenStale},
    settings::{Common, Endpoints, LogFormat},
    validator::{RoundInterval, ValidatorConfig, WhenAllZero},
};

use crate::support::Desk;

#[test]
fn defaults_are_those_of_the_types() {
    let settings = Desk::new().settings::<MinerConfig>(&["--netuid", "2"]).unwrap();
    assert_eq!(settings.role, MinerConfig::default());
    assert_eq!(settings.common, Common { netuid: Some(2), ..Common::default() });
}

#[test]
fn a_flag_beats_a_variable_beats_the_file_beats_the_default() {
    let desk = Desk::new().file("netuid = 1\n[miner]\nqueue = 1\nbody_limit = 11\nmax_concurrency = 21\n");
    let desk = desk.variable("SUBNETKIT_QUEUE", "2").variable("SUBNETKIT_BODY_LIMIT", "12");
    let miner = desk.settings::<MinerConfig>(&["--queue", "3"]).unwrap().role;
    let default = MinerConfig::default();
    assert_eq!((miner.queue, miner.body_limit, miner.max_concurrency), (3, 12, 21));
    assert_eq!(miner.max_connections, default.max_connections);
}

#[test]
fn every_type_of_setting_can_be_given_by_flag_and_by_variable() {
    let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    let bob = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
    let given = [
        ("listen", "127.0.0.1:0"),
        ("external_ip", "10.0.0.1"),
        ("external_port", "9"),
        ("tls_certificate", "/etc/axon/axon.crt"),
        ("tls_key", "/etc/axon/axon.key"),
        ("tls_reload", "5m"),
        ("body_timeout", "250ms"),
        ("rate_per_hotkey", "2.5"),
        ("require_permit", "false"),
        ("when_stale", "refuse"),
        ("min_stake_rao", "18446744073709551615"),
    ];
    let lists = format!("{alice}, {bob}");
    let by_variable = given.iter().fold(Desk::new(), |desk, (name, value)| {
        desk.variable(&format!("SUBNETKIT_{}", name.to_uppercase()), value)
    });
    let by_variable = by_variable.variable("SUBNETKIT_ALLOW", &lists).variable("SUBNETKIT_NETUID", "7");
    let by_variable = by_variable.settings::<MinerConfig>(&[]).unwrap();

    let mut flags: Vec<String> = given
        .iter()
        .flat_map(|(name, value)| [format!("--{}", name.replace('_', "-")), (*value).to_owned()])
        .collect();
    flags.extend(["--allow", alice, "--allow", bob, "--netuid", "7"].map(str::to_owned));
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let by_flag = Desk::new().settings::<MinerConfig>(&flags).unwrap();

    assert_eq!(by_flag, by_variable);
    let miner = by_flag.role;
    assert_eq!(miner.listen.to_string(), "127.0.0.1:0");
    assert_eq!(miner.external_ip, Some([10, 0, 0, 1].into()));
    assert_eq!(miner.external_port, Some(9));
    assert_eq!(miner.tls_certificate, Some("/etc/axon/axon.crt".into()));
    assert_eq!(miner.tls_key, Some("/etc/axon/axon.key".into()));
    assert_eq!(miner.tls_reload, Duration::from_secs(300));
    assert_eq!(miner.body_timeout, Duration::from_millis(250));
    assert_eq!(miner.rate_per_hotkey, 2.5);
    assert!(!miner.require_permit);
    assert_eq!(miner.when_stale, WhenStale::Refuse);
    assert_eq!(miner.min_stake_rao, u64::MAX);
    assert_eq!(miner.allow, [alice.parse().unwrap(), bob.parse().unwrap()].into());
}

#[test]
fn a_switch_needs_no_value() {
    let desk = Desk::new().file("netuid = 1\n[validator]\nwhen_all_zero = 'skip'\n");
    assert!(!desk.settings::<ValidatorConfig>(&[]).unwrap().role.allow_private_addresses);
    let switched = desk.settings::<ValidatorConfig>(&["--allow-private-addresses"]).unwrap().role;
    assert!(switched.allow_private_addresses);
}

#[test]
fn variables_of_the_ecosystem_set_the_common_settings_and_yield_to_this_projects_own() {
    let desk = Desk::new()
        .variable("BT_NETWORK", "test")
        .variable("BT_WALLET", "cold")
        .variable("BT_WALLET_HOTKEY", "hot")
        .variable("BT_WALLET_PATH", "/keys")
        .variable("RUST_LOG", "debug")
        .variable("SUBNETKIT_NETWORK", "ws://10.1.1.1:9944")
        .variable("SUBNETKIT_LOG_FORMAT", "json")
        .variable("SUBNETKIT_NETUID", "3");
    let common = desk.settings::<MinerConfig>(&[]).unwrap().common;
    assert_eq!(common.network, Network::Url("ws://10.1.1.1:9944".to_owned()));
    assert_eq!((common.wallet.as_str(), common.wallet_hotkey.as_str()), ("cold", "hot"));
    assert_eq!(common.wallet_path.to_str(), Some("/keys"));
    assert_eq!((common.log.as_str(), common.log_format), ("debug", LogFormat::Json));
    assert_eq!(common.netuid, Some(3));
}

#[test]
fn endpoints_are_a_list_or_none_and_the_networks_own_unless_set() {
    let common = |desk: Desk, flags: &[&str]| desk.settings::<MinerConfig>(flags).unwrap().common;
    let list = |urls: &[&str]| Some(Endpoints(urls.iter().map(|url| (*url).to_owned()).collect()));
    let unset = common(Desk::new(), &["--netuid", "1"]);
    assert_eq!((unset.fallback_endpoints, unset.archive_endpoints), (None, None));
    let desk = Desk::new()
        .file("netuid = 1\narchive_endpoints = ['wss://file']\nfallback_endpoints = ['wss://file']\n")
        .variable("BT_FALLBACK_ENDPOINTS", "wss://a:443, ws://b");
    let given = common(desk, &[]);
    assert_eq!(given.fallback_endpoints, list(&["wss://a:443", "ws://b"]));
    assert_eq!(given.archive_endpoints, list(&["wss://file"]));
    let desk =
        Desk::new().variable("BT_FALLBACK_ENDPOINTS", "wss://a").variable("BT_ARCHIVE_ENDPOINTS", "none");
    let pinned = common(desk, &["--netuid", "1", "--fallback-endpoints", "none"]);
    assert_eq!((pinned.fallback_endpoints, pinned.archive_endpoints), (list(&[]), list(&[])));
}

#[test]
fn an_empty_variable_sets_nothing() {
    let desk = Desk::new().variable("BT_NETWORK", "").variable("SUBNETKIT_NETUID", "3");
    assert_eq!(desk.settings::<MinerConfig>(&[]).unwrap().common.network, Network::Local);
}

#[test]
fn one_file_serves_both_roles() {
    let desk = Desk::new().file(
        "netuid = 5\n[miner]\nqueue = 9\n[validator]\nwhen_all_zero = 'burn_to_owner'\nround_interval = '5 blocks'\n",
    );
    assert_eq!(desk.settings::<MinerConfig>(&[]).unwrap().role.queue, 9);
    let validator = desk.settings::<ValidatorConfig>(&[]).unwrap().role;
    assert_eq!(validator.when_all_zero, WhenAllZero::BurnToOwner);
    assert_eq!(validator.round_interval, RoundInterval::Blocks(5));
}

#[test]
fn another_file_can_be_named_by_flag_and_by_variable() {
    let desk = Desk::new().file("netuid = 5\n");
    let other = desk.path("other.toml");
    std::fs::write(&other, "netuid = 6\n").unwrap();
    let other = other.to_str().unwrap();
    assert_eq!(desk.settings::<MinerConfig>(&["--config", other]).unwrap().common.netuid, Some(6));
    let desk = desk.variable("SUBNETKIT_CONFIG", other);
    assert_eq!(desk.settings::<MinerConfig>(&[]).unwrap().common.netuid, Some(6));
}

#[test]
fn print_config_tells_every_value_and_its_origin_and_is_a_file_that_gives_them() {
    let desk = Desk::new().file("netuid = 5\n[miner]\nqueue = 9\n").variable("BT_NETWORK", "test");
    let layers = desk.layers::<MinerConfig>(&["--listen", "127.0.0.1:1", "--rate-per-hotkey", "3"]).unwrap();
    let printed = layers.print();
    let line = |start: &str| {
        let line = printed.lines().find(|line| line.starts_with(start));
        line.unwrap_or_else(|| panic!("{start} is not in\n{printed}")).to_owned()
    };
    assert!(line("netuid = 5 ").ends_with("subnet.toml"));
    assert!(line("network = \"test\" ").ends_with("# environment BT_NETWORK"));
    assert!(line("listen = \"127.0.0.1:1\" ").ends_with("# flag --listen"));
    assert!(line("body_limit = 1048576 ").ends_with("# default"));
    assert!(line("# external_ip = ").ends_with("# not set"));
    assert!(line("# tls_certificate = ").ends_with("# not set"));

    let copy = Desk::new().file(&printed);
    assert_eq!(copy.settings::<MinerConfig>(&[]).unwrap(), layers.settings::<MinerConfig>().unwrap());
}

#[test]
fn print_config_works_before_anything_is_set() {
    let printed = Desk::new().layers::<ValidatorConfig>(&["--print-config"]).unwrap().print();
    assert!(printed.contains("# netuid ="));
    assert!(printed.contains("# when_all_zero ="));
}

#[test]
fn a_misspelt_variable_is_remarked_upon() {
    let desk =
        Desk::new().variable("SUBNETKIT_LISTN", "127.0.0.1:1").variable("SUBNETKIT_ROUND_INTERVAL", "1m");
    let remarks = desk.layers::<MinerConfig>(&[]).unwrap().remarks;
    assert_eq!(
        remarks,
        ["the variable SUBNETKIT_LISTN sets nothing in this program; did you mean SUBNETKIT_LISTEN?"]
    );
}
