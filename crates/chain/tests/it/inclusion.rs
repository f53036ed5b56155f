//! Transactions signed once, handed over by hand and looked for in the blocks.

use subnetkit_chain::{
    Call, Chain, Mechanism, Outcome, Rao, RefusalKind, SignedExtrinsic, SubmitError, Value,
};
use subnetkit_devnet::{BlockProduction, Config, Devnet};
use subnetkit_protocol::{Keypair, Scheme};

async fn started(config: Config) -> (Devnet, Chain) {
    let genesis = subnetkit_runtime::preset("local").unwrap();
    let devnet = Devnet::spawn(Config { genesis, ..config }).await.unwrap();
    let chain = Chain::connect_url(&devnet.ws_url()).await.unwrap();
    (devnet, chain)
}

async fn on_demand() -> (Devnet, Chain) {
    started(Config { block_production: BlockProduction::OnDemand, ..Config::default() }).await
}

fn key(uri: &str) -> Keypair {
    Keypair::from_uri(uri, Scheme::Sr25519).unwrap()
}

fn transfer(rao: u64) -> Call {
    let args = [("dest", Value::from(key("//Bob").account())), ("value", Rao(rao).into())];
    Call::new("Balances", "transfer_keep_alive", args)
}

async fn found(chain: &Chain, signed: &SignedExtrinsic) -> Option<(u64, Outcome)> {
    let to = chain.at_best().await.unwrap();
    let found = chain.find_extrinsic(signed, 0, &to).await.unwrap();
    found.map(|found| (found.block.number, found.outcome))
}

#[tokio::test]
async fn it_is_in_one_block_however_often_it_is_handed_over() {
    let (devnet, chain) = on_demand().await;
    let alice = key("//Alice");
    let signed = chain.sign_extrinsic(&alice, &transfer(1_000_000), 9).await.unwrap();
    assert_eq!((signed.nonce, signed.birth_block), (0, 0));
    assert_eq!((signed.era_blocks, signed.death_block()), (16, 16), "the next power of two");
    assert_eq!(chain.at_best().await.unwrap().account_nonce(&alice.account()).await.unwrap(), 0);
    assert_eq!(found(&chain, &signed).await, None);
    chain.hand_over(&signed).await.unwrap();
    chain.hand_over(&signed).await.unwrap();
    assert_eq!(found(&chain, &signed).await, None, "what waits in the pool is in no block");
    let next = chain.sign_extrinsic(&alice, &transfer(1), 9).await.unwrap();
    assert_eq!(next.nonce, 1, "the node counts what waits in its pool");

    devnet.mine(1).await.unwrap();
    let before = chain.balance(&key("//Bob").account()).await.unwrap();
    let (number, outcome) = found(&chain, &signed).await.unwrap();
    let Outcome::Succeeded(included) = outcome else { panic!("{outcome:?}") };
    assert_eq!((number, included.block.number, included.hash), (1, 1, signed.hash));
    let event = included.event("Balances", "Transfer").unwrap();
    assert_eq!(event.fields.field("amount").and_then(Value::number), Some(1_000_000));
    assert_eq!(chain.at_best().await.unwrap().account_nonce(&alice.account()).await.unwrap(), 1);

    // As after a restart: from its fields alone, and the node has seen it.
    let SignedExtrinsic { bytes, hash, nonce, birth_block, era_blocks } = signed;
    let again = SignedExtrinsic { bytes, hash, nonce, birth_block, era_blocks };
    let error = chain.hand_over(&again).await.unwrap_err();
    assert!(matches!(error, SubmitError::Refused(_)), "{error}");
    assert_eq!(error.kind(), Some(RefusalKind::PoolRace), "{error}");
    devnet.mine(1).await.unwrap();
    assert_eq!(chain.balance(&key("//Bob").account()).await.unwrap(), before);
}

#[tokio::test]
async fn it_is_found_many_blocks_back_and_only_in_the_range_asked_for() {
    let (devnet, chain) = on_demand().await;
    devnet.mine(3).await.unwrap();
    let signed = chain.sign_extrinsic(&key("//Alice"), &transfer(5), 64).await.unwrap();
    chain.hand_over(&signed).await.unwrap();
    devnet.mine(60).await.unwrap();
    assert_eq!(found(&chain, &signed).await.unwrap().0, 4);
    let best = chain.at_best().await.unwrap();
    assert_eq!(chain.find_extrinsic(&signed, 5, &best).await.unwrap(), None, "it is in an earlier block");
    let other = SignedExtrinsic { hash: [7; 32], ..signed.clone() };
    assert_eq!(chain.find_extrinsic(&other, 0, &best).await.unwrap(), None);
    assert_eq!(chain.find_extrinsic(&signed, 1000, &best).await.unwrap(), None, "nothing to search");
    let there = chain.at_block(found_at(&chain, &signed).await).await.unwrap();
    assert!(chain.find_extrinsic(&signed, 4, &there).await.unwrap().is_some());
    let early = chain.hash_at(3).await;
    let early = chain.at_block(early).await.unwrap();
    assert_eq!(chain.find_extrinsic(&signed, 0, &early).await.unwrap(), None);
    // An era that is over bounds the search: later blocks are not asked for.
    let short = SignedExtrinsic { era_blocks: 1, ..signed.clone() };
    assert_eq!(chain.find_extrinsic(&short, 0, &best).await.unwrap(), None);
}

async fn found_at(chain: &Chain, signed: &SignedExtrinsic) -> [u8; 32] {
    let best = chain.at_best().await.unwrap();
    chain.find_extrinsic(signed, 0, &best).await.unwrap().unwrap().block.hash
}

/// The hash of a block by its number, as the chain itself remembers it.
trait HashAt {
    async fn hash_at(&self, number: u32) -> [u8; 32];
}

impl HashAt for Chain {
    async fn hash_at(&self, number: u32) -> [u8; 32] {
        let best = self.at_best().await.unwrap();
        let hash = best.storage("System", "BlockHash", vec![number.into()]).await.unwrap().unwrap();
        hash.bytes().unwrap().try_into().unwrap()
    }
}

#[tokio::test]
async fn what_the_chain_refused_in_its_block_comes_back_by_name() {
    let (devnet, chain) = on_demand().await;
    let runtime = chain.runtime().await.unwrap();
    let weights = Call::set_weights(&runtime, Mechanism::first(1), &[(0, 1)], 0);
    let signed = chain.sign_extrinsic(&key("//Stranger"), &weights, 8).await.unwrap();
    chain.hand_over(&signed).await.unwrap();
    devnet.mine(2).await.unwrap();
    let (number, outcome) = found(&chain, &signed).await.unwrap();
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!(number, 1);
    assert_eq!(refusal.name(), "CommitRevealEnabled");
}

#[tokio::test]
async fn an_era_that_is_over_is_refused_and_it_never_appears() {
    let (devnet, chain) = on_demand().await;
    let signed = chain.sign_extrinsic(&key("//Alice"), &transfer(5), 4).await.unwrap();
    devnet.mine(4).await.unwrap();
    let error = chain.hand_over(&signed).await.unwrap_err();
    assert!(error.refusal().is_some(), "{error}");
    devnet.mine(1).await.unwrap();
    assert_eq!(found(&chain, &signed).await, None);
}

#[tokio::test]
async fn a_block_whose_state_the_node_dropped_says_that_it_is_there_but_not_what_came_of_it() {
    let config =
        Config { block_production: BlockProduction::OnDemand, history_blocks: 4, ..Config::default() };
    let (devnet, chain) = started(config).await;
    let signed = chain.sign_extrinsic(&key("//Alice"), &transfer(5), 64).await.unwrap();
    chain.hand_over(&signed).await.unwrap();
    devnet.mine(12).await.unwrap();
    let (number, outcome) = found(&chain, &signed).await.unwrap();
    assert_eq!(number, 1);
    assert!(matches!(&outcome, Outcome::Pruned { reason } if reason.contains("discarded")), "{outcome:?}");
}

#[tokio::test]
async fn a_body_that_the_node_dropped_is_an_error_not_an_absence() {
    let config = Config {
        block_production: BlockProduction::OnDemand,
        history_blocks: 4,
        kept_blocks: 8,
        ..Config::default()
    };
    let (devnet, chain) = started(config).await;
    let signed = chain.sign_extrinsic(&key("//Alice"), &transfer(5), 64).await.unwrap();
    chain.hand_over(&signed).await.unwrap();
    devnet.mine(30).await.unwrap();
    let best = chain.at_best().await.unwrap();
    let error = chain.find_extrinsic(&signed, 0, &best).await.unwrap_err();
    assert!(error.is_pruned() && error.to_string().contains("does not have block"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_lost_is_unknown_and_the_search_settles_it() {
    let (devnet, chain) = on_demand().await;
    let signed = chain.sign_extrinsic(&key("//Alice"), &transfer(5), 64).await.unwrap();
    devnet.drop_connections();
    match chain.hand_over(&signed).await {
        Ok(()) | Err(SubmitError::Unknown { .. }) => {}
        Err(error) => panic!("{error}"),
    }
    chain.hand_over(&signed).await.unwrap();
    devnet.mine(1).await.unwrap();
    assert!(matches!(found(&chain, &signed).await, Some((1, Outcome::Succeeded(_)))));
}
