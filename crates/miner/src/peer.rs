//! Where a connection comes from.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use crate::connections::Place;

/// The other end of the connection a request came in on, as the system reports it. Never read from a header.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) origin: Origin,
    pub(crate) place: Arc<Place>,
}

/// Whoever is likely to be one party: an IPv4 address, or the /64 of an IPv6 address, which is what one line gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Origin(IpAddr);

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(IpAddr::V4(address)),
            IpAddr::V6(address) => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                Self(IpAddr::V6(Ipv6Addr::from_bits(network)))
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn origin_of(address: [u8; 4]) -> Origin {
    Origin::from(IpAddr::from(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(address: &str) -> Origin {
        Origin::from(address.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn an_origin_is_an_ipv4_address_or_an_ipv6_network() {
        assert_eq!(origin("192.0.2.1"), origin("::ffff:192.0.2.1"));
        assert_ne!(origin("192.0.2.1"), origin("192.0.2.2"));
        assert_eq!(origin("2001:db8:0:1::1"), origin("2001:db8:0:1:ffff:ffff:ffff:ffff"));
        assert_ne!(origin("2001:db8:0:1::1"), origin("2001:db8:0:2::1"));
    }
}
