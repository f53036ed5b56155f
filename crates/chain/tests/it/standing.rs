//! A hotkey beside the rules of its subnet, read from a chain whose rules are set one by one.

use serde_json::json;
use subnetkit_chain::{
    Beacon, Call, Chain, HashCommit, Mechanism, Rao, ReadError, Standing, commit_hash, timelocked_payload,
};
use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis, NewSubnet, SubnetPlan};
use subnetkit_protocol::{Keypair, Scheme};

struct Setup {
    devnet: Devnet,
    chain: Chain,
    subnet: NewSubnet,
    validator: Keypair,
}

async fn setup() -> Setup {
    let config = Config {
        genesis: Genesis::fast().into_json(),
        block_production: BlockProduction::OnSubmit,
        ..Config::default()
    };
    let devnet = Devnet::spawn(config).await.unwrap();
    let plan = SubnetPlan { miners: 2, tempo: Some(20), commit_reveal: true, ..SubnetPlan::default() };
    let subnet = devnet.create_subnet(&plan).await.unwrap();
    let chain = Chain::connect_url(&devnet.ws_url()).await.unwrap();
    let validator = Keypair::from_uri(&subnet.validators[0].hotkey_uri, Scheme::Sr25519).unwrap();
    Setup { devnet, chain, subnet, validator }
}

impl Setup {
    fn first(&self) -> Mechanism {
        Mechanism::first(self.subnet.netuid)
    }

    async fn standing(&self) -> Standing {
        let at = self.chain.at_best().await.unwrap();
        at.standing(self.first(), &self.validator.account()).await.unwrap()
    }

    async fn set(&self, name: &str, value: serde_json::Value) {
        self.devnet.set_hyperparameter(Some(self.subnet.netuid), name, &value).await.unwrap();
    }
}

#[tokio::test]
async fn every_rule_is_read_as_it_was_set() {
    let setup = setup().await;
    for (name, value) in [
        ("weights_version_key", json!(77)),
        ("weights_set_rate_limit", json!(5)),
        ("commit_reveal_weights_interval", json!(3)),
        ("immunity_period", json!(60)),
        ("min_allowed_weights", json!(2)),
        ("max_allowed_uids", json!(128)),
        ("mechanism_count", json!(2)),
    ] {
        setup.set(name, value).await;
    }
    setup.devnet.set_hyperparameter(None, "stake_threshold", &json!(5_000)).await.unwrap();
    setup.devnet.set_hyperparameter(None, "admin_freeze_window", &json!(2)).await.unwrap();
    let standing = setup.standing().await;
    assert_eq!(standing.block.number, u64::from(setup.devnet.head().number));
    assert_eq!(standing.timestamp_ms, setup.devnet.time_ms().await.unwrap());
    assert_eq!((standing.weights_version, standing.weights_rate_limit_blocks), (77, 5));
    assert_eq!((standing.reveal_period_epochs, standing.commit_reveal_version), (3, 4));
    assert_eq!((standing.immunity_period_blocks, standing.min_allowed_weights), (60, 2));
    assert_eq!((standing.mechanism_count, standing.neurons), (2, 4));
    assert_eq!(standing.stake_threshold, Rao(5_000));
    assert_eq!(standing.admin_freeze_window_blocks, 2);
    assert_eq!(standing.clock, setup.chain.epoch_clock(setup.subnet.netuid).await.unwrap());
    assert!(standing.commit_reveal && standing.spec_version > 0 && standing.last_stored_round > 0);
    assert!(!standing.takes_version_key(76) && standing.takes_version_key(77));

    let graph = setup.chain.metagraph(setup.subnet.netuid).await.unwrap();
    let (neuron, place) = (graph.neuron(&setup.validator.account()).unwrap(), standing.place.unwrap());
    assert_eq!((place.uid, place.stake_weight), (neuron.uid, Rao(neuron.total_stake)));
    assert_eq!(place.registered_at_block, neuron.registered_at);
    assert_eq!((place.validator_permit, place.last_update_block), (true, neuron.last_update));
    assert!(standing.is_permitted() && standing.has_enough_stake() && !standing.is_owner());
    assert_eq!(standing.owner_hotkey, graph.owner_hotkey);
    let rules = setup.chain.hyperparameters(setup.subnet.netuid).await.unwrap();
    assert_eq!(standing.activity_cutoff_blocks, rules.activity_cutoff);
    assert_eq!(standing.max_validators, rules.max_validators);

    let more = json!(place.stake_weight.0 + 1);
    setup.devnet.set_hyperparameter(None, "stake_threshold", &more).await.unwrap();
    assert!(!setup.standing().await.has_enough_stake(), "one rao is missing");
    let at = setup.chain.at_best().await.unwrap();
    let owner = at.standing(setup.first(), &standing.owner_hotkey).await.unwrap();
    assert!(owner.is_owner() && owner.is_permitted() && owner.has_enough_stake());
    assert!(!owner.place.unwrap().validator_permit, "it needs none");
}

#[tokio::test]
async fn a_stranger_and_a_missing_subnet_are_told_apart() {
    let setup = setup().await;
    let stranger = Keypair::from_uri("//Stranger", Scheme::Sr25519).unwrap().account();
    let at = setup.chain.at_best().await.unwrap();
    let standing = at.standing(setup.first(), &stranger).await.unwrap();
    assert_eq!((standing.place, standing.open_commits()), (None, 0));
    assert!(!standing.is_permitted() && !standing.has_enough_stake());
    let error = at.standing(Mechanism::first(77), &stranger).await.unwrap_err();
    assert!(matches!(error, ReadError::NoSuchSubnet { netuid: 77 }), "{error}");
}

#[tokio::test]
async fn commits_wait_on_their_mechanism_and_start_its_rate_limit() {
    let setup = setup().await;
    for (name, value) in [
        ("max_allowed_uids", json!(128)),
        ("mechanism_count", json!(2)),
        ("weights_set_rate_limit", json!(6)),
    ] {
        setup.set(name, value).await;
    }
    let (chain, hotkey) = (&setup.chain, setup.validator.account());
    let runtime = chain.runtime().await.unwrap();
    let second = Mechanism { mecid: 1, ..setup.first() };
    setup.devnet.mine(6).await.unwrap();
    let before = setup.standing().await;
    assert_eq!((before.open_commits(), before.rate_limit_blocks_left()), (0, 0));

    let hash = commit_hash(&hotkey, setup.first(), &[(2, 1), (3, 3)], &[7], 0);
    let epoch = chain.epoch_clock(setup.subnet.netuid).await.unwrap().index_next_block();
    let call = Call::commit_weights(&runtime, setup.first(), hash);
    let committed = chain.submit(&setup.validator, call).await.unwrap().block.number;
    let commit = HashCommit { hash, epoch, block: committed };
    let standing = setup.standing().await;
    assert_eq!(standing.hash_commits, [commit]);
    assert_eq!(standing.place.unwrap().last_update_block, committed);
    assert_eq!(standing.last_update_age_blocks(), Some(0));
    assert_eq!(standing.rate_limit_blocks_left(), 5);
    let again = Call::commit_weights(&runtime, setup.first(), [9; 32]);
    setup.devnet.mine(4).await.unwrap();
    assert_eq!(setup.standing().await.rate_limit_blocks_left(), 1);
    let error = chain.submit(&setup.validator, again.clone()).await.unwrap_err();
    assert!(error.refusal().is_some(), "{error}");
    setup.devnet.mine(1).await.unwrap();
    assert_eq!(setup.standing().await.rate_limit_blocks_left(), 0, "the next block takes it");
    chain.submit(&setup.validator, again).await.unwrap();
    assert_eq!(setup.standing().await.hash_commits.len(), 2);

    let at = chain.at_best().await.unwrap();
    assert!(at.hash_commits(second, &hotkey).await.unwrap().is_empty());
    let sealed = timelocked_payload(&hotkey, &[(2, 1)], 0);
    let round = at.last_stored_round().await.unwrap() + 1_000;
    let epoch = at.epoch_clock(setup.subnet.netuid).await.unwrap().index_next_block();
    let call = Call::commit_timelocked_weights(&runtime, second, &sealed, round, 4);
    let included = chain.submit(&setup.validator, call).await.unwrap();
    let at = chain.at_best().await.unwrap();
    let commits = at.timelocked_commits(second, epoch, &hotkey).await.unwrap();
    assert_eq!(commits.len(), 1);
    assert_eq!((commits[0].block, commits[0].round), (included.block.number, round));
    assert_eq!(commits[0].ciphertext, sealed);
    assert!(at.timelocked_commits(setup.first(), epoch, &hotkey).await.unwrap().is_empty());
    assert!(at.timelocked_commits(second, epoch, &[8; 32].into()).await.unwrap().is_empty());
    let standing = at.standing(second, &hotkey).await.unwrap();
    assert_eq!(standing.timelocked_commits.into_iter().collect::<Vec<_>>(), [(epoch, commits)]);
    assert_eq!(standing.place.unwrap().last_update_block, included.block.number);
    let uid = setup.subnet.validators[0].uid;
    assert_eq!(at.last_update(second, uid).await.unwrap(), included.block.number);
    assert_eq!(at.mechanism_count(setup.subnet.netuid).await.unwrap(), 2);
    assert_eq!(at.commit_reveal_version().await.unwrap(), 4);
}

#[tokio::test]
async fn a_hash_commit_is_revealed_in_the_block_the_clock_names() {
    let setup = setup().await;
    let (chain, netuid, hotkey) = (&setup.chain, setup.subnet.netuid, setup.validator.account());
    let runtime = chain.runtime().await.unwrap();
    let (weights, salt) = ([(3, 1), (2, 3)], [1, 2, 3]);
    let hash = commit_hash(&hotkey, setup.first(), &weights, &salt, 0);
    let clock = chain.epoch_clock(netuid).await.unwrap();
    let reveal_at = u32::try_from(clock.reveal_block(1).unwrap()).unwrap();
    chain.submit(&setup.validator, Call::commit_weights(&runtime, setup.first(), hash)).await.unwrap();
    let reveal = Call::reveal_weights(&runtime, setup.first(), &weights, &salt, 0);
    // The block before is too early, and the pool says so.
    setup.devnet.mine(reveal_at - 2 - setup.devnet.head().number).await.unwrap();
    let error = chain.submit(&setup.validator, reveal.clone()).await.unwrap_err();
    assert!(error.refusal().is_some(), "{error}");
    setup.devnet.mine(reveal_at - 1 - setup.devnet.head().number).await.unwrap();
    let included = chain.submit(&setup.validator, reveal).await.unwrap();
    assert_eq!(included.block.number, u64::from(reveal_at));
    let at = chain.at_best().await.unwrap();
    let uid = setup.subnet.validators[0].uid;
    assert_eq!(at.weights_of(setup.first(), uid).await.unwrap(), [(2, 65_535), (3, 21_845)]);
    assert!(at.hash_commits(setup.first(), &hotkey).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_beacon_and_the_time_are_the_chains_own() {
    let setup = setup().await;
    let at = setup.chain.at_best().await.unwrap();
    let (beacon, now) = (at.beacon().await.unwrap(), at.timestamp_ms().await.unwrap());
    let quicknet = Beacon::quicknet();
    assert_eq!((beacon.genesis_time, beacon.period), (quicknet.genesis_time, quicknet.period));
    assert_eq!(beacon.public_key.len(), 96);
    let round = (now / 1000 - beacon.genesis_time) / beacon.period + 1;
    assert_eq!(at.last_stored_round().await.unwrap(), round);
}
