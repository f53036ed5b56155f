//! The memory of accepted requests that the settings ask for.

#[cfg(feature = "redis")]
mod shared;

use std::sync::Arc;

use subnetkit_protocol::{
    Hotkey,
    btauth::{NonceMemory, ReplaySettings, ReplayStore, now_ns},
};

use crate::{BindError, MinerConfig};

/// The memory for requests of one protocol to this hotkey. Nonces of one protocol say nothing about those of another.
pub(crate) async fn memory(
    own: &Hotkey,
    protocol: &'static str,
    config: &MinerConfig,
) -> Result<Arc<dyn NonceMemory>, BindError> {
    let settings = ReplaySettings {
        // A nonce is judged before the body is read and recorded after it.
        retention: config.signature_max_age + config.signature_allowed_skew + config.body_timeout,
        max_entries: config.replay_capacity,
        max_entries_per_sender: config.replay_capacity_per_hotkey,
        not_before_ns: (!config.accept_signed_before_start).then(now_ns),
    };
    let Some(url) = &config.replay_redis_url else { return Ok(Arc::new(ReplayStore::new(settings)?)) };
    #[cfg(feature = "redis")]
    return Ok(Arc::new(shared::SharedMemory::open(url, own, protocol, settings, config).await?));
    #[cfg(not(feature = "redis"))]
    {
        let _names_of_keys = (url, own, protocol);
        Err(BindError::NoRedis)
    }
}
