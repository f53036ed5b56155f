//! Stake that its owner has locked. Locking is absent, so all of this stays empty; clients read it with every balance.

#[frame_support::pallet_macros::pallet_section]
mod locks {
    /// What a coldkey has locked in a subnet, and on which hotkey.
    #[pallet::storage]
    pub type Lock<T: Config> = StorageNMap<
        _,
        (
            NMapKey<Blake2_128Concat, AccountId>,
            NMapKey<Identity, NetUid>,
            NMapKey<Blake2_128Concat, AccountId>,
        ),
        LockState,
        OptionQuery,
    >;

    /// The coldkeys that have locked stake on a hotkey of a subnet.
    #[pallet::storage]
    pub type LockingColdkeys<T: Config> = StorageNMap<
        _,
        (
            NMapKey<Identity, NetUid>,
            NMapKey<Blake2_128Concat, AccountId>,
            NMapKey<Blake2_128Concat, AccountId>,
        ),
        (),
        OptionQuery,
    >;

    #[pallet::storage]
    pub type HotkeyLock<T: Config> =
        StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, AccountId, LockState, OptionQuery>;

    #[pallet::storage]
    pub type DecayingHotkeyLock<T: Config> =
        StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, AccountId, LockState, OptionQuery>;

    #[pallet::storage]
    pub type OwnerLock<T: Config> = StorageMap<_, Identity, NetUid, LockState, OptionQuery>;

    #[pallet::storage]
    pub type DecayingOwnerLock<T: Config> = StorageMap<_, Identity, NetUid, LockState, OptionQuery>;

    #[pallet::storage]
    pub type DecayingLock<T: Config> =
        StorageDoubleMap<_, Blake2_128Concat, AccountId, Identity, NetUid, bool, OptionQuery>;

    /// How fast conviction grows, in blocks.
    #[pallet::storage]
    pub type MaturityRate<T: Config> = StorageValue<_, u64, ValueQuery, DefaultLockRate<T>>;

    /// How fast a lock that is being taken off shrinks, in blocks.
    #[pallet::storage]
    pub type UnlockRate<T: Config> = StorageValue<_, u64, ValueQuery, DefaultLockRate<T>>;

    #[pallet::type_value]
    pub fn DefaultLockRate<T: Config>() -> u64 {
        934_866
    }

    /// Bits that a coldkey sets of itself.
    #[pallet::storage]
    pub type AccountFlags<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, u128, ValueQuery>;
}
