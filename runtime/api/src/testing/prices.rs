//! A tariff of half a euro per kWh, which says so.

use std::sync::Arc;

use amprule_domain::authorization::AuthorizationInput;
use amprule_domain::component::Component;
use amprule_domain::offer::{Conditions, Element, Fit, Offer, OfferInput, Offered, Per, Proof, Proven};
use amprule_domain::ports::{About, AuthorizationAnswer, BoxFuture, Hooks, PricingAnswer};
use amprule_domain::pricing::{Pin, Price, PricedBy, PricingInput};
use amprule_domain::tax::Amounts;
use amprule_domain::{Currency, Decimal, Occasion};

pub(super) struct PerKwh;

impl Hooks for PerKwh {
    fn authorize<'a>(&'a self, _: AuthorizationInput, _: Occasion<'a>) -> BoxFuture<'a, AuthorizationAnswer> {
        unreachable!("the API asks for no verdicts")
    }

    fn pin(&self, _: &Occasion<'_>, _: Option<&str>) -> Option<Arc<Pin>> {
        None
    }

    fn price<'a>(&'a self, _: Option<&'a Pin>, input: PricingInput, about: About) -> BoxFuture<'a, PricingAnswer> {
        let (unit, version) = ("half".to_owned(), "1".to_owned());
        let by = Arc::new(PricedBy { unit, version, hash: String::new(), fallback: false });
        let total = Currency::EUR.round(input.session.energy.wh() / Decimal::from(2_000));
        let price = Price::plain(Currency::EUR, total, input.now, input.purpose.is_final(), by);
        let price = (about.station.as_str() != "free").then_some(price);
        Box::pin(async { PricingAnswer { price, decisions: Vec::new() } })
    }

    fn offer<'a>(&'a self, at: Occasion<'a>, _: OfferInput) -> BoxFuture<'a, Option<Offered>> {
        let element = Element {
            component: Component::Energy,
            price: Decimal::new(5, 1),
            per: Per::Hour,
            step: None,
            taxes: Vec::new(),
            when: Conditions::default(),
        };
        let offer = Offer {
            currency: Currency::EUR,
            amounts: Amounts::default(),
            elements: vec![element],
            minimum: None,
            cap: None,
            texts: [].into(),
            next_change_at: None,
        };
        let proof = Proof { fits: Fit::Exact, compared: 7, less: None, more: None };
        let offered = Offered {
            since: None,
            unit: "half".to_owned(),
            version: "1".to_owned(),
            hash: "abcdef0123".to_owned(),
            modifiers: at.token_group.map(str::to_owned).into_iter().collect(),
            others: Vec::new(),
            proven: Ok(Proven { offer, proof }),
        };
        let offered = (at.station.as_str() != "free").then_some(offered);
        Box::pin(async { offered })
    }
}
