//! Opening a WebSocket to a node.

use crate::{Settings, refused::Refused, retry_after::retry_after};
use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, SystemTime},
};
use subxt::ext::jsonrpsee::{
    client_transport::ws::{Url, WsHandshakeError},
    core::client::Error as ClientError,
    ws_client::{PingConfig, WsClient, WsClientBuilder},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, lookup_host},
};

/// How long jsonrpsee itself waits beyond the limits that are reported.
const GRACE: Duration = Duration::from_secs(1);

/// Bytes of a server's first answer that are looked at; what is beyond is none of its head.
const MAX_HEAD_BYTES: usize = 8 * 1024;

/// Opens a WebSocket. Dropping the future gives up.
///
/// In the clear, the answer to a refused handshake is read for its `Retry-After`. Behind TLS only its status is to be
/// had: the library keeps the stream to itself.
pub(crate) async fn open(url: &str, settings: &Settings) -> Result<WsClient, HandshakeError> {
    let builder = || {
        let ping = PingConfig::new()
            .ping_interval(settings.ping_interval)
            .inactive_limit(settings.ping_interval * 2)
            // The library counts failures over the whole life of a connection.
            .max_failures(1);
        WsClientBuilder::default()
            .connection_timeout(settings.connect_timeout)
            .request_timeout(settings.request_timeout + GRACE)
            .max_concurrent_requests(settings.max_concurrent_requests)
            .max_buffer_capacity_per_subscription(settings.max_buffered_notifications)
            .max_response_size(settings.max_response_bytes)
            .enable_ws_ping(ping)
    };
    let parsed = Url::parse(url).map_err(|error| HandshakeError::Broken(error.to_string()))?;
    let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let address = (host, parsed.port_or_known_default().unwrap_or_default());
    if parsed.scheme() != "ws" {
        // The library looks names up on the thread it is called on; a name server that is silent must be met here.
        lookup_host(address).await.map(drop).map_err(HandshakeError::io)?;
        return builder().build(url).await.map_err(|error| HandshakeError::of(&error, &[]));
    }
    let stream = TcpStream::connect(address).await.map_err(HandshakeError::io)?;
    stream.set_nodelay(true).map_err(HandshakeError::io)?;
    let head = Arc::new(Mutex::new(Vec::new()));
    let stream = Recorded { stream, head: Some(Arc::clone(&head)) };
    match builder().build_with_stream(url, stream).await {
        Ok(client) => Ok(client),
        // Only the library's own connections follow.
        Err(error) if is_redirection(&error) => {
            builder().build(url).await.map_err(|error| HandshakeError::of(&error, &[]))
        }
        Err(error) => {
            let head = head.lock().unwrap_or_else(PoisonError::into_inner);
            Err(HandshakeError::of(&error, &head))
        }
    }
}

/// Why there is no WebSocket.
#[derive(Debug)]
pub(crate) enum HandshakeError {
    Refused(Refused),
    Broken(String),
}

impl HandshakeError {
    #[allow(clippy::needless_pass_by_value, reason = "for map_err")]
    fn io(error: io::Error) -> Self {
        Self::Broken(error.to_string())
    }

    fn of(error: &ClientError, head: &[u8]) -> Self {
        match Refused::by_transport(error) {
            Some(refused) => {
                Self::Refused(Refused { pause: retry_after(head, SystemTime::now()), ..refused })
            }
            None => Self::Broken(error.to_string()),
        }
    }
}

fn is_redirection(error: &ClientError) -> bool {
    let ClientError::Transport(cause) = error else { return false };
    matches!(cause.downcast_ref(), Some(WsHandshakeError::Redirected { .. }))
}

/// A connection whose first bytes from the other side are kept.
struct Recorded {
    stream: TcpStream,
    head: Option<Arc<Mutex<Vec<u8>>>>,
}

impl AsyncRead for Recorded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Some(head) = self.head.take() {
            let fresh = buffer.filled().get(before..).unwrap_or_default();
            let mut kept = head.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MAX_HEAD_BYTES.saturating_sub(kept.len());
            kept.extend_from_slice(fresh.get(..room.min(fresh.len())).unwrap_or_default());
            let full = kept.len() >= MAX_HEAD_BYTES;
            drop(kept);
            // Once whoever dials has its answer, nobody reads the head any more.
            self.head = (!full && Arc::strong_count(&head) > 1).then_some(head);
        }
        read
    }
}

impl AsyncWrite for Recorded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
