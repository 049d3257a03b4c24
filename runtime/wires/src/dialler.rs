//! The way to one place: tries to connect, at a growing distance.

use std::net::IpAddr;
use std::time::Duration;

use amprule_outbound::{Complaint, DialFault, Place, Way, dial, resolve};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::backoff::Backoff;
use crate::fault::WireFault;

/// Between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// For one of several addresses of a name.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(crate) struct Dialler {
    host: String,
    port: u16,
    backoff: Backoff,
}

impl Dialler {
    pub(crate) fn new(host: &str, port: u16) -> Self {
        Self { host: host.to_owned(), port, backoff: Backoff::new(LONGEST_PAUSE) }
    }

    /// `to` is what the place is called.
    pub(crate) async fn dial(&mut self, to: &str, within: Duration) -> Result<TcpStream, WireFault> {
        self.backoff.begin(to)?;
        let reached = match timeout(within, self.reach()).await {
            Ok(reached) => reached,
            Err(_) => Err(format!("no connection within {} ms", within.as_millis())),
        };
        let stream = reached.map_err(|why| WireFault::NotReached { to: to.to_owned(), why })?;
        self.backoff.reached();
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
