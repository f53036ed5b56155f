//! Whom to ask, and where.

use std::net::SocketAddr;

use subnetkit_chain::{AxonCertificate, Neuron};
use subnetkit_protocol::Hotkey;

use super::connector::Route;
use super::egress::check_egress;
use super::pin;

/// A miner's hotkey and the axon it published.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// Who is asked, and by whom an answer has to be signed.
    pub hotkey: Hotkey,
    /// Where its axon is.
    pub address: SocketAddr,
    /// The TLS key its server must hold. With one the axon is dialled as `https`, without as `http`. No authority vouches
    /// for the key and no name is checked: the chain's word is all.
    pub certificate: Option<AxonCertificate>,
}

impl Endpoint {
    /// An axon without TLS.
    #[must_use]
    pub const fn new(hotkey: Hotkey, address: SocketAddr) -> Self {
        Self { hotkey, address, certificate: None }
    }

    /// The same over TLS, if its server holds this key.
    #[must_use]
    pub fn with_certificate(mut self, certificate: AxonCertificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// As the chain has it; `None` if the neuron serves no axon.
    #[must_use]
    pub fn of(neuron: &Neuron) -> Option<Self> {
        let Neuron { hotkey, axon, certificate, .. } = neuron;
        Some(Self { hotkey: *hotkey, address: (*axon)?, certificate: certificate.clone() })
    }

    /// Where to connect, or why this is no place to connect to.
    pub(crate) fn route(&self, allow_private: bool) -> Result<Route, String> {
        check_egress(self.address, allow_private).map_err(|refused| refused.to_string())?;
        match &self.certificate {
            Some(unusable) if !pin::is_usable(unusable) => Err(format!(
                "its certificate on chain is of algorithm {} with {} bytes, which is no key a server can be held to: 1 is \
                 Ed25519 (32 bytes), 2 is ECDSA on P-256 (64), 3 the SHA-256 of any other key (32)",
                unusable.algorithm,
                unusable.public_key.len()
            )),
            certificate => Ok(Route { address: self.address, certificate: certificate.clone() }),
        }
    }
}
