//! Callers that do not read what they asked for.
//!
//! An answer that nobody reads stays in memory, and its connection stays open, for as long as its caller likes: the HTTP
//! server bounds the time of what comes in and not that of what goes out.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// Bytes that have to leave a full connection within its limit, unless it is fewer that are left.
const LEAST: usize = 16 << 10;

/// A connection that breaks when its other end does not read.
pub(crate) struct Sending<T> {
    stream: T,
    limit: Duration,
    /// Runs while the connection is full.
    patience: Option<Pin<Box<Sleep>>>,
    /// Bytes that left since it was.
    sent: usize,
}

impl<T> Sending<T> {
    pub(crate) const fn new(stream: T, limit: Duration) -> Self {
        Self { stream, limit, patience: None, sent: 0 }
    }

    fn wrote(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = written {
            self.sent = self.sent.saturating_add(bytes);
            if self.sent >= LEAST {
                self.patience = None;
            }
        }
        self.wait(written, context)
    }

    /// Gives up if what is pending has been for too long.
    fn wait<R>(&mut self, done: Poll<io::Result<R>>, context: &mut Context<'_>) -> Poll<io::Result<R>> {
        if done.is_ready() {
            return done;
        }
        let patience = match &mut self.patience {
            Some(patience) => patience,
            none => {
                self.sent = 0;
                none.insert(Box::pin(sleep(self.limit)))
            }
        };
        patience.as_mut().poll(context).map(|()| {
            Err(io::Error::new(io::ErrorKind::TimedOut, "the caller did not read what it was sent"))
        })
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Sending<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Sending<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.wrote(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_ready() {
            self.patience = None;
        }
        self.wait(flushed, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.wait(shut, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        time::Instant,
    };

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_is_given_up() {
        let (here, _there) = duplex(1024);
        let mut sending = Sending::new(here, LIMIT);
        let began = Instant::now();
        let error = sending.write_all(&[0; 4096]).await.unwrap_err();
        assert_eq!((error.kind(), began.elapsed()), (io::ErrorKind::TimedOut, LIMIT));
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_too_little_is_given_up_and_who_reads_enough_is_not() {
        for (each, is_enough) in [(LEAST / 8, false), (LEAST, true)] {
            let (here, mut there) = duplex(1024);
            let mut sending = Sending::new(here, LIMIT);
            tokio::spawn(async move {
                let mut buffer = vec![0; each];
                while there.read_exact(&mut buffer).await.is_ok() {
                    sleep(LIMIT / 2).await;
                }
            });
            let sent = sending.write_all(&vec![0; 8 * LEAST]).await;
            assert_eq!(sent.is_ok(), is_enough, "{each} bytes every {:?}", LIMIT / 2);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_sent_in_full_does_not_count_against_the_next() {
        let (here, mut there) = duplex(1024);
        let mut sending = Sending::new(here, LIMIT);
        let mut buffer = [0; 2048];
        for _ in 0..3 {
            let reading = async {
                sleep(LIMIT / 2).await;
                there.read_exact(&mut buffer).await
            };
            let writing = async {
                sending.write_all(&[0; 2048]).await?;
                sending.flush().await
            };
            let (read, written) = tokio::join!(reading, writing);
            assert!(read.is_ok() && written.is_ok());
            sleep(LIMIT).await;
        }
    }
}
