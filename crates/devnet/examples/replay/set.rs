//! Values that a scenario writes directly into storage.

use serde_json::Value;
use subnetkit_runtime::Runtime;
use subnetkit_runtime::pallets::drand;
use subnetkit_runtime::pallets::subtensor::{self as chain, RateLimitKey, RecycleOrBurnEnum};
use substrate_fixed::types::{I96F32, U64F64, U96F32};

/// Writes one value.
///
/// # Errors
/// If the key or the value is not one that the format knows.
pub(crate) fn write(key: &str, netuid: Option<u16>, uid: Option<u16>, value: &Value) -> Result<(), String> {
    if write_global(key, value)? {
        return Ok(());
    }
    let netuid = netuid.ok_or_else(|| format!("{key} is not a global value that this program can set"))?;
    write_of_subnet(key, netuid, uid, value)
}

/// Stores a drand pulse, whoever signed it; the last stored round becomes the greater of the two.
pub(crate) fn pulse(round: u64, signature: &str) -> Result<(), String> {
    let bytes = hex::decode(signature).map_err(|error| format!("the pulse's signature: {error}"))?;
    let signature = bytes.try_into().map_err(|_| "the pulse's signature is too long".to_owned())?;
    drand::Pulses::<R>::insert(round, drand::Pulse { round, randomness: Default::default(), signature });
    drand::LastStoredRound::<R>::mutate(|last| *last = round.max(*last));
    Ok(())
}

type R = Runtime;

fn write_of_subnet(key: &str, netuid: u16, uid: Option<u16>, value: &Value) -> Result<(), String> {
    match key {
        "tempo" => chain::Tempo::<R>::insert(netuid, number::<u16>(value)?),
        "kappa" => chain::Kappa::<R>::insert(netuid, number::<u16>(value)?),
        "burn" => chain::Burn::<R>::insert(netuid, number::<u64>(value)?),
        "min_burn" => chain::MinBurn::<R>::insert(netuid, number::<u64>(value)?),
        "max_burn" => chain::MaxBurn::<R>::insert(netuid, number::<u64>(value)?),
        "burn_half_life" => chain::BurnHalfLife::<R>::insert(netuid, number::<u16>(value)?),
        "burn_increase_mult_bits" => {
            chain::BurnIncreaseMult::<R>::insert(netuid, U64F64::from_bits(number(value)?));
        }
        "immunity_period" => chain::ImmunityPeriod::<R>::insert(netuid, number::<u16>(value)?),
        "max_allowed_uids" => chain::MaxAllowedUids::<R>::insert(netuid, number::<u16>(value)?),
        "min_allowed_weights" => chain::MinAllowedWeights::<R>::insert(netuid, number::<u16>(value)?),
        "max_allowed_validators" => chain::MaxAllowedValidators::<R>::insert(netuid, number::<u16>(value)?),
        "weights_set_rate_limit" => chain::WeightsSetRateLimit::<R>::insert(netuid, number::<u64>(value)?),
        "weights_version_key" => chain::WeightsVersionKey::<R>::insert(netuid, number::<u64>(value)?),
        "serving_rate_limit" => chain::ServingRateLimit::<R>::insert(netuid, number::<u64>(value)?),
        "network_registration_allowed" => {
            chain::NetworkRegistrationAllowed::<R>::insert(netuid, truth(value)?)
        }
        "subnet_emission_enabled" => chain::SubnetEmissionEnabled::<R>::insert(netuid, truth(value)?),
        "subtoken_enabled" => chain::SubtokenEnabled::<R>::insert(netuid, truth(value)?),
        "owner_cut_enabled" => chain::OwnerCutEnabled::<R>::insert(netuid, truth(value)?),
        "recycle_or_burn" => chain::RecycleOrBurn::<R>::insert(netuid, recycle_or_burn(value)?),
        "commit_reveal_weights_enabled" => {
            chain::CommitRevealWeightsEnabled::<R>::insert(netuid, truth(value)?);
        }
        "reveal_period_epochs" => chain::RevealPeriodEpochs::<R>::insert(netuid, number::<u64>(value)?),
        "yuma3_on" => chain::Yuma3On::<R>::insert(netuid, truth(value)?),
        "liquid_alpha_on" => chain::LiquidAlphaOn::<R>::insert(netuid, truth(value)?),
        "alpha_low" => {
            chain::AlphaValues::<R>::try_mutate(netuid, |values| number(value).map(|low| values.0 = low))?
        }
        "alpha_high" => {
            chain::AlphaValues::<R>::try_mutate(netuid, |values| number(value).map(|high| values.1 = high))?
        }
        "alpha_sigmoid_steepness" => {
            let steepness = value.as_i64().and_then(|value| i16::try_from(value).ok());
            let steepness = steepness.ok_or_else(|| format!("{value} is not a steepness"))?;
            chain::AlphaSigmoidSteepness::<R>::insert(netuid, steepness);
        }
        "bonds_moving_average" => chain::BondsMovingAverage::<R>::insert(netuid, number::<u64>(value)?),
        "bonds_penalty" => chain::BondsPenalty::<R>::insert(netuid, number::<u16>(value)?),
        "activity_cutoff_factor_milli" => {
            chain::ActivityCutoffFactorMilli::<R>::insert(netuid, number::<u32>(value)?);
        }
        "mechanism_count" => chain::MechanismCountCurrent::<R>::insert(netuid, number::<u8>(value)?),
        "mechanism_emission_split" => {
            let split: Option<Vec<u16>> =
                serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
            chain::MechanismEmissionSplit::<R>::set(netuid, split);
        }
        "subnet_moving_price_bits" => {
            chain::SubnetMovingPrice::<R>::insert(netuid, I96F32::from_bits(signed(value)?));
        }
        "miner_burned_bits" => chain::MinerBurned::<R>::insert(netuid, U96F32::from_bits(number(value)?)),
        "validator_permit" => {
            let uid = usize::from(uid.ok_or("validator_permit needs a uid")?);
            let permit = truth(value)?;
            chain::ValidatorPermit::<R>::mutate(netuid, |permits| {
                if permits.len() <= uid {
                    permits.resize(uid.saturating_add(1), false);
                }
                permits[uid] = permit;
            });
        }
        other => return Err(format!("{other} is not a value of a subnet that this program can set")),
    }
    Ok(())
}

/// `false` if there is no such global value.
fn write_global(key: &str, value: &Value) -> Result<bool, String> {
    match key {
        "network_rate_limit" => chain::NetworkRateLimit::<R>::put(number::<u64>(value)?),
        "network_registration_start_block" => {
            chain::NetworkRegistrationStartBlock::<R>::put(number::<u64>(value)?);
        }
        "subnet_limit" => chain::SubnetLimit::<R>::put(number::<u16>(value)?),
        "tx_rate_limit" => chain::TxRateLimit::<R>::put(number::<u64>(value)?),
        "stake_threshold" => chain::StakeThreshold::<R>::put(number::<u64>(value)?),
        "tao_weight" => chain::TaoWeight::<R>::put(number::<u64>(value)?),
        "pending_childkey_cooldown" => chain::PendingChildKeyCooldown::<R>::put(number::<u64>(value)?),
        "start_call_delay" => chain::StartCallDelay::<R>::put(number::<u64>(value)?),
        "admin_freeze_window" => chain::AdminFreezeWindow::<R>::put(number::<u16>(value)?),
        "last_stored_round" => drand::LastStoredRound::<R>::put(number::<u64>(value)?),
        "network_last_registered" => {
            chain::LastRateLimitedBlock::<R>::insert(
                RateLimitKey::NetworkLastRegistered,
                number::<u64>(value)?,
            );
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// A whole number, which large ones are written as text.
fn number<N: TryFrom<u128>>(value: &Value) -> Result<N, String> {
    let number = value.as_u64().map(u128::from).or_else(|| value.as_str()?.parse().ok());
    number.and_then(|number| N::try_from(number).ok()).ok_or_else(|| format!("{value} does not fit"))
}

fn signed(value: &Value) -> Result<i128, String> {
    let number = value.as_i64().map(i128::from).or_else(|| value.as_str()?.parse().ok());
    number.ok_or_else(|| format!("{value} does not fit"))
}

fn truth(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("{value} is neither true nor false"))
}

fn recycle_or_burn(value: &Value) -> Result<RecycleOrBurnEnum, String> {
    match value.as_str() {
        Some("Burn" | "burn") => Ok(RecycleOrBurnEnum::Burn),
        Some("Recycle" | "recycle") => Ok(RecycleOrBurnEnum::Recycle),
        _ => Err(format!("{value} is neither Recycle nor Burn")),
    }
}
