//! AdminUtils: hyperparameters, set by subnet owners and by root.

pub use pallet::*;

#[frame_support::pallet]
pub mod pallet {
    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config + crate::pallets::subtensor::Config {}
}
