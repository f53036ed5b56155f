//! What the pallet stores of stake that works elsewhere: parents and children, and what root's stakers may claim.

#[frame_support::pallet_macros::pallet_section]
mod delegation {
    // Parents and children: hotkeys whose stake counts for other hotkeys.

    #[pallet::storage]
    pub type ChildKeys<T: Config> =
        StorageDoubleMap<_, Blake2_128Concat, AccountId, Identity, NetUid, Vec<(u64, AccountId)>, ValueQuery>;

    #[pallet::storage]
    pub type ParentKeys<T: Config> =
        StorageDoubleMap<_, Blake2_128Concat, AccountId, Identity, NetUid, Vec<(u64, AccountId)>, ValueQuery>;

    /// New children of a hotkey, and the block from which they may apply.
    #[pallet::storage]
    pub type PendingChildKeys<T: Config> = StorageDoubleMap<
        _,
        Identity,
        NetUid,
        Blake2_128Concat,
        AccountId,
        (Vec<(u64, AccountId)>, u64),
        ValueQuery,
    >;

    #[pallet::storage]
    pub type ChildkeyTake<T: Config> =
        StorageDoubleMap<_, Blake2_128Concat, AccountId, Identity, NetUid, u16, ValueQuery>;

    #[pallet::storage]
    pub type CKBurn<T: Config> = StorageValue<_, u64, ValueQuery>;

    #[pallet::storage]
    pub type AutoParentDelegationEnabled<T: Config> =
        StorageMap<_, Blake2_128Concat, AccountId, bool, ValueQuery, DefaultAutoParentDelegationEnabled<T>>;

    // Where incentive goes by itself.

    #[pallet::storage]
    pub type AutoStakeDestinationColdkeys<T: Config> =
        StorageDoubleMap<_, Blake2_128Concat, AccountId, Identity, NetUid, Vec<AccountId>, ValueQuery>;

    // Root's dividends: alpha that root's stakers claim later.

    /// Alpha that was claimed already, in rao.
    #[pallet::storage]
    pub type RootClaimed<T: Config> = StorageNMap<
        _,
        (
            NMapKey<Identity, NetUid>,
            NMapKey<Blake2_128Concat, AccountId>,
            NMapKey<Blake2_128Concat, AccountId>,
        ),
        u128,
        ValueQuery,
    >;

    #[pallet::storage]
    pub type RootClaimableThreshold<T: Config> =
        StorageMap<_, Blake2_128Concat, NetUid, I96F32, ValueQuery, DefaultRootClaimableThreshold<T>>;

    #[pallet::storage]
    pub type RootClaimType<T: Config> =
        StorageMap<_, Blake2_128Concat, AccountId, RootClaimTypeEnum, ValueQuery>;

    #[pallet::storage]
    pub type StakingColdkeysByIndex<T: Config> = StorageMap<_, Identity, u64, AccountId, OptionQuery>;

    #[pallet::storage]
    pub type StakingColdkeys<T: Config> = StorageMap<_, Identity, AccountId, u64, OptionQuery>;

    #[pallet::storage]
    pub type NumStakingColdkeys<T: Config> = StorageValue<_, u64, ValueQuery>;

    /// Up to where the share pools have been searched for root stakers.
    #[pallet::storage]
    pub type AlphaV2MapLastKey<T: Config> = StorageValue<_, Option<Vec<u8>>, ValueQuery>;

    #[pallet::storage]
    pub type NumRootClaim<T: Config> = StorageValue<_, u64, ValueQuery, DefaultNumRootClaim<T>>;

    #[pallet::storage]
    pub type SubnetRootSellTao<T: Config> = StorageMap<_, Identity, NetUid, u64, ValueQuery>;

    // Keys: when they were last exchanged or are to be, and how many took a seat on root.

    /// From when a coldkey may be exchanged, and the hash of its successor.
    #[pallet::storage]
    pub type ColdkeySwapAnnouncements<T: Config> =
        StorageMap<_, Twox64Concat, AccountId, (u32, H256), OptionQuery>;

    /// Since when the exchange of a coldkey is contested.
    #[pallet::storage]
    pub type ColdkeySwapDisputes<T: Config> = StorageMap<_, Twox64Concat, AccountId, u32, OptionQuery>;

    #[pallet::storage]
    pub type LastHotkeySwapOnNetuid<T: Config> =
        StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, AccountId, u64, ValueQuery>;

    #[pallet::storage]
    pub type RegistrationsThisInterval<T: Config> = StorageMap<_, Identity, NetUid, u16, ValueQuery>;

    #[pallet::type_value]
    pub fn DefaultAutoParentDelegationEnabled<T: Config>() -> bool {
        true
    }

    #[pallet::type_value]
    pub fn DefaultRootClaimableThreshold<T: Config>() -> I96F32 {
        I96F32::from_num(500_000)
    }

    #[pallet::type_value]
    pub fn DefaultNumRootClaim<T: Config>() -> u64 {
        5
    }
}
