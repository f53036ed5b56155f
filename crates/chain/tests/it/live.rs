//! Against a development chain, over its real WebSocket.

use std::{net::SocketAddr, time::Duration};
use subnetkit_chain::{
    AxonCertificate, Call, Chain, ConnectError, Included, Mechanism, Network, Rao, ReadError, RefusalKind,
    RefusedBy, Settings, Status, SubmitError, Value,
};
use subnetkit_devnet::{BlockProduction, Config, Devnet};
use subnetkit_protocol::{Keypair, Scheme};

fn config(block_production: BlockProduction) -> Config {
    let genesis = subnetkit_runtime::preset("local").unwrap();
    Config { block_production, genesis, ..Config::default() }
}

async fn started() -> (Devnet, Chain) {
    let config = config(BlockProduction::OnSubmit);
    let devnet = Devnet::spawn(config).await.unwrap();
    let chain = Chain::connect_url(&devnet.ws_url()).await.unwrap();
    (devnet, chain)
}

async fn set_weights(
    chain: &Chain,
    hotkey: &Keypair,
    netuid: u16,
    weights: &[(u16, u16)],
) -> Result<Included, SubmitError> {
    let call = Call::set_weights(&*chain.runtime().await?, Mechanism::first(netuid), weights, 0);
    chain.submit(hotkey, call).await
}

/// The same with a client that soon says so when it has no connection.
async fn started_impatient() -> (Devnet, Chain) {
    let devnet = Devnet::spawn(config(BlockProduction::OnSubmit)).await.unwrap();
    let network = Network::Url(devnet.ws_url());
    let mut settings = Settings::for_network(&network);
    settings.reconnect_patience = Duration::from_millis(500);
    settings.max_redial_delay = Duration::from_millis(200);
    let chain = Chain::connect_with(&network, settings).await.unwrap();
    (devnet, chain)
}

fn key(uri: &str) -> Keypair {
    Keypair::from_uri(uri, Scheme::Sr25519).unwrap()
}

mod connection {
    use super::*;

    #[tokio::test]
    async fn the_chain_says_who_it_is() {
        let (devnet, chain) = started().await;
        assert_eq!(chain.genesis_hash(), devnet.genesis_hash());
        let head = chain.head().await.unwrap();
        assert_eq!((head.number, head.hash), (u64::from(devnet.head().number), devnet.head().hash));
        assert!(chain.block_time().await.unwrap().as_millis() > 0);
    }

    #[tokio::test]
    async fn another_network_is_refused_with_both_hashes() {
        let (devnet, chain) = started().await;
        chain.expect_genesis(devnet.genesis_hash()).unwrap();
        assert!(chain.expect_genesis([0xab; 32]).is_err());
        let network = Network::Url(devnet.ws_url());
        let mut settings = Settings::for_network(&network);
        settings.genesis = Some([0xab; 32]);
        let error = Chain::connect_with(&network, settings).await.unwrap_err();
        assert!(matches!(error, ConnectError::WrongNetwork { .. }) && !error.is_retryable());
        let sentence = error.to_string();
        assert!(sentence.contains(&"ab".repeat(32)), "{sentence}");
        assert!(sentence.contains(&hex::encode(devnet.genesis_hash())), "{sentence}");
        assert!(sentence.contains(&devnet.ws_url()), "{sentence}");
    }

    #[tokio::test]
    async fn an_unreachable_chain_is_named_with_the_remedy() {
        let (devnet, chain) = started_impatient().await;
        let url = devnet.ws_url();
        drop(devnet);
        let error = Chain::connect_url(&url).await.unwrap_err();
        assert!(error.is_retryable());
        let sentence = error.to_string();
        assert!(sentence.contains(&url) && sentence.contains("start a node"), "{sentence}");
        let error = chain.head().await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        let error = Chain::connect_url("http://127.0.0.1:1").await.unwrap_err().to_string();
        assert!(error.contains("ws://"), "{error}");
    }

    #[tokio::test]
    async fn tls_against_a_plain_port_is_an_error_not_a_panic() {
        let (devnet, _chain) = started().await;
        let url = devnet.ws_url().replace("ws://", "wss://");
        let error = Chain::connect_url(&url).await.unwrap_err();
        assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_connection_that_broke_is_made_anew() {
        let (devnet, chain) = started_impatient().await;
        let (address, genesis) = (devnet.address(), devnet.genesis_hash());
        drop(devnet);
        // Another chain in its place must not be taken for it.
        let stranger = Config { listen: address, genesis: serde_json::json!({}), ..Config::default() };
        let stranger = Devnet::spawn(stranger).await.unwrap();
        assert_ne!(stranger.genesis_hash(), genesis);
        let error = loop {
            let error = chain.head().await.unwrap_err();
            if !error.is_retryable() {
                break error;
            }
        };
        assert!(matches!(error, ReadError::Connect(ConnectError::WrongNetwork { .. })), "{error}");
        drop(stranger);
        let same = Config { listen: address, ..config(BlockProduction::OnSubmit) };
        let again = Devnet::spawn(same).await.unwrap();
        assert_eq!(again.genesis_hash(), genesis, "equal configurations give equal chains");
        chain.status().wait_for(Status::is_healthy).await.unwrap();
        assert_eq!(chain.head().await.unwrap().number, 0);
        let done = chain.transfer(&key("//Alice"), &key("//Bob").account(), Rao(1_000_000)).await;
        assert_eq!(done.unwrap().block.number, 1);
    }

    #[tokio::test]
    async fn heads_come_as_blocks_are_made() {
        let (devnet, chain) = started().await;
        let mut heads = chain.follow();
        assert_eq!(heads.borrow().unwrap().number, 0);
        let made = devnet.mine(1).await.unwrap();
        let head = *heads.wait_for(|head| head.is_some_and(|head| head.number > 0)).await.unwrap();
        assert_eq!(head.unwrap().hash, made.hash);
    }
}

mod transactions {
    use super::*;

    #[tokio::test]
    async fn a_transfer_moves_tao_for_both_schemes() {
        let (_devnet, chain) = started().await;
        let ed = Keypair::from_uri("//Ed", Scheme::Ed25519).unwrap();
        assert_eq!(chain.balance(&ed.account()).await.unwrap(), Rao(0));
        let done = chain.transfer(&key("//Alice"), &ed.account(), Rao::from_tokens(5)).await.unwrap();
        assert!(done.event("Balances", "Transfer").is_some(), "{:?}", done.events);
        assert_eq!(chain.balance(&ed.account()).await.unwrap(), Rao::from_tokens(5));
        let other = key("//Nobody").account();
        chain.transfer(&ed, &other, Rao::from_tokens(2)).await.unwrap();
        assert_eq!(chain.balance(&other).await.unwrap(), Rao::from_tokens(2));
        assert!(chain.balance(&ed.account()).await.unwrap() < Rao::from_tokens(3), "a fee was paid");
    }

    #[tokio::test]
    async fn several_of_one_account_are_under_way_at_once() {
        let (_devnet, chain) = started().await;
        let alice = key("//Alice");
        let to = key("//Somebody").account();
        let sends = (0..12).map(|_| {
            let (chain, alice) = (chain.clone(), alice.clone());
            tokio::spawn(async move { chain.transfer(&alice, &to, Rao::from_tokens(1)).await })
        });
        for done in futures::future::join_all(sends).await {
            done.unwrap().unwrap();
        }
        assert_eq!(chain.balance(&to).await.unwrap(), Rao::from_tokens(12));
    }

    /// Another program uses the same key, so the nonce counted here is out of date.
    #[tokio::test]
    async fn a_nonce_used_elsewhere_does_no_harm() {
        let (devnet, chain) = started().await;
        let other = Chain::connect_url(&devnet.ws_url()).await.unwrap();
        let (alice, to) = (key("//Alice"), key("//Somebody").account());
        for chain in [&chain, &other, &other, &chain, &other] {
            chain.transfer(&alice, &to, Rao::from_tokens(1)).await.unwrap();
        }
        assert_eq!(chain.balance(&to).await.unwrap(), Rao::from_tokens(5));
    }

    #[tokio::test]
    async fn a_failure_in_the_block_is_named() {
        let (_devnet, chain) = started().await;
        let (bob, to) = (key("//Bob"), key("//Somebody").account());
        let error = chain.transfer(&bob, &to, Rao(u64::MAX)).await.unwrap_err();
        let refusal = error.refusal().unwrap();
        assert!(matches!(refusal.by(), RefusedBy::Block { .. }), "{error}");
        assert_eq!(error.kind(), Some(RefusalKind::InsufficientBalance), "{error}");
        assert!(!error.is_retryable());
        chain.transfer(&bob, &to, Rao::from_tokens(1)).await.unwrap();
    }

    #[tokio::test]
    async fn the_pools_refusals_are_named() {
        let (_devnet, chain) = started().await;
        let pauper = key("//Pauper");
        let error = chain.transfer(&pauper, &key("//Bob").account(), Rao(1)).await.unwrap_err();
        let refusal = error.refusal().unwrap();
        assert_eq!((refusal.name(), refusal.by()), ("Payment", &RefusedBy::Pool), "{error}");
        assert!(error.to_string().contains("cannot pay the fee"), "{error}");
        let bob = key("//Bob");
        let call = Call::new("System", "remark", [("remark", vec![1u8])]).sudo();
        let error = chain.submit(&bob, call).await.unwrap_err();
        assert_eq!(error.kind(), Some(RefusalKind::NotPermitted), "{error}");
    }

    #[tokio::test]
    async fn a_failure_inside_sudo_is_a_failure() {
        let (_devnet, chain) = started().await;
        let alice = key("//Alice");
        let args = [
            ("source", Value::from(key("//Pauper").account())),
            ("dest", key("//Bob").account().into()),
            ("value", Rao::from_tokens(1).into()),
        ];
        let call = Call::new("Balances", "force_transfer", args);
        let error = chain.sudo(&alice, call.clone()).await.unwrap_err();
        let RefusedBy::Block { event, .. } = error.refusal().unwrap().by() else { panic!("{error}") };
        assert_eq!(event, "Sudo.Sudid");
        let remark = Call::new("System", "remark", [("remark", vec![1u8])]);
        chain.sudo_batch(&alice, [remark.clone(), remark.clone()]).await.unwrap();
        let error = chain.sudo_batch(&alice, [remark, call]).await.unwrap_err();
        assert!(error.refusal().is_some(), "{error}");
    }

    #[tokio::test]
    async fn an_unknown_call_is_never_sent() {
        let (devnet, chain) = started().await;
        let call = Call::new("Balances", "teleport", [("value", 1u8)]);
        let error = chain.submit(&key("//Alice"), call).await.unwrap_err();
        assert!(matches!(error, SubmitError::NotSent(ReadError::Codec(_))), "{error}");
        assert!(error.to_string().contains("Balances.teleport"), "{error}");
        assert_eq!(devnet.head().number, 0);
    }

    #[tokio::test]
    async fn a_transaction_nobody_includes_is_reported_and_not_sent_again() {
        let devnet = Devnet::spawn(config(BlockProduction::OnDemand)).await.unwrap();
        let network = Network::Url(devnet.ws_url());
        let mut settings = Settings::for_network(&network);
        settings.inclusion_timeout = Duration::from_millis(300);
        let chain = Chain::connect_with(&network, settings).await.unwrap();
        let to = key("//Somebody").account();
        let error = chain.transfer(&key("//Alice"), &to, Rao::from_tokens(1)).await.unwrap_err();
        assert!(matches!(error, SubmitError::Unknown { .. }), "{error}");
        assert!(!error.is_retryable());
        devnet.mine(2).await.unwrap();
        assert_eq!(chain.balance(&to).await.unwrap(), Rao::from_tokens(1), "once");
    }
}

mod subnets {
    use super::*;

    /// A started subnet owned by Bob, without commit and reveal and without waits.
    async fn subnet(chain: &Chain) -> u16 {
        let (alice, bob) = (key("//Alice"), key("//Bob"));
        let netuid = chain.register_network(&bob, &key("//Bob//owner").account()).await.unwrap();
        chain.start_call(&bob, netuid).await.unwrap();
        let runtime = chain.runtime().await.unwrap();
        let all = |name: &str, value: Value| runtime.parameter_call(name, None, vec![value]).unwrap();
        let set = |name: &str, value: Value| runtime.parameter_call(name, Some(netuid), vec![value]).unwrap();
        chain
            .sudo_batch(
                &alice,
                [
                    all("admin_freeze_window", 0u16.into()),
                    all("owner_hparam_rate_limit", 0u16.into()),
                    set("commit_reveal_weights_enabled", false.into()),
                    set("weights_set_rate_limit", 0u64.into()),
                    set("tempo", 10u16.into()),
                ],
            )
            .await
            .unwrap();
        netuid
    }

    #[tokio::test]
    async fn a_subnet_from_creation_to_weights() {
        let (devnet, chain) = started().await;
        let netuid = subnet(&chain).await;
        let (bob, charlie) = (key("//Bob"), key("//Charlie"));
        let (validator, miner) = (key("//Bob//v1"), key("//Charlie//m1"));
        let price = chain.burn(netuid).await.unwrap();
        assert!(price > Rao(0));
        let v = chain.register(&bob, netuid, &validator.account()).await.unwrap();
        let m = chain.register(&charlie, netuid, &miner.account()).await.unwrap();
        assert_eq!((v, m), (1, 2));
        assert_eq!(chain.uid(netuid, &miner.account()).await.unwrap(), Some(m));
        assert_eq!(chain.uid(netuid, &bob.account()).await.unwrap(), None);
        assert_eq!(chain.owner_of(&miner.account()).await.unwrap(), Some(charlie.account()));
        assert_eq!(chain.hotkey_of(netuid, m).await.unwrap(), Some(miner.account()));

        let address: SocketAddr = "10.1.2.3:8091".parse().unwrap();
        assert!(chain.serve_axon(&miner, netuid, address).await.unwrap().is_some());
        assert!(chain.serve_axon(&miner, netuid, address).await.unwrap().is_none(), "published already");
        let other: SocketAddr = "10.1.2.4:8091".parse().unwrap();
        let error = chain.serve_axon(&miner, netuid, other).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().name(), "ServingRateLimitExceeded");
        assert!(error.is_retryable());
        assert!(error.refusal().unwrap().wait_blocks().unwrap() > 40, "{error}");

        chain.add_stake(&bob, &validator.account(), netuid, Rao::from_tokens(100)).await.unwrap();
        assert!(chain.stake(netuid, &validator.account()).await.unwrap() > Rao(0));
        devnet.mine(11).await.unwrap();
        let graph = chain.metagraph(netuid).await.unwrap();
        assert_eq!(graph.block, u64::from(devnet.head().number));
        assert_eq!(graph.owner_coldkey, bob.account());
        assert_eq!(graph.neurons.len(), 3);
        assert_eq!(graph.uid(m).unwrap().axon, Some(address));
        assert!(graph.neuron(&validator.account()).unwrap().validator_permit);

        set_weights(&chain, &validator, netuid, &[(m, 20), (0, 10)]).await.unwrap();
        let at = chain.at_best().await.unwrap();
        let stored = at.weights_of(Mechanism::first(netuid), v).await.unwrap();
        assert_eq!(stored, [(0, 32_768), (m, 65_535)], "sorted, the largest scaled up");
        devnet.mine(11).await.unwrap();
        let graph = chain.metagraph(netuid).await.unwrap();
        assert!(graph.uid(m).unwrap().incentive > 0 && graph.uid(m).unwrap().emission > 0);
    }

    #[tokio::test]
    async fn the_key_of_a_certificate_is_published_beside_the_address() {
        let (devnet, chain) = started().await;
        let netuid = subnet(&chain).await;
        let (miner, plain) = (key("//Charlie//m1"), key("//Charlie//m2"));
        for hotkey in [&miner, &plain] {
            chain.register(&key("//Charlie"), netuid, &hotkey.account()).await.unwrap();
        }
        let address: SocketAddr = "10.1.2.3:8091".parse().unwrap();
        let serve = async |certificate: &AxonCertificate| {
            devnet.mine(51).await.unwrap();
            let included = chain.serve_axon_tls(&miner, netuid, address, certificate).await.unwrap();
            included.is_some()
        };
        let published = async || {
            let graph = chain.metagraph(netuid).await.unwrap();
            assert_eq!(graph.neuron(&plain.account()).unwrap().certificate, None);
            let neuron = graph.neuron(&miner.account()).unwrap();
            let read = chain.axon_certificate(netuid, &miner.account()).await.unwrap();
            assert_eq!(read, neuron.certificate);
            (neuron.axon, neuron.certificate.clone())
        };
        assert_eq!(published().await, (None, None));
        let first = AxonCertificate { algorithm: AxonCertificate::ED25519, public_key: vec![3; 32] };
        assert!(serve(&first).await);
        assert_eq!(published().await, (Some(address), Some(first.clone())));
        assert!(!serve(&first).await, "published already");

        let second = AxonCertificate { algorithm: AxonCertificate::ECDSA_P256, public_key: vec![4; 64] };
        assert!(serve(&second).await, "the address is the same, the key is not");
        assert_eq!(published().await, (Some(address), Some(second.clone())));

        let too_long = AxonCertificate { algorithm: 9, public_key: vec![4; 65] };
        devnet.mine(51).await.unwrap();
        let error = chain.serve_axon_tls(&miner, netuid, address, &too_long).await.unwrap_err();
        assert!(matches!(error, SubmitError::NotSent(_)), "{error}");
        assert_eq!(published().await.1, Some(second));

        assert!(chain.serve_axon(&miner, netuid, address).await.unwrap().is_some());
        assert_eq!(published().await, (Some(address), None), "an axon in the clear takes its key back");
        devnet.mine(51).await.unwrap();
        assert!(chain.serve_axon(&miner, netuid, address).await.unwrap().is_none(), "published already");
    }

    #[tokio::test]
    async fn the_epoch_clock_foretells_the_epoch() {
        let (devnet, chain) = started().await;
        let netuid = subnet(&chain).await;
        let clock = chain.epoch_clock(netuid).await.unwrap();
        assert_eq!((clock.tempo, clock.block), (10, u64::from(devnet.head().number)));
        let left = u32::try_from(clock.blocks_until_next().unwrap()).unwrap();
        if left > 1 {
            devnet.mine(left - 1).await.unwrap();
            assert_eq!(chain.epoch_clock(netuid).await.unwrap().epoch_index, clock.epoch_index);
        }
        devnet.mine(1).await.unwrap();
        let after = chain.epoch_clock(netuid).await.unwrap();
        assert_eq!(after.epoch_index, clock.epoch_index + 1);
        assert_eq!(Some(after.last_epoch_block), clock.next_epoch_block());
    }

    #[tokio::test]
    async fn mistakes_are_named() {
        let (_devnet, chain) = started().await;
        let netuid = subnet(&chain).await;
        let (bob, stranger) = (key("//Bob"), key("//Stranger"));
        for error in [
            chain.metagraph(77).await.unwrap_err(),
            chain.hyperparameters(77).await.unwrap_err(),
            chain.epoch_clock(77).await.unwrap_err(),
        ] {
            assert!(matches!(error, ReadError::NoSuchSubnet { netuid: 77 }), "{error}");
            assert!(error.to_string().contains("netuid setting"), "{error}");
        }
        let params = chain.hyperparameters(netuid).await.unwrap();
        assert!(!params.commit_reveal_weights_enabled && params.weights_rate_limit == 0);
        let error = chain.register(&bob, 77, &stranger.account()).await.unwrap_err();
        assert_eq!(error.kind(), Some(RefusalKind::NotFound), "{error}");
        let address: SocketAddr = "10.1.2.3:8091".parse().unwrap();
        let error = chain.serve_axon(&stranger, netuid, address).await.unwrap_err();
        assert_eq!(error.kind(), Some(RefusalKind::NotRegistered), "{error}");
        let error = set_weights(&chain, &stranger, netuid, &[(0, 1)]).await.unwrap_err();
        assert_eq!(error.kind(), Some(RefusalKind::NotRegistered), "{error}");
        let error = chain.register(&bob, netuid, &key("//Bob//owner").account()).await.unwrap_err();
        assert_eq!(error.kind(), Some(RefusalKind::AlreadyExists), "{error}");
        let error = chain.set_parameter(&stranger, netuid, "immunity_period", 7u16).await.unwrap_err();
        assert!(error.refusal().is_some(), "{error}");
        chain.set_parameter(&bob, netuid, "immunity_period", 7u16).await.unwrap();
        assert_eq!(chain.hyperparameters(netuid).await.unwrap().immunity_period, 7);
    }

    #[tokio::test]
    async fn commit_and_reveal_refuses_plain_weights() {
        let (_devnet, chain) = started().await;
        let bob = key("//Bob");
        let owner = key("//Bob//owner");
        let netuid = chain.register_network(&bob, &owner.account()).await.unwrap();
        let error = set_weights(&chain, &owner, netuid, &[(0, 1)]).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().name(), "CommitRevealEnabled", "{error}");
        assert_eq!(error.kind(), Some(RefusalKind::Disabled));
    }
}
