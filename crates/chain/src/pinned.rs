//! Consistent reads: one block, however many questions.

use crate::{
    Chain, CodecError, Head, ReadError, Runtime, Value,
    surface::{Answers, ApiUse, Asked},
};
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
type Item<'a> = (&'a str, &'a str, Vec<Value>);

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

    /// What was declared of a storage value; the item's default if it is absent, `None` if it has no default.
    pub(crate) async fn read(&self, asked: Asked) -> Result<Option<Value>, ReadError> {
        Ok(self.read_many(&[asked]).await?.pop().flatten())
    }

    /// What was declared of many storage values, in one round trip and in the order asked. For an item that this runtime
    /// does not keep it is what the declaration puts in its place.
    pub(crate) async fn read_many(&self, asked: &[Asked]) -> Result<Vec<Option<Value>>, ReadError> {
        let known = asked.iter().filter(|asked| asked.is_in(&self.runtime));
        let items: Vec<Item<'_>> =
            known.map(|asked| (asked.pallet, asked.item, asked.keys.clone())).collect();
        let found = if items.is_empty() { Vec::new() } else { self.storage_many(&items).await? };
        let mut found = found.into_iter();
        let values = asked.iter().map(|asked| {
            if asked.is_in(&self.runtime) {
                asked.take(found.next().flatten())
            } else {
                asked.stand_in(&self.runtime)
            }
        });
        Ok(values.collect::<Result<_, _>>()?)
    }

    /// The same, to be found by item: for items asked for once each.
    pub(crate) async fn answers(&self, asked: Vec<Asked>) -> Result<Answers, ReadError> {
        let values = self.read_many(&asked).await?;
        Ok(Answers::new(asked, values))
    }

    /// What was declared of a runtime API's answer.
    pub(crate) async fn ask<const N: usize>(
        &self,
        api: &ApiUse<N>,
        args: [Value; N],
    ) -> Result<Value, ReadError> {
        let input = api.input(&self.runtime, args)?;
        self.ask_encoded(api, input).await
    }

    /// The same for arguments that are bytes already, such as a transaction.
    pub(crate) async fn ask_encoded<const N: usize>(
        &self,
        api: &ApiUse<N>,
        input: Vec<u8>,
    ) -> Result<Value, ReadError> {
        let output = self.chain.state_call(&api.rpc_name(), input, H256(self.head.hash)).await?;
        Ok(api.output(&self.runtime, &output)?)
    }

    /// Many storage values in one round trip, in the order asked.
    async fn storage_many(&self, items: &[Item<'_>]) -> Result<Vec<Option<Value>>, ReadError> {
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
