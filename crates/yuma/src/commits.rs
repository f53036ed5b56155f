//! Which weight commits still count when commit-reveal is on.

/// Whether a commit can no longer be revealed.
///
/// `current_epoch` is the epoch about to be entered: the stored epoch counter, plus one if an epoch is due in
/// this block.
pub fn commit_expired(current_epoch: u64, commit_epoch: u64, reveal_period_epochs: u64) -> bool {
    current_epoch > commit_epoch.saturating_add(reveal_period_epochs)
}

/// Collects, for each neuron of a mechanism, the block of its oldest commit that has not expired.
///
/// The epoch ignores a validator's weights on neurons registered after that block: it could not have known
/// them. Both kinds of commit go into the same collection.
#[derive(Clone, Debug)]
pub struct CommitBlocks {
    current_epoch: u64,
    reveal_period_epochs: u64,
    blocks: Vec<Option<u64>>,
}

impl CommitBlocks {
    /// An empty collection for a subnet of `neurons`; for `current_epoch` see [`commit_expired`].
    pub fn new(neurons: usize, current_epoch: u64, reveal_period_epochs: u64) -> Self {
        Self { current_epoch, reveal_period_epochs, blocks: vec![None; neurons] }
    }

    /// Adds a neuron's queue of hashed commits, each as `(epoch, block)`, oldest first. Only the first live one
    /// counts. A uid that does not exist is ignored.
    pub fn add_hashed(&mut self, uid: u16, queue: impl IntoIterator<Item = (u64, u64)>) {
        if let Some((_, block)) = queue.into_iter().find(|&(epoch, _)| self.is_live(epoch)) {
            self.lower(uid, block);
        }
    }

    /// Adds one timelocked commit of a neuron. A uid that does not exist is ignored.
    pub fn add_timelocked(&mut self, uid: u16, epoch: u64, block: u64) {
        if self.is_live(epoch) {
            self.lower(uid, block);
        }
    }

    /// The blocks by uid, as [`Mechanism::commit_blocks`](crate::Mechanism::commit_blocks) takes them.
    pub fn as_slice(&self) -> &[Option<u64>] {
        &self.blocks
    }

    fn is_live(&self, commit_epoch: u64) -> bool {
        !commit_expired(self.current_epoch, commit_epoch, self.reveal_period_epochs)
    }

    fn lower(&mut self, uid: u16, block: u64) {
        if let Some(lowest) = self.blocks.get_mut(usize::from(uid)) {
            *lowest = Some(lowest.map_or(block, |lowest| lowest.min(block)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_live_commit_counts() {
        let mut commits = CommitBlocks::new(3, 10, 2);
        commits.add_hashed(0, [(7, 70), (8, 80), (9, 90)]);
        commits.add_timelocked(0, 8, 75);
        commits.add_timelocked(0, 7, 60);
        commits.add_hashed(1, [(7, 70)]);
        commits.add_timelocked(9, 10, 100);
        assert_eq!(commits.as_slice(), [Some(75), None, None]);
    }
}
