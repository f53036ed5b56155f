//! A memory that several axons of one hotkey share, in Redis or Valkey.
//!
//! A nonce is a key that is set if it is absent (`SET NX PX`), so that of all replicas one accepts it, and it outlives
//! the process. The key `…:born` tells since when the memory exists. A server that lost its data has it set anew by the
//! first request, in the same transaction, and from then on everything signed before is refused: the lost memory is not
//! mistaken for an empty one. Each process keeps its own memory beside it, which bounds what one caller can write, and
//! tells copies of its own requests without asking anybody.
//!
//! If the server can't be asked, every request is refused; and when it can again, those that were signed before, for it may
//! have come back with an older state of its data. Let it evict nothing (`maxmemory-policy noeviction`).

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use redis::{
    Client, Pipeline, RedisError, Value,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use subnetkit_protocol::{
    Hotkey,
    btauth::{
        Attempt, AuthError,
        AuthErrorKind::{MemoryUnavailable, StaleRequest},
        NonceMemory, ReplaySettings, ReplayStore, now_ns,
    },
};
use tokio::time::timeout;

use crate::{BindError, MinerConfig, RedisUrl};

/// The server counts a key's time from when it was set, by the clock of the replica that set it. Another replica whose clock
/// is behind finds the nonce fresh for longer.
const CLOCKS_APART_MS: u64 = 60_000;

pub(super) struct SharedMemory {
    local: ReplayStore,
    server: ConnectionManager,
    /// Before every key.
    prefix: String,
    retention: Duration,
    timeout: Duration,
    /// Refuse what was signed before the server's data began.
    heed_birth: bool,
    failing: AtomicBool,
    /// When the server last answered again: Unix time in nanoseconds.
    restored_ns: AtomicU64,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Server(#[from] RedisError),
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("an answer of another shape than that of the commands asked")]
    Shape,
}

impl SharedMemory {
    /// Connects, and does so again whenever the connection is lost. A server that is down is waited for by the requests: it
    /// may be one machine's start that both are part of.
    pub(super) async fn open(
        url: &RedisUrl,
        own: &Hotkey,
        protocol: &str,
        settings: ReplaySettings,
        config: &MinerConfig,
    ) -> Result<Self, BindError> {
        let retention = settings.retention;
        let heed_birth = settings.not_before_ns.is_some();
        // This process's own start says nothing: its predecessors wrote to the same memory.
        let local = ReplayStore::new(ReplaySettings { not_before_ns: None, ..settings })?;
        let connections = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(config.replay_redis_timeout))
            .set_response_timeout(Some(config.replay_redis_timeout))
            // A request that finds no connection is refused; the next one tries again.
            .set_number_of_retries(0);
        // The library's own sentence might quote the URL.
        let client = Client::open(url.secret()).map_err(|_| BindError::RedisUrl)?;
        let server =
            ConnectionManager::new_lazy_with_config(client, connections).map_err(|_| BindError::RedisUrl)?;
        let memory = Self {
            local,
            server,
            prefix: format!("{}:{own}:{protocol}", config.replay_redis_prefix),
            retention,
            timeout: config.replay_redis_timeout,
            heed_birth,
            failing: AtomicBool::new(false),
            restored_ns: AtomicU64::new(0),
        };
        // A new memory begins now, and not with the first request, which would come from before.
        let now = now_ns();
        let begun = memory.begin(now).await;
        memory.note(begun.as_ref().err(), now);
        Ok(memory)
    }

    async fn begin(&self, now_ns: u128) -> Result<(), Failure> {
        let mut commands = Pipeline::new();
        commands.cmd("SET").arg(self.born()).arg(now_ns.to_string()).arg("NX").ignore();
        let mut server = self.server.clone();
        timeout(self.timeout, commands.exec_async(&mut server))
            .await
            .map_err(|_| Failure::Timeout(self.timeout))??;
        Ok(())
    }

    fn born(&self) -> String {
        format!("{}:born", self.prefix)
    }

    /// Asks the server whether the nonce is new, and since when it remembers: Unix time in nanoseconds.
    async fn ask(&self, attempt: &Attempt, now_ns: u128) -> Result<(bool, u128), Failure> {
        let born = self.born();
        let key = format!("{}:{}:{}", self.prefix, attempt.sender, attempt.nonce);
        let expiry_ns = attempt.nonce.saturating_add(self.retention.as_nanos()).saturating_sub(now_ns);
        let left_ms =
            u64::try_from(expiry_ns / 1_000_000).unwrap_or(u64::MAX / 2).saturating_add(CLOCKS_APART_MS);
        // One transaction: data that is lost is lost before all three or after.
        let mut commands = Pipeline::new();
        commands.atomic();
        commands.cmd("SET").arg(&born).arg(now_ns.to_string()).arg("NX").ignore();
        commands.cmd("GET").arg(&born);
        commands.cmd("SET").arg(&key).arg(1).arg("NX").arg("PX").arg(left_ms);
        let mut server = self.server.clone();
        let answers: Vec<Value> = timeout(self.timeout, commands.query_async(&mut server))
            .await
            .map_err(|_| Failure::Timeout(self.timeout))??;
        let [born, set] = <[Value; 2]>::try_from(answers).map_err(|_| Failure::Shape)?;
        let born = redis::from_redis_value::<String>(born)
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or(Failure::Shape)?;
        match set {
            Value::Okay => Ok((true, born)),
            Value::Nil => Ok((false, born)),
            _ => Err(Failure::Shape),
        }
    }

    /// Says once that the server fails, and once that it works again.
    fn note(&self, failure: Option<&Failure>, now_ns: u128) {
        let was_failing = self.failing.swap(failure.is_some(), Ordering::Relaxed);
        match (was_failing, failure) {
            (false, Some(failure)) => {
                tracing::error!(cause = %failure, "the shared memory of nonces can't be asked; requests are refused until it can");
            }
            (true, None) => {
                self.restored_ns.store(u64::try_from(now_ns).unwrap_or(u64::MAX), Ordering::Relaxed);
                tracing::info!("the shared memory of nonces answers again");
            }
            _ => {}
        }
    }
}

#[async_trait]
impl NonceMemory for SharedMemory {
    fn is_copy(&self, attempt: &Attempt) -> bool {
        self.local.holds(attempt)
    }

    async fn record(&self, attempt: &Attempt, now_ns: u128) -> Result<(), AuthError> {
        self.local.insert(attempt, now_ns)?;
        let asked = self.ask(attempt, now_ns).await;
        self.note(asked.as_ref().err(), now_ns);
        let restored = u128::from(self.restored_ns.load(Ordering::Relaxed));
        match asked {
            Ok((_, born)) if self.heed_birth && attempt.nonce < born.max(restored) => {
                let message =
                    "the nonce is older than this server's memory of nonces; sign the request again";
                Err(AuthError::new(StaleRequest, message))
            }
            Ok((true, _)) => Ok(()),
            Ok((false, _)) => Err(AuthError::replayed()),
            Err(_) => {
                let message = "this server can't tell now which requests are new; try again later";
                Err(AuthError::new(MemoryUnavailable, message))
            }
        }
    }
}

impl fmt::Debug for SharedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedMemory")
            .field("prefix", &self.prefix)
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}
