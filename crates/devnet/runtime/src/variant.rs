//! The runtimes that a chain can be upgraded to: one set of pallets, described and numbered in several ways.
//!
//! The first is the real chain's at spec version 425. The later ones differ from it as later runtimes of the real chain
//! do, so that a client meets every kind of difference: types that became newtypes, structs with more fields, pallets
//! with other numbers. Which of them runs is said by the state, in `:code`, as on any chain. They share pallets and
//! storage, so nothing has to be migrated between them.

mod metadata;
mod newtypes;
mod numbers;
mod since;

use std::cell::Cell;
use std::str::FromStr;

use codec::Encode;
use frame_support::traits::{CrateVersion, Get};
use sp_core::traits::ReadRuntimeVersion;
use sp_externalities::Externalities;
use sp_runtime::DispatchResult;
use sp_version::RuntimeVersion;

pub(crate) use metadata::at_version as metadata_at_version;
pub(crate) use numbers::{pallet_number, renumbered, reversed};
pub use since::Since;

use crate::{PalletInfo, Runtime, System, VERSION};

/// A runtime that a chain can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Variant {
    /// As the real chain's at spec version 425, which is also its name: what every chain begins with.
    #[default]
    Spec425,
    /// `newtyped`, spec version 426: ids and balances are newtypes, and the metagraph has more fields, one of them in the
    /// middle. No byte of a call or of storage differs.
    Newtyped,
    /// `reordered`, spec version 427: the same, and calls, events and errors of each pallet have another pallet's
    /// number, and the kinds of a hyperparameter's value others.
    Reordered,
}

/// No runtime has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchVariant(String);

impl std::fmt::Display for NoSuchVariant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = Variant::ALL.map(Variant::name).join(", ");
        write!(f, "there is no runtime {}; upgrade to one of {names}", self.0)
    }
}

impl std::error::Error for NoSuchVariant {}

/// What `:code` begins with: the hash of the runtime's metadata.
const HASH_BYTES: usize = 32;

impl Variant {
    /// All of them, in the order of their versions.
    pub const ALL: [Self; 3] = [Self::Spec425, Self::Newtyped, Self::Reordered];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spec425 => "425",
            Self::Newtyped => "newtyped",
            Self::Reordered => "reordered",
        }
    }

    /// The spec version it has.
    pub const fn spec_version(self) -> u32 {
        match self {
            Self::Spec425 => VERSION.spec_version,
            Self::Newtyped => VERSION.spec_version + 1,
            Self::Reordered => VERSION.spec_version + 2,
        }
    }

    pub(crate) fn version(self) -> RuntimeVersion {
        RuntimeVersion { spec_version: self.spec_version(), ..VERSION }
    }

    /// What stands for its code on this chain: the BLAKE2b-256 of its metadata, by which clients tell apart chains that
    /// were built differently, and its name. Without a name it is the one that chains begin with.
    pub(crate) fn code(self) -> Vec<u8> {
        let metadata = running_as(self, || metadata_at_version(15)).encode();
        [&sp_core::blake2_256(&metadata)[..], self.mark().as_bytes()].concat()
    }

    /// The variant whose code this is; a state without code has the first.
    pub(crate) fn of_code(code: Option<&[u8]>) -> Option<Self> {
        let Some(code) = code else { return Some(Self::default()) };
        let mark = code.get(HASH_BYTES..)?;
        Self::ALL.into_iter().find(|variant| variant.mark().as_bytes() == mark)
    }

    const fn mark(self) -> &'static str {
        match self {
            Self::Spec425 => "",
            later => later.name(),
        }
    }
}

impl FromStr for Variant {
    type Err = NoSuchVariant;

    fn from_str(name: &str) -> Result<Self, NoSuchVariant> {
        let named = Self::ALL.into_iter().find(|variant| variant.name() == name);
        named.ok_or_else(|| NoSuchVariant(name.to_owned()))
    }
}

thread_local! {
    static RUNNING: Cell<Variant> = const { Cell::new(Variant::Spec425) };
}

/// The variant that runs on this thread; outside of a call the first.
pub(crate) fn running() -> Variant {
    RUNNING.get()
}

/// Does something as a variant; also a panic ends it.
pub(crate) fn running_as<T>(variant: Variant, work: impl FnOnce() -> T) -> T {
    struct Before(Variant);
    impl Drop for Before {
        fn drop(&mut self) {
            RUNNING.set(self.0);
        }
    }
    let _before = Before(RUNNING.replace(variant));
    work()
}

/// The version of what runs.
#[derive(Debug)]
pub struct RunningVersion;

impl Get<RuntimeVersion> for RunningVersion {
    fn get() -> RuntimeVersion {
        running().version()
    }
}

/// The pallets with the numbers they have in what runs: errors tell them.
#[derive(Debug)]
pub struct NumberedPallets;

impl frame_support::traits::PalletInfo for NumberedPallets {
    fn index<P: 'static>() -> Option<usize> {
        let number = u8::try_from(PalletInfo::index::<P>()?).ok()?;
        Some(pallet_number(running(), number).into())
    }

    fn name<P: 'static>() -> Option<&'static str> {
        PalletInfo::name::<P>()
    }

    fn name_hash<P: 'static>() -> Option<[u8; 16]> {
        PalletInfo::name_hash::<P>()
    }

    fn module_name<P: 'static>() -> Option<&'static str> {
        PalletInfo::module_name::<P>()
    }

    fn crate_version<P: 'static>() -> Option<CrateVersion> {
        PalletInfo::crate_version::<P>()
    }
}

/// Takes no code but that of a variant: with any other the chain would stand still for ever.
#[derive(Debug)]
pub struct KnownCode;

impl frame_system::SetCode<Runtime> for KnownCode {
    fn set_code(code: Vec<u8>) -> DispatchResult {
        if Variant::of_code(Some(&code)).is_none() {
            return Err(frame_system::Error::<Runtime>::FailedToExtractRuntimeVersion.into());
        }
        System::update_code_in_storage(&code);
        Ok(())
    }
}

/// Tells `System.set_code` the version of a code.
pub(crate) struct VersionOfCode;

impl ReadRuntimeVersion for VersionOfCode {
    fn read_runtime_version(&self, code: &[u8], _ext: &mut dyn Externalities) -> Result<Vec<u8>, String> {
        let variant = Variant::of_code(Some(code)).ok_or("it is no runtime's code")?;
        Ok(variant.version().encode())
    }
}
