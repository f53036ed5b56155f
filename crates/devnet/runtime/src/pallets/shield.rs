//! MevShield: the keys to which transactions are encrypted so that nobody sees them before they are in a block.
//!
//! The author here announces none, and clients that find none send their transactions in the open.

pub use pallet::*;

#[frame_support::pallet]
pub mod pallet {
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;

    /// The longest key that can be written down, in bytes.
    pub const MAX_KEY_BYTES: u32 = 2_048;
    /// How long a key of ML-KEM-768 is, in bytes.
    pub const KEY_BYTES: usize = 1_184;
    type Key = BoundedVec<u8, ConstU32<MAX_KEY_BYTES>>;

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {}

    /// The key that the current block's author opens transactions with.
    #[pallet::storage]
    pub type CurrentKey<T: Config> = StorageValue<_, Key, OptionQuery>;

    /// The key of the next block's author.
    #[pallet::storage]
    pub type PendingKey<T: Config> = StorageValue<_, Key, OptionQuery>;

    /// The key to encrypt to.
    #[pallet::storage]
    pub type NextKey<T: Config> = StorageValue<_, Key, OptionQuery>;

    #[pallet::error]
    pub enum Error<T> {
        BadEncKeyLen,
        Unreachable,
        TooManyPendingExtrinsics,
        WeightExceedsAbsoluteMax,
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// An author's own: names the key to encrypt to from now on, and the keys before it move up by one.
        #[pallet::call_index(0)]
        #[pallet::weight((Weight::from_parts(23_000_000, 0), DispatchClass::Mandatory))]
        pub fn announce_next_key(origin: OriginFor<T>, enc_key: Option<Key>) -> DispatchResult {
            ensure_none(origin)?;
            let fits = enc_key.as_ref().is_none_or(|key| key.len() == KEY_BYTES);
            ensure!(fits, Error::<T>::BadEncKeyLen);
            CurrentKey::<T>::set(PendingKey::<T>::get());
            PendingKey::<T>::set(NextKey::<T>::get());
            NextKey::<T>::set(enc_key);
            Ok(())
        }
    }
}
