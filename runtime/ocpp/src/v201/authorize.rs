//! Authorize (OCPP 2.0.1, 1.2).

use amprule_domain::event::StationEvent;
use amprule_domain::reply::Reply;
use amprule_domain::token::IdToken;
use serde::Deserialize;

use crate::encode::{Object, Times};
use crate::loose::Part;
use crate::message::Message;
use crate::payload::{Trouble, read};
use crate::strictness::Repairs;
use crate::v201::words::{self, Token};

pub(crate) const MESSAGE: Message = Message::anew("Authorize", decode, reply);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authorize<'a> {
    #[serde(borrow, default)]
    id_token: Part<'a, Token<'a>>,
}

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: Authorize<'_> = read(payload)?;
    let token = words::token(repairs, message.id_token)?;
    repairs.needed("idToken", token.as_ref().map(|_| ()))?;
    Ok(StationEvent::Authorization(token.unwrap_or_else(|| IdToken::new("", "Central"))))
}

fn reply(reply: &Reply, times: Times) -> Option<String> {
    let Reply::Authorize(token) = reply else { return None };
    let answer = Object::new(times).raw("idTokenInfo", words::token_info(token, times));
    Some(answer.maybe(token.tariff.as_deref(), |object, tariff| object.raw("tariff", tariff)).finish())
}
