//! The bound on requests in flight to one host. Many hotkeys can share one machine; asked all at once they would time
//! each other out, and one machine could take up every slot of a validator.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Slots per host. It remembers hosts only while someone holds or awaits one of their slots.
#[derive(Debug)]
pub(super) struct HostSlots {
    per_host: usize,
    hosts: Mutex<HashMap<IpAddr, Arc<Semaphore>>>,
}

/// A slot of one host, or a place in its queue. Dropping gives it back.
#[derive(Debug)]
pub(super) struct HostSlot {
    slots: Arc<HostSlots>,
    host: IpAddr,
    semaphore: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl HostSlots {
    pub(super) fn new(per_host: usize) -> Arc<Self> {
        Arc::new(Self { per_host: per_host.clamp(1, Semaphore::MAX_PERMITS), hosts: Mutex::default() })
    }

    pub(super) async fn acquire(self: &Arc<Self>, address: IpAddr) -> HostSlot {
        let mut slot = self.queue(host_of(address));
        // These semaphores are never closed.
        slot.permit = Arc::clone(&slot.semaphore).acquire_owned().await.ok();
        slot
    }

    fn queue(self: &Arc<Self>, host: IpAddr) -> HostSlot {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let semaphore = hosts.entry(host).or_insert_with(|| Arc::new(Semaphore::new(self.per_host)));
        HostSlot { slots: Arc::clone(self), host, semaphore: Arc::clone(semaphore), permit: None }
    }
}

impl Drop for HostSlot {
    fn drop(&mut self) {
        let mut hosts = self.slots.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        self.permit = None;
        // Everyone else who holds or awaits a slot has a reference of their own; new ones are made under this lock.
        if Arc::strong_count(&self.semaphore) == 2 {
            hosts.remove(&self.host);
        }
    }
}

/// One IPv6 customer has at least the 64 lower bits to itself.
fn host_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hosts_are_bounded_one_by_one_and_forgotten_when_idle() {
        let slots = HostSlots::new(1);
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let first = slots.acquire(ip("192.0.2.1")).await;
        let _other = slots.acquire(ip("192.0.2.2")).await;
        let mut second = Box::pin(slots.acquire(ip("::ffff:192.0.2.1")));
        assert!(futures::poll!(&mut second).is_pending(), "the same host in its other spelling");
        drop(first);
        assert!(second.await.permit.is_some());
        let network = slots.acquire(ip("2001:db8::1")).await;
        let mut waiting = Box::pin(slots.acquire(ip("2001:db8::2")));
        assert!(futures::poll!(&mut waiting).is_pending(), "one network of one customer");
        drop((waiting, network, _other));
        assert!(slots.hosts.lock().unwrap().is_empty());
    }
}
