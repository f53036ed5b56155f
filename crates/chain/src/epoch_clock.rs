//! When a subnet's epochs happen.

use crate::{
    Beacon, Chain, ReadError, Value,
    pinned::Pinned,
    surface::{self, Answers, Asked},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Blocks without an epoch after which the chain runs one whatever the tempo says.
const MAX_BLOCKS_WITHOUT_EPOCH: u64 = 50_400;

/// Epochs a search goes ahead at most; runtimes take no reveal period longer than 100.
const MAX_EPOCHS_AHEAD: u64 = 1000;

/// Blocks after its time that a pulse is stored on chain, to be on the safe side.
const BLOCKS_TO_STORE_A_PULSE: u64 = 3;

/// The state of a subnet's epoch clock after a block, and what follows from it.
///
/// The chain counts from the last epoch, not from block numbers: an epoch is due when `tempo` blocks have passed
/// since it, or at a block set by the owner, or after 50,400 blocks without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochClock {
    /// The block this state was read at.
    pub block: u64,
    /// Blocks per epoch; 0 means the subnet has none.
    pub tempo: u16,
    /// The block the last epoch was counted from.
    pub last_epoch_block: u64,
    /// The block an epoch is set for; 0 means none is.
    pub pending_epoch_at: u64,
    /// How many epochs there have been.
    pub epoch_index: u64,
    /// Blocks since the chain last ran this subnet's epoch.
    pub blocks_since_last_step: u64,
}

impl EpochClock {
    /// The block of the next epoch, if nobody changes the tempo meanwhile; `None` if the tempo is 0. The chain may put
    /// it off by a block when many subnets are due at once.
    pub fn next_epoch_block(&self) -> Option<u64> {
        if self.tempo == 0 {
            return None;
        }
        let automatic = self.last_epoch_block.saturating_add(self.tempo.into());
        // Blocks since the last step grow by one per block; past the bound an epoch is due at once.
        let overdue = self
            .block
            .saturating_add((MAX_BLOCKS_WITHOUT_EPOCH + 1).saturating_sub(self.blocks_since_last_step));
        let mut next = automatic.min(overdue);
        if self.pending_epoch_at > 0 {
            next = next.min(self.pending_epoch_at);
        }
        Some(next.max(self.block + 1))
    }

    /// Blocks until the next epoch, at least 1; `None` if the tempo is 0.
    pub fn blocks_until_next(&self) -> Option<u64> {
        self.next_epoch_block().map(|next| next - self.block)
    }

    /// Whether the block after this one runs an epoch.
    pub fn is_due_next_block(&self) -> bool {
        self.blocks_until_next() == Some(1)
    }

    /// The epoch number that a transaction in the next block belongs to.
    ///
    /// The chain tests this before it counts the block, so the bound of blocks without an epoch takes effect here one
    /// block later than for the epoch itself.
    pub fn index_next_block(&self) -> u64 {
        let uncounted =
            Self { blocks_since_last_step: self.blocks_since_last_step.saturating_sub(1), ..*self };
        self.epoch_index + u64::from(uncounted.is_due_next_block())
    }

    /// The first block after this one in which a transaction belongs to this epoch number, if nobody changes the tempo
    /// meanwhile and the chain puts nothing off; `None` if that number has passed, lies more than 1000 epochs ahead, or
    /// never comes because the tempo is 0.
    pub fn block_of_index(&self, index: u64) -> Option<u64> {
        if self.tempo == 0 {
            return None;
        }
        let mut clock = *self;
        for _ in 0..=MAX_EPOCHS_AHEAD {
            if clock.index_next_block() >= index {
                return (clock.index_next_block() == index).then_some(clock.block + 1);
            }
            // Numbers change with an epoch, or, where the chain tests before it counts, one block later.
            let next = clock.next_epoch_block()?;
            let before = clock.without_epoch(next - 1 - clock.block);
            if before.index_next_block() == index {
                return Some(next);
            }
            clock = before.after_epoch();
        }
        None
    }

    /// The block in which a commit that is in the next block is due to be revealed: for a hash commit the first in which
    /// the chain takes the reveal, for a timelocked one the block at whose start the chain opens it. The period is
    /// `RevealPeriodEpochs`.
    ///
    /// `None` as for [`Self::block_of_index`].
    pub fn reveal_block(&self, reveal_period_epochs: u64) -> Option<u64> {
        self.block_of_index(self.index_next_block().checked_add(reveal_period_epochs)?)
    }

    /// The drand round to seal weights for that are committed in the next block: the last one that has appeared 3 blocks
    /// after [`Self::reveal_block`] starts, so that the chain has its signature within the epoch but nobody much earlier
    /// (chain-client.md section 12).
    ///
    /// `now_ms` is the time of this block in milliseconds since 1970 ([`Pinned::timestamp_ms`]), never a local clock;
    /// `block_time` is what blocks really take. `None` as for [`Self::block_of_index`], or if the beacon's period is 0.
    pub fn reveal_round(
        &self,
        reveal_period_epochs: u64,
        now_ms: u64,
        block_time: Duration,
        beacon: &Beacon,
    ) -> Option<u64> {
        let stored = self.reveal_block(reveal_period_epochs)?.saturating_add(BLOCKS_TO_STORE_A_PULSE);
        let ahead = u128::from(stored - self.block) * block_time.as_millis();
        let since_genesis =
            (u128::from(now_ms) + ahead).saturating_sub(u128::from(beacon.genesis_time) * 1000);
        let round = since_genesis.checked_div(u128::from(beacon.period) * 1000)?;
        u64::try_from(round.max(1)).ok()
    }

    /// The storage items it is made of.
    pub(crate) fn items(netuid: u16) -> [Asked; 6] {
        use surface::*;
        let items = [
            NETWORKS_ADDED,
            TEMPO,
            LAST_EPOCH_BLOCK,
            PENDING_EPOCH_AT,
            SUBNET_EPOCH_INDEX,
            BLOCKS_SINCE_LAST_STEP,
        ];
        items.map(|item| item.at([netuid.into()]))
    }

    /// The clock at a block, from the values of its items there.
    pub(crate) fn decode(block: u64, netuid: u16, answers: &Answers) -> Result<Self, ReadError> {
        if answers.of(&surface::NETWORKS_ADDED).and_then(Value::bool) != Some(true) {
            return Err(ReadError::NoSuchSubnet { netuid });
        }
        Ok(Self {
            block,
            tempo: u16::try_from(answers.number(&surface::TEMPO)?).unwrap_or(u16::MAX),
            last_epoch_block: answers.number(&surface::LAST_EPOCH_BLOCK)?,
            pending_epoch_at: answers.number(&surface::PENDING_EPOCH_AT)?,
            epoch_index: answers.number(&surface::SUBNET_EPOCH_INDEX)?,
            blocks_since_last_step: answers.number(&surface::BLOCKS_SINCE_LAST_STEP)?,
        })
    }

    /// The same clock some blocks later, none of which runs an epoch.
    fn without_epoch(self, blocks: u64) -> Self {
        Self {
            block: self.block.saturating_add(blocks),
            blocks_since_last_step: self.blocks_since_last_step.saturating_add(blocks),
            ..self
        }
    }

    /// The clock after the next block, which runs an epoch.
    fn after_epoch(self) -> Self {
        let block = self.block.saturating_add(1);
        Self {
            block,
            last_epoch_block: block,
            pending_epoch_at: 0,
            epoch_index: self.epoch_index.saturating_add(1),
            blocks_since_last_step: 0,
            ..self
        }
    }
}

impl Chain {
    /// The epoch clock of a subnet at the best block.
    ///
    /// # Errors
    /// [`ReadError::NoSuchSubnet`] among others.
    pub async fn epoch_clock(&self, netuid: u16) -> Result<EpochClock, ReadError> {
        self.at_best().await?.epoch_clock(netuid).await
    }
}

impl Pinned {
    /// The epoch clock of a subnet, in one round trip.
    ///
    /// # Errors
    /// [`ReadError::NoSuchSubnet`] among others.
    pub async fn epoch_clock(&self, netuid: u16) -> Result<EpochClock, ReadError> {
        let answers = self.answers(EpochClock::items(netuid).into()).await?;
        EpochClock::decode(self.head().number, netuid, &answers)
    }
}
