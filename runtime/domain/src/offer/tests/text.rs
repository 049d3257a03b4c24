//! Offers in words.

use serde_json::{Value, json};

use super::offer;
use crate::offer::text;

fn check(of: Value, expect: &[(&str, &str)]) {
    let offer = offer(of);
    for (language, expect) in expect {
        assert_eq!(text(&offer, language), *expect, "{language}");
    }
}

#[test]
fn a_whole_offer_in_five_languages() {
    let whole = json!({
        "elements": [
            {"component": "fixed", "price": "1", "taxes": [{"percent": "19"}]},
            {"component": "idle-time", "price": "0.1", "per": "minute", "taxes": [{"percent": "19"}], "when": {"fromIdleS": 600}},
            {"component": "energy", "price": "0.395", "taxes": [{"percent": "19"}], "when": {"fromMinute": 1320, "untilMinute": 360}},
            {"component": "energy", "price": "0.59", "taxes": [{"percent": "19"}]},
        ],
        "minimum": "2",
        "cap": "20",
    });
    check(
        whole,
        &[
            (
                "en",
                "€0.395 per kWh from 22:00 to 6:00; otherwise €0.59 per kWh; €0.10 per min idle after 10 min idle; €1.00 per session; incl. 19 % VAT; total at least €2.00; total at most €20.00",
            ),
            (
                "de",
                "0,395 € pro kWh von 22:00 bis 6:00 Uhr; sonst 0,59 € pro kWh; 0,10 € pro min ohne Laden nach 10 min ohne Laden; 1,00 € pro Ladevorgang; inkl. 19 % MwSt.; insgesamt mindestens 2,00 €; insgesamt höchstens 20,00 €",
            ),
            (
                "fr",
                "0,395 € par kWh de 22:00 à 6:00; sinon 0,59 € par kWh; 0,10 € par min sans charge après 10 min sans charge; 1,00 € par session; 19 % TVA comprise; au total au moins 2,00 €; au total au plus 20,00 €",
            ),
            (
                "es",
                "0,395 € por kWh de 22:00 a 6:00; si no 0,59 € por kWh; 0,10 € por min sin carga después de 10 min sin carga; 1,00 € por sesión; incl. 19 % IVA; en total al menos 2,00 €; en total como máximo 20,00 €",
            ),
            (
                "nl",
                "€ 0,395 per kWh van 22:00 tot 6:00; anders € 0,59 per kWh; € 0,10 per min zonder laden na 10 min zonder laden; € 1,00 per sessie; incl. 19 % btw; totaal minstens € 2,00; totaal hoogstens € 20,00",
            ),
            (
                "pl",
                "€0.395 per kWh from 22:00 to 6:00; otherwise €0.59 per kWh; €0.10 per min idle after 10 min idle; €1.00 per session; incl. 19 % VAT; total at least €2.00; total at most €20.00",
            ),
        ],
    );
}

#[test]
fn conditions_in_words() {
    let of = |when: Value| json!({"elements": [{"component": "charging-time", "price": "6", "when": when}]});
    let cases: [(Value, &[(&str, &str)]); 8] = [
        (
            json!({"weekdays": [7, 6]}),
            &[
                ("en", "€6.00 per hour of charging Saturday and Sunday"),
                ("de", "6,00 € pro Stunde Laden Samstag und Sonntag"),
            ],
        ),
        (
            json!({"weekdays": [1, 2, 3, 4, 5], "fromMinute": 480}),
            &[
                ("en", "€6.00 per hour of charging Monday to Friday, from 8:00 to 24:00"),
                ("fr", "6,00 € par heure de charge du lundi au vendredi, de 8:00 à 24:00"),
            ],
        ),
        (json!({"weekdays": [1, 3, 5]}), &[("es", "6,00 € por hora de carga lunes, miércoles y viernes")]),
        (
            json!({"fromS": 14400}),
            &[
                ("en", "€6.00 per hour of charging after 4 hours"),
                ("de", "6,00 € pro Stunde Laden nach 4 Stunden"),
                ("nl", "€ 6,00 per uur laden na een duur van 4 uur"),
            ],
        ),
        (
            json!({"untilS": 5400}),
            &[
                ("en", "€6.00 per hour of charging for the first 90 min"),
                ("de", "6,00 € pro Stunde Laden in den ersten 90 min"),
                ("fr", "6,00 € par heure de charge jusqu’à 90 min après le début"),
                ("es", "6,00 € por hora de carga hasta 90 min desde el inicio"),
            ],
        ),
        (
            json!({"fromDate": "2026-12-24", "untilDate": "2026-12-27"}),
            &[
                ("en", "€6.00 per hour of charging from 2026-12-24, until 2026-12-26"),
                ("de", "6,00 € pro Stunde Laden ab 24.12.2026, bis 26.12.2026"),
            ],
        ),
        (
            json!({"fromWh": 20500, "fromW": 11000}),
            &[
                ("en", "€6.00 per hour of charging after 20.5 kWh, at 11 kW or more"),
                ("de", "6,00 € pro Stunde Laden nach 20,5 kWh, ab 11 kW"),
            ],
        ),
        (
            json!({"untilWh": 500, "untilW": 3700, "untilIdleS": 45}),
            &[
                ("en", "€6.00 per hour of charging up to 500 Wh, for the first 45 s idle, below 3.7 kW"),
                ("nl", "€ 6,00 per uur laden tot 500 Wh, de eerste 45 s zonder laden, onder 3,7 kW"),
            ],
        ),
    ];
    for (when, expect) in cases {
        check(of(when), expect);
    }
}

#[test]
fn steps_currencies_and_taxes_in_words() {
    let quarters = json!({"currency": "CHF", "elements": [{"component": "reservation", "price": "4", "step": 900}]});
    check(
        quarters,
        &[
            ("en", "CHF 4.00 per hour of reservation each 15 min begun"),
            ("de", "4,00 CHF pro Stunde Reservierung je angefangene 15 min"),
        ],
    );
    let canadian = json!([{"name": "GST", "percent": "5"}, {"name": "QST", "percent": "9.975"}]);
    let on_top = |elements: Value| json!({"currency": "CAD", "amounts": "excluding-tax", "elements": elements});
    check(
        on_top(json!([{"component": "energy", "price": "0.4", "taxes": canadian.clone()}])),
        &[
            ("en", "CAD 0.40 per kWh; plus 5 % GST + 9.975 % QST"),
            ("fr-CA", "0,40 CAD par kWh; plus 5 % GST + 9,975 % QST"),
        ],
    );
    let mixed =
        json!([{"component": "energy", "price": "0.4", "taxes": canadian}, {"component": "fixed", "price": "1"}]);
    check(on_top(mixed), &[("en", "CAD 0.40 per kWh; CAD 1.00 per session; plus tax")]);
    check(
        json!({"currency": "JPY", "elements": [{"component": "energy", "price": "48"}]}),
        &[("en", "JPY 48 per kWh")],
    );
}

#[test]
fn what_costs_nothing_is_free() {
    for elements in [json!([]), json!([{"component": "energy", "price": "0.00", "taxes": [{"percent": "19"}]}])] {
        check(json!({"elements": elements, "cap": "20"}), &[("en", "free of charge"), ("nl", "gratis")]);
    }
    check(json!({"minimum": "1"}), &[("en", "total at least €1.00")]);
}

#[test]
fn a_price_behind_one_that_is_always_asked_is_not_told() {
    let hidden = json!([{"component": "energy", "price": "0.4"}, {"component": "energy", "price": "0.3", "when": {"weekdays": [7]}}]);
    check(json!({"elements": hidden}), &[("en", "€0.40 per kWh")]);
}

#[test]
fn the_authors_own_words_win_in_their_language() {
    let own = json!({"elements": [{"component": "energy", "price": "0.4"}], "texts": {"de": "40 Cent\n", "fr-CH": "40 centimes"}});
    check(own, &[("de", "40 Cent "), ("DE-at", "40 Cent "), ("fr", "40 centimes"), ("en", "€0.40 per kWh")]);
}
