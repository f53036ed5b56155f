//! Answers of the runtime APIs, decoded by the real chain's metadata.

use std::collections::BTreeMap;

use codec::{Compact, Encode};
use frame_metadata::v15::RuntimeMetadataV15;
use scale_value::{At, Composite, Primitive, Value, ValueDef};
use subnetkit_runtime::AccountId;

use crate::chain::{ADMIN, Chain, Raw, SUBTENSOR, account, call};
use crate::metadata::{of, ours, real};

type Answer = Value<()>;

/// Asks a runtime API and reads the whole answer as clients of the real chain would.
fn ask(chain: &Chain, api: &str, method: &str, input: &impl Encode) -> Answer {
    ask_by(&real(), chain, api, method, input)
}

/// Asks a runtime API and reads the whole answer by a metadata.
fn ask_by(
    metadata: &RuntimeMetadataV15,
    chain: &Chain,
    api: &str,
    method: &str,
    input: &impl Encode,
) -> Answer {
    let described = metadata.apis.iter().find(|entry| entry.name == api).unwrap();
    let described = described.methods.iter().find(|entry| entry.name == method).unwrap();
    let bytes = chain.ask(&format!("{api}_{method}"), &input.encode());
    let mut rest = &bytes[..];
    let answer = scale_value::scale::decode_as_type(&mut rest, described.output.id, &metadata.types).unwrap();
    assert!(rest.is_empty(), "{api}.{method} leaves {} bytes", rest.len());
    answer.remove_context()
}

fn metagraph(chain: &Chain, netuid: u16) -> Answer {
    some(ask(chain, "SubnetInfoRuntimeApi", "get_metagraph", &netuid))
}

/// What an `Option` holds.
fn some(value: Answer) -> Answer {
    match value.value {
        ValueDef::Variant(variant) if variant.name == "Some" => variant.values.into_values().next().unwrap(),
        other => panic!("no value: {other:?}"),
    }
}

fn is_none(value: &Answer) -> bool {
    matches!(&value.value, ValueDef::Variant(variant) if variant.name == "None")
}

/// A number, or the only number in wrappers.
fn number(value: &Answer) -> u128 {
    match &value.value {
        ValueDef::Primitive(Primitive::U128(number)) => *number,
        ValueDef::Composite(composite) => number(composite.values().next().unwrap()),
        other => panic!("no number: {other:?}"),
    }
}

fn length(value: &Answer) -> usize {
    match &value.value {
        ValueDef::Composite(composite) => composite.len(),
        other => panic!("no list: {other:?}"),
    }
}

fn text(value: &Answer) -> String {
    let ValueDef::Composite(bytes) = &value.value else { panic!("no text") };
    String::from_utf8(bytes.values().map(|byte| number(byte) as u8).collect()).unwrap()
}

fn boolean(value: &Answer) -> bool {
    matches!(&value.value, ValueDef::Primitive(Primitive::Bool(true)))
}

/// The runtime APIs that only Bittensor's chain has.
const APIS: [&str; 6] = [
    "DelegateInfoRuntimeApi",
    "NeuronInfoRuntimeApi",
    "SubnetInfoRuntimeApi",
    "StakeInfoRuntimeApi",
    "SubnetRegistrationRuntimeApi",
    "SwapRuntimeApi",
];

#[test]
fn every_answer_reads_as_the_real_chains_would() {
    check_answers(&Chain::new("local"), &ours(), &real());
}

#[test]
fn every_answer_of_a_later_runtime_reads_as_it_says() {
    for name in ["newtyped", "reordered"] {
        let mut chain = Chain::new("local");
        chain.upgrade(name);
        let metadata = of(&chain);
        check_answers(&chain, &metadata, &metadata);
        let api = "SubnetInfoRuntimeApi";
        let metagraph = some(ask_by(&metadata, &chain, api, "get_metagraph", &1u16));
        assert_eq!(number(metagraph.at("epoch_index").unwrap()), 0);
        assert_eq!(
            number(metagraph.at("tempo").unwrap()),
            100,
            "what comes after a new field is where it was"
        );
        assert_eq!(length(metagraph.at("collateral_earned").unwrap()), 1);
        let wanted = (1u16, vec![30_u16, 75]);
        let selected = some(ask_by(&metadata, &chain, api, "get_selective_metagraph", &wanted));
        assert!(is_none(selected.at("collateral_locked").unwrap()));
        assert_eq!(length(&some(selected.at("collateral_min").unwrap().clone())), 1);
    }
}

/// Asks all methods that `known` has, and reads their answers by `reader`.
fn check_answers(chain: &Chain, known: &RuntimeMetadataV15, reader: &RuntimeMetadataV15) {
    let (bob, alice) = (account("//Bob"), account("//Alice"));
    for api in APIS {
        let described = known.apis.iter().find(|entry| entry.name == api).unwrap();
        for method in &described.methods {
            let input = match method.name.as_str() {
                _ if method.inputs.is_empty() => Vec::new(),
                "get_neuron" | "get_neuron_lite" => (1u16, 0u16).encode(),
                "get_mechagraph" => (1u16, 0u8).encode(),
                "get_selective_metagraph" => (1u16, (0..80).collect::<Vec<u16>>()).encode(),
                "get_selective_mechagraph" => (1u16, 0u8, (0..80).collect::<Vec<u16>>()).encode(),
                "get_coldkey_auto_stake_hotkey" | "get_coldkey_lock" | "get_hotkey_conviction" => {
                    (&bob, 1u16).encode()
                }
                "get_stake_info_for_coldkey" | "get_delegate" | "get_delegated" => bob.encode(),
                "get_stake_info_for_coldkeys" => vec![&bob, &alice].encode(),
                "get_stake_availability_for_coldkeys" => (vec![&bob, &alice], Some(vec![1u16])).encode(),
                "get_stake_fee" => {
                    let origin = Some((&bob, 0u16));
                    (origin, &alice, Some((&bob, 1u16)), &alice, 1_000_000u64).encode()
                }
                "get_stake_info_for_hotkey_coldkey_netuid" => (&bob, &alice, 1u16).encode(),
                "sim_swap_tao_for_alpha" | "sim_swap_alpha_for_tao" => (1u16, 1_000_000u64).encode(),
                _ => 1u16.encode(),
            };
            ask_by(reader, chain, api, &method.name, &Raw(input));
        }
    }
}

#[test]
fn the_genesis_metagraph_has_one_neuron() {
    let chain = Chain::new("local");
    let metagraph = metagraph(&chain, 1);
    assert_eq!(number(metagraph.at("netuid").unwrap()), 1);
    assert_eq!(text(metagraph.at("name").unwrap()), "apex");
    assert_eq!(number(metagraph.at("block").unwrap()), 1);
    assert_eq!(number(metagraph.at("tempo").unwrap()), 100);
    assert_eq!(number(metagraph.at("num_uids").unwrap()), 1);
    assert_eq!(number(metagraph.at("activity_cutoff").unwrap()), 1388);
    for column in [
        "hotkeys",
        "coldkeys",
        "identities",
        "axons",
        "active",
        "validator_permit",
        "last_update",
        "emission",
        "dividends",
        "incentives",
        "consensus",
        "block_at_registration",
        "alpha_stake",
        "tao_stake",
        "total_stake",
        "tao_dividends_per_hotkey",
        "alpha_dividends_per_hotkey",
    ] {
        assert_eq!(length(metagraph.at(column).unwrap()), 1, "{column}");
    }
    for column in ["pruning_score", "trust", "rank"] {
        assert_eq!(length(metagraph.at(column).unwrap()), 0, "{column}");
    }
    assert_eq!(number(metagraph.at("alpha_stake").at(0).unwrap()), 1_000_000_000);
    assert_eq!(number(metagraph.at("total_stake").at(0).unwrap()), 1_000_000_000);
}

#[test]
fn a_subnet_that_is_not_there_has_no_answers() {
    let chain = Chain::new("local");
    for method in [
        "get_metagraph",
        "get_dynamic_info",
        "get_subnet_info",
        "get_subnet_info_v2",
        "get_subnet_hyperparams",
        "get_subnet_hyperparams_v2",
        "get_subnet_hyperparams_v3",
        "get_subnet_state",
        "get_subnet_account_id",
    ] {
        assert!(is_none(&ask(&chain, "SubnetInfoRuntimeApi", method, &9u16)), "{method}");
    }
    assert!(is_none(&ask(&chain, "SubnetInfoRuntimeApi", "get_mechagraph", &(1u16, 1u8))));
    assert!(is_none(&ask(&chain, "NeuronInfoRuntimeApi", "get_neuron", &(1u16, 1u16))));
    assert_eq!(length(&ask(&chain, "NeuronInfoRuntimeApi", "get_neurons", &9u16)), 0);
}

#[test]
fn selected_fields_alone_are_there() {
    let chain = Chain::new("local");
    let ask = |method: &str, input: Vec<u8>| some(ask(&chain, "SubnetInfoRuntimeApi", method, &Raw(input)));
    let selected = ask("get_selective_metagraph", (1u16, vec![8u16, 52, 72, 400]).encode());
    assert_eq!(number(selected.at("netuid").unwrap()), 0);
    assert_eq!(number(&some(selected.at("tempo").unwrap().clone())), 100);
    assert_eq!(length(&some(selected.at("hotkeys").unwrap().clone())), 1);
    assert_eq!(length(&some(selected.at("validators").unwrap().clone())), 0);
    assert!(is_none(selected.at("commitments").unwrap()));
    let ValueDef::Composite(Composite::Named(fields)) = &selected.value else { panic!("no struct") };
    let there = fields
        .iter()
        .filter(|(_, value)| matches!(&value.value, ValueDef::Variant(variant) if variant.name == "Some"));
    assert_eq!(there.count(), 3);
    let with_netuid = ask("get_selective_metagraph", (1u16, vec![0u16]).encode());
    assert_eq!(number(with_netuid.at("netuid").unwrap()), 1);
    let mechagraph = ask("get_selective_mechagraph", (1u16, 0u8, Vec::<u16>::new()).encode());
    assert_eq!(number(mechagraph.at("netuid").unwrap()), 1);
}

#[test]
fn hyperparameters_come_by_name() {
    let chain = Chain::new("local");
    let entries = some(ask(&chain, "SubnetInfoRuntimeApi", "get_subnet_hyperparams_v3", &1u16));
    let ValueDef::Composite(list) = &entries.value else { panic!("no list") };
    let names: Vec<_> = list.values().map(|entry| text(entry.at("name").unwrap())).collect();
    let expected = "kappa immunity_period min_allowed_weights max_weights_limit tempo weights_version \
        weights_rate_limit activity_cutoff activity_cutoff_factor registration_allowed target_regs_per_interval \
        min_burn max_burn burn_half_life burn_increase_mult bonds_moving_avg max_regs_per_block \
        serving_rate_limit max_validators commit_reveal_period commit_reveal_weights_enabled alpha_high alpha_low \
        liquid_alpha_enabled alpha_sigmoid_steepness yuma_version subnet_is_active transfers_enabled \
        bonds_reset_enabled user_liquidity_enabled owner_cut_enabled owner_cut_auto_lock_enabled \
        min_childkey_take";
    assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>());
    let v2 = some(ask(&chain, "SubnetInfoRuntimeApi", "get_subnet_hyperparams_v2", &1u16));
    assert_eq!(number(v2.at("yuma_version").unwrap()), 2);
    assert!(boolean(v2.at("commit_reveal_weights_enabled").unwrap()));
    assert_eq!(number(v2.at("max_difficulty").unwrap()), u128::from(u64::MAX / 4));
}

#[test]
fn a_new_subnet_shows_up_with_its_owner_and_its_price() {
    let mut chain = Chain::new("local");
    assert_eq!(
        chain.query::<u64>("SubnetRegistrationRuntimeApi_get_network_registration_cost", &[]),
        10u64.pow(12)
    );
    chain.submit("//Bob", &call(SUBTENSOR, 59, account("//Bob//hotkey"))).unwrap();
    let metagraph = metagraph(&chain, 2);
    assert_eq!(number(metagraph.at("num_uids").unwrap()), 1);
    assert_eq!(number(metagraph.at("tao_in").unwrap()), 10u128.pow(12));
    assert_eq!(text(metagraph.at("name").unwrap()), "omron");
    let infos = ask(&chain, "SubnetInfoRuntimeApi", "get_subnets_info_v2", &());
    assert_eq!(length(&infos), 3);
    assert_eq!(chain.query::<u64>("SwapRuntimeApi_current_alpha_price", &2u16.encode()), 10u64.pow(9));
    let next: Option<u64> = chain.query("SubnetInfoRuntimeApi_get_next_epoch_start_block", &2u16.encode());
    // Epochs are staggered by netuid, but not to before block 0.
    assert_eq!(next, Some(360));
    let neuron = some(ask(&chain, "NeuronInfoRuntimeApi", "get_neuron_lite", &(2u16, 0u16)));
    assert!(boolean(neuron.at("active").unwrap()));
    assert_eq!(number(neuron.at("pruning_score").unwrap()), 65535);
}

#[test]
fn a_simulated_swap_counts_fee_and_slippage() {
    let chain = Chain::new("local");
    let swap: [u64; 6] = chain.query("SwapRuntimeApi_sim_swap_tao_for_alpha", &(1u16, 10u64.pow(9)).encode());
    let [tao, alpha, tao_fee, alpha_fee, tao_slippage, alpha_slippage] = swap;
    assert_eq!(tao + tao_fee, 10u64.pow(9));
    assert_eq!(tao_fee, 503_547);
    assert_eq!(alpha + alpha_slippage, 10u64.pow(9));
    // A pool of 10 by 10 gives 10 * x / (10 + x) for x.
    assert_eq!(alpha, (u128::from(tao) * 10u128.pow(10) / (u128::from(tao) + 10u128.pow(10))) as u64);
    assert_eq!((alpha_fee, tao_slippage), (0, 0));
    let failed: [u64; 6] = chain.query("SwapRuntimeApi_sim_swap_alpha_for_tao", &(1u16, u64::MAX).encode());
    assert_eq!(failed, [0; 6]);
}

#[test]
fn the_stake_of_a_coldkey_is_found() {
    let mut chain = Chain::new("local");
    chain.sudo(&call(ADMIN, 66, (1u16, true))).unwrap();
    let nobody = [0u8; 32];
    chain.submit("//Bob", &call(SUBTENSOR, 2, (nobody, 1u16, 10u64.pow(9)))).unwrap();
    let stakes = ask(&chain, "StakeInfoRuntimeApi", "get_stake_info_for_coldkey", &account("//Bob"));
    assert_eq!(length(&stakes), 1);
    assert_eq!(number(stakes.at(0).at("netuid").unwrap()), 1);
    let stake = number(stakes.at(0).at("stake").unwrap());
    assert!((900_000_000..910_000_000).contains(&stake), "{stake}");
    assert!(boolean(stakes.at(0).at("is_registered").unwrap()));
    let metagraph = metagraph(&chain, 1);
    let total = number(metagraph.at("alpha_stake").at(0).unwrap());
    assert!(total.abs_diff(stake + 10u128.pow(9)) <= 1, "{total}");
}

#[test]
fn delegates_are_found_with_their_nominators() {
    let mut chain = Chain::new("local");
    chain.sudo(&call(ADMIN, 66, (1u16, true))).unwrap();
    let (nobody, bob) = ([0u8; 32], account("//Bob"));
    let delegates = |chain: &Chain| ask(chain, "DelegateInfoRuntimeApi", "get_delegates", &());
    assert_eq!(length(&delegates(&chain)), 0);
    let prefix = [sp_core::twox_128(b"SubtensorModule"), sp_core::twox_128(b"Delegates")].concat();
    let key = [&prefix[..], &sp_core::blake2_128(&nobody), &nobody].concat();
    chain.sudo(&call(0, 4, vec![(key, 11_796u16.encode())])).unwrap();
    chain.submit("//Bob", &call(SUBTENSOR, 2, (nobody, 1u16, 10u64.pow(9)))).unwrap();
    let stakes = ask(&chain, "StakeInfoRuntimeApi", "get_stake_info_for_coldkey", &bob);
    let stake = number(stakes.at(0).at("stake").unwrap());
    assert_eq!(length(&delegates(&chain)), 1);
    let delegate = some(ask(&chain, "DelegateInfoRuntimeApi", "get_delegate", &nobody));
    assert_eq!(number(delegate.at("take").unwrap()), 11_796);
    // The zero account itself and Bob.
    let nominators = delegate.at("nominators").unwrap();
    assert_eq!(length(nominators), 2);
    assert_eq!(number(nominators.at(0).at(1).at(0).at(1).unwrap()), 10u128.pow(9));
    assert_eq!(number(nominators.at(1).at(1).at(0).at(1).unwrap()), stake);
    assert_eq!(number(delegate.at("registrations").at(0).unwrap()), 1);
    assert_eq!(length(delegate.at("validator_permits").unwrap()), 0);
    assert_eq!(number(delegate.at("total_daily_return").unwrap()), 0);
    let delegated = ask(&chain, "DelegateInfoRuntimeApi", "get_delegated", &bob);
    assert_eq!(length(&delegated), 1);
    assert_eq!(length(delegated.at(0).at(0).at("nominators").unwrap()), 0);
    assert_eq!(number(delegated.at(0).at(1).at(0).unwrap()), 1);
    assert_eq!(number(delegated.at(0).at(1).at(1).unwrap()), stake);
    assert!(is_none(&ask(&chain, "DelegateInfoRuntimeApi", "get_delegate", &bob)));
}

#[test]
fn what_can_be_taken_out_is_told_by_subnet() {
    let mut chain = Chain::new("local");
    chain.sudo(&call(ADMIN, 66, (1u16, true))).unwrap();
    chain.submit("//Bob", &call(SUBTENSOR, 2, ([0u8; 32], 1u16, 10u64.pow(9)))).unwrap();
    let (bob, eve) = (account("//Bob"), account("//Eve"));
    let stakes = ask(&chain, "StakeInfoRuntimeApi", "get_stake_info_for_coldkey", &bob);
    let stake = number(stakes.at(0).at("stake").unwrap()) as u64;
    type Answer = BTreeMap<AccountId, BTreeMap<u16, [Compact<u64>; 3]>>;
    let availability = |netuids: Option<Vec<u16>>| -> Answer {
        let input = (vec![&bob, &eve], netuids).encode();
        chain.query("StakeInfoRuntimeApi_get_stake_availability_for_coldkeys", &input)
    };
    let held = BTreeMap::from([(1, [Compact(stake), Compact(0), Compact(stake)])]);
    let expected = Answer::from([(bob.clone(), held), (eve.clone(), BTreeMap::new())]);
    assert_eq!(availability(None), expected);
    assert_eq!(availability(Some(vec![1, 1, 7])), expected);
    let nothing = Answer::from([(bob.clone(), BTreeMap::new()), (eve.clone(), BTreeMap::new())]);
    assert_eq!(availability(Some(vec![])), nothing);
    assert_eq!(availability(Some(vec![0, 1, 2])), nothing, "there are two subnets");
    let fee = |from: Option<u16>, to: Option<u16>| -> u64 {
        let (from, to) = (from.map(|netuid| (&bob, netuid)), to.map(|netuid| (&bob, netuid)));
        chain.query("StakeInfoRuntimeApi_get_stake_fee", &(from, &bob, to, &bob, 10u64.pow(9)).encode())
    };
    assert_eq!((fee(None, Some(1)), fee(Some(1), None)), (503_547, 503_547));
    assert_eq!((fee(Some(1), Some(0)), fee(Some(1), Some(1)), fee(None, None)), (0, 0, 0));
}
