//! What the pallet reports. Indices are the real chain's; events of calls that are not here are left out.

#[frame_support::pallet_macros::pallet_section]
mod events {
    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A subnet was created, with its mechanism.
        #[codec(index = 0)]
        NetworkAdded(NetUid, u16),
        /// A subnet was dissolved.
        #[codec(index = 1)]
        NetworkRemoved(NetUid),
        /// Coldkey, hotkey, TAO in rao, alpha in rao, subnet, fee in rao.
        #[codec(index = 2)]
        StakeAdded(AccountId, AccountId, u64, u64, NetUid, u64),
        /// Coldkey, hotkey, TAO in rao, alpha in rao, subnet, fee in rao.
        #[codec(index = 3)]
        StakeRemoved(AccountId, AccountId, u64, u64, NetUid, u64),
        /// Coldkey, origin hotkey and subnet, destination hotkey and subnet, TAO in rao.
        #[codec(index = 4)]
        StakeMoved(AccountId, AccountId, NetUid, AccountId, NetUid, u64),
        /// Weights were stored for a uid; the first field is the mechanism's storage index.
        #[codec(index = 5)]
        WeightsSet(NetUidStorageIndex, u16),
        /// A hotkey got a uid.
        #[codec(index = 6)]
        NeuronRegistered(NetUid, u16, AccountId),
        #[codec(index = 9)]
        MaxAllowedUidsSet(NetUid, u16),
        #[codec(index = 11)]
        DifficultySet(NetUid, u64),
        #[codec(index = 12)]
        AdjustmentIntervalSet(NetUid, u16),
        #[codec(index = 13)]
        RegistrationPerIntervalSet(NetUid, u16),
        #[codec(index = 14)]
        MaxRegistrationsPerBlockSet(NetUid, u16),
        #[codec(index = 15)]
        ActivityCutoffSet(NetUid, u16),
        #[codec(index = 16)]
        RhoSet(NetUid, u16),
        #[codec(index = 17)]
        AlphaSigmoidSteepnessSet(NetUid, i16),
        #[codec(index = 18)]
        KappaSet(NetUid, u16),
        #[codec(index = 19)]
        MinAllowedWeightSet(NetUid, u16),
        #[codec(index = 22)]
        WeightsSetRateLimitSet(NetUid, u64),
        #[codec(index = 23)]
        ImmunityPeriodSet(NetUid, u16),
        #[codec(index = 24)]
        BondsMovingAverageSet(NetUid, u64),
        #[codec(index = 25)]
        BondsPenaltySet(NetUid, u16),
        #[codec(index = 26)]
        BondsResetOnSet(NetUid, bool),
        #[codec(index = 27)]
        MaxAllowedValidatorsSet(NetUid, u16),
        /// A hotkey published its endpoint.
        #[codec(index = 28)]
        AxonServed(NetUid, AccountId),
        /// A hotkey published its metrics endpoint.
        #[codec(index = 29)]
        PrometheusServed(NetUid, AccountId),
        #[codec(index = 32)]
        WeightsVersionKeySet(NetUid, u64),
        #[codec(index = 33)]
        MinDifficultySet(NetUid, u64),
        #[codec(index = 34)]
        MaxDifficultySet(NetUid, u64),
        #[codec(index = 35)]
        ServingRateLimitSet(NetUid, u64),
        /// The price of registering a neuron, in rao.
        #[codec(index = 36)]
        BurnSet(NetUid, u64),
        #[codec(index = 37)]
        MaxBurnSet(NetUid, u64),
        #[codec(index = 38)]
        MinBurnSet(NetUid, u64),
        #[codec(index = 39)]
        MaxEpochsPerBlockSet(u8),
        #[codec(index = 40)]
        TxRateLimitSet(u64),
        #[codec(index = 41)]
        TxDelegateTakeRateLimitSet(u64),
        #[codec(index = 42)]
        TxChildKeyTakeRateLimitSet(u64),
        #[codec(index = 43)]
        AdminFreezeWindowSet(u16),
        #[codec(index = 44)]
        OwnerHyperparamRateLimitSet(u16),
        #[codec(index = 45)]
        MinChildKeyTakeSet(u16),
        #[codec(index = 46)]
        MinChildKeyTakePerSubnetSet(NetUid, u16),
        #[codec(index = 47)]
        MaxChildKeyTakeSet(u16),
        /// What a hotkey keeps of its parents' dividends, in parts of 65535.
        #[codec(index = 48)]
        ChildKeyTakeSet(AccountId, u16),
        #[codec(index = 50)]
        RegistrationAllowed(NetUid, bool),
        #[codec(index = 52)]
        TempoSet(NetUid, u16),
        #[codec(index = 53)]
        RAORecycledForRegistrationSet(NetUid, u64),
        #[codec(index = 54)]
        StakeThresholdSet(u64),
        #[codec(index = 55)]
        AdjustmentAlphaSet(NetUid, u64),
        #[codec(index = 57)]
        SubnetOwnerCutSet(u16),
        #[codec(index = 58)]
        NetworkRateLimitSet(u64),
        #[codec(index = 59)]
        NetworkImmunityPeriodSet(u64),
        #[codec(index = 60)]
        StartCallDelaySet(u64),
        #[codec(index = 61)]
        NetworkMinLockCostSet(u64),
        #[codec(index = 62)]
        SubnetLimitSet(u16),
        #[codec(index = 63)]
        NetworkLockCostReductionIntervalSet(u64),
        /// Coldkey, hotkey, the new take in parts of 65535.
        #[codec(index = 64)]
        TakeDecreased(AccountId, AccountId, u16),
        /// Coldkey, hotkey, the new take in parts of 65535.
        #[codec(index = 65)]
        TakeIncreased(AccountId, AccountId, u16),
        #[codec(index = 66)]
        HotkeySwapped { coldkey: AccountId, old_hotkey: AccountId, new_hotkey: AccountId },
        #[codec(index = 67)]
        MaxDelegateTakeSet(u16),
        #[codec(index = 68)]
        MinDelegateTakeSet(u16),
        #[codec(index = 69)]
        ColdkeySwapAnnounced { who: AccountId, new_coldkey_hash: H256 },
        #[codec(index = 70)]
        ColdkeySwapReset { who: AccountId },
        #[codec(index = 71)]
        ColdkeySwapped { old_coldkey: AccountId, new_coldkey: AccountId },
        #[codec(index = 72)]
        ColdkeySwapDisputed { coldkey: AccountId },
        /// Children of a hotkey that apply from a block on, with the epoch.
        #[codec(index = 75)]
        SetChildrenScheduled(AccountId, NetUid, u64, Vec<(u64, AccountId)>),
        #[codec(index = 76)]
        SetChildren(AccountId, NetUid, Vec<(u64, AccountId)>),
        #[codec(index = 77)]
        ChainIdentitySet(AccountId),
        #[codec(index = 78)]
        SubnetIdentitySet(NetUid),
        #[codec(index = 79)]
        SubnetIdentityRemoved(NetUid),
        #[codec(index = 81)]
        ColdkeySwapAnnouncementDelaySet(u32),
        #[codec(index = 82)]
        ColdkeySwapReannouncementDelaySet(u32),
        #[codec(index = 83)]
        DissolveNetworkScheduleDurationSet(u32),
        /// Hotkey, storage index of the mechanism, hash of what was committed.
        #[codec(index = 85)]
        WeightsCommitted(AccountId, NetUidStorageIndex, H256),
        /// Hotkey, storage index of the mechanism, hash of what had been committed.
        #[codec(index = 86)]
        WeightsRevealed(AccountId, NetUidStorageIndex, H256),
        #[codec(index = 87)]
        WeightsBatchRevealed(AccountId, NetUid, Vec<H256>),
        #[codec(index = 88)]
        BatchWeightsCompleted(Vec<codec::Compact<NetUid>>, AccountId),
        #[codec(index = 89)]
        BatchCompletedWithErrors(),
        #[codec(index = 90)]
        BatchWeightItemFailed(NetUid, DispatchError),
        /// Origin coldkey, destination coldkey, hotkey, origin subnet, destination subnet, TAO in rao.
        #[codec(index = 91)]
        StakeTransferred(AccountId, AccountId, AccountId, NetUid, NetUid, u64),
        /// Coldkey, hotkey, origin subnet, destination subnet, TAO in rao.
        #[codec(index = 92)]
        StakeSwapped(AccountId, AccountId, NetUid, NetUid, u64),
        #[codec(index = 93)]
        TransferToggle(NetUid, bool),
        #[codec(index = 94)]
        SubnetOwnerHotkeySet(NetUid, AccountId),
        /// Emission of a subnet starts with the given block.
        #[codec(index = 95)]
        FirstEmissionBlockNumberSet(NetUid, u64),
        /// Coldkey, hotkey, alpha in rao, subnet.
        #[codec(index = 96)]
        AlphaRecycled(AccountId, AccountId, u64, NetUid),
        /// Coldkey, hotkey, alpha in rao, subnet.
        #[codec(index = 97)]
        AlphaBurned(AccountId, AccountId, u64, NetUid),
        #[codec(index = 100)]
        CommitRevealPeriodsSet(NetUid, u64),
        #[codec(index = 101)]
        CommitRevealEnabled(NetUid, bool),
        #[codec(index = 102)]
        HotkeySwappedOnSubnet {
            coldkey: AccountId,
            old_hotkey: AccountId,
            new_hotkey: AccountId,
            netuid: NetUid,
        },
        #[codec(index = 105)]
        SymbolUpdated { netuid: NetUid, symbol: Vec<u8> },
        #[codec(index = 106)]
        CommitRevealVersionSet(u16),
        /// Hotkey, storage index of the mechanism, hash of the sealed bytes, round that opens them.
        #[codec(index = 107)]
        TimelockedWeightsCommitted(AccountId, NetUidStorageIndex, H256, u64),
        /// Sealed weights were opened and stored.
        #[codec(index = 108)]
        TimelockedWeightsRevealed(NetUidStorageIndex, AccountId),
        #[codec(index = 109)]
        AutoStakeAdded {
            netuid: NetUid,
            destination: AccountId,
            hotkey: AccountId,
            owner: AccountId,
            incentive: u64,
        },
        /// What each uid earned as a miner in an epoch, alpha in rao.
        #[codec(index = 110)]
        IncentiveAlphaEmittedToMiners { netuid: NetUidStorageIndex, emissions: Vec<u64> },
        #[codec(index = 111)]
        MinAllowedUidsSet(NetUid, u16),
        #[codec(index = 112)]
        AutoStakeDestinationSet { coldkey: AccountId, netuid: NetUid, hotkey: AccountId },
        #[codec(index = 113)]
        MinNonImmuneUidsSet(NetUid, u16),
        /// A root staker claimed what was due.
        #[codec(index = 114)]
        RootClaimed { coldkey: AccountId },
        #[codec(index = 115)]
        RootClaimTypeSet { coldkey: AccountId, root_claim_type: RootClaimTypeEnum },
        /// Alpha was bought with `amount` rao of TAO, and burned.
        #[codec(index = 121)]
        AddStakeBurn { netuid: NetUid, hotkey: AccountId, amount: u64, alpha: u64 },
        #[codec(index = 122)]
        ColdkeySwapCleared { who: AccountId },
        #[codec(index = 126)]
        AutoParentDelegationEnabledSet { hotkey: AccountId, enabled: bool },
        #[codec(index = 130)]
        ActivityCutoffFactorMilliSet { netuid: NetUid, factor_milli: u32 },
        /// A subnet's owner asked for an epoch out of turn.
        #[codec(index = 131)]
        EpochTriggered { netuid: NetUid, by: AccountId, fires_at: u64 },
        /// Too many epochs were due in one block.
        #[codec(index = 132)]
        EpochDeferred { netuid: NetUid, from_block: u64, to_block: u64 },
        /// An epoch could not run, because a hotkey holds two uids.
        #[codec(index = 133)]
        EpochSkipped { netuid: NetUid, block: u64 },
    }
}
