//! Whether a reset happened.

use amprule_domain::Timestamp;
use amprule_domain::command::Exchange;
use amprule_domain::doors::StoreResult;

use super::CommandView;
use crate::Api;

/// With what became of it.
pub(crate) async fn view(api: &Api, exchange: Exchange) -> StoreResult<CommandView> {
    let (happened, restarted_at) = restarted(api, &exchange).await?;
    Ok(CommandView { happened, restarted_at, ..exchange.into() })
}

pub(super) async fn views(api: &Api, exchanges: Vec<Exchange>) -> StoreResult<Vec<CommandView>> {
    let mut views = Vec::with_capacity(exchanges.len());
    for exchange in exchanges {
        views.push(view(api, exchange).await?);
    }
    Ok(views)
}

/// The server may have been down when the station was back: then the last boot that it told of says as much as is known.
async fn restarted(api: &Api, exchange: &Exchange) -> StoreResult<(Option<bool>, Option<Timestamp>)> {
    let Some(until) = exchange.restart_until() else { return Ok((None, None)) };
    if let Some(at) = exchange.restarted_at {
        return Ok((Some(true), Some(at)));
    }
    if api.control.now() <= until {
        return Ok((None, None));
    }
    let booted = api.store.reported(&exchange.station).await?.identity.booted_at;
    Ok(match booted.filter(|at| Some(*at) > exchange.ended_at) {
        None => (Some(false), None),
        Some(at) if at <= until => (Some(true), Some(at)),
        Some(_) => (None, None),
    })
}

#[cfg(test)]
mod tests {
    use amprule_domain::command::{Command, CommandAnswer, Exchange, Origin, Verdict};
    use amprule_domain::effect::Effect;
    use amprule_domain::event::Boot;
    use amprule_domain::reported::{Identity, Report};
    use amprule_domain::{CommandId, StationId, Timestamp};
    use serde_json::{Value, json};

    use crate::testing::{House, station};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn sent(sent_at: &str) -> Exchange {
        let command = Command::Reset { evse: None, is_immediate: true };
        let id: CommandId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("an id");
        Exchange::queue(id, StationId::from("cs-1"), command, Origin::Operator, None, at(sent_at)).sent(at(sent_at))
    }

    /// A reset that was answered then; the house's present is half past nine.
    fn reset(answered_at: &str, verdict: Verdict) -> Exchange {
        let status = "Accepted".to_owned();
        let answer = CommandAnswer { verdict, status, reason: None, transaction: None, body: None, odd: None };
        sent(answered_at).answered(answer, at(answered_at))
    }

    async fn shown(exchange: Exchange, booted_at: Option<&str>) -> (Value, Value) {
        let house = House::new();
        let booted_at = booted_at.map(at);
        let identity = Identity { boot: Boot::default(), booted_at, protocol: None };
        let report = Box::new(Report::Identity(identity));
        house.keep([
            Effect::Station(Box::new(station("cs-1"))),
            Effect::Reported { station: StationId::from("cs-1"), report },
            Effect::Exchange(Box::new(exchange.clone())),
        ]);
        let body = house.get(&format!("/api/v1/commands/{}", exchange.id)).await.body;
        (body["happened"].clone(), body["restartedAt"].clone())
    }

    #[tokio::test]
    async fn a_reset_says_whether_the_station_was_back_in_time() {
        let early = "2026-07-01T08:00:00Z";
        let unknown = (json!(null), json!(null));
        let accepted = |at| reset(at, Verdict::Accepted);
        assert_eq!(shown(accepted("2026-07-01T09:25:00Z"), None).await, unknown, "its time is not over");
        assert_eq!(shown(accepted(early), Some("2026-07-01T07:00:00Z")).await, (json!(false), json!(null)));
        assert_eq!(shown(reset(early, Verdict::Scheduled), None).await, unknown, "a car may be charging");
        assert_eq!(shown(reset(early, Verdict::Refused), None).await, unknown);
        // The server was down when it came back.
        let back = "2026-07-01T08:03:00Z";
        assert_eq!(shown(accepted(early), Some(back)).await, (json!(true), json!(back)));
        assert_eq!(shown(accepted(early), Some("2026-07-01T08:20:00Z")).await, unknown, "that may be another start");
        let unanswered = || sent(early).unanswered(at(early));
        assert_eq!(shown(unanswered(), Some(back)).await, (json!(true), json!(back)), "its answer was lost");
        let known = Exchange { restarted_at: Some(at(back)), ..accepted(early) };
        assert_eq!(shown(known, Some("2026-07-01T08:20:00Z")).await, (json!(true), json!(back)));
    }
}
