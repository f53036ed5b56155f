//! The page and the table of reports made by hand, for what no ordinary run shows.

use subnetkit_lab::{
    Epoch, NeuronEpoch, Party, Report, Rules, Strategy, ValidatorSummary, WeightsRow, WhatIf, WhatIfPoint,
    Withheld,
};
use subnetkit_protocol::Hotkey;

use crate::markup::well_formed;

const ALPHA: u64 = 1_000_000_000;

fn strategy(name: &str, identities: usize, earned: u64) -> Strategy {
    Strategy {
        name: name.to_owned(),
        about: format!("plays as {name}"),
        fair: !name.contains("cat"),
        identities,
        earned,
        registration_cost: 3 * ALPHA,
        work_cost: 0,
        bribes_paid: 0,
        share: 0.5,
        registrations: 1,
        pruned: 0,
        answers: 10,
        unanswered: 0,
        alone: None,
    }
}

fn validator(name: &str) -> ValidatorSummary {
    ValidatorSummary {
        name: name.to_owned(),
        about: format!("validates as {name}"),
        honest: true,
        count: 1,
        stake_start: 1_000 * ALPHA,
        stake_end: 1_100 * ALPHA,
        dividends: 100 * ALPHA,
        bribes: 0,
        mean_trust: 0.97,
        withheld: Withheld::default(),
    }
}

fn neuron(uid: u16, party: Party, emission: u64) -> NeuronEpoch {
    let [low, high] = uid.to_le_bytes();
    let mut hotkey = [7; 32];
    (hotkey[0], hotkey[1]) = (low, high);
    NeuronEpoch {
        uid,
        hotkey: Hotkey::from(hotkey),
        party,
        stake: 1_000 * ALPHA,
        permit: party == Party::Validator(0),
        score: None,
        incentive: 0,
        dividends: 0,
        consensus: 0,
        validator_trust: 60_000,
        emission,
    }
}

/// `miners` names with so many hotkeys each, that earn so much in each of so many epochs.
fn report(miners: &[(&str, usize, u64)], validators: usize, epochs: u32) -> Report {
    let strategies = miners.iter().map(|(name, identities, emission)| {
        strategy(name, *identities, emission * u64::from(epochs) * *identities as u64)
    });
    let mut neurons = vec![neuron(0, Party::Owner, 0)];
    for _ in 0..validators {
        neurons.push(neuron(neurons.len() as u16, Party::Validator(0), ALPHA));
    }
    for (at, (_, identities, emission)) in miners.iter().enumerate() {
        for _ in 0..*identities {
            neurons.push(neuron(neurons.len() as u16, Party::Miner(at), *emission));
        }
    }
    let to = |neuron: &NeuronEpoch| matches!(neuron.party, Party::Miner(_)).then_some((neuron.uid, u16::MAX));
    let weights: Vec<(u16, u16)> = neurons.iter().filter_map(to).collect();
    let weights = (0..validators).map(|at| WeightsRow {
        validator: at as u16 + 1,
        name: "honest".to_owned(),
        weights: weights.clone(),
    });
    Report {
        title: "words".to_owned(),
        seed: 7,
        rules: Rules::default(),
        rounds_per_epoch: 1,
        strategies: strategies.collect(),
        validators: if validators > 0 { vec![validator("honest")] } else { Vec::new() },
        weights: weights.collect(),
        epochs: (1..=epochs)
            .map(|number| Epoch { number, block: u64::from(number) * 360, neurons: neurons.clone() })
            .collect(),
        what_ifs: Vec::new(),
    }
}

/// What every page must be, whatever it shows.
fn assert_sound(page: &str) {
    if let Err(fault) = well_formed(page) {
        panic!("{fault}");
    }
    for reference in ["http:", "https:", "src=", "href=", "@import", "url(", "<link", "<img"] {
        assert!(!page.contains(reference), "the page refers to something outside: {reference}");
    }
    for nonsense in ["NaN", ">inf", " inf", "-inf", "Infinity", "undefined"] {
        assert!(!page.contains(nonsense), "the page shows {nonsense}");
    }
}

#[test]
fn names_are_text_and_never_markup() {
    let nasty = r#"<script>alert("cat")</script>"#;
    let mut report = report(&[("honest", 2, ALPHA), (nasty, 1, ALPHA / 2)], 2, 5);
    report.title = "a & b <i>\u{0}\u{1b}[31m".to_owned();
    report.validators[0].name = "'><svg onload=x>".to_owned();
    report.validators[0].withheld = Withheld { times: 2, last_reason: Some("<b>".to_owned()) };
    let page = report.to_html();
    assert_sound(&page);
    assert!(page.contains("&lt;script&gt;alert(&quot;cat&quot;)&lt;/script&gt;"));
    assert!(page.contains("<h1>a &amp; b &lt;i&gt;[31m</h1>"));
    assert!(!page.contains("<script>alert") && !page.contains("<svg onload") && !page.contains("<b>."));
    assert_eq!(page.matches("<script>").count(), 1, "the page's own, without which it is read as well");
    assert!(!page.contains('\u{0}') && !page.contains('\u{1b}'));
    assert!(!report.to_table().contains('\u{1b}'), "nor does a name colour the terminal");
}

#[test]
fn what_does_not_exist_is_no_number() {
    let none = report(&[], 0, 0);
    let nobody_validates = report(&[("honest", 3, 0)], 0, 4);
    let single = report(&[("honest", 1, ALPHA)], 1, 1);
    let nothing_earned = report(&[("honest", 2, 0), ("copycat", 2, 0)], 1, 3);
    let mut odd = report(&[("honest", 2, ALPHA), ("nobody", 0, 0)], 1, 3);
    odd.strategies[0].share = f64::NAN;
    odd.strategies[0].answers = 0;
    odd.validators[0].mean_trust = f64::NAN;
    odd.validators[0].stake_start = 0;
    odd.strategies[1].alone = Some(subnetkit_lab::Alone { earned: 0 });
    odd.strategies[1].earned = 5;
    odd.what_ifs = vec![
        WhatIf { name: "empty".to_owned(), unit: String::new(), points: Vec::new() },
        WhatIf {
            name: "odd".to_owned(),
            unit: "blocks".to_owned(),
            points: vec![WhatIfPoint {
                value: f64::INFINITY,
                current: true,
                strategies: odd.strategies.clone(),
                validators: odd.validators.clone(),
                gini: f64::NAN,
            }],
        },
    ];
    for report in [&none, &nobody_validates, &single, &nothing_earned, &odd] {
        assert_sound(&report.to_html());
        let table = report.to_table();
        assert!(!table.contains("NaN") && !table.contains("inf "), "{table}");
    }
    assert!(nothing_earned.to_html().contains("No miner earned anything."));
    assert!(
        nothing_earned.to_html().contains("There is nothing to be seen here"),
        "no panel is merely empty"
    );
    assert!(nobody_validates.to_html().contains("No validator had weights"));
}

#[test]
fn long_series_and_large_maps_are_bounded() {
    let many: Vec<(String, usize)> = (0..16).map(|at| (format!("strategy {at}"), 16)).collect();
    let many: Vec<(&str, usize, u64)> =
        many.iter().map(|(name, count)| (name.as_str(), *count, ALPHA)).collect();
    let page = report(&many, 64, 1_000).to_html();
    assert_sound(&page);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(page.contains("Each point is the mean of 5 epochs."));
    assert!(page.contains(">1,000</span>") && !page.contains(">996–1000</span>"), "labels have room");
    assert!(page.contains("neighbours are merged"));
    for (name, _, _) in many {
        assert!(page.contains(name), "{name}");
    }
}

#[test]
fn faults_are_told_before_what_is_good() {
    let mut report =
        report(&[("honest", 2, 2 * ALPHA), ("copycat", 1, 2 * ALPHA), ("lazy cat", 1, ALPHA / 2)], 1, 10);
    report.strategies[2].registration_cost = 50 * ALPHA;
    let table = report.to_table();
    let at = |text: &str| table.find(text).unwrap_or_else(|| panic!("{text} is not in:\n{table}"));
    let fault = at("fault    “copycat” earns 1.00 of what “honest” earns per identity: cheating pays.");
    let good = at("good     “lazy cat” earns 0.25 of what “honest” earns per identity, and loses 45.0");
    assert!(fault < good);
    report.strategies[1].earned = 17 * ALPHA;
    let table = report.to_table();
    assert!(table.contains("warning  “copycat” earns 0.85 of"), "{table}");
    assert!(!table.contains("lost its place"), "{table}");
    report.strategies[0].pruned = 2;
    let table = report.to_table();
    assert!(table.contains("warning  “honest” lost its place in the subnet 2 times"), "{table}");
    report.strategies[1].earned = 15 * ALPHA;
    report.strategies[0].work_cost = 30 * ALPHA;
    let table = report.to_table();
    assert!(
        table.contains("fault    “copycat” earns 0.75 of what “honest” earns per identity, and keeps more"),
        "{table}"
    );
}

#[test]
fn a_setting_that_would_make_cheating_pay_is_named() {
    let mut report = report(&[("honest", 2, 2 * ALPHA), ("copycat", 1, ALPHA)], 1, 10);
    let point = |value, current, copied: u64| {
        let mut strategies = report.strategies.clone();
        strategies[1].earned = copied * ALPHA;
        WhatIfPoint { value, current, strategies, validators: report.validators.clone(), gini: 0.2 }
    };
    let points = vec![
        point(90.0, false, 25),
        point(360.0, true, 10),
        point(720.0, false, 20),
        point(1_440.0, false, 5),
    ];
    report.what_ifs = vec![WhatIf { name: "tempo".to_owned(), unit: "blocks".to_owned(), points }];
    let sentence = "With tempo at 90 blocks or 720 blocks “copycat” would earn as much as “honest” or more.";
    assert!(report.to_table().contains(sentence), "{}", report.to_table());
    let page = report.to_html();
    assert_sound(&page);
    assert!(page.contains(sentence));
}

#[test]
fn columns_of_the_table_stand_under_their_heads() {
    let long = "a name that is far too long for a column of a table";
    let report = report(&[("honest", 10, 123 * ALPHA), (long, 1, 7)], 3, 4);
    let table = report.to_table();
    let tables: Vec<Vec<&str>> =
        table.split("\n\n").skip(1).take(2).map(|table| table.lines().collect()).collect();
    assert_eq!(tables.len(), 2, "{table}");
    for rows in tables {
        let widths: Vec<usize> = rows.iter().map(|row| row.chars().count()).collect();
        assert!(widths.iter().all(|width| *width == widths[0] && *width <= 120), "{table}");
    }
    assert!(table.contains("honest                            10"), "{table}");
    assert!(table.contains("a name that is far too …"), "{table}");
}
