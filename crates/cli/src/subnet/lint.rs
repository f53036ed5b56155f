//! What is risky about a subnet's rules, and what to do about it.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;
use subnetkit::chain::{ChangeWindow, Metagraph, Parameter};

/// Drand has a round every 3 s, and the chain stores it up to 3 blocks later; an epoch that is not several times as long can
/// pass before its round is there, and weights sealed for it are lost.
const LEAST_EPOCH: Duration = Duration::from_secs(30);
/// Kappa this far from a half, of 65535, and a minority decides, or hardly anything is agreed on.
const KAPPAS: std::ops::RangeInclusive<u64> = 29_491..=45_875;
/// A registration that may get cheaper than this, in rao, is no obstacle to anybody.
const LEAST_MIN_BURN: u64 = 500_000;

/// What is judged: parameters by the chain's names, and the subnet around them.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) parameters: BTreeMap<String, Parameter>,
    pub(crate) neurons: u64,
    /// Neurons that may set weights.
    pub(crate) validators: u64,
    /// Blocks before an epoch in which nothing may be changed.
    pub(crate) freeze_blocks: u64,
    pub(crate) block_time: Duration,
}

/// One risk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// Its name, for programs.
    pub(crate) rule: &'static str,
    /// The parameters it is about.
    pub(crate) parameters: &'static [&'static str],
    pub(crate) why: String,
    pub(crate) remedy: String,
}

impl Facts {
    pub(crate) fn new(
        parameters: BTreeMap<String, Parameter>,
        graph: &Metagraph,
        window: &ChangeWindow,
        block_time: Duration,
    ) -> Self {
        Self {
            parameters,
            neurons: graph.neurons.len() as u64,
            validators: graph.validators().count() as u64,
            freeze_blocks: window.freeze_blocks,
            block_time,
        }
    }

    /// All risks, the gravest kinds first.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        [self.of_time(), self.of_weights(), self.of_registration()].into_iter().flatten().collect()
    }

    /// `None` also for what this runtime does not have.
    fn number(&self, name: &str) -> Option<u64> {
        match self.parameters.get(name) {
            Some(Parameter::Number(number)) => Some(*number),
            _ => None,
        }
    }

    fn is(&self, name: &str, wanted: bool) -> bool {
        self.parameters.get(name) == Some(&Parameter::Bool(wanted))
    }

    fn of_time(&self) -> Vec<Finding> {
        let mut found = Findings::default();
        let tempo = self.number("tempo").unwrap_or_default();
        if tempo == 0 {
            found.add(
                "no_epochs",
                &["tempo"],
                "the tempo is 0: there are no epochs, so weights change nothing and nobody is paid"
                    .to_owned(),
                "set tempo to at least 360".to_owned(),
            );
            return found.0;
        }
        let hidden = self.is("commit_reveal_weights_enabled", true);
        let period = self.number("commit_reveal_period").unwrap_or(1);
        let shown_after = if hidden { period.saturating_mul(tempo) } else { tempo };
        if let Some(immunity) = self.number("immunity_period").filter(|immunity| *immunity <= shown_after) {
            found.add(
                "immunity_within_reveal",
                &["immunity_period", "commit_reveal_period", "tempo"],
                format!(
                    "a new miner is immune for {immunity} blocks, and the first weights about it count after up to {shown_after}: \
                     it can be replaced before anybody judged it"
                ),
                format!("set immunity_period above {}", shown_after.saturating_add(tempo)),
            );
        }
        if let Some(limit) = self.number("weights_rate_limit").filter(|limit| *limit > tempo) {
            found.add(
                "weights_rate_limit_beyond_tempo",
                &["weights_rate_limit", "tempo"],
                format!(
                    "validators may set weights once in {limit} blocks, and an epoch has {tempo}: some epochs go by old weights"
                ),
                format!("set tempo to at least {limit}, or have root set weights_rate_limit to at most {tempo}"),
            );
        }
        if let Some(cutoff) = self.number("activity_cutoff") {
            let limit = self.number("weights_rate_limit").unwrap_or_default();
            if cutoff <= tempo.max(limit) {
                found.add(
                    "activity_cutoff_too_short",
                    &["activity_cutoff_factor", "tempo", "weights_rate_limit"],
                    format!(
                        "a validator does not count any more {cutoff} blocks after its last weights, which is no longer than \
                         {}: one that sets weights as often as it may can be left out",
                        if limit > tempo { "its rate limit" } else { "an epoch" }
                    ),
                    "set activity_cutoff_factor to at least 5tempos".to_owned(),
                );
            }
        }
        if tempo <= self.freeze_blocks {
            found.add(
                "always_frozen",
                &["tempo"],
                format!(
                    "nothing may be changed in the {} blocks before an epoch, and an epoch has {tempo}: hardly any block is left \
                     to change a parameter in",
                    self.freeze_blocks
                ),
                "set tempo well above the chain's admin freeze window, or on a chain of your own that window to 0".to_owned(),
            );
        }
        let epoch = self.block_time.saturating_mul(u32::try_from(tempo).unwrap_or(u32::MAX));
        if hidden && epoch < LEAST_EPOCH {
            found.add(
                "epoch_shorter_than_beacon",
                &["tempo", "commit_reveal_weights_enabled"],
                format!(
                    "an epoch takes {}, and sealed weights wait for a round of drand, which has one every 3 s: they can miss \
                     their epoch and are lost",
                    humantime::format_duration(epoch)
                ),
                "set a longer tempo, or commit_reveal_weights_enabled to false while you develop".to_owned(),
            );
        }
        found.0
    }

    fn of_weights(&self) -> Vec<Finding> {
        let mut found = Findings::default();
        if self.is("commit_reveal_weights_enabled", false) {
            found.add(
                "commit_reveal_off",
                &["commit_reveal_weights_enabled"],
                "weights are visible when they are set: a validator that copies them earns as much as those that do the work"
                    .to_owned(),
                "set commit_reveal_weights_enabled to true".to_owned(),
            );
        }
        let miners = self.neurons.saturating_sub(self.validators);
        if let Some(least) = self.number("min_allowed_weights").filter(|least| *least > miners.max(1)) {
            found.add(
                "min_allowed_weights_above_miners",
                &["min_allowed_weights"],
                format!(
                    "weights have to name {least} uids (or all {}), and there are {miners} without a validator permit: validators \
                     must pay those that do nothing, or set no weights at all",
                    self.neurons
                ),
                format!("set min_allowed_weights to at most {}", miners.max(1)),
            );
        }
        if let Some(most) = self.number("max_weights_limit").filter(|most| *most < u64::from(u16::MAX)) {
            let needed = u64::from(u16::MAX).div_ceil(most.max(1));
            if needed > miners {
                found.add(
                    "max_weights_limit_too_low",
                    &["max_weights_limit"],
                    format!(
                        "no weight may be more than {most} of 65535, which takes {needed} miners, and there are {miners}: weights \
                         are refused"
                    ),
                    "set max_weights_limit to 65535".to_owned(),
                );
            }
        }
        if let Some(kappa) = self.number("kappa").filter(|kappa| !KAPPAS.contains(kappa)) {
            let percent = 100.0 * kappa as f64 / f64::from(u16::MAX);
            let effect = if kappa < *KAPPAS.start() {
                "validators with less than half of the stake can decide who is paid"
            } else {
                "few weights are agreed on by so many, and honest validators lose what is not"
            };
            found.add(
                "kappa_off_half",
                &["kappa"],
                format!("a weight counts if {percent:.0}% of the stake give at least as much: {effect}"),
                "have root set kappa to 32767, a half".to_owned(),
            );
        }
        if self.is("liquid_alpha_enabled", true) && self.number("yuma_version") == Some(2) {
            found.add(
                "liquid_alpha_without_yuma3",
                &["liquid_alpha_enabled", "yuma_version"],
                "liquid alpha is on and has no effect with Yuma 2".to_owned(),
                "set yuma_version to 3, or liquid_alpha_enabled to false".to_owned(),
            );
        }
        found.0
    }

    fn of_registration(&self) -> Vec<Finding> {
        let mut found = Findings::default();
        if self.is("subnet_is_active", false) {
            found.add(
                "not_started",
                &["subnet_is_active"],
                "the subnet was not started: it has no emission, and nobody can stake on it".to_owned(),
                "start it with `subnetkit subnet start`".to_owned(),
            );
        }
        if self.is("subnet_emission_enabled", false) && self.is("subnet_is_active", true) {
            found.add(
                "no_tao_emission",
                &["subnet_emission_enabled"],
                "the subnet gets no TAO into its pool, so its alpha is worth only what others pay for it"
                    .to_owned(),
                "only root can turn subnet_emission_enabled on".to_owned(),
            );
        }
        if self.is("registration_allowed", false) {
            found.add(
                "registration_closed",
                &["registration_allowed"],
                "nobody can register: no new miner can compete".to_owned(),
                "have root set registration_allowed to true".to_owned(),
            );
        }
        if let Some(burn) = self.number("min_burn").filter(|burn| *burn < LEAST_MIN_BURN) {
            found.add(
                "registration_nearly_free",
                &["min_burn"],
                format!(
                    "the price of a registration may fall to {burn} rao: one operator can fill the subnet with hotkeys for nothing"
                ),
                "set min_burn to 0.0005 or more".to_owned(),
            );
        }
        if let (Some(most), Some(spared)) =
            (self.number("max_allowed_uids"), self.number("min_non_immune_uids"))
            && most <= spared.saturating_add(1)
        {
            found.add(
                "too_small_to_compete",
                &["max_allowed_uids", "min_non_immune_uids"],
                format!(
                    "of {most} neurons the {spared} that are past their immunity are spared: once the subnet is full, new miners \
                     replace each other, never an old one"
                ),
                format!("set max_allowed_uids well above {}", spared.saturating_add(1)),
            );
        }
        let tempo = self.number("tempo").unwrap_or_default();
        if let Some(limit) = self.number("serving_rate_limit").filter(|limit| tempo > 0 && *limit > tempo) {
            found.add(
                "serving_rate_limit_beyond_tempo",
                &["serving_rate_limit", "tempo"],
                format!(
                    "a miner that moves may publish its new address once in {limit} blocks, and an epoch has {tempo}: it is not \
                     reached, and not paid, for whole epochs"
                ),
                format!("set serving_rate_limit to at most {tempo}"),
            );
        }
        found.0
    }
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, rule: &'static str, parameters: &'static [&'static str], why: String, remedy: String) {
        self.0.push(Finding { rule, parameters, why, remedy });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> Facts {
        let numbers = [
            ("tempo", 360),
            ("commit_reveal_period", 1),
            ("immunity_period", 5_000),
            ("weights_rate_limit", 100),
            ("activity_cutoff", 5_000),
            ("min_allowed_weights", 1),
            ("max_weights_limit", 65_535),
            ("kappa", 32_767),
            ("yuma_version", 3),
            ("min_burn", 500_000),
            ("max_allowed_uids", 256),
            ("min_non_immune_uids", 10),
            ("serving_rate_limit", 50),
        ];
        let switches = [
            ("commit_reveal_weights_enabled", true),
            ("liquid_alpha_enabled", false),
            ("subnet_is_active", true),
            ("subnet_emission_enabled", true),
            ("registration_allowed", true),
        ];
        let numbers = numbers.map(|(name, number)| (name.to_owned(), Parameter::Number(number)));
        let switches = switches.map(|(name, on)| (name.to_owned(), Parameter::Bool(on)));
        Facts {
            parameters: numbers.into_iter().chain(switches).collect(),
            neurons: 20,
            validators: 4,
            freeze_blocks: 10,
            block_time: Duration::from_secs(12),
        }
    }

    #[test]
    fn each_risk_is_found_alone_and_a_sound_subnet_has_none() {
        assert_eq!(sound().findings(), []);
        let number = Parameter::Number;
        let cases: [(&str, &[(&str, Parameter)]); 16] = [
            ("no_epochs", &[("tempo", number(0))]),
            ("immunity_within_reveal", &[("immunity_period", number(360))]),
            ("immunity_within_reveal", &[("commit_reveal_period", number(14))]),
            ("weights_rate_limit_beyond_tempo", &[("weights_rate_limit", number(361))]),
            ("activity_cutoff_too_short", &[("activity_cutoff", number(360))]),
            ("commit_reveal_off", &[("commit_reveal_weights_enabled", Parameter::Bool(false))]),
            ("min_allowed_weights_above_miners", &[("min_allowed_weights", number(17))]),
            ("max_weights_limit_too_low", &[("max_weights_limit", number(4_000))]),
            ("kappa_off_half", &[("kappa", number(20_000))]),
            ("kappa_off_half", &[("kappa", number(60_000))]),
            (
                "liquid_alpha_without_yuma3",
                &[("liquid_alpha_enabled", Parameter::Bool(true)), ("yuma_version", number(2))],
            ),
            ("not_started", &[("subnet_is_active", Parameter::Bool(false))]),
            ("no_tao_emission", &[("subnet_emission_enabled", Parameter::Bool(false))]),
            ("registration_closed", &[("registration_allowed", Parameter::Bool(false))]),
            ("registration_nearly_free", &[("min_burn", number(499_999))]),
            ("too_small_to_compete", &[("max_allowed_uids", number(11))]),
        ];
        for (rule, changes) in cases {
            let mut facts = sound();
            for (name, value) in changes {
                facts.parameters.insert((*name).to_owned(), value.clone());
            }
            let found: Vec<_> = facts.findings().iter().map(|finding| finding.rule).collect();
            assert_eq!(found, [rule], "{changes:?}");
        }
        let mut facts = sound();
        facts.parameters.insert("serving_rate_limit".to_owned(), number(361));
        assert_eq!(facts.findings()[0].rule, "serving_rate_limit_beyond_tempo");
        facts = Facts { freeze_blocks: 360, ..sound() };
        assert_eq!(facts.findings()[0].rule, "always_frozen");
        facts = Facts { block_time: Duration::from_millis(50), ..sound() };
        assert_eq!(facts.findings()[0].rule, "epoch_shorter_than_beacon");
    }

    #[test]
    fn what_a_runtime_does_not_have_is_not_judged() {
        let mut facts = sound();
        facts.parameters.retain(|name, _| name == "tempo");
        assert_eq!(facts.findings(), []);
    }
}
