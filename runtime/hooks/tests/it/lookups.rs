//! A policy that wants to know something: who is asked, how often, and what the decision says of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use amprule_domain::Timestamp;
use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput, Opinion};
use amprule_domain::decision::{Fault, FaultClass, Hook};
use amprule_domain::lookup::{Lookup, LookupAnswer};
use amprule_domain::modifier::{ModifierInput, ModifierOutput};
use amprule_domain::ports::{BoxFuture, Fit, Hooks as _, OtherSystems};
use amprule_domain::pricing::{PricingInput, PricingOutput};
use amprule_hooks::lookups::{LookupResult, LookupSchema, Unavailable, look};
use amprule_hooks::manifest::OnError;
use amprule_hooks::tables::{Cell, ColumnKind};
use amprule_hooks::{Answer, Budget, HookSettings, Mask, Unit, Used};
use serde_json::{Value, json};

use crate::fixture::{Behaviour, Fixture, cs_1, occasion, presented, unit, with};

/// Accepts who is active there. It asks for these keys, one after the other.
struct Curious {
    declared: BTreeMap<String, LookupSchema>,
    keys: Vec<String>,
}

impl Unit for Curious {
    fn hooks(&self) -> &[Hook] {
        &[Hook::Authorization]
    }

    fn price(&self, _: &PricingInput, _: &Budget<'_>) -> Answer<PricingOutput> {
        Answer::without(Hook::Pricing)
    }

    fn modify(&self, _: &ModifierInput, _: &Budget<'_>) -> Answer<ModifierOutput> {
        Answer::without(Hook::Modifier)
    }

    fn authorize(&self, input: &AuthorizationInput, _: &Budget<'_>) -> Answer<AuthorizationOutput> {
        let missing = || Fault::new(FaultClass::Missing, "nobody can say it");
        let mut output = AuthorizationOutput::no_opinion();
        for key in &self.keys {
            output.verdict = match look(&self.declared, &input.lookups, "members", key).expect("it is declared") {
                LookupResult::Wanted(lookup) => {
                    return Answer::new(Err(missing()), Used::default()).wanting(vec![lookup]);
                }
                LookupResult::Row(cells, _) if cells[0].1 == Some(Cell::Flag(true)) => Opinion::Accept,
                LookupResult::Row(..) | LookupResult::Nothing => Opinion::Reject,
                LookupResult::Unavailable(_) => return Answer::new(Err(missing()), Used::default()),
            };
        }
        Answer::new(Ok(output), Used::default())
    }
}

/// Another system that always says the same.
struct Says {
    heard: LookupAnswer,
    last: Option<LookupAnswer>,
    asked: AtomicUsize,
}

impl OtherSystems for Says {
    fn ask<'a>(&'a self, unit: &'a str, lookup: &'a Lookup, is_fit: Fit) -> BoxFuture<'a, LookupAnswer> {
        assert_eq!((unit, lookup.name.as_str()), ("policy", "members"));
        self.asked.fetch_add(1, SeqCst);
        let heard = match &self.heard {
            LookupAnswer::Row(row) => is_fit(row).map_or_else(LookupAnswer::Unavailable, |()| self.heard.clone()),
            heard => heard.clone(),
        };
        Box::pin(async { heard })
    }

    fn last_known(&self, _: &str, _: &Lookup) -> Option<(LookupAnswer, Timestamp)> {
        Some((self.last.clone()?, Timestamp::UNIX_EPOCH))
    }
}

struct House {
    fixture: Fixture,
    says: Arc<Says>,
}

impl House {
    fn open(
        heard: LookupAnswer,
        last: Option<LookupAnswer>,
        unavailable: Unavailable,
        keys: usize,
        on_error: OnError,
    ) -> Self {
        let columns = BTreeMap::from([("active".to_owned(), ColumnKind::Boolean)]);
        let shape = LookupSchema { description: String::new(), columns, unavailable };
        let declared = BTreeMap::from([("members".to_owned(), shape)]);
        let keys = (0..keys).map(|at| format!("CARD-{at}")).collect();
        let fixture = Fixture::new(HookSettings::default());
        let (source, _) = with(unit("policy", "1", Behaviour::Say(AuthorizationOutput::no_opinion())), |source| {
            source.manifest.lookups = declared.clone();
            source.manifest.on_error = on_error;
        });
        fixture.activate((source, Arc::new(Curious { declared, keys })));
        fixture.registry.mask_with(Mask { tokens: true, hash: Box::new(|_| "m".repeat(16)) });
        let says = Arc::new(Says { heard, last, asked: AtomicUsize::new(0) });
        fixture.registry.ask_others(says.clone());
        Self { fixture, says }
    }

    /// The verdict, the fault's class, and the lookups of the record.
    async fn judge(&self) -> (Opinion, Option<FaultClass>, Value) {
        let answer = self.fixture.registry.authorize(presented(), occasion(&cs_1())).await;
        let decision = &answer.decisions[0];
        let class = decision.fault.as_ref().map(|fault| fault.class);
        (answer.output.verdict, class, decision.input.value()["lookups"].clone())
    }
}

fn row(active: Value) -> LookupAnswer {
    LookupAnswer::Row(json!({"active": active, "name": "Ann"}))
}

fn down() -> LookupAnswer {
    LookupAnswer::Unavailable("down".to_owned())
}

#[tokio::test]
async fn what_was_heard_is_in_the_record_without_what_nobody_declared() {
    let house = House::open(row(json!(true)), None, Unavailable::Tell, 1, OnError::Reject);
    let (verdict, fault, lookups) = house.judge().await;
    assert_eq!((verdict, fault), (Opinion::Accept, None));
    let key = format!("masked:{}", "m".repeat(16));
    assert_eq!(lookups, json!([{"name": "members", "key": key, "heard": {"row": {"active": true}}}]));
}

#[tokio::test]
async fn the_manifest_says_what_happens_when_nobody_answers() {
    use Unavailable::{Fail, LastKnown, Tell};
    for (heard, last, unavailable, on_error, verdict, fault) in [
        (LookupAnswer::Nothing, None, Tell, OnError::Reject, Opinion::Reject, None),
        (down(), None, Tell, OnError::Reject, Opinion::Reject, Some(FaultClass::Missing)),
        (down(), None, Tell, OnError::NoOpinion, Opinion::NoOpinion, Some(FaultClass::Missing)),
        (down(), Some(row(json!(true))), LastKnown, OnError::Reject, Opinion::Accept, None),
        (down(), Some(row(json!("perhaps"))), LastKnown, OnError::Reject, Opinion::Reject, Some(FaultClass::Missing)),
        (down(), None, LastKnown, OnError::Reject, Opinion::Reject, Some(FaultClass::Missing)),
        (down(), Some(row(json!(true))), Fail, OnError::NoOpinion, Opinion::NoOpinion, Some(FaultClass::Missing)),
        (row(json!("perhaps")), None, Tell, OnError::Reject, Opinion::Reject, Some(FaultClass::Missing)),
    ] {
        let what = format!("{heard:?} {last:?} {unavailable:?}");
        let house = House::open(heard, last, unavailable, 1, on_error);
        // However often: it works, and is asked again.
        for _ in 0..30 {
            let found = house.judge().await;
            assert_eq!((found.0, found.1), (verdict, fault), "{what}");
        }
        assert_eq!(house.says.asked.load(SeqCst), 30, "{what}");
    }
}

#[tokio::test]
async fn a_policy_that_does_not_stop_asking_is_stopped() {
    for (keys, asked, fault) in [(2, 2, None), (3, 2, Some(FaultClass::GuestError))] {
        let house = House::open(row(json!(true)), None, Unavailable::Tell, keys, OnError::Reject);
        assert_eq!(house.judge().await.1, fault, "{keys}");
        assert_eq!(house.says.asked.load(SeqCst), asked, "{keys}");
    }
}
