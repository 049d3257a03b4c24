//! From a host's name to addresses, one question to the resolver at a time.

use std::net::SocketAddr;
use std::time::Duration;

use amprule_outbound::{Place, resolve};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio::time::Instant;

/// The system's resolver cannot be interrupted, and takes a thread for as long as it likes. Whoever comes while it hangs
/// waits for the same answer; after so long it is asked once more.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(crate) struct Names(Mutex<Option<(Instant, Resolution)>>);

type Resolution = Shared<BoxFuture<'static, Result<Vec<SocketAddr>, String>>>;

impl Names {
    pub(crate) async fn resolve(&self, place: &Place) -> Result<Vec<SocketAddr>, String> {
        let resolution = self.under_way(place);
        let found = resolution.clone().await;
        self.0.lock().take_if(|(_, under_way)| under_way.ptr_eq(&resolution));
        found
    }

    fn under_way(&self, place: &Place) -> Resolution {
        let mut under_way = self.0.lock();
        if let Some((begun, resolution)) = &*under_way
            && begun.elapsed() < PATIENCE
        {
            return resolution.clone();
        }
        let place = place.clone();
        let resolution = async move { resolve(&place).await }.boxed().shared();
        *under_way = Some((Instant::now(), resolution.clone()));
        resolution
    }
}
