//! `PUT /api/v1/tokens/{idToken}`

use std::sync::Arc;

use amprule_domain::contract::Contract;
use amprule_domain::effect::Effect;
use amprule_domain::energy_transfer::EnergyTransfer;
use amprule_domain::token::{Budget, BudgetPeriod, TokenRecord, TokenStatus};
use amprule_domain::{Currency, Timestamp};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{TokenView, key, turn};
use crate::Api;
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::{Amount, Change, Place, given};

const MAX_TEXT: usize = 255;
/// Characters of `language1` (OCPP 2.0.1, IdTokenInfoType).
const MAX_LANGUAGE: usize = 8;
const DEFAULT_KIND: &str = "ISO14443";

/// What the operator knows about a token. A member that is not given stays as it is, or takes its default in a new
/// token; `null` clears `group`, `expiresAt`, `budget` and `language`, and is the same as not given elsewhere.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TokenChange {
    /// OCPP 2.0.1 IdTokenEnumType; `ISO14443` is the default.
    #[serde(rename = "type")]
    #[schema(example = "ISO14443", max_length = 255)]
    kind: Option<String>,
    /// `accepted` (the default), `blocked`, `expired` or `invalid`.
    #[schema(value_type = Option<String>, example = "accepted")]
    status: Option<TokenStatus>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 255)]
    group: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Option<Timestamp>>,
    /// Told to policies with what is spent of it; one of them says what that means. Without a policy nothing comes of it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<BudgetChange>)]
    budget: Option<Option<BudgetChange>>,
    /// What its holder reads: a language's tag (BCP 47) of at most 8 characters. Displays that have it speak it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 8, example = "de")]
    language: Option<Option<String>>,
    /// The only ways in which its holder's car may be given energy, and give it back (OCPP 2.1 EnergyTransferModeEnumType, each once):
    /// stations of 2.1 are told when the token is shown. Empty, as at first: as car and station agree. Null is the same as not given.
    #[schema(value_type = Option<Vec<String>>, max_items = 11, example = json!(["DC", "DC_BPT"]))]
    energy_transfer: Option<Vec<EnergyTransfer>>,
}

/// What its policy may let the token spend; always given as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BudgetChange {
    /// A decimal, as text or as a number; not negative.
    #[schema(value_type = String, example = "50.00")]
    amount: Amount,
    /// ISO 4217.
    #[schema(value_type = String, example = "EUR")]
    currency: Currency,
    /// `day`, `month` (the default) or `total`; calendar periods of the station's time zone.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "month")]
    period: BudgetPeriod,
}

/// Makes a token known, or changes what is known about it. Nothing changes when anything is wrong.
///
/// Where one that is not accepted any more was used, the station is told to clear its authorization cache (`ClearCache`).
#[utoipa::path(
    put,
    path = "/api/v1/tokens/{idToken}",
    tag = "tokens",
    params(("idToken" = String, Path, description = "The token as stations read it; case does not matter. A contract that is known in another spelling is changed there.")),
    request_body = TokenChange,
    responses(
        (status = 200, body = TokenView, description = "Changed."),
        (status = 201, body = TokenView, description = "Made known."),
        (status = 400, body = ErrorBody, description = "`malformed-json`"),
        (status = 413, body = ErrorBody, description = "`body-too-large`"),
        (status = 415, body = ErrorBody, description = "`unsupported-media-type`"),
        (status = 422, body = ErrorBody, description = "`invalid`; `path` names the member"),
    ),
)]
pub(crate) async fn put_token(
    State(api): State<Arc<Api>>,
    Place(id_token): Place<String>,
    Change(change): Change<TokenChange>,
) -> Answer<(StatusCode, Json<TokenView>)> {
    check_id(&id_token)?;
    let _turn = turn(&api, &id_token).await;
    let is_contract = change.kind.as_ref().is_none_or(|kind| kind.eq_ignore_ascii_case(Contract::KIND));
    let old = if is_contract { api.store.entered(&id_token).await? } else { api.store.token(&key(&id_token)).await? };
    let key = key(old.as_ref().map_or(&id_token, |old| &old.id_token));
    let status = if old.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let record = apply(old.clone().unwrap_or_else(|| fresh(id_token)), change)?;
    api.store.commit(vec![Effect::Token(Box::new(record.clone()))]).await?;
    api.control.lists_changed();
    if old.is_some_and(|old| old.was_lost(Some(&record), api.control.now())) {
        api.control.token_lost(key);
    }
    Ok((status, Json(record.into())))
}

fn fresh(id_token: String) -> TokenRecord {
    let (kind, status) = (DEFAULT_KIND.to_owned(), TokenStatus::Accepted);
    TokenRecord {
        id_token,
        kind,
        status,
        group: None,
        expires_at: None,
        budget: None,
        language: None,
        energy_transfer: Vec::new(),
    }
}

fn apply(mut record: TokenRecord, change: TokenChange) -> Answer<TokenRecord> {
    record.status = change.status.unwrap_or(record.status);
    if let Some(kind) = change.kind {
        record.kind = check_text("/type", kind)?;
    }
    if let Some(group) = change.group {
        record.group = group.map(|group| check_text("/group", group)).transpose()?;
    }
    record.expires_at = change.expires_at.unwrap_or(record.expires_at);
    if let Some(budget) = change.budget {
        record.budget = budget.map(check_budget).transpose()?;
    }
    if let Some(language) = change.language {
        record.language = language.map(check_language).transpose()?;
    }
    if let Some(modes) = change.energy_transfer {
        record.energy_transfer = check_modes(modes)?;
    }
    Ok(record)
}

fn check_modes(modes: Vec<EnergyTransfer>) -> Answer<Vec<EnergyTransfer>> {
    let is_again = |(at, mode): &(usize, &EnergyTransfer)| modes.iter().take(*at).any(|known| known == *mode);
    match modes.iter().enumerate().find(is_again) {
        Some((again, _)) => Err(Problem::invalid(format!("/energyTransfer/{again}"), "this is named already")),
        None => Ok(modes),
    }
}

fn check_id(id_token: &str) -> Answer<()> {
    if id_token.len() > MAX_TEXT || id_token.chars().any(char::is_control) {
        let message = format!("a token has at most {MAX_TEXT} bytes and no control characters");
        return Err(Problem::unreadable("bad-path", message));
    }
    Ok(())
}

fn check_text(path: &str, text: String) -> Answer<String> {
    if text.is_empty() || text.len() > MAX_TEXT {
        return Err(Problem::invalid(path, format!("this has 1 to {MAX_TEXT} bytes")));
    }
    Ok(text)
}

fn check_language(tag: String) -> Answer<String> {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|letter| letter.is_ascii_alphanumeric());
    let begins = tag.split('-').next().is_some_and(|first| first.bytes().all(|letter| letter.is_ascii_alphabetic()));
    if tag.len() <= MAX_LANGUAGE && begins && tag.split('-').all(is_part) {
        return Ok(tag);
    }
    let message = format!("`{tag}` is no tag of a language of at most {MAX_LANGUAGE} characters, as `de` or `pt-BR`");
    Err(Problem::invalid("/language", message))
}

fn check_budget(budget: BudgetChange) -> Answer<Budget> {
    let BudgetChange { amount: Amount(amount), currency, period } = budget;
    if amount.is_sign_negative() && !amount.is_zero() {
        return Err(Problem::invalid("/budget/amount", format!("{amount} is negative")));
    }
    Ok(Budget { amount, currency, period })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    const TOKEN: &str = "/api/v1/tokens/04ab";

    #[tokio::test]
    async fn a_token_gets_defaults_and_keeps_what_is_not_given() {
        let house = House::new();
        let made = house.put(TOKEN, json!({"budget": {"amount": 12.5, "currency": "EUR"}, "group": "fleet"})).await;
        let budget = json!({"amount": "12.5", "currency": "EUR", "period": "month"});
        assert_eq!(made.status.as_u16(), 201);
        assert_eq!(
            made.body,
            json!({
                "idToken": "04ab", "type": "ISO14443", "status": "accepted", "group": "fleet", "expiresAt": null,
                "budget": budget, "language": null, "energyTransfer": [],
            })
        );
        let changed =
            house.put(TOKEN, json!({"status": "blocked", "group": null, "expiresAt": "2027-01-01T00:00:00Z"})).await;
        assert_eq!(changed.status.as_u16(), 200);
        assert_eq!(
            changed.body,
            json!({
                "idToken": "04ab", "type": "ISO14443", "status": "blocked", "group": null,
                "expiresAt": "2027-01-01T00:00:00Z", "budget": budget, "language": null, "energyTransfer": [],
            })
        );
        let exact = json!({"budget": {"amount": "20.10", "currency": "EUR", "period": "day"}});
        assert_eq!(house.put(TOKEN, exact).await.body["budget"]["amount"], "20.10");
        assert!(house.put(TOKEN, json!({"budget": null})).await.body["budget"].is_null());
    }

    #[tokio::test]
    async fn a_wrong_value_is_named_and_changes_nothing() {
        let house = House::new();
        let budget =
            |amount: serde_json::Value, currency: &str| json!({"budget": {"amount": amount, "currency": currency}});
        let cases = [
            (json!({"status": "acepted"}), "/status", "did you mean `accepted`?"),
            (json!({"expiresAt": "tomorrow"}), "/expiresAt", ""),
            (json!({"type": ""}), "/type", "1 to 255"),
            (budget(json!("a lot"), "EUR"), "/budget/amount", "not a decimal"),
            (budget(json!(-1), "EUR"), "/budget/amount", "negative"),
            (budget(json!(1), "euro"), "/budget/currency", "not a currency"),
            (json!({"language": "german-language"}), "/language", "no tag of a language"),
            (json!({"language": "1x"}), "/language", "no tag of a language"),
            (json!({"energyTransfer": ["DC", "DC_BPT", "DC"]}), "/energyTransfer/2", "named already"),
            (json!({"budget": {"amount": 1}}), "/budget", "missing field `currency`"),
            (json!({"budget": {"amount": 1, "curency": "EUR"}}), "/budget/curency", "did you mean `currency`?"),
            (json!({"expires": null}), "/expires", "did you mean `expiresAt`?"),
        ];
        for (body, path, message) in cases {
            let answer = house.put(TOKEN, body.clone()).await;
            assert_eq!((answer.status.as_u16(), answer.error("path").as_str()), (422, path), "{body}");
            assert!(answer.error("message").contains(message), "{body}: {}", answer.error("message"));
        }
        assert_eq!(house.get(TOKEN).await.status.as_u16(), 404);
    }
}
