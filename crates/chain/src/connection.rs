//! A supervised connection to the endpoints of one chain, as those see it who ask through it.

use crate::{
    ConnectError, Head, Settings, Status,
    dial::Methods,
    endpoints::without_secrets,
    supervisor::{Report, Supervisor},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};
use subxt::{config::substrate::H256, ext::jsonrpsee::ws_client::WsClient};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};

/// Complaints about the connection that may wait for the supervisor; more say nothing new.
const MAX_REPORTS: usize = 16;

/// Keeps a connection up for as long as it exists; then its task ends.
pub(crate) struct Connection {
    link: watch::Receiver<Link>,
    heads: watch::Receiver<Option<Head>>,
    status: watch::Receiver<Status>,
    reports: mpsc::Sender<Report>,
    max_silence: Arc<MaxSilence>,
    max_timeouts: u32,
}

/// What there is to ask through.
#[derive(Clone)]
pub(crate) enum Link {
    /// A node. After a refusal it is to be left alone until then.
    Up { live: Live, hold: Option<Hold> },
    /// None: why, and how many attempts failed since there was one.
    Down { error: ConnectError, failed: usize },
}

/// A pause that an endpoint asked for.
#[derive(Clone)]
pub(crate) struct Hold {
    pub(crate) until: Instant,
    pub(crate) error: ConnectError,
}

/// One connection to one node. It closes when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) client: Arc<WsClient>,
    pub(crate) methods: Methods,
    pub(crate) url: Arc<str>,
    pub(crate) genesis: H256,
    pub(crate) generation: u64,
    /// Requests since the last answer that had none in time. Blocks that arrive meanwhile prove nothing: on a connection
    /// that lost one direction they go on arriving.
    pub(crate) timeouts: Arc<AtomicU32>,
    /// Filled when nothing more is to be expected of this connection.
    pub(crate) given_up: watch::Receiver<Option<Arc<str>>>,
}

impl Live {
    /// Why nothing more is to be expected of this connection, once that is so.
    pub(crate) async fn gave_up(&self) -> Arc<str> {
        let mut given_up = self.given_up.clone();
        let reason = given_up.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        reason.unwrap_or_else(|| "its supervisor ended".into())
    }
}

/// How long no new block may come before that is a fault.
#[derive(Debug)]
pub(crate) struct MaxSilence {
    blocks: u32,
    least: Duration,
    /// The nominal time between blocks in milliseconds; 0 until the runtime is known.
    slot_ms: AtomicU64,
}

impl MaxSilence {
    const fn new(settings: &Settings) -> Self {
        let Settings { max_silent_blocks: blocks, min_silence: least, .. } = *settings;
        Self { blocks, least, slot_ms: AtomicU64::new(0) }
    }

    /// The limit for blocks that take so long, or as long as the runtime says if that is longer.
    pub(crate) fn at(&self, measured: Option<Duration>) -> Duration {
        let nominal = Duration::from_millis(self.slot_ms.load(Ordering::Relaxed));
        nominal.max(measured.unwrap_or_default()).saturating_mul(self.blocks).max(self.least)
    }
}

impl Connection {
    /// Starts dialling. Must be called within a tokio runtime.
    pub(crate) fn spawn(urls: &[String], settings: &Settings, genesis: Option<H256>) -> Self {
        let first = urls.first().map_or_else(String::new, |url| without_secrets(url));
        let error = ConnectError::Unreachable { url: first.clone(), reason: "not connected yet".to_owned() };
        let (link_in, link) = watch::channel(Link::Down { error, failed: 0 });
        let (heads_in, heads) = watch::channel(None);
        let (status_in, status) = watch::channel(Status::new(&first));
        let (reports, reported) = mpsc::channel(MAX_REPORTS);
        let max_silence = Arc::new(MaxSilence::new(settings));
        let supervisor =
            Supervisor::new(urls, settings, genesis, link_in, heads_in, status_in, Arc::clone(&max_silence));
        tokio::spawn(supervisor.run(reported));
        Self { link, heads, status, reports, max_silence, max_timeouts: settings.max_timeouts.max(1) }
    }

    /// Waits until there is a connection, or so many attempts failed.
    pub(crate) async fn first(&self, attempts: usize) -> Result<Live, ConnectError> {
        let mut link = self.link.clone();
        let known = link.wait_for(|link| match link {
            Link::Up { .. } => true,
            Link::Down { error, failed } => *failed >= attempts || !error.is_retryable(),
        });
        match known.await.ok().as_deref() {
            Some(Link::Up { live, .. }) => Ok(live.clone()),
            Some(Link::Down { error, .. }) => Err(error.clone()),
            None => Err(self.ended()),
        }
    }

    /// A connection to ask through, waiting for one until the deadline.
    pub(crate) async fn ready(&self, deadline: Instant) -> Result<Live, ConnectError> {
        let mut link = self.link.clone();
        loop {
            let (error, pause) = match &*link.borrow_and_update() {
                Link::Up { live, hold: None } => return Ok(live.clone()),
                Link::Up { live, hold: Some(hold) } if hold.until <= Instant::now() => {
                    return Ok(live.clone());
                }
                Link::Up { hold: Some(hold), .. } => (hold.error.clone(), hold.until),
                // Waiting does not turn a chain into another one.
                Link::Down { error, .. } if !error.is_retryable() => return Err(error.clone()),
                Link::Down { error, .. } => (error.clone(), deadline),
            };
            tokio::select! {
                changed = link.changed() => if changed.is_err() {
                    return Err(self.ended());
                },
                () = tokio::time::sleep_until(pause.min(deadline)) => if pause >= deadline {
                    return Err(error);
                },
            }
        }
    }

    /// The endpoint in use.
    pub(crate) fn url(&self) -> String {
        self.status.borrow().endpoint.clone()
    }

    pub(crate) fn heads(&self) -> watch::Receiver<Option<Head>> {
        self.heads.clone()
    }

    pub(crate) fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    pub(crate) fn max_silence(&self) -> Duration {
        self.max_silence.at(self.status.borrow().block_time)
    }

    /// What the runtime says of the time between blocks.
    pub(crate) fn slot_duration_is(&self, slot: Duration) {
        self.max_silence
            .slot_ms
            .store(u64::try_from(slot.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, live: &Live) {
        live.timeouts.store(0, Ordering::Relaxed);
    }

    /// A request had no answer in time. After several in a row the connection counts as hung.
    pub(crate) fn timed_out(&self, live: &Live, after: Duration) {
        let timeouts = live.timeouts.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if timeouts >= self.max_timeouts {
            let reason = format!(
                "{timeouts} requests in a row had no answer within {} s (max_timeouts)",
                after.as_secs_f32()
            );
            // If so many complaints wait already, one more makes no difference.
            let _ = self.reports.try_send(Report::Hung { generation: live.generation, reason });
        }
    }

    /// A request was turned away. Returns when the supervisor has taken that in, so that the next one waits.
    pub(crate) async fn refused(&self, live: &Live, reason: String) {
        let (taken, acknowledged) = oneshot::channel();
        let report = Report::Refused { generation: live.generation, reason, taken };
        if self.reports.send(report).await.is_ok() {
            // Dropped unanswered only if the supervisor ends, and then nobody asks any more.
            let _ = acknowledged.await;
        }
    }

    fn ended(&self) -> ConnectError {
        ConnectError::Unreachable { url: self.url(), reason: "the connection's supervisor ended".to_owned() }
    }
}
