//! Chains as bytes and files.

use std::fs;

use serde_json::{Value, json};
use subnetkit_devnet::{Config, ControlError, Devnet, SpawnError, StateFileError};

use crate::{
    client::{Client, data_of, on_demand, tiny},
    tiny::{Tiny, Transaction, hex},
};

/// A chain of three blocks that wrote something, at a time of its own.
async fn written() -> (Devnet, Client) {
    let genesis = json!({ "big": "x".repeat(10_000), "seed": "7" });
    let (devnet, client) = tiny(Config { genesis, ..on_demand() }).await;
    client.call("author_submitExtrinsic", json!([Transaction::write(1, 0, "k", "v").hex()])).await;
    devnet.set_time(2_000_000_000_000).await.unwrap();
    devnet.mine(3).await.unwrap();
    (devnet, client)
}

async fn value(client: &Client, key: &str) -> Value {
    client.call("state_getStorage", json!([hex(key.as_bytes())])).await
}

#[tokio::test]
async fn a_chain_goes_on_from_its_file_as_if_it_had_never_ended() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("chain.state");
    let (devnet, client) = written().await;
    devnet.dump_to(&file).await.unwrap();
    let (genesis, head) = (devnet.genesis_hash(), devnet.head());
    let second =
        client.call("chain_getBlock", json!([client.call("chain_getBlockHash", json!([2])).await])).await;
    let goes_on = devnet.mine(1).await.unwrap();
    drop(devnet);

    let config = Config { state: Some(file.clone()), ..on_demand() };
    let devnet = Devnet::spawn_with(config, Tiny).await.unwrap();
    let client = Client::to(&devnet).await;
    assert_eq!((devnet.genesis_hash(), devnet.head()), (genesis, head));
    assert_eq!(value(&client, "k").await, hex(b"v"));
    let hash = client.call("chain_getBlockHash", json!([2])).await;
    assert_eq!(client.call("chain_getBlock", json!([hash])).await, second);
    let error = client.refusal("state_getStorage", json!(["0x00", hash])).await;
    assert!(error.message().contains("State already discarded"), "{error}");
    assert_eq!(devnet.mine(1).await.unwrap(), goes_on, "the same block follows");
}

#[tokio::test]
async fn a_running_chain_becomes_another_one_over_its_port() {
    let (devnet, client) = written().await;
    let dump = client.call("dev_dump", json!([])).await;
    assert_eq!(client.call("dev_dump", json!([])).await, dump, "equal chains, equal bytes");
    let (other, there) = tiny(on_demand()).await;
    let waiting = there.watch(&Transaction::write(1, 5, "k", "never").hex()).await;
    assert_eq!(there.call("dev_load", json!([dump])).await, hex(&devnet.head().hash));
    assert_eq!(crate::client::all(waiting).await.last().unwrap(), "dropped");
    assert_eq!((other.head(), other.genesis_hash()), (devnet.head(), devnet.genesis_hash()));
    assert_eq!(value(&there, "k").await, hex(b"v"));
    assert_eq!(other.mine(2).await.unwrap(), devnet.mine(2).await.unwrap());
}

#[tokio::test]
async fn damage_is_refused_with_its_position_and_changes_nothing() {
    let (devnet, client) = written().await;
    let bytes = devnet.dump().await.unwrap();
    let head = devnet.head();
    let load = async |bytes: &[u8]| match devnet.load(bytes.to_vec()).await {
        Err(ControlError::StateFile(error)) => error,
        other => panic!("{other:?}"),
    };
    assert!(matches!(load(b"").await, StateFileError::Foreign));
    assert!(matches!(load(&bytes[1..]).await, StateFileError::Foreign));
    let mut newer = bytes.clone();
    newer[16] = 9;
    assert!(matches!(load(&newer).await, StateFileError::Version { found: 9 }));

    // Chunks of 4096 bytes with 20 around each begin after a mark of 16 bytes and a version of 4.
    let second = 20 + 4096 + 20;
    for (at, expected) in [(24, 20), (20 + 4 + 4095, 20), (second + 1000, second), (second, second)] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x40;
        let error = load(&damaged).await;
        assert!(
            matches!(error, StateFileError::Corrupt { position, .. } if position == expected),
            "byte {at}: {error}"
        );
    }
    for cut in [21, second + 100, bytes.len() - 20, bytes.len() - 1] {
        let error = load(&bytes[..cut]).await;
        assert!(
            matches!(error, StateFileError::Corrupt { position, .. } if position <= cut && position + 4116 > cut),
            "{cut} bytes: {error}"
        );
    }
    let error = load(&[&bytes[..], b"x"].concat()).await;
    assert!(matches!(error, StateFileError::Corrupt { position, .. } if position == bytes.len()), "{error}");
    let error = client.refusal("dev_load", json!(["0x1234"])).await;
    assert_eq!(error.code(), -32602);
    assert!(data_of(&error).contains("no dumped chain"), "{error:?}");
    assert_eq!(devnet.head(), head);
    devnet.mine(1).await.unwrap();
}

#[tokio::test]
async fn a_corrupt_file_stops_the_start_and_a_failed_dump_leaves_the_old_one() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("chain.state");
    let (devnet, _client) = written().await;
    devnet.dump_to(&file).await.unwrap();
    let good = fs::read(&file).unwrap();

    // A directory in the place of the file that is written first.
    let temporary = directory.path().join(format!("chain.state.{}.tmp", std::process::id()));
    fs::create_dir(&temporary).unwrap();
    devnet.mine(1).await.unwrap();
    let error = devnet.dump_to(&file).await.unwrap_err();
    assert!(error.to_string().contains("is as it was"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), good);
    fs::remove_dir(&temporary).unwrap();
    devnet.dump_to(&file).await.unwrap();
    assert_ne!(fs::read(&file).unwrap(), good);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left");

    let mut bad = good;
    bad[5_000] ^= 1;
    fs::write(&file, bad).unwrap();
    let config = Config { state: Some(file), ..on_demand() };
    let error = Devnet::spawn_with(config, Tiny).await.unwrap_err();
    assert!(matches!(&error, SpawnError::State(StateFileError::Corrupt { position: 4136, .. })), "{error}");
    assert!(error.to_string().contains("byte 4136"), "{error}");
}
