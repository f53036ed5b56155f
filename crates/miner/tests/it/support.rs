//! An axon on a free port, and a client that signs as a validator does.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use reqwest::{Client, RequestBuilder, Response};
use serde::{Deserialize, Serialize};
use subnetkit_chain::AxonCertificate;
use subnetkit_miner::{Axon, Call, Forward, MinerConfig, Refusal, Roster, Serving, SharedRoster, Standing};
use subnetkit_protocol::{
    Hotkey, Keypair, Scheme, Synapse,
    btauth::{NonceClock, Unsigned, sign},
};
use tokio::{
    sync::{Notify, Semaphore, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

pub(crate) struct Echo;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    pub(crate) say: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    pub(crate) said: String,
    pub(crate) to: Hotkey,
    pub(crate) uid: Option<u16>,
}

impl Synapse for Echo {
    const NAME: &'static str = "echo";
    type Request = Ask;
    type Response = Said;
}

/// Echoes. Some words make it misbehave.
pub(crate) struct Parrot {
    /// Tells that a call for `wait` began.
    pub(crate) began: Notify,
    /// Each permit lets one call for `wait` finish.
    pub(crate) go: Semaphore,
}

#[async_trait]
impl Forward<Echo> for Parrot {
    async fn forward(&self, call: Call<Ask>) -> Result<Said, Refusal> {
        match call.request.say.as_str() {
            "wait" => {
                self.began.notify_one();
                self.go.acquire().await?.forget();
            }
            "panic" => panic!("the parrot is dead"),
            "fail" => return Err("0x2g".parse::<u64>().unwrap_err().into()),
            "senseless" => return Err(Refusal::invalid("parrots do not say that")),
            "tired" => return Err(Refusal::busy(Duration::from_millis(2500))),
            _ => {}
        }
        let uid = call.standing.map(|standing| standing.uid);
        Ok(Said { said: call.request.say, to: call.caller, uid })
    }
}

/// A running axon. Dropping it ends it.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) operator: SocketAddr,
    pub(crate) own: Hotkey,
    pub(crate) parrot: Arc<Parrot>,
    pub(crate) roster: SharedRoster,
    pub(crate) serving: Serving,
    pub(crate) certificate: Option<watch::Receiver<AxonCertificate>>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) ended: JoinHandle<()>,
    pub(crate) client: Client,
}

pub(crate) fn config() -> MinerConfig {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    MinerConfig { listen, rate_shared_by_stake: 0.0, ..MinerConfig::default() }
}

/// A development key. Each is derived once: that takes longer than most tests.
pub(crate) fn key(name: &str) -> Keypair {
    static KEYS: LazyLock<Mutex<HashMap<String, Keypair>>> = LazyLock::new(Mutex::default);
    let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
    let derive = || Keypair::from_uri(&format!("//{name}"), Scheme::Sr25519).unwrap();
    keys.entry(name.to_owned()).or_insert_with(derive).clone()
}

/// Alice and Bob validate, Charlie has no permit, Dave owns the subnet and has nothing else, the miner is uid 9.
pub(crate) fn roster() -> Roster {
    let standing =
        |uid, validator_permit, stake_rao, owner| Standing { uid, validator_permit, stake_rao, owner };
    let members = HashMap::from([
        (key("Alice").account(), standing(0, true, 1_000, false)),
        (key("Bob").account(), standing(1, true, 500, false)),
        (key("Charlie").account(), standing(2, false, 1_000, false)),
        (key("Dave").account(), standing(3, false, 0, true)),
        (key("Miner").account(), standing(9, false, 0, false)),
    ]);
    Roster { block: 1, members }
}

pub(crate) async fn start(config: MinerConfig) -> Running {
    start_with(config, |axon| axon).await
}

pub(crate) async fn start_with(config: MinerConfig, change: impl FnOnce(Axon) -> Axon) -> Running {
    start_as(key("Miner"), config, change).await
}

/// As [`start_with`], under another hotkey.
pub(crate) async fn start_as(
    hotkey: Keypair,
    config: MinerConfig,
    change: impl FnOnce(Axon) -> Axon,
) -> Running {
    let own = hotkey.account();
    let parrot = Arc::new(Parrot { began: Notify::new(), go: Semaphore::new(0) });
    let axon = Axon::new(hotkey, config).serve::<Echo>(Arc::clone(&parrot));
    let bound = change(axon).bind().await.unwrap();
    let (address, operator) = (bound.local_addr(), bound.operator_addr());
    let (roster, serving, certificate) = (bound.roster(), bound.serving(), bound.certificate());
    roster.publish(self::roster());
    let shutdown = CancellationToken::new();
    let ended = tokio::spawn(bound.run(shutdown.clone()));
    let client = Client::builder().no_proxy().build().unwrap();
    Running { address, operator, own, parrot, roster, serving, certificate, shutdown, ended, client }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.ended.abort();
    }
}

impl Running {
    pub(crate) fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    pub(crate) fn headers(&self, signer: &Keypair, target: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        self.headers_at(signer, target, body, NonceClock::new().next())
    }

    pub(crate) fn headers_at(
        &self,
        signer: &Keypair,
        target: &str,
        body: &[u8],
        nonce: u64,
    ) -> Vec<(&'static str, String)> {
        sign(signer, &Unsigned { method: "POST", target, body, receiver: Some(&self.own), nonce }).unwrap()
    }

    /// A signed request, not yet sent.
    pub(crate) fn signed(&self, signer: &str, target: &str, body: impl Into<Vec<u8>>) -> RequestBuilder {
        let body = body.into();
        let headers = self.headers(&key(signer), target, &body);
        self.post(target, headers, body)
    }

    pub(crate) fn post(
        &self,
        target: &str,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> RequestBuilder {
        let request =
            self.client.post(self.url(target)).header("content-type", "application/json").body(body);
        headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    /// Asks the parrot to say a word.
    pub(crate) async fn say(&self, signer: &str, word: &str) -> Response {
        self.signed(signer, "/echo", ask(word)).send().await.unwrap()
    }

    pub(crate) async fn get(&self, target: &str) -> (u16, String) {
        let response = self.client.get(format!("http://{}{target}", self.operator)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

pub(crate) fn ask(word: &str) -> Vec<u8> {
    serde_json::to_vec(&Ask { say: word.to_owned() }).unwrap()
}

/// Checks a refusal: status, kind, and that there is a sentence.
#[track_caller]
pub(crate) fn refusal(response: Response, status: u16, kind: &'static str) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body {
            error: String,
            message: String,
        }
        let got = response.status().as_u16();
        let text = response.text().await.unwrap();
        assert_eq!(got, status, "{text} at {caller}");
        let body: Body = serde_json::from_str(&text).unwrap();
        assert_eq!(body.error, kind, "{text} at {caller}");
        assert!(body.message.len() > 10, "{text} at {caller}");
    }
}

pub(crate) fn retry_after(response: &Response) -> u64 {
    response.headers()["retry-after"].to_str().unwrap().parse().unwrap()
}
