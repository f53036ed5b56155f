//! Driving a chain that has the default runtime: subnets, epochs, stake. Other runtimes know none of it and refuse.
//!
//! What changes the state is done by the runtime itself, in blocks of their own.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    author::Author,
    control::{Control, ControlError, Head, advance_to_time, edits::read_dev, not_by_real_clock},
    interface::NameError,
    native::Variant,
    production::{Shared, make_blocks},
};

/// What [`Control::create_subnet`] makes. Amounts are in rao.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SubnetPlan {
    /// Neurons with stake and a permit.
    pub validators: u16,
    /// Neurons without.
    pub miners: u16,
    /// Alpha that each validator has staked on itself.
    pub stake_rao: u64,
    /// What each coldkey has left to spend.
    pub balance_rao: u64,
    /// Blocks per epoch, if not the chain's default.
    pub tempo: Option<u16>,
    /// Whether weights have to be committed first, as on a new subnet of the real chain.
    pub commit_reveal: bool,
    /// Blocks between two sets of weights of a neuron.
    pub weights_rate_limit: u64,
}

impl Default for SubnetPlan {
    fn default() -> Self {
        const TAO: u64 = 1_000_000_000;
        Self {
            validators: 1,
            miners: 1,
            stake_rao: 1_000 * TAO,
            balance_rao: 1_000 * TAO,
            tempo: None,
            commit_reveal: false,
            weights_rate_limit: 0,
        }
    }
}

/// A subnet as [`Control::create_subnet`] made it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NewSubnet {
    /// Its number.
    pub netuid: u16,
    /// Who registered it; also the neuron with uid 0.
    pub owner: Member,
    /// Neurons with stake and a permit, by uid.
    pub validators: Vec<Member>,
    /// The others, by uid.
    pub miners: Vec<Member>,
}

/// A neuron and its keys, as ss58 addresses and as the URIs of the secrets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// Its number in the subnet.
    pub uid: u16,
    /// Address of the coldkey.
    pub coldkey: String,
    /// Secret URI of the coldkey.
    pub coldkey_uri: String,
    /// Address of the hotkey.
    pub hotkey: String,
    /// Secret URI of the hotkey.
    pub hotkey_uri: String,
}

impl Control {
    /// Makes blocks until a subnet has had `count` more epochs.
    ///
    /// # Errors
    /// If the subnet does not exist or has no tempo, more blocks were needed than one request may make, or as
    /// [`mine`](Self::mine). Blocks made before stay.
    pub async fn advance_epochs(&self, netuid: u16, count: u32) -> Result<Head, ControlError> {
        let most = self.node().config.rpc.blocks_per_request;
        self.run(move |author, shared| advance_epochs(author, shared, netuid, count, most)).await
    }

    /// Makes blocks until `count` more rounds of the chain's beacon have begun. They come every few seconds of chain time.
    ///
    /// # Errors
    /// As [`mine`](Self::mine).
    pub async fn advance_rounds(&self, count: u64) -> Result<Head, ControlError> {
        let most = self.node().config.rpc.blocks_per_request;
        self.run(move |author, shared| {
            let beacon: Beacon = ask(author, "beacon", &json!({}))?;
            let time_ms = beacon.time_of_round(beacon.round_at(author.clock.head_ms()).saturating_add(count));
            advance_to_time(author, shared, time_ms, most)
        })
        .await
    }

    /// Puts another runtime in place of the one that runs, as an upgrade on chain does: the block that is made has the event
    /// and the digest of it, and the next one is the first that the new runtime makes. It may also be an older one.
    ///
    /// # Errors
    /// If no block can be made.
    pub async fn upgrade_runtime(&self, variant: Variant) -> Result<Head, ControlError> {
        self.apply("upgradeRuntime", &json!({ "name": variant.name() })).await
    }

    /// Makes an account's free balance exactly `rao`, issuing or burning the difference.
    ///
    /// # Errors
    /// If `account` is not an ss58 address, or no block can be made.
    pub async fn set_balance(&self, account: &str, rao: u64) -> Result<Head, ControlError> {
        self.apply("setBalance", &json!({ "account": account, "rao": rao })).await
    }

    /// Makes what a coldkey (the hotkey's owner if none is given) holds on a hotkey exactly `rao`: alpha, or TAO on netuid 0.
    ///
    /// # Errors
    /// If there is no such subnet, nobody owns the hotkey, or no block can be made.
    pub async fn set_stake(
        &self,
        netuid: u16,
        hotkey: &str,
        coldkey: Option<&str>,
        rao: u64,
    ) -> Result<Head, ControlError> {
        let params = json!({ "netuid": netuid, "hotkey": hotkey, "rao": rao, "coldkey": coldkey });
        self.apply("setStake", &params).await
    }

    /// Gives a neuron the validator permit or takes it away. The next epoch decides anew, by stake.
    ///
    /// # Errors
    /// If the hotkey is not registered on the subnet, or no block can be made.
    pub async fn set_permit(&self, netuid: u16, hotkey: &str, permit: bool) -> Result<Head, ControlError> {
        self.apply("setPermit", &json!({ "netuid": netuid, "hotkey": hotkey, "permit": permit })).await
    }

    /// Sets a hyperparameter as root does by `AdminUtils.sudo_set_NAME`, but also right before an epoch. Global ones have no
    /// netuid; those of several values take an array.
    ///
    /// # Errors
    /// If there is no such hyperparameter, the value does not fit or is out of bounds, or no block can be made.
    pub async fn set_hyperparameter(
        &self,
        netuid: Option<u16>,
        name: &str,
        value: &Value,
    ) -> Result<Head, ControlError> {
        const PALLET: &str = "AdminUtils";
        let call = format!("sudo_set_{name}");
        let args = |values: &[Value]| {
            Value::Array(netuid.map(Value::from).into_iter().chain(values.iter().cloned()).collect())
        };
        let one = self.dispatch(None, PALLET, &call, &args(std::slice::from_ref(value))).await;
        match (one, value) {
            (Err(ControlError::Name(NameError::Arguments { .. })), Value::Array(values)) => {
                self.dispatch(None, PALLET, &call, &args(values)).await
            }
            (one, _) => one,
        }
    }

    /// Makes a subnet in one block: registered, started, emitting, with neurons whose keys everybody knows. Validators have
    /// stake and permits, and can set weights at once.
    ///
    /// # Errors
    /// If it has more neurons than a subnet has room for, the chain has no room for a subnet, or no block can be made.
    pub async fn create_subnet(&self, plan: &SubnetPlan) -> Result<NewSubnet, ControlError> {
        let (_, subnet) = self.call_editing("createSubnet", &json!(plan)).await?;
        serde_json::from_value(subnet).map_err(|error| ControlError::Refused(error.to_string()))
    }

    async fn apply(&self, name: &str, params: &Value) -> Result<Head, ControlError> {
        self.call_editing(name, params).await.map(|(head, _)| head)
    }
}

/// When rounds come, in seconds.
#[derive(Deserialize)]
struct Beacon {
    genesis_time: u64,
    period: u64,
}

impl Beacon {
    /// The newest round at a time; the first is 1.
    fn round_at(&self, time_ms: u64) -> u64 {
        let since = (time_ms / 1_000).checked_sub(self.genesis_time);
        since.map_or(0, |since| since / self.period.max(1) + 1)
    }

    fn time_of_round(&self, round: u64) -> u64 {
        let since = round.saturating_sub(1).saturating_mul(self.period);
        self.genesis_time.saturating_add(since).saturating_mul(1_000)
    }
}

#[derive(Deserialize)]
struct Epoch {
    index: u64,
    /// The block of the next one, unless it is put off; none without a tempo.
    next: Option<u64>,
}

fn advance_epochs(
    author: &mut Author,
    shared: &Shared,
    netuid: u16,
    count: u32,
    most: u32,
) -> Result<Head, ControlError> {
    not_by_real_clock(author)?;
    let epoch = |author: &Author| ask::<Epoch>(author, "epoch", &json!({ "netuid": netuid }));
    let mut now = epoch(author)?;
    let goal = now.index.saturating_add(u64::from(count));
    let mut made = 0_u64;
    while now.index < goal {
        let next = now.next.ok_or(ControlError::NoEpochs { netuid })?;
        let wait = next.saturating_sub(u64::from(author.node().history.head().number())).max(1);
        made = made.saturating_add(wait);
        let wait = u32::try_from(wait).ok().filter(|_| made <= u64::from(most));
        let wait = wait.ok_or(ControlError::TooManyBlocks { asked: made, most })?;
        make_blocks(author, wait, shared)?;
        now = epoch(author)?;
    }
    Ok((&*author.node().history.head()).into())
}

/// Asks the runtime about its state after the head.
fn ask<T: DeserializeOwned>(author: &Author, name: &str, params: &Value) -> Result<T, ControlError> {
    let answer = read_dev(author.node(), name, params)?;
    serde_json::from_value(answer).map_err(|error| ControlError::Refused(error.to_string()))
}
