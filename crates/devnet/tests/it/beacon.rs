//! The chain's own beacon: rounds that follow block time, and weights that open with them.

use codec::Encode;
use serde_json::json;
use subnetkit_chain::{Call, Chain, Mechanism, Network, Value};
use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis, NewSubnet, SubnetPlan};
use subnetkit_protocol::{AccountId, Keypair, Scheme};
use subnetkit_timelock::{QUICKNET, Schedule, open, seal};

const TEMPO: u16 = 100;
/// Slots of the fast preset in a round.
const BLOCKS_PER_ROUND: u32 = 12;

struct Setup {
    devnet: Devnet,
    chain: Chain,
    subnet: NewSubnet,
    validator: Keypair,
}

/// A subnet of one validator and two miners, with commit-reveal and two mechanisms.
async fn setup() -> Setup {
    let config = Config {
        genesis: Genesis::fast().into_json(),
        block_production: BlockProduction::OnSubmit,
        ..Config::default()
    };
    let devnet = Devnet::spawn(config).await.unwrap();
    let plan = SubnetPlan { miners: 2, tempo: Some(TEMPO), commit_reveal: true, ..SubnetPlan::default() };
    let subnet = devnet.create_subnet(&plan).await.unwrap();
    for (name, value) in [("max_allowed_uids", json!(128)), ("mechanism_count", json!(2))] {
        devnet.set_hyperparameter(Some(subnet.netuid), name, &value).await.unwrap();
    }
    let chain = Chain::connect(&Network::Url(devnet.ws_url())).await.unwrap();
    let validator = Keypair::from_uri(&subnet.validators[0].hotkey_uri, Scheme::Sr25519).unwrap();
    Setup { devnet, chain, subnet, validator }
}

impl Setup {
    async fn read(&self, pallet: &str, item: &str, keys: Vec<Value>) -> Option<Value> {
        self.chain.at_best().await.unwrap().storage(pallet, item, keys).await.unwrap()
    }

    async fn last_round(&self) -> u64 {
        self.read("Drand", "LastStoredRound", vec![]).await.unwrap().number_as().unwrap()
    }

    /// The signature of a round, if its pulse is stored.
    async fn signature(&self, round: u64) -> Option<Vec<u8>> {
        let pulse = self.read("Drand", "Pulses", vec![round.into()]).await?;
        assert_eq!(pulse.field("round").unwrap().number(), Some(round.into()));
        Some(pulse.field("signature").unwrap().bytes().unwrap())
    }

    /// The beacon's key and rounds, as any client learns them.
    async fn beacon(&self) -> (Vec<u8>, Schedule) {
        let config = self.read("Drand", "BeaconConfig", vec![]).await.unwrap();
        let number = |name| config.field(name).unwrap().number_as().unwrap();
        let schedule = Schedule { genesis_time: number("genesis_time"), period: number("period") };
        (config.field("public_key").unwrap().bytes().unwrap(), schedule)
    }

    /// Commits to weights for the two miners on a mechanism, sealed until a round.
    async fn commit(&self, mecid: u8, values: [u16; 2], round: u64) {
        let hotkey: AccountId = self.validator.account();
        let uids = [2u16, 3];
        let row = (AsRef::<[u8]>::as_ref(&hotkey).to_vec(), uids.to_vec(), values.to_vec(), 0u64).encode();
        let (key, _) = self.beacon().await;
        let sealed = seal(&key, round, &row, [mecid; 32]).unwrap();
        let arguments: [(&str, Value); 5] = [
            ("netuid", self.subnet.netuid.into()),
            ("mecid", mecid.into()),
            ("commit", sealed.into()),
            ("reveal_round", round.into()),
            ("commit_reveal_version", 4u16.into()),
        ];
        let call = Call::new("SubtensorModule", "commit_timelocked_mechanism_weights", arguments);
        self.chain.submit(&self.validator, call).await.unwrap();
    }

    async fn weights(&self, mecid: u8) -> Vec<(u16, u16)> {
        let (of, uid) = (Mechanism { netuid: self.subnet.netuid, mecid }, self.subnet.validators[0].uid);
        self.chain.at_best().await.unwrap().weights_of(of, uid).await.unwrap()
    }
}

#[tokio::test]
async fn rounds_come_with_the_time_of_blocks() {
    let setup = setup().await;
    let (key, schedule) = setup.beacon().await;
    assert_eq!(schedule, QUICKNET, "so that rounds have the numbers that clients work out");
    assert_eq!(key.len(), 96);
    let start = setup.last_round().await;
    assert_eq!(start, schedule.round_at(setup.devnet.time_ms().await.unwrap()));
    setup.devnet.mine(3 * BLOCKS_PER_ROUND).await.unwrap();
    assert_eq!(setup.last_round().await, start + 3);
    for round in start..=start + 3 {
        let signature = setup.signature(round).await.unwrap();
        assert_eq!(subnetkit_timelock::verify(&key, round, &signature), Ok(true));
    }
    let sealed = seal(&key, start + 4, b"for later", [1; 32]).unwrap();
    assert_eq!(setup.signature(start + 4).await, None);
    setup.devnet.advance_rounds(1).await.unwrap();
    let signature = setup.signature(start + 4).await.unwrap();
    assert_eq!(open(&sealed, &signature).unwrap(), b"for later");
}

#[tokio::test]
async fn sealed_weights_open_in_the_next_epoch_on_each_mechanism() {
    let setup = setup().await;
    let round = setup.last_round().await + 2;
    setup.commit(0, [1, 3], round).await;
    setup.commit(1, [4, 1], round).await;
    assert!(setup.weights(0).await.is_empty() && setup.weights(1).await.is_empty());
    setup.devnet.advance_epochs(setup.subnet.netuid, 1).await.unwrap();
    assert!(setup.last_round().await > round);
    assert_eq!(setup.weights(0).await, [(2, 21_845), (3, 65_535)]);
    assert_eq!(setup.weights(1).await, [(2, 65_535), (3, 16_384)]);
}

#[tokio::test]
async fn a_jump_in_time_leaves_out_rounds_but_none_that_something_waits_for() {
    const DAY_MS: u64 = 86_400_000;
    let setup = setup().await;
    let before = setup.last_round().await;
    let awaited = before + 5_000;
    setup.commit(0, [1, 1], awaited).await;
    setup.devnet.set_time(setup.devnet.time_ms().await.unwrap() + DAY_MS).await.unwrap();
    setup.devnet.mine(1).await.unwrap();
    let newest = QUICKNET.round_at(setup.devnet.time_ms().await.unwrap());
    assert_eq!(setup.last_round().await, newest);
    assert!(newest > before + 28_000);
    assert!(setup.signature(awaited).await.is_some());
    assert_eq!(setup.signature(awaited + 1).await, None);
    assert!(setup.signature(newest - 1).await.is_some());
    setup.devnet.advance_epochs(setup.subnet.netuid, 1).await.unwrap();
    assert_eq!(setup.weights(0).await, [(2, 65_535), (3, 65_535)]);
}
