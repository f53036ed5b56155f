//! Reading request bodies: hashed as they arrive, within the limits of one body, of all together and of time.

use std::{sync::Arc, time::Duration};

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use subnetkit_protocol::btauth::{BodyDigest, BodyHasher};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{
    MinerConfig,
    rejection::{Outcome, Rejection},
    verification::Acquaintance,
};

/// A complete body, with its share of the memory budget.
#[derive(Clone)]
pub(crate) struct ReadBody {
    pub(crate) bytes: Bytes,
    pub(crate) digest: BodyDigest,
    _memory: Arc<Share>,
}

/// Bytes of the budget.
#[derive(Default)]
struct Share {
    all: Option<OwnedSemaphorePermit>,
    strangers: Option<OwnedSemaphorePermit>,
}

/// The bounds under which bodies are read.
pub(crate) struct BodyReader {
    limit: usize,
    timeout: Duration,
    memory: Arc<Semaphore>,
    /// Of that, what callers may have together who have not proved themselves lately: they can't take the others' part.
    strangers: Arc<Semaphore>,
    linger_bytes: usize,
    linger_timeout: Duration,
}

impl BodyReader {
    pub(crate) fn new(config: &MinerConfig) -> Self {
        Self {
            limit: config.body_limit,
            timeout: config.body_timeout,
            memory: Arc::new(Semaphore::new(config.body_memory)),
            strangers: Arc::new(Semaphore::new((config.body_memory / 2).max(config.body_limit))),
            linger_bytes: config.linger_bytes,
            linger_timeout: config.linger_timeout,
        }
    }

    /// Refuses a body that says it is too large.
    pub(crate) fn judge_declared_size(&self, body: &Body) -> Result<(), Rejection> {
        if body.size_hint().lower() > self.limit as u64 { Err(self.too_large()) } else { Ok(()) }
    }

    /// Reads to the end of the body.
    pub(crate) async fn read(&self, body: &mut Body, who: Acquaintance) -> Result<ReadBody, Rejection> {
        match timeout(self.timeout, self.collect(body, who)).await {
            Ok(read) => read,
            Err(_) => {
                let message = format!("the request body did not arrive within {:?}", self.timeout);
                Err(Rejection::new(Outcome::BodyTimeout, message))
            }
        }
    }

    async fn collect(&self, body: &mut Body, who: Acquaintance) -> Result<ReadBody, Rejection> {
        let declared = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
        let mut read = Partial { declared: declared.unwrap_or(0), ..Partial::default() };
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                Rejection::new(Outcome::MalformedBody, "the request body broke off before its end")
            })?;
            let Ok(chunk) = frame.into_data() else { continue };
            if read.length() + chunk.len() > self.limit {
                return Err(self.too_large());
            }
            let share = self.share(chunk.len(), who)?;
            read.append(chunk, share);
        }
        Ok(read.complete())
    }

    fn share(&self, bytes: usize, who: Acquaintance) -> Result<Share, Rejection> {
        let take = |budget: &Arc<Semaphore>| {
            let bytes = u32::try_from(bytes).ok()?;
            Arc::clone(budget).try_acquire_many_owned(bytes).ok()
        };
        let share = || {
            let strangers = match who {
                Acquaintance::Known => None,
                Acquaintance::Unknown => Some(take(&self.strangers)?),
            };
            Some(Share { all: Some(take(&self.memory)?), strangers })
        };
        share().ok_or_else(|| {
            let message = "this miner is reading as many requests as it has memory for";
            Rejection::new(Outcome::Busy, message).retry_after(Duration::from_secs(1))
        })
    }

    fn too_large(&self) -> Rejection {
        let message = format!("the request body is larger than {} bytes", self.limit);
        Rejection::new(Outcome::BodyTooLarge, message)
    }

    /// Reads on for a while after a refusal. A connection closed over unread bytes is reset, and the reset can
    /// overtake the response, so that the caller would see a broken connection in place of the reason.
    pub(crate) fn linger(&self, mut body: Body) {
        if body.is_end_stream() {
            return;
        }
        let (mut left, time) = (self.linger_bytes, self.linger_timeout);
        tokio::spawn(timeout(time, async move {
            while let Some(Ok(frame)) = body.frame().await {
                left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
                if left == 0 {
                    return;
                }
            }
        }));
    }
}

/// What has arrived. Most bodies come in one piece, which is kept as it is.
#[derive(Default)]
struct Partial {
    /// The length of the whole, if it is known.
    declared: usize,
    first: Bytes,
    all: BytesMut,
    hasher: BodyHasher,
    memory: Share,
}

/// Memory that a caller gets for no more than saying so. Until bytes arrive, the system has not given it yet.
const RESERVED_MAX: usize = 128 << 10;

impl Share {
    fn add(&mut self, more: Self) {
        for (held, more) in [(&mut self.all, more.all), (&mut self.strangers, more.strangers)] {
            match (held, more) {
                (Some(held), Some(more)) => held.merge(more),
                (held, more) => *held = more.or(held.take()),
            }
        }
    }
}

impl Partial {
    fn length(&self) -> usize {
        self.first.len() + self.all.len()
    }

    fn append(&mut self, chunk: Bytes, share: Share) {
        self.hasher.update(&chunk);
        self.memory.add(share);
        if self.length() == 0 && chunk.len() >= self.declared {
            self.first = chunk;
        } else {
            if self.all.capacity() == 0 {
                // Once and exactly, where growing would take up to twice the memory.
                self.all.reserve(self.declared.min(RESERVED_MAX));
            }
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
            self.all.extend_from_slice(&chunk);
        }
    }

    fn complete(self) -> ReadBody {
        let bytes = if self.all.is_empty() { self.first } else { self.all.freeze() };
        ReadBody { bytes, digest: self.hasher.finish(), _memory: Arc::new(self.memory) }
    }
}
