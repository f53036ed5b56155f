//! The connection as its users see it.

use crate::{
    CodecError, ConnectError, Network, ReadError, Runtime, Settings, WaitFor, nonces::Nonces, pinned::Pinned,
    rpc::Rpc,
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
/// A broken connection is made anew on the next request. Every request has a limit of time ([`Settings`]).
#[derive(Clone)]
pub struct Chain {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) rpc: Rpc,
    pub(crate) settings: Settings,
    pub(crate) nonces: Nonces,
    genesis: H256,
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

    /// Connects with settings of one's own.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect_with(network: &Network, settings: Settings) -> Result<Self, ConnectError> {
        let endpoints = network.endpoints();
        let (rpc, genesis) = Rpc::connect(endpoints, settings.clone(), network.known_genesis()).await?;
        let chain = Self {
            inner: Arc::new(Inner {
                rpc,
                nonces: Nonces::new(settings.max_tracked_nonces),
                settings,
                genesis,
                runtimes: Mutex::new(Vec::new()),
                loading: tokio::sync::Mutex::new(()),
            }),
        };
        // Fetch the metadata now: a node without usable metadata is a mistake to report at once, not at first use.
        if let Err(error) = chain.at_best().await {
            let url = chain.inner.rpc.url().await.to_string();
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
        self.inner.genesis.0
    }

    /// Refuses any other chain than the one configured.
    ///
    /// # Errors
    /// [`ConnectError::WrongNetwork`], showing both hashes.
    pub fn expect_genesis(&self, expected: [u8; 32]) -> Result<(), ConnectError> {
        if self.genesis_hash() == expected {
            return Ok(());
        }
        Err(ConnectError::WrongNetwork {
            url: self.inner.rpc.first_endpoint().to_owned(),
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

    /// Time between two blocks, as the chain is built (12 s on public networks).
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn block_time(&self) -> Result<Duration, ReadError> {
        let millis = self.runtime().await?.constant("Aura", "SlotDuration")?;
        let millis = millis.number_as().ok_or_else(|| CodecError::Field {
            item: "Aura.SlotDuration".to_owned(),
            field: "milliseconds".to_owned(),
        })?;
        Ok(Duration::from_millis(millis))
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
        let version = self.inner.rpc.read("state_getRuntimeVersion", |rpc| async move {
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
            self.inner.genesis.0,
        )?);
        tracing::info!(spec_version = version.spec_version, "read the metadata of the chain's runtime");
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
        let newest = match self.state_call("Metadata_metadata_versions", Vec::new(), hash).await {
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
            let bytes = self.state_call("Metadata_metadata_at_version", version.encode(), hash).await?;
            let metadata = Option::<Vec<u8>>::decode(&mut bytes.as_slice())
                .map_err(|_| unreadable("the metadata is not wrapped as it should be"))?;
            return Ok(metadata.ok_or_else(|| unreadable("the version the node offers is absent"))?);
        }
        let metadata = self.inner.rpc.read("state_getMetadata", |rpc| async move {
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
        let answer = self.inner.rpc.read(&request, |rpc| {
            let (method, input) = (method.to_owned(), input.clone());
            async move { rpc.state_call(&method, Some(&input), Some(hash)).await }
        });
        answer.await
    }
}

/// A node that answers `null` where it must not.
pub(crate) fn no_answer(request: &str) -> ReadError {
    CodecError::Decode { item: request.to_owned(), reason: "the node does not know the block".to_owned() }
        .into()
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain")
            .field("endpoint", &self.inner.rpc.first_endpoint())
            .field("genesis", &self.inner.genesis)
            .finish_non_exhaustive()
    }
}
