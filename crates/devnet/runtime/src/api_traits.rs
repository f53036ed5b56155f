//! The runtime APIs that only Bittensor's chain has.

use std::collections::BTreeMap;

use sp_runtime::AccountId32;
use substrate_fixed::types::U64F64;

use crate::pallets::subtensor::info::delegates::{DelegateInfo, Delegation};
use crate::pallets::subtensor::info::dynamic::DynamicInfo;
use crate::pallets::subtensor::info::hyperparameters::{
    HyperparamEntry, SubnetHyperparams, SubnetHyperparamsV2,
};
use crate::pallets::subtensor::info::metagraph::{Metagraph, SelectiveMetagraph};
use crate::pallets::subtensor::info::neurons::{NeuronInfo, NeuronInfoLite};
use crate::pallets::subtensor::info::prices::{SimSwapResult, SubnetPrice};
use crate::pallets::subtensor::info::stake::{StakeAvailability, StakeInfo};
use crate::pallets::subtensor::info::state::SubnetState;
use crate::pallets::subtensor::info::subnets::{SubnetInfo, SubnetInfov2};
use crate::pallets::subtensor::types::{LockState, MechId, NetUid};

sp_api::decl_runtime_apis! {
    /// Hotkeys that take others' stake.
    pub trait DelegateInfoRuntimeApi {
        fn get_delegates() -> Vec<DelegateInfo<AccountId32>>;
        fn get_delegate(delegate_account: AccountId32) -> Option<DelegateInfo<AccountId32>>;
        fn get_delegated(delegatee_account: AccountId32) -> Vec<Delegation<AccountId32>>;
    }

    /// Neurons, as the first mechanism has them.
    pub trait NeuronInfoRuntimeApi {
        fn get_neurons(netuid: NetUid) -> Vec<NeuronInfo<AccountId32>>;
        fn get_neuron(netuid: NetUid, uid: u16) -> Option<NeuronInfo<AccountId32>>;
        fn get_neurons_lite(netuid: NetUid) -> Vec<NeuronInfoLite<AccountId32>>;
        fn get_neuron_lite(netuid: NetUid, uid: u16) -> Option<NeuronInfoLite<AccountId32>>;
    }

    /// Subnets: hyperparameters, pools and metagraphs.
    #[api_version(2)]
    pub trait SubnetInfoRuntimeApi {
        fn get_subnet_info(netuid: NetUid) -> Option<SubnetInfo<AccountId32>>;
        fn get_subnets_info() -> Vec<Option<SubnetInfo<AccountId32>>>;
        fn get_subnet_info_v2(netuid: NetUid) -> Option<SubnetInfov2<AccountId32>>;
        fn get_subnets_info_v2() -> Vec<Option<SubnetInfov2<AccountId32>>>;
        fn get_subnet_hyperparams(netuid: NetUid) -> Option<SubnetHyperparams>;
        fn get_subnet_hyperparams_v2(netuid: NetUid) -> Option<SubnetHyperparamsV2>;
        fn get_all_dynamic_info() -> Vec<Option<DynamicInfo<AccountId32>>>;
        fn get_all_metagraphs() -> Vec<Option<Metagraph<AccountId32>>>;
        fn get_metagraph(netuid: NetUid) -> Option<Metagraph<AccountId32>>;
        fn get_all_mechagraphs() -> Vec<Option<Metagraph<AccountId32>>>;
        fn get_mechagraph(netuid: NetUid, mecid: MechId) -> Option<Metagraph<AccountId32>>;
        fn get_dynamic_info(netuid: NetUid) -> Option<DynamicInfo<AccountId32>>;
        fn get_subnet_state(netuid: NetUid) -> Option<SubnetState<AccountId32>>;
        fn get_selective_metagraph(
            netuid: NetUid,
            metagraph_indexes: Vec<u16>
        ) -> Option<SelectiveMetagraph<AccountId32>>;
        fn get_coldkey_auto_stake_hotkey(coldkey: AccountId32, netuid: NetUid) -> Option<AccountId32>;
        fn get_selective_mechagraph(
            netuid: NetUid,
            subid: MechId,
            metagraph_indexes: Vec<u16>
        ) -> Option<SelectiveMetagraph<AccountId32>>;
        fn get_subnet_to_prune() -> Option<NetUid>;
        fn get_subnet_account_id(netuid: NetUid) -> Option<AccountId32>;
        fn get_next_epoch_start_block(netuid: NetUid) -> Option<u64>;
        fn get_subnet_hyperparams_v3(netuid: NetUid) -> Option<Vec<HyperparamEntry>>;
    }

    /// Stake, alpha in rao.
    pub trait StakeInfoRuntimeApi {
        fn get_stake_info_for_coldkey(coldkey_account: AccountId32) -> Vec<StakeInfo<AccountId32>>;
        fn get_stake_info_for_coldkeys(
            coldkey_accounts: Vec<AccountId32>
        ) -> Vec<(AccountId32, Vec<StakeInfo<AccountId32>>)>;
        fn get_stake_info_for_hotkey_coldkey_netuid(
            hotkey_account: AccountId32,
            coldkey_account: AccountId32,
            netuid: NetUid
        ) -> Option<StakeInfo<AccountId32>>;
        fn get_stake_availability_for_coldkeys(
            coldkey_accounts: Vec<AccountId32>,
            netuids: Option<Vec<NetUid>>
        ) -> BTreeMap<AccountId32, BTreeMap<NetUid, StakeAvailability>>;
        fn get_stake_fee(
            origin: Option<(AccountId32, NetUid)>,
            origin_coldkey_account: AccountId32,
            destination: Option<(AccountId32, NetUid)>,
            destination_coldkey_account: AccountId32,
            amount: u64
        ) -> u64;
        fn get_coldkey_lock(coldkey: AccountId32, netuid: NetUid) -> Option<LockState>;
        fn get_hotkey_conviction(hotkey: AccountId32, netuid: NetUid) -> U64F64;
        fn get_most_convicted_hotkey_on_subnet(netuid: NetUid) -> Option<AccountId32>;
    }

    /// What root's stakers may claim of their validators' baskets, on chains newer than spec version 425: amounts of
    /// TAO in rao.
    pub trait BetaBasketRuntimeApi {
        fn get_root_basket_owed(coldkey: AccountId32) -> u64;
        fn get_basket_payout(hotkey: AccountId32, coldkey: AccountId32) -> u64;
        /// Validator, shares and what they are worth.
        fn get_root_basket_positions(coldkey: AccountId32) -> Vec<(AccountId32, u64, u64)>;
    }

    /// What a new subnet costs.
    pub trait SubnetRegistrationRuntimeApi {
        /// In rao.
        fn get_network_registration_cost() -> u64;
    }

    /// Prices and simulated swaps, in rao.
    pub trait SwapRuntimeApi {
        fn current_alpha_price(netuid: NetUid) -> u64;
        fn current_alpha_price_all() -> Vec<SubnetPrice>;
        fn sim_swap_tao_for_alpha(netuid: NetUid, tao: u64) -> SimSwapResult;
        fn sim_swap_alpha_for_tao(netuid: NetUid, alpha: u64) -> SimSwapResult;
    }
}
