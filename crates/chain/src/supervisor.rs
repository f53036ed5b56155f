//! The one task that keeps a chain connected: it dials, follows the heads, notices what is wrong, and dials again.
//!
//! It does one thing at a time, in [`Supervisor::run`]; what is decided is in [`Endpoints`], [`Seen`] and
//! [`BlockTimes`]. A connection that may still answer is kept until another one is there; one that does not is given up at
//! once, with whatever waits for it.

use crate::{
    ConnectError, Head, Settings, Status,
    block_times::BlockTimes,
    connection::{Hold, Link, Live, MaxSilence},
    dial::{DialError, Heads, Node, dial},
    endpoints::Endpoints,
    refused::Refused,
    seen::{Relation, Seen},
};
use futures::future::BoxFuture;
use std::{
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};
use subxt::{config::substrate::H256, ext::jsonrpsee::core::client::Error as ClientError, rpcs};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};

/// How long the cause of a broken connection may come after its end was noticed.
const CAUSE_DELAY: Duration = Duration::from_millis(500);

/// What those who ask through the connection have to say of it.
pub(crate) enum Report {
    /// It does not answer.
    Hung { generation: u64, reason: String },
    /// It turns requests away.
    Refused { generation: u64, reason: String, taken: oneshot::Sender<()> },
}

pub(crate) struct Supervisor {
    endpoints: Endpoints,
    settings: Settings,
    genesis: Option<H256>,
    max_silence: Arc<MaxSilence>,
    link: watch::Sender<Link>,
    heads: watch::Sender<Option<Head>>,
    status: watch::Sender<Status>,
    current: Option<Current>,
    dialling: Option<BoxFuture<'static, (usize, Result<Node, DialError>)>>,
    /// Whether another connection is wanted although there is one.
    replace: bool,
    connections: u64,
    /// Attempts that failed since there was a connection.
    failed: usize,
    seen: Seen,
    times: BlockTimes,
    /// When the last new block came, over all connections.
    last_block: Option<Instant>,
    /// Said until a new block comes.
    silence: Option<String>,
    /// Endpoints passed over in a row for being behind.
    passed_behind: usize,
    /// Silences in a row on connections that were behind.
    stuck_behind: usize,
}

/// The connection in use.
struct Current {
    live: Live,
    index: usize,
    heads: Heads,
    give_up: watch::Sender<Option<Arc<str>>>,
    hold: Option<Hold>,
    last_head: Head,
    /// When it was made.
    since: Instant,
    /// When it was made or brought its last new block.
    alive: Instant,
    /// Whether its heads are lower than what was seen elsewhere.
    behind: bool,
}

/// What became of waiting for a head.
enum Heard {
    Head(Head),
    Broken { reason: String, refused: Option<Refused> },
}

impl Supervisor {
    pub(crate) fn new(
        urls: &[String],
        settings: &Settings,
        genesis: Option<H256>,
        link: watch::Sender<Link>,
        heads: watch::Sender<Option<Head>>,
        status: watch::Sender<Status>,
        max_silence: Arc<MaxSilence>,
    ) -> Self {
        Self {
            endpoints: Endpoints::new(urls, settings, Instant::now()),
            times: BlockTimes::new(settings.block_time_window),
            settings: settings.clone(),
            genesis,
            max_silence,
            link,
            heads,
            status,
            current: None,
            dialling: None,
            replace: false,
            connections: 0,
            failed: 0,
            seen: Seen::default(),
            last_block: None,
            silence: None,
            passed_behind: 0,
            stuck_behind: 0,
        }
    }

    /// Runs until nobody can report any more: the connection was dropped by all who had it.
    pub(crate) async fn run(mut self, mut reports: mpsc::Receiver<Report>) {
        loop {
            self.dial_if_wanted();
            let silent_at =
                self.current.as_ref().map(|current| current.alive + self.max_silence.at(self.times.median()));
            tokio::select! {
                report = reports.recv() => match report {
                    Some(report) => self.reported(report),
                    None => return,
                },
                (index, dialled) = finished(&mut self.dialling) => {
                    self.dialling = None;
                    match dialled {
                        Ok(node) => self.dialled(index, node),
                        Err(error) => self.not_dialled(index, error),
                    }
                }
                heard = next_head(&mut self.current) => match heard {
                    Heard::Head(head) => self.heard(head),
                    Heard::Broken { reason, refused } => self.broken(&reason, refused),
                },
                () = until(silent_at) => self.silent(),
            }
        }
    }

    fn dial_if_wanted(&mut self) {
        if self.dialling.is_some() || (self.current.is_some() && !self.replace) {
            return;
        }
        let (index, when) = self.endpoints.next(Instant::now());
        let (url, settings, genesis) = (self.endpoints.url(index), self.settings.clone(), self.genesis);
        self.dialling = Some(Box::pin(async move {
            tokio::time::sleep_until(when).await;
            (index, dial(&url, &settings, genesis).await)
        }));
    }

    fn dialled(&mut self, index: usize, node: Node) {
        let (url, first) = (self.endpoints.name(index), node.first);
        let relation = self.seen.relation(first);
        let last = self.seen.last().map_or(0, |last| last.number);
        let lag = last.saturating_sub(first.number);
        if relation == Relation::Behind
            && lag > self.settings.max_lag_blocks
            && self.passed_behind + 1 < self.endpoints.len()
        {
            self.passed_behind += 1;
            let reason = format!("it is at block {}, {lag} blocks behind (max_lag_blocks)", first.number);
            tracing::warn!(%url, %reason, "passed over an endpoint of the chain");
            self.endpoints.failed(index, Instant::now(), rand::random());
            self.endpoints.pass(index);
            self.attempt_failed(ConnectError::Unreachable { url: url.to_string(), reason });
            return;
        }
        self.passed_behind = 0;
        self.genesis = Some(node.genesis);
        self.endpoints.chosen(index);
        self.connections += 1;
        self.failed = 0;
        self.replace = false;
        self.times.interrupted();
        let (give_up, given_up) = watch::channel(None);
        let live = Live {
            client: node.client,
            methods: node.methods,
            url: url.clone(),
            genesis: node.genesis,
            generation: self.connections,
            timeouts: Arc::new(AtomicU32::new(0)),
            given_up,
        };
        if let Some(old) = self.current.take() {
            // What still waits for an answer there is better asked anew.
            old.give_up.send_replace(Some(format!("it was replaced by {url}").into()));
        }
        // A chain that went back with every endpoint that is left is believed in the end.
        let back = self.stuck_behind >= self.endpoints.len();
        self.current = Some(Current {
            live: live.clone(),
            index,
            heads: node.heads,
            give_up,
            hold: None,
            last_head: first,
            since: Instant::now(),
            alive: Instant::now(),
            behind: relation == Relation::Behind && !back,
        });
        tracing::info!(%url, block = first.number, "connected to the chain");
        match relation {
            Relation::Newer | Relation::Fork => self.publish(first),
            Relation::Behind if back => self.publish(first),
            Relation::Same | Relation::Behind => {}
        }
        self.link.send_replace(Link::Up { live, hold: None });
        self.report_status();
    }

    fn not_dialled(&mut self, index: usize, error: DialError) {
        let (url, now) = (self.endpoints.name(index).to_string(), Instant::now());
        let error = match error {
            DialError::Failed(reason) => {
                self.endpoints.failed(index, now, rand::random());
                ConnectError::Unreachable { url, reason }
            }
            DialError::Refused(refused) => {
                let pause = self.endpoints.refused(index, now, refused.pause, rand::random());
                ConnectError::Refused { url, reason: refused.reason, pause }
            }
            DialError::Stranger { found, expected } => {
                self.endpoints.strange(index, now);
                let (found, expected) = (hex::encode(found), hex::encode(expected));
                let error = ConnectError::WrongNetwork { url, found, expected };
                if !self.is_only_attempt() {
                    tracing::error!(%error, "an endpoint of the chain is not used");
                }
                error
            }
        };
        self.attempt_failed(error);
    }

    fn attempt_failed(&mut self, error: ConnectError) {
        self.failed = self.failed.saturating_add(1);
        // The first time through all of them; after that it is no news.
        if self.failed <= self.endpoints.len() && !self.is_only_attempt() {
            tracing::warn!(%error, "an endpoint of the chain cannot be used");
        } else {
            tracing::debug!(%error, "an endpoint of the chain cannot be used");
        }
        if self.current.is_none() {
            self.down(error);
        }
    }

    /// Whether the error is what whoever connects gets, so that the log need not say it too.
    const fn is_only_attempt(&self) -> bool {
        self.connections == 0 && self.endpoints.len() == 1
    }

    fn down(&mut self, error: ConnectError) {
        // As long as one endpoint may be right, waiting for it makes sense.
        let error = match error {
            ConnectError::WrongNetwork { url, found, expected } if !self.endpoints.all_strange() => {
                let reason = format!("its genesis is 0x{found}, expected 0x{expected}");
                ConnectError::Unreachable { url, reason }
            }
            error => error,
        };
        self.status.send_modify(|status| {
            status.connected = false;
            status.fault = Some(match self.failed {
                0 | 1 => error.to_string(),
                failed => format!("{error} ({failed} attempts failed)"),
            });
        });
        self.link.send_replace(Link::Down { error, failed: self.failed });
    }

    fn heard(&mut self, head: Head) {
        let now = Instant::now();
        let Some(current) = &mut self.current else { return };
        let repeated = head == current.last_head;
        current.last_head = head;
        if repeated {
            return;
        }
        current.alive = now;
        self.endpoints.useful(current.index);
        self.times.arrived(head.number, now);
        let relation = self.seen.relation(head);
        // Where this node is not behind, it is the chain that went back.
        current.behind = current.behind && relation == Relation::Behind;
        if !current.behind && relation != Relation::Same {
            self.publish(head);
        } else {
            self.look_elsewhere_if_behind(now);
        }
        self.report_status();
    }

    /// A node that is behind may take hours to catch up, and meanwhile the one that failed may be well again.
    fn look_elsewhere_if_behind(&mut self, now: Instant) {
        let limit = self.max_silence.at(self.times.median());
        let Some(current) = &self.current else { return };
        let is_due = current.behind && now.duration_since(current.since) >= limit;
        if is_due && !self.replace && self.endpoints.has_alternative(current.index, now) {
            tracing::warn!(url = %current.live.url, "the chain's endpoint is behind; trying the next one");
            self.endpoints.pass(current.index);
            self.replace = true;
        }
    }

    fn publish(&mut self, head: Head) {
        let now = Instant::now();
        if self.seen.last().is_some_and(|last| head.number < last.number) {
            tracing::warn!(block = head.number, "the chain went back");
        }
        self.seen.take(head);
        self.last_block = Some(now);
        self.silence = None;
        self.stuck_behind = 0;
        self.replace = false;
        self.heads.send_replace(Some(head));
        self.status.send_modify(|status| status.last_head = Some((head, now)));
    }

    fn silent(&mut self) {
        let limit = self.max_silence.at(self.times.median());
        let Some(current) = &mut self.current else { return };
        let now = Instant::now();
        current.alive = now;
        let since = self.last_block.map_or(limit, |last| now.duration_since(last));
        let fault = format!(
            "no new block for {:.1} s from {} (the limit is {:.1} s: max_silent_blocks is {}, min_silence {:.1} s)",
            since.as_secs_f32(),
            current.live.url,
            limit.as_secs_f32(),
            self.settings.max_silent_blocks,
            self.settings.min_silence.as_secs_f32(),
        );
        if current.behind {
            self.stuck_behind = self.stuck_behind.saturating_add(1);
        }
        let index = current.index;
        tracing::warn!(%fault, "the chain is silent; trying the next endpoint");
        self.silence = Some(fault);
        self.endpoints.pass(index);
        self.replace = true;
        self.report_status();
    }

    fn broken(&mut self, reason: &str, refused: Option<Refused>) {
        let Some(current) = self.current.take() else { return };
        let (url, now) = (current.live.url.to_string(), Instant::now());
        current.give_up.send_replace(Some(reason.into()));
        tracing::warn!(%url, %reason, "the connection to the chain broke; dialling anew");
        let error = match refused {
            Some(refused) => {
                let pause = self.endpoints.refused(current.index, now, refused.pause, rand::random());
                ConnectError::Refused { url, reason: refused.reason, pause }
            }
            None => {
                self.endpoints.failed(current.index, now, rand::random());
                ConnectError::Unreachable { url, reason: format!("the connection broke: {reason}") }
            }
        };
        self.down(error);
    }

    fn reported(&mut self, report: Report) {
        let generation = |report: &Report| match report {
            Report::Hung { generation, .. } | Report::Refused { generation, .. } => *generation,
        };
        let Some(current) = &mut self.current else { return };
        if current.live.generation != generation(&report) {
            return;
        }
        let index = current.index;
        match report {
            Report::Hung { reason, .. } => {
                self.broken(&reason, None);
                self.endpoints.pass(index);
            }
            Report::Refused { reason, taken, .. } => {
                let now = Instant::now();
                // Several requests may be turned away at once; that is one refusal.
                if current.hold.as_ref().is_none_or(|hold| hold.until <= now) {
                    let pause = self.endpoints.refused(index, now, None, rand::random());
                    let url = current.live.url.to_string();
                    let error = ConnectError::Refused { url, reason, pause };
                    tracing::warn!(%error, "the chain's endpoint turned a request away");
                    let hold = Hold { until: now + pause, error };
                    current.hold = Some(hold.clone());
                    let live = current.live.clone();
                    self.link.send_replace(Link::Up { live, hold: Some(hold) });
                    self.replace = self.endpoints.has_alternative(index, now);
                    self.report_status();
                }
                // Whoever asked may have gone.
                let _ = taken.send(());
            }
        }
    }

    fn report_status(&self) {
        let Some(current) = &self.current else { return };
        let now = Instant::now();
        let held = current.hold.as_ref().filter(|hold| hold.until > now);
        let last = self.seen.last().map_or(0, |last| last.number);
        let behind = (current.behind && current.last_head.number < last).then(|| {
            let (url, number) = (&current.live.url, current.last_head.number);
            format!("{url} is at block {number}, {} blocks behind", last - number)
        });
        let fault = self.silence.clone().or_else(|| held.map(|hold| hold.error.to_string())).or(behind);
        self.status.send_modify(|status| {
            status.endpoint = current.live.url.to_string();
            status.connected = true;
            status.fault = fault;
            status.reconnects = self.connections.saturating_sub(1);
            status.block_time = self.times.median();
        });
    }
}

async fn finished<T>(dialling: &mut Option<BoxFuture<'static, T>>) -> T {
    match dialling {
        Some(dialling) => dialling.await,
        None => std::future::pending().await,
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

async fn next_head(current: &mut Option<Current>) -> Heard {
    let Some(current) = current else { return std::future::pending().await };
    let client = &current.live.client;
    let error = tokio::select! {
        // First, so that what arrived before the end is heard.
        biased;
        header = current.heads.next() => match header {
            Some(Ok(header)) => return Heard::Head(Head::of(&header)),
            Some(Err(rpcs::Error::Client(error))) => match error.downcast::<ClientError>() {
                Ok(error) => *error,
                Err(error) => return Heard::Broken { reason: error.to_string(), refused: None },
            },
            Some(Err(error)) => return Heard::Broken { reason: error.to_string(), refused: None },
            None => match tokio::time::timeout(CAUSE_DELAY, client.on_disconnect()).await {
                Ok(error) => error,
                Err(_) => {
                    let reason = "the node ended the stream of heads".to_owned();
                    return Heard::Broken { reason, refused: None };
                }
            },
        },
        error = client.on_disconnect() => error,
    };
    Heard::Broken { reason: cause(&error), refused: Refused::by_transport(&error) }
}

/// What ended the connection, without the library's advice to start anew.
fn cause(error: &ClientError) -> String {
    match error {
        ClientError::RestartNeeded(error) => cause(error),
        error => error.to_string(),
    }
}
