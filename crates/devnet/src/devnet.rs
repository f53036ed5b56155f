//! Starting a chain, and the handle that keeps it alive.

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    ops::Deref,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::sync::oneshot;

use crate::{
    author::Author,
    clock::Clock,
    config::{BlockProduction, Config},
    control::Control,
    history::{Chain, History},
    native::NativeRuntime,
    node::{self, Node},
    pool::Pool,
    production, rpc,
    runtime::{Outcome, Runtime, State, Trap},
    state_file::{self, StateFileError},
};

/// How long calls that are running may go on when the chain is stopped.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// Stack of a thread that runs the state machine. Calls nest as deep as the runtime lets them, and frames of debug builds
/// are large; what is not used costs nothing.
const STACK_BYTES: usize = 32 << 20;

/// Threads that serve connections. Calls that run the state machine have their own.
const SERVER_THREADS: usize = 2;

/// Why no chain was started. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// Another program listens on the port.
    #[error(
        "Port {} is in use by another program; stop that program or set `listen` to another port (0 takes a free one)",
        .0.port()
    )]
    PortInUse(SocketAddr),
    /// The address cannot be listened on for another reason.
    #[error("Cannot listen on {address} (`listen`): {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The runtime did not accept the genesis configuration.
    #[error("The genesis configuration (`genesis`) was not accepted: {0}")]
    Genesis(String),
    /// The chain in the state file cannot be taken.
    #[error("The chain in the state file (`state`) was not taken: {0}")]
    State(#[source] StateFileError),
    /// The interval between blocks is zero.
    #[error("The interval of `block_production` is zero; use `OnSubmit` for blocks without delay")]
    ZeroInterval,
    /// The system gave no thread or no timer.
    #[error("The system refused a resource the chain needs: {0}")]
    Resources(#[source] io::Error),
}

/// A running chain. Dropping it ends its threads and frees its port before the drop returns.
///
/// What the `dev_*` methods of JSON-RPC do are methods here as well, by way of [`Control`].
pub struct Devnet {
    control: Control,
    address: SocketAddr,
    author: Option<thread::JoinHandle<()>>,
    server: Option<thread::JoinHandle<()>>,
    stop_server: Option<oneshot::Sender<()>>,
}

impl Deref for Devnet {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}

impl fmt::Debug for Devnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Devnet").field("address", &self.address).field("head", &self.head()).finish()
    }
}

impl Devnet {
    /// Starts a chain with the Bittensor runtime.
    ///
    /// # Errors
    /// [`SpawnError`] says which setting is at fault.
    pub async fn spawn(config: Config) -> Result<Self, SpawnError> {
        Self::spawn_with(config, NativeRuntime).await
    }

    /// Starts a chain with any runtime.
    ///
    /// # Errors
    /// As [`Devnet::spawn`].
    pub async fn spawn_with(config: Config, runtime: impl Runtime) -> Result<Self, SpawnError> {
        // Building the genesis state is work, which must not hold up the caller's other tasks.
        let started = tokio::task::spawn_blocking(move || start(config, Arc::new(Guarded(runtime)))).await;
        started.unwrap_or_else(|stopped| Err(SpawnError::Resources(io::Error::other(stopped))))
    }

    /// Where JSON-RPC is served.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The WebSocket endpoint, for example `ws://127.0.0.1:9944`.
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The HTTP endpoint on the same port.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        self.control.producer().stop();
        // Requests that hang would be waited for.
        self.control.clear_faults();
        drop(self.stop_server.take());
        for thread in [self.server.take(), self.author.take()].into_iter().flatten() {
            if thread.join().is_err() {
                tracing::error!("a thread of the chain had panicked");
            }
        }
    }
}

fn start(config: Config, runtime: Arc<dyn Runtime>) -> Result<Devnet, SpawnError> {
    if config.block_production == BlockProduction::Interval(Duration::ZERO) {
        return Err(SpawnError::ZeroInterval);
    }
    let listener = listen(config.listen)?;
    let address = listener.local_addr().map_err(SpawnError::Resources)?;
    let (chain, clock) = first_chain(&config, &*runtime)?;
    let trie = chain.state().build_trie().map_err(|error| SpawnError::Genesis(error.to_string()))?;
    let (producer, queue) = production::channel();
    let mode = config.block_production;
    let history = History::new(chain, config.kept_blocks, config.history_blocks);
    let pool = Pool::new(config.pool.clone());
    let node = Arc::new(Node::new(config, runtime, history, pool));
    let control = Control::new(Arc::clone(&node), producer);

    // From here on, an early return drops the handle, which ends what was started.
    let (stop_server, stopped) = oneshot::channel();
    let mut devnet = Devnet {
        control: control.clone(),
        address,
        author: None,
        server: None,
        stop_server: Some(stop_server),
    };
    devnet.server = Some(serve(listener, control, stopped)?);
    let author = Author::new(node, trie, clock);
    let thread = thread::Builder::new().name("devnet-author".to_owned()).stack_size(STACK_BYTES);
    let run = move || production::run(mode, author, &queue);
    devnet.author = Some(thread.spawn(run).map_err(SpawnError::Resources)?);
    Ok(devnet)
}

/// The chain to begin with: the one in the state file if there is one, else a new one.
fn first_chain(config: &Config, runtime: &dyn Runtime) -> Result<(Chain, Clock), SpawnError> {
    let clock = Clock::new(config.genesis_time_ms, config.real_clock);
    if let Some(path) = config.state.as_ref().filter(|path| path.exists()) {
        let (chain, head_ms) = state_file::load(path).map_err(SpawnError::State)?;
        return Ok((chain, clock.at(head_ms)));
    }
    let (block, storage) =
        node::genesis(runtime, &config.genesis).map_err(|error| SpawnError::Genesis(error.to_string()))?;
    Ok((Chain::new(block, storage), clock))
}

fn listen(address: SocketAddr) -> Result<TcpListener, SpawnError> {
    let listen = || {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    listen().map_err(|source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => SpawnError::PortInUse(address),
        _ => SpawnError::Listen { address, source },
    })
}

/// Runs the server on threads of its own, so that dropping the handle can wait for the port to be free, and a caller with
/// a single thread or with paused time is still served.
fn serve(
    listener: TcpListener,
    control: Control,
    stop: oneshot::Receiver<()>,
) -> Result<thread::JoinHandle<()>, SpawnError> {
    let limits = control.node().config.rpc.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(SERVER_THREADS)
        .max_blocking_threads(limits.concurrent_calls.max(1))
        .thread_name("devnet-rpc")
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .map_err(SpawnError::Resources)?;
    let context = runtime.enter();
    let server = rpc::serve(listener, control, &limits).map_err(SpawnError::Resources)?;
    drop(context);
    let run = move || {
        // The sender is only ever dropped.
        let _ = runtime.block_on(stop);
        // It may have stopped by itself; then there is nothing to stop.
        let _ = server.stop();
        // Calls that are running may still answer; those that take longer are cut off.
        let _ = runtime.block_on(async { tokio::time::timeout(STOP_GRACE, server.stopped()).await });
        runtime.shutdown_timeout(STOP_GRACE);
    };
    thread::Builder::new().name("devnet-server".to_owned()).spawn(run).map_err(SpawnError::Resources)
}

/// Turns a panic of a runtime that does not catch its own into a trap, so that it cannot end a thread of the chain.
struct Guarded<R>(R);

impl<R: Runtime> Runtime for Guarded<R> {
    fn call(&self, method: &str, input: &[u8], state: &dyn State) -> Result<Outcome, Trap> {
        catch_unwind(AssertUnwindSafe(|| self.0.call(method, input, state))).unwrap_or_else(|cause| {
            let text = cause.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| cause.downcast_ref::<String>().cloned());
            Err(Trap::Panicked(text.unwrap_or_else(|| format!("The runtime panicked in {method}"))))
        })
    }
}
