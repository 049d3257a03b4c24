//! The way to one place: tries to connect, at a growing distance.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use amprule_outbound::{Complaint, DialFault, Place, Way, dial, resolve};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::fault::WireFault;

/// Between the tries: the first pause, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// For one of several addresses of a name.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(crate) struct Dialler {
    host: String,
    port: u16,
    /// In a row, since it was reached last.
    failures: u32,
    not_before: Option<Instant>,
}

impl Dialler {
    pub(crate) fn new(host: &str, port: u16) -> Self {
        Self { host: host.to_owned(), port, failures: 0, not_before: None }
    }

    /// `to` is what the place is called.
    pub(crate) async fn dial(&mut self, to: &str, within: Duration) -> Result<TcpStream, WireFault> {
        let now = Instant::now();
        let next = self.not_before.map(|not_before| not_before.saturating_duration_since(now));
        if let Some(next) = next.filter(|next| !next.is_zero()) {
            return Err(WireFault::Waits { to: to.to_owned(), next });
        }
        // Also a try that is given up half way counts as one.
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(6)).min(LONGEST_PAUSE);
        (self.failures, self.not_before) = (self.failures.saturating_add(1), Some(now + pause));
        let reached = match timeout(within, self.reach()).await {
            Ok(reached) => reached,
            Err(_) => Err(format!("no connection within {} ms", within.as_millis())),
        };
        let stream = reached.map_err(|why| WireFault::NotReached { to: to.to_owned(), why })?;
        (self.failures, self.not_before) = (0, None);
        Ok(stream)
    }

    /// An address is dialled as the operator wrote it. A name may come to stand for something else than was meant: nobody but a
    /// cloud's own services is at some addresses.
    async fn reach(&self) -> Result<TcpStream, String> {
        if let Ok(ip) = self.host.parse::<IpAddr>() {
            let stream = TcpStream::connect((ip, self.port)).await.map_err(|error| error.to_string())?;
            stream.set_nodelay(true).map_err(|error| error.to_string())?;
            return Ok(stream);
        }
        let place = Place { host: self.host.clone(), port: self.port, way: Way::Plain };
        let found = resolve(&place).await?;
        dial(&place, found, PATIENCE).await.map_err(|fault| match fault {
            DialFault::NotCalled(ip, Complaint::NobodyThere | Complaint::Elsewhere) => {
                format!("the name stands for {ip}, where no device is; write the address itself if it is meant")
            }
            DialFault::NoConnection(why) => why,
        })
    }
}
