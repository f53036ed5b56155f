//! One field of a commitment: bytes, a hash, or bytes that open with a round of the beacon.

use codec::{Decode, DecodeWithMemTracking, Encode, EncodeLike, Error, Input};
use frame_support::BoundedVec;
use frame_support::pallet_prelude::ConstU32;
use scale_info::build::{Fields, Variants};
use scale_info::{Path, Type, TypeInfo};

/// Bytes that are stored as they are; up to so many have a tag of their own for each length.
type Short = BoundedVec<u8, ConstU32<128>>;
type Long = BoundedVec<u8, ConstU32<512>>;
type Sealed = BoundedVec<u8, ConstU32<1024>>;

/// The tag of short bytes of length 0; those of other lengths follow.
const RAW: u8 = 1;
const LAST_RAW: u8 = 129;
const BLAKE_TWO_256: u8 = 130;
const SHA_256: u8 = 131;
const KECCAK_256: u8 = 132;
const SHA_THREE_256: u8 = 133;
const TIMELOCK_ENCRYPTED: u8 = 134;
const RESET_BONDS_FLAG: u8 = 135;
const BIG_RAW: u8 = 136;

/// A field of a commitment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Data {
    #[default]
    None,
    Raw(Short),
    BlakeTwo256([u8; 32]),
    Sha256([u8; 32]),
    Keccak256([u8; 32]),
    ShaThree256([u8; 32]),
    /// Sealed until a round of the beacon.
    TimelockEncrypted {
        encrypted: Sealed,
        reveal_round: u64,
    },
    /// Asks that bonds to the committing neuron start anew.
    ResetBondsFlag,
    BigRaw(Long),
}

impl Data {
    /// How many bytes count against the space a neuron has.
    pub(super) fn space(&self) -> u64 {
        let bytes = match self {
            Self::None | Self::ResetBondsFlag => 0,
            Self::Raw(bytes) => bytes.len(),
            Self::BlakeTwo256(_) | Self::Sha256(_) | Self::Keccak256(_) | Self::ShaThree256(_) => 32,
            Self::TimelockEncrypted { encrypted, .. } => encrypted.len(),
            Self::BigRaw(bytes) => bytes.len(),
        };
        bytes as u64
    }
}

impl Encode for Data {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::None => vec![0],
            Self::Raw(bytes) => {
                // The bound keeps the sum within a byte.
                let tag = u8::try_from(bytes.len()).unwrap_or(LAST_RAW - RAW).saturating_add(RAW);
                [&[tag][..], bytes].concat()
            }
            Self::BlakeTwo256(hash) => (BLAKE_TWO_256, hash).encode(),
            Self::Sha256(hash) => (SHA_256, hash).encode(),
            Self::Keccak256(hash) => (KECCAK_256, hash).encode(),
            Self::ShaThree256(hash) => (SHA_THREE_256, hash).encode(),
            Self::TimelockEncrypted { encrypted, reveal_round } => {
                (TIMELOCK_ENCRYPTED, encrypted, reveal_round).encode()
            }
            Self::ResetBondsFlag => vec![RESET_BONDS_FLAG],
            Self::BigRaw(bytes) => (BIG_RAW, bytes).encode(),
        }
    }
}

impl EncodeLike for Data {}
impl DecodeWithMemTracking for Data {}

impl Decode for Data {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        match input.read_byte()? {
            0 => Ok(Self::None),
            tag @ RAW..=LAST_RAW => {
                let mut bytes = vec![0; usize::from(tag - RAW)];
                input.read(&mut bytes)?;
                Short::try_from(bytes).map(Self::Raw).map_err(|_| "more bytes than the tag allows".into())
            }
            BLAKE_TWO_256 => Decode::decode(input).map(Self::BlakeTwo256),
            SHA_256 => Decode::decode(input).map(Self::Sha256),
            KECCAK_256 => Decode::decode(input).map(Self::Keccak256),
            SHA_THREE_256 => Decode::decode(input).map(Self::ShaThree256),
            TIMELOCK_ENCRYPTED => {
                let (encrypted, reveal_round) = Decode::decode(input)?;
                Ok(Self::TimelockEncrypted { encrypted, reveal_round })
            }
            RESET_BONDS_FLAG => Ok(Self::ResetBondsFlag),
            BIG_RAW => Decode::decode(input).map(Self::BigRaw),
            _ => Err("a commitment's field has no such tag".into()),
        }
    }
}

/// Adds the variants of short bytes, one for each length.
macro_rules! with_raw {
    ($variants:expr; $($length:literal)+) => {
        $variants$(.variant(concat!("Raw", $length), |variant| {
            variant.index($length + RAW).fields(Fields::unnamed().field(|field| field.ty::<[u8; $length]>()))
        }))+
    };
}

impl TypeInfo for Data {
    type Identity = Self;

    fn type_info() -> Type {
        let variants = Variants::new().variant("None", |variant| variant.index(0));
        let variants = with_raw!(
            variants;
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21
        22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43
        44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65
        66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87
        88 89 90 91 92 93 94 95 96 97 98 99 100 101 102 103 104 105 106 107 108 109
        110 111 112 113 114 115 116 117 118 119 120 121 122 123 124 125 126 127 128
        );
        let hashes = [
            ("BlakeTwo256", BLAKE_TWO_256),
            ("Sha256", SHA_256),
            ("Keccak256", KECCAK_256),
            ("ShaThree256", SHA_THREE_256),
        ];
        let variants = hashes.into_iter().fold(variants, |variants, (name, tag)| {
            variants.variant(name, |variant| {
                variant.index(tag).fields(Fields::unnamed().field(|field| field.ty::<[u8; 32]>()))
            })
        });
        let variants = variants
            .variant("TimelockEncrypted", |variant| {
                variant.index(TIMELOCK_ENCRYPTED).fields(
                    Fields::named()
                        .field(|field| field.name("encrypted").ty::<Sealed>())
                        .field(|field| field.name("reveal_round").ty::<u64>()),
                )
            })
            .variant("ResetBondsFlag", |variant| variant.index(RESET_BONDS_FLAG))
            .variant("BigRaw", |variant| {
                variant.index(BIG_RAW).fields(Fields::unnamed().field(|field| field.ty::<Long>()))
            });
        Type::builder().path(Path::new("Data", module_path!())).variant(variants)
    }
}
