//! Types that several messages of 2.x share.

use amprule_domain::proof::CertificateId;
use amprule_domain::reply::{Refusal, TokenInfo};
use amprule_domain::token::{AdditionalInfo, IdToken};
use serde::Deserialize;
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::loose::{Loose, Part};
use crate::strictness::Repairs;

/// Characters of an idToken (2.1; 2.0.1 has room for 36).
const MAX_TOKEN: usize = 255;
/// Characters of a group, in either version.
pub(crate) const MAX_GROUP: usize = 36;

/// Characters of a message to the driver (MessageContentType).
const MAX_MESSAGE: usize = 512;

/// IdTokenType.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Token<'a> {
    #[serde(borrow, default)]
    id_token: Loose<'a>,
    #[serde(borrow, default, rename = "type")]
    kind: Loose<'a>,
    #[serde(default)]
    additional_info: Value,
}

/// A token; a bare text in the place of the object is its text.
pub(crate) fn token(repairs: &mut Repairs, part: Part<'_, Token<'_>>) -> Result<Option<IdToken>, Refusal> {
    let bare = |id_token| Some(Token { id_token, kind: Loose::Absent, additional_info: Value::Null });
    let Some(token) = repairs.object("idToken", part, bare)? else { return Ok(None) };
    let kind = repairs.text("idToken.type", token.kind, 20)?;
    let kind = repairs.wanted("idToken.type", kind)?.unwrap_or_else(|| "ISO14443".to_owned());
    // NoAuthorization has no text (C02.FR.02).
    let bare = kind == "NoAuthorization" && token.id_token.word().is_some_and(str::is_empty);
    let text = if bare { None } else { repairs.text("idToken.idToken", token.id_token, MAX_TOKEN)? };
    let text = if bare { text } else { repairs.wanted("idToken.idToken", text)? };
    let additional = token.additional_info.as_array().into_iter().flatten().filter_map(additional);
    let additional = additional.take(IdToken::MOST_ADDITIONAL).collect();
    Ok(Some(IdToken { additional, ..IdToken::new(text.unwrap_or_default(), kind) }))
}

/// AdditionalInfoType; what is none, or too long, is left out.
fn additional(said: &Value) -> Option<AdditionalInfo> {
    let text =
        |member: &str, most| said[member].as_str().filter(|text| text.chars().count() <= most).map(str::to_owned);
    Some(AdditionalInfo { additional_id_token: text("additionalIdToken", MAX_TOKEN)?, kind: text("type", 50)? })
}

/// EVSEType.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Evse<'a> {
    #[serde(borrow, default)]
    id: Loose<'a>,
    #[serde(borrow, default)]
    connector_id: Loose<'a>,
}

/// EVSE and connector; a bare number in the place of the object is the EVSE's.
pub(crate) fn evse(repairs: &mut Repairs, part: Part<'_, Evse<'_>>) -> Result<(Option<u32>, Option<u32>), Refusal> {
    let bare = |id| Some(Evse { id, connector_id: Loose::Absent });
    let Some(evse) = repairs.object("evse", part, bare)? else { return Ok((None, None)) };
    let id = repairs.count("evse.id", &evse.id)?;
    Ok((repairs.wanted("evse.id", id)?, repairs.count("evse.connectorId", &evse.connector_id)?))
}

/// OCSPRequestDataType, or CertificateHashDataType, which has no responder. What is no text is left out: nobody can be asked then.
pub(crate) fn certificate_id(asked: &Value) -> CertificateId {
    let text = |member: &str| asked[member].as_str().unwrap_or_default().to_owned();
    CertificateId {
        hash_algorithm: text("hashAlgorithm"),
        issuer_name_hash: text("issuerNameHash"),
        issuer_key_hash: text("issuerKeyHash"),
        serial_number: text("serialNumber"),
        responder: asked["responderURL"].as_str().map(str::to_owned),
    }
}

/// IdTokenInfoType. A group that does not fit is left out, since a cut one would match others; a message is cut.
pub(crate) fn token_info(token: &TokenInfo, times: Times) -> String {
    let group = token.group.as_deref().filter(|group| group.chars().count() <= MAX_GROUP);
    Object::new(times)
        .text("status", token.status.as_str())
        .maybe(token.cache_until, |object, until| object.time("cacheExpiryDateTime", until))
        .maybe(token.language.as_deref(), |object, language| object.text("language1", language))
        .maybe(group, |object, group| {
            let group = Object::new(times).text("idToken", group).text("type", "Central").finish();
            object.raw("groupIdToken", group)
        })
        .maybe(token.message.as_deref(), |object, message| {
            object.raw("personalMessage", message_content(message, times))
        })
        .finish()
}

/// MessageContentType. A longer text is cut.
pub(crate) fn message_content(text: &str, times: Times) -> String {
    let content: String = text.chars().take(MAX_MESSAGE).collect();
    Object::new(times).text("format", "UTF8").text("content", &content).finish()
}

/// IdTokenType, as we send it.
pub(crate) fn id_token(token: &IdToken, times: Times) -> String {
    let kind = if token.kind == IdToken::UNTYPED { IdToken::UNTYPED_IS } else { &token.kind };
    Object::new(times).text("idToken", &token.id_token).text("type", kind).finish()
}

/// EVSEType, as we send it.
pub(crate) fn place(evse: u32, connector: Option<u32>, times: Times) -> String {
    Object::new(times).raw("id", evse).maybe(connector, |object, id| object.raw("connectorId", id)).finish()
}
