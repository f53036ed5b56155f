//! What stands between a hotkey and effective weights: every rule of the chain, of the subnet and of this machine, judged
//! from facts of one block, in sentences with numbers and the remedy.
//!
//! [`diagnose`] is pure and decides; an [`Examination`] reads the facts. A rule has a name that never changes ([`Rule::as_str`]),
//! so that programs can tell findings apart.

mod arrival;
mod connection;
mod examination;
mod facts;
mod hotkey;
mod machine;
mod reveal;
mod sending;
mod subnet;

pub use arrival::Arrival;
pub use examination::Examination;
pub use facts::{
    AxonFacts, ChainFacts, ClockFacts, Competitor, Facts, LedgerFacts, MechanismFacts, NeuronFacts, Plan,
    Reached, Rules, SubnetFacts,
};

use std::fmt;

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The rule is kept.
    Fine,
    /// Weights count, but less, later or less safely than they could.
    Weakens,
    /// No weights of this hotkey become effective while this is so.
    Blocks,
}

impl Severity {
    /// The word of the report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Weakens => "weakens",
            Self::Blocks => "blocks",
        }
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident = $name:literal,)*) => {
        /// A rule, in the order in which they are judged and reported.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$doc])* $rule,)*
        }

        impl Rule {
            /// Every rule, in order.
            pub const ALL: &[Self] = &[$(Self::$rule,)*];

            /// The name, which never changes.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)*
                }
            }
        }
    };
}

rules! {
    /// The chain answers.
    ChainReachable = "chain_reachable",
    /// It is the chain that the setting `genesis` or the network's name means.
    Genesis = "genesis",
    /// New blocks arrive.
    ChainSilent = "chain_silent",
    /// This machine's clock agrees with the chain's.
    ClockSkew = "clock_skew",
    /// The subnet exists.
    SubnetExists = "subnet_exists",
    /// The subnet runs epochs.
    Tempo = "tempo",
    /// The hotkey has a uid on the subnet.
    Registered = "registered",
    /// The hotkey belongs to the wallet's coldkey.
    HotkeyOwner = "hotkey_owner",
    /// The stake weight reaches the chain's `StakeThreshold`.
    StakeThreshold = "stake_threshold",
    /// The hotkey holds a validator permit, or is the subnet owner's.
    ValidatorPermit = "validator_permit",
    /// The setting `version_key` is accepted.
    VersionKey = "version_key",
    /// Rewards can name as many hotkeys as the subnet demands.
    MinAllowedWeights = "min_allowed_weights",
    /// What `when_all_zero` says can be done.
    WhenAllZero = "when_all_zero",
    /// Weights can be sent in every epoch.
    RateLimitTempo = "rate_limit_tempo",
    /// The rate limit lets weights through before the next epoch.
    RateLimit = "rate_limit",
    /// How weights become visible, and when.
    CommitReveal = "commit_reveal",
    /// The chain takes the format in which weights are sealed.
    CommitRevealVersion = "commit_reveal_version",
    /// There is room for another commit.
    OpenCommits = "open_commits",
    /// Pulses that open sealed weights arrive on chain.
    DrandLag = "drand_lag",
    /// Neurons outlive the wait for the reveal.
    ImmunityPeriod = "immunity_period",
    /// The last weights are young enough to count.
    ActivityCutoff = "activity_cutoff",
    /// The coldkey can pay for what is sent.
    Fees = "fees",
    /// A published address answers.
    ServedAddress = "served_address",
    /// The ledger can be written and belongs to this validator.
    Ledger = "ledger",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Rule {
    fn serialize<Out: serde::Serializer>(&self, serializer: Out) -> Result<Out::Ok, Out::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What one rule comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Which rule.
    pub rule: Rule,
    /// One sentence with numbers and, unless all is fine, the remedy.
    pub sentence: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.sentence)
    }
}

/// What a rule says before it is known which.
#[derive(Debug)]
struct Verdict {
    severity: Severity,
    sentence: String,
}

impl Verdict {
    fn fine(sentence: impl Into<String>) -> Self {
        Self { severity: Severity::Fine, sentence: sentence.into() }
    }

    fn weakens(sentence: impl Into<String>) -> Self {
        Self { severity: Severity::Weakens, sentence: sentence.into() }
    }

    fn blocks(sentence: impl Into<String>) -> Self {
        Self { severity: Severity::Blocks, sentence: sentence.into() }
    }
}

/// Judges every rule whose facts are known, in the order of [`Rule::ALL`]. A rule that another finding makes meaningless
/// (the permit of a hotkey that is not registered) is left out, so that one fault is one finding.
#[must_use]
pub fn diagnose(facts: &Facts) -> Vec<Finding> {
    let judged = Rule::ALL.iter().map(|rule| {
        let verdict = judge(*rule, facts)?;
        Some(Finding { severity: verdict.severity, rule: *rule, sentence: verdict.sentence })
    });
    judged.flatten().collect()
}

fn judge(rule: Rule, facts: &Facts) -> Option<Verdict> {
    match rule {
        Rule::ChainReachable => Some(connection::reachable(facts)),
        Rule::Genesis => connection::genesis(facts),
        Rule::ServedAddress => machine::served_address(facts),
        Rule::Ledger => machine::ledger(facts),
        rule => judge_chain(rule, facts, facts.chain()?),
    }
}

fn judge_chain(rule: Rule, facts: &Facts, chain: &ChainFacts) -> Option<Verdict> {
    match rule {
        Rule::ChainSilent => Some(connection::silent(chain)),
        Rule::ClockSkew => connection::clock_skew(chain),
        Rule::SubnetExists => Some(subnet::exists(facts, chain)),
        rule => judge_subnet(rule, facts, chain, chain.subnet.as_ref()?),
    }
}

fn judge_subnet(rule: Rule, facts: &Facts, chain: &ChainFacts, subnet: &SubnetFacts) -> Option<Verdict> {
    match rule {
        Rule::Tempo => Some(subnet::tempo(subnet)),
        Rule::MinAllowedWeights => Some(subnet::min_allowed_weights(subnet)),
        Rule::WhenAllZero => subnet::when_all_zero(facts, subnet),
        Rule::Registered => Some(hotkey::registered(facts, subnet)),
        Rule::VersionKey => Some(sending::version_key(&facts.plan, &subnet.rules)),
        Rule::RateLimitTempo => sending::rate_limit_tempo(subnet),
        Rule::CommitReveal => Some(reveal::mode(&facts.plan, chain, subnet)),
        Rule::CommitRevealVersion => reveal::version(&facts.plan, subnet),
        Rule::DrandLag => reveal::drand_lag(&facts.plan, chain, subnet),
        Rule::ImmunityPeriod => reveal::immunity_period(subnet),
        rule => judge_neuron(rule, facts, chain, subnet, subnet.me.as_ref()?),
    }
}

fn judge_neuron(
    rule: Rule,
    facts: &Facts,
    chain: &ChainFacts,
    subnet: &SubnetFacts,
    me: &NeuronFacts,
) -> Option<Verdict> {
    match rule {
        Rule::HotkeyOwner => hotkey::owner(facts, me),
        Rule::StakeThreshold => Some(hotkey::stake_threshold(subnet, me)),
        Rule::ValidatorPermit => Some(hotkey::permit(subnet, me)),
        Rule::RateLimit => sending::rate_limit(chain, subnet, me),
        Rule::OpenCommits => reveal::open_commits(&facts.plan, subnet, me),
        Rule::ActivityCutoff => hotkey::activity(chain, subnet, me),
        Rule::Fees => hotkey::fees(me),
        // Judged before.
        _ => None,
    }
}

#[cfg(test)]
mod tests;
