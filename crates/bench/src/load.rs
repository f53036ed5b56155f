//! The load: connections that each send one request after the other and wait for its answer.
//!
//! Bytes are written and read without an HTTP library. A client built on one costs about as much as the servers under
//! measurement, and on its one core could not ask as much as they can answer.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io::IoSlice,
    net::{IpAddr, SocketAddr},
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use hdrhistogram::Histogram;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::LocalSet,
};

use crate::requests::Requests;

/// Latencies are counted in microseconds, up to a minute, to three digits.
pub(crate) fn histogram() -> anyhow::Result<Histogram<u64>> {
    Histogram::new_with_max(60_000_000, 3).context("no histogram")
}

/// What came of a series of requests.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) elapsed: Duration,
    pub(crate) latencies: Histogram<u64>,
    /// Answers by status.
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// The first answer that was not 200, to say what went wrong.
    pub(crate) refusal: Option<String>,
}

impl Outcome {
    pub(crate) fn answered(&self) -> u64 {
        self.statuses.get(&200).copied().unwrap_or(0)
    }

    /// An error unless every request was answered with 200.
    pub(crate) fn all_answered(&self) -> anyhow::Result<()> {
        match &self.refusal {
            Some(refusal) => bail!("not every request was served: {:?}, first {refusal}", self.statuses),
            None => Ok(()),
        }
    }
}

struct Shared {
    next: Cell<usize>,
    latencies: RefCell<Histogram<u64>>,
    statuses: RefCell<BTreeMap<u16, u64>>,
    refusal: RefCell<Option<String>>,
}

/// Connections to one server, kept between series.
#[derive(Debug)]
pub(crate) struct Connections(Vec<Connection>);

impl Connections {
    /// Opens `number` connections, from `local` if that is given.
    pub(crate) async fn open(
        address: SocketAddr,
        number: usize,
        local: Option<IpAddr>,
    ) -> anyhow::Result<Self> {
        let mut connections = Vec::with_capacity(number);
        for _ in 0..number {
            connections.push(Connection::open(address, local).await?);
        }
        Ok(Self(connections))
    }

    /// Sends requests `from..to`, each once, from whichever connection is free.
    pub(crate) async fn send(
        self,
        requests: &Rc<Requests>,
        from: usize,
        to: usize,
    ) -> anyhow::Result<(Self, Outcome)> {
        let shared = Rc::new(Shared {
            next: Cell::new(from),
            latencies: RefCell::new(histogram()?),
            statuses: RefCell::default(),
            refusal: RefCell::default(),
        });
        let tasks = LocalSet::new();
        let started = Instant::now();
        let spawned: Vec<_> = self
            .0
            .into_iter()
            .map(|connection| {
                tasks.spawn_local(work(connection, Rc::clone(requests), Rc::clone(&shared), to))
            })
            .collect();
        tasks.await;
        let elapsed = started.elapsed();
        let mut connections = Vec::with_capacity(spawned.len());
        for task in spawned {
            connections.push(task.await??);
        }
        let shared = Rc::into_inner(shared).context("a connection is still at work")?;
        let outcome = Outcome {
            elapsed,
            latencies: shared.latencies.into_inner(),
            statuses: shared.statuses.into_inner(),
            refusal: shared.refusal.into_inner(),
        };
        Ok((Self(connections), outcome))
    }
}

async fn work(
    mut connection: Connection,
    requests: Rc<Requests>,
    shared: Rc<Shared>,
    to: usize,
) -> anyhow::Result<Connection> {
    loop {
        let index = shared.next.get();
        if index >= to {
            return Ok(connection);
        }
        shared.next.set(index + 1);
        let (status, latency) = connection.ask(&requests, index).await?;
        shared.latencies.borrow_mut().saturating_record(micros(latency));
        *shared.statuses.borrow_mut().entry(status).or_default() += 1;
        if status != 200 && shared.refusal.borrow().is_none() {
            *shared.refusal.borrow_mut() = Some(connection.last_answer());
        }
    }
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// One connection and its buffers.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    head: Vec<u8>,
    answer: Vec<u8>,
}

/// No answer in the benchmarks is larger.
const ANSWER_MAX: usize = 16 << 10;

impl Connection {
    pub(crate) async fn open(address: SocketAddr, local: Option<IpAddr>) -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        if let Some(local) = local {
            socket.bind(SocketAddr::new(local, 0))?;
        }
        let stream = socket.connect(address).await.with_context(|| format!("{address} can't be reached"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, head: Vec::new(), answer: Vec::new() })
    }

    /// Sends one request and reads the whole answer: its status, and the time from the first byte sent to the last
    /// one read.
    pub(crate) async fn ask(&mut self, requests: &Requests, index: usize) -> anyhow::Result<(u16, Duration)> {
        self.head.clear();
        requests.write_head(index, &mut self.head)?;
        let started = Instant::now();
        self.write(&requests.body).await?;
        let status = self.read().await?;
        Ok((status, started.elapsed()))
    }

    async fn write(&mut self, body: &[u8]) -> anyhow::Result<()> {
        let (mut head, mut body) = (self.head.as_slice(), body);
        while !head.is_empty() {
            let written = self.stream.write_vectored(&[IoSlice::new(head), IoSlice::new(body)]).await?;
            let of_head = written.min(head.len());
            head = &head[of_head..];
            body = &body[written - of_head..];
        }
        Ok(self.stream.write_all(body).await?)
    }

    async fn read(&mut self) -> anyhow::Result<u16> {
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the server closed the connection after {:?}", self.last_answer());
            }
            if let Some((status, length)) = head(&self.answer)?
                && self.answer.len() >= length
            {
                return Ok(status);
            }
            if self.answer.len() > ANSWER_MAX {
                bail!("the answer has more than {ANSWER_MAX} bytes");
            }
        }
    }

    pub(crate) fn last_answer(&self) -> String {
        String::from_utf8_lossy(&self.answer).into_owned()
    }
}

/// The status and the length of the whole answer, once its head is complete.
fn head(bytes: &[u8]) -> anyhow::Result<Option<(u16, usize)>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[..end]).context("the answer's head is not text")?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    match (status, length) {
        (Some(status), Some(length)) => Ok(Some((status, end + 4 + length))),
        _ => bail!("the answer has no status or no length: {text}"),
    }
}

/// A runtime for the load, on the thread that calls.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime for the load")
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn an_answer_is_complete_with_the_last_byte_of_its_body() {
        let whole = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\nx: y\r\n\r\n{}";
        assert_eq!(head(whole).unwrap(), Some((503, whole.len())));
        assert_eq!(head(&whole[..40]).unwrap(), None);
        assert!(head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
