//! Publishing endpoints.

use std::net::{Ipv4Addr, Ipv6Addr};

use frame_support::{BoundedVec, ensure};
use sp_runtime::DispatchResult;

use super::pallet::*;
use super::types::{AccountId, AxonInfo, BuildStrict, NetUid, NeuronCertificate, PrometheusInfo};

impl<T: Config> Pallet<T> {
    pub(super) fn do_serve_axon(
        hotkey: &AccountId,
        netuid: NetUid,
        axon: AxonInfo,
        certificate: Option<&[u8]>,
    ) -> DispatchResult {
        Self::check_axon(hotkey, netuid, axon.ip, axon.ip_type, axon.port)?;
        if let Some(certificate) = certificate.and_then(parse_certificate) {
            NeuronCertificates::<T>::insert(netuid, hotkey, certificate);
        }
        Axons::<T>::insert(netuid, hotkey, axon);
        Self::deposit_event(Event::AxonServed(netuid, hotkey.clone()));
        Ok(())
    }

    pub(super) fn do_serve_prometheus(
        hotkey: &AccountId,
        netuid: NetUid,
        endpoint: PrometheusInfo,
    ) -> DispatchResult {
        Self::check_prometheus(hotkey, netuid, endpoint.ip, endpoint.ip_type, endpoint.port)?;
        Prometheus::<T>::insert(netuid, hotkey, endpoint);
        Self::deposit_event(Event::PrometheusServed(netuid, hotkey.clone()));
        Ok(())
    }

    /// Whether an axon may be served there and now.
    pub(super) fn check_axon(
        hotkey: &AccountId,
        netuid: NetUid,
        ip: u128,
        ip_type: u8,
        port: u16,
    ) -> Result<(), Error<T>> {
        ensure!(Uids::<T>::contains_key(netuid, hotkey), Error::<T>::HotKeyNotRegisteredInNetwork);
        ensure!(ip_type == 4 || ip_type == 6, Error::<T>::InvalidIpType);
        ensure!(is_servable(ip, ip_type), Error::<T>::InvalidIpAddress);
        let last = Axons::<T>::get(netuid, hotkey).map_or(0, |axon| axon.block);
        ensure!(Self::passes_serving_rate_limit(netuid, last), Error::<T>::ServingRateLimitExceeded);
        ensure!(port != 0, Error::<T>::InvalidPort);
        Ok(())
    }

    /// Whether a metrics endpoint may be served there and now.
    pub(super) fn check_prometheus(
        hotkey: &AccountId,
        netuid: NetUid,
        ip: u128,
        ip_type: u8,
        port: u16,
    ) -> Result<(), Error<T>> {
        ensure!(ip_type == 4 || ip_type == 6, Error::<T>::InvalidIpType);
        ensure!(ip != 0 && is_servable(ip, ip_type), Error::<T>::InvalidIpAddress);
        ensure!(Uids::<T>::contains_key(netuid, hotkey), Error::<T>::HotKeyNotRegisteredInNetwork);
        let last = Prometheus::<T>::get(netuid, hotkey).map_or(0, |endpoint| endpoint.block);
        ensure!(Self::passes_serving_rate_limit(netuid, last), Error::<T>::ServingRateLimitExceeded);
        ensure!(port != 0, Error::<T>::InvalidPort);
        Ok(())
    }

    fn passes_serving_rate_limit(netuid: NetUid, last: u64) -> bool {
        let limit = ServingRateLimit::<T>::get(netuid);
        limit == 0 || last == 0 || Self::now().saturating_sub(last) >= limit
    }
}

/// The real chain refuses loopback addresses; a development chain takes them unless it is strict, since there
/// everything runs on one machine.
fn is_servable(ip: u128, ip_type: u8) -> bool {
    let loopback_is_refused = BuildStrict::get();
    if ip_type == 4 {
        let Ok(bits) = u32::try_from(ip) else { return false };
        bits != u32::MAX && !(loopback_is_refused && Ipv4Addr::from(bits) == Ipv4Addr::LOCALHOST)
    } else {
        ip != u128::MAX && !(loopback_is_refused && Ipv6Addr::from(ip) == Ipv6Addr::LOCALHOST)
    }
}

/// One byte of algorithm and up to 64 of key; anything else is ignored, as on the chain.
fn parse_certificate(bytes: &[u8]) -> Option<NeuronCertificate> {
    let (&algorithm, key) = bytes.split_first()?;
    let public_key = BoundedVec::try_from(key.to_vec()).ok()?;
    Some(NeuronCertificate { public_key, algorithm })
}
