//! A connection on which blocks arrive and requests are never answered.

use std::time::Duration;

use subnetkit_chain::{Chain, Network, Settings};
use subnetkit_devnet::{Answers, BlockProduction, Config, Devnet};
use tokio::time::timeout;

#[tokio::test]
async fn is_replaced_although_blocks_keep_arriving() {
    let block_time = Duration::from_millis(20);
    let config = Config { block_production: BlockProduction::Interval(block_time), ..Config::default() };
    let devnet = Devnet::spawn(config).await.unwrap();
    let network = Network::Url(devnet.ws_url());
    let mut settings = Settings::for_network(&network);
    // Many blocks arrive between two requests that time out.
    settings.request_timeout = block_time * 10;
    settings.max_timeouts = 3;
    let chain = Chain::connect_with(&network, settings).await.unwrap();
    let (mut heads, mut status) = (chain.follow(), chain.status());
    heads.wait_for(Option::is_some).await.unwrap();

    let never = Duration::from_secs(3600);
    devnet.delay_answers(never, Answers { method: None, count: Some(3) }).unwrap();
    for _ in 0..3 {
        heads.changed().await.unwrap();
        chain.at_best().await.unwrap_err();
    }
    let replaced = status.wait_for(|status| status.reconnects > 0);
    timeout(Duration::from_secs(20), replaced).await.unwrap().unwrap();
    chain.at_best().await.unwrap();
}
