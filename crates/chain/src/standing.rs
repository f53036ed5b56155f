//! How a hotkey stands towards every rule that its weights are judged by.

use crate::{
    EpochClock, HashCommit, Head, Mechanism, Rao, ReadError, TimelockedCommit, Value,
    pinned::Pinned,
    selective::Columns,
    surface::{
        ADMIN_FREEZE_WINDOW, Answers, Asked, COMMIT_REVEAL_ENABLED, COMMIT_REVEAL_VERSION, IMMUNITY_PERIOD,
        LAST_STORED_ROUND, LAST_UPDATE, MAX_ALLOWED_VALIDATORS, MECHANISM_COUNT, MIN_ALLOWED_WEIGHTS, NOW,
        REVEAL_PERIOD, STAKE_THRESHOLD, SUBNET_OWNER_HOTKEY, SUBNETWORK_N, UIDS, VALIDATOR_PERMIT,
        WEIGHTS_RATE_LIMIT, WEIGHTS_VERSION_KEY,
    },
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use subnetkit_protocol::Hotkey;

/// Everything the chain judges weights of a hotkey by, at one block (chain-calls.md section 4, epoch.md section 3).
///
/// All of it is read, nothing computed beside the chain: stake weight and activity cutoff are the runtime's own answers
/// for this block. Only permits are as old as the last epoch, since the chain gives them there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Standing {
    /// Whose weights.
    pub hotkey: Hotkey,
    /// Which weights.
    pub of: Mechanism,
    /// The block this was read at.
    pub block: Head,
    /// The block's own time, milliseconds since 1970.
    pub timestamp_ms: u64,
    /// The version of the runtime that makes the next block.
    pub spec_version: u32,
    /// When epochs happen, and how long they are.
    pub clock: EpochClock,
    /// How many mechanisms the subnet has; weights for a later one than the last are refused.
    pub mechanism_count: u8,
    /// Neurons of the subnet: at least as many weights as the lesser of this and `min_allowed_weights` are wanted.
    pub neurons: u16,
    /// Fewest weights, in a subnet that large.
    pub min_allowed_weights: u16,
    /// Most validator permits the subnet gives.
    pub max_validators: u16,
    /// The hotkey's place in the subnet; `None` if it is not registered there.
    pub place: Option<Place>,
    /// The hotkey that owns the subnet: it needs neither permit nor stake.
    pub owner_hotkey: Hotkey,
    /// The stake weight that weights need (`StakeThreshold`), the same in all subnets, compared with
    /// [`Place::stake_weight`]: alpha and TAO count together.
    pub stake_threshold: Rao,
    /// Smallest version key the chain takes (`WeightsVersionKey`); 0 takes all.
    pub weights_version: u64,
    /// Blocks between two submissions for one mechanism (`WeightsSetRateLimit`); under commit and reveal, between two
    /// commits.
    pub weights_rate_limit_blocks: u64,
    /// Whether weights are taken by commit and reveal only.
    pub commit_reveal: bool,
    /// Epochs between commit and reveal (`RevealPeriodEpochs`).
    pub reveal_period_epochs: u64,
    /// The version of commit and reveal that timelocked commits have to carry.
    pub commit_reveal_version: u16,
    /// The hotkey's open hash commits, oldest first.
    pub hash_commits: Vec<HashCommit>,
    /// The hotkey's timelocked commits that wait, by the epoch they were made in.
    pub timelocked_commits: BTreeMap<u64, Vec<TimelockedCommit>>,
    /// The newest drand round on chain; commits sealed for an older one are refused.
    pub last_stored_round: u64,
    /// Blocks during which a new neuron is not replaced.
    pub immunity_period_blocks: u64,
    /// Blocks without weights after which a validator no longer counts, as the next epoch has it.
    pub activity_cutoff_blocks: u64,
    /// Blocks before an epoch in which the subnet's rules cannot be changed (`AdminFreezeWindow`).
    pub admin_freeze_window_blocks: u64,
}

/// A hotkey's place in a subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Place {
    /// Its uid.
    pub uid: u16,
    /// The block it was registered in.
    pub registered_at_block: u64,
    /// The block of its last weights or commit for the mechanism, or of its registration; 0 if the mechanism came later.
    pub last_update_block: u64,
    /// Whether the last epoch gave it a validator permit.
    pub validator_permit: bool,
    /// What counts as its stake: alpha and weighted TAO, of its own and inherited from parents, as the chain computes it
    /// at this block. Alpha and TAO are added up, so it is an amount of neither.
    pub stake_weight: Rao,
}

/// Epochs whose commits are looked for at most; runtimes take no reveal period longer than 100.
const MAX_EPOCHS_OPEN: u64 = 101;

impl Standing {
    /// Whether the hotkey owns the subnet: then neither permit nor stake are asked for.
    pub fn is_owner(&self) -> bool {
        self.hotkey == self.owner_hotkey
    }

    /// Whether it may set weights for others: with a permit, or as the owner.
    pub fn is_permitted(&self) -> bool {
        self.place.is_some_and(|place| place.validator_permit || self.is_owner())
    }

    /// Whether its stake suffices to set weights: by the threshold, or as the owner.
    pub fn has_enough_stake(&self) -> bool {
        self.place.is_some_and(|place| place.stake_weight >= self.stake_threshold || self.is_owner())
    }

    /// Whether the chain takes weights with this version key.
    pub fn takes_version_key(&self, version_key: u64) -> bool {
        self.weights_version == 0 || version_key >= self.weights_version
    }

    /// Blocks that still have to be made before the first one that can hold a submission for this mechanism: 0 says that
    /// the next block can. A mechanism without weights of the hotkey has no limit; neither has an unregistered hotkey.
    pub fn rate_limit_blocks_left(&self) -> u64 {
        let last = self.place.map_or(0, |place| place.last_update_block);
        if last == 0 {
            return 0;
        }
        last.saturating_add(self.weights_rate_limit_blocks).saturating_sub(self.block.number + 1)
    }

    /// Blocks since the last weights or commit; `None` if there are none, or the hotkey is not registered.
    pub fn last_update_age_blocks(&self) -> Option<u64> {
        let last = self.place?.last_update_block;
        (last > 0).then(|| self.block.number.saturating_sub(last))
    }

    /// Whether its last weights or commit are recent enough to count in the next epoch.
    pub fn is_active(&self) -> bool {
        let next = self.clock.next_epoch_block().unwrap_or(self.block.number + 1);
        self.place
            .is_some_and(|place| place.last_update_block.saturating_add(self.activity_cutoff_blocks) >= next)
    }

    /// Blocks of immunity left: while there are any, nobody takes the uid.
    pub fn immunity_blocks_left(&self) -> u64 {
        let until = self.place.map_or(0, |place| place.registered_at_block + self.immunity_period_blocks);
        until.saturating_sub(self.block.number)
    }

    /// Commits that wait for their reveal, of both kinds.
    pub fn open_commits(&self) -> usize {
        self.hash_commits.len() + self.timelocked_commits.values().map(Vec::len).sum::<usize>()
    }
}

impl Pinned {
    /// How a hotkey stands towards the rules of a mechanism, in two round trips.
    ///
    /// # Errors
    /// [`ReadError::NoSuchSubnet`] among others.
    pub async fn standing(&self, of: Mechanism, hotkey: &Hotkey) -> Result<Standing, ReadError> {
        let netuid = of.netuid;
        let (answers, columns, hash_commits) = futures::try_join!(
            self.answers(items(of, hotkey)),
            self.columns(netuid),
            self.hash_commits(of, hotkey)
        )?;
        let clock = EpochClock::decode(self.head().number, netuid, &answers)?;
        let owner = answers.of(&SUBNET_OWNER_HOTKEY).and_then(Value::account);
        let reveal_period_epochs = answers.number(&REVEAL_PERIOD)?;
        Ok(Standing {
            hotkey: *hotkey,
            of,
            block: self.head(),
            timestamp_ms: answers.number(&NOW)?,
            spec_version: self.runtime().spec_version(),
            clock,
            mechanism_count: u8::try_from(answers.number(&MECHANISM_COUNT)?).unwrap_or(u8::MAX),
            neurons: small(answers.number(&SUBNETWORK_N)?),
            min_allowed_weights: small(answers.number(&MIN_ALLOWED_WEIGHTS)?),
            max_validators: small(answers.number(&MAX_ALLOWED_VALIDATORS)?),
            place: place(&answers, &columns)?,
            owner_hotkey: owner.ok_or_else(|| SUBNET_OWNER_HOTKEY.unusable("hotkey"))?,
            stake_threshold: Rao(answers.number(&STAKE_THRESHOLD)?),
            weights_version: answers.number(&WEIGHTS_VERSION_KEY)?,
            weights_rate_limit_blocks: answers.number(&WEIGHTS_RATE_LIMIT)?,
            commit_reveal: answers.of(&COMMIT_REVEAL_ENABLED).and_then(Value::bool).unwrap_or_default(),
            reveal_period_epochs,
            commit_reveal_version: small(answers.number(&COMMIT_REVEAL_VERSION)?),
            hash_commits,
            timelocked_commits: self.waiting(of, hotkey, &clock, reveal_period_epochs).await?,
            last_stored_round: answers.number(&LAST_STORED_ROUND)?,
            immunity_period_blocks: answers.number(&IMMUNITY_PERIOD)?,
            activity_cutoff_blocks: columns.activity_cutoff,
            admin_freeze_window_blocks: answers.number(&ADMIN_FREEZE_WINDOW)?,
        })
    }

    /// The timelocked commits of a hotkey in all epochs from which the chain can still open any.
    async fn waiting(
        &self,
        of: Mechanism,
        hotkey: &Hotkey,
        clock: &EpochClock,
        reveal_period_epochs: u64,
    ) -> Result<BTreeMap<u64, Vec<TimelockedCommit>>, ReadError> {
        let newest = clock.index_next_block();
        let oldest = clock.epoch_index.saturating_sub(reveal_period_epochs.min(MAX_EPOCHS_OPEN));
        let epochs: Vec<u64> = (oldest..=newest).collect();
        let commits = self.timelocked_commits_of(of, &epochs, hotkey).await?;
        Ok(epochs.into_iter().zip(commits).filter(|(_, commits)| !commits.is_empty()).collect())
    }
}

/// All storage items it is made of, except for the queues of commits.
fn items(of: Mechanism, hotkey: &Hotkey) -> Vec<Asked> {
    let netuid = of.netuid;
    let of_the_subnet = [
        MECHANISM_COUNT,
        SUBNETWORK_N,
        MIN_ALLOWED_WEIGHTS,
        MAX_ALLOWED_VALIDATORS,
        WEIGHTS_VERSION_KEY,
        WEIGHTS_RATE_LIMIT,
        REVEAL_PERIOD,
        IMMUNITY_PERIOD,
        COMMIT_REVEAL_ENABLED,
        SUBNET_OWNER_HOTKEY,
        VALIDATOR_PERMIT,
    ];
    let of_the_chain = [STAKE_THRESHOLD, COMMIT_REVEAL_VERSION, ADMIN_FREEZE_WINDOW, LAST_STORED_ROUND, NOW];
    let mut items: Vec<Asked> = EpochClock::items(netuid).into();
    items.extend(of_the_subnet.map(|item| item.at([netuid.into()])));
    items.extend(of_the_chain.map(|item| item.at([])));
    items.push(LAST_UPDATE.at([of.storage_index().into()]));
    items.push(UIDS.at([netuid.into(), (*hotkey).into()]));
    items
}

fn place(answers: &Answers, columns: &Columns) -> Result<Option<Place>, ReadError> {
    let Some(uid) = answers.of(&UIDS) else { return Ok(None) };
    let uid: u16 = uid.number_as().ok_or_else(|| UIDS.unusable("uid"))?;
    let at = usize::from(uid);
    // The chain keeps these lists as long as they were at the last epoch; what is not there yet is 0.
    let last_update = answers.of(&LAST_UPDATE).and_then(|updates| updates.item(at));
    let permit = answers.of(&VALIDATOR_PERMIT).and_then(|permits| permits.item(at));
    Ok(Some(Place {
        uid,
        registered_at_block: columns.registered_at.get(at).copied().unwrap_or_default(),
        last_update_block: last_update.and_then(Value::number_as).unwrap_or_default(),
        validator_permit: permit.and_then(Value::bool).unwrap_or_default(),
        stake_weight: columns.stake_weights.get(at).copied().unwrap_or_default(),
    }))
}

fn small(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
