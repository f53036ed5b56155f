//! Connections to axons: TCP, and TLS where the miner published a key.
//!
//! The pin travels in the authority of the URI, before the `@`: the pool keys its connections by the authority, so
//! a connection proven under one key is never used where another, or none, is expected.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use subnetkit_chain::AxonCertificate;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{CertificateError, Error as TlsError};

use super::pin;

/// Why there is no connection. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("the authority {0:?} of a request names no address")]
    Authority(String),
    #[error("no connection within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("cannot connect: {0}")]
    Tcp(#[source] io::Error),
    #[error("the TLS handshake failed: {0}")]
    Tls(#[source] io::Error),
    #[error("TLS cannot be set up: {0}")]
    Setup(#[source] TlsError),
    #[error("the server does not hold the TLS key that the miner published on chain")]
    WrongKey,
}

/// Where to connect, and what the server must prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) address: SocketAddr,
    pub(crate) certificate: Option<AxonCertificate>,
}

impl Route {
    /// Scheme and authority of the URI.
    pub(crate) fn origin(&self) -> (&'static str, String) {
        match &self.certificate {
            Some(key) => ("https", format!("{}@{}", pin::Text(key), self.address)),
            None => ("http", self.address.to_string()),
        }
    }

    fn of(uri: &Uri) -> Result<Self, ConnectError> {
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let unusable = || ConnectError::Authority(authority.to_owned());
        let (certificate, address) = match authority.split_once('@') {
            Some((key, address)) => (Some(pin::parse(key).ok_or_else(unusable)?), address),
            None => (None, authority),
        };
        Ok(Self { address: address.parse().map_err(|_| unusable())?, certificate })
    }
}

/// Opens connections for the pool.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    timeout: Duration,
    provider: Arc<CryptoProvider>,
}

impl Connector {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, provider: Arc::new(ring::default_provider()) }
    }

    async fn connect(self, route: Route) -> Result<Stream, ConnectError> {
        let tcp = TcpStream::connect(route.address).await.map_err(ConnectError::Tcp)?;
        tcp.set_nodelay(true).map_err(ConnectError::Tcp)?;
        let Some(key) = route.certificate else { return Ok(Stream::Plain(tcp)) };
        let config = pin::client(key, self.provider).map_err(ConnectError::Setup)?;
        let name = ServerName::IpAddress(route.address.ip().into());
        let tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
        tls.map(|tls| Stream::Tls(Box::new(tls))).map_err(|error| {
            use CertificateError::{ApplicationVerificationFailure, BadSignature};
            match error.get_ref().and_then(|cause| cause.downcast_ref()) {
                // Another key, or the right one shown by somebody who cannot sign with it.
                Some(TlsError::InvalidCertificate(ApplicationVerificationFailure | BadSignature)) => {
                    ConnectError::WrongKey
                }
                _ => ConnectError::Tls(error),
            }
        })
    }
}

/// Connects as a request would, and hangs up. For addresses of one's own: where it leads is not judged.
pub(crate) async fn dial(
    address: SocketAddr,
    certificate: Option<AxonCertificate>,
    timeout: Duration,
) -> Result<(), ConnectError> {
    let connecting = Connector::new(timeout).connect(Route { address, certificate });
    let connected = tokio::time::timeout(timeout, connecting).await;
    connected.unwrap_or(Err(ConnectError::TimedOut(timeout))).map(|_| ())
}

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = ConnectError;
    type Future = BoxFuture<'static, Result<Self::Response, ConnectError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connector, timeout) = (self.clone(), self.timeout);
        Box::pin(async move {
            let connecting = connector.connect(Route::of(&uri)?);
            let connected = tokio::time::timeout(timeout, connecting).await;
            connected.unwrap_or(Err(ConnectError::TimedOut(timeout))).map(TokioIo::new)
        })
    }
}

/// A connection as the HTTP client uses it.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, parts),
            Self::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(tcp) => tcp.is_write_vectored(),
            Self::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_read_back_from_its_uri() {
        let key = AxonCertificate { algorithm: 2, public_key: (0..64).collect() };
        for address in ["192.0.2.1:8091", "[2001:db8::1]:80"] {
            for certificate in [None, Some(key.clone())] {
                let route = Route { address: address.parse().unwrap(), certificate };
                let (scheme, authority) = route.origin();
                let uri =
                    Uri::builder().scheme(scheme).authority(authority).path_and_query("/").build().unwrap();
                assert_eq!(Route::of(&uri).unwrap(), route);
            }
        }
        for uri in ["http://example.com:80/", "http://192.0.2.1/", "https://01-0@192.0.2.1:80/"] {
            let error = Route::of(&uri.parse().unwrap()).unwrap_err();
            assert!(matches!(error, ConnectError::Authority(_)), "{uri}: {error}");
        }
    }
}
