//! The development runtime's own metadata.

use codec::{Decode, Encode};
use subnetkit_devnet::NativeRuntime;
use subnetkit_devnet::runtime::{Runtime, State, Trap};

/// A chain before its genesis: what is constant does not depend on state.
struct Nothing;

impl State for Nothing {
    fn get(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn next_key(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn root(&self, _: &[(Vec<u8>, Option<Vec<u8>>)]) -> [u8; 32] {
        [0; 32]
    }
}

/// The metadata in the version given, with the `meta` prefix.
///
/// # Errors
/// If the runtime traps or has no metadata of that version.
pub(crate) fn metadata(version: u32) -> Result<Vec<u8>, Trap> {
    let outcome = NativeRuntime.call("Metadata_metadata_at_version", &version.encode(), &Nothing)?;
    let metadata = Option::<Vec<u8>>::decode(&mut &outcome.output[..]);
    let lacking = || Trap::Panicked(format!("the runtime has no metadata of version {version}"));
    metadata.ok().flatten().ok_or_else(lacking)
}
