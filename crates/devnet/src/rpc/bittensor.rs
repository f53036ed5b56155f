//! `delegateInfo_*`, `neuronInfo_*`, `stakeInfo_*`, `subnetInfo_*` and `swap_*`: runtime APIs under the names of the
//! real node.
//!
//! Each is a line in a table. The node puts the parameters into SCALE and hands on the runtime's answer as it is, so
//! it knows neither subnets nor what an answer holds, with the few exceptions that are plain JSON.

use codec::{Decode, Encode};
use jsonrpsee::{
    core::RegisterMethodError,
    types::{Params, ParamsSequence},
};
use serde::Serialize;
use sp_core::crypto::{AccountId32, Ss58Codec};

use super::{Module, RpcResult, error, method, optional_hash};
use crate::node::{CallError, Node};

/// A parameter as JSON has it.
#[derive(Debug, Clone, Copy)]
enum Parameter {
    U8,
    U16,
    U64,
    /// A list of numbers.
    U16s,
    /// An ss58 address.
    Account,
    /// The 32 bytes of an account id, as numbers.
    AccountBytes,
}

/// How the runtime's answer is given.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// Its SCALE bytes, as numbers.
    Bytes,
    U64,
    OptionalU16,
    Prices,
}

/// An answer as JSON has it.
#[derive(Clone, Serialize)]
#[serde(untagged)]
enum Answer {
    Bytes(Vec<u8>),
    U64(u64),
    OptionalU16(Option<u16>),
    Prices(Vec<Price>),
}

#[derive(Clone, Decode, Serialize)]
struct Price {
    netuid: u16,
    price: u64,
}

type Line = (&'static str, &'static str, &'static [Parameter], Form);

/// Method, runtime API, parameters before the block hash, answer.
#[rustfmt::skip]
const METHODS: [Line; 31] = {
    use Form::{Bytes, OptionalU16, Prices, U64 as Number};
    use Parameter::{Account, AccountBytes, U8, U16, U16s, U64};
    [
        ("delegateInfo_getDelegates", "DelegateInfoRuntimeApi_get_delegates", &[], Bytes),
        ("delegateInfo_getDelegate", "DelegateInfoRuntimeApi_get_delegate", &[AccountBytes], Bytes),
        ("delegateInfo_getDelegated", "DelegateInfoRuntimeApi_get_delegated", &[AccountBytes], Bytes),
        ("neuronInfo_getNeuronsLite", "NeuronInfoRuntimeApi_get_neurons_lite", &[U16], Bytes),
        ("neuronInfo_getNeuronLite", "NeuronInfoRuntimeApi_get_neuron_lite", &[U16, U16], Bytes),
        ("neuronInfo_getNeurons", "NeuronInfoRuntimeApi_get_neurons", &[U16], Bytes),
        ("neuronInfo_getNeuron", "NeuronInfoRuntimeApi_get_neuron", &[U16, U16], Bytes),
        ("stakeInfo_getColdkeyLock", "StakeInfoRuntimeApi_get_coldkey_lock", &[Account, U16], Bytes),
        ("subnetInfo_getSubnetInfo", "SubnetInfoRuntimeApi_get_subnet_info", &[U16], Bytes),
        ("subnetInfo_getSubnetsInfo", "SubnetInfoRuntimeApi_get_subnets_info", &[], Bytes),
        ("subnetInfo_getSubnetInfo_v2", "SubnetInfoRuntimeApi_get_subnet_info_v2", &[U16], Bytes),
        ("subnetInfo_getSubnetsInfo_v2", "SubnetInfoRuntimeApi_get_subnets_info_v2", &[], Bytes),
        ("subnetInfo_getSubnetHyperparams", "SubnetInfoRuntimeApi_get_subnet_hyperparams", &[U16], Bytes),
        ("subnetInfo_getSubnetHyperparamsV2", "SubnetInfoRuntimeApi_get_subnet_hyperparams_v2", &[U16], Bytes),
        ("subnetInfo_getAllDynamicInfo", "SubnetInfoRuntimeApi_get_all_dynamic_info", &[], Bytes),
        ("subnetInfo_getDynamicInfo", "SubnetInfoRuntimeApi_get_dynamic_info", &[U16], Bytes),
        ("subnetInfo_getAllMetagraphs", "SubnetInfoRuntimeApi_get_all_metagraphs", &[], Bytes),
        ("subnetInfo_getMetagraph", "SubnetInfoRuntimeApi_get_metagraph", &[U16], Bytes),
        ("subnetInfo_getAllMechagraphs", "SubnetInfoRuntimeApi_get_all_mechagraphs", &[], Bytes),
        ("subnetInfo_getMechagraph", "SubnetInfoRuntimeApi_get_mechagraph", &[U16, U8], Bytes),
        ("subnetInfo_getSubnetState", "SubnetInfoRuntimeApi_get_subnet_state", &[U16], Bytes),
        ("subnetInfo_getLockCost", "SubnetRegistrationRuntimeApi_get_network_registration_cost", &[], Number),
        ("subnetInfo_getSelectiveMetagraph", "SubnetInfoRuntimeApi_get_selective_metagraph", &[U16, U16s], Bytes),
        ("subnetInfo_getColdkeyAutoStakeHotkey", "SubnetInfoRuntimeApi_get_coldkey_auto_stake_hotkey", &[Account, U16], Bytes),
        ("subnetInfo_getSelectiveMechagraph", "SubnetInfoRuntimeApi_get_selective_mechagraph", &[U16, U8, U16s], Bytes),
        ("subnetInfo_getSubnetToPrune", "SubnetInfoRuntimeApi_get_subnet_to_prune", &[], OptionalU16),
        ("subnetInfo_getSubnetAccountId", "SubnetInfoRuntimeApi_get_subnet_account_id", &[U16], Bytes),
        ("swap_currentAlphaPrice", "SwapRuntimeApi_current_alpha_price", &[U16], Number),
        ("swap_currentAlphaPriceAll", "SwapRuntimeApi_current_alpha_price_all", &[], Prices),
        ("swap_simSwapTaoForAlpha", "SwapRuntimeApi_sim_swap_tao_for_alpha", &[U16, U64], Bytes),
        ("swap_simSwapAlphaForTao", "SwapRuntimeApi_sim_swap_alpha_for_tao", &[U16, U64], Bytes),
    ]
};

pub(super) fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    METHODS.iter().try_for_each(|(name, api, parameters, form)| {
        method(module, name, move |node, params| answer(node, params, api, parameters, *form))
    })
}

fn answer(
    node: &Node,
    params: &Params<'_>,
    api: &'static str,
    parameters: &[Parameter],
    form: Form,
) -> RpcResult<Answer> {
    let mut sequence = params.sequence();
    let mut input = Vec::new();
    for parameter in parameters {
        parameter.encode_to(&mut sequence, &mut input)?;
    }
    let at = optional_hash(&mut sequence)?;
    let refused = |cause: CallError| error::runtime_api(api, &cause);
    Ok(match form {
        Form::Bytes => Answer::Bytes(node.call(at, api, &input).map_err(refused)?),
        Form::U64 => Answer::U64(node.query(at, api, &input).map_err(refused)?),
        Form::OptionalU16 => Answer::OptionalU16(node.query(at, api, &input).map_err(refused)?),
        Form::Prices => Answer::Prices(node.query(at, api, &input).map_err(refused)?),
    })
}

impl Parameter {
    fn encode_to(self, sequence: &mut ParamsSequence<'_>, input: &mut Vec<u8>) -> RpcResult<()> {
        match self {
            Self::U8 => sequence.next::<u8>()?.encode_to(input),
            Self::U16 => sequence.next::<u16>()?.encode_to(input),
            Self::U64 => sequence.next::<u64>()?.encode_to(input),
            Self::U16s => sequence.next::<Vec<u16>>()?.encode_to(input),
            Self::Account => {
                let address: String = sequence.next()?;
                let account = AccountId32::from_ss58check(&address).map_err(|cause| {
                    error::invalid_params(format!("{address} is not an ss58 address: {cause:?}"))
                })?;
                account.encode_to(input);
            }
            Self::AccountBytes => sequence.next::<[u8; 32]>()?.encode_to(input),
        }
        Ok(())
    }
}
