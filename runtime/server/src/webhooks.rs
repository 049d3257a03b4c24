//! Webhooks of the configuration file: what they read and write, and what the API shows of them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::doors::{Catalogue, Outbox, OutboxBooks, StoreFuture, Writer};
use amprule_domain::effect::Effect;
use amprule_domain::outbox::{OutboxEvent, OutboxRow, Subscriber};
use amprule_domain::ports::Clock;
use amprule_engine::Engine;
use amprule_store::SqliteStore;
use amprule_webhooks::{HookSettings, Pace, Roots, Secret, Settings, Webhooks};
use anyhow::{Context, Result};
use serde_json::Value;
use tracing::warn;

use crate::config::Webhook;
use crate::environment::SystemClock;
use crate::secrets;

/// Starts them. What a webhook has heard that is not configured any more is forgotten: it must not keep events from going.
pub(crate) async fn start(
    webhooks: &[Webhook],
    data: &Path,
    store: &Arc<SqliteStore>,
    engine: &Engine,
) -> Result<Arc<Webhooks>> {
    let hooks = webhooks.iter().map(settings).collect::<Result<_>>()?;
    let source = secrets::installation(data)?;
    let settings = Settings { source, hooks, roots: Roots::System, pace: Pace::default() };
    let hooks = settings.check().context("[[webhooks]] of the configuration")?;
    for known in store.subscribers().await? {
        if !webhooks.iter().any(|hook| hook.name == known.name) {
            let Subscriber { name, delivered, .. } = &known;
            warn!(
                name,
                delivered,
                "a webhook is not configured any more; should it come again, it hears what happens from then on"
            );
            store.commit(vec![Effect::SubscriberGone(known.name)]).await?;
        }
    }
    let books = Arc::new(Books { outbox: store.clone(), catalogue: store.clone() });
    Ok(Arc::new(Webhooks::start(hooks, books, Arc::new(SystemClock), engine.outbox_changes())))
}

fn settings(webhook: &Webhook) -> Result<HookSettings> {
    Ok(HookSettings {
        name: webhook.name.clone(),
        url: webhook.url.clone(),
        secret: secret(webhook, &webhook.secret_file)?,
        previous_secret: webhook.previous_secret_file.as_deref().map(|file| secret(webhook, file)).transpose()?,
        events: webhook.events.clone(),
        timeout: Duration::from_secs(webhook.timeout_s),
        allow_http: webhook.allow_http,
    })
}

fn secret(webhook: &Webhook, file: &Path) -> Result<Secret> {
    let about = || format!("the secret of webhook {} in {}", webhook.name, file.display());
    let text = std::fs::read_to_string(file).with_context(about)?;
    Secret::parse(&text).with_context(about)
}

struct Books {
    outbox: Arc<dyn OutboxBooks>,
    catalogue: Arc<dyn Catalogue>,
}

impl Outbox for Books {
    fn outbox(&self, after: u64, most: usize) -> StoreFuture<'_, Vec<OutboxRow>> {
        self.outbox.outbox(after, most)
    }

    fn outbox_span(&self) -> StoreFuture<'_, Option<(u64, u64)>> {
        self.outbox.outbox_span()
    }

    fn subscribers(&self) -> StoreFuture<'_, Vec<Subscriber>> {
        self.outbox.subscribers()
    }

    fn put_subscriber(&self, subscriber: Subscriber) -> StoreFuture<'_, ()> {
        self.outbox.commit(vec![Effect::Subscriber(Box::new(subscriber))])
    }

    fn tell(&self, event: &OutboxEvent) -> StoreFuture<'_, Option<Value>> {
        let event = event.clone();
        Box::pin(async move { amprule_api::told(&*self.catalogue, &event, SystemClock.now()).await })
    }
}

/// As the API shows them.
pub(crate) struct Deliveries(pub(crate) Arc<Webhooks>);

impl amprule_api::Webhooks for Deliveries {
    fn webhooks(&self) -> Vec<Value> {
        self.0.status().iter().filter_map(|hook| serde_json::to_value(hook).ok()).collect()
    }
}
