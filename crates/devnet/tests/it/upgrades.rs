//! Other runtimes in place of the one that runs.

use codec::Decode;
use serde_json::{Value, json};
use sp_core::{blake2_256, twox_128};
use subnetkit_devnet::{ControlError, Genesis, NoSuchVariant, Variant};

use crate::{
    bittensor::Bittensor,
    client::{data_of, next},
    tiny::hex,
};

const CODE: &str = "0x3a636f6465";

fn key(pallet: &str, item: &str) -> String {
    hex(&[twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat())
}

impl Bittensor {
    async fn bytes(&self, key: &str, at: &Value) -> Vec<u8> {
        let value = self.client.call("state_getStorage", json!([key, at])).await;
        sp_core::bytes::from_hex(value.as_str().unwrap()).unwrap()
    }

    /// Spec version and metadata, as a block's state has them.
    async fn runtime_at(&self, at: &Value) -> (u64, String) {
        let version = self.client.call("state_getRuntimeVersion", json!([at])).await;
        let metadata = self.client.call("state_getMetadata", json!([at])).await;
        (version["specVersion"].as_u64().unwrap(), hex(&blake2_256(metadata.as_str().unwrap().as_bytes())))
    }

    /// The spec version that the last upgrade to a newer runtime left behind.
    async fn last_upgrade(&self, at: &Value) -> u32 {
        let bytes = self.bytes(&key("System", "LastRuntimeUpgrade"), at).await;
        codec::Compact::<u32>::decode(&mut &bytes[..]).unwrap().0
    }
}

#[tokio::test]
async fn a_block_is_made_and_answered_by_the_runtime_of_its_own_time() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let before = chain.runtime_at(&json!(null)).await;
    let mut known = vec![(json!(sp_core::H256(chain.devnet.head().hash)), before.clone())];
    for variant in [Variant::Newtyped, Variant::Reordered, Variant::Spec425] {
        let parent = json!(sp_core::H256(chain.devnet.head().hash));
        let upgraded = chain.client.call("dev_upgradeRuntime", json!([variant.name()])).await;
        let header = chain.client.call("chain_getHeader", json!([upgraded])).await;
        let digest: Vec<&str> =
            header["digest"]["logs"].as_array().unwrap().iter().map(|log| log.as_str().unwrap()).collect();
        assert!(digest.contains(&"0x08"), "the digest tells of a new runtime: {digest:?}");
        // In the numbers of the runtime that made the block: extrinsic 0, System, CodeUpdated, no topics.
        let events = chain.bytes(&key("System", "Events"), &upgraded).await;
        let system = if chain.runtime_at(&parent).await.0 == 427 { 2 } else { 0 };
        assert!(events.windows(8).any(|bytes| bytes == [0, 0, 0, 0, 0, system, 2, 0]), "{events:?}");
        let runtime = chain.runtime_at(&upgraded).await;
        assert_eq!(runtime.0, u64::from(variant.spec_version()));
        let code = chain.bytes(CODE, &upgraded).await;
        assert!(
            code.ends_with(variant.name().as_bytes()) || (variant == Variant::Spec425 && code.len() == 32)
        );

        let round = key("Drand", "LastStoredRound");
        let rounds = u64::decode(&mut &chain.bytes(&round, &upgraded).await[..]).unwrap();
        let last = chain.last_upgrade(&upgraded).await;
        chain.devnet.advance_rounds(2).await.unwrap();
        let now = json!(null);
        assert!(u64::decode(&mut &chain.bytes(&round, &now).await[..]).unwrap() > rounds, "pulses come");
        let expected = if variant == Variant::Spec425 { last } else { variant.spec_version() };
        assert_eq!(chain.last_upgrade(&now).await, expected, "it is for newer runtimes that hooks run");
        known.push((upgraded, runtime));
    }
    for (at, runtime) in &known {
        assert_eq!(chain.runtime_at(at).await, *runtime);
    }
    assert_eq!(known[0].1, known[3].1);
    let distinct: std::collections::BTreeSet<_> = known.iter().map(|(_, runtime)| &runtime.1).collect();
    assert_eq!(distinct.len(), 3);
}

#[tokio::test]
async fn subscribers_are_told_of_a_new_version_once() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let client = &chain.client;
    let mut versions =
        client.subscribe("state_subscribeRuntimeVersion", json!([]), "state_unsubscribeRuntimeVersion").await;
    assert_eq!(next(&mut versions).await["specVersion"], 425);
    chain.devnet.mine(2).await.unwrap();
    for variant in [Variant::Reordered, Variant::Reordered, Variant::Newtyped] {
        chain.devnet.upgrade_runtime(variant).await.unwrap();
    }
    assert_eq!(next(&mut versions).await["specVersion"], 427);
    assert_eq!(next(&mut versions).await["specVersion"], 426);
}

#[tokio::test]
async fn a_runtime_goes_with_the_chain_when_that_is_dumped_or_reverted() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let (alice, bob) = (crate::bittensor::pair("//Alice"), crate::bittensor::pair("//Bob"));
    let head = json!(null);
    let snapshot = chain.devnet.snapshot().await.unwrap();
    chain.devnet.upgrade_runtime(Variant::Reordered).await.unwrap();
    chain.devnet.mine(1).await.unwrap();
    let (upgraded, dump) = (chain.runtime_at(&head).await, chain.devnet.dump().await.unwrap());
    // By the names of the new runtime, whose numbers are others.
    chain.devnet.dispatch(None, "System", "set_storage", &json!([[["0x616263", "0x01"]]])).await.unwrap();
    assert_eq!(chain.bytes("0x616263", &head).await, [1]);

    chain.devnet.revert(snapshot).await.unwrap();
    assert_eq!(chain.runtime_at(&head).await.0, 425);
    let transfer = chain.transfer(&alice, &bob, 5, 0);
    chain.client.call("author_submitExtrinsic", json!([transfer])).await;
    chain.devnet.mine(1).await.unwrap();

    let other = Bittensor::spawn(Genesis::local()).await;
    other.devnet.load(dump).await.unwrap();
    assert_eq!(other.runtime_at(&head).await, upgraded);
    other.devnet.mine(1).await.unwrap();
    // What was signed for the first runtime has another pallet's number here.
    let error = other.client.refusal("author_submitExtrinsic", json!([transfer])).await;
    assert!([1002, 1010].contains(&error.code()), "{error:?}");
}

#[tokio::test]
async fn what_is_signed_for_another_version_has_a_bad_signature() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let (alice, bob) = (crate::bittensor::pair("//Alice"), crate::bittensor::pair("//Bob"));
    let waiting = chain.transfer(&alice, &bob, 5, 0);
    let mut watch = chain.client.watch(&waiting).await;
    assert_eq!(next(&mut watch).await, "ready");
    chain.devnet.upgrade_runtime(Variant::Newtyped).await.unwrap();
    assert_eq!(next(&mut watch).await, "invalid");
    assert_eq!(chain.client.call("author_pendingExtrinsics", json!([])).await, json!([]));
    let error =
        chain.client.refusal("author_submitExtrinsic", json!([chain.transfer(&alice, &bob, 6, 0)])).await;
    assert_eq!(error.code(), 1010);
    assert!(error.data().unwrap().get().contains("bad signature"), "{error:?}");
}

#[tokio::test]
async fn there_are_no_other_runtimes() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let error = chain.client.refusal("dev_upgradeRuntime", json!(["424"])).await;
    assert!(data_of(&error).contains("425, newtyped, reordered"), "{error:?}");
    let error: NoSuchVariant = "424".parse::<Variant>().unwrap_err();
    assert!(error.to_string().contains("424"));
    assert_eq!("reordered".parse(), Ok(Variant::Reordered));
    // A code that is no runtime's stops the chain, as it would any: but not for ever.
    let snapshot = chain.devnet.snapshot().await.unwrap();
    let foreign =
        [(CODE, vec![1_u8; 40])].map(|(key, code)| (sp_core::bytes::from_hex(key).unwrap(), Some(code)));
    chain.devnet.set_storage_raw(foreign.to_vec()).await.unwrap();
    let error = chain.devnet.mine(1).await.unwrap_err();
    assert!(matches!(&error, ControlError::Block(_)) && error.to_string().contains("code"), "{error}");
    chain.devnet.revert(snapshot).await.unwrap();
    chain.devnet.mine(1).await.unwrap();
}
