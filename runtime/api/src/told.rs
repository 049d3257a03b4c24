//! What subscribers are told of an event: the thing that it is about, as this API shows it.

use amprule_domain::Timestamp;
use amprule_domain::doors::{Catalogue, StoreError, StoreResult};
use amprule_domain::outbox::OutboxEvent;
use serde_json::{Value, json};

use crate::command::CommandView;
use crate::session::{bills, brief};

/// `{"session": …}` as it is now, with the `bill` of the event where it is about one; or `{"command": …}`. `None`: the thing
/// is gone.
///
/// # Errors
/// The store cannot be read.
pub async fn told(store: &dyn Catalogue, event: &OutboxEvent, now: Timestamp) -> StoreResult<Option<Value>> {
    match (event.session, event.command) {
        (Some(session), _) => {
            let Some(session) = store.session(session).await? else { return Ok(None) };
            let bill = match event.bill {
                Some(version) => bill(store, &session, version).await?,
                None => None,
            };
            let session = json(brief(session, now))?;
            Ok(Some(match bill {
                Some(bill) => json!({ "session": session, "bill": bill }),
                None => json!({ "session": session }),
            }))
        }
        (None, Some(command)) => {
            let command =
                store.exchange(command).await?.map(|exchange| json(CommandView::from(exchange))).transpose()?;
            Ok(command.map(|command| json!({ "command": command })))
        }
        (None, None) => Ok(None),
    }
}

async fn bill(
    store: &dyn Catalogue,
    session: &amprule_domain::session::Session,
    version: u32,
) -> StoreResult<Option<Value>> {
    let bills = store.bills(session).await?;
    let next = bills.iter().find(|bill| bill.version == version + 1).and_then(|bill| bill.issued_at);
    let bill = bills.into_iter().find(|bill| bill.version == version);
    bill.map(|bill| json(bills::view(bill, next))).transpose()
}

fn json(view: impl serde::Serialize) -> StoreResult<Value> {
    serde_json::to_value(view).map_err(|error| StoreError::new(format!("show what subscribers are told: {error}")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use amprule_domain::SessionId;
    use amprule_domain::effect::Effect;
    use amprule_domain::outbox::{OutboxEvent, OutboxKind};
    use serde_json::json;

    use super::told;
    use crate::testing::{House, priced, session};

    fn event(session: SessionId, bill: Option<u32>) -> OutboxEvent {
        let at = "2026-07-01T09:00:00Z".parse().expect("a time");
        let (kind, station) = (OutboxKind::SessionBilled, "cs-1".into());
        OutboxEvent { at, kind, station, session: Some(session), bill, command: None }
    }

    #[tokio::test]
    async fn a_billed_session_is_told_with_the_bill_that_was_meant() {
        let house = House::new();
        let session = priced(session(7, "cs-1"));
        let id = session.id;
        house.keep([Effect::Session(Arc::new(session))]);
        let now = "2026-07-01T10:00:00Z".parse().expect("a time");
        let tell = async |event| told(&*house.api.store, &event, now).await.expect("memory is read");
        let data = tell(event(id, Some(1))).await.expect("it is there");
        assert_eq!((&data["session"]["no"], &data["bill"]["total"]), (&json!(7), &json!("5.15")));
        assert_eq!(tell(event(id, Some(2))).await.expect("it is there")["bill"], json!(null), "no such bill");
        let nobody = "019b0000-0000-7000-8000-000000000000".parse().expect("an id");
        assert_eq!(tell(event(nobody, None)).await, None);
    }
}
