//! What miners, validators and subnet owners do on chain.

use crate::{
    AxonCertificate, AxonRecord, Call, Chain, Included, Rao, Refusal, RefusalKind, SubmitError, Value,
    pinned::Pinned, surface,
};
use std::net::{IpAddr, SocketAddr};
use subnetkit_protocol::{AccountId, Hotkey, Keypair};

/// What a published record says about the software behind an axon.
const AXON_VERSION: u32 = 1;

/// The protocol number current clients publish.
const AXON_PROTOCOL: u8 = 4;

impl Call {
    /// Registers a hotkey in a subnet for its price in that block.
    pub fn register(netuid: u16, hotkey: &Hotkey) -> Self {
        surface::BURNED_REGISTER.call([netuid.into(), (*hotkey).into()])
    }

    /// The same, unless the price is above `most` by then.
    pub fn register_for_at_most(netuid: u16, hotkey: &Hotkey, most: Rao) -> Self {
        surface::REGISTER_LIMIT.call([netuid.into(), (*hotkey).into(), most.into()])
    }

    /// Creates a subnet with this hotkey as its first neuron.
    pub fn register_network(hotkey: &Hotkey) -> Self {
        surface::REGISTER_NETWORK.call([(*hotkey).into()])
    }

    /// Starts a subnet.
    pub fn start_call(netuid: u16) -> Self {
        surface::START_CALL.call([netuid.into()])
    }
}

impl Chain {
    /// Registers a hotkey in a subnet, paying the registration price ([`Chain::burn`]) as it is in that block.
    /// Gives the uid.
    ///
    /// # Errors
    /// See [`SubmitError`]; among others `SubNetRegistrationDisabled`, `HotKeyAlreadyRegisteredInSubNet`,
    /// `NotEnoughBalanceToStake`, `NonAssociatedColdKey`.
    pub async fn register(
        &self,
        coldkey: &Keypair,
        netuid: u16,
        hotkey: &Hotkey,
    ) -> Result<u16, SubmitError> {
        let included = self.submit(coldkey, Call::register(netuid, hotkey)).await?;
        self.registered_uid(&included, netuid, hotkey).await
    }

    /// The uid that a registration gave a hotkey.
    ///
    /// # Errors
    /// [`SubmitError::NoEffect`] if the transaction registered nobody.
    pub async fn registered_uid(
        &self,
        included: &Included,
        netuid: u16,
        hotkey: &Hotkey,
    ) -> Result<u16, SubmitError> {
        if let Some(uid) = surface::NEURON_REGISTERED.find(included).and_then(|uid| uid.number_as()) {
            return Ok(uid);
        }
        let uid = self.at_block(included.block.hash).await?.uid(netuid, hotkey).await?;
        uid.ok_or_else(|| no_effect(surface::BURNED_REGISTER.name(), included, "the hotkey's uid"))
    }

    /// Creates a subnet owned by the coldkey, with this hotkey as its first neuron. Gives the netuid.
    ///
    /// # Errors
    /// See [`SubmitError`]; [`SubmitError::NoEffect`] if the chain is full and has only queued it.
    pub async fn register_network(&self, coldkey: &Keypair, hotkey: &Hotkey) -> Result<u16, SubmitError> {
        self.submit(coldkey, Call::register_network(hotkey)).await?.created_netuid()
    }

    /// Starts a subnet: from here on it has emission and its token can be traded.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn start_call(&self, owner: &Keypair, netuid: u16) -> Result<Included, SubmitError> {
        self.submit(owner, Call::start_call(netuid)).await
    }

    /// Stakes TAO on a hotkey in a subnet at any price; the subnet must have been started.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn add_stake(
        &self,
        coldkey: &Keypair,
        hotkey: &Hotkey,
        netuid: u16,
        tao: Rao,
    ) -> Result<Included, SubmitError> {
        self.submit(coldkey, Call::add_stake(hotkey, netuid, tao, None)).await
    }

    /// Takes alpha stake off a hotkey in a subnet at any price.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn remove_stake(
        &self,
        coldkey: &Keypair,
        hotkey: &Hotkey,
        netuid: u16,
        alpha: Rao,
    ) -> Result<Included, SubmitError> {
        self.submit(coldkey, Call::remove_stake(hotkey, netuid, alpha, None)).await
    }

    /// Transfers TAO; the sender keeps at least the existential deposit.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn transfer(&self, from: &Keypair, to: &AccountId, tao: Rao) -> Result<Included, SubmitError> {
        self.submit(from, surface::TRANSFER.call([(*to).into(), tao.into()])).await
    }

    /// Publishes where a hotkey serves, in the clear. Does nothing, and gives `None`, if the chain has that already: the
    /// call is rate limited. A key that was published with [`Self::serve_axon_tls`] is taken back.
    ///
    /// # Errors
    /// See [`SubmitError`]; a `ServingRateLimitExceeded` says how many blocks are left.
    pub async fn serve_axon(
        &self,
        hotkey: &Keypair,
        netuid: u16,
        address: SocketAddr,
    ) -> Result<Option<Included>, SubmitError> {
        self.publish_axon(hotkey, netuid, address, None).await
    }

    /// Publishes where a hotkey serves, and the key of the certificate it serves TLS with. Does nothing, and gives
    /// `None`, if the chain has both already: the call is rate limited.
    ///
    /// # Errors
    /// See [`SubmitError`]; a `ServingRateLimitExceeded` says how many blocks are left. A key that has not 1 to 64
    /// bytes is refused before anything is sent.
    pub async fn serve_axon_tls(
        &self,
        hotkey: &Keypair,
        netuid: u16,
        address: SocketAddr,
        certificate: &AxonCertificate,
    ) -> Result<Option<Included>, SubmitError> {
        self.publish_axon(hotkey, netuid, address, Some(certificate)).await
    }

    async fn publish_axon(
        &self,
        hotkey: &Keypair,
        netuid: u16,
        address: SocketAddr,
        certificate: Option<&AxonCertificate>,
    ) -> Result<Option<Included>, SubmitError> {
        let at = self.at_best().await?;
        match at.axon_call(netuid, &hotkey.account(), Some(address), certificate).await? {
            Some(call) => self.publish(hotkey, netuid, call).await.map(Some),
            None => Ok(None),
        }
    }

    /// Sends what [`Pinned::axon_call`] gives.
    ///
    /// # Errors
    /// See [`SubmitError`]; a `ServingRateLimitExceeded` says how many blocks are left.
    pub async fn publish(&self, hotkey: &Keypair, netuid: u16, call: Call) -> Result<Included, SubmitError> {
        match self.submit(hotkey, call).await {
            Ok(included) => Ok(included),
            Err(error) => {
                let account = hotkey.account();
                Err(self.explain(error, |at| async move { at.serving_wait(netuid, &account).await }).await)
            }
        }
    }

    /// Adds to a rate limit how long it still lasts, if that can be read; else the refusal stays as it is.
    async fn explain<F, Fut>(&self, error: SubmitError, wait: F) -> SubmitError
    where
        F: FnOnce(Pinned) -> Fut + Send,
        Fut: Future<Output = Option<(u64, String)>> + Send,
    {
        let SubmitError::Refused(refusal) = error else { return error };
        if refusal.kind() != RefusalKind::RateLimited {
            return SubmitError::Refused(refusal);
        }
        let Ok(at) = self.at_best().await else { return SubmitError::Refused(refusal) };
        let explained: Refusal = match wait(at).await {
            Some((blocks, detail)) => refusal.with_wait(blocks, detail),
            None => *refusal,
        };
        SubmitError::Refused(Box::new(explained))
    }
}

impl Included {
    /// The netuid of the subnet that the transaction created.
    ///
    /// # Errors
    /// [`SubmitError::NoEffect`] if it created none, as when the chain is full and has only queued it.
    pub fn created_netuid(&self) -> Result<u16, SubmitError> {
        let netuid = surface::NETWORK_ADDED.find(self).and_then(|netuid| netuid.number_as());
        netuid.ok_or_else(|| {
            let missing = format!("the event {}", surface::NETWORK_ADDED.name());
            no_effect(surface::REGISTER_NETWORK.name(), self, &missing)
        })
    }
}

impl Pinned {
    /// The call that publishes where a hotkey serves, and the key of the certificate it serves TLS with; without an
    /// address, that it serves nowhere. `None` if the chain has it so already: the call is rate limited.
    ///
    /// # Errors
    /// If the chain can't be read. A key that has not 1 to 64 bytes is refused.
    pub async fn axon_call(
        &self,
        netuid: u16,
        hotkey: &Hotkey,
        address: Option<SocketAddr>,
        certificate: Option<&AxonCertificate>,
    ) -> Result<Option<Call>, SubmitError> {
        let address = address.map(|address| SocketAddr::new(address.ip().to_canonical(), address.port()));
        let argument = certificate.map(AxonCertificate::to_argument).transpose()?;
        let (record, published) =
            futures::try_join!(self.axon(netuid, hotkey), self.axon_certificate(netuid, hotkey))?;
        let is_same = |record: AxonRecord| {
            record.address == address
                && (address.is_none() || record.version == AXON_VERSION && record.protocol == AXON_PROTOCOL)
        };
        if published.as_ref() == certificate && record.map_or(address.is_none(), is_same) {
            return Ok(None);
        }
        // The chain takes no port 0; an address of zeros says that there is none.
        let version = if address.is_some() { AXON_VERSION } else { 0 };
        let address = address.unwrap_or(SocketAddr::from(([0, 0, 0, 0], 1)));
        let (ip, ip_type) = match address.ip() {
            IpAddr::V4(ip) => (u128::from(u32::from(ip)), 4u8),
            IpAddr::V6(ip) => (u128::from(ip), 6),
        };
        let args: [Value; 8] = [
            netuid.into(),
            version.into(),
            ip.into(),
            address.port().into(),
            ip_type.into(),
            AXON_PROTOCOL.into(),
            0u8.into(),
            0u8.into(),
        ];
        // The plain call leaves a published key as it is, and callers would go on asking for TLS.
        let argument = argument.or_else(|| published.is_some().then(AxonCertificate::withdrawn));
        Ok(Some(match argument {
            Some(argument) => {
                let [netuid, version, ip, port, ip_type, protocol, first, second] = args;
                let certificate = argument.into();
                surface::SERVE_AXON_TLS.call([
                    netuid,
                    version,
                    ip,
                    port,
                    ip_type,
                    protocol,
                    first,
                    second,
                    certificate,
                ])
            }
            None => surface::SERVE_AXON.call(args),
        }))
    }

    async fn serving_wait(&self, netuid: u16, hotkey: &Hotkey) -> Option<(u64, String)> {
        let limit = self.read(surface::SERVING_RATE_LIMIT.at([netuid.into()]));
        let limit: u64 = limit.await.ok()??.number_as()?;
        let last = self.axon(netuid, hotkey).await.ok()??.block;
        Some(self.wait(limit, last))
    }

    fn wait(&self, limit: u64, last: u64) -> (u64, String) {
        let now = self.head().number;
        let left = last.saturating_add(limit).saturating_sub(now);
        let detail = format!(
            "the limit is {limit} blocks, the last time was block {last}, it is block {now}: {left} blocks left"
        );
        (left, detail)
    }
}

fn no_effect(call: String, included: &Included, missing: &str) -> SubmitError {
    SubmitError::NoEffect { call, block: included.block.number, missing: missing.to_owned() }
}
