//! Taking an address, and why that may fail.

use std::{io, net::SocketAddr};

use subnetkit_protocol::btauth::ConfigError;
use tokio::net::TcpListener;

use crate::{InvalidSetting, TlsError};

/// Why an axon could not be bound.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// A setting has an impossible value.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// The bounds against replay can't work.
    #[error(transparent)]
    Replay(#[from] ConfigError),
    /// `replay_redis_url` is none.
    #[cfg(feature = "redis")]
    #[error(
        "setting `replay_redis_url` is no URL of Redis: write redis://[user:password@]host[:port][/database]"
    )]
    RedisUrl,
    /// `replay_redis_url` is set, and this program can't use it.
    #[error("setting `replay_redis_url` needs a program built with the feature `redis` of subnetkit-miner")]
    NoRedis,
    /// The system gives no threads.
    #[error("the threads that verify signatures can't be started: {0}; set `verify_threads` to fewer")]
    Threads(#[source] io::Error),
    /// The files of the certificate and its key can't be served.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address is taken.
    #[error("port {} of {} is in use: stop the other process or set `{setting}` to a free port", .address.port(), .address.ip())]
    PortInUse {
        /// The setting that names the address.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
    },
    /// The address can't be listened on.
    #[error("can't listen on {address}: {source}; set `{setting}` to an address of this machine")]
    Listen {
        /// The setting that names the address.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing to serve.
    #[error("the axon has no synapse: give it at least one with `serve`")]
    NoSynapse,
    /// Two synapses, or a synapse and a route of the axon itself, share a path.
    #[error("the path /{0} is taken: give the synapse another NAME")]
    NameTaken(&'static str),
    /// The name can't stand in a path.
    #[error("the synapse name {0:?} can't be a path: use 1 to 64 ASCII letters, digits, `-` and `_`")]
    NameMalformed(&'static str),
}

/// Listens on the address that a setting names; with the port the system chose if it is left open.
pub(crate) async fn listen(
    setting: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), BindError> {
    let refused = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::PortInUse { setting, address },
        _ => BindError::Listen { setting, address, source },
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    Ok((listener, bound))
}
