//! Settings that the chain stores and that nothing in a block reads.

#[frame_support::pallet_macros::pallet_section]
mod idle {
    // The waits of dissolving subnets and swapping coldkeys, in blocks.

    #[pallet::storage]
    pub type DissolveNetworkScheduleDuration<T: Config> =
        StorageValue<_, u32, ValueQuery, DefaultDissolveNetworkScheduleDuration<T>>;

    #[pallet::storage]
    pub type ColdkeySwapAnnouncementDelay<T: Config> =
        StorageValue<_, u32, ValueQuery, DefaultColdkeySwapAnnouncementDelay<T>>;

    #[pallet::storage]
    pub type ColdkeySwapReannouncementDelay<T: Config> =
        StorageValue<_, u32, ValueQuery, DefaultColdkeySwapReannouncementDelay<T>>;

    // Emission by the flow of TAO into pools, which emission by price replaced.

    #[pallet::storage]
    pub type NetTaoFlowEnabled<T: Config> = StorageValue<_, bool, ValueQuery, DefaultNetTaoFlowEnabled<T>>;

    #[pallet::storage]
    pub type TaoFlowCutoff<T: Config> = StorageValue<_, I64F64, ValueQuery>;

    #[pallet::storage]
    pub type FlowNormExponent<T: Config> = StorageValue<_, U64F64, ValueQuery, DefaultFlowNormExponent<T>>;

    #[pallet::storage]
    pub type FlowEmaSmoothingFactor<T: Config> =
        StorageValue<_, u64, ValueQuery, DefaultFlowEmaSmoothingFactor<T>>;

    /// When the average flow into a pool was last updated, and that average in rao per block.
    #[pallet::storage]
    pub type SubnetEmaTaoFlow<T: Config> = StorageMap<_, Identity, NetUid, (u64, I64F64), OptionQuery>;

    #[pallet::type_value]
    pub fn DefaultDissolveNetworkScheduleDuration<T: Config>() -> u32 {
        36_000
    }

    #[pallet::type_value]
    pub fn DefaultColdkeySwapAnnouncementDelay<T: Config>() -> u32 {
        if BuildFast::get() { 50 } else { 36_000 }
    }

    #[pallet::type_value]
    pub fn DefaultColdkeySwapReannouncementDelay<T: Config>() -> u32 {
        if BuildFast::get() { 10 } else { 7_200 }
    }

    #[pallet::type_value]
    pub fn DefaultNetTaoFlowEnabled<T: Config>() -> bool {
        true
    }

    #[pallet::type_value]
    pub fn DefaultFlowNormExponent<T: Config>() -> U64F64 {
        U64F64::from_num(1)
    }

    #[pallet::type_value]
    pub fn DefaultFlowEmaSmoothingFactor<T: Config>() -> u64 {
        29_597_889_189_277
    }
}
