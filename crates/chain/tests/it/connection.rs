//! What a connection survives, and what it tells: a development chain behind proxies that fail.

use crate::proxy::{Mode, Proxy, Stage, close_frame};
use std::time::{Duration, Instant};
use subnetkit_chain::{
    Call, Chain, ConnectError, Head, Network, Rao, ReadError, Settings, Status, SubmitError, Value,
};
use subnetkit_devnet::{Answers, BlockProduction, Config, Devnet, Genesis};
use subnetkit_protocol::{Keypair, Scheme};
use tokio::sync::watch;

const MILLI: Duration = Duration::from_millis(1);

/// Longer than anything here may take; a test that waits in vain fails with the place.
const PATIENCE: Duration = Duration::from_secs(30);

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap()
}

fn config(block_production: BlockProduction) -> Config {
    let genesis = subnetkit_runtime::preset("local").unwrap();
    Config { block_production, genesis, ..Config::default() }
}

async fn devnet(block_production: BlockProduction) -> Devnet {
    Devnet::spawn(config(block_production)).await.unwrap()
}

/// Limits short enough to be waited for.
fn settings(endpoints: &[&Proxy]) -> (Network, Settings) {
    let network = Network::Url(endpoints[0].url());
    let mut settings = Settings::for_network(&network);
    settings.fallback_endpoints = endpoints[1..].iter().map(|proxy| proxy.url()).collect();
    settings.connect_timeout = 2000 * MILLI;
    settings.request_timeout = 5000 * MILLI;
    settings.reconnect_patience = 10_000 * MILLI;
    settings.first_redial_delay = 20 * MILLI;
    settings.max_redial_delay = 100 * MILLI;
    settings.first_refusal_delay = 400 * MILLI;
    settings.max_silent_blocks = 2;
    (network, settings)
}

async fn connected(endpoints: &[&Proxy], change: impl FnOnce(&mut Settings)) -> Chain {
    let (network, mut settings) = settings(endpoints);
    change(&mut settings);
    Chain::connect_with(&network, settings).await.unwrap()
}

async fn until(chain: &Chain, wanted: impl FnMut(&Status) -> bool) -> Status {
    soon(chain.status().wait_for(wanted)).await.unwrap().clone()
}

async fn reaches(heads: &mut watch::Receiver<Option<Head>>, number: u64) -> Head {
    soon(heads.wait_for(|head| head.is_some_and(|head| head.number == number))).await.unwrap().unwrap()
}

fn key(uri: &str) -> Keypair {
    Keypair::from_uri(uri, Scheme::Sr25519).unwrap()
}

fn only(method: &str, count: u32) -> Answers {
    Answers { method: Some(method.to_owned()), count: Some(count) }
}

mod reads {
    use super::*;

    #[tokio::test]
    async fn one_that_was_under_way_when_the_connection_broke_is_sent_anew() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let proxy = Proxy::to(devnet.address()).await;
        let chain = connected(&[&proxy], |_| {}).await;
        let before = proxy.sent("chain_getFinalizedHead");
        devnet.delay_answers(PATIENCE, only("chain_getFinalizedHead", 1)).unwrap();
        let reading = tokio::spawn({
            let chain = chain.clone();
            async move { chain.finalized_head().await }
        });
        soon(proxy.has_sent("chain_getFinalizedHead", before + 1)).await;
        proxy.cut();
        assert_eq!(soon(reading).await.unwrap().unwrap().number, 0);
        assert_eq!(proxy.sent("chain_getFinalizedHead"), before + 2);
        assert_eq!(until(&chain, |status| status.reconnects == 1).await.fault, None);
    }

    #[tokio::test]
    async fn many_at_once_survive_one_cut_after_another() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let proxy = Proxy::to(devnet.address()).await;
        let chain = connected(&[&proxy], |settings| settings.read_attempts = 20).await;
        let readers: Vec<_> = (0..8)
            .map(|_| {
                let chain = chain.clone();
                tokio::spawn(async move {
                    for _ in 0..40 {
                        chain.at_best().await.unwrap();
                    }
                })
            })
            .collect();
        for cut in 1..=5 {
            soon(proxy.has_sent("chain_getHeader", proxy.sent("chain_getHeader") + 4)).await;
            proxy.cut();
            until(&chain, |status| status.connected && status.reconnects >= cut).await;
        }
        for reader in readers {
            soon(reader).await.unwrap();
        }
    }

    #[tokio::test]
    async fn it_is_not_sent_for_ever_and_not_waited_for_for_ever() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let proxy = Proxy::to(devnet.address()).await;
        let chain = connected(&[&proxy], |settings| {
            settings.read_attempts = 3;
            settings.reconnect_patience = 300 * MILLI;
        })
        .await;
        let before = proxy.sent("chain_getFinalizedHead");
        proxy.set(Mode::CutAt("chain_getFinalizedHead", Stage::Before));
        let error = soon(chain.finalized_head()).await.unwrap_err();
        assert!(matches!(error, ReadError::Disconnected { .. }) && error.is_retryable(), "{error}");
        assert_eq!(proxy.sent("chain_getFinalizedHead"), before + 3);
        proxy.set(Mode::Refuse);
        proxy.cut();
        let start = Instant::now();
        let error = soon(chain.head()).await.unwrap_err();
        assert!(matches!(error, ReadError::Connect(ConnectError::Unreachable { .. })), "{error}");
        assert!(start.elapsed() < PATIENCE / 3, "{:?}", start.elapsed());
        let status = until(&chain, |status| !status.connected).await;
        assert!(status.fault.unwrap().contains(&proxy.url()));
    }

    #[tokio::test]
    async fn state_that_a_node_no_longer_has_is_read_from_the_archive() {
        let forgetful = Config { history_blocks: 2, ..config(BlockProduction::OnDemand) };
        let forgetful = Devnet::spawn(forgetful).await.unwrap();
        let archive = devnet(BlockProduction::OnDemand).await;
        let old = forgetful.mine(3).await.unwrap();
        forgetful.mine(10).await.unwrap();
        archive.mine(13).await.unwrap();
        let (node, keeper) = (Proxy::to(forgetful.address()).await, Proxy::to(archive.address()).await);

        let chain = connected(&[&node], |_| {}).await;
        let error = chain.at_block(old.hash).await.unwrap_err();
        assert!(error.is_pruned() && !error.is_retryable(), "{error}");
        let sentence = error.to_string();
        assert!(
            sentence.contains("archive_endpoints") && sentence.contains(&hex::encode(old.hash)),
            "{sentence}"
        );

        let chain = connected(&[&node], |settings| settings.archive_endpoints = vec![keeper.url()]).await;
        assert_eq!(keeper.accepted(), 0, "nobody bothers an archive without need");
        let block = chain.at_block(old.hash).await.unwrap();
        assert_eq!(block.head().number, 3);
        let number = block.storage("System", "Number", vec![]).await.unwrap();
        assert_eq!(number, Some(Value::from(3u64)));
        assert!(keeper.accepted() == 1 && keeper.sent("chain_getFinalizedHead") == 0);
        let error = chain.at_block([7; 32]).await.unwrap_err();
        assert!(error.is_pruned(), "no archive has it either: {error}");
    }
}

mod submissions {
    use super::*;

    #[tokio::test]
    async fn none_is_sent_twice_whenever_the_connection_breaks() {
        let stages = [Stage::Before, Stage::After, Stage::Answered];
        for method in ["author_submitExtrinsic", "author_submitAndWatchExtrinsic"] {
            for stage in stages {
                let devnet = devnet(BlockProduction::OnDemand).await;
                let proxy = Proxy::to(devnet.address()).await;
                let chain = connected(&[&proxy], |_| {}).await;
                let (alice, to) = (key("//Alice"), key("//Somebody").account());
                let amount = Rao::from_tokens(1);
                proxy.set(Mode::CutAt(method, stage));
                let outcome = if method == "author_submitExtrinsic" {
                    let dest = Value::from(to);
                    let call = Call::new(
                        "Balances",
                        "transfer_keep_alive",
                        [("dest", dest), ("value", amount.into())],
                    );
                    let signed = chain.sign_extrinsic(&alice, &call, 64).await.unwrap();
                    soon(chain.hand_over(&signed)).await
                } else {
                    soon(chain.transfer(&alice, &to, amount)).await.map(drop)
                };
                let known = method == "author_submitExtrinsic" && stage == Stage::Answered;
                match outcome {
                    Ok(()) => assert!(known, "{method} {stage:?}"),
                    Err(SubmitError::Unknown { .. }) => assert!(!known, "{method} {stage:?}"),
                    Err(error) => panic!("{method} {stage:?}: {error}"),
                }
                until(&chain, Status::is_healthy).await;
                devnet.mine(1).await.unwrap();
                let arrived = if stage == Stage::Before { Rao(0) } else { amount };
                assert_eq!(soon(chain.balance(&to)).await.unwrap(), arrived, "{method} {stage:?}");
                assert_eq!(proxy.sent("author_submit"), 1, "{method} {stage:?}");
            }
        }
    }
}

mod hung {
    use super::*;

    #[tokio::test]
    async fn a_socket_on_which_nothing_comes_back_is_replaced() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let proxy = Proxy::to(devnet.address()).await;
        let chain = connected(&[&proxy], |settings| settings.ping_interval = 150 * MILLI).await;
        proxy.set(Mode::BlackHole);
        let reading = tokio::spawn({
            let chain = chain.clone();
            async move { chain.head().await }
        });
        let start = Instant::now();
        let status = until(&chain, |status| !status.connected).await;
        assert!(start.elapsed() < 3000 * MILLI, "noticed after {:?}", start.elapsed());
        assert!(status.fault.unwrap().contains("ping"));
        // The connection that was tried meanwhile is stuck as well.
        proxy.set(Mode::Pass);
        proxy.cut();
        soon(reading).await.unwrap().unwrap();
        until(&chain, Status::is_healthy).await;
    }

    #[tokio::test]
    async fn a_handshake_that_never_ends_is_given_up_for_the_next_endpoint() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let (first, second) = (Proxy::to(devnet.address()).await, Proxy::to(devnet.address()).await);
        for bytes in [0, 100, 300] {
            first.set(Mode::HangAfter(bytes));
            let start = Instant::now();
            let chain =
                connected(&[&first, &second], |settings| settings.connect_timeout = 500 * MILLI).await;
            assert!(start.elapsed() >= 500 * MILLI, "{bytes}");
            assert_eq!(chain.status().borrow().endpoint, second.url());
        }
    }

    #[tokio::test]
    async fn a_node_that_answers_pings_and_nothing_else_is_replaced() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let (first, second) = (Proxy::to(devnet.address()).await, Proxy::to(devnet.address()).await);
        let chain = connected(&[&first, &second], |settings| {
            settings.request_timeout = 200 * MILLI;
            settings.max_timeouts = 2;
        })
        .await;
        devnet.delay_answers(PATIENCE, only("chain_getFinalizedHead", 2)).unwrap();
        for _ in 0..2 {
            let error = soon(chain.finalized_head()).await.unwrap_err();
            assert!(matches!(error, ReadError::Timeout { .. }), "{error}");
        }
        let status = until(&chain, |status| status.reconnects == 1).await;
        assert_eq!(status.endpoint, second.url());
        soon(chain.finalized_head()).await.unwrap();
        soon(first.has_open(0)).await;
    }
}

mod silence {
    use super::*;

    #[tokio::test]
    async fn a_chain_that_stands_still_is_a_fault_until_it_goes_on() {
        let block_time = 250 * MILLI;
        let fast = Config {
            genesis: Genesis::fast().block_time(block_time).into_json(),
            block_production: BlockProduction::Interval(block_time),
            ..Config::default()
        };
        let devnet = Devnet::spawn(fast).await.unwrap();
        let (first, second) = (Proxy::to(devnet.address()).await, Proxy::to(devnet.address()).await);
        let chain = connected(&[&first, &second], |settings| {
            settings.max_silent_blocks = 8;
            settings.min_silence = 100 * MILLI;
        })
        .await;
        assert!(chain.max_silence() >= 8 * block_time);
        until(&chain, |status| status.block_time.is_some() && status.is_healthy()).await;
        devnet.pause();
        let status = until(&chain, |status| status.fault.is_some()).await;
        let fault = status.fault.unwrap();
        assert!(fault.contains("no new block for") && fault.contains("max_silent_blocks"), "{fault}");
        let status = until(&chain, |status| status.endpoint == second.url() && status.connected).await;
        assert!(status.fault.is_some() && !status.is_healthy(), "another node of the same chain is no cure");
        assert!(status.reconnects >= 1);
        let stood = status.last_head.unwrap().0;
        devnet.resume();
        let status = until(&chain, Status::is_healthy).await;
        assert!(status.last_head.unwrap().0.number > stood.number);
    }

    #[tokio::test]
    async fn block_times_are_measured() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let proxy = Proxy::to(devnet.address()).await;
        let chain = connected(&[&proxy], |_| {}).await;
        assert_eq!(chain.status().borrow().block_time, None);
        let mut heads = chain.follow();
        let start = Instant::now();
        for number in 1..=6 {
            devnet.mine(1).await.unwrap();
            reaches(&mut heads, number).await;
        }
        let status = until(&chain, |status| status.block_time.is_some()).await;
        assert!(
            status.block_time.unwrap() <= start.elapsed(),
            "as they came, whatever the chain's own clock says"
        );
        assert!(status.block_time.unwrap() < chain.block_time().await.unwrap());
    }
}

mod endpoints {
    use super::*;

    #[tokio::test]
    async fn the_next_one_is_used_when_one_fails_but_never_one_of_another_chain() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let stranger = Config { genesis: serde_json::json!({}), ..Config::default() };
        let stranger = Devnet::spawn(stranger).await.unwrap();
        assert_ne!(stranger.genesis_hash(), devnet.genesis_hash());
        let good = Proxy::to(devnet.address()).await;
        let (wrong, other) = (Proxy::to(stranger.address()).await, Proxy::to(devnet.address()).await);
        let chain = connected(&[&good, &wrong, &other], |_| {}).await;
        assert_eq!(chain.status().borrow().endpoint, good.url());
        assert_eq!((wrong.accepted(), other.accepted()), (0, 0));
        good.set(Mode::Refuse);
        good.cut();
        let status = until(&chain, |status| status.endpoint == other.url()).await;
        assert!(status.is_healthy());
        assert!(wrong.accepted() > 0 && wrong.sent("chain_getHeader") == 0, "it was looked at and not used");
        assert_eq!(soon(chain.at_best()).await.unwrap().head().hash, devnet.genesis_hash());
        // And back, when that one fails.
        good.set(Mode::Pass);
        other.set(Mode::Refuse);
        other.cut();
        until(&chain, |status| status.endpoint == good.url() && status.is_healthy()).await;

        let (network, mut settings) = settings(&[&wrong]);
        settings.genesis = Some(devnet.genesis_hash());
        let error = Chain::connect_with(&network, settings).await.unwrap_err();
        assert!(matches!(error, ConnectError::WrongNetwork { .. }) && !error.is_retryable(), "{error}");
        assert!(error.to_string().contains(&wrong.url()), "{error}");
    }

    #[tokio::test]
    async fn a_dead_one_is_dialled_less_and_less_often() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let proxy = Proxy::to(devnet.address()).await;
        let chain = connected(&[&proxy], |settings| settings.max_redial_delay = 10_000 * MILLI).await;
        proxy.set(Mode::Refuse);
        proxy.cut();
        tokio::time::sleep(1500 * MILLI).await;
        // 20 ms doubled: within 1.5 s about 8 whole delays, of which chance takes half.
        let dialled = proxy.accepted();
        assert!((3..40).contains(&dialled), "{dialled} times");
        proxy.set(Mode::Pass);
        until(&chain, Status::is_healthy).await;
    }

    #[tokio::test]
    async fn one_that_is_behind_is_the_last_resort_and_never_turns_the_heads_back() {
        let (ahead, late) =
            (devnet(BlockProduction::OnDemand).await, devnet(BlockProduction::OnDemand).await);
        let (first, second) = (Proxy::to(ahead.address()).await, Proxy::to(late.address()).await);
        let chain = connected(&[&first, &second], |settings| settings.failures_per_endpoint = 1).await;
        let mut heads = chain.follow();
        ahead.mine(10).await.unwrap();
        late.mine(2).await.unwrap();
        reaches(&mut heads, 10).await;
        first.set(Mode::Refuse);
        first.cut();
        let status = until(&chain, |status| status.endpoint == second.url() && status.connected).await;
        assert!(status.fault.unwrap().contains("8 blocks behind"));
        assert_eq!(heads.borrow().unwrap().number, 10);
        late.mine(8).await.unwrap();
        let made = late.mine(1).await.unwrap();
        assert_eq!(reaches(&mut heads, 11).await.hash, made.hash);
        until(&chain, Status::is_healthy).await;
    }

    #[tokio::test]
    async fn one_that_is_behind_and_goes_on_is_left_for_one_that_is_not() {
        let fast = || Config {
            genesis: Genesis::fast().block_time(250 * MILLI).into_json(),
            block_production: BlockProduction::OnDemand,
            ..Config::default()
        };
        let (ahead, late) = (Devnet::spawn(fast()).await.unwrap(), Devnet::spawn(fast()).await.unwrap());
        let (first, second) = (Proxy::to(ahead.address()).await, Proxy::to(late.address()).await);
        let chain = connected(&[&first, &second], |settings| {
            settings.failures_per_endpoint = 1;
            settings.min_silence = 100 * MILLI;
        })
        .await;
        let mut heads = chain.follow();
        ahead.mine(1000).await.unwrap();
        reaches(&mut heads, 1000).await;
        first.set(Mode::Refuse);
        first.cut();
        until(&chain, |status| status.endpoint == second.url() && status.connected).await;
        first.set(Mode::Pass);
        let made = ahead.mine(1).await.unwrap();
        // It makes blocks all the time, so it is never silent.
        let catching_up = async {
            loop {
                late.mine(1).await.unwrap();
                tokio::time::sleep(20 * MILLI).await;
            }
        };
        tokio::select! {
            reached = reaches(&mut heads, 1001) => assert_eq!(reached.hash, made.hash),
            () = catching_up => {}
        }
        until(&chain, |status| status.endpoint == first.url() && status.is_healthy()).await;
    }

    #[tokio::test]
    async fn heads_go_back_with_the_chain() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let proxy = Proxy::to(devnet.address()).await;
        let chain = connected(&[&proxy], |_| {}).await;
        let mut heads = chain.follow();
        devnet.mine(1).await.unwrap();
        let snapshot = devnet.snapshot().await.unwrap();
        devnet.mine(5).await.unwrap();
        reaches(&mut heads, 6).await;
        let back = devnet.revert(snapshot).await.unwrap();
        assert_eq!(reaches(&mut heads, 1).await.hash, back.hash);
        until(&chain, Status::is_healthy).await;
    }
}

mod refusals {
    use super::*;

    fn too_many(wait: &str) -> Mode {
        let answer =
            format!("HTTP/1.1 429 Too Many Requests\r\nretry-after: {wait}\r\ncontent-length: 0\r\n\r\n");
        Mode::Answer(answer.into_bytes())
    }

    #[tokio::test]
    async fn a_handshake_that_is_turned_away_waits_as_long_as_it_was_told() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let proxy = Proxy::to(devnet.address()).await;
        let (network, settings) = settings(&[&proxy]);
        proxy.set(too_many("77"));
        let error = Chain::connect_with(&network, settings).await.unwrap_err();
        assert!(error.is_retryable() && error.to_string().contains("429"), "{error}");
        assert!(error.retry_after().unwrap() >= 77_000 * MILLI, "{error}");

        proxy.set(Mode::Pass);
        let chain = connected(&[&proxy], |_| {}).await;
        let accepted = proxy.accepted();
        proxy.set(too_many("1"));
        proxy.cut();
        soon(proxy.has_accepted(accepted + 1)).await;
        let told = Instant::now();
        proxy.set(Mode::Pass);
        let status =
            until(&chain, |status| status.fault.as_ref().is_some_and(|fault| fault.contains("429"))).await;
        assert!(!status.connected);
        until(&chain, Status::is_healthy).await;
        assert!(told.elapsed() >= 900 * MILLI, "{:?}", told.elapsed());
        assert_eq!(proxy.accepted(), accepted + 2, "asked once, and once more when it was time");
    }

    #[tokio::test]
    async fn another_endpoint_is_used_while_one_turns_us_away() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let (first, second) = (Proxy::to(devnet.address()).await, Proxy::to(devnet.address()).await);
        let chain = connected(&[&first, &second], |_| {}).await;
        first.set(too_many("3600"));
        first.cut();
        let status = until(&chain, |status| status.endpoint == second.url()).await;
        assert!(status.is_healthy());
        let dialled = first.accepted();
        second.cut();
        until(&chain, |status| status.reconnects == 2 && status.is_healthy()).await;
        assert_eq!(first.accepted(), dialled, "left alone for as long as it said");
    }

    #[tokio::test]
    async fn a_connection_closed_by_policy_is_not_made_again_at_once() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let proxy = Proxy::to(devnet.address()).await;
        let chain = connected(&[&proxy], |_| {}).await;
        let start = Instant::now();
        proxy.cut_with(close_frame(1008, "too much"));
        let status = until(&chain, |status| !status.connected).await;
        let fault = status.fault.unwrap();
        assert!(fault.contains("1008") && fault.contains("too much"), "{fault}");
        until(&chain, Status::is_healthy).await;
        assert!(start.elapsed() >= 200 * MILLI, "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn requests_over_the_limit_wait_and_are_asked_again() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let proxy = Proxy::to(devnet.address()).await;
        let chain = connected(&[&proxy], |_| {}).await;
        for code in [-32_005, -32_004] {
            devnet.refuse_answers(code, "limit exceeded", only("chain_getFinalizedHead", 1)).unwrap();
            let (start, before) = (Instant::now(), proxy.sent("chain_getFinalizedHead"));
            soon(chain.finalized_head()).await.unwrap();
            assert!(start.elapsed() >= 200 * MILLI, "{:?}", start.elapsed());
            assert_eq!(proxy.sent("chain_getFinalizedHead"), before + 2);
        }
        assert_eq!(proxy.accepted(), 1, "the connection is as good as any");

        let second = Proxy::to(devnet.address()).await;
        let chain = connected(&[&proxy, &second], |settings| settings.first_refusal_delay = PATIENCE).await;
        devnet.refuse_answers(-32_005, "limit exceeded", only("chain_getFinalizedHead", 1)).unwrap();
        soon(chain.finalized_head()).await.unwrap();
        assert_eq!(chain.status().borrow().endpoint, second.url());
    }
}

mod sharing {
    use super::*;

    #[tokio::test]
    async fn all_who_follow_share_one_subscription_that_outlives_connections() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let proxy = Proxy::to(devnet.address()).await;
        let chain = connected(&[&proxy], |_| {}).await;
        let mut followers: Vec<_> = (0..10).map(|_| chain.clone().follow()).collect();
        devnet.mine(1).await.unwrap();
        for heads in &mut followers {
            reaches(heads, 1).await;
        }
        proxy.cut();
        devnet.mine(3).await.unwrap();
        for heads in &mut followers {
            reaches(heads, 4).await;
        }
        assert_eq!(proxy.sent("chain_subscribeNewHeads"), 2, "one of each connection");
        assert_eq!(chain.status().borrow().last_head.unwrap().0.number, 4);
    }

    #[tokio::test]
    async fn nothing_is_left_when_the_last_clone_is_dropped() {
        let devnet = devnet(BlockProduction::OnDemand).await;
        let proxy = Proxy::to(devnet.address()).await;
        let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
        let before = tasks();
        let gone = async || {
            while tasks() > before {
                tokio::task::yield_now().await;
            }
        };
        // Connected; and dialling in vain, with a pause or in a handshake that does not end.
        for mode in [Mode::Pass, Mode::Refuse, Mode::BlackHole] {
            proxy.set(Mode::Pass);
            let chain = connected(&[&proxy], |_| {}).await;
            let (mut heads, clone) = (chain.follow(), chain.clone());
            assert!(tasks() > before);
            if mode != Mode::Pass {
                proxy.set(mode);
                proxy.cut();
                until(&chain, |status| !status.connected).await;
            }
            drop(chain);
            heads.borrow_and_update();
            drop(clone);
            while soon(heads.changed()).await.is_ok() {}
            proxy.cut();
            soon(proxy.has_open(0)).await;
            soon(gone()).await;
        }
    }
}
