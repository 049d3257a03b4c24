//! Which of the addresses that a name stands for are called. Judged when it is dialled, since names change their minds.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Of one name.
const MAX_ADDRESSES: usize = 4;

/// Why an address is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complaint {
    /// It is unspecified, multicast or link-local. Nobody has such a one but a cloud's metadata.
    NobodyThere,
    /// The call was to stay on this machine.
    Elsewhere,
}

impl Complaint {
    /// Private networks are fine: the operator's own systems are in them.
    pub fn about(ip: IpAddr, is_loopback_only: bool) -> Option<Self> {
        let ip = ip.to_canonical();
        if ip.is_unspecified() || ip.is_multicast() || is_link_local(ip) {
            return Some(Self::NobodyThere);
        }
        let is_elsewhere = is_loopback_only && !ip.is_loopback();
        is_elsewhere.then_some(Self::Elsewhere)
    }
}

/// IPv6 and IPv4 in turns, as the resolver has them: a host without one of the two is still reached.
pub(crate) fn in_turns(found: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let (v6, v4): (Vec<_>, Vec<_>) = found.partition(SocketAddr::is_ipv6);
    let longest = v6.len().max(v4.len());
    (0..longest).flat_map(|at| [v6.get(at), v4.get(at)]).flatten().copied().take(MAX_ADDRESSES).collect()
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

    fn check(ip: &str, is_loopback_only: bool, expect: Option<Complaint>) {
        assert_eq!(Complaint::about(ip.parse().unwrap(), is_loopback_only), expect, "{ip}");
    }

    #[test]
    fn addresses_where_nobody_is_are_not_called() {
        for ip in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "0.0.0.0",
            "::",
            "::ffff:0.0.0.0",
            "fe80::1",
            "fd00:ec2::254",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
        ] {
            check(ip, false, Some(Complaint::NobodyThere));
        }
        for ip in ["10.0.0.7", "192.168.1.1", "127.0.0.1", "::1", "fd12::1", "93.184.215.14", "2606:4700::1"] {
            check(ip, false, None);
        }
    }

    #[test]
    fn plain_http_calls_this_machine_only() {
        check("::1", true, None);
        check("::ffff:127.0.0.2", true, None);
        check("10.0.0.7", true, Some(Complaint::Elsewhere));
        check("2606:4700::1", true, Some(Complaint::Elsewhere));
    }

    #[test]
    fn families_take_turns() {
        let found = ["[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1", "[2001:db8::4]:1", "192.0.2.1:1"];
        let turns = in_turns(found.iter().map(|addr| addr.parse().unwrap()));
        let expect = ["[2001:db8::1]:1", "192.0.2.1:1", "[2001:db8::2]:1", "[2001:db8::3]:1"];
        assert_eq!(turns.iter().map(ToString::to_string).collect::<Vec<_>>(), expect);
    }
}
