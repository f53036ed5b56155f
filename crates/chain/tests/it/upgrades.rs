//! A chain that is upgraded while one client is connected: ids become newtypes, structs gain fields, pallets change their
//! numbers, and back again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use codec::Encode;
use serde_json::json;
use subnetkit_chain::{
    Call, Chain, EpochClock, Event, Head, Hyperparameters, Mechanism, Metagraph, Outcome, Rao, RefusedBy,
    Standing, SubmitError, Value, commit_hash, timelocked_payload,
};
use subnetkit_devnet::{
    BlockProduction, Config, Devnet, Genesis, NativeRuntime, NewSubnet, Runtime, SubnetPlan, Variant,
    runtime::{self, State, Trap},
};
use subnetkit_protocol::{Keypair, Scheme};
use tokio::sync::{mpsc, oneshot};

/// What became known of the runtime's calls, and the gates at which transactions wait.
#[derive(Default)]
struct Seen {
    /// The code of the state for each time that metadata was fetched.
    fetched: Vec<Vec<u8>>,
    /// The newest code that ran.
    code: Option<Vec<u8>>,
    gates: Vec<Gate>,
    /// Transactions that were judged, whatever came of it.
    judged: usize,
}

/// Where the node looks at a transaction: it tells, and goes on when told.
type Gate = (mpsc::UnboundedSender<()>, oneshot::Receiver<()>);

/// The ordinary runtime, watched.
#[derive(Clone, Default)]
struct Probe(Arc<Mutex<Seen>>);

impl Probe {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Runtime for Probe {
    fn call(&self, method: &str, input: &[u8], state: &dyn State) -> Result<runtime::Outcome, Trap> {
        let code = state.code();
        let outcome = NativeRuntime.call(method, input, state);
        let gate = {
            let mut seen = self.seen();
            if method == "Metadata_metadata_at_version" {
                seen.fetched.extend(code.clone());
            }
            seen.code = code;
            if method == "TaggedTransactionQueue_validate_transaction" {
                seen.judged += 1;
                seen.gates.pop()
            } else {
                None
            }
        };
        // Judged on the state of before; the node then sees that its head is another one, and asks again.
        if let Some((arrived, go_on)) = gate {
            arrived.send(()).unwrap();
            go_on.blocking_recv().unwrap();
        }
        outcome
    }
}

struct Stage {
    probe: Probe,
    devnet: Devnet,
    chain: Chain,
    subnet: NewSubnet,
}

fn key(uri: &str) -> Keypair {
    Keypair::from_uri(uri, Scheme::Sr25519).unwrap()
}

async fn stage(block_production: BlockProduction) -> Stage {
    let probe = Probe::default();
    let genesis = Genesis::fast().accounts(20).into_json();
    let config = Config { genesis, block_production, ..Config::default() };
    let devnet = Devnet::spawn_with(config, probe.clone()).await.unwrap();
    let plan = SubnetPlan { validators: 2, miners: 2, tempo: Some(20), ..SubnetPlan::default() };
    let subnet = devnet.create_subnet(&plan).await.unwrap();
    let chain = Chain::connect_url(&devnet.ws_url()).await.unwrap();
    Stage { probe, devnet, chain, subnet }
}

/// All that is read of a block.
#[derive(Clone, Debug, PartialEq)]
struct Read {
    head: Head,
    spec_version: u32,
    metagraph: Metagraph,
    hyperparameters: Hyperparameters,
    clock: EpochClock,
    standing: Standing,
    balance: Rao,
    stake: Rao,
    weights: Vec<(u16, u16)>,
    last_updates: Vec<u64>,
    commits: (usize, usize),
    numbers: Vec<u64>,
    events: Value,
}

impl Stage {
    fn of(&self) -> Mechanism {
        Mechanism::first(self.subnet.netuid)
    }

    async fn read(&self, hash: [u8; 32]) -> Read {
        let (netuid, of) = (self.subnet.netuid, self.of());
        let validator = key(&self.subnet.validators[0].hotkey_uri).account();
        let at = self.chain.at_block(hash).await.unwrap();
        let uid = at.uid(netuid, &validator).await.unwrap().unwrap();
        assert_eq!(at.hotkey_of(netuid, uid).await.unwrap(), Some(validator));
        assert_eq!(uid, self.subnet.validators[0].uid);
        assert!(at.subnet_exists(netuid).await.unwrap());
        assert!(!at.subnet_exists(99).await.unwrap());
        let mut last_updates = Vec::new();
        for uid in 0..4 {
            last_updates.push(at.last_update(of, uid).await.unwrap());
        }
        let clock = at.epoch_clock(netuid).await.unwrap();
        let hash_commits = at.hash_commits(of, &validator).await.unwrap();
        let timelocked = at.timelocked_commits(of, clock.index_next_block(), &validator).await.unwrap();
        Read {
            head: at.head(),
            spec_version: at.runtime().spec_version(),
            metagraph: at.metagraph(netuid).await.unwrap(),
            hyperparameters: at.hyperparameters(netuid).await.unwrap(),
            standing: at.standing(of, &validator).await.unwrap(),
            balance: at.balance(&key(&self.subnet.validators[0].coldkey_uri).account()).await.unwrap(),
            stake: at.stake(netuid, &validator).await.unwrap(),
            weights: at.weights_of(of, uid).await.unwrap(),
            last_updates,
            commits: (hash_commits.len(), timelocked.len()),
            numbers: vec![
                at.burn(netuid).await.unwrap().0,
                at.network_registration_cost().await.unwrap().0,
                at.mechanism_count(netuid).await.unwrap().into(),
                at.commit_reveal_version().await.unwrap().into(),
                at.timestamp_ms().await.unwrap(),
                at.last_stored_round().await.unwrap(),
                at.beacon().await.unwrap().period,
                at.account_nonce(&key("//Alice").account()).await.unwrap(),
            ],
            events: at.storage("System", "EventCount", vec![]).await.unwrap().unwrap(),
            clock,
        }
    }

    async fn read_head(&self) -> Read {
        self.read(self.chain.head().await.unwrap().hash).await
    }

    async fn set(&self, name: &str, value: serde_json::Value) {
        self.devnet.set_hyperparameter(Some(self.subnet.netuid), name, &value).await.unwrap();
    }

    /// Makes every kind of call there is, as the `round`th time, and gives what they are.
    async fn submit_all(&self, round: u16) {
        let (chain, netuid, of) = (&self.chain, self.subnet.netuid, self.of());
        let (alice, validator) = (key("//Alice"), key(&self.subnet.validators[0].hotkey_uri));
        let coldkey = key(&self.subnet.validators[0].coldkey_uri);

        let newcomer = key(&format!("//Newcomer//{round}"));
        let registered = chain.register(&alice, netuid, &newcomer.account()).await.unwrap();
        assert_eq!(registered, 5 + round);
        let before = chain.balance(&newcomer.account()).await.unwrap();
        let moved = chain.transfer(&alice, &newcomer.account(), Rao::from_tokens(3)).await.unwrap();
        let amount = number(moved.event("Balances", "Transfer").unwrap(), "amount");
        assert_eq!(amount, u128::from(Rao::from_tokens(3).0));
        assert_eq!(chain.balance(&newcomer.account()).await.unwrap().0 - before.0, Rao::from_tokens(3).0);

        let address = format!("127.0.0.1:{}", 8_000 + round).parse().unwrap();
        let served = chain.serve_axon(&newcomer, netuid, address).await.unwrap().unwrap();
        assert!(served.event("SubtensorModule", "AxonServed").is_some(), "{:?}", served.events);
        let metagraph = chain.metagraph(netuid).await.unwrap();
        assert_eq!(metagraph.neuron(&newcomer.account()).unwrap().axon, Some(address));

        let staked = chain.add_stake(&coldkey, &validator.account(), netuid, Rao::from_tokens(10)).await;
        assert!(staked.unwrap().event("SubtensorModule", "StakeAdded").is_some());
        let unstaked = chain.remove_stake(&coldkey, &validator.account(), netuid, Rao::from_tokens(1)).await;
        assert!(unstaked.unwrap().event("SubtensorModule", "StakeRemoved").is_some());

        self.set("commit_reveal_weights_enabled", json!(false)).await;
        let weights = [(0, 100 + round), (registered, u16::MAX)];
        let call = Call::set_weights(&chain.runtime().await.unwrap(), of, &weights, 0);
        let set = chain.submit(&validator, call).await.unwrap();
        assert!(set.event("SubtensorModule", "WeightsSet").is_some(), "{:?}", set.events);
        let uid = self.subnet.validators[0].uid;
        let stored = chain.at_best().await.unwrap().weights_of(of, uid).await.unwrap();
        assert_eq!(stored.len(), 2, "{stored:?}");
        assert_eq!(stored.last(), Some(&(registered, u16::MAX)));
        self.set("commit_reveal_weights_enabled", json!(true)).await;
        self.commit(round, &weights).await;
        self.fail().await;

        let runtime = chain.runtime().await.unwrap();
        let values = vec![Value::from(40 + round)];
        let call = runtime.parameter_call("immunity_period", Some(netuid), values).unwrap();
        chain.sudo(&alice, call).await.unwrap();
        let parameters = chain.hyperparameters(netuid).await.unwrap();
        assert_eq!(parameters.immunity_period, 40 + round);
        let remark = |call: &str| Call::new("System", call, [("remark", vec![7_u8])]);
        let batch = Call::batch_all([remark("remark_with_event"), remark("remark_with_event")]);
        let batched = chain.submit(&alice, batch).await.unwrap();
        let remarked = batched.events.iter().filter(|event| event.is("System", "Remarked")).count();
        assert_eq!(remarked, 2, "{:?}", batched.events);
        let nested = [remark("remark"), remark("remark").sudo()];
        let done = chain.sudo_batch(&alice, nested).await.unwrap();
        let sudid = done.events.iter().filter(|event| event.is("Sudo", "Sudid")).count();
        assert_eq!(sudid, 2, "{:?}", done.events);
        assert!(done.event("Utility", "BatchCompleted").is_some(), "{:?}", done.events);
    }

    /// Commits weights in both ways, and reveals those of the hash when their time has come.
    async fn commit(&self, round: u16, weights: &[(u16, u16)]) {
        let (chain, of) = (&self.chain, self.of());
        let validators: Vec<Keypair> =
            self.subnet.validators.iter().map(|validator| key(&validator.hotkey_uri)).collect();
        let salt = [round, 2, 3];
        let hash = commit_hash(&validators[0].account(), of, weights, &salt, 0);
        let runtime = chain.runtime().await.unwrap();
        let committed = chain.submit(&validators[0], Call::commit_weights(&runtime, of, hash)).await.unwrap();
        assert!(committed.event("SubtensorModule", "CRV3WeightsCommitted").is_none());
        let clock = chain.epoch_clock(of.netuid).await.unwrap();
        let at = chain.at_best().await.unwrap();
        let commits = at.hash_commits(of, &validators[0].account()).await.unwrap();
        assert!(commits.iter().any(|commit| commit.hash == hash), "{commits:?}");

        let payload = timelocked_payload(&validators[1].account(), weights, 0);
        let late = at.last_stored_round().await.unwrap() + 100_000;
        let version = at.commit_reveal_version().await.unwrap();
        let call = Call::commit_timelocked_weights(&runtime, of, &payload, late, version);
        chain.submit(&validators[1], call).await.unwrap();
        let at = chain.at_best().await.unwrap();
        let epoch = chain.epoch_clock(of.netuid).await.unwrap().index_next_block();
        let mut sealed = Vec::new();
        // The next block may be the first one of an epoch.
        for epoch in [epoch.saturating_sub(1), epoch] {
            sealed.extend(at.timelocked_commits(of, epoch, &validators[1].account()).await.unwrap());
        }
        let sealed: Vec<_> = sealed.iter().map(|commit| (commit.round, &commit.ciphertext)).collect();
        assert!(sealed.contains(&(late, &payload)), "{sealed:?}");

        let period = chain.hyperparameters(of.netuid).await.unwrap().commit_reveal_period;
        self.devnet.advance_epochs(of.netuid, u32::try_from(period).unwrap()).await.unwrap();
        assert!(chain.epoch_clock(of.netuid).await.unwrap().index_next_block() > clock.index_next_block());
        let runtime = chain.runtime().await.unwrap();
        let call = Call::reveal_weights(&runtime, of, weights, &salt, 0);
        let revealed = chain.submit(&validators[0], call).await.unwrap();
        assert!(revealed.event("SubtensorModule", "WeightsRevealed").is_some(), "{:?}", revealed.events);
    }

    /// Lets calls fail in every place where they can, and checks that the reasons have their names.
    async fn fail(&self) {
        let (alice, pauper) = (key("//Alice"), key("//Pauper"));
        let too_much = self.chain.transfer(&key("//Bob"), &pauper.account(), Rao(u64::MAX)).await;
        assert_eq!(refused(too_much), ("Underflow".to_owned(), None, "System.ExtrinsicFailed".to_owned()));
        let args = [
            ("source", Value::from(pauper.account())),
            ("dest", alice.account().into()),
            ("value", Rao(1).into()),
        ];
        let call = Call::new("Balances", "force_transfer", args);
        let inside = refused(self.chain.sudo(&alice, call.clone()).await);
        assert_eq!(inside.2, "Sudo.Sudid", "{inside:?}");
        let batch = self.chain.sudo_batch(&alice, [call]).await;
        assert_eq!(refused(batch).2, "Sudo.Sudid");
        let call = Call::new("SubtensorModule", "start_call", [("netuid", self.subnet.netuid)]);
        let owner = key(&self.subnet.owner.coldkey_uri);
        let twice = refused(self.chain.submit(&owner, call).await);
        let expected =
            ("FirstEmissionBlockNumberAlreadySet", Some("SubtensorModule"), "System.ExtrinsicFailed");
        assert_eq!((twice.0.as_str(), twice.1.as_deref(), twice.2.as_str()), expected);
    }

    /// Stops the node each time that it looks at a transaction, and upgrades to `variants` meanwhile, one after the other.
    /// Gives how many it had looked at before.
    async fn upgrade_while_submitted(&self, variants: &[Option<Variant>]) -> usize {
        let mut waiting = Vec::new();
        let mut before = 0;
        for variant in variants {
            let (arrived, arrival) = mpsc::unbounded_channel();
            let (go_on, told) = oneshot::channel();
            let mut seen = self.probe.seen();
            seen.gates.insert(0, (arrived, told));
            before = seen.judged;
            waiting.push((*variant, arrival, go_on));
        }
        for (variant, mut arrival, go_on) in waiting {
            arrival.recv().await.unwrap();
            if let Some(variant) = variant {
                self.devnet.upgrade_runtime(variant).await.unwrap();
            }
            go_on.send(()).unwrap();
        }
        before
    }
}

fn number(event: &Event, field: &str) -> u128 {
    event.fields.field(field).and_then(Value::number).unwrap()
}

/// Name, pallet and event of a refusal in a block.
fn refused<T: std::fmt::Debug>(outcome: Result<T, SubmitError>) -> (String, Option<String>, String) {
    let error = outcome.unwrap_err();
    let refusal = error.refusal().unwrap_or_else(|| panic!("{error}"));
    let RefusedBy::Block { event, .. } = refusal.by() else { panic!("{error}") };
    (refusal.name().to_owned(), refusal.pallet().map(str::to_owned), event.clone())
}

const WAY: [Variant; 3] = [Variant::Newtyped, Variant::Reordered, Variant::Spec425];

#[tokio::test]
async fn one_client_reads_and_submits_through_all_upgrades_and_back() {
    let stage = stage(BlockProduction::OnSubmit).await;
    let mut past = Vec::new();
    let mut variant = Variant::Spec425;
    for (round, next) in WAY.into_iter().map(Some).chain([None]).enumerate() {
        let round = u16::try_from(round).unwrap();
        stage.submit_all(round).await;
        let read = stage.read_head().await;
        assert_eq!(read.spec_version, variant.spec_version());
        past.push(read.clone());
        let Some(next) = next else { break };

        stage.devnet.upgrade_runtime(next).await.unwrap();
        let after = stage.read_head().await;
        assert_eq!(after.spec_version, next.spec_version(), "the state after the block has the new runtime");
        // Nothing but the block is another one: what is added to structs moves nothing that was there.
        let (mut expected, mut found) = (read.metagraph, after.metagraph.clone());
        (expected.block, expected.block_hash, found.block, found.block_hash) = (0, [0; 32], 0, [0; 32]);
        for (expected, found) in expected.neurons.iter_mut().zip(&found.neurons) {
            // They grow with every block.
            (expected.total_stake, expected.alpha_stake) = (found.total_stake, found.alpha_stake);
        }
        (expected.tao_in, expected.alpha_in, expected.alpha_out) =
            (found.tao_in, found.alpha_in, found.alpha_out);
        expected.burn = found.burn;
        assert_eq!(found, expected);
        assert_eq!(after.hyperparameters, read.hyperparameters);
        assert_eq!((after.balance, after.weights.clone()), (read.balance, read.weights));
        past.push(after);
        variant = next;
    }
    // The past is as it was, with the runtimes of then.
    for read in &past {
        assert_eq!(stage.read(read.head.hash).await, *read);
    }
    let fetched = stage.probe.seen().fetched.clone();
    let distinct: std::collections::BTreeSet<_> = fetched.iter().collect();
    assert_eq!((fetched.len(), distinct.len()), (3, 3), "once for each version");
}

#[tokio::test]
async fn a_transaction_that_an_upgrade_overtakes_is_signed_anew_once() {
    let stage = stage(BlockProduction::OnSubmit).await;
    let (alice, to) = (key("//Alice"), key("//Receiver").account());
    for (count, next) in (1..).zip(WAY) {
        // The nonce is counted here after the first one, and asked for before.
        let way = [Some(next)];
        let (sent, before) = tokio::join!(
            stage.chain.transfer(&alice, &to, Rao::from_tokens(1)),
            stage.upgrade_while_submitted(&way)
        );
        let sent = sent.unwrap_or_else(|error| panic!("{next:?}: {error}"));
        let amount = number(sent.event("Balances", "Transfer").unwrap(), "amount");
        assert_eq!(amount, u128::from(Rao::from_tokens(1).0));
        assert_eq!(stage.chain.balance(&to).await.unwrap(), Rao::from_tokens(count));
        let nonce = stage.chain.at_best().await.unwrap().account_nonce(&alice.account()).await.unwrap();
        assert_eq!(nonce, count);
        // Before the upgrade and after it, and the one that was signed anew.
        assert_eq!(stage.probe.seen().judged - before, 3);
    }
}

#[tokio::test]
async fn a_transaction_is_not_signed_a_third_time() {
    let stage = stage(BlockProduction::OnSubmit).await;
    let (alice, to) = (key("//Alice"), key("//Receiver").account());
    // Each of the two that are signed is looked at twice, and overtaken in between.
    let way = [Some(Variant::Newtyped), None, Some(Variant::Spec425), None];
    let (sent, before) = tokio::join!(
        stage.chain.transfer(&alice, &to, Rao::from_tokens(1)),
        stage.upgrade_while_submitted(&way)
    );
    let error = sent.unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!((refusal.name(), refusal.by()), ("BadProof", &RefusedBy::Pool), "{error}");
    assert_eq!(stage.probe.seen().judged - before, 4);
    assert_eq!(stage.chain.balance(&to).await.unwrap(), Rao(0));
}

#[tokio::test]
async fn what_waits_in_the_pool_for_the_old_runtime_leaves_it() {
    let Stage { devnet, chain, .. } = stage(BlockProduction::OnDemand).await;
    let alice = key("//Alice");
    let args = [("dest", Value::from(key("//Receiver").account())), ("value", Rao::from_tokens(1).into())];
    let call = Call::new("Balances", "transfer_keep_alive", args);
    let waiting = chain.sign_extrinsic(&alice, &call, 64).await.unwrap();
    chain.hand_over(&waiting).await.unwrap();
    devnet.upgrade_runtime(Variant::Newtyped).await.unwrap();
    devnet.mine(2).await.unwrap();
    let at = chain.at_best().await.unwrap();
    assert_eq!(chain.find_extrinsic(&waiting, 0, &at).await.unwrap(), None);
    assert_eq!(at.account_nonce(&alice.account()).await.unwrap(), 0);
    // Nor does it come in again, in any runtime but its own.
    for variant in [Variant::Newtyped, Variant::Reordered] {
        devnet.upgrade_runtime(variant).await.unwrap();
        let error = chain.hand_over(&waiting).await.unwrap_err();
        assert!(matches!(error, SubmitError::Refused(_)), "{error}");
    }
    let anew = chain.sign_extrinsic(&alice, &call, 64).await.unwrap();
    assert_eq!(anew.nonce, 0);
    chain.hand_over(&anew).await.unwrap();
    devnet.mine(1).await.unwrap();
    assert_eq!(chain.balance(&key("//Receiver").account()).await.unwrap(), Rao::from_tokens(1));
}

/// The transaction that brings the new runtime is in a block of the old one: its events have the old numbers.
#[tokio::test]
async fn a_block_is_read_with_the_runtime_that_made_it() {
    let stage = stage(BlockProduction::OnSubmit).await;
    let (chain, alice) = (&stage.chain, key("//Alice"));
    let snapshot = stage.devnet.snapshot().await.unwrap();
    stage.devnet.upgrade_runtime(Variant::Reordered).await.unwrap();
    stage.devnet.mine(1).await.unwrap();
    let code = stage.probe.seen().code.clone().unwrap();
    stage.devnet.revert(snapshot).await.unwrap();
    assert_eq!(chain.runtime().await.unwrap().spec_version(), Variant::Spec425.spec_version());

    let set_code = |code: &[u8]| Call::new("System", "set_code", [("code", code.to_vec())]);
    let foreign = refused(chain.sudo(&alice, set_code(&[1; 40])).await);
    assert_eq!((foreign.0.as_str(), foreign.1.as_deref()), ("FailedToExtractRuntimeVersion", Some("System")));
    let signed = chain.sign_extrinsic(&alice, &set_code(&code).sudo(), 64).await.unwrap();
    chain.hand_over(&signed).await.unwrap();
    let block = loop {
        let at = chain.at_best().await.unwrap();
        if let Some(found) = chain.find_extrinsic(&signed, 0, &at).await.unwrap() {
            let Outcome::Succeeded(included) = found.outcome else { panic!("{:?}", found.outcome) };
            assert!(included.event("System", "CodeUpdated").is_some(), "{:?}", included.events);
            assert!(included.event("Sudo", "Sudid").is_some(), "{:?}", included.events);
            break found.block;
        }
    };
    let at = chain.at_block(block.hash).await.unwrap();
    assert_eq!(at.runtime().spec_version(), Variant::Reordered.spec_version());
    // Not again: a version has to be a newer one.
    let same = refused(chain.sudo(&alice, set_code(&code)).await);
    assert_eq!((same.0.as_str(), same.1.as_deref()), ("SpecVersionNeedsToIncrease", Some("System")));
    assert_eq!(code.encode().len(), 1 + 32 + "reordered".len());
}
