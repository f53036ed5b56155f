//! The axon: synapses behind one stack of layers, on one listener.

use std::{fmt, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    response::Response,
    routing::{MethodRouter, post},
};
use subnetkit_chain::AxonCertificate;
#[cfg(feature = "axon-v10")]
use subnetkit_protocol::axon_v10::SynapseV10;
use subnetkit_protocol::{Keypair, Synapse};
use tokio::{net::TcpListener, sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

#[cfg(feature = "axon-v10")]
use crate::v10;
use crate::{
    Admit, BindError, Forward, ForwardStream, MinerConfig, Serving, SharedRoster, StandingRule,
    answer::answer,
    authenticate::Authenticator,
    bind::listen,
    deadline::{Arrived, HeedCaller},
    health::{self, Health},
    limit::{Doorkeeper, Line, TimeLimit},
    metrics::{self, Metrics},
    rate::RateLimit,
    rejection::{Outcome, Rejection},
    server,
    signing::{SignAnswers, Signer},
    slots::Slots,
    step::{CatchPanics, Next, Step, Steps},
    streaming::{StreamBounds, Streaming, answer_stream},
    tls::Tls,
};

/// A server for synapses that knows the chain only through its [`SharedRoster`].
///
/// [`crate::Miner`] adds the chain. By itself it serves whoever the roster says is registered:
///
/// ```no_run
/// # use subnetkit_miner::{Axon, Forward, MinerConfig, Roster};
/// # use subnetkit_protocol::{Keypair, Synapse};
/// # async fn example<S: Synapse>(hotkey: Keypair, solver: impl Forward<S>, roster: Roster)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// let axon = Axon::new(hotkey, MinerConfig::default()).serve::<S>(solver).bind().await?;
/// axon.roster().publish(roster);
/// axon.run(tokio_util::sync::CancellationToken::new()).await;
/// # Ok(()) }
/// ```
#[must_use = "an axon serves nothing until it is bound and run"]
pub struct Axon {
    hotkey: Keypair,
    config: MinerConfig,
    rule: Arc<dyn Admit>,
    synapses: Vec<(&'static str, MethodRouter)>,
    #[cfg(feature = "axon-v10")]
    classes: Vec<v10::Served>,
}

impl Axon {
    /// An axon that requests are addressed to by this hotkey, which also signs the answers.
    pub fn new(hotkey: Keypair, config: MinerConfig) -> Self {
        let rule = Arc::new(StandingRule::from_config(&config));
        Self {
            hotkey,
            config,
            rule,
            synapses: Vec::new(),
            #[cfg(feature = "axon-v10")]
            classes: Vec::new(),
        }
    }

    /// Answers `POST /{NAME}` with the handler. May be called once for each of several synapses; handlers that share
    /// state share an [`Arc`], which answers as what is in it does:
    ///
    /// ```
    /// # use std::sync::{Arc, Mutex};
    /// # use subnetkit_miner::{Axon, Call, Forward, MinerConfig, Refusal};
    /// # use subnetkit_protocol::{Keypair, Synapse};
    /// # struct Store;
    /// # impl Synapse for Store { const NAME: &'static str = "store"; type Request = String; type Response = (); }
    /// # struct Count;
    /// # impl Synapse for Count { const NAME: &'static str = "count"; type Request = (); type Response = usize; }
    /// #[derive(Default)]
    /// struct Shelf(Mutex<Vec<String>>);
    ///
    /// #[async_trait::async_trait]
    /// impl Forward<Store> for Shelf {
    ///     async fn forward(&self, call: Call<String>) -> Result<(), Refusal> {
    ///         self.0.lock().map_err(|_| Refusal::internal("the shelf fell"))?.push(call.request);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// #[async_trait::async_trait]
    /// impl Forward<Count> for Shelf {
    ///     async fn forward(&self, _: Call<()>) -> Result<usize, Refusal> {
    ///         Ok(self.0.lock().map_err(|_| Refusal::internal("the shelf fell"))?.len())
    ///     }
    /// }
    ///
    /// # fn example(hotkey: Keypair) {
    /// let shelf = Arc::new(Shelf::default());
    /// let axon = Axon::new(hotkey, MinerConfig::default())
    ///     .serve::<Store>(Arc::clone(&shelf))
    ///     .serve::<Count>(shelf);
    /// # drop(axon); }
    /// ```
    pub fn serve<S: Synapse>(mut self, forward: impl Forward<S>) -> Self {
        let forward: Arc<dyn Forward<S>> = Arc::new(forward);
        let route = post(move |request: Request| answer::<S>(Arc::clone(&forward), request));
        self.synapses.push((S::NAME, route));
        self
    }

    /// Answers `POST /{NAME}` with the handler's chunks as they come; see [`ForwardStream`].
    pub fn serve_stream<S: Synapse>(mut self, forward: impl ForwardStream<S>) -> Self {
        let forward: Arc<dyn ForwardStream<S>> = Arc::new(forward);
        let bounds = StreamBounds::new(&self.config);
        let route = post(move |request: Request| answer_stream::<S>(Arc::clone(&forward), bounds, request));
        self.synapses.push((S::NAME, route));
        self
    }

    /// Answers SDK 10's `POST /{CLASS}` with the handler, beside or in place of [`serve`](Self::serve); and the ping of
    /// SDK 10, `POST /Synapse`, to whoever is admitted. All limits are those of the other requests, and shared with them.
    ///
    /// ```no_run
    /// # use subnetkit_miner::{Axon, Forward, MinerConfig};
    /// # use subnetkit_protocol::{Keypair, axon_v10::SynapseV10};
    /// # async fn example<S: SynapseV10>(hotkey: Keypair, solver: std::sync::Arc<dyn Forward<S>>)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// // `POST /{NAME}` for callers of today's SDK, `POST /{CLASS}` for those of SDK 10.
    /// let axon = Axon::new(hotkey, MinerConfig::default()).serve::<S>(solver.clone()).serve_v10::<S>(solver);
    /// # drop(axon.bind().await?);
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "axon-v10")]
    pub fn serve_v10<S: SynapseV10>(self, forward: impl Forward<S>) -> Self {
        self.serve_class(v10::Served::new::<S>(forward))
    }

    /// Streams the answers to SDK 10's `POST /{CLASS}`; see [`serve_v10`](Self::serve_v10) and [`ForwardStream`]. Chunks
    /// that are [`Raw`](subnetkit_protocol::Raw) bytes are sent as they are, others as lines of JSON.
    #[cfg(feature = "axon-v10")]
    pub fn serve_stream_v10<S: SynapseV10>(self, forward: impl ForwardStream<S>) -> Self {
        let bounds = StreamBounds::new(&self.config);
        self.serve_class(v10::Served::streaming::<S>(forward, bounds))
    }

    #[cfg(feature = "axon-v10")]
    fn serve_class(mut self, served: v10::Served) -> Self {
        if self.classes.is_empty() {
            self.classes.push(v10::Served::ping());
        }
        self.classes.push(served);
        self
    }

    /// Replaces the admission rule, [`StandingRule`] by the settings.
    pub fn admit_by(mut self, rule: impl Admit) -> Self {
        self.rule = Arc::new(rule);
        self
    }

    /// Takes the address. Connections are accepted from [`BoundAxon::run`] on.
    ///
    /// # Errors
    /// An impossible setting or synapse name, TLS files that are no pair, or an address that can't be listened on.
    pub async fn bind(self) -> Result<BoundAxon, BindError> {
        self.config.check()?;
        self.check_names()?;
        let tls = Tls::open(&self.config).await?;
        let (listener, local_addr) = listen("listen", self.config.listen).await?;
        let operator = match self.config.operator_listen {
            Some(address) => Some(listen("operator_listen", address).await?),
            None => None,
        };
        let roster = SharedRoster::new();
        let serving = Serving::default();
        let metrics = Arc::new(Metrics::new());
        let (mut router, health) = self.routers(&roster, &serving, &metrics).await?;
        let operator = match operator {
            Some((listener, address)) => Some(Operator { listener, address, router: health }),
            None => {
                router = router.merge(health);
                None
            }
        };
        Ok(BoundAxon {
            listener,
            local_addr,
            router,
            operator,
            tls,
            config: self.config,
            roster,
            serving,
            metrics,
        })
    }

    fn check_names(&self) -> Result<(), BindError> {
        let names = self.names();
        if names.is_empty() {
            return Err(BindError::NoSynapse);
        }
        for (index, name) in names.iter().enumerate() {
            let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            if name.is_empty() || name.len() > 64 || !name.bytes().all(in_alphabet) {
                return Err(BindError::NameMalformed(name));
            }
            let earlier = names.iter().take(index).any(|other| other == name);
            if earlier || health::RESERVED.contains(name) {
                return Err(BindError::NameTaken(name));
            }
        }
        Ok(())
    }

    /// What requests are counted under: the paths, without their slash.
    fn names(&self) -> Vec<&'static str> {
        let names = self.synapses.iter().map(|(name, _)| *name);
        #[cfg(feature = "axon-v10")]
        let names = names.chain(self.classes.iter().map(|served| served.class));
        names.collect()
    }

    /// The synapses behind the stack, and the operator's routes.
    ///
    /// The stack, outermost first. What costs least is asked first; nothing of a request is parsed before its
    /// signature is proven.
    async fn routers(
        &self,
        roster: &SharedRoster,
        serving: &Serving,
        metrics: &Arc<Metrics>,
    ) -> Result<(Router, Router), BindError> {
        let config = &self.config;
        let own = self.hotkey.account();
        let slots = Slots::new(config.max_concurrency, config.queue);
        let rate = RateLimit::new(config, roster.clone(), Arc::clone(&self.rule));
        let door = Doorkeeper {
            roster: roster.clone(),
            rule: Arc::clone(&self.rule),
            max_age: config.metagraph_max_age,
            when_stale: config.when_stale,
        };
        let authenticator = Arc::new(Authenticator::new(own, door, config).await?);
        let signer = Signer { hotkey: self.hotkey.clone(), enabled: config.sign_responses };
        let line = Line { slots: slots.clone(), patience: config.queue_timeout };
        // Panics are caught once more, so that the answer to a handler's is signed like any other.
        let behind = Arc::new((CatchPanics, (HeedCaller, (rate, (line, TimeLimit)))));
        let proven = (SignAnswers(Arc::new(signer)), Arc::clone(&behind));
        let stack = Steps::new((CatchPanics, (Arc::clone(&authenticator), proven)));

        let names = self.names();
        let mut router = Router::new();
        for (name, route) in &self.synapses {
            router = router.route(&format!("/{name}"), route.clone().route_layer(stack.clone()));
        }
        #[cfg(feature = "axon-v10")]
        if !self.classes.is_empty() {
            let gate = Arc::new(v10::Gate::new(own, authenticator, config).await?);
            for served in &self.classes {
                let dress = v10::Dress { own, class: served.class };
                let turnstile = v10::Turnstile::new(&gate, served);
                let stack = Steps::new((dress, (CatchPanics, (turnstile, Arc::clone(&behind)))));
                let route = served.route.clone().route_layer(stack);
                router = router.route(&format!("/{}", served.class), route);
            }
        }
        let served = names.iter().map(|name| format!("POST /{name}")).collect::<Vec<_>>().join(", ");
        let observer = Observer { names, metrics: Arc::clone(metrics) };
        let health = Health {
            own,
            roster: roster.clone(),
            rule: Arc::clone(&self.rule),
            max_age: config.metagraph_max_age,
            serving: serving.clone(),
            slots,
            metrics: Arc::clone(metrics),
        };
        let synapses = router
            .method_not_allowed_fallback(async || {
                Rejection::new(Outcome::MethodNotAllowed, "a synapse is asked with POST")
            })
            .fallback(async move || {
                Rejection::new(Outcome::NotFound, format!("no such route; this axon serves {served}"))
            })
            .layer(Steps::new(observer));
        Ok((synapses, health::routes(Arc::new(health))))
    }
}

impl fmt::Debug for Axon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Axon")
            .field("own", &self.hotkey.account())
            .field("synapses", &self.names())
            .finish_non_exhaustive()
    }
}

/// An axon with its address taken.
#[must_use = "a bound axon accepts nobody until it is run"]
pub struct BoundAxon {
    listener: TcpListener,
    local_addr: SocketAddr,
    router: Router,
    operator: Option<Operator>,
    tls: Option<Arc<Tls>>,
    config: MinerConfig,
    roster: SharedRoster,
    serving: Serving,
    metrics: Arc<Metrics>,
}

/// The operator's own listener.
struct Operator {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
}

impl BoundAxon {
    /// The address, with the port the system chose if `listen` left it open.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The address of the operator's routes.
    #[must_use]
    pub fn operator_addr(&self) -> SocketAddr {
        self.operator.as_ref().map_or(self.local_addr, |operator| operator.address)
    }

    /// The key that callers have to find in the certificate, now and whenever it changes; `None` without TLS.
    #[must_use]
    pub fn certificate(&self) -> Option<watch::Receiver<AxonCertificate>> {
        self.tls.as_ref().map(|tls| tls.published())
    }

    /// Where snapshots of the metagraph are published.
    #[must_use]
    pub fn roster(&self) -> SharedRoster {
        self.roster.clone()
    }

    /// Where to say whether the address is published; `/readyz` reports it.
    #[must_use]
    pub fn serving(&self) -> Serving {
        self.serving.clone()
    }

    /// Serves until `shutdown`, then stops accepting and lets the requests in flight finish within `drain_timeout`.
    pub async fn run(self, shutdown: CancellationToken) {
        let Self { listener, router, operator, tls, config, serving, metrics, .. } = self;
        let drained = CancellationToken::new();
        let synapses = async {
            // Whatever way this ends, the operator's routes end too.
            let _drained = drained.clone().drop_guard();
            server::serve(listener, router, &config, tls.as_ref(), &metrics, &shutdown).await;
        };
        let health = async {
            if let Some(Operator { listener, router, .. }) = operator {
                server::serve(listener, router, &config, None, &metrics, &drained).await;
            }
        };
        let readiness = async {
            // Whoever watches readiness sends no more callers from the first moment of the drain.
            shutdown.cancelled().await;
            serving.set(false);
        };
        let reload = async {
            if let Some(tls) = &tls {
                tokio::select! {
                    () = drained.cancelled() => {}
                    () = tls.follow() => {}
                }
            }
        };
        tokio::join!(synapses, health, readiness, reload);
    }
}

impl fmt::Debug for BoundAxon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundAxon").field("local_addr", &self.local_addr).finish_non_exhaustive()
    }
}

struct Observer {
    names: Vec<&'static str>,
    metrics: Arc<Metrics>,
}

/// The outermost step: counts and times every request, answered or not.
impl Step for Observer {
    async fn pass(&self, mut request: Request, next: impl Next) -> Result<Response, Rejection> {
        request.extensions_mut().insert(Arrived(Instant::now()));
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let synapse = self.names.iter().find(|name| path.strip_prefix('/') == Some(**name)).copied();
        let observed = self.metrics.begin(synapse.unwrap_or(metrics::NO_SYNAPSE));
        let response = next.run(request).await;
        let end = move |outcome: Outcome| {
            tracing::debug!(synapse, outcome = outcome.name(), "a request ended");
            observed.end(outcome);
        };
        match response.extensions().get::<Streaming>() {
            Some(streaming) => streaming.on_end(end),
            None => end(response.extensions().get::<Outcome>().copied().unwrap_or(Outcome::Answered)),
        }
        Ok(response)
    }
}
