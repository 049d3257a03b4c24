//! Which of the addresses that a name stands for are called. Judged when it is dialled, since names change their minds.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Of one name.
const MAX_ADDRESSES: usize = 4;

/// IPv6 and IPv4 in turns, as the resolver has them: a host without one of the two is still reached.
pub(crate) fn in_turns(found: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let (v6, v4): (Vec<_>, Vec<_>) = found.partition(SocketAddr::is_ipv6);
    let longest = v6.len().max(v4.len());
    (0..longest).flat_map(|at| [v6.get(at), v4.get(at)]).flatten().copied().take(MAX_ADDRESSES).collect()
}

/// Why nobody is asked there. Private networks are fine: the operator's own systems are in them.
pub(crate) fn complaint(ip: IpAddr, is_loopback_only: bool) -> Option<&'static str> {
    let ip = ip.to_canonical();
    if ip.is_unspecified() || ip.is_multicast() || is_link_local(ip) {
        return Some("nobody has an unspecified, multicast or link-local address (a cloud's metadata has)");
    }
    let is_elsewhere = is_loopback_only && !ip.is_loopback();
    is_elsewhere.then_some("http:// stays on this machine, and the name stands for another one")
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6 == METADATA,
    }
}

/// The metadata service of AWS, the one among the unique local addresses.
const METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_where_nobody_is_are_not_called() {
        for ip in
            ["169.254.169.254", "::ffff:169.254.169.254", "0.0.0.0", "::", "fe80::1", "fd00:ec2::254", "224.0.0.1"]
        {
            assert!(complaint(ip.parse().unwrap(), false).is_some(), "{ip}");
        }
        for ip in ["10.0.0.7", "192.168.1.1", "127.0.0.1", "::1", "fd12::1", "93.184.215.14"] {
            assert_eq!(complaint(ip.parse().unwrap(), false), None, "{ip}");
        }
    }

    #[test]
    fn plain_http_calls_this_machine_only() {
        assert_eq!(complaint("::ffff:127.0.0.2".parse().unwrap(), true), None);
        assert!(complaint("10.0.0.7".parse().unwrap(), true).is_some());
    }
}
