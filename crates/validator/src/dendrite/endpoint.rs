//! Whom to ask, and where.

use std::net::SocketAddr;

use subnetkit_protocol::Hotkey;

use super::connector::Route;
use super::egress::check_egress;
use super::pin::Pin;

/// A miner's hotkey and the axon it published.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// Who is asked, and by whom an answer has to be signed.
    pub hotkey: Hotkey,
    /// Where its axon is.
    pub address: SocketAddr,
    /// The TLS key its server must hold. With one the axon is dialled as `https`, without as `http`.
    pub pin: Option<Pin>,
}

impl Endpoint {
    /// An axon without TLS.
    #[must_use]
    pub const fn new(hotkey: Hotkey, address: SocketAddr) -> Self {
        Self { hotkey, address, pin: None }
    }

    /// The same over TLS, if its server holds this key.
    #[must_use]
    pub const fn with_pin(mut self, pin: Pin) -> Self {
        self.pin = Some(pin);
        self
    }

    /// Where to connect, or why this is no place to connect to.
    pub(crate) fn route(&self, allow_private: bool) -> Result<Route, String> {
        check_egress(self.address, allow_private).map_err(|refused| refused.to_string())?;
        Ok(Route { address: self.address, pin: self.pin })
    }
}
