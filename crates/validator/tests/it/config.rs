//! Settings as they are written in files.

use std::time::Duration;

use subnetkit_validator::{CommitWith, RoundInterval, ValidatorConfig, WhenAllZero};

#[test]
fn the_shortest_file_gives_the_documented_defaults() {
    let config: ValidatorConfig = toml::from_str("when_all_zero = \"hold_last\"").unwrap();
    assert_eq!(config, ValidatorConfig::new(WhenAllZero::HoldLast));
    assert_eq!(config.round_interval, RoundInterval::Time(Duration::from_secs(60)));
    assert!(!config.allow_private_addresses);
    config.validate().unwrap();
}

#[test]
fn a_config_written_and_read_is_the_same() {
    let mut config = ValidatorConfig::new(WhenAllZero::BurnToOwner);
    config.round_interval = RoundInterval::Blocks(5);
    config.commit_with = CommitWith::Hash;
    config.owner_burn_share = 0.25;
    let text = toml::to_string(&config).unwrap();
    assert!(text.contains("commit_with = \"hash\""), "{text}");
    assert_eq!(toml::from_str::<ValidatorConfig>(&text).unwrap(), config);
}

#[test]
fn the_policy_for_all_zero_rewards_has_no_default() {
    let error = toml::from_str::<ValidatorConfig>("").unwrap_err();
    assert!(error.to_string().contains("when_all_zero"), "{error}");
}

#[test]
fn an_unknown_key_is_named() {
    let text = "when_all_zero = \"skip\"\nround_intervall = \"5s\"";
    let error = toml::from_str::<ValidatorConfig>(text).unwrap_err();
    assert!(error.to_string().contains("round_intervall"), "{error}");
}

#[test]
fn settings_that_cannot_work_are_named() {
    type Change = fn(&mut ValidatorConfig);
    let cases: [(&str, Change); 5] = [
        ("ask_concurrency", |config| config.ask_concurrency = 0),
        ("submit_margin_blocks", |config| config.submit_margin_blocks = 1),
        ("owner_burn_share", |config| config.owner_burn_share = 1.5),
        ("owner_burn_share", |config| config.owner_burn_share = f64::NAN),
        ("ledger_rounds", |config| config.ledger_rounds = 0),
    ];
    for (setting, change) in cases {
        let mut config = ValidatorConfig::new(WhenAllZero::Skip);
        change(&mut config);
        let error = config.validate().unwrap_err();
        assert_eq!(error.setting, setting);
        assert!(error.to_string().contains(setting), "{error}");
    }
}

#[test]
fn round_intervals_are_written_with_their_unit() {
    for (text, interval) in [
        ("1m", RoundInterval::Time(Duration::from_secs(60))),
        ("500ms", RoundInterval::Time(Duration::from_millis(500))),
        ("1 block", RoundInterval::Blocks(1)),
        ("5 blocks", RoundInterval::Blocks(5)),
    ] {
        assert_eq!(text.parse::<RoundInterval>().unwrap(), interval);
        assert_eq!(interval.to_string(), text);
    }
    for text in ["", "60", "0s", "0 blocks", "-1s", "5 epochs", "99999999999999999999s"] {
        let error = text.parse::<RoundInterval>().unwrap_err();
        assert!(error.to_string().contains("round_interval"), "{error}");
    }
}
