//! The listeners that stations come in by.

use std::sync::Arc;

use amprule_engine::Engine;
use amprule_gateway::{Gateway, Interpreters, Tls};
use anyhow::Result;
use tokio::sync::watch;

use crate::config::Config;
use crate::output::say;
use crate::serve::told;

/// Where stations come in: one listener, or a plain one and one with TLS.
pub(crate) struct Doors {
    first: (Gateway, &'static str),
    encrypted: Option<Gateway>,
}

impl Doors {
    pub(crate) fn bind(config: &Config, interpreters: &Interpreters, tls: Option<Tls>) -> Result<Self> {
        let bind = |address, tls| {
            Gateway::bind(address, config.ocpp.gateway_settings(&config.stations), tls, interpreters.clone())
        };
        let own = config.ocpp.tls.as_ref().and_then(|tls| tls.listen);
        Ok(match (own, tls) {
            (Some(own), tls) => {
                Self { first: (bind(config.ocpp.listen, None)?, "ws"), encrypted: Some(bind(own, tls)?) }
            }
            (None, Some(tls)) => Self { first: (bind(config.ocpp.listen, Some(tls))?, "wss"), encrypted: None },
            (None, None) => Self { first: (bind(config.ocpp.listen, None)?, "ws"), encrypted: None },
        })
    }

    pub(crate) fn say(&self) {
        let (first, scheme) = &self.first;
        say(format_args!("ocpp  {scheme}://{}", first.local_addr()));
        if let Some(encrypted) = &self.encrypted {
            say(format_args!("tls   wss://{}", encrypted.local_addr()));
        }
    }

    pub(crate) async fn serve(self, engine: Arc<Engine>, ended: watch::Receiver<bool>) -> std::io::Result<()> {
        let encrypted = async {
            match self.encrypted {
                Some(encrypted) => encrypted.serve(engine.clone(), told(ended.clone())).await,
                None => told(ended.clone()).await,
            }
        };
        tokio::join!(self.first.0.serve(engine.clone(), told(ended.clone())), encrypted);
        Ok(())
    }
}
