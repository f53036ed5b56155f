//! The newest block, for every task that waits for one.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use subnetkit_chain::Head;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::health::Health;
use crate::link::Link;
use crate::metrics::Metrics;
use crate::run::ValidatorError;

/// Between two attempts to follow a chain that does not answer, doubling from the first to the last.
const RECONNECT_DELAYS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

pub(crate) type Heads = watch::Receiver<Option<Head>>;

/// Keeps `heads` at the newest block, whatever happens to the connection. Does not end by itself.
pub(crate) async fn follow_blocks(
    link: Link,
    heads: watch::Sender<Option<Head>>,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
) -> Result<(), ValidatorError> {
    let (first_delay, last_delay) = RECONNECT_DELAYS;
    let mut delay = first_delay;
    loop {
        metrics.head_stream_opened();
        let broke = match link.heads().await {
            Ok(mut stream) => loop {
                match stream.next().await {
                    Some(Ok(head)) => {
                        delay = first_delay;
                        metrics.head(head.number);
                        health.head_seen();
                        health.clear("chain");
                        heads.send_replace(Some(head));
                    }
                    Some(Err(error)) => break error.to_string(),
                    None => break "the stream of blocks ended".to_owned(),
                }
            },
            Err(error) => error.to_string(),
        };
        tracing::warn!(reason = %broke, "lost the chain; following it again");
        health.fault("chain", broke);
        sleep(delay).await;
        delay = (delay * 2).min(last_delay);
    }
}

pub(crate) fn blocks_ended() -> ValidatorError {
    ValidatorError::TaskEnded { task: "blocks", reason: "no more blocks are followed".to_owned() }
}
