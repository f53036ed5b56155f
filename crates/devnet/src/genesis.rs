//! The genesis of the default runtime, and what is usually changed in it.

use std::time::Duration;

use serde_json::{Value, json};

/// The genesis of a Bittensor chain: the official local network's accounts, sudo key and subnets 0 and 1.
#[derive(Debug, Clone)]
pub struct Genesis(Value);

impl Genesis {
    /// With the values of the public chains: 12 s blocks, a tempo of 360.
    pub fn local() -> Self {
        Self::preset("local")
    }

    /// With the values of a build with `fast-runtime`: 250 ms blocks, a tempo of 10, short waits.
    pub fn fast() -> Self {
        Self::preset("fast")
    }

    fn preset(name: &str) -> Self {
        Self(subnetkit_runtime::preset(name).unwrap_or_default())
    }

    /// Endows an account, by its ss58 address, with TAO in rao, in place of what it has by then.
    #[must_use]
    pub fn endow(mut self, address: &str, rao: u64) -> Self {
        if let Some(Value::Array(balances)) = self.0.pointer_mut("/balances/balances") {
            balances.retain(|entry| entry[0] != address);
            balances.push(json!([address, rao]));
        }
        self
    }

    /// The time between blocks as the chain knows it; in whole milliseconds, at least one.
    #[must_use]
    pub fn block_time(self, time: Duration) -> Self {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        self.with("slotDurationMs", json!(milliseconds))
    }

    /// Whether to refuse what only a development chain allows: axons at loopback addresses.
    #[must_use]
    pub fn strict(self, strict: bool) -> Self {
        self.with("strict", json!(strict))
    }

    /// What [`Config::genesis`](crate::Config::genesis) takes.
    pub fn into_json(self) -> Value {
        self.0
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        if let Some(Value::Object(settings)) = self.0.get_mut("subtensorModule") {
            settings.insert(key.to_owned(), value);
        }
        self
    }
}
