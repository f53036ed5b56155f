//! A TCP proxy between a validator and its chain, and what can go wrong on the way.

use std::{io, net::SocketAddr, time::Duration};

use anyhow::Context;
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::sleep,
};

/// Connections at a time; a validator needs a few.
const MOST_CONNECTIONS: usize = 64;
/// How often the port is asked for again after it was given up, and the pause between two attempts.
const REBINDS: (u32, Duration) = (200, Duration::from_millis(10));

/// What the way to the chain does with what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Passage {
    /// Carries everything.
    Open,
    /// Nobody listens, and every connection there was is broken.
    Refused,
    /// Connections are taken and nothing ever comes back on them, nor on those there were, also when this has passed.
    Silent,
    /// Every piece comes this much later.
    Late(Duration),
    /// What the validator says is lost, from here on for as long as the connection lasts.
    RequestsLost,
    /// What the chain says is lost likewise: requests are heard and their answers are not.
    AnswersLost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    ToChain,
    ToValidator,
}

impl Passage {
    const fn loses(self, direction: Direction) -> bool {
        match self {
            Self::Silent => true,
            Self::RequestsLost => matches!(direction, Direction::ToChain),
            Self::AnswersLost => matches!(direction, Direction::ToValidator),
            Self::Open | Self::Refused | Self::Late(_) => false,
        }
    }
}

/// The proxy. Dropping it ends it and every connection.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    passage: watch::Sender<Passage>,
    cuts: watch::Sender<()>,
    relaying: JoinHandle<io::Result<()>>,
}

impl Proxy {
    pub(crate) async fn start(chain: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for the proxy")?;
        let address = listener.local_addr()?;
        let (passage, cuts) = (watch::Sender::new(Passage::Open), watch::Sender::new(()));
        let relaying = tokio::spawn(relay(listener, chain, passage.subscribe(), cuts.subscribe()));
        Ok(Self { address, passage, cuts, relaying })
    }

    /// Where the validator finds its chain.
    pub(crate) fn ws_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub(crate) fn set(&self, passage: Passage) {
        self.passage.send_replace(passage);
        if passage == Passage::Refused {
            self.cut();
        }
    }

    /// Breaks every open connection. New ones are taken at once.
    pub(crate) fn cut(&self) {
        self.cuts.send_replace(());
    }

    /// Whether it still works; the harness is at fault if not.
    pub(crate) fn is_running(&self) -> bool {
        !self.relaying.is_finished()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.relaying.abort();
    }
}

async fn relay(
    listener: TcpListener,
    chain: SocketAddr,
    mut passage: watch::Receiver<Passage>,
    cuts: watch::Receiver<()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        let Some(open) = &listener else {
            if passage.wait_for(|passage| *passage != Passage::Refused).await.is_err() {
                return Ok(());
            }
            listener = Some(rebind(address).await?);
            continue;
        };
        tokio::select! {
            refused = async { passage.wait_for(|passage| *passage == Passage::Refused).await.is_ok() } => {
                if !refused {
                    return Ok(());
                }
                listener = None;
            }
            Some(_) = connections.join_next() => {}
            accepted = open.accept(), if connections.len() < MOST_CONNECTIONS => {
                let (validator, _) = accepted?;
                connections.spawn(carry(validator, chain, passage.clone(), cuts.clone()));
            }
        }
    }
}

async fn rebind(address: SocketAddr) -> io::Result<TcpListener> {
    let (attempts, pause) = REBINDS;
    for _ in 1..attempts {
        if let Ok(listener) = TcpListener::bind(address).await {
            return Ok(listener);
        }
        sleep(pause).await;
    }
    TcpListener::bind(address).await
}

/// One connection to its end: that of either side, or a cut.
async fn carry(
    validator: TcpStream,
    chain: SocketAddr,
    passage: watch::Receiver<Passage>,
    mut cuts: watch::Receiver<()>,
) {
    cuts.mark_unchanged();
    let carrying = async {
        let (from_validator, to_validator) = validator.into_split();
        if passage.borrow().loses(Direction::ToChain) && passage.borrow().loses(Direction::ToValidator) {
            // Taken, and never heard of again; the half that writes is held so that the validator sees no end.
            let _held = to_validator;
            return swallow(from_validator).await;
        }
        let (from_chain, to_chain) = TcpStream::connect(chain).await?.into_split();
        let there = pump(from_validator, to_chain, Direction::ToChain, passage.clone());
        let back = pump(from_chain, to_validator, Direction::ToValidator, passage);
        // The end of one direction is the end of both: WebSocket connections are not used half.
        tokio::select! {
            ended = there => ended,
            ended = back => ended,
        }
    };
    tokio::select! {
        // A connection that broke is what this is for.
        _ = carrying => {}
        _ = cuts.changed() => {}
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    direction: Direction,
    passage: watch::Receiver<Passage>,
) -> io::Result<()> {
    let mut piece = vec![0; 64 << 10];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        let now = *passage.borrow();
        if now.loses(direction) {
            // With a piece missing, the rest makes no sense to anybody.
            let _held = to;
            return swallow(from).await;
        }
        if let Passage::Late(delay) = now {
            sleep(delay).await;
        }
        to.write_all(&piece[..length]).await?;
    }
}

async fn swallow(mut from: OwnedReadHalf) -> io::Result<()> {
    let mut lost = vec![0; 4 << 10];
    while from.read(&mut lost).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    /// Answers every byte with the same.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.into_split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        address
    }

    async fn asks(stream: &mut TcpStream) -> bool {
        let mut answer = [0; 1];
        let asked = async {
            stream.write_all(b"?").await?;
            stream.read_exact(&mut answer).await
        };
        matches!(timeout(Duration::from_millis(300), asked).await, Ok(Ok(_)))
    }

    #[tokio::test]
    async fn a_silent_way_is_silent_for_good_on_what_was_open_and_cut_connections_end() {
        let proxy = Proxy::start(echo().await).await.unwrap();
        let dial = || TcpStream::connect(proxy.address);
        let mut before = dial().await.unwrap();
        assert!(asks(&mut before).await);
        proxy.set(Passage::Silent);
        let mut during = dial().await.unwrap();
        assert!(!asks(&mut before).await);
        assert!(!asks(&mut during).await);
        proxy.set(Passage::Open);
        assert!(!asks(&mut before).await && !asks(&mut during).await);
        let mut after = dial().await.unwrap();
        assert!(asks(&mut after).await);
        proxy.cut();
        let ended = timeout(Duration::from_secs(5), after.read(&mut [0; 1])).await.unwrap();
        assert!(matches!(ended, Ok(0) | Err(_)));
    }

    #[tokio::test]
    async fn a_refused_way_has_nobody_listening_until_it_opens_again() {
        let proxy = Proxy::start(echo().await).await.unwrap();
        let mut open = TcpStream::connect(proxy.address).await.unwrap();
        assert!(asks(&mut open).await);
        proxy.set(Passage::Refused);
        let ended = timeout(Duration::from_secs(5), open.read(&mut [0; 1])).await.unwrap();
        assert!(matches!(ended, Ok(0) | Err(_)));
        assert!(TcpStream::connect(proxy.address).await.is_err());
        proxy.set(Passage::Open);
        let opened = async {
            loop {
                if let Ok(mut stream) = TcpStream::connect(proxy.address).await {
                    return asks(&mut stream).await;
                }
                tokio::task::yield_now().await;
            }
        };
        assert!(timeout(Duration::from_secs(5), opened).await.unwrap());
        assert!(proxy.is_running());
    }
}
