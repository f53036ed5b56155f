//! What stands out in a report, in sentences: whether cheating pays, and under which other settings it would.

use std::fmt;

use serde::Serialize;

use crate::{
    number::{self, alpha, ratio},
    report::{Report, Strategy, ValidatorSummary, WhatIf},
};

/// From this share of an honest miner's earnings on, cheating nearly pays.
const NEARLY: f64 = 0.8;
/// Several identities may bring their operator this much more than one before it is worth a warning.
const SYBIL_GAIN: f64 = 1.05;
/// From this share of an honest validator's dividends per stake on, not validating pays as much.
const AS_MUCH: f64 = 0.98;

/// Weights that are not set in more than this share of the epochs are worth a warning. A beginning without scores is not.
const SELDOM: f64 = 0.05;

/// One thing that stands out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) gravity: Gravity,
    pub(crate) sentence: String,
}

/// How a finding is to be taken. The gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Gravity {
    /// The incentive pays whom it should not.
    Fault,
    /// It nearly does.
    Warning,
    /// It does as it should.
    Good,
    /// Neither good nor bad.
    Fact,
}

impl Gravity {
    /// One word for it, lower case.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Warning => "warning",
            Self::Good => "good",
            Self::Fact => "fact",
        }
    }
}

impl fmt::Display for Gravity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What stands out in a report, the gravest first.
pub(crate) fn of(report: &Report) -> Vec<Finding> {
    let mut findings = Findings(Vec::new());
    if report.strategies.iter().all(|strategy| strategy.earned == 0) {
        findings.fault("No miner earned anything.".to_owned());
    } else if let Some(honest) = honest_miner(&report.strategies) {
        findings.miners(report, honest);
        for what_if in &report.what_ifs {
            findings.what_if(what_if, honest);
        }
    }
    findings.validators(report);
    findings.note(format!(
        "The gini index of what miners’ hotkeys earned is {}; 0 is all the same, 1 is one for all.",
        number::fixed(report.gini(), 2)
    ));
    findings.0.sort_by_key(|finding| finding.gravity);
    findings.0
}

/// The miner that others are measured by: "honest", or else the first that plays fair.
pub(crate) fn honest_miner(strategies: &[Strategy]) -> Option<&Strategy> {
    let mut fair = strategies.iter().filter(|strategy| strategy.fair);
    strategies.iter().find(|strategy| strategy.fair && strategy.name == "honest").or_else(|| fair.next())
}

struct Findings(Vec<Finding>);

impl Findings {
    fn fault(&mut self, sentence: String) {
        self.0.push(Finding { gravity: Gravity::Fault, sentence });
    }

    fn warning(&mut self, sentence: String) {
        self.0.push(Finding { gravity: Gravity::Warning, sentence });
    }

    fn good(&mut self, sentence: String) {
        self.0.push(Finding { gravity: Gravity::Good, sentence });
    }

    fn note(&mut self, sentence: String) {
        self.0.push(Finding { gravity: Gravity::Fact, sentence });
    }

    fn miners(&mut self, report: &Report, honest: &Strategy) {
        let name = &honest.name;
        if honest.net() < 0 {
            self.warning(format!(
                "“{name}” loses {} α: it earns {} and pays {} for registrations and work.",
                amount(honest.net().unsigned_abs()),
                number::short(alpha(honest.earned)),
                amount(honest.costs()),
            ));
        }
        for strategy in report.strategies.iter().filter(|strategy| strategy.fair && strategy.pruned > 0) {
            let lost = times(u64::from(strategy.pruned));
            self.warning(format!(
                "“{}” lost its place in the subnet {lost}, to others that registered.",
                strategy.name
            ));
        }
        for strategy in report.strategies.iter().filter(|strategy| strategy.name != *name) {
            if let Some(gain) = strategy.sybil_gain() {
                self.sybil(strategy, gain);
            } else if !strategy.fair {
                self.cheat(strategy, honest);
            }
        }
    }

    fn sybil(&mut self, strategy: &Strategy, gain: f64) {
        let Strategy { name, identities, .. } = strategy;
        let times = if gain.is_finite() {
            format!("{} times", number::fixed(gain, 2))
        } else {
            "more than".to_owned()
        };
        let sentence = format!("“{name}” earns {times} with {identities} identities what it earns with one");
        match gain > SYBIL_GAIN {
            true => self.fault(format!("{sentence}: several identities pay.")),
            false => self.good(format!("{sentence}.")),
        }
    }

    fn cheat(&mut self, cheat: &Strategy, honest: &Strategy) {
        let (name, victim) = (&cheat.name, &honest.name);
        let earned = ratio(cheat.earned_per_identity(), honest.earned_per_identity());
        let kept = |strategy: &Strategy| ratio(strategy.net() as f64, strategy.identities as f64);
        let sentence =
            format!("“{name}” earns {} of what “{victim}” earns per identity", number::fixed(earned, 2));
        if honest.earned == 0 && cheat.earned > 0 {
            self.fault(format!("“{name}” earns and “{victim}” does not: cheating pays."));
        } else if earned >= 1.0 {
            self.fault(format!("{sentence}: cheating pays."));
        } else if kept(cheat) > kept(honest) && cheat.net() > 0 {
            self.fault(format!("{sentence}, and keeps more after what both pay for work: cheating pays."));
        } else if earned >= NEARLY {
            self.warning(format!("{sentence}: cheating nearly pays."));
        } else if cheat.net() <= 0 {
            let lost = amount(cheat.net().unsigned_abs());
            self.good(format!("{sentence}, and loses {lost} α: it does not pay."));
        } else {
            self.good(format!("{sentence}."));
        }
    }

    fn what_if(&mut self, what_if: &WhatIf, honest: &Strategy) {
        let pays = |strategies: &[Strategy], name: &str| {
            let of = |name: &str| strategies.iter().find(|strategy| strategy.name == name);
            let (cheat, honest) = (of(name)?, of(&honest.name)?);
            Some(cheat.earned > 0 && cheat.earned_per_identity() >= honest.earned_per_identity())
        };
        let Some(current) = what_if.points.iter().find(|point| point.current) else { return };
        for cheat in current.strategies.iter().filter(|strategy| !strategy.fair) {
            if pays(&current.strategies, &cheat.name) != Some(false) {
                continue;
            }
            let others =
                what_if.points.iter().filter(|point| pays(&point.strategies, &cheat.name) == Some(true));
            let values: Vec<String> = others.map(|point| value(what_if, point.value)).collect();
            if !values.is_empty() {
                self.warning(format!(
                    "With {} at {} “{}” would earn as much as “{}” or more.",
                    what_if.name,
                    values.join(" or "),
                    cheat.name,
                    honest.name
                ));
            }
        }
    }

    fn validators(&mut self, report: &Report) {
        let validators = &report.validators;
        let often = |kind: &&ValidatorSummary| {
            kind.withheld.times as f64 > SELDOM * (kind.count * report.epochs.len()) as f64
        };
        for kind in validators.iter().filter(often) {
            let reason = kind.withheld.last_reason.as_deref().unwrap_or("no reason is known");
            self.warning(format!(
                "Validator “{}” could not set its weights {}, the last time because: {reason}.",
                kind.name,
                times(kind.withheld.times)
            ));
        }
        let mut honest = validators.iter().filter(|kind| kind.honest);
        let named = validators.iter().find(|kind| kind.honest && kind.name == "honest");
        let Some(honest) = named.or_else(|| honest.next()) else { return };
        for kind in validators.iter().filter(|kind| !kind.honest) {
            let income = ratio(income_per_stake(kind), income_per_stake(honest));
            let sentence = format!(
                "Validator “{}” earns {} of what “{}” earns for the same stake",
                kind.name,
                number::fixed(income, 2),
                honest.name
            );
            if income > 1.0 {
                self.fault(format!("{sentence}: not validating pays."));
            } else if income >= AS_MUCH {
                self.warning(format!("{sentence}: not validating pays as much."));
            } else if income.is_finite() {
                self.good(format!("{sentence}."));
            }
        }
    }
}

/// Dividends and bribes for each alpha of stake.
fn income_per_stake(kind: &ValidatorSummary) -> f64 {
    ratio((kind.dividends + kind.bribes) as f64, kind.stake_start as f64)
}

/// A value of a setting with its unit.
pub(crate) fn value(what_if: &WhatIf, value: f64) -> String {
    match what_if.unit.as_str() {
        SWITCH => (if value == 0.0 { "off" } else { "on" }).to_owned(),
        "" => number::plain(value),
        unit => format!("{} {unit}", number::plain(value)),
    }
}

/// The unit of a setting that is 0 or 1.
pub(crate) const SWITCH: &str = "off/on";

fn amount(rao: u128) -> String {
    number::short(rao as f64 / 1e9)
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{} times", number::fixed(count as f64, 0)) }
}
