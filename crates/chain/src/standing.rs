//! How a hotkey stands towards every rule that its weights are judged by.

use crate::{
    CodecError, EpochClock, HashCommit, Head, Mechanism, Rao, ReadError, TimelockedCommit, Value,
    mechanism::unusable, pinned::Pinned,
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

/// Items of the Subtensor pallet by netuid, and what stands for them on a runtime that does not keep them.
const BY_NETUID: [(&str, u64); 10] = [
    ("MechanismCountCurrent", 1),
    ("SubnetworkN", 0),
    ("MinAllowedWeights", 0),
    ("MaxAllowedValidators", 0),
    ("WeightsVersionKey", 0),
    ("WeightsSetRateLimit", 0),
    ("CommitRevealWeightsEnabled", 0),
    ("RevealPeriodEpochs", 1),
    ("ImmunityPeriod", 0),
    ("SubnetOwnerHotkey", 0),
];

/// The same for items of the whole chain.
const OF_THE_CHAIN: [(&str, u64); 3] =
    [("StakeThreshold", 0), ("CommitRevealWeightsVersion", 4), ("AdminFreezeWindow", 0)];

/// Epochs whose commits are looked for at most; runtimes take no reveal period longer than 100.
const MAX_EPOCHS_OPEN: u64 = 101;

const SUBTENSOR: &str = "SubtensorModule";

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
        let mut items = EpochClock::items(netuid);
        let clock_items = items.len();
        items.extend(BY_NETUID.iter().map(|(item, _)| (SUBTENSOR, *item, vec![netuid.into()])));
        items.extend(OF_THE_CHAIN.iter().map(|(item, _)| (SUBTENSOR, *item, Vec::new())));
        let single = items.len();
        items.extend([
            (SUBTENSOR, "Uids", vec![netuid.into(), (*hotkey).into()]),
            (SUBTENSOR, "ValidatorPermit", vec![netuid.into()]),
            (SUBTENSOR, "LastUpdate", vec![of.storage_index().into()]),
            ("Drand", "LastStoredRound", Vec::new()),
            ("Timestamp", "Now", Vec::new()),
        ]);
        let (values, columns, hash_commits) = futures::try_join!(
            self.storage_known(&items),
            self.columns(netuid),
            self.hash_commits(of, hotkey)
        )?;
        let clock = EpochClock::decode(self.head().number, netuid, &values[..clock_items])?;
        let named = |name: &str| {
            let known = BY_NETUID.iter().chain(&OF_THE_CHAIN).zip(&values[clock_items..single]);
            known
                .into_iter()
                .find(|((item, _), _)| *item == name)
                .map(|((_, default), value)| (*default, value))
        };
        let number = |name: &str| -> Result<u64, ReadError> {
            let Some((default, value)) = named(name) else { return Err(unusable(name, "number").into()) };
            let Some(value) = value else { return Ok(default) };
            Ok(value.number_as().or(value.bool().map(u64::from)).ok_or_else(|| unusable(name, "number"))?)
        };
        let small = |name: &str| number(name).map(|number| u16::try_from(number).unwrap_or(u16::MAX));
        let owner = named("SubnetOwnerHotkey").and_then(|(_, value)| value.as_ref()?.account());
        let [uid, permits, updates, round, now] = &values[single..] else {
            return Err(unusable("Uids", "answer").into());
        };
        let uid = uid.as_ref().map(|uid| uid.number_as::<u16>().ok_or_else(|| unusable("Uids", "uid")));
        let place = uid.transpose()?.map(|uid| {
            let at = usize::from(uid);
            let of_uid = |column: &Option<Value>| column.as_ref().and_then(|column| column.item(at)).cloned();
            Place {
                uid,
                registered_at_block: columns.registered_at.get(at).copied().unwrap_or_default(),
                last_update_block: of_uid(updates).and_then(|block| block.number_as()).unwrap_or_default(),
                validator_permit: of_uid(permits).and_then(|permit| permit.bool()).unwrap_or_default(),
                stake_weight: columns.stake_weights.get(at).copied().unwrap_or_default(),
            }
        });
        let timestamp_ms = now.as_ref().and_then(Value::number_as).ok_or_else(|| CodecError::Field {
            item: "Timestamp.Now".to_owned(),
            field: "milliseconds".to_owned(),
        })?;
        let reveal_period_epochs = number("RevealPeriodEpochs")?;
        Ok(Standing {
            hotkey: *hotkey,
            of,
            block: self.head(),
            timestamp_ms,
            spec_version: self.runtime().spec_version(),
            clock,
            mechanism_count: u8::try_from(number("MechanismCountCurrent")?).unwrap_or(u8::MAX),
            neurons: small("SubnetworkN")?,
            min_allowed_weights: small("MinAllowedWeights")?,
            max_validators: small("MaxAllowedValidators")?,
            place,
            owner_hotkey: owner.ok_or_else(|| unusable("SubnetOwnerHotkey", "hotkey"))?,
            stake_threshold: Rao(number("StakeThreshold")?),
            weights_version: number("WeightsVersionKey")?,
            weights_rate_limit_blocks: number("WeightsSetRateLimit")?,
            commit_reveal: number("CommitRevealWeightsEnabled")? != 0,
            reveal_period_epochs,
            commit_reveal_version: small("CommitRevealWeightsVersion")?,
            hash_commits,
            timelocked_commits: self.waiting(of, hotkey, &clock, reveal_period_epochs).await?,
            last_stored_round: round.as_ref().and_then(Value::number_as).unwrap_or_default(),
            immunity_period_blocks: number("ImmunityPeriod")?,
            activity_cutoff_blocks: columns.activity_cutoff,
            admin_freeze_window_blocks: number("AdminFreezeWindow")?,
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
