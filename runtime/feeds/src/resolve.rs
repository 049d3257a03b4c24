//! Which addresses a feed is loaded from, also behind a redirect: those that [`amprule_outbound`] calls.

use std::io;

use amprule_outbound::Complaint;
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

#[derive(Debug, Default)]
pub(crate) struct Called(DefaultResolver);

impl Resolver for Called {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.0.resolve(uri, config, timeout)?;
        // The operator's own proxy may stand anywhere.
        let is_proxy = config.proxy().is_some_and(|proxy| uri.host() == Some(proxy.host()));
        let is_loopback_only = uri.scheme_str() == Some("http") && !is_proxy;
        let complaint = |ip| Complaint::about(ip, is_loopback_only);
        let mut called = self.empty();
        found.iter().filter(|address| complaint(address.ip()).is_none()).for_each(|address| called.push(*address));
        if called.is_empty() {
            return Err(Error::Io(io::Error::other(not_called(uri, found[0].ip(), is_loopback_only))));
        }
        Ok(called)
    }
}

fn not_called(uri: &Uri, ip: std::net::IpAddr, is_loopback_only: bool) -> String {
    let host = uri.host().unwrap_or_default();
    match Complaint::about(ip, is_loopback_only) {
        Some(Complaint::Elsewhere) => {
            format!("{host} is {ip}, which is not this machine; without TLS only this machine is called")
        }
        _ => format!("{host} is {ip}, where no feed can be; link-local and unspecified addresses are not called"),
    }
}
