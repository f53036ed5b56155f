//! The default runtime: the Bittensor pallets of `subnetkit-runtime`, compiled into this process.

use subnetkit_runtime::CallFailure;
pub use subnetkit_runtime::{NoSuchVariant, Variant};

use crate::runtime::{Outcome, Runtime, State, Trap};

/// Runs `subnetkit-runtime`, in the [`Variant`] that the state's code names. Only this file and `genesis.rs` name that crate.
#[derive(Debug, Clone, Copy, Default)]
pub struct NativeRuntime;

impl Runtime for NativeRuntime {
    fn call(&self, method: &str, input: &[u8], state: &dyn State) -> Result<Outcome, Trap> {
        let outcome =
            subnetkit_runtime::call(method, input, &Bridge(state)).map_err(|failure| match failure {
                CallFailure::NoMethod(method) => Trap::NoMethod(method),
                CallFailure::Panicked(reason) => Trap::Panicked(reason),
            })?;
        Ok(Outcome { output: outcome.output, changes: outcome.changes })
    }
}

struct Bridge<'s>(&'s dyn State);

impl subnetkit_runtime::State for Bridge<'_> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key)
    }

    fn next_key(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.next_key(key)
    }

    fn root(&self, changes: &[(Vec<u8>, Option<Vec<u8>>)]) -> [u8; 32] {
        self.0.root(changes)
    }

    fn code(&self) -> Option<Vec<u8>> {
        self.0.code()
    }
}
