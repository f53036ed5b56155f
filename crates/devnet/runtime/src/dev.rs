//! What a development chain can do to its state that no extrinsic could: methods of the boundary that are not in the metadata.
//!
//! The host calls [`METHODS`] by name with JSON, inside a block of its own; it knows nothing of what they mean. They use the
//! pallets' own functions, so that totals stay consistent and events tell what happened.

mod subnet;

use std::collections::BTreeSet;

use codec::{Decode, Encode};
use frame_support::dispatch::RawOrigin;
use frame_support::traits::{PalletsInfoAccess, UnfilteredDispatchable};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sp_core::crypto::Ss58Codec;
use sp_externalities::ExternalitiesExt;
use sp_runtime::{DispatchError, MultiAddress};

use crate::pallets::admin;
use crate::pallets::drand::BeaconConfig;
use crate::pallets::subtensor::types::NetUid;
use crate::pallets::subtensor::{
    AdminFreezeWindow, Keys, NetworksAdded, Owner, SubnetEpochIndex, Uids, ValidatorPermit,
};
use crate::{
    AccountId, AllPalletsWithSystem, Commitments, NoSuchVariant, Runtime, RuntimeCall, RuntimeOrigin,
    SubtensorModule, System, Variant,
};

/// Prefix of the names of all methods here.
pub(crate) const PREFIX: &str = "Dev_";
/// Calls another method with some accounts' signatures taken as good.
pub(crate) const IMPERSONATING: &str = "Dev_impersonating";

type Method = (&'static str, fn(Value) -> Result<Value, String>);

/// The methods by name. Parameters are an object, or an array in the order of the fields. All but the first two change the state.
const METHODS: [Method; 7] = [
    ("beacon", |_| Ok(beacon())),
    ("epoch", |params| epoch(&read(params)?)),
    ("setBalance", |params| set_balance(read(params)?)),
    ("setStake", |params| set_stake(read(params)?)),
    ("setPermit", |params| set_permit(&read(params)?)),
    ("createSubnet", |params| subnet::create(&read(params)?)),
    ("upgradeRuntime", |params| upgrade_runtime(&read(params)?)),
];

/// Answers the methods of the boundary that begin with [`PREFIX`]; nothing if there is no such method.
pub(crate) fn dispatch(method: &str, mut input: &[u8]) -> Option<Vec<u8>> {
    match method.strip_prefix(PREFIX)? {
        "call" => Some(call(&mut input).map(|answer| answer.to_string()).encode()),
        "palletNumber" => {
            Some(String::decode(&mut input).ok().and_then(|name| pallet_number(&name)).encode())
        }
        "dispatch" => Some(dispatch_call(&mut input).encode()),
        // When time jumps, these are the rounds of the beacon that may not be left out.
        "awaitedRounds" => Some(
            SubtensorModule::awaited_rounds()
                .into_iter()
                .chain(Commitments::awaited_rounds())
                .collect::<Vec<_>>()
                .encode(),
        ),
        _ => None,
    }
}

fn call(input: &mut &[u8]) -> Result<Value, String> {
    let (name, params) = <(String, String)>::decode(input).map_err(|error| error.to_string())?;
    let params = serde_json::from_str(&params).map_err(|error| error.to_string())?;
    let (_, run) = METHODS
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or_else(|| format!("the runtime has no development method {name}"))?;
    run(params)
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, String> {
    serde_json::from_value(params).map_err(|error| format!("the parameters do not fit: {error}"))
}

/// Dispatches an encoded call with an account's origin, or root's without one.
fn dispatch_call(input: &mut &[u8]) -> Result<(), String> {
    let (who, call) = <(Option<AccountId>, RuntimeCall)>::decode(input).map_err(|error| error.to_string())?;
    let origin = who.map_or(RawOrigin::Root, RawOrigin::Signed);
    run_call(origin, call)
}

/// Dispatches a call at any distance from an epoch: the window in which hyperparameters are frozen does not count here.
fn run_call(origin: RawOrigin<AccountId>, call: impl Into<RuntimeCall>) -> Result<(), String> {
    let call = call.into();
    let sets_window =
        matches!(&call, RuntimeCall::AdminUtils(admin::Call::sudo_set_admin_freeze_window { .. }));
    let window = AdminFreezeWindow::<Runtime>::try_get().ok();
    AdminFreezeWindow::<Runtime>::put(0);
    let done = call.dispatch_bypass_filter(RuntimeOrigin::from(origin));
    match window {
        _ if sets_window => {}
        Some(window) => AdminFreezeWindow::<Runtime>::put(window),
        None => AdminFreezeWindow::<Runtime>::kill(),
    }
    done.map(|_| ()).map_err(|error| describe(error.error))
}

/// A dispatch error by the names of pallet and error.
fn describe(error: DispatchError) -> String {
    match error {
        DispatchError::Module(module) => module.message.map_or_else(
            || format!("the call failed with error {:?} of pallet {}", module.error, module.index),
            |name| format!("the call failed with {name}"),
        ),
        other => format!("the call failed with {other:?}"),
    }
}

/// An account as an ss58 address.
#[derive(Debug, Clone)]
struct Account(AccountId);

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        AccountId::from_ss58check(&text)
            .map(Self)
            .map_err(|error| serde::de::Error::custom(format!("{text} is not an ss58 address: {error:?}")))
    }
}

/// When the first round of the chain's beacon was, in seconds since 1970, and the seconds between two.
fn beacon() -> Value {
    let beacon = BeaconConfig::<Runtime>::get();
    json!({ "genesis_time": beacon.genesis_time, "period": beacon.period })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EpochOf {
    netuid: NetUid,
}

/// How many epochs a subnet has had, and at which block the next one is due, null without a tempo.
fn epoch(of: &EpochOf) -> Result<Value, String> {
    exists(of.netuid)?;
    Ok(json!({
        "index": SubnetEpochIndex::<Runtime>::get(of.netuid),
        "next": SubtensorModule::next_epoch_start_block(of.netuid),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Balance {
    account: Account,
    rao: u64,
}

fn set_balance(Balance { account: Account(who), rao }: Balance) -> Result<Value, String> {
    let call = pallet_balances::Call::force_set_balance { who: MultiAddress::Id(who), new_free: rao };
    run_call(RawOrigin::Root, call).map(|()| Value::Null)
}

/// What a coldkey, the hotkey's owner unless named, shall hold on a hotkey: alpha in rao, on netuid 0 TAO in rao.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stake {
    netuid: NetUid,
    hotkey: Account,
    rao: u64,
    #[serde(default)]
    coldkey: Option<Account>,
}

fn set_stake(Stake { netuid, hotkey: Account(hotkey), rao, coldkey }: Stake) -> Result<Value, String> {
    exists(netuid)?;
    let owner = Owner::<Runtime>::try_get(&hotkey)
        .map_err(|()| format!("nobody owns the hotkey {}; register it first", ss58(&hotkey)))?;
    let coldkey = coldkey.map_or(owner, |Account(coldkey)| coldkey);
    SubtensorModule::set_stake(&hotkey, &coldkey, netuid, rao);
    Ok(Value::Null)
}

/// Whether a neuron, named by its hotkey, shall be a validator, until the next epoch decides by stake.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Permit {
    netuid: NetUid,
    hotkey: Account,
    permit: bool,
}

fn set_permit(Permit { netuid, hotkey: Account(hotkey), permit }: &Permit) -> Result<Value, String> {
    exists(*netuid)?;
    let uid = Uids::<Runtime>::get(netuid, hotkey)
        .filter(|uid| Keys::<Runtime>::contains_key(netuid, uid))
        .ok_or_else(|| format!("{} is not registered on subnet {netuid}", ss58(hotkey)))?;
    ValidatorPermit::<Runtime>::mutate(netuid, |permits| {
        if let Some(entry) = permits.get_mut(usize::from(uid)) {
            *entry = *permit;
        }
    });
    Ok(Value::Null)
}

/// A pallet's number in the runtime that runs.
fn pallet_number(name: &str) -> Option<u8> {
    let pallets = <AllPalletsWithSystem as PalletsInfoAccess>::infos();
    u8::try_from(pallets.into_iter().find(|pallet| pallet.name == name)?.index).ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Upgrade {
    name: String,
}

/// Puts another runtime in place of this one, from the next block on: what `System.set_code_without_checks` does.
fn upgrade_runtime(Upgrade { name }: &Upgrade) -> Result<Value, String> {
    let variant: Variant = name.parse().map_err(|error: NoSuchVariant| error.to_string())?;
    System::update_code_in_storage(&variant.code());
    Ok(Value::Null)
}

fn exists(netuid: NetUid) -> Result<(), String> {
    if NetworksAdded::<Runtime>::get(netuid) {
        Ok(())
    } else {
        Err(format!("subnet {netuid} does not exist"))
    }
}

fn ss58(account: &AccountId) -> String {
    account.to_ss58check_with_version(42_u16.into())
}

sp_externalities::decl_extension! {
    /// Accounts whose signatures are not verified during a call.
    pub(crate) struct Impersonated(BTreeSet<AccountId>);
}

impl Impersonated {
    pub(crate) const fn new(accounts: BTreeSet<AccountId>) -> Self {
        Self(accounts)
    }
}

/// Whether the signature of `who` is taken as good.
pub(crate) fn is_impersonated(who: &AccountId) -> bool {
    sp_externalities::with_externalities(|mut externalities| {
        externalities.extension::<Impersonated>().is_some_and(|accounts| accounts.0.contains(who))
    })
    .unwrap_or(false)
}
