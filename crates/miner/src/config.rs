//! Settings: every bound of the axon, by name, with its default.

use std::{
    collections::BTreeSet,
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use subnetkit_protocol::{Hotkey, Scheme};

/// Everything an operator can set. Durations are written with their unit (`"12s"`, `"250ms"`), sizes in bytes.
///
/// Unknown keys are errors, so a misspelt bound is never silently its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MinerConfig {
    /// Address the server listens on. Port 0 takes any free port. Default `0.0.0.0:8091`.
    pub listen: SocketAddr,
    /// Address for `/healthz`, `/readyz` and `/metrics`, to keep them off the public one. It also answers during the
    /// drain at shutdown. Default: they are served on `listen`.
    pub operator_listen: Option<SocketAddr>,
    /// IP address published on the chain. Default: the address of `listen`, which then has to be a particular one.
    pub external_ip: Option<IpAddr>,
    /// Port published on the chain. Default: the port the server is bound to.
    pub external_port: Option<u16>,

    /// File with the certificate the axon serves TLS with, PEM, the axon's own first. Its key is published on the chain
    /// and is what callers trust; names and dates in it do not matter. Default: TLS is not served.
    pub tls_certificate: Option<PathBuf>,
    /// File with the certificate's private key, PEM, not encrypted. Set it if and only if `tls_certificate` is set.
    pub tls_key: Option<PathBuf>,
    /// Time between two looks at the files. When they changed and are a pair, the new one is served without a restart,
    /// and its key published if it is another; else the last one stays. Default 60 s.
    #[serde(with = "humantime_serde")]
    pub tls_reload: Duration,

    /// Largest request body, in bytes. A larger one is refused with 413. Default 1 MiB.
    pub body_limit: usize,
    /// Bytes of request bodies held at once by all callers together, before a handler takes them. Beyond it new
    /// bodies are refused with 503, so that unproven callers can't fill the memory; and callers that have not proved
    /// themselves from their address within the last hour get half of it at most. Default 64 MiB.
    pub body_memory: usize,
    /// Time a caller has to deliver its body. A slower one is refused with 408. Default 10 s.
    #[serde(with = "humantime_serde")]
    pub body_timeout: Duration,
    /// Bytes of a refused body that are read and thrown away, so that the caller finds the refusal and not a reset
    /// connection. Default 8 MiB.
    pub linger_bytes: usize,
    /// Time given to that. Default 2 s.
    #[serde(with = "humantime_serde")]
    pub linger_timeout: Duration,
    /// Time a connection has to deliver a complete request head, also between two requests. Default 30 s.
    #[serde(with = "humantime_serde")]
    pub header_timeout: Duration,
    /// Time a caller has to read 16 KiB of an answer, or what is left of it, once its connection holds no more. The
    /// connection of a slower one is closed. Default 30 s.
    #[serde(with = "humantime_serde")]
    pub send_timeout: Duration,
    /// Largest request head (request line and headers), in bytes, at least 8192. Default 16 KiB.
    pub header_limit: usize,
    /// Connections open at once. Beyond it a newcomer gets the place of one that is idle, or at least has no proven request
    /// under way, and last that of one from an address that proved itself within the last hour; if there is none, it waits
    /// in the system's accept queue. Default 1024.
    pub max_connections: usize,
    /// Of those, the ones from one IPv4 address or IPv6 /64. Further ones are closed at once. Behind a proxy that passes
    /// on everybody's connections, set it as high as `max_connections`. Default 256.
    pub max_connections_per_address: usize,

    /// Requests per second that one IPv4 address or IPv6 /64 may send without proving who sent them, over time. Beyond it
    /// 429, except for hotkeys that proved themselves from there within the last hour; as many again are left for those
    /// that claim to be of a hotkey that is served. TLS handshakes are held to the same rate beside that, except from
    /// addresses that proved themselves within the last hour, and connections beyond it closed. Default 20.
    pub rate_unproven_per_address: f64,
    /// Such requests from one address in one burst. Requests count until their signature is verified, so this also bounds
    /// how many a caller that is new may have under way. Default 200.
    pub burst_unproven_per_address: u32,
    /// Addresses whose rate is remembered at once; those beyond share one. Default 16,384.
    pub max_tracked_addresses: usize,
    /// Threads that verify signatures while there are many. Default: as many as this process may use cores.
    pub verify_threads: Option<usize>,
    /// Requests that may wait for verification; as many again of callers that proved themselves from their address within
    /// the last hour, who go first. Beyond it 503. Default 1024.
    pub verify_queue: usize,

    /// Requests in the handler at once. Default 32.
    pub max_concurrency: usize,
    /// Requests that may wait for the handler, highest stake first. When it is full, the one with the least stake is
    /// refused with 503 at once. Default 64.
    pub queue: usize,
    /// Time a request may wait for the handler. Who waits longer is refused with 503, and at once if the line ahead can't
    /// be worked off in time. Default 4 s.
    #[serde(with = "humantime_serde")]
    pub queue_timeout: Duration,
    /// Time from a proven request to its complete answer, waiting included. Beyond it the caller gets 504, or a
    /// streamed answer breaks off. Callers can ask for less. Default 12 s.
    #[serde(with = "humantime_serde")]
    pub request_timeout: Duration,
    /// Largest chunk of a streamed answer, in bytes as sent. A handler that makes a larger one has its answer cut off.
    /// Default 1 MiB.
    pub stream_chunk_limit: usize,
    /// Largest streamed answer, in bytes as sent. Default 64 MiB.
    pub stream_limit: usize,
    /// Sign answers for callers that ask for it, so that they can prove who answered. Default true.
    pub sign_responses: bool,
    /// Time that requests in flight have to finish after shutdown was asked for. Default 15 s.
    #[serde(with = "humantime_serde")]
    pub drain_timeout: Duration,

    /// Requests per second that one hotkey may send, over time, whatever its stake. Beyond it 429. Default 10.
    pub rate_per_hotkey: f64,
    /// Requests per second that all hotkeys together may send beside that, over time, each as large a part of them as its
    /// stake weight is of that of all hotkeys admitted. Default 100.
    pub rate_shared_by_stake: f64,
    /// Requests one hotkey without stake may send in one burst; more in proportion if its rate is higher. Default 32.
    pub burst_per_hotkey: u32,
    /// Hotkeys whose rate is remembered at once. Default 4096.
    pub max_tracked_hotkeys: usize,

    /// Least stake weight of an admitted caller on this subnet, in rao. Default 0.
    pub min_stake_rao: u64,
    /// Admit only hotkeys that hold a validator permit. Default true.
    pub require_permit: bool,
    /// Hotkeys admitted without being registered, permitted or staked. Default none.
    pub allow: BTreeSet<Hotkey>,
    /// Hotkeys never admitted; wins over `allow`. Default none.
    pub deny: BTreeSet<Hotkey>,

    /// Time between two reads of the metagraph. Default 60 s.
    #[serde(with = "humantime_serde")]
    pub metagraph_refresh: Duration,
    /// Age of the newest known block beyond which `/readyz` answers 503. Default 10 min.
    #[serde(with = "humantime_serde")]
    pub metagraph_max_age: Duration,
    /// What happens to requests while the metagraph is older than `metagraph_max_age`. Default `serve`.
    pub when_stale: WhenStale,

    /// The signature scheme of callers, which is never taken from the request. Default `sr25519`, which is what the
    /// hotkeys of the network are.
    pub caller_scheme: Scheme,
    /// Hotkeys of callers known to use the other scheme. Default none.
    pub callers_of_other_scheme: BTreeSet<Hotkey>,
    /// Age at which a signed request is refused. Default 10 s, as the protocol has it.
    #[serde(with = "humantime_serde")]
    pub signature_max_age: Duration,
    /// How far ahead of this machine's clock a caller may be. Default 2 s, as the protocol has it.
    #[serde(with = "humantime_serde")]
    pub signature_allowed_skew: Duration,
    /// Accept requests signed before this process started. A restarted process has forgotten what it answered, so by
    /// default they are refused as stale, and nothing can be replayed across a restart, unless it was dated ahead by a caller
    /// whose clock is fast: a pause of `signature_allowed_skew` before the start sees to that. With a memory in Redis it is
    /// the start of that memory that counts. Default false.
    pub accept_signed_before_start: bool,
    /// Requests remembered against replay, all admitted callers together; beyond it 503. Default 262,144.
    pub replay_capacity: usize,
    /// Requests remembered against replay, per caller; beyond it 429. Default 8,192.
    pub replay_capacity_per_hotkey: usize,
    /// Redis or Valkey (`redis://[user:password@]host[:port][/database]`) in which all axons of this hotkey remember
    /// requests together, beside each one's own memory. While it can't be asked, requests are refused with 503. Let it
    /// evict nothing (`maxmemory-policy noeviction`) and come back empty (`save ""`, `appendonly no`) rather than with a
    /// snapshot, which lacks the latest requests. Default: each axon remembers for itself, and there must be one only. Needs
    /// the feature `redis`.
    pub replay_redis_url: Option<RedisUrl>,
    /// What the keys in there begin with. Default `subnetkit`.
    pub replay_redis_prefix: String,
    /// Time it has to answer. Default 500 ms.
    #[serde(with = "humantime_serde")]
    pub replay_redis_timeout: Duration,
}

/// Where Redis or Valkey is: `redis://[user:password@]host[:port][/database]`. `Debug` leaves out what may be a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedisUrl(String);

impl RedisUrl {
    /// The URL as text. It is read when an axon is bound.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    #[cfg(feature = "redis")]
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.0.rsplit_once('@').map_or(self.0.as_str(), |(_, place)| place);
        // A query may hold a password too.
        write!(f, "RedisUrl(…{})", place.split('?').next().unwrap_or_default())
    }
}

/// What the axon does while it has not heard a new block for longer than [`MinerConfig::metagraph_max_age`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenStale {
    /// Go on with the last known metagraph. An outage of the chain node then does not become an outage of the miner;
    /// the price is that a validator that lost its permit meanwhile is still served.
    #[default]
    Serve,
    /// Refuse every request with 503 until the chain is heard again.
    Refuse,
}

impl Default for MinerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8091)),
            operator_listen: None,
            external_ip: None,
            external_port: None,
            tls_certificate: None,
            tls_key: None,
            tls_reload: Duration::from_secs(60),
            body_limit: 1 << 20,
            body_memory: 64 << 20,
            body_timeout: Duration::from_secs(10),
            linger_bytes: 8 << 20,
            linger_timeout: Duration::from_secs(2),
            header_timeout: Duration::from_secs(30),
            send_timeout: Duration::from_secs(30),
            header_limit: 16 << 10,
            max_connections: 1024,
            max_connections_per_address: 256,
            rate_unproven_per_address: 20.0,
            burst_unproven_per_address: 200,
            max_tracked_addresses: 16_384,
            verify_threads: None,
            verify_queue: 1024,
            max_concurrency: 32,
            queue: 64,
            queue_timeout: Duration::from_secs(4),
            request_timeout: Duration::from_secs(12),
            stream_chunk_limit: 1 << 20,
            stream_limit: 64 << 20,
            sign_responses: true,
            drain_timeout: Duration::from_secs(15),
            rate_per_hotkey: 10.0,
            rate_shared_by_stake: 100.0,
            burst_per_hotkey: 32,
            max_tracked_hotkeys: 4096,
            min_stake_rao: 0,
            require_permit: true,
            allow: BTreeSet::new(),
            deny: BTreeSet::new(),
            metagraph_refresh: Duration::from_secs(60),
            metagraph_max_age: Duration::from_secs(600),
            when_stale: WhenStale::Serve,
            caller_scheme: Scheme::Sr25519,
            callers_of_other_scheme: BTreeSet::new(),
            signature_max_age: Duration::from_secs(10),
            signature_allowed_skew: Duration::from_secs(2),
            accept_signed_before_start: false,
            replay_capacity: 262_144,
            replay_capacity_per_hotkey: 8_192,
            replay_redis_url: None,
            replay_redis_prefix: "subnetkit".to_owned(),
            replay_redis_timeout: Duration::from_millis(500),
        }
    }
}

/// A setting with a value the axon can't work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("setting `{setting}` is {value}: {rule}")]
#[non_exhaustive]
pub struct InvalidSetting {
    /// Name of the setting.
    pub setting: &'static str,
    /// The value it has.
    pub value: String,
    /// What it has to be.
    pub rule: &'static str,
}

impl MinerConfig {
    /// Smallest head buffer the HTTP parser works with.
    const HEADER_LIMIT_MIN: usize = 8192;
    /// Less than one request in eleven days is a way to deny service; that is what `deny` is for.
    const RATE_MIN: f64 = 0.000_001;
    /// The largest count the slots and the body budget can hold.
    const COUNT_MAX: usize = u32::MAX as usize;

    /// Checks every bound.
    ///
    /// # Errors
    /// The first setting whose value can't work, with the rule it breaks.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        fn require(
            holds: bool,
            setting: &'static str,
            value: &dyn ToString,
            rule: &'static str,
        ) -> Result<(), InvalidSetting> {
            if holds { Ok(()) } else { Err(InvalidSetting { setting, value: value.to_string(), rule }) }
        }
        let positive = "set it to a time above zero, for example \"10s\"";
        for (setting, duration) in [
            ("tls_reload", self.tls_reload),
            ("body_timeout", self.body_timeout),
            ("header_timeout", self.header_timeout),
            ("send_timeout", self.send_timeout),
            ("request_timeout", self.request_timeout),
            ("queue_timeout", self.queue_timeout),
            ("metagraph_refresh", self.metagraph_refresh),
            ("metagraph_max_age", self.metagraph_max_age),
            ("signature_max_age", self.signature_max_age),
        ] {
            require(!duration.is_zero(), setting, &"zero", positive)?;
        }
        for (setting, count) in [
            ("body_memory", self.body_memory),
            ("max_connections", self.max_connections),
            ("max_connections_per_address", self.max_connections_per_address),
            ("max_tracked_addresses", self.max_tracked_addresses),
            ("verify_queue", self.verify_queue),
            ("max_concurrency", self.max_concurrency),
            ("max_tracked_hotkeys", self.max_tracked_hotkeys),
            ("replay_capacity", self.replay_capacity),
            ("replay_capacity_per_hotkey", self.replay_capacity_per_hotkey),
        ] {
            let rule = "set it to a number from 1 to 4294967295";
            require((1..=Self::COUNT_MAX).contains(&count), setting, &count, rule)?;
        }
        for (setting, set, other) in [
            ("tls_certificate", self.tls_certificate.is_some(), self.tls_key.is_some()),
            ("tls_key", self.tls_key.is_some(), self.tls_certificate.is_some()),
        ] {
            let rule = "set both `tls_certificate` and `tls_key` to serve TLS, or neither";
            require(set || !other, setting, &"not set", rule)?;
        }
        require(
            (1..=self.stream_limit).contains(&self.stream_chunk_limit),
            "stream_chunk_limit",
            &self.stream_chunk_limit,
            "set it to a number from 1 to `stream_limit`",
        )?;
        require(
            self.body_limit <= self.body_memory,
            "body_limit",
            &self.body_limit,
            "one body has to fit into `body_memory`",
        )?;
        require(
            self.header_limit >= Self::HEADER_LIMIT_MIN,
            "header_limit",
            &self.header_limit,
            "set it to at least 8192 bytes",
        )?;
        for (setting, rate) in [
            ("rate_per_hotkey", self.rate_per_hotkey),
            ("rate_unproven_per_address", self.rate_unproven_per_address),
        ] {
            let rule = "set it to a number of requests per second from 0.000001 on";
            require(rate.is_finite() && rate >= Self::RATE_MIN, setting, &rate, rule)?;
        }
        require(
            self.rate_shared_by_stake.is_finite() && self.rate_shared_by_stake >= 0.0,
            "rate_shared_by_stake",
            &self.rate_shared_by_stake,
            "set it to a number of requests per second, or to 0",
        )?;
        for (setting, burst) in [
            ("burst_per_hotkey", self.burst_per_hotkey),
            ("burst_unproven_per_address", self.burst_unproven_per_address),
        ] {
            require(burst > 0, setting, &0, "set it to at least 1")?;
        }
        if let Some(threads) = self.verify_threads {
            let rule = "set it to a number from 1 to 1024";
            require((1..=1024).contains(&threads), "verify_threads", &threads, rule)?;
        }
        require(!self.replay_redis_timeout.is_zero(), "replay_redis_timeout", &"zero", positive)?;
        require(
            self.metagraph_max_age > self.metagraph_refresh,
            "metagraph_max_age",
            &format!("{:?}", self.metagraph_max_age),
            "it has to be longer than `metagraph_refresh`",
        )?;
        require(self.external_port != Some(0), "external_port", &0, "callers can't dial port 0")
    }
}
