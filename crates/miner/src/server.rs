//! Connections: accepted up to a bound, served with bounded heads, drained at shutdown.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tower::Layer;

use crate::{MinerConfig, metrics::Metrics, peer::Peer};

/// Wait after the system refused a connection for want of file descriptors or memory.
const ACCEPT_BACKOFF: Duration = Duration::from_secs(1);

/// Serves until `shutdown`, then stops accepting and gives the requests in flight `drain_timeout` to finish.
///
/// Only HTTP/1.1 is spoken: it is what the callers of the network speak, and one request per connection at a time
/// keeps the bound on connections a bound on requests.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    config: &MinerConfig,
    metrics: &Metrics,
    shutdown: &CancellationToken,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout)
        .max_buf_size(config.header_limit);
    let room = Arc::new(Semaphore::new(config.max_connections));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();

    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(cause = %error, "the task of a connection failed");
                }
                continue;
            }
            accepted = accept(&listener, &room) => accepted,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let service = Extension(Peer(peer)).layer(router.clone());
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        let open = metrics.connections.clone();
        connections.spawn(async move {
            let _place = place;
            open.inc();
            let _closed = OnDrop(|| {
                open.dec();
            });
            if let Err(error) = connection.await {
                tracing::debug!(cause = %error, "a connection ended early");
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

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(cause = %error, "a connection can't send without delay");
            }
            Some((stream, peer, place))
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
