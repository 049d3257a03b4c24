//! Asking the policies about a token.

use amprule_domain::authorization::{AuthorizationOutput, Opinion, Purpose};
use amprule_domain::charging::{self, Admission, KnownToken, Question, Station};
use amprule_domain::contract::Contract;
use amprule_domain::doors::StoreResult;
use amprule_domain::ports::{PriceGuest, PriceTold};
use amprule_domain::proof::ContractShown;
use amprule_domain::reply::{AuthorizationStatus, TokenInfo};
use amprule_domain::reservation::Guest;
use amprule_domain::session::SessionLimits;
use amprule_domain::token::{IdToken, TokenRecord, TokenStatus};
use amprule_domain::{Decimal, Occasion, Timestamp};
use jiff::SignedDuration;

use crate::key_codes::is_key_code;
use crate::ordered::Shown;
use crate::starts::{Accepted, Turn};
use crate::station::StationTask;

impl StationTask {
    /// Always answers. What cannot be looked up is refused, and said so in the log. An accepted start is to be held until
    /// its commit is answered.
    pub(crate) async fn ask(&mut self, question: Question, now: Timestamp) -> (Admission, Option<Accepted>) {
        let turn = match question.purpose {
            Purpose::Start => self.shared.starts.turn(&question.token).await,
            Purpose::Authorize => None,
        };
        let accepted_before = turn.as_ref().map_or(0, Turn::accepted_before);
        let admission = self.admit(question, accepted_before, now).await;
        let is_accepted = admission.info.status == AuthorizationStatus::Accepted;
        (admission, turn.filter(|_| is_accepted).map(Turn::accept))
    }

    /// A car's certificate comes first: what its contract is worth is asked only for one that is good (OCPP 2.0.1, C07).
    async fn admit(&mut self, mut question: Question, accepted_before: u32, now: Timestamp) -> Admission {
        let Some(proof) = question.proof.take() else { return self.admit_token(question, accepted_before, now).await };
        let shown = ContractShown { token: question.token.clone(), proof };
        let certificate = self.ports.vouchers.judge(&self.station.record.id, shown).await;
        let admission = match certificate.verdict() {
            Some(status) => Admission::of_status(status),
            None => self.admit_token(question, accepted_before, now).await,
        };
        let certificate = certificate.beside(admission.info.status);
        Admission { certificate: Some(certificate), ..admission }
    }

    async fn admit_token(&mut self, question: Question, accepted_before: u32, now: Timestamp) -> Admission {
        // What runs, or begins, has been typed before: only who stands there and tries waits.
        let is_tap = question.purpose == Purpose::Authorize && question.transaction.is_none();
        if !is_tap || !is_key_code(&question.token) {
            return self.admit_known(question, accepted_before, now).await;
        }
        if !self.key_codes.may_try(now) {
            return Admission::of_status(AuthorizationStatus::Invalid);
        }
        let admission = self.admit_known(question, accepted_before, now).await;
        let is_wrong = !admission.is_undecided
            && matches!(admission.info.status, AuthorizationStatus::Unknown | AuthorizationStatus::Invalid);
        if self.key_codes.tried(!is_wrong, now) {
            tracing::warn!(station = %self.station.record.id, "wrong codes are typed there one after the other; for a while none is heard");
        }
        admission
    }

    pub(crate) async fn admit_known(&mut self, question: Question, accepted_before: u32, now: Timestamp) -> Admission {
        let known = match self.look_up(&question, now).await {
            Ok(known) => KnownToken { open_sessions: known.open_sessions.saturating_add(accepted_before), ..known },
            Err(error) => {
                self.trouble("a token could not be looked up and is refused", &error);
                let refused = Admission::of_status(AuthorizationStatus::Invalid);
                return Admission { is_undecided: true, ..refused };
            }
        };
        let Station { record, reported, .. } = &self.station;
        let token = known.record.clone();
        let kind = token.as_ref().map(|token| token.kind.clone());
        let is_open_to_all = match question.token.kind.as_str() {
            IdToken::NO_AUTHORIZATION => self.settings.accept_no_authorization,
            IdToken::DIRECT_PAYMENT => self.settings.accept_direct_payment,
            _ => false,
        };
        let purpose = question.purpose;
        let shown_at = question.at.map_or(now, |at| at.min(now));
        let as_shown = Shown { token: question.token.clone(), at: question.at, remote_start: question.remote_start };
        let question = Question { token: question.token.typed(kind.as_deref()), ..question };
        let (shown, evse, transaction) = (question.token.clone(), question.evse, question.transaction.clone());
        let input = charging::authorization_input(record, reported, question, known, now);
        let occasion = Occasion::of(record, token.as_ref().and_then(|token| token.group.as_deref()), now);
        // A tariff is a member of 2.1's answer, and how energy may flow.
        let is_showing = input.purpose == Purpose::Authorize && transaction.is_none() && self.protocol() == "ocpp2.1";
        let answer = self.ports.hooks.authorize(input, occasion).await;
        let mut admission = self.admission(answer.output, token.as_ref(), shown_at, now);
        if purpose == Purpose::Start && admission.is_master_pass {
            admission.info.status = AuthorizationStatus::Invalid;
        }
        let is_unknown = admission.info.status == AuthorizationStatus::Unknown;
        // Whoever orders a start vouches for its token: that a policy does not know it says no more than that.
        if is_unknown && (is_open_to_all || (token.is_none() && self.is_ordered(&as_shown, now).await)) {
            admission.info = TokenInfo::status(AuthorizationStatus::Accepted);
        } else if is_unknown && is_key_code(&shown) {
            // A code that is wrong is no token that nobody knows (OCPP 2.0.1, C04.FR.01).
            admission.info.status = AuthorizationStatus::Invalid;
        }
        if admission.info.status == AuthorizationStatus::Accepted {
            let guest = PriceGuest {
                station: &self.station.record.id,
                evse,
                token: &shown,
                group: admission.info.group.as_deref(),
                language: admission.info.language.as_deref(),
                transaction: transaction.as_ref(),
                // What a policy names is another one than is offered.
                begins: purpose == Purpose::Start && admission.tariff.is_none(),
            };
            let PriceTold { text, tariff } = self.ports.prices.told(&guest);
            admission.info.message = admission.info.message.or(text);
            admission.info.tariff = tariff.filter(|_| is_showing);
            let allowed = token.filter(|_| is_showing).map(|token| token.energy_transfer);
            admission.info.energy_transfer = allowed.unwrap_or_default();
        }
        Admission { decisions: answer.decisions, kind, ..admission }
    }

    async fn look_up(&mut self, question: &Question, now: Timestamp) -> StoreResult<KnownToken> {
        let record = self.record_of(&question.token).await?;
        let store = &self.ports.store;
        // Its sessions are in the books as it was shown.
        let keys = match &record {
            Some(record) if record.kind.eq_ignore_ascii_case(Contract::KIND) => {
                Contract::spellings(&[&record.id_token, &question.token.id_token])
            }
            _ => vec![question.token.key()],
        };
        let spent = match record.as_ref().and_then(|token| token.budget) {
            Some(budget) => {
                let since = charging::budget_since(&budget, &self.station.record.zone(), now);
                let mut spent = Decimal::ZERO;
                for key in &keys {
                    spent += store.spent(key, budget.currency, since).await?;
                }
                spent
            }
            None => Decimal::ZERO,
        };
        let mut open_sessions = 0_u32;
        for key in &keys {
            open_sessions = open_sessions.saturating_add(store.open_sessions(key).await?);
        }
        let open_sessions = open_sessions.saturating_sub(u32::from(question.replaces_own));
        let group = record.as_ref().and_then(|token| token.group.as_deref());
        let guest = Guest { token: &question.token, group, evse: Some(question.evse) };
        let reservation = self.station.place_kept(guest, now);
        Ok(KnownToken { record, spent, open_sessions, reservation })
    }

    /// What the operator has entered of a token. A contract may be written otherwise there.
    pub(crate) async fn record_of(&mut self, token: &IdToken) -> StoreResult<Option<TokenRecord>> {
        let is_shown = |known: &TokenRecord| IdToken::new(&*known.id_token, &*known.kind).is_shown_as(token);
        Ok(self.ports.store.entered(&token.id_token).await?.filter(is_shown))
    }

    /// A start that was queued while the station was offline is not late for a token that was good then.
    fn admission(
        &self,
        output: AuthorizationOutput,
        token: Option<&TokenRecord>,
        shown_at: Timestamp,
        now: Timestamp,
    ) -> Admission {
        let status = match output.verdict {
            Opinion::Accept => AuthorizationStatus::Accepted,
            Opinion::Reject => output.reason.unwrap_or(AuthorizationStatus::Invalid),
            Opinion::NoOpinion => self.status_on_record(token, shown_at),
        };
        let accepted = token.filter(|_| status == AuthorizationStatus::Accepted);
        Admission {
            info: TokenInfo {
                status,
                cache_until: cache_until(output.cache_s, accepted, now),
                group: token.and_then(|token| token.group.clone()),
                message: output.message,
                language: token.and_then(|token| token.language.clone()),
                energy_transfer: Vec::new(),
                tariff: None,
            },
            limits: SessionLimits {
                max_energy: output.limits.max_energy,
                max_duration_s: output.limits.max_duration_s,
                max_cost: output.limits.max_cost,
                stop_requested: false,
                is_budgeted: token.is_some_and(|token| token.budget.is_some()),
            },
            tariff: output.tariff,
            is_undecided: false,
            is_master_pass: self.is_master_pass(token.and_then(|token| token.group.as_deref())),
            kind: None,
            certificate: None,
            decisions: Vec::new(),
        }
    }

    pub(crate) fn is_master_pass(&self, group: Option<&str>) -> bool {
        let own = &self.settings.master_pass_group;
        !own.is_empty() && group.is_some_and(|group| group.eq_ignore_ascii_case(own))
    }

    /// No policy has an opinion: the operator's own record decides.
    pub(crate) fn status_on_record(&self, token: Option<&TokenRecord>, at: Timestamp) -> AuthorizationStatus {
        match token {
            Some(token) if token.expires_at.is_some_and(|until| until <= at) => AuthorizationStatus::Expired,
            Some(token) => match token.status {
                TokenStatus::Accepted => AuthorizationStatus::Accepted,
                TokenStatus::Blocked => AuthorizationStatus::Blocked,
                TokenStatus::Expired => AuthorizationStatus::Expired,
                TokenStatus::Invalid => AuthorizationStatus::Invalid,
            },
            None if self.settings.accept_unknown_tokens => AuthorizationStatus::Accepted,
            None => AuthorizationStatus::Unknown,
        }
    }
}

/// As long as the policy says, also where it refuses (2.1 C17: no credit is not to be remembered), and never beyond the own end of a
/// token that is accepted. Neither says anything: it is left to the station.
fn cache_until(cache_s: Option<u32>, token: Option<&TokenRecord>, now: Timestamp) -> Option<Timestamp> {
    let span = cache_s.map(|seconds| SignedDuration::from_secs(i64::from(seconds)));
    let allowed = span.and_then(|span| now.checked_add(span).ok());
    let end = token.and_then(|token| token.expires_at);
    allowed.into_iter().chain(end).min()
}
