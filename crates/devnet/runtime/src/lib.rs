//! The development chain's runtime: Bittensor's pallets, compiled natively.
//!
//! Pallet names and indices, call names and indices, storage names, hashers and types, error and event order and
//! runtime API names are those of the real runtime at spec version 425, for the parts that are here.
//! It is **not** a node: block production, the transaction pool and RPC live in `subnetkit-devnet`, which meets
//! this crate only at the byte-level boundary of [`call`].
//!
//! Besides that runtime there are later ones, to which a chain can be upgraded while it runs: see [`Variant`].
//!
//! Start reading at [`call`] for how it is called, `pallets/subtensor.rs` for the chain's own logic,
//! `pallets/admin.rs` for hyperparameters, `extensions.rs` for what a signed extrinsic carries.

#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::expect_used,
    clippy::enum_variant_names,
    clippy::use_self,
    clippy::too_many_arguments,
    reason = "FRAME's macros expand to such code; calls and errors are named as on the real chain"
)]

mod api_traits;
mod apis;
mod boundary;
mod calls;
mod dev;
mod events;
pub mod extensions;
mod extrinsic;
mod fees;
pub mod genesis;
pub mod pallets;
mod variant;

pub use apis::api;
pub use boundary::{CallFailure, Outcome, State, call};
pub use calls::RuntimeCall;
pub use events::RuntimeEvent;
pub use genesis::preset;
pub use variant::{NoSuchVariant, Since, Variant};

use frame_support::traits::{ConstU8, ConstU16, ConstU32, ConstU64};
use frame_support::weights::constants::{RocksDbWeight, WEIGHT_REF_TIME_PER_SECOND};
use frame_support::{derive_impl, parameter_types, weights::Weight};
use frame_system::limits::{BlockLength, BlockWeights};
use sp_runtime::traits::{AccountIdLookup, BlakeTwo256};
use sp_runtime::{AccountId32, MultiAddress, Perbill, generic};
use sp_version::{RuntimeVersion, runtime_version};

pub use extensions::TxExtension;
pub use extrinsic::UncheckedExtrinsic;

pub type AccountId = AccountId32;
pub type Balance = u64;
pub type BlockNumber = u32;
pub type Hash = sp_core::H256;
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
pub type Address = MultiAddress<AccountId, ()>;
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
type Executive = frame_executive::Executive<
    Runtime,
    Block,
    frame_system::ChainContext<Runtime>,
    Runtime,
    AllPalletsWithSystem,
>;

/// The version that chains begin with; [`Variant`] has those they can be upgraded to.
#[runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
    spec_name: alloc::borrow::Cow::Borrowed("node-subtensor"),
    impl_name: alloc::borrow::Cow::Borrowed("node-subtensor"),
    authoring_version: 1,
    spec_version: 425,
    impl_version: 1,
    apis: apis::RUNTIME_API_VERSIONS,
    transaction_version: 1,
    system_version: 1,
};
extern crate alloc;

// The calls are put together in `calls.rs`, where guards run before each of them, and the events in `events.rs`: there
// their numbers depend on the variant that runs.
#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask,
        RuntimeViewFunction
    )]
    pub struct Runtime;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(2)]
    pub type Timestamp = pallet_timestamp;
    #[runtime::pallet_index(3)]
    pub type Aura = pallet_aura;
    #[runtime::pallet_index(5)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(6)]
    pub type TransactionPayment = pallet_transaction_payment;
    #[runtime::pallet_index(7)]
    pub type SubtensorModule = pallets::subtensor;
    #[runtime::pallet_index(11)]
    pub type Utility = pallet_utility;
    #[runtime::pallet_index(12)]
    pub type Sudo = pallet_sudo;
    #[runtime::pallet_index(18)]
    pub type Commitments = pallets::commitments;
    #[runtime::pallet_index(19)]
    pub type AdminUtils = pallets::admin;
    #[runtime::pallet_index(26)]
    pub type Drand = pallets::drand;
    #[runtime::pallet_index(28)]
    pub type Swap = pallets::swap;
    #[runtime::pallet_index(30)]
    pub type MevShield = pallets::shield;
}

const NORMAL_DISPATCH_RATIO: Perbill = Perbill::from_percent(75);

parameter_types! {
    pub RuntimeBlockWeights: BlockWeights = BlockWeights::with_sensible_defaults(
        Weight::from_parts(4 * WEIGHT_REF_TIME_PER_SECOND, u64::MAX),
        NORMAL_DISPATCH_RATIO,
    );
    pub RuntimeBlockLength: BlockLength =
        BlockLength::max_with_normal_ratio(10 * 1024 * 1024, NORMAL_DISPATCH_RATIO);
    /// Milliseconds between blocks: a constant of the real build, a genesis value here.
    pub SlotDuration: u64 = pallets::subtensor::types::BuildSlotDuration::get();
    pub MinimumPeriod: u64 = SlotDuration::get() / 2;
    pub FeeMultiplier: sp_runtime::FixedU128 = sp_runtime::FixedU128::from_u32(1);
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
    type AccountId = AccountId;
    type AccountData = pallet_balances::AccountData<Balance>;
    type BaseCallFilter = calls::NoNestedBatches;
    type Block = Block;
    type BlockHashCount = ConstU32<2400>;
    type BlockLength = RuntimeBlockLength;
    type BlockWeights = RuntimeBlockWeights;
    type DbWeight = RocksDbWeight;
    type Hash = Hash;
    type Lookup = AccountIdLookup<AccountId, ()>;
    type MaxConsumers = ConstU32<16>;
    type Nonce = u32;
    type OnSetCode = variant::KnownCode;
    type PalletInfo = variant::NumberedPallets;
    type SS58Prefix = ConstU16<42>;
    type Version = variant::RunningVersion;
}

impl pallet_timestamp::Config for Runtime {
    type Moment = u64;
    type OnTimestampSet = Aura;
    type MinimumPeriod = MinimumPeriod;
    type WeightInfo = ();
}

impl pallet_aura::Config for Runtime {
    type AuthorityId = sp_consensus_aura::sr25519::AuthorityId;
    type MaxAuthorities = ConstU32<32>;
    type DisabledValidators = ();
    type AllowMultipleBlocksPerSlot = frame_support::traits::ConstBool<false>;
    type SlotDuration = SlotDuration;
}

impl pallet_balances::Config for Runtime {
    type Balance = Balance;
    type DustRemoval = ();
    type ExistentialDeposit = ConstU64<500>;
    type AccountStore = System;
    type RuntimeEvent = RuntimeEvent;
    type RuntimeHoldReason = RuntimeHoldReason;
    type RuntimeFreezeReason = RuntimeFreezeReason;
    type FreezeIdentifier = RuntimeFreezeReason;
    type MaxLocks = ConstU32<50>;
    type MaxReserves = ConstU32<50>;
    type MaxFreezes = ConstU32<50>;
    type ReserveIdentifier = [u8; 8];
    type DoneSlashHandler = ();
    type WeightInfo = pallet_balances::weights::SubstrateWeight<Self>;
}

impl pallet_transaction_payment::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type OnChargeTransaction = pallet_transaction_payment::FungibleAdapter<Balances, fees::ToBlockAuthor>;
    type WeightToFee = fees::LinearWeightToFee;
    type OperationalFeeMultiplier = ConstU8<5>;
    type LengthToFee = frame_support::weights::IdentityFee<Balance>;
    type FeeMultiplierUpdate = pallet_transaction_payment::ConstFeeMultiplier<FeeMultiplier>;
    type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Self>;
}

impl pallet_utility::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type PalletsOrigin = OriginCaller;
    type WeightInfo = pallet_utility::weights::SubstrateWeight<Self>;
}

impl pallet_sudo::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type WeightInfo = pallet_sudo::weights::SubstrateWeight<Self>;
}

impl pallets::subtensor::Config for Runtime {
    type Currency = Balances;
    type BlockAuthor = fees::BlockAuthor;
}

impl pallets::swap::Config for Runtime {}

impl pallets::shield::Config for Runtime {}

impl pallets::drand::Config for Runtime {}

impl pallets::commitments::Config for Runtime {
    type Subnets = SubtensorModule;
}

impl pallets::admin::Config for Runtime {}
