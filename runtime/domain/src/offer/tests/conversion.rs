//! Documents, word for word, and how they fit.

use serde_json::{Value, json};

use super::{issuer, offer};
use crate::offer::{Fit, Issuer, TariffType, Written, ocpi221, ocpi230, ocpp21};

/// The document, its fit, and words of its notes.
fn check(written: Written, document: Value, fits: Fit, notes: &[&str]) {
    assert_eq!(written.document, document, "{:?}", written.notes);
    check_fit(&written, fits, notes);
}

fn check_fit(written: &Written, fits: Fit, notes: &[&str]) {
    assert_eq!(written.fits, fits, "{:?}", written.notes);
    assert_eq!(written.notes.len(), notes.len(), "{:?}", written.notes);
    for (note, words) in written.notes.iter().zip(notes) {
        assert!(note.contains(words), "{note:?} does not say {words:?}");
    }
}

fn night() -> Value {
    let taxes = json!([{"name": "MwSt.", "percent": "19"}]);
    json!({
        "elements": [
            {"component": "energy", "price": "0.49", "taxes": taxes, "when": {"weekdays": [5, 1], "fromMinute": 1320, "untilMinute": 0}},
            {"component": "energy", "price": "0.595", "taxes": taxes},
            {"component": "charging-time", "price": "2.38", "taxes": taxes, "when": {"fromS": 14400, "untilWh": 20500}},
            {"component": "fixed", "price": "1.19", "taxes": taxes},
        ],
        "minimum": "2.38",
        "cap": "20",
        "texts": {"de": "Nachts billiger"},
    })
}

#[test]
fn an_offer_in_ocpi_2_2_1_is_without_vat() {
    let document = json!({
        "country_code": "DE",
        "party_id": "AMP",
        "id": "night-rate",
        "currency": "EUR",
        "last_updated": "2027-01-15T08:00:00Z",
        "min_price": {"excl_vat": 2, "incl_vat": 2.38},
        "max_price": {"excl_vat": 16.8068, "incl_vat": 20},
        "elements": [
            {
                "price_components": [{"type": "ENERGY", "price": 0.4117647059, "vat": 19, "step_size": 1}],
                "restrictions": {"start_time": "22:00", "end_time": "00:00", "day_of_week": ["MONDAY", "FRIDAY"]},
            },
            {"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 19, "step_size": 1}]},
            {
                "price_components": [{"type": "TIME", "price": 2, "vat": 19, "step_size": 1}],
                "restrictions": {"min_duration": 14400, "max_kwh": 20.5},
            },
            {"price_components": [{"type": "FLAT", "price": 1, "vat": 19, "step_size": 1}]},
        ],
    });
    check(ocpi221(&offer(night()), issuer()), document, Fit::Exact, &["energy at 0.49 is 0.4117647059 there"]);
}

#[test]
fn an_offer_in_ocpi_2_3_0_is_as_it_is_said() {
    let mut of = night();
    of["nextChangeAt"] = json!("2027-02-01T00:00:00.5Z");
    let issuer = Issuer { tariff_type: Some(TariffType::AdHocPayment), country_code: "de", ..issuer() };
    let written = ocpi230(&offer(of), issuer);
    check_fit(&written, Fit::Exact, &[]);
    let document = written.document;
    assert_eq!(document["tax_included"], "YES");
    assert_eq!(document["type"], "AD_HOC_PAYMENT");
    assert_eq!(document["country_code"], "DE");
    assert_eq!(document["end_date_time"], "2027-02-01T00:00:00Z");
    assert_eq!(document["max_price"], json!({"before_taxes": 16.8068, "after_taxes": 20}));
    assert_eq!(document["elements"][0]["price_components"][0]["price"], json!(0.49));
    assert_eq!(document["elements"][0]["price_components"][0]["vat"], json!(19));
    assert_eq!(document.get("tariff_alt_text"), None);
}

#[test]
fn whether_ocpi_2_3_0_has_taxes_in_its_prices() {
    let taxed = json!([{"component": "energy", "price": "0.4", "taxes": [{"percent": "8.875"}]}]);
    let free = json!([{"component": "energy", "price": "0.4"}]);
    let cases = [
        (json!({"elements": taxed}), "YES"),
        (json!({"elements": free}), "YES"),
        (json!({"elements": taxed, "amounts": "excluding-tax"}), "NO"),
        (json!({"elements": free, "amounts": "excluding-tax"}), "N/A"),
    ];
    for (of, expect) in cases {
        assert_eq!(ocpi230(&offer(of), issuer()).document["tax_included"], expect);
    }
}

#[test]
fn an_offer_in_ocpp_2_1() {
    let mut of = night();
    of["elements"].as_array_mut().unwrap().push(json!(
        {"component": "idle-time", "price": "0.119", "per": "minute", "taxes": [{"percent": "19"}], "when": {"fromIdleS": 600, "untilDate": "2027-01-01"}}
    ));
    let vat = json!([{"type": "MwSt.", "tax": 19}]);
    let mut document = json!({
        "tariffId": "night-rate",
        "currency": "EUR",
        "energy": {
            "prices": [
                {"priceKwh": 0.4117647059, "conditions": {"startTimeOfDay": "22:00", "endTimeOfDay": "00:00", "dayOfWeek": ["Monday", "Friday"]}},
                {"priceKwh": 0.5},
            ],
            "taxRates": vat,
        },
        "chargingTime": {
            "prices": [{"priceMinute": 0.0333333334, "conditions": {"minTime": 14400, "maxEnergy": 20500}}],
            "taxRates": vat,
        },
        "idleTime": {
            "prices": [{"priceMinute": 0.1, "conditions": {"minIdleTime": 600, "validToDate": "2027-01-01"}}],
            "taxRates": [{"type": "VAT", "tax": 19}],
        },
        "fixedFee": {"prices": [{"priceFixed": 1}], "taxRates": vat},
        "minCost": {"inclTax": 2.38},
        "maxCost": {"inclTax": 20},
    });
    let written = ocpp21(&offer(of), issuer());
    let texts = written.document["description"].clone();
    let languages: Vec<_> = texts.as_array().unwrap().iter().map(|text| text["language"].as_str().unwrap()).collect();
    assert_eq!(languages, ["de", "en", "fr", "es", "nl"]);
    assert_eq!(texts[0], json!({"format": "UTF8", "language": "de", "content": "Nachts billiger"}));
    document["description"] = texts;
    check(written, document, Fit::Exact, &["count idle time anew", "holds energy back itself"]);
}

#[test]
fn what_is_free_is_said_to_be() {
    let free = offer(json!({}));
    let flat = json!([{"price_components": [{"type": "FLAT", "price": 0, "step_size": 1}]}]);
    assert_eq!(ocpi221(&free, issuer()).document["elements"], flat);
    assert_eq!(ocpi230(&free, issuer()).document["elements"], flat);
    assert_eq!(ocpp21(&free, issuer()).document.as_object().unwrap().len(), 3);
}

#[test]
fn a_reservation_has_a_price_of_its_own() {
    let of = offer(json!({"elements": [{"component": "reservation", "price": "6", "when": {"weekdays": [6]}}]}));
    let restrictions = json!({"day_of_week": ["SATURDAY"], "reservation": "RESERVATION"});
    let element =
        json!({"price_components": [{"type": "TIME", "price": 6, "step_size": 1}], "restrictions": restrictions});
    assert_eq!(ocpi221(&of, issuer()).document["elements"], json!([element]));
    let prices = json!([{"priceMinute": 0.1, "conditions": {"dayOfWeek": ["Saturday"]}}]);
    assert_eq!(ocpp21(&of, issuer()).document["reservationTime"], json!({"prices": prices}));
}

#[test]
fn grace_is_dropped_where_it_cannot_be_said() {
    let of = offer(json!({"elements": [
        {"component": "idle-time", "price": "0", "when": {"untilIdleS": 600}},
        {"component": "idle-time", "price": "0.10", "per": "minute"},
    ], "texts": {"en-GB": "Ten minutes to leave", "de-CH": "Zehn Minuten"}}));
    let written = ocpi221(&of, issuer());
    check_fit(
        &written,
        Fit::UpperBound,
        &["element 0 (idle-time) depends on the idle time so far", "taxes are not said"],
    );
    let parking = json!({"price_components": [{"type": "PARKING_TIME", "price": 6, "step_size": 1}]});
    assert_eq!(written.document["elements"], json!([parking, parking]));
    let languages: Vec<_> =
        written.document["tariff_alt_text"].as_array().unwrap().iter().map(|text| &text["language"]).collect();
    assert_eq!(languages, ["de", "en", "fr", "es", "nl"], "long tags are told as their languages");
    check_fit(&ocpp21(&of, issuer()), Fit::Exact, &["anew", "itself"]);
}

#[test]
fn a_step_stands_where_it_means_the_same_and_a_fee_for_it_elsewhere() {
    let energy = json!({"component": "energy", "price": "0.50", "step": 1000});
    let charging = json!({"component": "charging-time", "price": "4", "step": 900});
    let idle = json!({"component": "idle-time", "price": "8", "step": 900});
    let night = json!({"component": "energy", "price": "0.30", "step": 1000, "when": {"fromMinute": 1320}});
    let flat = |written: &Written| {
        let elements = written.document["elements"].as_array().unwrap().clone();
        let components = elements.iter().map(|element| element["price_components"][0].clone());
        components
            .filter(|component| component["type"] == "FLAT")
            .map(|component| component["price"].to_string())
            .collect::<Vec<_>>()
    };
    let cases: [(Value, Fit, &[&str]); 6] = [
        (json!([energy]), Fit::Exact, &[]),
        (json!([charging]), Fit::Exact, &[]),
        (json!([idle]), Fit::Exact, &[]),
        (json!([energy, charging, idle]), Fit::UpperBound, &["1"]),
        (json!([night, energy]), Fit::UpperBound, &["0.8"]),
        (json!([night, energy, {"component": "fixed", "price": "1"}]), Fit::UpperBound, &["1.8"]),
    ];
    for (elements, fits, fees) in cases {
        let written = ocpi221(&offer(json!({"elements": elements})), issuer());
        assert_eq!(
            (written.fits, flat(&written)),
            (fits, fees.iter().map(|fee| (*fee).to_owned()).collect()),
            "{elements}"
        );
    }
    let written = ocpp21(&offer(json!({"elements": [energy, idle]})), issuer());
    check_fit(&written, Fit::UpperBound, &["steps of 1000", "steps of 900", "itself"]);
    assert_eq!(written.document["fixedFee"], json!({"prices": [{"priceFixed": 2.5}]}));
}

#[test]
fn a_fixed_price_of_some_hours_may_be_asked_later_in_roaming() {
    let night = json!({"component": "fixed", "price": "1", "when": {"fromMinute": 1320}});
    let written = |elements: Value| ocpi230(&offer(json!({"elements": elements})), issuer()).fits;
    assert_eq!(written(json!([night])), Fit::UpperBound);
    assert_eq!(written(json!([night, {"component": "fixed", "price": "2"}])), Fit::Exact);
    assert_eq!(ocpp21(&offer(json!({"elements": [night]})), issuer()).fits, Fit::Exact);
}

#[test]
fn taxes_that_differ_within_a_component_are_one_on_a_station() {
    let of = json!({"elements": [
        {"component": "energy", "price": "0.30", "taxes": [{"name": "reduced", "percent": "7"}], "when": {"untilWh": 1000}},
        {"component": "energy", "price": "0.595", "taxes": [{"name": "a name that is longer than twenty", "percent": "19"}]},
    ]});
    let written = ocpp21(&offer(of.clone()), issuer());
    check_fit(&written, Fit::UpperBound, &["all are told with 19 %"]);
    let prices = json!([{"priceKwh": 0.2521008404, "conditions": {"maxEnergy": 1000}}, {"priceKwh": 0.5}]);
    assert_eq!(
        written.document["energy"],
        json!({"prices": prices, "taxRates": [{"type": "a name that is longe", "tax": 19}]})
    );
    check_fit(&ocpi230(&offer(of), issuer()), Fit::Exact, &[]);
}

#[test]
fn what_cannot_be_said_at_all_has_no_document() {
    let free = offer(json!({}));
    let long = "x".repeat(61);
    let cases = [
        (ocpi221(&free, Issuer { id: &long[..37], ..issuer() }), "printable ASCII"),
        (ocpi221(&free, Issuer { id: "größe", ..issuer() }), "printable ASCII"),
        (ocpi230(&free, Issuer { country_code: "DEU", ..issuer() }), "two letters"),
        (ocpi230(&free, Issuer { party_id: "A-B", ..issuer() }), "three letters or digits"),
        (ocpp21(&free, Issuer { id: &long, ..issuer() }), "1 to 60 characters"),
        (ocpp21(&offer(json!({"currency": "ABC"})), issuer()), "no currency"),
    ];
    for (written, why) in cases {
        assert_eq!(written.document, Value::Null);
        check_fit(&written, Fit::NotExpressible, &[why]);
    }
    let steps = json!({"elements": [{"component": "reservation", "price": "6", "step": 900}]});
    check_fit(&ocpp21(&offer(steps.clone()), issuer()), Fit::NotExpressible, &["billed in steps of 900"]);
    check_fit(&ocpi221(&offer(steps), issuer()), Fit::Exact, &["taxes are not said"]);
}

#[test]
fn a_price_by_power_is_no_document() {
    let of = json!({"elements": [{"component": "energy", "price": "0.30", "when": {"fromW": 43_000}}]});
    for written in
        [ocpp21(&offer(of.clone()), issuer()), ocpi221(&offer(of.clone()), issuer()), ocpi230(&offer(of), issuer())]
    {
        check_fit(&written, Fit::NotExpressible, &["average power"]);
    }
}
