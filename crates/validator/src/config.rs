//! The settings of a validator, with their units and defaults.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use humantime_serde::re::humantime;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subnetkit_protocol::{Hotkey, Scheme};

use crate::dendrite::{DendriteSettings, MinerSchemes};
use crate::weights::{CommitWith, WhenAllZero};

/// Everything a validator can be told. Every queue, cache and wait it has is bounded by one of these.
///
/// Durations are written with their unit (`"12s"`, `"250ms"`), sizes in bytes. In a file, `when_all_zero` must be given; all
/// else has a default. Unknown keys are errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidatorConfig {
    /// What to submit when no registered neuron has a reward: `burn_to_owner`, `hold_last` or `skip`.
    /// There is no default: uniform weights are never sent, and which of the three is right is the operator's decision.
    pub when_all_zero: WhenAllZero,

    /// Time from the start of one round to the start of the next: time (`"1m"`, `"500ms"`) or
    /// blocks (`"5 blocks"`). A round that takes longer delays the next one; rounds never overlap. Default 1 min.
    #[serde(default = "defaults::round_interval")]
    pub round_interval: RoundInterval,
    /// Most hotkeys offered to a round's `task`, drawn at random from those that serve an axon. Default 256.
    #[serde(default = "defaults::sample_size")]
    pub sample_size: usize,
    /// Longest the `task` hook may take. Default 30 s.
    #[serde(default = "defaults::task_timeout", with = "humantime_serde")]
    pub task_timeout: Duration,
    /// Longest the `score` hook may take. Default 2 min.
    #[serde(default = "defaults::score_timeout", with = "humantime_serde")]
    pub score_timeout: Duration,
    /// Longest one call of the `settle` hook may take, which is asked for the scores of one open round. Default 10 s.
    #[serde(default = "defaults::settle_timeout", with = "humantime_serde")]
    pub settle_timeout: Duration,
    /// Longest that open rounds are settled at the start of a round. Those that it does not suffice for come first in the
    /// next round. Default 30 s.
    #[serde(default = "defaults::settle_budget", with = "humantime_serde")]
    pub settle_budget: Duration,
    /// Age of a round that waits for its scores (`Scores::later`) at which it ends without them, after it was asked for
    /// them once more. Default 7 days.
    #[serde(default = "defaults::settle_within", with = "humantime_serde")]
    pub settle_within: Duration,
    /// Most rounds that wait for their scores; with one more, the oldest ends without them. They are kept whole, beyond
    /// `ledger_rounds` and `ledger_body_rounds`. Default 1000.
    #[serde(default = "defaults::open_rounds")]
    pub open_rounds: u64,
    /// Longest the `reward` hook may take. Default 30 s.
    #[serde(default = "defaults::reward_timeout", with = "humantime_serde")]
    pub reward_timeout: Duration,

    /// Longest wait for one miner's whole answer, unless the task names another. Default 12 s.
    #[serde(default = "defaults::ask_timeout", with = "humantime_serde")]
    pub ask_timeout: Duration,
    /// Longest wait for a connection to a miner. Default 4 s.
    #[serde(default = "defaults::connect_timeout", with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// Attempts per miner and round. Only an attempt that never reached the miner is repeated, with a fresh signature,
    /// within the same `ask_timeout`. Default 2.
    #[serde(default = "defaults::ask_attempts")]
    pub ask_attempts: u32,
    /// Most miners asked at the same time. Default 256, which leaves room below the usual limit of 1024 open files.
    #[serde(default = "defaults::ask_concurrency")]
    pub ask_concurrency: usize,
    /// Most miners asked at the same time on one host: one IPv4 address, or one /64 of IPv6. Time spent waiting for
    /// either limit is not the miner's. Default 16.
    #[serde(default = "defaults::ask_concurrency_per_host")]
    pub ask_concurrency_per_host: usize,
    /// Largest answer read from a miner, in bytes. A round holds up to `sample_size` of them. Default 8388608 (8 MiB).
    #[serde(default = "defaults::max_response_bytes")]
    pub max_response_bytes: usize,
    /// Most pieces of one streamed answer that a round takes, each with its time. Default 16384.
    #[serde(default = "defaults::max_response_pieces")]
    pub max_response_pieces: usize,
    /// Dial miners at private and loopback addresses. Only for a network on one machine or one LAN: on a public
    /// network it lets a miner point this process at services behind the firewall, and the program refuses to start
    /// there. Default false.
    #[serde(default)]
    pub allow_private_addresses: bool,
    /// Count an answer as forged unless its miner has signed it. Switched off, a signature that is there is verified all
    /// the same. Default true.
    #[serde(default = "defaults::require_signed_responses")]
    pub require_signed_responses: bool,
    /// The signature scheme of the miners' hotkeys, `sr25519` or `ed25519`. Default `sr25519`.
    #[serde(default)]
    pub miner_scheme: Scheme,
    /// Hotkeys of miners with the other scheme than `miner_scheme`. Default none.
    #[serde(default)]
    pub miners_of_other_scheme: BTreeSet<Hotkey>,

    /// Submit weights when this many blocks or fewer remain before the epoch, but not before half of the tempo has
    /// passed. Default 20.
    #[serde(default = "defaults::submit_margin_blocks")]
    pub submit_margin_blocks: u64,
    /// Submissions tried per epoch before waiting for the next one. Default 3.
    #[serde(default = "defaults::submit_attempts")]
    pub submit_attempts: u32,
    /// Share of all weight that goes to the subnet owner's hotkey, whose incentive the chain burns: 0.0 to 1.0. It comes on
    /// top of what that hotkey has earned; the others keep their ratios. Default 0.
    #[serde(default)]
    pub owner_burn_share: f64,
    /// How weights are hidden on subnets that demand commit-reveal: `timelocked`, opened by the chain with a drand round, or
    /// `hash`, revealed by this validator, which must then run in the epoch of the reveal. Default `timelocked`.
    #[serde(default)]
    pub commit_with: CommitWith,
    /// The version key sent with weights. A subnet that demands a higher one refuses them. Default 0.
    #[serde(default)]
    pub version_key: u64,

    /// The ledger, an SQLite file. It belongs to one hotkey on one subnet of one chain. Default `validator.sqlite`.
    #[serde(default = "defaults::ledger_path")]
    pub ledger_path: PathBuf,
    /// Rounds kept in the ledger; older ones are deleted. Default 20000.
    #[serde(default = "defaults::ledger_rounds")]
    pub ledger_rounds: u64,
    /// Submissions kept in the ledger, and calls of the reward hook; older ones are deleted. Default 5000.
    #[serde(default = "defaults::ledger_submissions")]
    pub ledger_submissions: u64,
    /// Rounds whose requests and answers are kept whole, so that they can be judged again; 0 keeps none. Default 1000.
    #[serde(default = "defaults::ledger_body_rounds")]
    pub ledger_body_rounds: u64,
    /// Largest request, answer or notes of a task kept whole, in bytes; a round with a larger one cannot be judged again.
    /// Default 1048576 (1 MiB).
    #[serde(default = "defaults::ledger_body_bytes")]
    pub ledger_body_bytes: u64,
    /// Bytes of all requests and answers kept whole; the oldest rounds' go first. Default 536870912 (512 MiB).
    #[serde(default = "defaults::ledger_bodies_total_bytes")]
    pub ledger_bodies_total_bytes: u64,

    /// Where to serve `/healthz`, `/readyz` and `/metrics`. Default: nowhere.
    #[serde(default)]
    pub status_listen: Option<SocketAddr>,
    /// How long a loop of the validator may stand still beyond what its other settings allow it, while the chain brings
    /// blocks; then `/healthz` turns red and, soon after, the process ends. It also ends, at once, if nothing of it has run
    /// for so long. Default 5 min.
    #[serde(default = "defaults::stall_timeout", with = "humantime_serde")]
    pub stall_timeout: Duration,
    /// Reports kept for a subscriber that reads slowly; older ones are dropped. Default 256.
    #[serde(default = "defaults::report_buffer")]
    pub report_buffer: usize,
}

mod defaults {
    use super::{PathBuf, RoundInterval};
    use std::time::Duration;

    pub(super) const fn round_interval() -> RoundInterval {
        RoundInterval::Time(Duration::from_secs(60))
    }
    pub(super) const fn sample_size() -> usize {
        256
    }
    pub(super) const fn task_timeout() -> Duration {
        Duration::from_secs(30)
    }
    pub(super) const fn score_timeout() -> Duration {
        Duration::from_secs(120)
    }
    pub(super) const fn settle_timeout() -> Duration {
        Duration::from_secs(10)
    }
    pub(super) const fn settle_budget() -> Duration {
        Duration::from_secs(30)
    }
    pub(super) const fn settle_within() -> Duration {
        Duration::from_secs(7 * 24 * 3600)
    }
    pub(super) const fn open_rounds() -> u64 {
        1_000
    }
    pub(super) const fn reward_timeout() -> Duration {
        Duration::from_secs(30)
    }
    pub(super) const fn ask_timeout() -> Duration {
        Duration::from_secs(12)
    }
    pub(super) const fn connect_timeout() -> Duration {
        Duration::from_secs(4)
    }
    pub(super) const fn ask_attempts() -> u32 {
        2
    }
    pub(super) const fn ask_concurrency() -> usize {
        256
    }
    pub(super) const fn ask_concurrency_per_host() -> usize {
        16
    }
    pub(super) const fn max_response_bytes() -> usize {
        8 * 1024 * 1024
    }
    pub(super) const fn max_response_pieces() -> usize {
        16_384
    }
    pub(super) const fn require_signed_responses() -> bool {
        true
    }
    pub(super) const fn submit_margin_blocks() -> u64 {
        20
    }
    pub(super) const fn submit_attempts() -> u32 {
        3
    }
    pub(super) fn ledger_path() -> PathBuf {
        PathBuf::from("validator.sqlite")
    }
    pub(super) const fn ledger_rounds() -> u64 {
        20_000
    }
    pub(super) const fn ledger_submissions() -> u64 {
        5_000
    }
    pub(super) const fn ledger_body_rounds() -> u64 {
        1_000
    }
    pub(super) const fn ledger_body_bytes() -> u64 {
        1024 * 1024
    }
    pub(super) const fn ledger_bodies_total_bytes() -> u64 {
        512 * 1024 * 1024
    }
    pub(super) const fn stall_timeout() -> Duration {
        Duration::from_secs(300)
    }
    pub(super) const fn report_buffer() -> usize {
        256
    }
}

/// A setting whose value cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the setting `{setting}` {problem}")]
pub struct ConfigError {
    /// The name of the setting.
    pub setting: &'static str,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

impl ValidatorConfig {
    /// The defaults; `when_all_zero` has none.
    #[must_use]
    pub fn new(when_all_zero: WhenAllZero) -> Self {
        Self {
            when_all_zero,
            round_interval: defaults::round_interval(),
            sample_size: defaults::sample_size(),
            task_timeout: defaults::task_timeout(),
            score_timeout: defaults::score_timeout(),
            settle_timeout: defaults::settle_timeout(),
            settle_budget: defaults::settle_budget(),
            settle_within: defaults::settle_within(),
            open_rounds: defaults::open_rounds(),
            reward_timeout: defaults::reward_timeout(),
            ask_timeout: defaults::ask_timeout(),
            connect_timeout: defaults::connect_timeout(),
            ask_attempts: defaults::ask_attempts(),
            ask_concurrency: defaults::ask_concurrency(),
            ask_concurrency_per_host: defaults::ask_concurrency_per_host(),
            max_response_bytes: defaults::max_response_bytes(),
            max_response_pieces: defaults::max_response_pieces(),
            allow_private_addresses: false,
            require_signed_responses: defaults::require_signed_responses(),
            miner_scheme: Scheme::default(),
            miners_of_other_scheme: BTreeSet::new(),
            submit_margin_blocks: defaults::submit_margin_blocks(),
            submit_attempts: defaults::submit_attempts(),
            owner_burn_share: 0.0,
            commit_with: CommitWith::default(),
            version_key: 0,
            ledger_path: defaults::ledger_path(),
            ledger_rounds: defaults::ledger_rounds(),
            ledger_submissions: defaults::ledger_submissions(),
            ledger_body_rounds: defaults::ledger_body_rounds(),
            ledger_body_bytes: defaults::ledger_body_bytes(),
            ledger_bodies_total_bytes: defaults::ledger_bodies_total_bytes(),
            status_listen: None,
            stall_timeout: defaults::stall_timeout(),
            report_buffer: defaults::report_buffer(),
        }
    }

    /// Refuses values that can never work, naming the setting.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let positive: [(&'static str, u128); 20] = [
            ("sample_size", self.sample_size as u128),
            ("task_timeout", self.task_timeout.as_nanos()),
            ("score_timeout", self.score_timeout.as_nanos()),
            ("settle_timeout", self.settle_timeout.as_nanos()),
            ("settle_budget", self.settle_budget.as_nanos()),
            ("settle_within", self.settle_within.as_nanos()),
            ("open_rounds", u128::from(self.open_rounds)),
            ("reward_timeout", self.reward_timeout.as_nanos()),
            ("ask_timeout", self.ask_timeout.as_nanos()),
            ("connect_timeout", self.connect_timeout.as_nanos()),
            ("ask_attempts", u128::from(self.ask_attempts)),
            ("ask_concurrency", self.ask_concurrency as u128),
            ("ask_concurrency_per_host", self.ask_concurrency_per_host as u128),
            ("max_response_bytes", self.max_response_bytes as u128),
            ("max_response_pieces", self.max_response_pieces as u128),
            ("submit_attempts", u128::from(self.submit_attempts)),
            ("stall_timeout", self.stall_timeout.as_nanos()),
            ("ledger_rounds", u128::from(self.ledger_rounds)),
            ("ledger_submissions", u128::from(self.ledger_submissions)),
            ("report_buffer", self.report_buffer as u128),
        ];
        if let Some((setting, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError { setting, problem: "is 0; it must be at least 1".to_owned() });
        }
        if !(0.0..=1.0).contains(&self.owner_burn_share) {
            let problem = format!("is {}; a share is 0.0 to 1.0", self.owner_burn_share);
            return Err(ConfigError { setting: "owner_burn_share", problem });
        }
        // The chain counts a call into the block after the head it was sent at, and that must precede the epoch.
        if self.submit_margin_blocks < 2 {
            let problem = format!(
                "is {}; weights need at least 2 blocks before the epoch to count in it",
                self.submit_margin_blocks
            );
            return Err(ConfigError { setting: "submit_margin_blocks", problem });
        }
        Ok(())
    }

    /// The part of the settings that is about asking miners.
    #[must_use]
    pub fn dendrite_settings(&self) -> DendriteSettings {
        let other = match self.miner_scheme {
            Scheme::Sr25519 => Scheme::Ed25519,
            Scheme::Ed25519 => Scheme::Sr25519,
        };
        let by_hotkey = self.miners_of_other_scheme.iter().map(|hotkey| (*hotkey, other)).collect();
        DendriteSettings {
            timeout: self.ask_timeout,
            connect_timeout: self.connect_timeout,
            attempts: self.ask_attempts,
            concurrency: self.ask_concurrency,
            concurrency_per_host: self.ask_concurrency_per_host,
            max_response_bytes: self.max_response_bytes,
            max_response_pieces: self.max_response_pieces,
            allow_private_addresses: self.allow_private_addresses,
            require_signed_responses: self.require_signed_responses,
            schemes: MinerSchemes { default: self.miner_scheme, by_hotkey },
        }
    }
}

/// The distance between the starts of two rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundInterval {
    /// Wall-clock time.
    Time(Duration),
    /// Blocks of the chain.
    Blocks(u64),
}

/// The text is not a round interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("round_interval is {0:?}; write a time (\"60s\", \"500ms\") or blocks (\"5 blocks\"), above zero")]
pub struct RoundIntervalError(String);

impl FromStr for RoundInterval {
    type Err = RoundIntervalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let blocks = trimmed.strip_suffix("blocks").or_else(|| trimmed.strip_suffix("block"));
        let interval = match blocks {
            Some(number) => number.trim().parse().ok().map(Self::Blocks),
            None => humantime::parse_duration(trimmed).ok().map(Self::Time),
        };
        interval
            .filter(|interval| !matches!(interval, Self::Blocks(0) | Self::Time(Duration::ZERO)))
            .ok_or_else(|| RoundIntervalError(text.to_owned()))
    }
}

impl fmt::Display for RoundInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => humantime::format_duration(*time).fmt(f),
            Self::Blocks(1) => f.write_str("1 block"),
            Self::Blocks(blocks) => write!(f, "{blocks} blocks"),
        }
    }
}

impl Serialize for RoundInterval {
    fn serialize<Out: Serializer>(&self, serializer: Out) -> Result<Out::Ok, Out::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RoundInterval {
    fn deserialize<In: Deserializer<'de>>(deserializer: In) -> Result<Self, In::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
