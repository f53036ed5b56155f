//! State that is set rather than reached: on the default runtime, as clients then see it.

use serde_json::{Value, json};
use subnetkit_chain::{Call, Chain, Mechanism, Network, Rao};
use subnetkit_devnet::{BlockProduction, Config, ControlError, Devnet, Genesis, SubnetPlan};
use subnetkit_protocol::{AccountId, Keypair, Scheme};

use crate::{
    bittensor::{Bittensor, pair},
    client::{Client, data_of, on_demand},
    tiny::hex,
};

const TAO: u64 = 1_000_000_000;

async fn spawn(block_production: BlockProduction) -> (Devnet, Client, Chain) {
    let config = Config { genesis: Genesis::fast().into_json(), block_production, ..Config::default() };
    let devnet = Devnet::spawn(config).await.unwrap();
    let client = Client::to(&devnet).await;
    let chain = Chain::connect(&Network::Url(devnet.ws_url())).await.unwrap();
    (devnet, client, chain)
}

fn key(uri: &str) -> Keypair {
    Keypair::from_uri(uri, Scheme::Sr25519).unwrap()
}

fn account(text: &Value) -> AccountId {
    text.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_ready_made_subnet_takes_weights_at_once_and_pays_its_miners_in_the_next_epoch() {
    let (devnet, client, chain) = spawn(BlockProduction::OnSubmit).await;
    let plan = json!({ "validators": 2, "miners": 3, "stake_rao": 500 * TAO, "tempo": 20 });
    let made = client.call("dev_createSubnet", json!([plan])).await;
    assert_eq!(devnet.head().number, 1, "one block");
    let netuid = u16::try_from(made["netuid"].as_u64().unwrap()).unwrap();
    let (validators, miners) = (made["validators"].as_array().unwrap(), made["miners"].as_array().unwrap());
    assert_eq!((validators.len(), miners.len()), (2, 3));

    let subnet = chain.metagraph(netuid).await.unwrap();
    assert_eq!(subnet.neurons.len(), 6);
    for (uid, member) in (0..).zip([&made["owner"]].into_iter().chain(validators).chain(miners)) {
        let neuron = &subnet.neurons[uid];
        let uris = ["hotkey_uri", "coldkey_uri"].map(|uri| key(member[uri].as_str().unwrap()).account());
        assert_eq!([neuron.hotkey, neuron.coldkey], uris);
        assert_eq!([account(&member["hotkey"]), account(&member["coldkey"])], uris);
        assert_eq!(member["uid"], uid);
        assert!(chain.at_best().await.unwrap().balance(&neuron.coldkey).await.unwrap().0 >= 999 * TAO);
    }
    for uid in [1, 2] {
        assert!(subnet.neurons[uid].validator_permit);
        assert_eq!(subnet.neurons[uid].alpha_stake, 500 * TAO);
    }

    for validator in validators {
        let hotkey = key(validator["hotkey_uri"].as_str().unwrap());
        let runtime = chain.runtime().await.unwrap();
        let call = Call::set_weights(&runtime, Mechanism::first(netuid), &[(3, 1), (4, 1), (5, 2)], 0);
        chain.submit(&hotkey, call).await.unwrap();
    }
    let before = chain.epoch_clock(netuid).await.unwrap().epoch_index;
    client.call("dev_advanceEpochs", json!([netuid, 2])).await;
    assert_eq!(chain.epoch_clock(netuid).await.unwrap().epoch_index, before + 2);
    let subnet = chain.metagraph(netuid).await.unwrap();
    assert!(subnet.neurons[5].emission > subnet.neurons[4].emission && subnet.neurons[4].emission > 0);

    // A second one is another subnet with other keys.
    let second = devnet.create_subnet(&SubnetPlan::default()).await.unwrap();
    assert_eq!((second.netuid, second.validators.len(), second.miners[0].uid), (netuid + 1, 1, 2));
    let full = devnet.create_subnet(&SubnetPlan { miners: 255, ..SubnetPlan::default() }).await;
    assert!(full.unwrap_err().to_string().contains("room for 255 neurons"));
    let error = client.refusal("dev_createSubnet", json!([{ "minors": 3 }])).await;
    assert!(data_of(&error).contains("minors"), "{error:?}");
}

#[tokio::test]
async fn epochs_of_a_subnet_without_a_tempo_or_without_existence_are_not_waited_for() {
    let (devnet, client, _chain) = spawn(BlockProduction::OnDemand).await;
    let error = client.refusal("dev_advanceEpochs", json!([99])).await;
    assert!(data_of(&error).contains("subnet 99 does not exist"), "{error:?}");
    devnet.set_storage("SubtensorModule", "Tempo", &[json!(1)], &json!(0)).await.unwrap();
    assert!(matches!(devnet.advance_epochs(1, 1).await, Err(ControlError::NoEpochs { netuid: 1 })));
    assert_eq!(devnet.head().number, 1);
}

#[tokio::test]
async fn balances_stakes_and_permits_are_what_they_were_set_to_and_the_past_stays() {
    let (devnet, client, chain) = spawn(BlockProduction::OnDemand).await;
    let subnet = devnet.create_subnet(&SubnetPlan::default()).await.unwrap();
    let before = chain.at_best().await.unwrap();
    let (validator, miner) = (&subnet.validators[0], &subnet.miners[0]);
    let coldkey = key(&miner.coldkey_uri).account();

    let head = devnet.head().number;
    client.call("dev_setBalance", json!([miner.coldkey, 7 * TAO])).await;
    assert_eq!(devnet.head().number, head + 1);
    assert_eq!(chain.at_best().await.unwrap().balance(&coldkey).await.unwrap(), Rao(7 * TAO));
    assert_eq!(before.balance(&coldkey).await.unwrap(), Rao(1_000 * TAO));

    let issued = |subnet: &str| json!([hex(&map_key("SubnetAlphaOut", subnet))]);
    let netuid = hex(&subnet.netuid.to_le_bytes());
    let alpha_out = async || {
        let value = client.call("state_getStorage", issued(&netuid)).await;
        let bytes = sp_core::bytes::from_hex(value.as_str().unwrap()).unwrap();
        u64::from_le_bytes(bytes.try_into().unwrap())
    };
    let out = alpha_out().await;
    for (block, rao) in [(1, 400 * TAO), (2, 3 * TAO)] {
        client.call("dev_setStake", json!([subnet.netuid, miner.hotkey, rao])).await;
        let graph = chain.metagraph(subnet.netuid).await.unwrap();
        assert_eq!(graph.neurons[2].alpha_stake, rao);
        // Besides, every block issues one alpha.
        assert_eq!(alpha_out().await - out, rao + block * TAO, "what is staked is issued");
    }
    devnet.set_stake(0, &validator.hotkey, None, 50 * TAO).await.unwrap();
    devnet.set_permit(subnet.netuid, &miner.hotkey, true).await.unwrap();
    devnet.set_permit(subnet.netuid, &validator.hotkey, false).await.unwrap();
    let graph = chain.metagraph(subnet.netuid).await.unwrap();
    assert_eq!(graph.neurons[1].tao_stake, 50 * TAO);
    assert_eq!([1, 2].map(|uid: usize| graph.neurons[uid].validator_permit), [false, true]);

    let nobody = "5HGjWAeFDfFCWPsjFQdVV2Msvz2XtMktvgocEZcCj68kUMaw";
    let error = client.refusal("dev_setPermit", json!([subnet.netuid, nobody, true])).await;
    assert!(data_of(&error).contains("is not registered on subnet"), "{error:?}");
    let error = client.refusal("dev_setBalance", json!(["5Nobody", 1])).await;
    assert_eq!(error.code(), -32602);
    assert!(data_of(&error).contains("5Nobody is not an ss58 address"), "{error:?}");
}

/// The key of an entry of a map of SubtensorModule by netuid, which is not hashed.
fn map_key(item: &str, netuid: &str) -> Vec<u8> {
    let netuid = sp_core::bytes::from_hex(netuid).unwrap();
    [&sp_core::twox_128(b"SubtensorModule")[..], &sp_core::twox_128(item.as_bytes()), &netuid].concat()
}

#[tokio::test]
async fn hyperparameters_are_set_by_name_even_right_before_an_epoch() {
    let (devnet, client, chain) = spawn(BlockProduction::OnDemand).await;
    let netuid =
        devnet.create_subnet(&SubnetPlan { tempo: Some(5), ..SubnetPlan::default() }).await.unwrap().netuid;
    client.call("dev_setHyperparameter", json!([netuid, "immunity_period", 77])).await;
    client.call("dev_setHyperparameter", json!([netuid, "liquid_alpha_enabled", true])).await;
    client.call("dev_setHyperparameter", json!([netuid, "alpha_values", [46_000, 59_000]])).await;
    devnet.set_hyperparameter(None, "network_rate_limit", &json!(9)).await.unwrap();
    let set = chain.hyperparameters(netuid).await.unwrap();
    assert_eq!(set.immunity_period, 77);
    let key = sp_core::twox_128(b"AdminFreezeWindow");
    let key = [sp_core::twox_128(b"SubtensorModule"), key].concat();
    assert_eq!(
        client.call("state_getStorage", json!([hex(&key)])).await,
        Value::Null,
        "the window is as before"
    );

    let head = devnet.head();
    for (params, part) in [
        (json!([netuid, "immunity", 77]), "AdminUtils has no call sudo_set_immunity"),
        (json!([netuid, "immunity_period", 70_000]), "must be a whole number of up to 16 bits, not 70000"),
        (json!([99, "immunity_period", 7]), "SubnetDoesNotExist"),
    ] {
        let error = client.refusal("dev_setHyperparameter", params).await;
        assert!(data_of(&error).contains(part), "{error:?}");
    }
    assert_eq!(devnet.head(), head, "what fails makes no block");
}

#[tokio::test]
async fn any_storage_item_is_set_by_name_and_subscribers_hear_of_it() {
    let (devnet, client, _chain) = spawn(BlockProduction::OnDemand).await;
    let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    let tempo = hex(&map_key("Tempo", "0x0100"));
    let mut changes =
        client.subscribe("state_subscribeStorage", json!([[tempo]]), "state_unsubscribeStorage").await;
    assert_eq!(changes.next().await.unwrap().unwrap()["changes"], json!([[tempo, "0x6400"]]));
    let block = client.call("dev_setStorage", json!(["SubtensorModule", "Tempo", [1], 77])).await;
    assert_eq!(
        changes.next().await.unwrap().unwrap(),
        json!({ "block": block, "changes": [[tempo, "0x4d00"]] })
    );
    client.call("dev_setStorage", json!(["SubtensorModule", "Tempo", [1], null])).await;
    assert_eq!(changes.next().await.unwrap().unwrap()["changes"], json!([[tempo, null]]));

    let info = json!({
        "block": 5, "version": 1, "ip": "281470698521601", "port": 80, "ip_type": 4, "protocol": 4,
        "placeholder1": 0, "placeholder2": 0,
    });
    for (item, keys, value) in [
        ("Axons", json!([1, alice]), info),
        ("Owner", json!([alice]), json!(alice)),
        ("OwnedHotkeys", json!([alice]), json!([alice, alice])),
        ("Weights", json!([1, 0]), json!([[0, 65_535], [1, 7]])),
        ("TokenSymbol", json!([1]), json!("k")),
        ("RecycleOrBurn", json!([1]), json!("Recycle")),
        ("NetworkRateLimit", json!([]), json!("12")),
    ] {
        let keys = keys.as_array().unwrap();
        devnet
            .set_storage("SubtensorModule", item, keys, &value)
            .await
            .unwrap_or_else(|e| panic!("{item}: {e}"));
    }
    let symbol = client.call("state_getStorage", json!([hex(&map_key("TokenSymbol", "0x0100"))])).await;
    assert_eq!(symbol, hex(&[4, b'k']));

    for (params, part) in [
        (json!(["Subtensor", "Tempo", [1], 7]), "The runtime has no pallet Subtensor"),
        (json!(["SubtensorModule", "Tempi", [1], 7]), "has no storage item Tempi"),
        (json!(["SubtensorModule", "Tempo", [], 7]), "Tempo takes 1 keys or arguments, not 0"),
        (json!(["SubtensorModule", "Tempo", ["one"], 7]), "key 0 of Tempo must be a whole number"),
        (json!(["SubtensorModule", "Owner", [alice], "Bob"]), "Owner must be an ss58 address"),
        (json!(["SubtensorModule", "RecycleOrBurn", [1], "Keep"]), "must be one of Burn, Recycle"),
    ] {
        let error = client.refusal("dev_setStorage", params).await;
        assert_eq!(error.code(), -32602);
        assert!(data_of(&error).contains(part), "{error:?}");
    }
}

#[tokio::test]
async fn an_impersonated_account_needs_no_key_but_funds_and_nonces() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let (alice, bob) = (pair("//Alice"), pair("//Bob"));
    let forged = |nonce| {
        let mut bytes = sp_core::bytes::from_hex(&chain.transfer(&alice, &bob, TAO, nonce)).unwrap();
        // Inside the signature, after length, version, address and kind.
        bytes[60] ^= 1;
        json!([hex(&bytes)])
    };
    let ss58 = sp_core::crypto::Ss58Codec::to_ss58check(&sp_core::Pair::public(&alice));
    let had = chain.free(&bob, None).await;
    let refused = chain.client.refusal("author_submitExtrinsic", forged(0)).await;
    assert_eq!(data_of(&refused), "Transaction has a bad signature");

    chain.client.call("dev_impersonate", json!([ss58])).await;
    assert_eq!(chain.client.call("system_dryRun", forged(1)).await, "0x010002", "a later nonce must wait");
    // The refused bytes are banned for a while, as on a real node.
    chain.client.call("author_submitExtrinsic", json!([chain.transfer(&alice, &bob, TAO, 0)])).await;
    chain.client.call("author_submitExtrinsic", forged(1)).await;
    chain.devnet.mine(1).await.unwrap();
    assert_eq!(chain.free(&bob, None).await, had + 2 * TAO);

    chain.devnet.stop_impersonating(&ss58).unwrap();
    let refused = chain.client.refusal("author_submitExtrinsic", forged(2)).await;
    assert_eq!(data_of(&refused), "Transaction has a bad signature");
    let error = chain.client.refusal("dev_impersonate", json!(["Alice"])).await;
    assert!(data_of(&error).contains("Alice is neither"), "{error:?}");
    let hidden = chain.client.refusal("state_call", json!(["Dev_dispatch", "0x"])).await;
    assert!(hidden.message().contains("Exported method Dev_dispatch is not found"), "{hidden}");
}

#[tokio::test]
async fn a_call_is_made_in_anybodys_name_and_its_failure_is_told() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let (alice, bob) = (pair("//Alice"), pair("//Bob"));
    let address = |of| sp_core::crypto::Ss58Codec::to_ss58check(&sp_core::Pair::public(of));
    let args = json!({ "dest": address(&alice), "value": 5 * TAO });
    let (had, alice_had) = (chain.free(&bob, None).await, chain.free(&alice, None).await);
    let call = json!(["Balances", "transfer_keep_alive", args, address(&bob)]);
    chain.client.call("dev_dispatch", call).await;
    assert_eq!(chain.free(&bob, None).await, had - 5 * TAO, "no fee");
    assert_eq!(chain.free(&alice, None).await, alice_had + 5 * TAO);

    let head = chain.devnet.head();
    let too_much = json!([address(&alice), "18446744073709551615"]);
    let error = chain
        .client
        .refusal("dev_dispatch", json!(["Balances", "transfer_keep_alive", too_much, address(&bob)]))
        .await;
    assert!(data_of(&error).contains("The runtime refused: the call failed with"), "{error:?}");
    assert_eq!(chain.devnet.head(), head);
}

#[tokio::test]
async fn the_same_calls_give_the_same_blocks() {
    let mut runs = Vec::new();
    for balance in [1, 1, 2] {
        let config = Config { genesis: Genesis::fast().into_json(), ..on_demand() };
        let devnet = Devnet::spawn(config).await.unwrap();
        let subnet = devnet.create_subnet(&SubnetPlan::default()).await.unwrap();
        devnet.advance_epochs(subnet.netuid, 3).await.unwrap();
        devnet.advance_rounds(2).await.unwrap();
        devnet.set_balance(&subnet.owner.coldkey, balance * TAO).await.unwrap();
        devnet.set_time(devnet.time_ms().await.unwrap() + 12_345).await.unwrap();
        devnet.mine(2).await.unwrap();
        let client = Client::to(&devnet).await;
        let header = client.call("chain_getHeader", json!([])).await;
        runs.push((devnet.head(), header["stateRoot"].clone()));
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}
