//! What the rules are judged from.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use subnetkit_chain::{EpochClock, Rao};
use subnetkit_protocol::{Coldkey, Hotkey};

use crate::config::ValidatorConfig;
use crate::weights::{CommitWith, WhenAllZero};

/// Everything that is judged.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The subnet asked about.
    pub netuid: u16,
    /// Whose weights.
    pub hotkey: Hotkey,
    /// The coldkey of the wallet, where it is known.
    pub coldkey: Option<Coldkey>,
    /// What the validator is set to do.
    pub plan: Plan,
    /// What the chain says.
    pub chain: Reached,
    /// What was tried of the published address; `None` if nothing was tried.
    pub axon: Option<AxonFacts>,
    /// What the ledger's file is; `None` if it was not looked at.
    pub ledger: Option<LedgerFacts>,
}

impl Facts {
    /// Blocks beyond which effective weights are older than tempo and rate limit explain: as many epochs as the rate limit
    /// makes them wait, and one more.
    pub(crate) fn weights_age_limit(&self) -> Option<u64> {
        let subnet = self.chain()?.subnet.as_ref()?;
        let tempo = u64::from(subnet.clock.tempo);
        let epochs = subnet.rules.weights_rate_limit.max(1).checked_div(tempo)?.saturating_add(2);
        Some(epochs.saturating_mul(tempo))
    }

    pub(super) const fn chain(&self) -> Option<&ChainFacts> {
        match &self.chain {
            Reached::Read(chain) => Some(chain),
            Reached::No { .. } | Reached::Other { .. } => None,
        }
    }
}

/// The settings that rules are judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The setting `version_key`.
    pub version_key: u64,
    /// The setting `when_all_zero`, where it is set.
    pub when_all_zero: Option<WhenAllZero>,
    /// Whether weights are committed by their hash (`commit_with`); else they are sealed for a round of drand.
    pub commits_by_hash: bool,
}

impl Plan {
    /// What a validator with these settings does.
    #[must_use]
    pub fn of(config: &ValidatorConfig) -> Self {
        Self {
            version_key: config.version_key,
            when_all_zero: Some(config.when_all_zero),
            commits_by_hash: config.commit_with == CommitWith::Hash,
        }
    }
}

/// Whether the chain could be read.
#[derive(Debug, Clone)]
pub enum Reached {
    /// It does not answer, or not in a way that can be read.
    No {
        /// What the client says.
        reason: String,
    },
    /// Another chain answers.
    Other {
        /// What the client says, with both hashes.
        reason: String,
    },
    /// It was read.
    Read(Box<ChainFacts>),
}

/// The chain at one block.
#[derive(Debug, Clone)]
pub struct ChainFacts {
    /// The block's number.
    pub block: u64,
    /// Time between blocks: the longer of what the chain is built for and what was measured.
    pub block_time: Duration,
    /// Time of the block (`Timestamp.Now`), in milliseconds since 1970.
    pub time_ms: u64,
    /// How long no new block arrived, if longer than the limit beside it.
    pub silent: Option<(Duration, Duration)>,
    /// What this machine's clock said when the block arrived; `None` if that moment was not seen.
    pub clock: Option<ClockFacts>,
    /// The subnet; `None` if there is no such.
    pub subnet: Option<SubnetFacts>,
}

/// This machine's clock beside the chain's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockFacts {
    /// Local time at the arrival of the block, in milliseconds since 1970.
    pub local_ms: u64,
    /// Whether the network is public: a chain of one's own may keep a time of its own.
    pub public: bool,
}

/// The subnet at that block.
#[derive(Debug, Clone)]
pub struct SubnetFacts {
    /// Its epoch clock.
    pub clock: EpochClock,
    /// Its rules.
    pub rules: Rules,
    /// Everybody registered, by uid.
    pub neurons: Vec<Competitor>,
    /// The hotkey of the subnet's owner.
    pub owner_hotkey: Hotkey,
    /// The newest round of drand on chain (`Drand.LastStoredRound`).
    pub last_stored_round: u64,
    /// The round that the chain's time calls for.
    pub round_now: u64,
    /// Seconds between two rounds.
    pub round_seconds: u64,
    /// The asking hotkey; `None` if it is not registered.
    pub me: Option<NeuronFacts>,
}

impl SubnetFacts {
    /// Fewest weights in one row.
    pub(super) fn required_weights(&self) -> usize {
        self.neurons.len().min(self.rules.min_allowed_weights.into())
    }
}

/// The rules of a subnet, by the chain's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Least stake weight, in rao (`StakeThreshold`, the same on all subnets).
    pub stake_threshold: u64,
    /// Least version key; 0 takes all.
    pub weights_version: u64,
    /// Fewest blocks between two submissions for one mechanism.
    pub weights_rate_limit: u64,
    /// Fewest weights in one row.
    pub min_allowed_weights: u16,
    /// Most validator permits.
    pub max_validators: u16,
    /// Whether weights are committed first.
    pub commit_reveal: bool,
    /// Epochs between commit and reveal.
    pub reveal_period: u64,
    /// The format of sealed weights.
    pub commit_reveal_version: u16,
    /// Blocks during which a new neuron is not replaced.
    pub immunity_period: u64,
    /// Blocks without weights after which a validator no longer counts.
    pub activity_cutoff: u64,
}

/// One neuron among those that compete for permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Competitor {
    /// Its hotkey.
    pub hotkey: Hotkey,
    /// Stake weight, in rao.
    pub stake: u64,
    /// Whether it holds a permit.
    pub permit: bool,
}

/// The asking hotkey on the subnet.
#[derive(Debug, Clone)]
pub struct NeuronFacts {
    /// Its uid.
    pub uid: u16,
    /// The coldkey that owns the hotkey.
    pub owner: Option<Coldkey>,
    /// What that coldkey may spend.
    pub balance: Rao,
    /// What sending weights costs now; 0 where the chain takes nothing.
    pub fee: Rao,
    /// Its submissions, by mechanism.
    pub mechanisms: BTreeMap<u8, MechanismFacts>,
}

/// The submissions of the asking hotkey for one mechanism.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MechanismFacts {
    /// Block of the last submission, or of the registration; 0: never.
    pub last_update: u64,
    /// Hash commits that wait for their reveal.
    pub hash_commits: usize,
    /// Sealed commits of the epoch that a transaction in the next block belongs to.
    pub sealed_commits: usize,
}

/// What became of connecting to the published address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AxonFacts {
    /// The address; `None` if none is published.
    pub address: Option<SocketAddr>,
    /// Whether the connection was to be encrypted.
    pub tls: bool,
    /// What went wrong.
    pub failure: Option<String>,
}

/// What the ledger's file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerFacts {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is there already.
    pub exists: bool,
    /// Why it cannot be used.
    pub failure: Option<String>,
}
