//! SubtensorModule: subnets, neurons, weights, stake and the emission that rewards them.
//!
//! Start reading at `calls`, then `coinbase` for what every block does and `epoch` for what turns weights into
//! incentive.

mod autostake;
mod burn;
mod burning;
mod calls;
mod children;
mod claims;

mod clock;
mod coinbase;
mod coldkeys;
pub mod commits;
mod committing;
mod constants;
mod dissolution;
mod distribution;
mod dividends;
mod edits;
mod epoch;
mod errors;
mod events;
pub mod guards;
mod identities;
pub mod info;
mod inheritance;
mod keys;
mod kinship;
mod limits;
mod moves;
mod network;
mod orders;
mod pruning;
mod registration;
mod removal;
mod root;
mod serving;
mod shares;
mod stake;
mod storage;
mod symbols;
mod takes;
mod tao;
mod tempo;
mod timelocked;
mod trimming;
pub mod types;
mod weights;

pub use pallet::*;

use frame_support::pallet_macros::import_section;

#[import_section(storage::storage)]
#[import_section(storage::delegation::delegation)]
#[import_section(storage::idle::idle)]
#[import_section(constants::constants)]
#[import_section(storage::locks::locks)]
#[import_section(storage::newer::newer)]
#[import_section(errors::errors)]
#[import_section(events::events)]
#[import_section(calls::calls)]
#[frame_support::pallet]
pub mod pallet {
    use std::collections::{BTreeMap, BTreeSet, VecDeque};

    use codec::Compact;
    use frame_support::PalletId;
    use frame_support::pallet_prelude::*;
    use frame_support::traits::fungible;
    use frame_support::weights::Weight;
    use frame_system::pallet_prelude::*;
    use sp_core::H256;
    use sp_runtime::Percent;
    use sp_runtime::traits::BadOrigin;
    use substrate_fixed::types::{I64F64, I96F32, U64F64, U96F32};

    use super::claims;
    use super::commits::Revealed;
    use super::network::SUBNET_ACCOUNTS;
    use super::shares::SafeFloat;
    use super::stake::MIN_STAKE;
    pub use super::types::*;
    use super::weights::Row;

    #[pallet::pallet]
    #[pallet::without_storage_info]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config:
        frame_system::Config<AccountId = AccountId, RuntimeEvent: From<Event<Self>>>
        + crate::pallets::swap::Config
        + crate::pallets::commitments::Config
    {
        /// TAO.
        type Currency: fungible::Balanced<AccountId, Balance = u64> + fungible::Mutate<AccountId>;
        /// Who made the current block and gets its fees.
        type BlockAuthor: Get<Option<AccountId>>;
    }

    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Whether to use the values of a build with the feature `fast-runtime`.
        pub fast: bool,
        /// Whether to refuse what only a development chain would allow.
        pub strict: bool,
        /// Milliseconds between blocks; 0 keeps the default.
        pub slot_duration_ms: u64,
        /// Blocks between two epochs of a new subnet; 0 keeps the default.
        pub tempo: u16,
        #[serde(skip)]
        pub _config: PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            BuildFast::set(&self.fast);
            BuildStrict::set(&self.strict);
            if self.slot_duration_ms > 0 {
                BuildSlotDuration::set(&self.slot_duration_ms);
            }
            if self.tempo > 0 {
                BuildOtherTempo::set(&self.tempo);
            }
            Pallet::<T>::create_genesis_subnets();
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(_: BlockNumberFor<T>) -> Weight {
            Self::block_step();
            Weight::zero()
        }
    }

    impl<T: Config> Pallet<T> {
        /// Refuses everybody but the subnet's owner and root.
        pub(super) fn ensure_owner_or_root(origin: OriginFor<T>, netuid: NetUid) -> Result<(), BadOrigin> {
            match ensure_signed_or_root(origin)? {
                Some(coldkey) if SubnetOwner::<T>::get(netuid) != coldkey => Err(BadOrigin),
                _ => Ok(()),
            }
        }

        /// The current block.
        pub fn now() -> u64 {
            sp_runtime::SaturatedConversion::saturated_into(frame_system::Pallet::<T>::block_number())
        }
    }
}
