//! Setting weights: what the chain refuses, and the way through a commit that it opens itself.

use std::collections::VecDeque;

use serde::Serialize;
use subnetkit_protocol::Hotkey;
use subnetkit_yuma::{CommitBlocks, Row, max_upscale};

use super::Subnet;

/// Commits of one hotkey in one epoch.
const MOST_OPEN_COMMITS: usize = 10;

/// What became of weights that were not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum WeightsTaken {
    /// They are stored, and count from the next epoch on.
    Set,
    /// They are hidden until the subnet has had this many epochs; then the chain opens them, right before that epoch's
    /// consensus, and only then asks for a permit and what else [`WeightsRefused`] has.
    Committed {
        /// The epoch they count in.
        reveal_epoch: u64,
    },
}

/// Why weights, or a commit of some, were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsRefused {
    /// The hotkey is no neuron, or no longer.
    #[error("{hotkey} is not registered")]
    NotRegistered {
        /// The hotkey.
        hotkey: Hotkey,
    },
    /// There is less stake than the chain asks for.
    #[error("a stake of {stake} rao is below the threshold of {threshold} (`stake_threshold`)")]
    NotEnoughStake {
        /// Alpha and weighted root stake, rao.
        stake: u64,
        /// What there has to be.
        threshold: u64,
    },
    /// The last weights, or the last commit, are too recent.
    #[error("the last weights are {passed} blocks old, and {limit} must pass (`weights_rate_limit`)")]
    TooFast {
        /// Blocks since then.
        passed: u64,
        /// Blocks that must pass.
        limit: u64,
    },
    /// The hotkey may weight nobody but itself.
    #[error("uid {uid} has no validator permit")]
    NoPermit {
        /// The neuron.
        uid: u16,
    },
    /// There are more entries than neurons.
    #[error("{entries} weights are more than there are neurons, {neurons}")]
    TooMany {
        /// Entries of the row.
        entries: usize,
        /// Neurons of the subnet.
        neurons: usize,
    },
    /// There are too few entries.
    #[error("{entries} weights are too few: there must be {least} (`min_allowed_weights`)")]
    TooFew {
        /// Entries of the row.
        entries: usize,
        /// How many there have to be.
        least: usize,
    },
    /// A uid is named twice.
    #[error("uid {uid} has two weights")]
    DuplicateUid {
        /// The uid.
        uid: u16,
    },
    /// A uid does not exist.
    #[error("there is no uid {uid}")]
    NoSuchUid {
        /// The uid.
        uid: u16,
    },
    /// There are too many commits already.
    #[error("{MOST_OPEN_COMMITS} commits were made in this epoch already")]
    TooManyCommits,
}

/// A row that waits to be opened.
#[derive(Clone, Debug)]
pub(super) struct Commit {
    account: usize,
    block: u64,
    row: Row,
}

/// Commits by the epoch they were made in, oldest first.
pub(super) type Commits = VecDeque<(u64, Vec<Commit>)>;

impl Subnet {
    /// Sets weights in the present block, as pairs of uid and weight, or commits to them if the rules say so.
    ///
    /// # Errors
    /// See [`WeightsRefused`]; nothing has changed then.
    pub fn set_weights(
        &mut self,
        hotkey: &Hotkey,
        row: &[(u16, u16)],
    ) -> Result<WeightsTaken, WeightsRefused> {
        let (account, uid) = self.seat(hotkey)?;
        if !self.rules.commit_reveal_weights_enabled {
            self.store_weights(account, row)?;
            return Ok(WeightsTaken::Set);
        }
        self.check_stake(account, uid)?;
        self.check_rate(uid)?;
        if self.commits.back().is_none_or(|(epoch, _)| *epoch != self.epoch_index) {
            self.commits.push_back((self.epoch_index, Vec::new()));
        }
        let Some((_, queue)) = self.commits.back_mut() else { return Err(WeightsRefused::TooManyCommits) };
        if queue.iter().filter(|commit| commit.account == account).count() >= MOST_OPEN_COMMITS {
            return Err(WeightsRefused::TooManyCommits);
        }
        queue.push(Commit { account, block: self.block, row: row.to_vec() });
        self.neurons.last_update[usize::from(uid)] = self.block;
        let reveal_epoch = self.epoch_index.saturating_add(self.rules.commit_reveal_period);
        Ok(WeightsTaken::Committed { reveal_epoch })
    }

    /// The weights that everybody can read and that the next epoch counts, by uid; empty where there are none. With
    /// commit-reveal they are those of `commit_reveal_period` epochs ago.
    pub fn visible_weights(&self) -> &[Row] {
        &self.neurons.weights
    }

    /// Opens what is due in a block that is `epoch` of the subnet's, and drops what is older. What is refused is gone, and told
    /// with the epoch's outcome.
    pub(super) fn reveal_weights(&mut self, epoch: u64) {
        let Some(due) = epoch.checked_sub(self.rules.commit_reveal_period) else { return };
        while self.commits.front().is_some_and(|(made, _)| *made <= due) {
            let Some((made, queue)) = self.commits.pop_front() else { return };
            for commit in queue.into_iter().filter(|_| made == due) {
                if let Err(refusal) = self.store_weights(commit.account, &commit.row) {
                    self.unrevealed.push((self.accounts.get(commit.account).hotkey, refusal));
                }
            }
        }
    }

    /// The block of each neuron's oldest commit that still counts.
    pub(super) fn commit_blocks(&self) -> CommitBlocks {
        let period = self.rules.commit_reveal_period;
        let mut blocks = CommitBlocks::new(self.neurons.len(), self.epoch_index, period);
        for (epoch, queue) in &self.commits {
            for commit in queue {
                if let Some(uid) = self.accounts.get(commit.account).uid {
                    blocks.add_timelocked(uid, *epoch, commit.block);
                }
            }
        }
        blocks
    }

    fn store_weights(&mut self, account: usize, row: &[(u16, u16)]) -> Result<(), WeightsRefused> {
        let neurons = self.neurons.len();
        if row.len() > neurons {
            return Err(WeightsRefused::TooMany { entries: row.len(), neurons });
        }
        let known = self.accounts.get(account);
        let uid = known.uid.ok_or(WeightsRefused::NotRegistered { hotkey: known.hotkey })?;
        self.check_stake(account, uid)?;
        // With commit-reveal the commit counts as the update, not the reveal.
        let hidden = self.rules.commit_reveal_weights_enabled;
        if !hidden {
            self.check_rate(uid)?;
        }
        let only_itself = matches!(row, [(to, _)] if *to == uid);
        if !(only_itself || self.neurons.permits[usize::from(uid)] || self.owner_uid() == Some(uid)) {
            return Err(WeightsRefused::NoPermit { uid });
        }
        if let Some(uid) = named_twice(row) {
            return Err(WeightsRefused::DuplicateUid { uid });
        }
        if let Some(&(uid, _)) = row.iter().find(|(uid, _)| usize::from(*uid) >= neurons) {
            return Err(WeightsRefused::NoSuchUid { uid });
        }
        let least = neurons.min(usize::from(self.rules.min_allowed_weights));
        if !only_itself && row.len() < least {
            return Err(WeightsRefused::TooFew { entries: row.len(), least });
        }
        let values: Vec<u16> = row.iter().map(|(_, weight)| *weight).collect();
        let stored = &mut self.neurons.weights[usize::from(uid)];
        stored.clear();
        stored.extend(row.iter().map(|(uid, _)| *uid).zip(max_upscale(&values)));
        if !hidden {
            self.neurons.last_update[usize::from(uid)] = self.block;
        }
        Ok(())
    }

    fn seat(&self, hotkey: &Hotkey) -> Result<(usize, u16), WeightsRefused> {
        let refused = WeightsRefused::NotRegistered { hotkey: *hotkey };
        let account = self.accounts.number(hotkey).ok_or(refused)?;
        let uid = self.accounts.get(account).uid.ok_or(refused)?;
        Ok((account, uid))
    }

    fn check_stake(&self, account: usize, uid: u16) -> Result<(), WeightsRefused> {
        let (stake, threshold) = (self.stake_weight(account), self.rules.stake_threshold);
        if stake >= threshold || self.owner_uid() == Some(uid) {
            return Ok(());
        }
        Err(WeightsRefused::NotEnoughStake { stake, threshold })
    }

    fn check_rate(&self, uid: u16) -> Result<(), WeightsRefused> {
        let last = self.neurons.last_update[usize::from(uid)];
        let (passed, limit) = (self.block.saturating_sub(last), self.rules.weights_rate_limit);
        if last == 0 || passed >= limit { Ok(()) } else { Err(WeightsRefused::TooFast { passed, limit }) }
    }
}

fn named_twice(row: &[(u16, u16)]) -> Option<u16> {
    if row.is_sorted_by(|a, b| a.0 < b.0) {
        return None;
    }
    let mut uids: Vec<u16> = row.iter().map(|(uid, _)| *uid).collect();
    uids.sort_unstable();
    uids.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}
