//! Tokens: what was decided about each that is shown in a session, and whose session it is.

use std::sync::Arc;

use super::Admission;
use super::begin::pin;
use super::state::cut_by_new_pin;
use super::told::Told;
use crate::decision::Decision;
use crate::effect::Effect;
use crate::event::Phase;
use crate::mark::Mark;
use crate::reply::{AuthorizationStatus, TokenInfo};
use crate::session::{Admitted, Session};
use crate::token::IdToken;
use crate::{Energy, SessionId};

/// So little may flow before a token is accepted without a doubt who pays for it.
const NOTHING: Energy = Energy::from_wh(100);

/// The first accepted token of a session is its token; until there is one, the first that was shown. Every token gets
/// its own answer, and the same one whenever it is shown again. Who ends a session that was refused does not pay for it.
pub(super) fn admit(session: &mut Session, told: Told<'_>) {
    notice_stranger(session, told);
    let is_wanted = |shown: &&IdToken| session.token.is_none() || !session.knows(shown);
    let Some(shown) = told.event.token.as_ref().filter(is_wanted) else {
        return;
    };
    let admission = told.admission;
    let known = session.admitted.iter().find(|admitted| admitted.token.is_shown_as(shown)).cloned();
    let anew = || Admitted { token: shown.clone().typed(admission.kind.as_deref()), info: admission.info.clone() };
    let Admitted { token, info } = known.unwrap_or_else(anew);
    remember(session, &token, &info);
    let is_accepted = info.status == AuthorizationStatus::Accepted;
    let may_take_over = is_accepted && told.event.phase != Phase::Ended;
    // A start that comes late was there before all others.
    let is_first = is_accepted && told.event.phase == Phase::Started;
    if (session.has_accepted_token() && !is_first) || (session.token.is_some() && !may_take_over) {
        let is_another = may_take_over && (session.token_group.is_none() || session.token_group != info.group);
        session.second_token_at = session.second_token_at.or(is_another.then(|| session.energy()));
        return;
    }
    // A token that only ended the session pays, because no other is known.
    let is_late = session.energy() > NOTHING || told.event.phase == Phase::Ended;
    session.marks.add_if(is_accepted && is_late, Mark::TOKEN_LATE);
    session.token = Some(token);
    session.token_group = info.group;
    session.tariff.clone_from(&admission.tariff);
    session.limits = admission.limits.clone();
    if is_accepted {
        session.marks.take_back(&Mark::UNAUTHORIZED);
        session.marks.take_back(&Mark::TOKEN_UNDECIDED);
    } else {
        session.marks.add(Mark::UNAUTHORIZED);
        session.marks.add_if(admission.is_undecided, Mark::TOKEN_UNDECIDED);
    }
    if told.event.phase == Phase::Updated && (session.tariff.is_some() || session.token_group.is_some()) {
        choose_anew(session, told);
    }
}

/// A driver may always stop, and so may whoever the station lets; that it was somebody else is seen.
fn notice_stranger(session: &mut Session, told: Told<'_>) {
    let own = session.token.as_ref().filter(|_| session.has_accepted_token());
    let (Some(own), Some(shown), Phase::Ended) = (own, told.event.token.as_ref(), told.event.phase) else { return };
    let info = session.verdict_on(shown).unwrap_or(&told.admission.info);
    let is_of_group = |own: &String| info.group.as_ref().is_some_and(|group| group.eq_ignore_ascii_case(own));
    let may_stop = own.is_shown_as(shown) || session.token_group.as_ref().is_some_and(is_of_group);
    session.marks.add_if(!may_stop && !told.admission.is_master_pass, Mark::STOPPED_BY_STRANGER);
}

/// The answer to a message: what was decided about its token.
pub(super) fn verdict(session: &Session, told: Told<'_>) -> Option<TokenInfo> {
    let shown = told.event.token.as_ref()?;
    Some(session.verdict_on(shown).unwrap_or(&told.admission.info).clone())
}

/// The decisions of an admission, stored with the session that they let begin.
pub(crate) fn decided(admission: Admission, session: Option<SessionId>) -> impl Iterator<Item = Effect> {
    let decisions = admission.decisions.into_iter();
    decisions.map(move |decision| Effect::Decision(Box::new(Decision { session, ..decision })))
}

/// At the bound the oldest goes that is not the session's own.
fn remember(session: &mut Session, token: &IdToken, info: &TokenInfo) {
    if session.knows(token) {
        return;
    }
    let own = session.token.as_ref();
    let admitted = Arc::make_mut(&mut session.admitted);
    if admitted.len() >= Session::MAX_ADMITTED {
        let other = admitted.iter().position(|admitted| Some(&admitted.token) != own);
        admitted.remove(other.unwrap_or(0));
    }
    admitted.push(Admitted { token: token.clone(), info: info.clone() });
}

/// A token that comes after the start may call for other units; those that the session began with keep their versions.
fn choose_anew(session: &mut Session, told: Told<'_>) {
    let Some(anew) = pin(session, &told.station.record, told.moment.pin) else { return };
    session.pin = match session.pin.take() {
        Some(before) if anew.has_units_of(&before) => Some(before),
        Some(before) => Some(Arc::new(anew.keeping(&before))),
        None => Some(anew),
    };
    cut_by_new_pin(session);
}
