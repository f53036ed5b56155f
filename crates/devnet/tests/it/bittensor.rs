//! The default runtime behind the port: signed transfers from the development accounts.

use std::time::Duration;

use codec::{Compact, Decode, Encode};
use serde_json::{Value, json};
use sp_core::{Pair, blake2_128, blake2_256, crypto::Ss58Codec, sr25519, twox_128};
use subnetkit_devnet::{Config, Devnet, Genesis};

use crate::{
    client::{Client, all, data_of, next, on_demand},
    tiny::hex,
};

const BALANCES_TRANSFER_KEEP_ALIVE: [u8; 2] = [5, 3];
const TAO: u64 = 1_000_000_000;

pub(crate) fn pair(name: &str) -> sr25519::Pair {
    sr25519::Pair::from_string(name, None).unwrap()
}

/// A chain with the default runtime, and what a transaction must be signed for.
pub(crate) struct Bittensor {
    pub(crate) devnet: Devnet,
    pub(crate) client: Client,
    spec_version: u32,
    transaction_version: u32,
}

impl Bittensor {
    pub(crate) async fn spawn(genesis: Genesis) -> Self {
        let config = Config { genesis: genesis.into_json(), ..on_demand() };
        let devnet = Devnet::spawn(config).await.unwrap();
        let client = Client::to(&devnet).await;
        let version = client.call("state_getRuntimeVersion", json!([])).await;
        let number = |name: &str| u32::try_from(version[name].as_u64().unwrap()).unwrap();
        let (spec_version, transaction_version) = (number("specVersion"), number("transactionVersion"));
        Self { devnet, client, spec_version, transaction_version }
    }

    /// An immortal transfer in the layout that the real chain's runtime takes.
    pub(crate) fn transfer(&self, from: &sr25519::Pair, to: &sr25519::Pair, rao: u64, nonce: u32) -> String {
        let mut call = BALANCES_TRANSFER_KEEP_ALIVE.to_vec();
        call.push(0);
        call.extend_from_slice(&to.public().0);
        Compact(rao).encode_to(&mut call);
        self.signed(from, &call, nonce, &[0], self.devnet.genesis_hash())
    }

    /// A call signed with an era, whose first block is `birth`.
    pub(crate) fn signed(
        &self,
        from: &sr25519::Pair,
        call: &[u8],
        nonce: u32,
        era: &[u8],
        birth: [u8; 32],
    ) -> String {
        let extra = [era, &(Compact(nonce), Compact(0_u64), 0_u8).encode()].concat();
        let genesis = self.devnet.genesis_hash();
        let implicit = (self.spec_version, self.transaction_version, genesis, birth, 0_u8).encode();
        let mut payload = [call, &extra, &implicit].concat();
        if payload.len() > 256 {
            payload = blake2_256(&payload).to_vec();
        }
        let signature = from.sign(&payload);
        let body = [&[0x84, 0][..], &from.public().0, &[1], &signature.0, &extra, call].concat();
        hex(&body.encode())
    }

    /// Free balance in rao, after a block or the head.
    pub(crate) async fn free(&self, of: &sr25519::Pair, at: Option<&str>) -> u64 {
        let account = of.public().0;
        let key = [&twox_128(b"System")[..], &twox_128(b"Account"), &blake2_128(&account), &account].concat();
        let value = self.client.call("state_getStorage", json!([hex(&key), at])).await;
        let Some(text) = value.as_str() else { return 0 };
        let bytes = sp_core::bytes::from_hex(text).unwrap();
        u64::decode(&mut &bytes[16..24]).unwrap()
    }

    async fn next_index(&self, of: &sr25519::Pair) -> Value {
        self.client.call("account_nextIndex", json!([of.public().to_ss58check()])).await
    }
}

#[tokio::test]
async fn the_genesis_holds_the_hash_of_the_metadata_by_which_clients_keep_it() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let metadata =
        chain.client.call("state_call", json!(["Metadata_metadata_at_version", "0x0f000000"])).await;
    let metadata = sp_core::bytes::from_hex(metadata.as_str().unwrap()).unwrap();
    let genesis = hex(&chain.devnet.genesis_hash());
    let code = chain.client.call("state_getStorage", json!([hex(b":code"), genesis])).await;
    assert_eq!(code, hex(&blake2_256(&metadata)));
}

#[tokio::test]
async fn a_signed_transfer_moves_funds_and_the_block_before_still_shows_the_old_ones() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let (alice, bob) = (pair("//Alice"), pair("//Bob"));
    let before = hex(&chain.devnet.mine(1).await.unwrap().hash);
    let had = chain.free(&bob, None).await;
    let transfer = chain.transfer(&alice, &bob, 5 * TAO, 0);
    let watched = chain.client.watch(&transfer).await;
    assert_eq!(chain.next_index(&alice).await, 1);
    let head = hex(&chain.devnet.mine(1).await.unwrap().hash);
    assert_eq!(
        all(watched).await,
        [json!("ready"), json!({ "inBlock": head }), json!({ "finalized": head })]
    );
    assert_eq!(chain.free(&bob, None).await, had + 5 * TAO);
    assert_eq!(chain.free(&bob, Some(&before)).await, had);
    assert_eq!(chain.next_index(&alice).await, 1);
    let block = chain.client.call("chain_getBlock", json!([head])).await;
    assert_eq!(block["block"]["extrinsics"].as_array().unwrap().last().unwrap(), &transfer);
}

#[tokio::test]
async fn bad_signature_and_stale_nonce_are_refused_and_a_future_nonce_waits() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let (alice, bob) = (pair("//Alice"), pair("//Bob"));
    let mut forged = sp_core::bytes::from_hex(&chain.transfer(&alice, &bob, TAO, 0)).unwrap();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let error = chain.client.refusal("author_submitExtrinsic", json!([hex(&forged)])).await;
    assert_eq!((error.code(), data_of(&error).as_str()), (1010, "Transaction has a bad signature"));

    let mut second = chain.client.watch(&chain.transfer(&alice, &bob, TAO, 1)).await;
    assert_eq!(next(&mut second).await, "future");
    let first = chain.client.watch(&chain.transfer(&alice, &bob, TAO, 0)).await;
    assert_eq!(next(&mut second).await, "ready");
    chain.devnet.mine(1).await.unwrap();
    assert!(all(first).await.last().unwrap()["finalized"].is_string());
    assert!(all(second).await.last().unwrap()["finalized"].is_string());

    let stale = chain.transfer(&alice, &bob, TAO, 0);
    let error = chain.client.refusal("author_submitExtrinsic", json!([stale])).await;
    assert_eq!((error.code(), data_of(&error).as_str()), (1010, "Transaction is outdated"));
    let poor = chain.transfer(&pair("//Nobody"), &bob, 1, 0);
    let error = chain.client.refusal("author_submitExtrinsic", json!([poor])).await;
    assert_eq!(data_of(&error), "Inability to pay some fees (e.g. account balance too low)");
    let garbage = chain.client.refusal("author_submitExtrinsic", json!(["0x0c010203"])).await;
    assert_eq!(garbage.code(), 1002, "{garbage}");
}

#[tokio::test]
async fn fees_are_foretold_and_metadata_is_served() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let (alice, bob) = (pair("//Alice"), pair("//Bob"));
    chain.devnet.mine(1).await.unwrap();
    let transfer = chain.transfer(&alice, &bob, TAO, 0);
    let info = chain.client.call("payment_queryInfo", json!([transfer])).await;
    assert_eq!(info["class"], "normal");
    assert!(info["weight"]["ref_time"].as_u64().unwrap() > 0);
    let fee: u64 = info["partialFee"].as_str().unwrap().parse().unwrap();
    let details = chain.client.call("payment_queryFeeDetails", json!([transfer])).await;
    let parts = ["baseFee", "lenFee", "adjustedWeightFee"].map(|part| {
        let text = details["inclusionFee"][part].as_str().unwrap();
        u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
    });
    assert_eq!(parts.iter().sum::<u64>(), fee);
    assert_eq!(chain.client.call("system_dryRun", json!([transfer])).await, "0x0000");

    let had = chain.free(&alice, None).await;
    chain.client.call("author_submitExtrinsic", json!([transfer])).await;
    chain.devnet.mine(1).await.unwrap();
    assert_eq!(chain.free(&alice, None).await, had - TAO - fee);

    let metadata = chain.client.call("state_getMetadata", json!([])).await;
    assert!(metadata.as_str().unwrap().starts_with("0x6d6574610e"), "version 14");
    let v15 = chain.client.call("state_call", json!(["Metadata_metadata_at_version", "0x0f000000"])).await;
    let v15 = sp_core::bytes::from_hex(v15.as_str().unwrap()).unwrap();
    let v15 = Option::<Vec<u8>>::decode(&mut &v15[..]).unwrap().unwrap();
    assert_eq!(v15[..5], *b"meta\x0f");
}

#[tokio::test]
async fn many_transfers_fit_in_one_block_and_the_roots_are_those_of_the_state() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let (alice, bob) = (pair("//Alice"), pair("//Bob"));
    for nonce in 0..200 {
        chain.client.call("author_submitExtrinsic", json!([chain.transfer(&alice, &bob, TAO, nonce)])).await;
    }
    chain.devnet.mine(1).await.unwrap();
    assert_eq!(chain.next_index(&alice).await, 200);
    assert_eq!(chain.client.call("author_pendingExtrinsics", json!([])).await, json!([]));
    let header = chain.client.call("chain_getHeader", json!([])).await;
    let proof = chain.client.call("state_getReadProof", json!([["0x00"]])).await;
    let roots: Vec<String> = proof["proof"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| hex(&blake2_256(&sp_core::bytes::from_hex(node.as_str().unwrap()).unwrap())))
        .collect();
    assert!(roots.iter().any(|root| header["stateRoot"] == *root), "{roots:?}");
}

#[tokio::test]
async fn genesis_sets_block_time_and_balances() {
    let bob = pair("//Bob");
    let custom =
        Genesis::fast().block_time(Duration::from_secs(3)).endow(&bob.public().to_ss58check(), 7 * TAO);
    for (genesis, slot_ms, rao) in [(Genesis::local(), 12_000_u64, 1_000_000 * TAO), (custom, 3_000, 7 * TAO)]
    {
        let chain = Bittensor::spawn(genesis).await;
        let slot = chain.client.call("state_call", json!(["AuraApi_slot_duration", "0x"])).await;
        assert_eq!(slot, hex(&slot_ms.to_le_bytes()));
        assert_eq!(chain.free(&bob, None).await, rao);
        chain.devnet.mine(2).await.unwrap();
    }
}

#[tokio::test]
async fn bittensors_own_methods_give_what_the_runtime_apis_give() {
    let chain = Bittensor::spawn(Genesis::local()).await;
    chain.devnet.mine(2).await.unwrap();
    let client = &chain.client;
    let numbers = |answer: &Value| -> Vec<u8> { serde_json::from_value(answer.clone()).unwrap() };
    let account = pair("//Alice").public().0;
    for (method, params, api, input) in [
        ("subnetInfo_getMetagraph", json!([1]), "SubnetInfoRuntimeApi_get_metagraph", 1_u16.encode()),
        ("subnetInfo_getSubnetsInfo_v2", json!([]), "SubnetInfoRuntimeApi_get_subnets_info_v2", vec![]),
        ("neuronInfo_getNeuronLite", json!([1, 0]), "NeuronInfoRuntimeApi_get_neuron_lite", vec![1, 0, 0, 0]),
        (
            "subnetInfo_getSelectiveMechagraph",
            json!([1, 0, [0, 52]]),
            "SubnetInfoRuntimeApi_get_selective_mechagraph",
            (1_u16, 0_u8, vec![0_u16, 52]).encode(),
        ),
        (
            "subnetInfo_getColdkeyAutoStakeHotkey",
            json!([pair("//Alice").public().to_ss58check(), 1]),
            "SubnetInfoRuntimeApi_get_coldkey_auto_stake_hotkey",
            (account, 1_u16).encode(),
        ),
        (
            "delegateInfo_getDelegate",
            json!([account.to_vec()]),
            "DelegateInfoRuntimeApi_get_delegate",
            account.to_vec(),
        ),
        (
            "swap_simSwapTaoForAlpha",
            json!([1, TAO]),
            "SwapRuntimeApi_sim_swap_tao_for_alpha",
            (1_u16, TAO).encode(),
        ),
    ] {
        let answer = client.call(method, params).await;
        let expected = client.call("state_call", json!([api, hex(&input)])).await;
        assert_eq!(hex(&numbers(&answer)), expected, "{method}");
    }
    assert_eq!(client.call("subnetInfo_getLockCost", json!([])).await, 1_000 * TAO);
    assert_eq!(client.call("subnetInfo_getSubnetToPrune", json!([])).await, Value::Null);
    assert_eq!(client.call("swap_currentAlphaPrice", json!([1])).await, TAO);
    let prices = json!([{ "netuid": 0, "price": TAO }, { "netuid": 1, "price": TAO }]);
    assert_eq!(client.call("swap_currentAlphaPriceAll", json!([])).await, prices);
    // The block at which to ask comes last.
    let genesis = chain.devnet.genesis_hash();
    let then = client.call("subnetInfo_getDynamicInfo", json!([1, hex(&genesis)])).await;
    assert_ne!(then, client.call("subnetInfo_getDynamicInfo", json!([1])).await);
}

#[tokio::test]
async fn bittensors_own_methods_refuse_what_they_cannot_read() {
    let chain = Bittensor::spawn(Genesis::local()).await;
    let client = &chain.client;
    for (method, params) in [
        ("subnetInfo_getMetagraph", json!([])),
        ("subnetInfo_getMetagraph", json!([70_000])),
        ("delegateInfo_getDelegate", json!([[1, 2, 3]])),
        ("subnetInfo_getColdkeyAutoStakeHotkey", json!(["5Nobody", 1])),
    ] {
        assert_eq!(client.refusal(method, params).await.code(), -32_602, "{method}");
    }
    let unknown = json!([1, format!("0x{}", "11".repeat(32))]);
    let refusal = client.refusal("subnetInfo_getMetagraph", unknown).await;
    assert_eq!(refusal.code(), 1);
    assert!(refusal.message().contains("SubnetInfoRuntimeApi_get_metagraph"), "{refusal:?}");
}
