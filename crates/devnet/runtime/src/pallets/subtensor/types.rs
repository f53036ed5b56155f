//! The types that storage, calls and events are made of.

use std::collections::BTreeSet;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::pallet_prelude::ConstU32;
use frame_support::{BoundedVec, parameter_types};
use scale_info::TypeInfo;
use sp_runtime::AccountId32;
use substrate_fixed::types::U64F64;

pub type AccountId = AccountId32;
/// A subnet's number; 0 is root.
pub type NetUid = u16;
/// A mechanism's number within its subnet.
pub type MechId = u8;
/// `mecid * 4096 + netuid`: where what belongs to one mechanism is stored.
pub type NetUidStorageIndex = u16;

/// The root subnet.
pub const ROOT: NetUid = 0;

/// Where a mechanism's weights, bonds, incentive and last updates are stored.
pub fn storage_index(netuid: NetUid, mecid: MechId) -> NetUidStorageIndex {
    u16::from(mecid).saturating_mul(4096).saturating_add(netuid)
}

/// The account that storage defaults name.
pub fn zero_account() -> AccountId {
    AccountId::new([0; 32])
}

parameter_types! {
    /// Whether the chain has the values of a build with the feature `fast-runtime`.
    pub storage BuildFast: bool = false;
    /// Whether the chain refuses what only a development chain would allow (loopback axons).
    pub storage BuildStrict: bool = false;
    /// Milliseconds between blocks.
    pub storage BuildSlotDuration: u64 = 12_000;
    /// Blocks between two epochs of a new subnet, if not those of the build.
    pub storage BuildOtherTempo: u16 = 0;
    /// Blocks between two epochs of a new subnet.
    pub BuildTempo: u16 = match BuildOtherTempo::get() {
        0 if BuildFast::get() => 10,
        0 => 360,
        other => other,
    };
    /// Epochs that may run in one block.
    pub BuildMaxEpochs: u8 = if BuildFast::get() { 32 } else { 2 };
}

/// A served endpoint.
#[derive(
    Encode, Decode, DecodeWithMemTracking, Clone, Default, PartialEq, Eq, Debug, TypeInfo, MaxEncodedLen,
)]
pub struct AxonInfo {
    /// When it was served.
    pub block: u64,
    pub version: u32,
    /// IPv4 in the low 32 bits, or IPv6.
    pub ip: u128,
    pub port: u16,
    /// 4 or 6.
    pub ip_type: u8,
    pub protocol: u8,
    pub placeholder1: u8,
    pub placeholder2: u8,
}

/// A served metrics endpoint.
#[derive(
    Encode, Decode, DecodeWithMemTracking, Clone, Default, PartialEq, Eq, Debug, TypeInfo, MaxEncodedLen,
)]
pub struct PrometheusInfo {
    pub block: u64,
    pub version: u32,
    pub ip: u128,
    pub port: u16,
    pub ip_type: u8,
}

/// The public key a neuron serves TLS with.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Default, PartialEq, Eq, Debug, TypeInfo)]
pub struct NeuronCertificate {
    pub public_key: BoundedVec<u8, ConstU32<64>>,
    pub algorithm: u8,
}

/// What a coldkey says of itself.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Default, PartialEq, Eq, Debug, TypeInfo)]
pub struct ChainIdentityV2 {
    pub name: Vec<u8>,
    pub url: Vec<u8>,
    pub github_repo: Vec<u8>,
    pub image: Vec<u8>,
    pub discord: Vec<u8>,
    pub description: Vec<u8>,
    pub additional: Vec<u8>,
}

impl ChainIdentityV2 {
    /// Whether every field is within its limit, in bytes.
    pub fn is_valid(&self) -> bool {
        [&self.name, &self.url, &self.github_repo, &self.discord].iter().all(|field| field.len() <= 256)
            && [&self.image, &self.description, &self.additional].iter().all(|field| field.len() <= 1024)
    }
}

/// What a subnet says of itself.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Default, PartialEq, Eq, Debug, TypeInfo)]
pub struct SubnetIdentityV3 {
    pub subnet_name: Vec<u8>,
    pub github_repo: Vec<u8>,
    pub subnet_contact: Vec<u8>,
    pub subnet_url: Vec<u8>,
    pub discord: Vec<u8>,
    pub description: Vec<u8>,
    pub logo_url: Vec<u8>,
    pub additional: Vec<u8>,
}

impl SubnetIdentityV3 {
    /// Whether every field is within its limit, in bytes.
    pub fn is_valid(&self) -> bool {
        self.subnet_name.len() <= 256
            && self.discord.len() <= 256
            && [
                &self.github_repo,
                &self.subnet_contact,
                &self.subnet_url,
                &self.description,
                &self.logo_url,
                &self.additional,
            ]
            .iter()
            .all(|field| field.len() <= 1024)
    }
}

/// Stake that is locked, alpha in rao.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct LockState {
    pub locked_mass: u64,
    /// How convinced its owner is: it grows while the stake stays locked.
    pub conviction: U64F64,
    pub last_update: u64,
}

/// How a subnet's epochs turn weights into incentive, on chains newer than spec version 425.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Copy, Default, PartialEq, Eq, Debug, TypeInfo)]
pub enum EpochConsensus {
    /// By Yuma Consensus, the only way here.
    #[default]
    Yuma,
    /// By the weights of the validator with the most stake.
    Null,
}

/// What becomes of incentive that the subnet's owner would get.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Copy, Default, PartialEq, Eq, Debug, TypeInfo)]
pub enum RecycleOrBurnEnum {
    /// It stays outstanding but belongs to nobody.
    #[default]
    Burn,
    /// It is taken out of the outstanding alpha.
    Recycle,
}

/// What becomes of the alpha that a root staker is due.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Default, PartialEq, Eq, Debug, TypeInfo)]
pub enum RootClaimTypeEnum {
    /// It is sold for TAO, which is staked on root.
    #[default]
    Swap,
    /// It is staked where it came from.
    Keep,
    /// It is staked where it came from on these subnets, and sold on others.
    KeepSubnets { subnets: BTreeSet<NetUid> },
}

/// A hyperparameter that an owner may only change so often.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Copy, PartialEq, Eq, Debug, TypeInfo)]
pub enum Hyperparameter {
    Unknown,
    ServingRateLimit,
    MaxDifficulty,
    AdjustmentAlpha,
    MaxWeightLimit,
    ImmunityPeriod,
    MinAllowedWeights,
    Kappa,
    Rho,
    ActivityCutoff,
    PowRegistrationAllowed,
    MinBurn,
    MaxBurn,
    BondsMovingAverage,
    BondsPenalty,
    CommitRevealEnabled,
    LiquidAlphaEnabled,
    AlphaValues,
    WeightCommitInterval,
    TransferEnabled,
    AlphaSigmoidSteepness,
    Yuma3Enabled,
    BondsResetEnabled,
    ImmuneNeuronLimit,
    RecycleOrBurn,
    MaxAllowedUids,
    BurnHalfLife,
    BurnIncreaseMult,
    SubnetEmissionEnabled,
    MinChildkeyTake,
    ActivityCutoffFactorMilli,
    TriggerEpoch,
}

/// What a rate limit is counted for.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub enum RateLimitKey<AccountId> {
    SetSNOwnerHotkey(NetUid),
    OwnerHyperparamUpdate(NetUid, Hyperparameter),
    NetworkLastRegistered,
    LastTxBlock(AccountId),
    LastTxBlockChildKeyTake(AccountId),
    LastTxBlockDelegateTake(AccountId),
    AddStakeBurn(NetUid),
}
