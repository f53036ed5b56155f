//! Ctrl-C and SIGTERM: the first asks for an orderly end, the second does not wait for it.

use std::io;

use tokio::{
    signal,
    sync::mpsc::{self, Receiver},
};
use tokio_util::sync::CancellationToken;

/// Watches the signals of this process.
#[derive(Debug)]
pub struct Shutdown {
    asked: CancellationToken,
    insisted: CancellationToken,
}

impl Shutdown {
    /// From here on the signals no longer end the process by themselves.
    ///
    /// # Errors
    /// If the system gives no signals.
    pub fn watch() -> io::Result<Self> {
        let mut signals = signals()?;
        let (asked, insisted) = (CancellationToken::new(), CancellationToken::new());
        let (first, second) = (asked.clone(), insisted.clone());
        tokio::spawn(async move {
            if let Some(name) = signals.recv().await {
                tracing::info!(signal = name, "shutting down; once more to end at once");
                first.cancel();
            }
            if signals.recv().await.is_some() {
                second.cancel();
            }
        });
        Ok(Self { asked, insisted })
    }

    /// Cancelled by the first signal.
    #[must_use]
    pub fn asked(&self) -> CancellationToken {
        self.asked.clone()
    }

    /// Cancelled by the second signal.
    #[must_use]
    pub fn insisted(&self) -> CancellationToken {
        self.insisted.clone()
    }
}

#[cfg(unix)]
fn signals() -> io::Result<Receiver<&'static str>> {
    use signal::unix::{SignalKind, signal};
    let (out, signals) = mpsc::channel(2);
    for (kind, name) in [(SignalKind::interrupt(), "SIGINT"), (SignalKind::terminate(), "SIGTERM")] {
        let mut stream = signal(kind)?;
        let out = out.clone();
        tokio::spawn(async move { while stream.recv().await.is_some() && out.send(name).await.is_ok() {} });
    }
    Ok(signals)
}

#[cfg(not(unix))]
fn signals() -> io::Result<Receiver<&'static str>> {
    let (out, signals) = mpsc::channel(2);
    tokio::spawn(async move { while signal::ctrl_c().await.is_ok() && out.send("Ctrl-C").await.is_ok() {} });
    Ok(signals)
}
