//! What the pool checks of a signed call before it reaches a block: the rules whose breach would otherwise cost
//! block space for free, since these calls pay no fee.

use super::pallet::*;
use super::types::AccountId;

/// The pool's code for a refusal; clients know the rule by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum PoolCode {
    StakeAmountTooLow = 1,
    RateLimitExceeded = 6,
    HotKeyNotRegisteredInNetwork = 10,
    InvalidIpAddress = 11,
    ServingRateLimitExceeded = 12,
    InvalidPort = 13,
    BadRequest = 255,
}

impl<T: Config> From<Error<T>> for PoolCode {
    fn from(error: Error<T>) -> Self {
        match error {
            Error::NotEnoughStakeToSetWeights => Self::StakeAmountTooLow,
            Error::SettingWeightsTooFast
            | Error::CommittingWeightsTooFast
            | Error::NetworkTxRateLimitExceeded => Self::RateLimitExceeded,
            Error::HotKeyNotRegisteredInNetwork => Self::HotKeyNotRegisteredInNetwork,
            Error::InvalidIpAddress => Self::InvalidIpAddress,
            Error::ServingRateLimitExceeded => Self::ServingRateLimitExceeded,
            Error::InvalidPort => Self::InvalidPort,
            _ => Self::BadRequest,
        }
    }
}

/// Whether `who` may submit `call` now.
///
/// # Errors
/// The code the pool answers with.
pub fn check<T: Config>(who: &AccountId, call: &Call<T>) -> Result<(), PoolCode> {
    match call {
        Call::set_weights { netuid, .. } => Pallet::<T>::guard_weights(who, *netuid, 0),
        Call::set_mechanism_weights { netuid, mecid, .. } => Pallet::<T>::guard_weights(who, *netuid, *mecid),
        Call::serve_axon { netuid, ip, port, ip_type, .. }
        | Call::serve_axon_tls { netuid, ip, port, ip_type, .. } => {
            Pallet::<T>::check_axon(who, *netuid, *ip, *ip_type, *port)
        }
        Call::serve_prometheus { netuid, ip, port, ip_type, .. } => {
            Pallet::<T>::check_prometheus(who, *netuid, *ip, *ip_type, *port)
        }
        Call::register_network { .. } => Pallet::<T>::guard_network_rate_limit(),
        _ => Ok(()),
    }
    .map_err(PoolCode::from)
}
