//! Calls by name.

use crate::{Value, surface};
use subxt::transactions::Payload;

/// A call of a pallet, by name, with named arguments.
///
/// Arguments are matched to the live metadata by name, in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub(crate) pallet: String,
    pub(crate) name: String,
    pub(crate) args: Vec<(String, Value)>,
}

impl Call {
    /// `Call::new("Pallet", "call", [("argument", value)])`.
    pub fn new<K: Into<String>, V: Into<Value>>(
        pallet: &str,
        name: &str,
        args: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let args = args.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Self { pallet: pallet.to_owned(), name: name.to_owned(), args }
    }

    /// The pallet's name.
    pub fn pallet(&self) -> &str {
        &self.pallet
    }

    /// The call's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All of these or none, as one call.
    pub fn batch_all(calls: impl IntoIterator<Item = Self>) -> Self {
        surface::BATCH_ALL.call([Value::list(calls)])
    }

    /// The same call with the root origin; only the sudo account may send it.
    pub fn sudo(self) -> Self {
        surface::SUDO.call([self.into()])
    }
}

impl Payload for Call {
    type CallData = Self;

    fn pallet_name(&self) -> &str {
        &self.pallet
    }

    fn call_name(&self) -> &str {
        &self.name
    }

    fn call_data(&self) -> &Self {
        self
    }
}
