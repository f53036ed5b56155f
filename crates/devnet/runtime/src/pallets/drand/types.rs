//! What the pallet's storage and calls are made of.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::BoundedVec;
use frame_support::pallet_prelude::ConstU32;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A beacon counts its rounds from 1.
pub type RoundNumber = u64;
type Bytes<const MOST: u32> = BoundedVec<u8, ConstU32<MOST>>;

/// A beacon: its key, and when its rounds come.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, PartialEq, Eq, Debug, TypeInfo, MaxEncodedLen)]
pub struct BeaconConfiguration {
    /// A point of G2, compressed.
    pub public_key: Bytes<96>,
    /// Seconds between two rounds.
    pub period: u32,
    /// When round 1 came, in seconds since 1970.
    pub genesis_time: u32,
    pub hash: Bytes<32>,
    pub group_hash: Bytes<32>,
    pub scheme_id: Bytes<32>,
    pub metadata: Metadata,
}

#[derive(Encode, Decode, DecodeWithMemTracking, Clone, PartialEq, Eq, Debug, TypeInfo, MaxEncodedLen)]
pub struct Metadata {
    pub beacon_id: Bytes<32>,
}

/// What a beacon publishes of a round.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, PartialEq, Eq, Debug, TypeInfo, MaxEncodedLen)]
pub struct Pulse {
    pub round: RoundNumber,
    /// The hash of the signature.
    pub randomness: Bytes<32>,
    /// A point of G1, compressed.
    pub signature: Bytes<144>,
}

/// Pulses, by whom they were fetched and when.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct PulsesPayload<Public, BlockNumber> {
    pub block_number: BlockNumber,
    pub pulses: Vec<Pulse>,
    pub public: Public,
}

/// A beacon, by whom it was fetched and when.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct BeaconConfigurationPayload<Public, BlockNumber> {
    pub block_number: BlockNumber,
    pub config: BeaconConfiguration,
    pub public: Public,
}

/// The beacon of a chain that has its own, as its genesis says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BeaconGenesis {
    /// The 96 bytes of its key, in hex with `0x`.
    #[serde(with = "sp_core::bytes")]
    pub public_key: Vec<u8>,
    /// When round 1 came, in seconds since 1970.
    pub genesis_time: u32,
    /// Seconds between two rounds.
    pub period: u32,
}

/// drand's quicknet, the beacon of the public chains.
pub(super) fn quicknet() -> BeaconConfiguration {
    BeaconConfiguration {
        public_key: Bytes::truncate_from(QUICKNET_KEY.to_vec()),
        period: 3,
        genesis_time: 1_692_803_367,
        hash: Bytes::truncate_from(QUICKNET_HASH.to_vec()),
        group_hash: Bytes::truncate_from(QUICKNET_GROUP_HASH.to_vec()),
        scheme_id: Bytes::truncate_from(b"bls-unchained-g1-rfc9380".to_vec()),
        metadata: Metadata { beacon_id: Bytes::truncate_from(b"quicknet".to_vec()) },
    }
}

const QUICKNET_KEY: [u8; 96] = [
    0x83, 0xcf, 0x0f, 0x28, 0x96, 0xad, 0xee, 0x7e, 0xb8, 0xb5, 0xf0, 0x1f, 0xca, 0xd3, 0x91, 0x22, 0x12,
    0xc4, 0x37, 0xe0, 0x07, 0x3e, 0x91, 0x1f, 0xb9, 0x00, 0x22, 0xd3, 0xe7, 0x60, 0x18, 0x3c, 0x8c, 0x4b,
    0x45, 0x0b, 0x6a, 0x0a, 0x6c, 0x3a, 0xc6, 0xa5, 0x77, 0x6a, 0x2d, 0x10, 0x64, 0x51, 0x0d, 0x1f, 0xec,
    0x75, 0x8c, 0x92, 0x1c, 0xc2, 0x2b, 0x0e, 0x17, 0xe6, 0x3a, 0xaf, 0x4b, 0xcb, 0x5e, 0xd6, 0x63, 0x04,
    0xde, 0x9c, 0xf8, 0x09, 0xbd, 0x27, 0x4c, 0xa7, 0x3b, 0xab, 0x4a, 0xf5, 0xa6, 0xe9, 0xc7, 0x6a, 0x4b,
    0xc0, 0x9e, 0x76, 0xea, 0xe8, 0x99, 0x1e, 0xf5, 0xec, 0xe4, 0x5a,
];

const QUICKNET_HASH: [u8; 32] = [
    0x52, 0xdb, 0x9b, 0xa7, 0x0e, 0x0c, 0xc0, 0xf6, 0xea, 0xf7, 0x80, 0x3d, 0xd0, 0x74, 0x47, 0xa1, 0xf5,
    0x47, 0x77, 0x35, 0xfd, 0x3f, 0x66, 0x17, 0x92, 0xba, 0x94, 0x60, 0x0c, 0x84, 0xe9, 0x71,
];

const QUICKNET_GROUP_HASH: [u8; 32] = [
    0xf4, 0x77, 0xd5, 0xc8, 0x9f, 0x21, 0xa1, 0x7c, 0x86, 0x3a, 0x7f, 0x93, 0x7c, 0x6a, 0x6d, 0x15, 0x85,
    0x94, 0x14, 0xd2, 0xbe, 0x09, 0xcd, 0x44, 0x8d, 0x42, 0x79, 0xaf, 0x33, 0x1c, 0x5d, 0x3e,
];
