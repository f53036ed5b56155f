//! Running a subnet's epoch: storage in, Yuma Consensus, storage out.

use subnetkit_yuma::{CommitBlocks, LiquidAlpha, Mechanism, Outcome, Params, Row, Subnet, epoch};

use super::pallet::*;
use super::types::{AccountId, MechId, NetUid, storage_index};

/// What an epoch pays a hotkey, alpha in rao.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Payout {
    pub(super) hotkey: AccountId,
    pub(super) incentive: u64,
    pub(super) dividend: u64,
}

/// One mechanism's rows and commits, read from storage.
struct MechanismState {
    last_update: Vec<u64>,
    weights: Vec<Row>,
    bonds: Vec<Row>,
    commits: Option<CommitBlocks>,
}

impl<T: Config> Pallet<T> {
    /// Runs the epoch of a subnet that pays out `emission` alpha rao, and stores what it yields.
    pub(super) fn run_epoch(netuid: NetUid, emission: u64) -> Vec<Payout> {
        let neurons = SubnetworkN::<T>::get(netuid);
        let hotkeys: Vec<_> = (0..neurons).map(|uid| Keys::<T>::get(netuid, uid)).collect();
        let alpha: Vec<_> = hotkeys.iter().map(|hotkey| Self::inherited_alpha(hotkey, netuid)).collect();
        let root: Vec<_> = hotkeys.iter().map(|hotkey| Self::inherited_tao(hotkey, netuid)).collect();
        let registered: Vec<_> = (0..neurons).map(|uid| BlockAtRegistration::<T>::get(netuid, uid)).collect();
        let permits = ValidatorPermit::<T>::get(netuid);
        let count = MechanismCountCurrent::<T>::get(netuid);
        let states: Vec<_> = (0..count).map(|mecid| Self::read_mechanism(netuid, mecid, neurons)).collect();
        let mechanisms: Vec<_> = states
            .iter()
            .map(|state| Mechanism {
                last_update: &state.last_update,
                weights: &state.weights,
                bonds: &state.bonds,
                commit_blocks: state.commits.as_ref().map(CommitBlocks::as_slice),
            })
            .collect();
        let split = MechanismEmissionSplit::<T>::get(netuid);
        let subnet = Subnet {
            params: Self::epoch_params(netuid),
            block: Self::now(),
            last_mechanism_step_block: LastMechansimStepBlock::<T>::get(netuid),
            owner_uid: Self::owner_uid(netuid),
            alpha_stake: &alpha,
            root_stake: &root,
            block_at_registration: &registered,
            validator_permit: &permits,
            mechanisms: &mechanisms,
            emission_split: split.as_deref(),
        };
        let outcome = epoch(&subnet, emission);
        let payouts = hotkeys
            .into_iter()
            .zip(&outcome.server_emission)
            .zip(&outcome.validator_emission)
            .map(|((hotkey, &incentive), &dividend)| Payout { hotkey, incentive, dividend })
            .collect();
        Self::store_outcome(netuid, outcome);
        payouts
    }

    fn epoch_params(netuid: NetUid) -> Params {
        let (low, high) = AlphaValues::<T>::get(netuid);
        let liquid = LiquidAlpha { low, high, steepness: AlphaSigmoidSteepness::<T>::get(netuid) };
        Params {
            tempo: Tempo::<T>::get(netuid),
            kappa: Kappa::<T>::get(netuid),
            bonds_moving_average: BondsMovingAverage::<T>::get(netuid),
            bonds_penalty: BondsPenalty::<T>::get(netuid),
            yuma3_on: Yuma3On::<T>::get(netuid),
            liquid_alpha: LiquidAlphaOn::<T>::get(netuid).then_some(liquid),
            max_allowed_validators: MaxAllowedValidators::<T>::get(netuid),
            stake_threshold: StakeThreshold::<T>::get(),
            tao_weight: TaoWeight::<T>::get(),
            activity_cutoff_factor_milli: ActivityCutoffFactorMilli::<T>::get(netuid),
        }
    }

    fn read_mechanism(netuid: NetUid, mecid: MechId, neurons: u16) -> MechanismState {
        let index = storage_index(netuid, mecid);
        MechanismState {
            last_update: LastUpdate::<T>::get(index),
            weights: (0..neurons).map(|uid| Weights::<T>::get(index, uid)).collect(),
            bonds: (0..neurons).map(|uid| Bonds::<T>::get(index, uid)).collect(),
            commits: CommitRevealWeightsEnabled::<T>::get(netuid)
                .then(|| Self::read_commits(netuid, index, neurons)),
        }
    }

    fn read_commits(netuid: NetUid, index: u16, neurons: u16) -> CommitBlocks {
        let mut commits = CommitBlocks::new(
            usize::from(neurons),
            Self::current_epoch(netuid),
            RevealPeriodEpochs::<T>::get(netuid),
        );
        for (hotkey, queue) in WeightCommits::<T>::iter_prefix(index) {
            if let Some(uid) = Uids::<T>::get(netuid, &hotkey) {
                commits.add_hashed(uid, queue.iter().map(|&(_, epoch, block, _)| (epoch, block)));
            }
        }
        for (epoch, queue) in TimelockedWeightCommits::<T>::iter_prefix(index) {
            for (hotkey, block, ..) in queue {
                if let Some(uid) = Uids::<T>::get(netuid, &hotkey) {
                    commits.add_timelocked(uid, epoch, block);
                }
            }
        }
        commits
    }

    fn store_outcome(netuid: NetUid, outcome: Outcome) {
        for (mecid, mechanism) in (0..).zip(outcome.mechanisms) {
            let index = storage_index(netuid, mecid);
            Incentive::<T>::insert(index, mechanism.incentive);
            for (uid, row) in (0..).zip(mechanism.bonds) {
                Bonds::<T>::insert(index, uid, row);
            }
            Self::deposit_event(Event::IncentiveAlphaEmittedToMiners {
                netuid: index,
                emissions: mechanism.server_emission,
            });
        }
        Active::<T>::insert(netuid, outcome.active);
        Emission::<T>::insert(netuid, outcome.emission);
        Consensus::<T>::insert(netuid, outcome.consensus);
        Dividends::<T>::insert(netuid, outcome.dividends);
        ValidatorTrust::<T>::insert(netuid, outcome.validator_trust);
        ValidatorPermit::<T>::insert(netuid, outcome.validator_permit);
        StakeWeight::<T>::insert(netuid, outcome.stake_weight);
    }
}
