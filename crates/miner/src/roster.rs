//! What the axon knows of the subnet: a snapshot that requests read and a background task replaces.

use std::{collections::HashMap, sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use subnetkit_protocol::Hotkey;
use tokio::time::Instant;

/// A hotkey's place in the metagraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its uid on the subnet.
    pub uid: u16,
    /// It holds a validator permit.
    pub validator_permit: bool,
    /// Its stake weight on the subnet, in rao.
    pub stake_rao: u64,
    /// It is the hotkey of the subnet's owner.
    pub owner: bool,
}

/// The registered hotkeys of the subnet at one block.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// The block the snapshot was read at.
    pub block: u64,
    /// Every registered hotkey.
    pub members: HashMap<Hotkey, Standing>,
}

/// The current [`Roster`], shared by the requests of one axon and the task that refreshes it.
///
/// Reading takes no lock and never waits. Before the first snapshot nobody is registered.
#[derive(Clone, Debug, Default)]
pub struct SharedRoster(Arc<ArcSwapOption<Heard>>);

#[derive(Debug)]
struct Heard {
    roster: Roster,
    /// One more than the last snapshot's.
    edition: u64,
    /// When a block newer than any before was heard of. Reading the same block again doesn't count: a node that
    /// answers and no longer follows the chain is as silent as one that is down.
    newest_block_at: Instant,
}

impl SharedRoster {
    /// No snapshot yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the snapshot.
    pub fn publish(&self, roster: Roster) {
        let known = self.0.load();
        let newest_block_at = match known.as_deref() {
            Some(known) if known.roster.block == roster.block => known.newest_block_at,
            _ => Instant::now(),
        };
        let edition = known.as_deref().map_or(0, |known| known.edition) + 1;
        self.0.store(Some(Arc::new(Heard { roster, edition, newest_block_at })));
    }

    /// The caller's place in the current snapshot.
    #[must_use]
    pub fn standing(&self, hotkey: &Hotkey) -> Option<Standing> {
        self.0.load().as_deref()?.roster.members.get(hotkey).copied()
    }

    /// Time since a new block was heard of; `None` before the first snapshot.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.0.load().as_deref().map(|heard| heard.newest_block_at.elapsed())
    }

    /// Another number for every snapshot; zero before the first.
    pub(crate) fn edition(&self) -> u64 {
        self.0.load().as_deref().map_or(0, |heard| heard.edition)
    }

    /// The stake weight in rao of those members of the current snapshot that satisfy a rule.
    pub(crate) fn stake_of(&self, mut rule: impl FnMut(&Hotkey, &Standing) -> bool) -> u128 {
        self.0.load().as_deref().map_or(0, |heard| {
            let members = heard.roster.members.iter().filter(|(hotkey, standing)| rule(hotkey, standing));
            members.map(|(_, standing)| u128::from(standing.stake_rao)).sum()
        })
    }

    /// How many members of the current snapshot satisfy a rule.
    pub(crate) fn count(&self, mut rule: impl FnMut(&Hotkey, &Standing) -> bool) -> usize {
        self.0.load().as_deref().map_or(0, |heard| {
            heard.roster.members.iter().filter(|(hotkey, standing)| rule(hotkey, standing)).count()
        })
    }
}
