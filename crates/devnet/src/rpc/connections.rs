//! Taking connections, each of which can be cut at any moment.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::faults::Faults;

/// How long to wait before the next try when the system has no connection to give, for example no free file handle.
const RETRY: Duration = Duration::from_millis(50);

/// The next connection.
pub(super) async fn accept(listener: &TcpListener, faults: &Arc<Faults>) -> Connection {
    loop {
        match listener.accept().await {
            // Closed before a word is said; the port stays this chain's.
            Ok((socket, _)) if faults.closed.is_on() => drop(socket),
            Ok((socket, _)) => {
                // Answers are small and awaited; a system that cannot send them at once sends them later.
                if let Err(error) = socket.set_nodelay(true) {
                    tracing::debug!(%error, "a connection keeps its delay");
                }
                return Connection::new(socket, faults.cuts());
            }
            Err(error) => {
                tracing::debug!(%error, "a connection could not be taken");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// A socket that breaks when told to.
pub(super) struct Connection {
    socket: TcpStream,
    cut: Pin<Box<dyn Future<Output = ()> + Send>>,
    is_cut: bool,
}

impl Connection {
    fn new(socket: TcpStream, mut cuts: watch::Receiver<()>) -> Self {
        // Without the sender there is no chain to be connected with either.
        let cut = Box::pin(async move { drop(cuts.changed().await) });
        Self { socket, cut, is_cut: false }
    }

    /// Also has the task woken when the cut comes.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        self.is_cut = self.is_cut || self.cut.as_mut().poll(context).is_ready();
        if self.is_cut { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // Only reading listens for the cut: it goes on as long as the connection, and one task can be woken.
        if self.is_cut {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
