//! The default runtime: the Bittensor pallets of `subnetkit-runtime`, compiled into this process.

use std::time::Duration;

use serde_json::{Value, json};

use crate::runtime::{Outcome, Runtime, State, Trap};

/// Runs `subnetkit-runtime`. The only place in this crate that names it.
#[derive(Debug, Clone, Copy, Default)]
pub struct NativeRuntime;

impl Runtime for NativeRuntime {
    fn call(&self, method: &str, input: &[u8], state: &dyn State) -> Result<Outcome, Trap> {
        let outcome =
            subnetkit_runtime::call(method, input, &Bridge(state)).map_err(|reason| Trap { reason })?;
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
}

/// Writes the genesis configuration of [`NativeRuntime`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis(Value);

impl Genesis {
    /// The official local network: a block every 12 s.
    pub fn local() -> Self {
        Self::preset("local")
    }

    /// The official local network with fast blocks: one every 250 ms, and short periods.
    pub fn fast() -> Self {
        Self::preset("fast")
    }

    fn preset(name: &str) -> Self {
        Self(subnetkit_runtime::preset(name).unwrap_or_else(|| json!({})))
    }

    /// Sets how much chain time a block takes, in whole milliseconds.
    #[must_use]
    pub fn block_time(mut self, block_time: Duration) -> Self {
        let millis = u64::try_from(block_time.as_millis()).unwrap_or(u64::MAX);
        self.0["subtensorModule"]["slotDurationMs"] = json!(millis);
        self
    }

    /// Gives an account a free balance, in place of the one it has.
    ///
    /// `account` is an ss58 address; the runtime refuses the genesis if it is none.
    #[must_use]
    pub fn endow(mut self, account: &str, rao: u64) -> Self {
        let balances = &mut self.0["balances"]["balances"];
        if let Some(balances) = balances.as_array_mut() {
            balances.retain(|entry| entry[0] != account);
            balances.push(json!([account, rao]));
        } else {
            *balances = json!([[account, rao]]);
        }
        self
    }

    /// The configuration as [`Config::genesis`](crate::Config::genesis) takes it.
    pub fn into_json(self) -> Value {
        self.0
    }
}
