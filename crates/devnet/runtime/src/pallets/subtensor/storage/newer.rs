//! Items of chains newer than spec version 425, with their type and their default: what today's clients read before
//! they act. Nothing here writes them.

#[frame_support::pallet_macros::pallet_section]
mod newer {
    /// The part of a registration's price, of 65535, that is locked rather than burned.
    #[pallet::storage]
    pub type CollateralLockShare<T: Config> = StorageMap<_, Identity, NetUid, u16, ValueQuery>;

    /// How much of a miner's collateral is freed per alpha that it earns.
    #[pallet::storage]
    pub type CollateralDrainRatio<T: Config> =
        StorageMap<_, Identity, NetUid, U64F64, ValueQuery, DefaultCollateralDrainRatio<T>>;

    #[pallet::type_value]
    pub fn DefaultCollateralDrainRatio<T: Config>() -> U64F64 {
        U64F64::from_num(1)
    }

    /// How a subnet's epochs turn weights into incentive.
    #[pallet::storage]
    pub type SubnetEpochConsensus<T: Config> = StorageMap<_, Identity, NetUid, EpochConsensus, ValueQuery>;
}
