//! MevShield: the keys to which transactions are encrypted so that nobody sees them before they are in a block.
//!
//! The author here announces none, and clients that find none send their transactions in the open.

pub use pallet::*;

#[frame_support::pallet]
pub mod pallet {
    use frame_support::pallet_prelude::*;

    /// The longest key, in bytes.
    pub const MAX_KEY_BYTES: u32 = 2_048;
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
}
