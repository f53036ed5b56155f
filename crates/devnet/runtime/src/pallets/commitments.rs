//! Commitments: what a neuron publishes about itself, such as where its model is, openly or sealed until a round of
//! the beacon.

mod data;
mod reveal;

pub use data::Data;
pub use pallet::*;

use codec::Encode;

use crate::pallets::subtensor::types::{AccountId, NetUid};

/// The least that a commitment counts against a neuron's space, in bytes.
const LEAST_SPACE: u64 = 100;

/// What commitments need to know of subnets.
pub trait Subnets {
    fn is_registered(netuid: NetUid, hotkey: &AccountId) -> bool;
    /// The number of the epoch that is running.
    fn epoch(netuid: NetUid) -> u64;
    /// Takes away all bonds to a neuron, where the subnet allows it.
    fn reset_bonds(netuid: NetUid, hotkey: &AccountId);
}

#[frame_support::pallet]
pub mod pallet {
    use std::collections::BTreeSet;

    use codec::{Decode, DecodeWithMemTracking, Encode};
    use frame_support::BoundedVec;
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use scale_info::TypeInfo;

    use super::Data;
    use super::Subnets as _;
    use crate::pallets::drand;
    use crate::pallets::subtensor::types::{AccountId, NetUid};

    /// Fields of one commitment.
    pub const MAX_FIELDS: u32 = 3;

    /// What is committed.
    #[derive(Encode, Decode, DecodeWithMemTracking, Clone, PartialEq, Eq, Debug, TypeInfo)]
    pub struct CommitmentInfo {
        pub fields: BoundedVec<Data, ConstU32<MAX_FIELDS>>,
    }

    /// A commitment and when it was made.
    #[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
    pub struct Registration {
        /// Always nothing: commitments are free.
        pub deposit: u64,
        pub block: u32,
        pub info: CommitmentInfo,
    }

    /// How much of its space a neuron has used in an epoch.
    #[derive(Encode, Decode, Clone, Default, PartialEq, Eq, Debug, TypeInfo)]
    pub struct UsageTracker {
        pub last_epoch: u64,
        /// In bytes.
        pub used_space: u64,
    }

    #[pallet::pallet]
    #[pallet::without_storage_info]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config:
        frame_system::Config<AccountId = AccountId, RuntimeEvent: From<Event<Self>>> + drand::Config
    {
        /// Where neurons are registered.
        type Subnets: super::Subnets;
    }

    #[pallet::extra_constants]
    impl<T: Config> Pallet<T> {
        /// Fields of one commitment.
        #[pallet::constant_name(MaxFields)]
        fn max_fields() -> u32 {
            MAX_FIELDS
        }

        /// What a commitment costs, in rao.
        #[pallet::constant_name(InitialDeposit)]
        fn initial_deposit() -> u64 {
            0
        }

        /// What each field costs, in rao.
        #[pallet::constant_name(FieldDeposit)]
        fn field_deposit() -> u64 {
            0
        }
    }

    /// Whose commitments have sealed fields.
    #[pallet::storage]
    pub type TimelockedIndex<T: Config> = StorageValue<_, BTreeSet<(NetUid, AccountId)>, ValueQuery>;

    #[pallet::storage]
    pub type CommitmentOf<T: Config> =
        StorageDoubleMap<_, Identity, NetUid, Twox64Concat, AccountId, Registration, OptionQuery>;

    #[pallet::storage]
    pub type LastCommitment<T: Config> =
        StorageDoubleMap<_, Identity, NetUid, Twox64Concat, AccountId, u32, OptionQuery>;

    #[pallet::storage]
    pub type LastBondsReset<T: Config> =
        StorageDoubleMap<_, Identity, NetUid, Twox64Concat, AccountId, u32, OptionQuery>;

    /// What was sealed and has been opened, with the block of that; the last ten.
    #[pallet::storage]
    pub type RevealedCommitments<T: Config> =
        StorageDoubleMap<_, Identity, NetUid, Twox64Concat, AccountId, Vec<(Vec<u8>, u64)>, OptionQuery>;

    #[pallet::storage]
    pub type UsedSpaceOf<T: Config> =
        StorageDoubleMap<_, Identity, NetUid, Twox64Concat, AccountId, UsageTracker, OptionQuery>;

    #[pallet::type_value]
    pub fn DefaultMaxSpace<T: Config>() -> u32 {
        3_100
    }

    /// Bytes that a neuron may commit in an epoch of its subnet.
    #[pallet::storage]
    pub type MaxSpace<T: Config> = StorageValue<_, u32, ValueQuery, DefaultMaxSpace<T>>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A neuron committed in the open.
        Commitment { netuid: NetUid, who: AccountId },
        /// A neuron committed something sealed.
        TimelockCommitment { netuid: NetUid, who: AccountId, reveal_round: u64 },
        /// Something sealed was opened.
        CommitmentRevealed { netuid: NetUid, who: AccountId },
    }

    #[pallet::error]
    pub enum Error<T> {
        TooManyFieldsInCommitmentInfo,
        AccountNotAllowedCommit,
        SpaceLimitExceeded,
        UnexpectedUnreserveLeftover,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(_: BlockNumberFor<T>) -> Weight {
            Self::reveal_timelocked();
            Weight::zero()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Publishes something about the signing hotkey on a subnet, in place of what it published before.
        #[pallet::call_index(0)]
        #[pallet::weight((Weight::from_parts(300_000_000, 0), DispatchClass::Normal, Pays::No))]
        pub fn set_commitment(
            origin: OriginFor<T>,
            netuid: NetUid,
            info: Box<CommitmentInfo>,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            Self::commit(netuid, hotkey, *info)
        }

        /// Sets how many bytes a neuron may commit in an epoch of its subnet.
        #[pallet::call_index(2)]
        #[pallet::weight((Weight::from_parts(105_000_000, 0), DispatchClass::Operational))]
        pub fn set_max_space(origin: OriginFor<T>, new_limit: u32) -> DispatchResult {
            ensure_root(origin)?;
            MaxSpace::<T>::put(new_limit);
            Ok(())
        }
    }

    impl<T: Config> Pallet<T> {
        fn commit(netuid: NetUid, who: AccountId, info: CommitmentInfo) -> DispatchResult {
            ensure!(T::Subnets::is_registered(netuid, &who), Error::<T>::AccountNotAllowedCommit);
            let block = frame_system::Pallet::<T>::block_number();
            let block: u32 = sp_runtime::SaturatedConversion::saturated_into(block);
            if info.fields.contains(&Data::ResetBondsFlag) {
                LastBondsReset::<T>::insert(netuid, &who, block);
                T::Subnets::reset_bonds(netuid, &who);
            }
            Self::use_space(netuid, &who, info.fields.iter().map(Data::space).sum())?;
            let sealed = info.fields.iter().find_map(|field| match field {
                Data::TimelockEncrypted { reveal_round, .. } => Some(*reveal_round),
                _ => None,
            });
            CommitmentOf::<T>::insert(netuid, &who, Registration { deposit: 0, block, info });
            LastCommitment::<T>::insert(netuid, &who, block);
            Self::list(netuid, &who, sealed.is_some());
            Self::deposit_event(match sealed {
                Some(reveal_round) => Event::TimelockCommitment { netuid, who, reveal_round },
                None => Event::Commitment { netuid, who },
            });
            Ok(())
        }
    }
}

impl<T: Config> Pallet<T> {
    /// Counts bytes against a neuron's space, which is whole again with each epoch.
    fn use_space(netuid: NetUid, who: &AccountId, bytes: u64) -> Result<(), Error<T>> {
        let epoch = T::Subnets::epoch(netuid);
        let used = UsedSpaceOf::<T>::get(netuid, who).filter(|usage| usage.last_epoch == epoch);
        let used_space = used.unwrap_or_default().used_space.saturating_add(bytes.max(LEAST_SPACE));
        frame_support::ensure!(used_space <= u64::from(MaxSpace::<T>::get()), Error::<T>::SpaceLimitExceeded);
        UsedSpaceOf::<T>::insert(netuid, who, UsageTracker { last_epoch: epoch, used_space });
        Ok(())
    }

    /// Notes whether a neuron's commitment has sealed fields.
    fn list(netuid: NetUid, who: &AccountId, is_sealed: bool) {
        let entry = (netuid, who.clone());
        let mut index = TimelockedIndex::<T>::get();
        let changed = if is_sealed { index.insert(entry) } else { index.remove(&entry) };
        if changed {
            TimelockedIndex::<T>::put(index);
        }
    }

    /// Forgets what was committed on a subnet that is gone.
    pub fn clear(netuid: NetUid) {
        drop(CommitmentOf::<T>::clear_prefix(netuid, u32::MAX, None));
        drop(LastCommitment::<T>::clear_prefix(netuid, u32::MAX, None));
        drop(LastBondsReset::<T>::clear_prefix(netuid, u32::MAX, None));
        drop(RevealedCommitments::<T>::clear_prefix(netuid, u32::MAX, None));
        drop(UsedSpaceOf::<T>::clear_prefix(netuid, u32::MAX, None));
        TimelockedIndex::<T>::mutate(|index| index.retain(|(on, _)| *on != netuid));
    }

    /// Each neuron's commitment on a subnet, as stored bytes.
    pub fn encoded(netuid: NetUid) -> Vec<(AccountId, Vec<u8>)> {
        let commitments = CommitmentOf::<T>::iter_prefix(netuid);
        commitments.map(|(who, commitment)| (who, commitment.info.encode())).collect()
    }

    /// The rounds that sealed fields wait for.
    pub fn awaited_rounds() -> impl Iterator<Item = u64> {
        let commitments = TimelockedIndex::<T>::get().into_iter();
        let commitments = commitments.filter_map(|(netuid, who)| CommitmentOf::<T>::get(netuid, who));
        commitments.flat_map(|commitment| commitment.info.fields).filter_map(|field| match field {
            Data::TimelockEncrypted { reveal_round, .. } => Some(reveal_round),
            _ => None,
        })
    }
}
