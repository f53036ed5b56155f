//! The chain's state as snapshots have it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use subnetkit_runtime::pallets::subtensor as chain;
use subnetkit_runtime::pallets::swap;
use subnetkit_runtime::{AccountId, Balances, Runtime, SubtensorModule, System};

use super::account::shown;
use super::tally::Count;

type R = Runtime;

/// Fields that differ from a recorded snapshot, each in words; counts fields.
pub(crate) fn differences(recorded: &Value, fields: &mut Count) -> Vec<String> {
    let mut different = Vec::new();
    let here = global();
    let nothing = Map::new();
    let recorded = recorded.as_object().unwrap_or(&nothing);
    compare("", &without(&here, "subnets"), &without(recorded, "subnets"), fields, &mut different);

    let (here, recorded) = (subnets(&here), subnets(recorded));
    let numbers: BTreeSet<_> = here.keys().chain(recorded.keys()).collect();
    for number in numbers {
        let of = |subnets: &Map<String, Value>| {
            subnets.get(number).and_then(Value::as_object).cloned().unwrap_or_default()
        };
        compare(&format!("subnet {number} "), &of(&here), &of(&recorded), fields, &mut different);
    }
    different
}

fn subnets(snapshot: &Map<String, Value>) -> Map<String, Value> {
    snapshot.get("subnets").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn without(snapshot: &Map<String, Value>, key: &str) -> Map<String, Value> {
    snapshot.iter().filter(|(name, _)| *name != key).map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn compare(
    place: &str,
    here: &Map<String, Value>,
    recorded: &Map<String, Value>,
    fields: &mut Count,
    different: &mut Vec<String>,
) {
    let names: BTreeSet<_> = here.keys().chain(recorded.keys()).collect();
    for name in names {
        let (mine, theirs) = (here.get(name), recorded.get(name));
        fields.note(mine == theirs);
        if mine != theirs {
            let (mine, theirs) = (differing(mine, theirs), differing(theirs, mine));
            different.push(format!("{place}{name} is {mine}, recorded {theirs}"));
        }
    }
}

/// What of a value is not in another: of lists and maps, the entries that the other does not have.
fn differing(value: Option<&Value>, other: Option<&Value>) -> String {
    match (value, other) {
        (None, _) => "nothing".to_owned(),
        (Some(Value::Array(items)), Some(Value::Array(others)))
            if items.len() != others.len() || items[0].is_array() =>
        {
            items.iter().filter(|item| !others.contains(item)).cloned().collect::<Value>().to_string()
        }
        (Some(Value::Object(fields)), Some(Value::Object(others))) => {
            let own = fields.iter().filter(|(name, field)| others.get(*name) != Some(field));
            Value::Object(own.map(|(name, field)| (name.clone(), field.clone())).collect()).to_string()
        }
        (Some(value), _) => value.to_string(),
    }
}

fn global() -> Map<String, Value> {
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| drop(all.insert(name.to_owned(), value));
    put("block", System::block_number().into());
    put("total_issuance", chain::TotalIssuance::<R>::get().into());
    put("balances_total_issuance", Balances::total_issuance().into());
    put("total_stake", chain::TotalStake::<R>::get().into());
    put("block_emission", chain::BlockEmission::<R>::get().into());
    put("network_lock_cost", SubtensorModule::lock_cost().into());
    put("total_networks", chain::TotalNetworks::<R>::get().into());
    let balances = frame_system::Account::<R>::iter()
        .filter(|(_, account)| account.data.free > 0)
        .map(|(who, account)| ((), json!([shown(&who), account.data.free]), who));
    put("balances", ordered(balances));
    let stakes = chain::AlphaV2::<R>::iter().filter(|(_, share)| !share.is_zero());
    let stakes = stakes.map(|((hotkey, coldkey, netuid), _)| {
        let alpha = SubtensorModule::stake_of(&hotkey, &coldkey, netuid);
        ((), json!([shown(&hotkey), shown(&coldkey), netuid, alpha]), (hotkey, coldkey, netuid))
    });
    put("stakes", ordered(stakes));
    let alpha = chain::TotalHotkeyAlpha::<R>::iter().filter(|(_, _, alpha)| *alpha > 0);
    let alpha =
        alpha.map(|(hotkey, netuid, alpha)| ((), json!([shown(&hotkey), netuid, alpha]), (hotkey, netuid)));
    put("total_hotkey_alpha", ordered(alpha));
    let claimable = chain::RootClaimable::<R>::iter().flat_map(|(hotkey, rates)| {
        rates.into_iter().map(move |(netuid, rate)| {
            let row = json!([shown(&hotkey), netuid, rate.to_bits().to_string()]);
            ((), row, (hotkey.clone(), netuid))
        })
    });
    put("root_claimable", ordered(claimable));
    let claimed = chain::RootClaimed::<R>::iter().map(|((netuid, hotkey, coldkey), amount)| {
        let row = json!([netuid, shown(&hotkey), shown(&coldkey), amount.to_string()]);
        ((), row, (netuid, hotkey, coldkey))
    });
    put("root_claimed", ordered(claimed));
    let children = chain::ChildKeys::<R>::iter().filter(|(_, _, children)| !children.is_empty());
    let children = children.map(|(parent, netuid, children)| {
        ((), json!([shown(&parent), netuid, family(&children)]), (parent, netuid))
    });
    put("children", ordered(children));
    let pending = chain::PendingChildKeys::<R>::iter().map(|(netuid, parent, (children, block))| {
        ((), json!([shown(&parent), netuid, family(&children), block]), (parent, netuid))
    });
    put("pending_children", ordered(pending));
    let subnets = chain::NetworksAdded::<R>::iter().filter(|(_, added)| *added);
    let subnets = subnets.map(|(netuid, _)| (netuid.to_string(), Value::Object(subnet(netuid))));
    put("subnets", Value::Object(subnets.collect()));
    all
}

fn family(children: &[(u64, AccountId)]) -> Value {
    children.iter().map(|(proportion, child)| json!([proportion, shown(child)])).collect()
}

/// Rows in the order of what they are keyed by.
fn ordered<K: Ord>(rows: impl Iterator<Item = ((), Value, K)>) -> Value {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by(|a, b| a.2.cmp(&b.2));
    rows.into_iter().map(|(_, row, _)| row).collect()
}

fn subnet(netuid: u16) -> Map<String, Value> {
    let n = chain::SubnetworkN::<R>::get(netuid);
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| {
        let nothing = match &value {
            Value::Null => true,
            Value::Number(number) => number.as_u64() == Some(0),
            Value::String(text) => text == "0",
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::Bool(_) => false,
        };
        if !nothing {
            all.insert(name.to_owned(), value);
        }
    };
    let keys: Vec<_> = (0..n).map(|uid| chain::Keys::<R>::get(netuid, uid)).collect();
    let coldkeys: Vec<_> = keys.iter().map(chain::Owner::<R>::get).collect();
    put("n", n.into());
    put("keys", keys.iter().map(shown).collect());
    put("coldkeys", coldkeys.iter().map(shown).collect());
    let registered: Vec<_> = (0..n).map(|uid| chain::BlockAtRegistration::<R>::get(netuid, uid)).collect();
    put("block_at_registration", registered.into());
    put("tempo", chain::Tempo::<R>::get(netuid).into());
    put("last_epoch_block", chain::LastEpochBlock::<R>::get(netuid).into());
    put("epoch_index", chain::SubnetEpochIndex::<R>::get(netuid).into());
    put("pending_epoch_at", chain::PendingEpochAt::<R>::get(netuid).into());
    put("blocks_since_last_step", chain::BlocksSinceLastStep::<R>::get(netuid).into());
    put("last_mechanism_step_block", chain::LastMechansimStepBlock::<R>::get(netuid).into());
    put("burn", chain::Burn::<R>::get(netuid).into());
    put("registrations_this_block", chain::RegistrationsThisBlock::<R>::get(netuid).into());
    put("rao_recycled", chain::RAORecycledForRegistration::<R>::get(netuid).into());

    put("subnet_tao", chain::SubnetTAO::<R>::get(netuid).into());
    put("alpha_in", chain::SubnetAlphaIn::<R>::get(netuid).into());
    put("alpha_out", chain::SubnetAlphaOut::<R>::get(netuid).into());
    put("alpha_price_bits_u64f64", swap::Pallet::<R>::price(netuid).to_bits().to_string().into());
    put("volume", chain::SubnetVolume::<R>::get(netuid).to_string().into());
    put("protocol_alpha", chain::SubnetProtocolAlpha::<R>::get(netuid).into());
    put("alpha_in_emission", chain::SubnetAlphaInEmission::<R>::get(netuid).into());
    put("alpha_out_emission", chain::SubnetAlphaOutEmission::<R>::get(netuid).into());
    put("tao_in_emission", chain::SubnetTaoInEmission::<R>::get(netuid).into());
    put("excess_tao", chain::SubnetExcessTao::<R>::get(netuid).into());
    put("pending_server_emission", chain::PendingServerEmission::<R>::get(netuid).into());
    put("pending_validator_emission", chain::PendingValidatorEmission::<R>::get(netuid).into());
    put("pending_root_alpha_divs", chain::PendingRootAlphaDivs::<R>::get(netuid).into());
    put("pending_owner_cut", chain::PendingOwnerCut::<R>::get(netuid).into());
    put("moving_price_bits", chain::SubnetMovingPrice::<R>::get(netuid).to_bits().to_string().into());
    put("miner_burned_bits", chain::MinerBurned::<R>::get(netuid).to_bits().to_string().into());
    put("root_prop_bits", chain::RootProp::<R>::get(netuid).to_bits().to_string().into());

    put("last_update", chain::LastUpdate::<R>::get(netuid).into());
    put("active", chain::Active::<R>::get(netuid).into());
    put("emission", chain::Emission::<R>::get(netuid).into());
    put("consensus", chain::Consensus::<R>::get(netuid).into());
    put("dividends", chain::Dividends::<R>::get(netuid).into());
    put("incentive", chain::Incentive::<R>::get(netuid).into());
    put("validator_trust", chain::ValidatorTrust::<R>::get(netuid).into());
    put("validator_permit", chain::ValidatorPermit::<R>::get(netuid).into());
    put("stake_weight", chain::StakeWeight::<R>::get(netuid).into());
    put("weights", rows(n, |uid| chain::Weights::<R>::get(netuid, uid)));
    put("bonds", rows(n, |uid| chain::Bonds::<R>::get(netuid, uid)));

    let commits = chain::WeightCommits::<R>::iter_prefix(netuid).flat_map(|(hotkey, queue)| {
        queue.into_iter().enumerate().map(move |(place, (hash, epoch, block, _))| {
            ((), json!([shown(&hotkey), format!("{hash:?}"), epoch, block]), (hotkey.clone(), place))
        })
    });
    put("weight_commits", ordered(commits));
    let timelocked = chain::TimelockedWeightCommits::<R>::iter_prefix(netuid).flat_map(|(epoch, queue)| {
        queue.into_iter().enumerate().map(move |(place, (hotkey, block, commit, round))| {
            ((), json!([epoch, shown(&hotkey), block, commit.len(), round]), (epoch, place))
        })
    });
    put("timelocked_commits", ordered(timelocked));

    let zero = AccountId::new([0; 32]);
    let known = |account: AccountId| if account == zero { Value::Null } else { shown(&account) };
    put("owner", known(chain::SubnetOwner::<R>::get(netuid)));
    put("owner_hotkey", known(chain::SubnetOwnerHotkey::<R>::get(netuid)));
    put("locked", chain::SubnetLocked::<R>::get(netuid).into());
    put("registered_at", chain::NetworkRegisteredAt::<R>::get(netuid).into());
    put("first_emission_block", chain::FirstEmissionBlockNumber::<R>::get(netuid).into());
    put("subtoken_enabled", chain::SubtokenEnabled::<R>::get(netuid).into());
    put("emission_enabled", chain::SubnetEmissionEnabled::<R>::get(netuid).into());
    all
}

/// Rows by uid, those that hold something.
fn rows(n: u16, row: impl Fn(u16) -> Vec<(u16, u16)>) -> Value {
    let rows = (0..n).map(|uid| (uid.to_string(), row(uid))).filter(|(_, row)| !row.is_empty());
    Value::Object(rows.map(|(uid, row)| (uid, json!(row))).collect())
}
