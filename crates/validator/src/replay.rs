//! Past rounds judged again, by today's hooks: what a change of a hook would have changed.
//!
//! Nothing is asked, sent or written: requests and answers come from the ledger, whose file is opened for reading, also
//! beside the validator that writes it. What the ledger does not hold is named, never guessed.

mod judges;
mod rebuild;

pub(crate) use rebuild::rebuild;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use serde::Serialize;
use subnetkit_protocol::{Hotkey, Synapse};
use tokio::task::spawn_blocking;

use self::judges::{Frame, Judges};
use crate::config::ValidatorConfig;
use crate::guard::HookGuard;
use crate::hooks::{Reward, Score};
use crate::ledger::{Ledger, LedgerError, PastRound, Rejudged, RoundRange};
use crate::scores::{Scores, Weights};

/// Differences below this part of a score come from writing numbers as text, not from a hook.
const SAME: f64 = 1e-9;

/// What today's hooks make of the past.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Replay {
    /// Whose ledger it was.
    pub validator: Hotkey,
    /// The subnet.
    pub netuid: u16,
    /// The rounds, oldest first.
    pub rounds: Vec<ReplayedRound>,
    /// What the reward hook makes of them, per mechanism, as of the newest round's neurons; empty if the ledger holds no
    /// neurons yet.
    pub mechanisms: Vec<ReplayedMechanism>,
}

/// One round, judged again.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReplayedRound {
    /// Its number in the ledger.
    pub id: u64,
    /// When it began, in seconds of Unix time.
    pub started_at: u64,
    /// The block its neurons were read at.
    pub block: u64,
    /// Whether it could be judged again.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Everyone asked, or scored by either judge.
    pub scores: Vec<ReplayedScore>,
}

/// Whether a round could be judged again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// It was.
    Judged,
    /// The ledger does not hold all of its requests and answers.
    NotKept {
        /// What is missing.
        reason: String,
    },
    /// Its requests are none of today's synapse, or today's judge failed.
    Failed {
        /// How.
        reason: String,
    },
}

/// One hotkey's score in one round.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReplayedScore {
    /// The hotkey.
    pub hotkey: Hotkey,
    /// The score in the ledger; `None`: asked, but not scored.
    pub recorded: Option<f64>,
    /// The score of today's judge; `None`: not scored, or the round was not judged again.
    pub today: Option<f64>,
    /// Today's less the recorded one, where there are both.
    pub difference: Option<f64>,
}

/// One mechanism's rewards.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReplayedMechanism {
    /// The mechanism.
    pub mecid: u8,
    /// Everyone with a reward by either scores.
    pub rewards: Vec<ReplayedReward>,
}

/// One hotkey's share of all rewards, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReplayedReward {
    /// The hotkey.
    pub hotkey: Hotkey,
    /// Today's reward hook over the recorded scores.
    pub recorded: f64,
    /// Today's reward hook over today's scores.
    pub today: f64,
}

/// Why nothing could be replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It is another subnet's.
    #[error("the ledger {path} (ledger_path) is of subnet {found}, and the setting `netuid` is {netuid}")]
    OtherSubnet {
        /// The file.
        path: PathBuf,
        /// Its subnet.
        found: u16,
        /// The setting.
        netuid: u16,
    },
    /// The reward hook gave nothing, or no calls of a hook can be made any more.
    #[error("{0}")]
    Hook(String),
}

impl Verdict {
    /// Why it was not; `None` if it was.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Judged => None,
            Self::NotKept { reason } | Self::Failed { reason } => Some(reason),
        }
    }
}

impl ReplayedRound {
    /// Those whose score today is another one. A round that was not judged again has none.
    pub fn changes(&self) -> impl Iterator<Item = &ReplayedScore> {
        let judged = self.verdict == Verdict::Judged;
        self.scores.iter().filter(move |score| judged && score.is_change())
    }
}

impl ReplayedScore {
    fn is_change(&self) -> bool {
        match (self.recorded, self.today) {
            (Some(recorded), Some(today)) => differ(recorded, today),
            (recorded, today) => recorded.is_some() != today.is_some(),
        }
    }
}

impl ReplayedReward {
    /// Whether the share is another one.
    #[must_use]
    pub fn is_change(&self) -> bool {
        differ(self.recorded, self.today)
    }
}

fn differ(one: f64, other: f64) -> bool {
    (one - other).abs() > SAME * one.abs().max(other.abs())
}

/// Judges past rounds again with these hooks, under the same timeouts as a validator's.
///
/// # Errors
/// A ledger that cannot be read or is another subnet's, and a reward hook that fails. A judge that fails is the verdict on
/// its round.
pub async fn replay_scores<S: Synapse>(
    config: &ValidatorConfig,
    netuid: u16,
    rounds: RoundRange,
    judge: impl Score<S>,
    reward: impl Reward,
) -> Result<Replay, ReplayError> {
    let path = config.ledger_path.clone();
    let (owner, ids) = read(&path, move |ledger| Ok((ledger.owner()?, ledger.round_ids(rounds)?))).await?;
    if owner.netuid != netuid {
        return Err(ReplayError::OtherSubnet { path, found: owner.netuid, netuid });
    }
    let judges = Judges::<S> {
        judge: Arc::new(judge),
        score: HookGuard::new("score", config.score_timeout),
        settle: HookGuard::new("settle", config.settle_timeout),
        frame: Frame { me: owner.hotkey, sample_size: config.sample_size },
    };
    let mut rejudged = BTreeMap::new();
    let mut replayed = Vec::with_capacity(ids.len());
    for id in ids {
        let loaded = read(&path, move |ledger| {
            let past = ledger.past_round(id)?;
            Ok(past.map(|mut past| {
                let whole =
                    past.whole.as_ref().map_err(|missing| Verdict::NotKept { reason: missing.to_string() });
                let rebuilt = whole.and_then(|whole| rebuild::<S>(whole));
                let turns = std::mem::take(&mut past.turns);
                (past, rebuilt, turns)
            }))
        });
        // Rounds that the running validator let go meanwhile are past.
        let Some((past, rebuilt, turns)) = loaded.await? else { continue };
        let judged = match rebuilt {
            Ok((task, answers)) => judges.judge(task, answers, turns).await?,
            Err(verdict) => Err(verdict),
        };
        replayed.push(compare(&past, judged.as_ref().map(|rejudged| &rejudged.scores)));
        if let Ok(today) = judged {
            rejudged.insert(id, today);
        }
    }
    let guard = HookGuard::new("reward", config.reward_timeout);
    let rewarding = guard.run_blocking(move || rewards(&path, &rejudged, &reward));
    let mechanisms = rewarding.await.map_err(|error| ReplayError::Hook(error.to_string()))??;
    Ok(Replay { validator: owner.hotkey, netuid, rounds: replayed, mechanisms })
}

async fn read<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce(&Ledger) -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, LedgerError> {
    let path = path.to_owned();
    let reading = spawn_blocking(move || work(&Ledger::open(&path)?));
    reading.await.map_err(|ended| LedgerError::Thread(ended.to_string()))?
}

fn compare(past: &PastRound, judged: Result<&Scores, &Verdict>) -> ReplayedRound {
    let score = |(hotkey, recorded): (&Hotkey, &Option<f64>)| {
        let today = judged.ok().and_then(|scores| scores.get(hotkey));
        let difference = recorded.zip(today).map(|(recorded, today)| today - recorded);
        ReplayedScore { hotkey: *hotkey, recorded: *recorded, today, difference }
    };
    ReplayedRound {
        id: past.id,
        started_at: past.started_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        block: past.block,
        verdict: judged.err().cloned().unwrap_or(Verdict::Judged),
        scores: past.recorded.iter().map(score).collect(),
    }
}

/// The reward hook over the recorded scores, and over the same with those of today.
fn rewards(
    path: &Path,
    rejudged: &BTreeMap<u64, Rejudged>,
    reward: &impl Reward,
) -> Result<Vec<ReplayedMechanism>, LedgerError> {
    let ledger = Ledger::open(path)?;
    ledger.stand_still()?;
    let Some(subnet) = ledger.newest_subnet()? else { return Ok(Vec::new()) };
    let mut mechanisms: BTreeSet<u8> = ledger.rewarded_mechanisms()?.into_iter().collect();
    mechanisms.insert(0);
    let of = |ledger: &Ledger| -> Vec<Weights> {
        mechanisms.iter().map(|mecid| reward.mechanism_reward(*mecid, ledger, &subnet)).collect()
    };
    let recorded = of(&ledger);
    ledger.rescore(rejudged)?;
    let today = of(&ledger);
    if let Some(fault) = ledger.into_fault() {
        return Err(fault);
    }
    let both = recorded.iter().zip(&today);
    Ok(mechanisms
        .iter()
        .zip(both)
        .map(|(mecid, (recorded, today))| side_by_side(*mecid, recorded, today))
        .collect())
}

fn side_by_side(mecid: u8, recorded: &Weights, today: &Weights) -> ReplayedMechanism {
    let total = |weights: &Weights| weights.iter().map(|(_, reward)| reward).sum::<f64>();
    let (all_recorded, all_today) = (total(recorded), total(today));
    let share = |weights: &Weights, all: f64, hotkey: &Hotkey| {
        if all > 0.0 { weights.get(hotkey).unwrap_or_default() / all } else { 0.0 }
    };
    let hotkeys: BTreeSet<Hotkey> = recorded.iter().chain(today.iter()).map(|(hotkey, _)| hotkey).collect();
    let rewards = hotkeys.into_iter().map(|hotkey| ReplayedReward {
        hotkey,
        recorded: share(recorded, all_recorded, &hotkey),
        today: share(today, all_today, &hotkey),
    });
    ReplayedMechanism { mecid, rewards: rewards.collect() }
}

#[cfg(test)]
mod tests;
