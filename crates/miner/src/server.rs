//! Connections: accepted up to a bound, served with bounded heads, drained at shutdown.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use axum::{Extension, Router, middleware::AddExtension};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tower::{Layer, Service};

use crate::{
    MinerConfig,
    addresses::{Purse, Unproven},
    connections::{Answering, Connections, Entry, Place},
    metrics::Metrics,
    peer::{Origin, Peer},
    sending::Sending,
    tls::Tls,
};

/// Wait after the system refused a connection for want of file descriptors or memory.
const ACCEPT_BACKOFF: Duration = Duration::from_secs(1);

/// Serves until `shutdown`, then stops accepting and gives the requests in flight `drain_timeout` to finish.
///
/// With `tls` a connection first has `header_timeout` to agree on it, in its own task and with its place among the
/// connections taken: a handshake that fails or dawdles costs nobody else anything. Its arithmetic is this side's at a
/// stranger's word, so an address that has not proved itself lately gets no more of them than of requests.
///
/// Only HTTP/1.1 is spoken: it is what the callers of the network speak, and one request per connection at a time
/// keeps the bound on connections a bound on requests.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    config: &MinerConfig,
    tls: Option<&Arc<Tls>>,
    metrics: &Metrics,
    shutdown: &CancellationToken,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout)
        .max_buf_size(config.header_limit);
    let places = Connections::new(config.max_connections, config.max_connections_per_address);
    let handshakes = Unproven::new(
        config.rate_unproven_per_address,
        config.burst_unproven_per_address,
        config.max_tracked_addresses,
        Instant::now(),
    );
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut newcomer: Option<(TcpStream, Origin)> = None;

    loop {
        let entry = newcomer.as_ref().map(|(_, origin)| places.enter(*origin));
        let seat = match entry {
            Some(Entry::Place(seat)) => seat,
            Some(Entry::TooMany) => {
                metrics.turned_away.inc();
                newcomer = None;
                continue;
            }
            waiting => {
                tokio::select! {
                    () = shutdown.cancelled() => break,
                    Some(ended) = connections.join_next() => {
                        if let Err(error) = ended {
                            tracing::error!(cause = %error, "the task of a connection failed");
                        }
                    }
                    accepted = accept(&listener), if waiting.is_none() => newcomer = accepted,
                    () = places.changed(), if waiting.is_some() => {}
                }
                continue;
            }
        };
        let Some((stream, origin)) = newcomer.take() else { continue };
        if tls.is_some()
            && !seat.place.has_proved()
            && handshakes.take(origin, Purse::Common, Instant::now()).is_err()
        {
            metrics.turned_away.inc();
            continue;
        }
        let place = Arc::clone(&seat.place);
        let service = Extension(Peer { origin, place: Arc::clone(&place) }).layer(router.clone());
        let (http, watcher) = (http.clone(), graceful.watcher());
        let (open, failed_handshakes) = (metrics.connections.clone(), metrics.failed_handshakes.clone());
        let turned_away = metrics.turned_away.clone();
        let (tls, limit, stopped) = (tls.cloned(), config.header_timeout, shutdown.clone());
        let send_timeout = config.send_timeout;
        let at = Arc::clone(&place);
        let conversation = async move {
            let Some(tls) = tls else {
                return converse(&http, watcher, Sending::new(stream, send_timeout), service, at).await;
            };
            let agreed = tokio::select! {
                // Nothing was asked yet, so nothing is lost.
                () = stopped.cancelled() => return,
                agreed = tls.agree(stream, limit) => agreed,
            };
            match agreed {
                Ok(stream) => converse(&http, watcher, Sending::new(stream, send_timeout), service, at).await,
                Err(error) => {
                    failed_handshakes.inc();
                    tracing::debug!(cause = %error, "a TLS handshake failed");
                }
            }
        };
        connections.spawn(async move {
            let _seat = seat;
            open.inc();
            let _closed = OnDrop(|| {
                open.dec();
            });
            tokio::select! {
                () = conversation => {}
                () = place.given_away() => {
                    turned_away.inc();
                }
            }
        });
    }

    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = sleep(config.drain_timeout) => {
            let left = connections.len();
            tracing::warn!(left, timeout = ?config.drain_timeout, "connections were cut off at the drain timeout");
        }
    }
    // Ends what is left and waits for it, so that nothing of the axon outlives this function.
    connections.shutdown().await;
}

async fn converse<T: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    http: &http1::Builder,
    watcher: Watcher,
    stream: T,
    service: AddExtension<Router, Peer>,
    place: Arc<Place>,
) {
    let service = service_fn(move |request| {
        let (mut service, busy) = (service.clone(), place.begin());
        async move {
            let response = service.call(request).await?;
            Ok::<_, Infallible>(response.map(|body| Answering { body, _busy: busy }))
        }
    });
    if let Err(error) = watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await {
        tracing::debug!(cause = %error, "a connection ended early");
    }
}

async fn accept(listener: &TcpListener) -> Option<(TcpStream, Origin)> {
    match listener.accept().await {
        Ok((stream, peer)) => {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(cause = %error, "a connection can't send without delay");
            }
            Some((stream, Origin::from(peer.ip())))
        }
        Err(error) => {
            if !is_of_one_connection(&error) {
                tracing::error!(cause = %error, "connections can't be accepted; trying again in {ACCEPT_BACKOFF:?}");
                sleep(ACCEPT_BACKOFF).await;
            }
            None
        }
    }
}

/// The caller went away between the handshake and the accept: nothing is wrong with the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
