use std::collections::BTreeMap;
use std::time::Duration;

use subnetkit_chain::{EpochClock, Rao};
use subnetkit_protocol::{AccountId, Hotkey};

use super::*;
use crate::weights::WhenAllZero;

fn account(byte: u8) -> AccountId {
    AccountId::from_bytes([byte; 32])
}

const TAO: u64 = 1_000_000_000;
const ME: usize = 1;
const NOW_MS: u64 = 1_770_000_000_000;

fn me() -> Hotkey {
    account(1)
}

/// A subnet of six with two permits, commit-reveal on, and nothing wrong.
fn healthy() -> Facts {
    let neuron =
        |byte: u8, stake: u64, permit| Competitor { hotkey: account(byte), stake: stake * TAO, permit };
    let rules = Rules {
        stake_threshold: 1_000 * TAO,
        weights_version: 0,
        weights_rate_limit: 100,
        min_allowed_weights: 1,
        max_validators: 2,
        commit_reveal: true,
        reveal_period: 1,
        commit_reveal_version: 4,
        immunity_period: 5_000,
        activity_cutoff: 5_000,
    };
    let mechanism = MechanismFacts { last_update: 9_990, hash_commits: 0, sealed_commits: 1 };
    let me = NeuronFacts {
        uid: 1,
        owner: Some(account(101)),
        balance: Rao(TAO),
        fee: Rao(0),
        mechanisms: BTreeMap::from([(0, mechanism)]),
    };
    let subnet = SubnetFacts {
        clock: EpochClock {
            block: 10_100,
            tempo: 360,
            last_epoch_block: 10_000,
            pending_epoch_at: 0,
            epoch_index: 28,
            blocks_since_last_step: 100,
        },
        rules,
        neurons: vec![
            neuron(0, 0, false),
            neuron(1, 5_000, true),
            neuron(2, 9_000, true),
            neuron(3, 500, false),
            neuron(4, 0, false),
            neuron(5, 0, false),
        ],
        owner_hotkey: account(0),
        last_stored_round: 1_000,
        round_now: 1_001,
        round_seconds: 3,
        me: Some(me),
    };
    let chain = ChainFacts {
        block: 10_100,
        block_time: Duration::from_secs(12),
        time_ms: NOW_MS,
        silent: None,
        clock: Some(ClockFacts { local_ms: NOW_MS + 3_000, public: true }),
        subnet: Some(subnet),
    };
    Facts {
        netuid: 7,
        hotkey: account(1),
        coldkey: Some(account(101)),
        plan: Plan { version_key: 0, when_all_zero: Some(WhenAllZero::BurnToOwner), commits_by_hash: false },
        chain: Reached::Read(Box::new(chain)),
        axon: Some(AxonFacts { address: None, tls: false, failure: None }),
        ledger: Some(LedgerFacts { path: "validator.sqlite".into(), exists: true, failure: None }),
    }
}

fn broken(facts: &Facts) -> Vec<(Rule, Severity)> {
    let findings = diagnose(facts);
    assert!(findings.iter().all(|finding| !finding.sentence.is_empty() && !finding.sentence.contains('\n')));
    let bad = findings.into_iter().filter(|finding| finding.severity != Severity::Fine);
    bad.map(|finding| (finding.rule, finding.severity)).collect()
}

type Break = fn(&mut Facts);

fn chain(facts: &mut Facts) -> &mut ChainFacts {
    match &mut facts.chain {
        Reached::Read(chain) => chain,
        other => panic!("not read: {other:?}"),
    }
}

fn subnet(facts: &mut Facts) -> &mut SubnetFacts {
    chain(facts).subnet.as_mut().unwrap()
}

fn mine(facts: &mut Facts) -> &mut NeuronFacts {
    subnet(facts).me.as_mut().unwrap()
}

fn mechanism(facts: &mut Facts) -> &mut MechanismFacts {
    mine(facts).mechanisms.get_mut(&0).unwrap()
}

#[test]
fn every_broken_rule_is_the_only_finding_and_a_healthy_hotkey_has_none() {
    use Rule as R;
    use Severity::{Blocks, Weakens};
    assert_eq!(broken(&healthy()), []);
    let cases: &[(Rule, Severity, Break)] = &[
        (R::ChainReachable, Blocks, |f| f.chain = Reached::No { reason: "no answer".to_owned() }),
        (R::Genesis, Blocks, |f| f.chain = Reached::Other { reason: "another network".to_owned() }),
        (R::ChainSilent, Blocks, |f| {
            chain(f).silent = Some((Duration::from_secs(100), Duration::from_secs(96)));
        }),
        (R::ClockSkew, Weakens, |f| chain(f).clock.as_mut().unwrap().local_ms = NOW_MS - 10_001),
        (R::ClockSkew, Weakens, |f| chain(f).clock.as_mut().unwrap().local_ms = NOW_MS + 14_001),
        (R::SubnetExists, Blocks, |f| chain(f).subnet = None),
        (R::Tempo, Blocks, |f| subnet(f).clock.tempo = 0),
        (R::Registered, Blocks, |f| subnet(f).me = None),
        (R::HotkeyOwner, Weakens, |f| f.coldkey = Some(account(102))),
        (R::StakeThreshold, Blocks, |f| subnet(f).neurons[ME].stake = 999 * TAO),
        (R::StakeThreshold, Blocks, |f| {
            subnet(f).neurons[ME] = Competitor { hotkey: me(), stake: 0, permit: false };
        }),
        // The next epoch gives it.
        (R::ValidatorPermit, Blocks, |f| subnet(f).neurons[ME].permit = false),
        // Two others have more, and hold the permits or will.
        (R::ValidatorPermit, Blocks, |f| {
            subnet(f).neurons[ME].permit = false;
            subnet(f).neurons[4].stake = 6_000 * TAO;
        }),
        (R::ValidatorPermit, Weakens, |f| subnet(f).neurons[4].stake = 6_000 * TAO),
        // Equal stake goes to the higher uid.
        (R::ValidatorPermit, Weakens, |f| subnet(f).neurons[4].stake = 5_000 * TAO),
        (R::VersionKey, Blocks, |f| subnet(f).rules.weights_version = 1),
        (R::MinAllowedWeights, Weakens, |f| subnet(f).rules.min_allowed_weights = 1_024),
        (R::WhenAllZero, Weakens, |f| subnet(f).rules.min_allowed_weights = 2),
        (R::WhenAllZero, Weakens, |f| subnet(f).owner_hotkey = account(99)),
        (R::RateLimitTempo, Weakens, |f| subnet(f).rules.weights_rate_limit = 361),
        (R::RateLimit, Weakens, |f| {
            subnet(f).rules.weights_rate_limit = 350;
            mechanism(f).last_update = 10_010;
        }),
        (R::CommitRevealVersion, Blocks, |f| subnet(f).rules.commit_reveal_version = 5),
        (R::OpenCommits, Blocks, |f| mechanism(f).sealed_commits = 10),
        (R::OpenCommits, Blocks, |f| {
            f.plan.commits_by_hash = true;
            mechanism(f).hash_commits = 10;
        }),
        (R::DrandLag, Weakens, |f| subnet(f).round_now = 1_021),
        (R::DrandLag, Blocks, |f| subnet(f).round_now = 1_000 + 1_440),
        (R::ImmunityPeriod, Weakens, |f| subnet(f).rules.immunity_period = 360),
        (R::ActivityCutoff, Weakens, |f| mechanism(f).last_update = 10_100 - 5_001),
        (R::Fees, Blocks, |f| mine(f).fee = Rao(TAO + 1)),
        (R::Fees, Weakens, |f| mine(f).fee = Rao(TAO / 99)),
        (R::ServedAddress, Weakens, |f| {
            let failure = Some("connection refused".to_owned());
            f.axon = Some(AxonFacts { address: "8.8.8.8:8091".parse().ok(), tls: true, failure });
        }),
        (R::Ledger, Blocks, |f| f.ledger.as_mut().unwrap().failure = Some("no".to_owned())),
    ];
    for (rule, severity, damage) in cases {
        let mut facts = healthy();
        damage(&mut facts);
        assert_eq!(broken(&facts), [(*rule, *severity)], "{:#?}", diagnose(&facts));
    }
    // Nothing can break this one: it tells how weights are sent.
    let untested: Vec<_> =
        Rule::ALL.iter().filter(|rule| cases.iter().all(|case| case.0 != **rule)).collect();
    assert_eq!(untested, [&Rule::CommitReveal]);
}

#[test]
fn what_the_chain_exempts_is_fine() {
    let cases: &[Break] = &[
        // The owner's hotkey needs neither stake nor permit.
        |f| {
            subnet(f).owner_hotkey = me();
            subnet(f).neurons[ME] = Competitor { hotkey: me(), stake: 0, permit: false };
        },
        // A row that names only oneself needs no second weight.
        |f| {
            subnet(f).owner_hotkey = me();
            subnet(f).rules.min_allowed_weights = 3;
        },
        // In the open, nothing waits.
        |f| {
            subnet(f).rules.commit_reveal = false;
            subnet(f).rules.immunity_period = 1;
            subnet(f).round_now = 1_000_000;
            mechanism(f).sealed_commits = 10;
        },
        // Committing by hash needs no pulses.
        |f| {
            f.plan.commits_by_hash = true;
            subnet(f).round_now = 1_000_000;
        },
        |f| f.plan.version_key = 7,
        |f| {
            // A chain of one's own, two years behind.
            let local_ms = NOW_MS + 2 * 365 * 24 * 3_600_000;
            chain(f).clock = Some(ClockFacts { local_ms, public: false });
        },
        // The last block before the epoch can hold it.
        |f| {
            subnet(f).rules.weights_rate_limit = 350;
            mechanism(f).last_update = 10_009;
        },
    ];
    for (number, exempt) in cases.iter().enumerate() {
        let mut facts = healthy();
        exempt(&mut facts);
        assert_eq!(broken(&facts), [], "case {number}");
    }
}

#[test]
fn sentences_have_the_numbers_and_the_remedy() {
    let sentence = |damage: Break, rule: Rule| {
        let mut facts = healthy();
        damage(&mut facts);
        let found = diagnose(&facts).into_iter().find(|finding| finding.rule == rule).unwrap();
        found.sentence
    };
    let has = |text: &str, parts: &[&str]| {
        for part in parts {
            assert!(text.contains(part), "{part:?} is not in: {text}");
        }
    };
    let stake = |f: &mut Facts| subnet(f).neurons[ME].stake = 900 * TAO;
    has(&sentence(stake, Rule::StakeThreshold), &["900.000000000", "1000.000000000", "100.000000000 more"]);
    let permit = |f: &mut Facts| subnet(f).neurons[ME].permit = false;
    has(
        &sentence(permit, Rule::ValidatorPermit),
        &["1 neurons stand above", "2 get one", "epoch in block 10360"],
    );
    has(&sentence(|_| (), Rule::CommitReveal), &["opens in block 10360", "about 3120 s"]);
    // In the block before an epoch a commit belongs to the next one already.
    let late = |f: &mut Facts| {
        chain(f).block = 10_359;
        subnet(f).clock.block = 10_359;
    };
    has(&sentence(late, Rule::CommitReveal), &["opens in block 10720"]);
    let limited = |f: &mut Facts| mechanism(f).last_update = 10_050;
    has(&sentence(limited, Rule::RateLimit), &["49 blocks are left", "10150"]);
    has(
        &sentence(|f| subnet(f).rules.weights_rate_limit = 721, Rule::RateLimitTempo),
        &["721", "360", "one epoch in 3"],
    );
    has(&sentence(|_| (), Rule::Registered), &["uid 1"]);
}
