//! A subnet on which validators can set weights in the very next block.

use frame_support::dispatch::RawOrigin;
use frame_support::traits::fungible::Mutate;
use serde::Deserialize;
use serde_json::{Value, json};
use sp_runtime::DispatchError;

use super::{run_call, ss58};
use crate::genesis::account;
use crate::pallets::subtensor::types::NetUid;
use crate::pallets::subtensor::{
    Burn, Call, CommitRevealWeightsEnabled, MaxAllowedUids, MaxAllowedValidators, MinBurn, NetworkRateLimit,
    NetworksAdded, ServingRateLimit, StartCallDelay, SubnetEmissionEnabled, Uids, ValidatorPermit,
    WeightsSetRateLimit,
};
use crate::{AccountId, Balances, Runtime, SubtensorModule};

const TAO: u64 = 1_000_000_000;

/// What the subnet shall be. Everybody has a coldkey and a hotkey of their own, derived from the netuid.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// Neurons with stake and a permit.
    #[serde(default = "one")]
    validators: u16,
    #[serde(default = "one")]
    miners: u16,
    /// Alpha that each validator has staked on itself, in rao.
    #[serde(default = "thousand")]
    stake_rao: u64,
    /// What each coldkey has left to spend, in rao.
    #[serde(default = "thousand")]
    balance_rao: u64,
    /// Blocks per epoch, if not the chain's default.
    #[serde(default)]
    tempo: Option<u16>,
    /// Whether weights are committed first, as on a new subnet of the real chain, or set in the open.
    #[serde(default)]
    commit_reveal: bool,
    /// Blocks between two sets of weights of a neuron.
    #[serde(default)]
    weights_rate_limit: u64,
}

const fn one() -> u16 {
    1
}

const fn thousand() -> u64 {
    1_000 * TAO
}

/// A coldkey with one hotkey.
struct Member {
    coldkey_uri: String,
    coldkey: AccountId,
    hotkey_uri: String,
    hotkey: AccountId,
}

impl Member {
    fn new(netuid: NetUid, role: &str) -> Result<Self, String> {
        let coldkey_uri = format!("//subnet-{netuid}-{role}");
        let hotkey_uri = format!("{coldkey_uri}//default");
        let of = |uri: &str| account(uri).ok_or_else(|| format!("no key can be derived from {uri}"));
        Ok(Self { coldkey: of(&coldkey_uri)?, hotkey: of(&hotkey_uri)?, coldkey_uri, hotkey_uri })
    }

    fn endow(&self, rao: u64) -> Result<(), String> {
        Balances::mint_into(&self.coldkey, rao).map(drop).map_err(failed("endowing"))
    }

    fn sign(&self, call: Call<Runtime>) -> Result<(), String> {
        run_call(RawOrigin::Signed(self.coldkey.clone()), call)
    }

    fn describe(&self, netuid: NetUid) -> Value {
        json!({
            "uid": Uids::<Runtime>::get(netuid, &self.hotkey),
            "coldkey": ss58(&self.coldkey),
            "coldkey_uri": self.coldkey_uri,
            "hotkey": ss58(&self.hotkey),
            "hotkey_uri": self.hotkey_uri,
        })
    }
}

fn failed(what: &'static str) -> impl Fn(DispatchError) -> String {
    move |error| format!("{what} an account failed with {error:?}")
}

/// Registers, starts, fills and stakes a subnet, and returns its netuid and everybody's keys.
pub(super) fn create(plan: &Plan) -> Result<Value, String> {
    let netuid = (1..=NetUid::MAX)
        .find(|netuid| !NetworksAdded::<Runtime>::get(netuid))
        .ok_or("every netuid is taken")?;
    let owner = Member::new(netuid, "owner")?;
    let group = |role: &str, count: u16| {
        (0..count).map(|index| Member::new(netuid, &format!("{role}-{index}"))).collect::<Result<Vec<_>, _>>()
    };
    let (validators, miners) = (group("validator", plan.validators)?, group("miner", plan.miners)?);

    register(netuid, &owner, plan)?;
    let neurons = usize::from(MaxAllowedUids::<Runtime>::get(netuid));
    // The owner is the first neuron.
    if 1 + validators.len() + miners.len() > neurons {
        return Err(format!("a subnet has room for {} neurons besides its owner", neurons.saturating_sub(1)));
    }
    let permits = MaxAllowedValidators::<Runtime>::get(netuid);
    if plan.validators > permits {
        return Err(format!("a subnet has at most {permits} validators (MaxAllowedValidators)"));
    }
    let price = Burn::<Runtime>::get(netuid);
    for member in validators.iter().chain(&miners) {
        let least = MinBurn::<Runtime>::get(netuid);
        // At the least price for everybody: with the usual rise the last of many would pay a fortune.
        Burn::<Runtime>::insert(netuid, least);
        member.endow(plan.balance_rao.saturating_add(least))?;
        member.sign(Call::burned_register { netuid, hotkey: member.hotkey.clone() })?;
    }
    Burn::<Runtime>::insert(netuid, price);
    for validator in &validators {
        SubtensorModule::set_stake(&validator.hotkey, &validator.coldkey, netuid, plan.stake_rao);
        permit(netuid, &validator.hotkey);
    }
    let describe =
        |members: &[Member]| members.iter().map(|member| member.describe(netuid)).collect::<Vec<_>>();
    Ok(json!({
        "netuid": netuid,
        "owner": owner.describe(netuid),
        "validators": describe(&validators),
        "miners": describe(&miners),
    }))
}

/// Creates and starts the subnet at the chain's price, but without its waits.
fn register(netuid: NetUid, owner: &Member, plan: &Plan) -> Result<(), String> {
    owner.endow(SubtensorModule::lock_cost().saturating_add(plan.balance_rao))?;
    let rate_limit = NetworkRateLimit::<Runtime>::get();
    NetworkRateLimit::<Runtime>::put(0);
    let registered = owner.sign(Call::register_network { hotkey: owner.hotkey.clone() });
    NetworkRateLimit::<Runtime>::put(rate_limit);
    registered?;
    if !NetworksAdded::<Runtime>::get(netuid) {
        return Err("the chain has no room for a further subnet now".to_owned());
    }
    let delay = StartCallDelay::<Runtime>::get();
    StartCallDelay::<Runtime>::put(0);
    let started = owner.sign(Call::start_call { netuid });
    StartCallDelay::<Runtime>::put(delay);
    started?;

    SubnetEmissionEnabled::<Runtime>::insert(netuid, true);
    CommitRevealWeightsEnabled::<Runtime>::insert(netuid, plan.commit_reveal);
    WeightsSetRateLimit::<Runtime>::insert(netuid, plan.weights_rate_limit);
    ServingRateLimit::<Runtime>::insert(netuid, 0);
    if let Some(tempo) = plan.tempo {
        SubtensorModule::set_tempo_anew(netuid, tempo);
    }
    Ok(())
}

fn permit(netuid: NetUid, hotkey: &AccountId) {
    let Some(uid) = Uids::<Runtime>::get(netuid, hotkey) else { return };
    ValidatorPermit::<Runtime>::mutate(netuid, |permits| {
        if let Some(entry) = permits.get_mut(usize::from(uid)) {
            *entry = true;
        }
    });
}
