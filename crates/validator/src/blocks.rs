//! The newest block, for every task that waits for one, and what the chain's connection has to say.

use std::sync::Arc;
use std::time::Duration;

use subnetkit_chain::{Head, Status};
use tokio::sync::watch;

use crate::health::Health;
use crate::metrics::Metrics;
use crate::run::ValidatorError;

pub(crate) type Heads = watch::Receiver<Option<Head>>;

/// Tells operators how the connection to the chain is doing. Does not end by itself.
pub(crate) async fn watch_chain(
    mut status: watch::Receiver<Status>,
    nominal_block_time: Duration,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
) -> Result<(), ValidatorError> {
    loop {
        {
            let status = status.borrow_and_update();
            if let Some((head, arrived)) = status.last_head {
                metrics.head(head.number);
                health.head_seen(arrived);
            }
            match &status.fault {
                None if status.connected => health.clear("chain"),
                None => health.fault("chain", format!("there is no connection to {}", status.endpoint)),
                Some(fault) => health.fault("chain", fault.clone()),
            }
            metrics.reconnected(status.reconnects);
            metrics.block_time(status.block_time.unwrap_or(nominal_block_time));
        }
        status.changed().await.map_err(|_| blocks_ended())?;
    }
}

pub(crate) fn blocks_ended() -> ValidatorError {
    ValidatorError::TaskEnded { task: "blocks", reason: "no more blocks are followed".to_owned() }
}
