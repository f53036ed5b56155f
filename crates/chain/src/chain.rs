//! The connection as its users see it.

use crate::{
    CodecError, ConnectError, Network, ReadError, Runtime, Settings, WaitFor,
    nonces::Nonces,
    pinned::Pinned,
    rpc::Rpc,
    surface::{METADATA_AT_VERSION, METADATA_VERSIONS, SLOT_DURATION},
};
use codec::{Decode, Encode};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use subxt::config::substrate::H256;

/// Runtime versions kept ready at once; around an upgrade two are in use.
const MAX_RUNTIMES: usize = 3;

/// The newest metadata version this crate can read.
const MAX_METADATA_VERSION: u32 = 16;

/// A connection to a Bittensor chain. Clones share it.
///
/// One task keeps it connected for as long as a clone exists: it dials anew with growing delays, goes to the next endpoint
/// when one fails, and notices connections that hang and nodes that stand still ([`Chain::status`]). Endpoints of another
/// chain are never used. Every request has a limit of time; reads are sent anew when the connection breaks under them,
/// submissions never are ([`Settings`]).
#[derive(Clone)]
pub struct Chain {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) rpc: Rpc,
    pub(crate) settings: Settings,
    pub(crate) nonces: Nonces,
    runtimes: Mutex<Vec<Arc<Runtime>>>,
    loading: tokio::sync::Mutex<()>,
}

impl Chain {
    /// Connects with the settings that suit the network.
    ///
    /// # Errors
    /// See [`ConnectError`]; a known network's genesis hash is checked.
    pub async fn connect(network: &Network) -> Result<Self, ConnectError> {
        Self::connect_with(network, Settings::for_network(network)).await
    }

    /// Connects to a node by its `ws://` or `wss://` URL.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect_url(url: &str) -> Result<Self, ConnectError> {
        Self::connect(&Network::Url(url.to_owned())).await
    }

    /// Connects with settings of one's own. Every endpoint is tried once, in order.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect_with(network: &Network, settings: Settings) -> Result<Self, ConnectError> {
        let mut endpoints = vec![network.endpoint()];
        for fallback in &settings.fallback_endpoints {
            if !endpoints.contains(fallback) {
                endpoints.push(fallback.clone());
            }
        }
        let settings = Settings { genesis: settings.genesis.or_else(|| network.known_genesis()), ..settings };
        let rpc = Rpc::connect(&endpoints, settings.clone()).await?;
        let settings = settings.for_chain(rpc.genesis().0);
        let chain = Self {
            inner: Arc::new(Inner {
                rpc,
                nonces: Nonces::new(settings.max_tracked_nonces),
                settings,
                runtimes: Mutex::new(Vec::new()),
                loading: tokio::sync::Mutex::new(()),
            }),
        };
        // Fetch the metadata now: a node without usable metadata is a mistake to report at once, not at first use.
        if let Err(error) = chain.at_best().await {
            let url = chain.inner.rpc.connection().url();
            return Err(match error {
                ReadError::Connect(error) => error,
                error if error.is_retryable() => ConnectError::Unreachable { url, reason: error.to_string() },
                error => ConnectError::Unusable { url, reason: error.to_string() },
            });
        }
        Ok(chain)
    }

    /// The hash of block 0: which chain this is.
    pub fn genesis_hash(&self) -> [u8; 32] {
        self.inner.rpc.genesis().0
    }

    /// Refuses any other chain than the one something else, for example a ledger, belongs to. Which chain to connect to is
    /// the setting `genesis`.
    ///
    /// # Errors
    /// [`ConnectError::WrongNetwork`], showing both hashes.
    pub fn expect_genesis(&self, expected: [u8; 32]) -> Result<(), ConnectError> {
        if self.genesis_hash() == expected {
            return Ok(());
        }
        Err(ConnectError::WrongNetwork {
            url: self.inner.rpc.connection().url(),
            found: hex::encode(self.genesis_hash()),
            expected: hex::encode(expected),
        })
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// When transactions count as done.
    pub fn wait_for(&self) -> WaitFor {
        self.inner.settings.wait_for
    }

    /// The codec of the best block's runtime.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn runtime(&self) -> Result<Arc<Runtime>, ReadError> {
        Ok(self.at_best().await?.runtime)
    }

    /// Nominal time between two blocks, as the chain is built: the constant `Aura.SlotDuration`. The measured one is in
    /// [`Status::block_time`](crate::Status::block_time).
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn block_time(&self) -> Result<Duration, ReadError> {
        Ok(slot_duration(&*self.runtime().await?)?)
    }

    /// Pins the best block: everything read from the answer is of that one block.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn at_best(&self) -> Result<Pinned, ReadError> {
        let hash = self.best_hash().await?;
        self.at(hash).await
    }

    /// Pins a block by its hash; its state must still be known to the node.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn at_block(&self, hash: [u8; 32]) -> Result<Pinned, ReadError> {
        self.at(H256(hash)).await
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    async fn best_hash(&self) -> Result<H256, ReadError> {
        let method = "chain_getBlockHash";
        let hash = self.inner.rpc.read(method, |rpc| async move { rpc.chain_get_block_hash(None).await });
        hash.await?.ok_or_else(|| no_answer(method))
    }

    async fn at(&self, hash: H256) -> Result<Pinned, ReadError> {
        let (head, runtime) = futures::try_join!(self.header(hash), self.runtime_at(hash))?;
        Ok(Pinned::new(self.clone(), runtime, head))
    }

    /// The codec for the state after a block. Metadata is fetched once per runtime version.
    pub(crate) async fn runtime_at(&self, hash: H256) -> Result<Arc<Runtime>, ReadError> {
        let version = self.inner.rpc.read_at(hash, "state_getRuntimeVersion", |rpc| async move {
            rpc.state_get_runtime_version(Some(hash)).await
        });
        let version = version.await?;
        if let Some(known) = self.known_runtime(version.spec_version) {
            return Ok(known);
        }
        // One task fetches, the others wait for it and then find the runtime ready.
        let _loading = self.inner.loading.lock().await;
        if let Some(known) = self.known_runtime(version.spec_version) {
            return Ok(known);
        }
        let metadata = self.fetch_metadata(hash).await?;
        let runtime = Arc::new(Runtime::new(
            &metadata,
            version.spec_version,
            version.transaction_version,
            self.inner.rpc.genesis().0,
        )?);
        // A runtime without slots has no nominal block time; whoever needs one is told.
        if let Ok(slot) = slot_duration(&runtime) {
            self.inner.rpc.connection().slot_duration_is(slot);
        }
        tracing::info!(spec_version = version.spec_version, "read the metadata of the chain's runtime");
        for failure in runtime.surface().failures() {
            tracing::warn!(
                spec_version = version.spec_version,
                "the chain's runtime is not as this program knows it: {failure}"
            );
        }
        let mut runtimes = self.inner.runtimes.lock().unwrap_or_else(PoisonError::into_inner);
        runtimes.insert(0, runtime.clone());
        runtimes.truncate(MAX_RUNTIMES);
        Ok(runtime)
    }

    fn known_runtime(&self, spec_version: u32) -> Option<Arc<Runtime>> {
        let runtimes = self.inner.runtimes.lock().unwrap_or_else(PoisonError::into_inner);
        runtimes.iter().find(|runtime| runtime.spec_version() == spec_version).cloned()
    }

    async fn fetch_metadata(&self, hash: H256) -> Result<Vec<u8>, ReadError> {
        let unreadable = |reason: &str| CodecError::Metadata { reason: reason.to_owned() };
        let newest = match self.state_call(&METADATA_VERSIONS.rpc_name(), Vec::new(), hash).await {
            Ok(bytes) => Vec::<u32>::decode(&mut bytes.as_slice())
                .map_err(|_| unreadable("the list of metadata versions is malformed"))?
                .into_iter()
                .filter(|version| *version <= MAX_METADATA_VERSION)
                .max(),
            // Nodes from before metadata was versioned.
            Err(ReadError::Rejected { .. }) => None,
            Err(error) => return Err(error),
        };
        if let Some(version) = newest {
            let bytes = self.state_call(&METADATA_AT_VERSION.rpc_name(), version.encode(), hash).await?;
            let metadata = Option::<Vec<u8>>::decode(&mut bytes.as_slice())
                .map_err(|_| unreadable("the metadata is not wrapped as it should be"))?;
            return Ok(metadata.ok_or_else(|| unreadable("the version the node offers is absent"))?);
        }
        let metadata = self.inner.rpc.read_at(hash, "state_getMetadata", |rpc| async move {
            Ok(rpc.state_get_metadata(Some(hash)).await?.into_raw())
        });
        metadata.await
    }

    pub(crate) async fn state_call(
        &self,
        method: &str,
        input: Vec<u8>,
        hash: H256,
    ) -> Result<Vec<u8>, ReadError> {
        let request = format!("state_call {method}");
        let answer = self.inner.rpc.read_at(hash, &request, |rpc| {
            let (method, input) = (method.to_owned(), input.clone());
            async move { rpc.state_call(&method, Some(&input), Some(hash)).await }
        });
        answer.await
    }
}

fn slot_duration(runtime: &Runtime) -> Result<Duration, CodecError> {
    let millis = SLOT_DURATION.read(runtime)?.number_as();
    let millis = millis
        .ok_or_else(|| CodecError::Field { item: SLOT_DURATION.name(), field: "milliseconds".to_owned() })?;
    Ok(Duration::from_millis(millis))
}

/// A node that answers `null` where it must not.
pub(crate) fn no_answer(request: &str) -> ReadError {
    CodecError::Decode { item: request.to_owned(), reason: "the node does not know the block".to_owned() }
        .into()
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain")
            .field("endpoint", &self.inner.rpc.connection().url())
            .field("genesis", &self.inner.rpc.genesis())
            .finish_non_exhaustive()
    }
}
