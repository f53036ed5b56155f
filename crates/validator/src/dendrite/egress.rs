//! Which addresses a validator dials. Axon addresses are written by strangers: without a rule, a miner could point every
//! validator at services behind its firewall.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// An address that is not dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// On this machine or this network.
    #[error(
        "{0} is a private or loopback address; they are dialled only with allow_private_addresses = true"
    )]
    Private(IpAddr),
    /// Not the address of any one host on the internet.
    #[error("{0} is not an address a miner can serve on")]
    Unusable(IpAddr),
    /// Port 0.
    #[error("port 0 is not a port a miner can serve on")]
    NoPort,
}

/// Refuses addresses that no miner can honestly serve on, and private ones unless they are allowed.
///
/// Link-local addresses are refused always: cloud machines have their credentials service there.
pub fn check_egress(address: SocketAddr, allow_private: bool) -> Result<(), EgressError> {
    if address.port() == 0 {
        return Err(EgressError::NoPort);
    }
    let ip = address.ip();
    match reach(ip) {
        Reach::Public => Ok(()),
        Reach::Private if allow_private => Ok(()),
        Reach::Private => Err(EgressError::Private(ip)),
        Reach::Unusable => Err(EgressError::Unusable(ip)),
    }
}

enum Reach {
    Public,
    Private,
    Unusable,
}

/// Where machines in clouds have services that hand out credentials to whoever asks, beside the link-local ones: Azure's
/// is among public addresses, the others among private ones that a network of one's own may have reason to allow.
const CLOUD_SERVICES: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42)),
];

fn reach(ip: IpAddr) -> Reach {
    if CLOUD_SERVICES.contains(&ip) {
        return Reach::Unusable;
    }
    match ip {
        IpAddr::V4(ip) => reach_v4(ip),
        IpAddr::V6(ip) => reach_v6(ip),
    }
}

/// By IANA's registry of special-purpose IPv4 addresses (RFC 6890).
fn reach_v4(ip: Ipv4Addr) -> Reach {
    let [a, b, c, _] = ip.octets();
    let shared_by_carrier = a == 100 && (64..128).contains(&b);
    if ip.is_loopback() || ip.is_private() || shared_by_carrier {
        return Reach::Private;
    }
    let benchmark = a == 198 && (b == 18 || b == 19);
    let protocol_assignments = (a, b, c) == (192, 0, 0);
    let relay_anycast = (a, b, c) == (192, 88, 99);
    let multicast_reserved_or_broadcast = a >= 224;
    let nobody = a == 0
        || multicast_reserved_or_broadcast
        || ip.is_link_local()
        || ip.is_documentation()
        || benchmark
        || protocol_assignments
        || relay_anycast;
    if nobody { Reach::Unusable } else { Reach::Public }
}

/// By IANA's registry of special-purpose IPv6 addresses (RFC 6890).
fn reach_v6(ip: Ipv6Addr) -> Reach {
    if ip.is_loopback() || ip.is_unique_local() {
        return Reach::Private;
    }
    // Forms that carry an IPv4 address reach what that address reaches.
    let v4_in = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        reach(Ipv4Addr::new(a, b, c, d).into())
    };
    match ip.segments() {
        // Mapped, 6to4, NAT64.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x2002, high, low, ..]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4_in(high, low),
        // Protocol assignments, Teredo and benchmarks among them.
        [0x2001, second, ..] if second < 0x200 => Reach::Unusable,
        // Documentation.
        [0x2001, 0xdb8, ..] => Reach::Unusable,
        [0x3fff, second, ..] if second < 0x1000 => Reach::Unusable,
        // Global unicast is 2000::/3. All else is link-local, site-local, multicast, unspecified or unassigned.
        [first, ..] if first & 0xe000 == 0x2000 => Reach::Public,
        _ => Reach::Unusable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(address: &str, allow_private: bool) -> &'static str {
        match check_egress(address.parse().unwrap(), allow_private) {
            Ok(()) => "dialled",
            Err(EgressError::Private(_)) => "private",
            Err(EgressError::Unusable(_)) => "unusable",
            Err(EgressError::NoPort) => "no port",
        }
    }

    #[test]
    fn public_addresses_are_dialled_and_private_ones_only_if_allowed() {
        for address in [
            "8.8.8.8:8091",
            "[2606:4700::1111]:80",
            "[2001:4860:4860::8888]:80",
            "[64:ff9b::808:808]:80",
            "[::ffff:8.8.8.8]:80",
        ] {
            assert_eq!(verdict(address, false), "dialled", "{address}");
        }
        for address in [
            "127.0.0.2:80",
            "10.1.2.3:80",
            "172.16.0.1:80",
            "192.168.1.1:80",
            "100.64.0.1:80",
            "[::1]:80",
            "[fd00::1]:80",
            "[::ffff:10.0.0.1]:80",
            "[2002:7f00:1::]:80",
            "[2002:a01:203::1]:80",
            "[64:ff9b::10.1.2.3]:80",
        ] {
            assert_eq!(verdict(address, false), "private", "{address}");
            assert_eq!(verdict(address, true), "dialled", "{address}");
        }
    }

    #[test]
    fn addresses_of_no_host_are_never_dialled() {
        for address in [
            "0.0.0.0:80",
            "169.254.169.254:80",
            "224.0.0.1:80",
            "255.255.255.255:80",
            "192.0.2.1:80",
            "198.18.0.1:80",
            "[::]:80",
            "[fe80::1]:80",
            "[ff02::1]:80",
            "[2001:db8::1]:80",
            "[::ffff:169.254.169.254]:80",
            "[64:ff9b::169.254.169.254]:80",
            "[2002:a9fe:a9fe::1]:80",
            // Broadcast, reserved, relays, carriers of other protocols.
            "240.0.0.1:80",
            "192.0.0.192:80",
            "192.88.99.1:80",
            "198.51.100.1:80",
            "203.0.113.1:80",
            "[2001::1]:80",
            "[2001:2::1]:80",
            "[2001:20::1]:80",
            "[3fff:fff::1]:80",
            // Site-local, compatible, translated, discarded, segment routing, NAT64 of one network's own.
            "[fec0::1]:80",
            "[::10.0.0.1]:80",
            "[::ffff:0:10.0.0.1]:80",
            "[100::1]:80",
            "[5f00::1]:80",
            "[64:ff9b:1::10.0.0.1]:80",
            // Services of clouds, in each of their spellings.
            "168.63.129.16:80",
            "[::ffff:168.63.129.16]:80",
            "[64:ff9b::168.63.129.16]:80",
            "100.100.100.200:80",
            "[fd00:ec2::254]:80",
            "[fd20:ce::254]:80",
            "[fd00:42::42]:80",
        ] {
            assert_eq!(verdict(address, true), "unusable", "{address}");
        }
        assert_eq!(verdict("8.8.8.8:0", true), "no port");
    }
}
