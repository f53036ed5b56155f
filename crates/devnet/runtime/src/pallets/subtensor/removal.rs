//! Removing what is stored of a subnet.

use super::pallet::*;
use super::types::{AccountId, NetUid};

/// Removes a subnet's entry from maps by subnet.
macro_rules! remove {
    ($netuid:expr; $($map:ident),+ $(,)?) => {
        $( $map::<T>::remove($netuid); )+
    };
}

/// Removes a subnet's entries from maps by subnet, or by mechanism, and something else.
macro_rules! clear {
    ($first:expr; $($map:ident),+ $(,)?) => {
        $( drop($map::<T>::clear_prefix($first, u32::MAX, None)); )+
    };
}

/// Removes a subnet's entries from maps by account and subnet.
macro_rules! remove_by_account {
    ($netuid:expr; $($map:ident),+ $(,)?) => {
        $(
            let accounts: Vec<AccountId> = $map::<T>::iter()
                .filter(|(_, netuid, _)| *netuid == $netuid)
                .map(|(account, ..)| account)
                .collect();
            for account in accounts {
                $map::<T>::remove(account, $netuid);
            }
        )+
    };
}

impl<T: Config> Pallet<T> {
    /// Removes all that is stored of a subnet but its TAO and alpha, which are gone by then.
    pub(super) fn remove_subnet(netuid: NetUid) {
        TotalNetworks::<T>::mutate(|count| *count = count.saturating_sub(1));
        for index in Self::mechanism_indices(netuid) {
            remove!(index; LastUpdate, Incentive);
            clear!(index; Weights, Bonds, WeightCommits, TimelockedWeightCommits);
        }
        if SubnetIdentitiesV3::<T>::take(netuid).is_some() {
            Self::deposit_event(Event::SubnetIdentityRemoved(netuid));
        }
        Self::remove_members(netuid);
        Self::remove_economy(netuid);
        Self::remove_hyperparameters(netuid);
        remove!(
            netuid;
            NetworksAdded, NetworkRegisteredAt, SubnetOwner, SubnetOwnerHotkey, SubnetLocked, SubnetMechanism,
            FirstEmissionBlockNumber, SubtokenEnabled, TokenSymbol, MechanismCountCurrent, MechanismEmissionSplit,
        );
    }

    fn remove_members(netuid: NetUid) {
        for hotkey in Keys::<T>::iter_prefix_values(netuid) {
            IsNetworkMember::<T>::remove(hotkey, netuid);
        }
        let limited: Vec<_> =
            TransactionKeyLastBlock::<T>::iter_keys().filter(|(_, on, _)| *on == netuid).collect();
        for key in limited {
            TransactionKeyLastBlock::<T>::remove(key);
        }
        clear!(
            netuid;
            Uids, Keys, BlockAtRegistration, Axons, NeuronCertificates, Prometheus, PendingChildKeys,
            LastHotkeySwapOnNetuid,
        );
        remove_by_account!(
            netuid;
            ChildkeyTake, ChildKeys, ParentKeys, AutoStakeDestination, AutoStakeDestinationColdkeys,
        );
        remove!(
            netuid;
            SubnetworkN, Active, Consensus, Dividends, Emission, ValidatorTrust, ValidatorPermit, StakeWeight,
        );
    }

    fn remove_economy(netuid: NetUid) {
        clear!(netuid; AlphaDividendsPerSubnet, RootAlphaDividendsPerSubnet);
        remove_by_account!(netuid; TotalHotkeyAlphaLastEpoch);
        remove!(
            netuid;
            SubnetTAO, SubnetAlphaIn, SubnetAlphaOut, SubnetProtocolAlpha, SubnetVolume, SubnetMovingPrice,
            RootProp, SubnetTaoInEmission, SubnetAlphaInEmission, SubnetAlphaOutEmission, SubnetExcessTao,
            SubnetRootSellTao, PendingServerEmission, PendingValidatorEmission, PendingRootAlphaDivs,
            PendingOwnerCut, MinerBurned, RAORecycledForRegistration, RegistrationsThisBlock,
            RegistrationsThisInterval, LastEpochBlock, PendingEpochAt, SubnetEpochIndex, BlocksSinceLastStep,
            LastMechansimStepBlock,
        );
    }

    fn remove_hyperparameters(netuid: NetUid) {
        remove!(
            netuid;
            Tempo, Kappa, Rho, ImmunityPeriod, MaxAllowedUids, MinAllowedUids, MinNonImmuneUids,
            ImmuneOwnerUidsLimit, Difficulty, MinDifficulty, MaxDifficulty, AdjustmentInterval, AdjustmentAlpha,
            TargetRegistrationsPerInterval, MaxRegistrationsPerBlock, Burn, MinBurn, MaxBurn, BurnHalfLife,
            BurnIncreaseMult, NetworkRegistrationAllowed, NetworkPowRegistrationAllowed,
            CommitRevealWeightsEnabled, RevealPeriodEpochs, WeightsSetRateLimit, WeightsVersionKey,
            MinAllowedWeights, MaxWeightsLimit, MaxAllowedValidators, BondsMovingAverage, BondsPenalty,
            BondsResetOn, LiquidAlphaOn, AlphaValues, AlphaSigmoidSteepness, Yuma3On, ActivityCutoff,
            ActivityCutoffFactorMilli, TransferToggle, EMAPriceHalvingBlocks, SubnetEmissionEnabled,
            OwnerCutEnabled, OwnerCutAutoLockEnabled, RecycleOrBurn, ServingRateLimit, ScalingLawPower,
            MinChildkeyTakePerSubnet, RootClaimableThreshold,
        );
    }
}
