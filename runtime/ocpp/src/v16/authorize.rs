//! Authorize (OCPP 1.6, 4.1).

use amprule_domain::event::StationEvent;
use amprule_domain::reply::Reply;
use serde::Deserialize;

use crate::encode::{Object, Times};
use crate::loose::Loose;
use crate::message::Message;
use crate::payload::{Trouble, read};
use crate::strictness::Repairs;
use crate::v16::words;

pub(crate) const MESSAGE: Message = Message::anew("Authorize", decode, reply);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authorize<'a> {
    #[serde(borrow, default)]
    id_tag: Loose<'a>,
}

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: Authorize<'_> = read(payload)?;
    // An empty tag is a token like any other that nobody knows.
    let empty = message.id_tag.word().is_some_and(|tag| tag.trim().is_empty());
    let token = words::token(repairs, message.id_tag)?;
    repairs.needed("idTag", (empty || token.is_some()).then_some(()))?;
    Ok(StationEvent::Authorization(token.unwrap_or_else(|| words::id_token(""))))
}

fn reply(reply: &Reply, times: Times) -> Option<String> {
    let Reply::Authorize(token) = reply else { return None };
    Some(Object::new(times).raw("idTagInfo", words::id_tag_info(token, times)).finish())
}
