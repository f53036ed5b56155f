//! The boundary between host and runtime: a method name and SCALE bytes in, SCALE bytes and changed keys out.
//!
//! It is what a WebAssembly runtime offers its node. Any state machine that answers the generic Substrate
//! runtime APIs over it can be plugged in, whichever crates it was compiled against.

/// Where a chain keeps the code of its runtime.
pub const CODE: &[u8] = b":code";

/// The key-value state that a call reads.
pub trait State {
    /// The value stored under `key`.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;
    /// The smallest stored key strictly greater than `key`.
    fn next_key(&self, key: &[u8]) -> Option<Vec<u8>>;
    /// The root of the state trie if `changes` were applied on top of this state.
    fn root(&self, changes: &[(Vec<u8>, Option<Vec<u8>>)]) -> [u8; 32];
    /// The code that runs on this state: the value of `:code`, for a block under construction the one it began with. A
    /// runtime that is several in one, as a chain that can be upgraded needs, is told by it which to be.
    fn code(&self) -> Option<Vec<u8>> {
        self.get(CODE)
    }
}

/// What a call gave back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The SCALE-encoded result.
    pub output: Vec<u8>,
    /// Keys written (`Some`) or removed (`None`) by this call.
    pub changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// Why a call gave nothing; nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trap {
    /// The runtime has no such method.
    #[error("Exported method {0} is not found")]
    NoMethod(String),
    /// The runtime panicked, for this reason.
    #[error("{0}")]
    Panicked(String),
}

/// A state machine: the whole of a chain's rules.
pub trait Runtime: Send + Sync + 'static {
    /// Calls the runtime API `method`, for example `Core_version`, with its SCALE-encoded arguments.
    ///
    /// # Errors
    /// [`Trap`] if the runtime panicked or does not know the method.
    fn call(&self, method: &str, input: &[u8], state: &dyn State) -> Result<Outcome, Trap>;
}
