//! Consistent reads: one block, however many questions.

use crate::{Chain, CodecError, Head, ReadError, Runtime, Value};
use std::{collections::HashMap, fmt, sync::Arc};
use subxt::config::substrate::H256;

/// One block of the chain; everything read from it belongs together.
#[derive(Clone)]
pub struct Pinned {
    pub(crate) chain: Chain,
    pub(crate) runtime: Arc<Runtime>,
    head: Head,
}

/// A storage item asked for: pallet, item, keys.
pub(crate) type Item<'a> = (&'a str, &'a str, Vec<Value>);

impl Pinned {
    pub(crate) fn new(chain: Chain, runtime: Arc<Runtime>, head: Head) -> Self {
        Self { chain, runtime, head }
    }

    /// The block.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The codec of the block's state.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// A runtime API, by name.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn api(&self, api: &str, method: &str, args: Vec<Value>) -> Result<Value, ReadError> {
        let input = self.runtime.api_input(api, method, args)?;
        let name = format!("{api}_{method}");
        let output = self.chain.state_call(&name, input, H256(self.head.hash)).await?;
        Ok(self.runtime.api_output(api, method, &output)?)
    }

    /// One storage value by name; the item's default if it is absent, `None` if it has no default.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn storage(
        &self,
        pallet: &str,
        item: &str,
        keys: Vec<Value>,
    ) -> Result<Option<Value>, ReadError> {
        let mut values = self.storage_many(&[(pallet, item, keys)]).await?;
        Ok(values.pop().flatten())
    }

    /// Many storage values in one round trip, in the order asked; `None` also for what this runtime does not keep.
    pub(crate) async fn storage_known(&self, items: &[Item<'_>]) -> Result<Vec<Option<Value>>, ReadError> {
        let known: Vec<bool> =
            items.iter().map(|(pallet, item, _)| self.runtime.has_storage(pallet, item)).collect();
        let asked: Vec<_> =
            items.iter().zip(&known).filter(|(_, known)| **known).map(|(item, _)| item.clone()).collect();
        let mut values = match asked.is_empty() {
            true => Vec::new(),
            false => self.storage_many(&asked).await?,
        }
        .into_iter();
        Ok(known.into_iter().map(|known| if known { values.next().flatten() } else { None }).collect())
    }

    /// Many storage values in one round trip, in the order asked.
    pub(crate) async fn storage_many(&self, items: &[Item<'_>]) -> Result<Vec<Option<Value>>, ReadError> {
        let keys = items
            .iter()
            .map(|(pallet, item, keys)| self.runtime.storage_key(pallet, item, keys))
            .collect::<Result<Vec<_>, CodecError>>()?;
        let at = H256(self.head.hash);
        let answer = self.chain.inner().rpc.read_at(at, "state_queryStorageAt", |rpc| {
            let keys = keys.clone();
            async move { rpc.state_query_storage_at(keys.iter().map(Vec::as_slice), Some(at)).await }
        });
        let found: HashMap<Vec<u8>, Option<Vec<u8>>> = answer
            .await?
            .into_iter()
            .flat_map(|set| set.changes)
            .map(|(key, value)| (key.0, value.map(|value| value.0)))
            .collect();
        let values = items.iter().zip(keys).map(|((pallet, item, _), key)| {
            let bytes = found.get(&key).and_then(Option::as_deref);
            self.runtime.storage_value(pallet, item, bytes)
        });
        Ok(values.collect::<Result<_, _>>()?)
    }
}

impl fmt::Debug for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pinned").field("head", &self.head).finish_non_exhaustive()
    }
}
