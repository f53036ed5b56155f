//! What becomes of each way of mining.

use std::time::Duration;

use subnetkit_lab::{Miner, Party, Rules, Validator};

use crate::support::{Judge, Sleeper, Squarer, Wrong, cheap, each, lab, open_rules};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn speed_pays_and_wrong_answers_do_not() {
    let report = lab([
        Miner::honest(Squarer).count(4),
        Miner::slow(Squarer, ms(400)).count(2),
        Miner::wrong(Wrong),
        Miner::lazy(Squarer, 0.3),
    ])
    .run()
    .unwrap();
    report.assert_earns_more("honest", "slow");
    report.assert_earns_more("slow", "lazy");
    report.assert_earns_more("lazy", "wrong");
    report.assert_unprofitable("wrong");
    report.assert_profitable("honest");
    assert_eq!(report.strategy("wrong").unwrap().earned, 0);
    let lazy = report.strategy("lazy").unwrap();
    let (answered, all) = (lazy.answers as f64, (lazy.answers + lazy.unanswered) as f64);
    assert!((0.15..0.45).contains(&(answered / all)), "{answered} of {all}");
    assert_eq!(all, 60.0, "three validators, twenty rounds");
}

#[test]
fn time_is_virtual_and_counted() {
    // An hour of sleep is over at once, and too late; a nap is an answer that took as long.
    let miners = [
        Miner::new("sleeper", Sleeper(Duration::from_secs(3600))),
        Miner::new("napper", Sleeper(ms(160))).latency(ms(40)).jitter(ms(0)),
        Miner::honest(Squarer).latency(ms(40)).jitter(ms(0)),
    ];
    let began = std::time::Instant::now();
    let report = lab(miners).run().unwrap();
    assert!(began.elapsed() < Duration::from_secs(30), "it really slept");
    assert_eq!(
        (report.strategy("sleeper").unwrap().earned, report.strategy("sleeper").unwrap().answers),
        (0, 0)
    );
    let scores = |name: &str| {
        let place = report.strategies.iter().position(|strategy| strategy.name == name).unwrap();
        let last = &report.epochs.last().unwrap().neurons;
        last.iter().find(|neuron| neuron.party == Party::Miner(place)).unwrap().score.unwrap()
    };
    assert!((scores("napper") - 200.0 / 400.0).abs() < 1e-9, "{}", scores("napper"));
    assert!((scores("honest") - 200.0 / 240.0).abs() < 1e-9, "{}", scores("honest"));
    assert_eq!(scores("sleeper"), 0.0);
}

#[test]
fn work_takes_time_and_costs() {
    let miners = [Miner::honest(Squarer), Miner::honest(Squarer).named("dear").work(ms(100)).cost(3.0)];
    let report = lab(miners).run().unwrap();
    report.assert_earns_more("honest", "dear");
    assert_eq!(report.strategy("dear").unwrap().work_cost, 60 * 3_000_000_000);
    assert_eq!(report.strategy("honest").unwrap().work_cost, 0);
}

#[test]
fn skill_is_the_share_of_right_answers() {
    let miners = [
        Miner::honest(Squarer),
        Miner::honest(Squarer).named("half").skill(0.5).else_answers(Wrong),
        Miner::honest(Squarer).named("silent").skill(0.5),
    ];
    let report = lab(miners).epochs(60).run().unwrap();
    let half = each(&report, "half") / each(&report, "honest");
    assert!((0.3..0.7).contains(&half), "{half}");
    assert_eq!(report.strategy("half").unwrap().unanswered, 0, "it answers always");
    assert!((50..130).contains(&report.strategy("silent").unwrap().unanswered), "or refuses");
}

#[test]
fn a_copycat_earns_where_all_are_asked_the_same_and_nothing_where_each_is_asked_its_own() {
    let population = || [Miner::honest(Squarer).count(3), Miner::copycat("honest")];
    let own = lab(population()).run().unwrap();
    assert_eq!(own.strategy("copycat").unwrap().earned, 0, "{}", own.to_table());
    own.assert_unprofitable("copycat");

    let same = lab(population()).score(Judge { same: true, ..Judge::default() }).run().unwrap();
    let part = each(&same, "copycat") / each(&same, "honest");
    assert!(
        (0.5..0.95).contains(&part),
        "it copies what is right, and comes later: {part}\n{}",
        same.to_table()
    );
}

#[test]
fn one_machine_answers_the_same_request_once_and_others_one_after_the_other() {
    let population =
        || [Miner::honest(Squarer).count(4).work(ms(100)), Miner::sybil(Squarer, 4).work(ms(100))];
    let same = lab(population()).score(Judge { same: true, ..Judge::default() }).run().unwrap();
    let gain = same.strategy("sybil").unwrap().sybil_gain().unwrap();
    assert!(gain > 2.0, "four hotkeys, one answer: {gain}");
    let own = lab(population()).run().unwrap();
    let queued = own.strategy("sybil").unwrap().sybil_gain().unwrap();
    assert!(queued < gain, "different requests wait for each other: {queued} and {gain}");
    own.assert_earns_more("honest", "sybil");
    own.assert_sybil_gain_below(gain, "sybil");
    // Worked on once for all, or once for each.
    let cost = |judge| {
        let miners = [Miner::honest(Squarer), Miner::sybil(Squarer, 4).cost(1.0)];
        lab(miners).score(judge).run().unwrap().strategy("sybil").unwrap().work_cost / 1_000_000_000
    };
    assert_eq!((cost(Judge { same: true, ..Judge::default() }), cost(Judge::default())), (60, 240));
}

#[test]
fn who_is_there_half_of_the_time_earns_less() {
    let miners = [Miner::honest(Squarer).count(2), Miner::intermittent(Squarer, 3, 3)];
    let report = lab(miners).epochs(30).run().unwrap();
    report.assert_earns_more("honest", "intermittent");
    let there = report.strategy("intermittent").unwrap();
    assert_eq!((there.answers, there.unanswered), (45, 45));
}

#[test]
fn a_late_joiner_registers_when_it_comes() {
    let report = lab([Miner::honest(Squarer).count(2), Miner::late(Squarer, 10)]).run().unwrap();
    let late = report.strategies.iter().position(|strategy| strategy.name == "late").unwrap();
    let there = |number: usize| {
        report.epochs[number - 1].neurons.iter().any(|neuron| neuron.party == Party::Miner(late))
    };
    assert!(!there(9) && there(10));
    assert!(report.strategies[late].earned > 0 && report.strategies[late].registration_cost > 0);
    report.assert_earns_more("honest", "late");
}

#[test]
fn a_bribe_is_paid_by_the_briber_and_had_by_the_colluder() {
    let miners = || [Miner::honest(Squarer).count(3), Miner::briber(Wrong, 0.5)];
    let validators = [Validator::honest(10_000.0).count(2), Validator::colluding(30_000.0, "briber")];
    let bought = lab(miners()).validators(validators).run().unwrap();
    let briber = bought.strategy("briber").unwrap();
    assert!(briber.earned > 0, "the colluder has the majority\n{}", bought.to_table());
    let paid = briber.bribes_paid as f64 / briber.earned as f64;
    assert!((paid - 0.5).abs() < 1e-6, "{paid}");
    assert_eq!(bought.validator("colluder").unwrap().bribes, briber.bribes_paid);
    assert_eq!(bought.validator("honest").unwrap().bribes, 0);
}

#[test]
fn in_a_full_subnet_newcomers_take_the_place_of_those_who_earn_least() {
    let rules =
        Rules { max_allowed_uids: 14, immunity_period: 360, min_non_immune_uids: 1, ..cheap(&open_rules()) };
    let population = |rejoins| {
        [
            Miner::honest(Squarer).count(8),
            Miner::wrong(Wrong).count(3).rejoins(rejoins),
            Miner::late(Squarer, 6).count(2),
        ]
    };
    let validators = || [Validator::honest(10_000.0).count(2)];
    let gone = lab(population(false)).validators(validators()).rules(rules.clone()).run().unwrap();
    assert_eq!(gone.strategy("wrong").unwrap().pruned, 2, "{}", gone.to_table());
    assert_eq!(gone.strategy("honest").unwrap().pruned, 0);
    assert!(gone.strategy("late").unwrap().earned > 0);
    let back = lab(population(true)).validators(validators()).rules(rules).run().unwrap();
    let wrong = back.strategy("wrong").unwrap();
    assert!(wrong.registrations > 3 && wrong.pruned > 2, "{wrong:?}");
    let once = gone.strategy("wrong").unwrap();
    assert!(wrong.registration_cost > once.registration_cost, "each registration burns");
}
