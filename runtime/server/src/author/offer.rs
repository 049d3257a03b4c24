//! `amprule offer`: what a tariff says that it charges, and whether that is so.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use amprule_domain::offer::{
    Fit, Issuer, Offer, OfferInput, Proof, Proven, Written, ocpi221, ocpi230, ocpp21, tariff_id, text,
};
use amprule_domain::place::{Current, Place, Plug};
use amprule_domain::ports::Clock as _;
use amprule_domain::pricing::{StationFacts, TokenFacts};
use amprule_domain::{Currency, Timestamp};
use amprule_hooks::cases::usual_parameters;
use amprule_hooks::offers::prove;
use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::json;

use super::open;
use crate::compilers::Patience;
use crate::environment::SystemClock;
use crate::output::{say, say_json};

#[derive(Debug, Args)]
pub(crate) struct OfferOf {
    /// A unit's folder, or a single .rhai or .wasm file
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// In which words
    #[arg(long = "as", value_enum, default_value = "text")]
    form: Form,
    /// The text's language: de, en, es, fr or nl, or one in which the unit has a text of its own
    #[arg(long, value_name = "TAG", default_value = "en")]
    language: String,
    /// Sessions that begin from here on: 2026-12-01T00:00:00Z. Now without it
    #[arg(long, value_name = "MOMENT")]
    from: Option<Timestamp>,
    /// For so many hours
    #[arg(long, value_name = "N", default_value_t = 168, value_parser = clap::value_parser!(i64).range(1..=744))]
    hours: i64,
    /// The station's zone
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: String,
    /// The connector's type, a word of OCPP: cCCS2
    #[arg(long, value_name = "TYPE")]
    connector_type: Option<String>,
    /// The connector's current
    #[arg(long, value_name = "AC|DC", value_parser = current)]
    current: Option<Current>,
    /// The most that the connector delivers, W
    #[arg(long, value_name = "W", value_parser = clap::value_parser!(i64).range(1..=10_000_000))]
    power_w: Option<i64>,
    /// How many phases it has, of alternating current
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=3))]
    phases: Option<u8>,
    /// The location's country
    #[arg(long, value_name = "DE")]
    country: Option<String>,
    /// The location's currency
    #[arg(long, value_name = "EUR")]
    currency: Option<Currency>,
    /// One of the operator's words about the location: roof=yes
    #[arg(long, value_name = "NAME=VALUE", value_parser = attribute)]
    attribute: Vec<(String, String)>,
    /// The group of the token that it is offered to. Without it: to nobody in particular
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Whose customer it is offered to: DE-8AA
    #[arg(long, value_name = "ID")]
    provider: Option<String>,
    /// Whose tariff it is in OCPI: country and party
    #[arg(long, value_name = "DE*ABC", default_value = "DE*AMP", value_parser = party)]
    party: (String, String),
    #[command(flatten)]
    patience: Patience,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For drivers, and what the proof says
    Text,
    /// The elements, and the proof
    Json,
    /// A tariff of OCPP 2.1
    Ocpp21,
    /// A tariff of OCPI 2.2.1
    Ocpi221,
    /// A tariff of OCPI 2.3.0
    Ocpi230,
}

pub(crate) fn run(options: &OfferOf) -> Result<ExitCode> {
    let opened = open(&options.path, options.patience)?;
    let version = &opened.version;
    let mut question = options.question()?;
    question.parameters = match version.parameters.is_empty() {
        true => usual_parameters(&opened.source).into(),
        false => version.parameters.clone(),
    };
    let proven = prove(version.unit(), &version.granted, &version.manifest.boundaries, &question);
    let proven = proven.with_context(|| {
        format!(
            "{} does not say what it charges; give it `fn describe(place)` beside `fn price(session)`",
            version.id()
        )
    })?;
    let Proven { offer, proof } =
        proven.map_err(|fault| anyhow!("{} cannot say what it charges: {fault}", version.id()))?;
    let fits = options.show(version.id(), &offer, &proof)?;
    Ok(if fits == Fit::NotExpressible { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl OfferOf {
    fn question(&self) -> Result<OfferInput> {
        let zone = TimeZone::get(&self.time_zone);
        zone.with_context(|| format!("{} is no time zone of the IANA database", self.time_zone))?;
        let now = SystemClock.now();
        let from = self.from.unwrap_or(now);
        let to = from.checked_add(SignedDuration::from_hours(self.hours)).context("so late there is no time")?;
        let station = StationFacts {
            id: "cs-1".to_owned(),
            evse: 1,
            connector: 1,
            plug: Plug {
                kind: self.connector_type.clone(),
                current: self.current,
                power_w: self.power_w,
                phases: self.phases,
            },
            place: Place {
                country: self.country.clone(),
                currency: self.currency,
                attributes: self.attribute.iter().cloned().collect::<BTreeMap<_, _>>(),
            },
            ..StationFacts::default()
        };
        let (group, provider) = (self.group.clone(), self.provider.clone());
        let is_somebody = group.is_some() || provider.is_some();
        let token = is_somebody.then(|| TokenFacts { kind: "ISO14443".to_owned(), group, provider });
        let time_zone = self.time_zone.clone();
        Ok(OfferInput { now, from, to, time_zone, station, token, parameters: Default::default() })
    }

    /// How what was shown stands to the bill.
    fn show(&self, unit: &str, offer: &Offer, proof: &Proof) -> Result<Fit> {
        let (country_code, party_id) = (self.party.0.as_str(), self.party.1.as_str());
        let id = &tariff_id(unit, offer);
        let issuer = Issuer { id, country_code, party_id, last_updated: SystemClock.now(), tariff_type: None };
        let written = match self.form {
            Form::Text => {
                say(text(offer, &self.language));
                say(proof);
                return Ok(proof.fits);
            }
            Form::Json => {
                say_json(&json!({ "offer": offer, "proof": proof }))?;
                return Ok(proof.fits);
            }
            Form::Ocpp21 => ocpp21(offer, issuer),
            Form::Ocpi221 => ocpi221(offer, issuer),
            Form::Ocpi230 => ocpi230(offer, issuer),
        };
        let Written { document, fits, mut notes } = written;
        if proof.fits != Fit::Exact {
            notes.push(proof.to_string());
        }
        let fits = fits.max(proof.fits);
        say_json(&json!({ "document": document, "fits": fits, "notes": notes }))?;
        Ok(fits)
    }
}

fn current(word: &str) -> Result<Current> {
    match word {
        "AC" => Ok(Current::Alternating),
        "DC" => Ok(Current::Direct),
        other => bail!("{other} is neither AC nor DC"),
    }
}

fn attribute(text: &str) -> Result<(String, String)> {
    let (name, value) = text.split_once('=').context("an attribute is NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn party(text: &str) -> Result<(String, String)> {
    let (country, party) = text.split_once(['*', '-']).context("a party is country and party: DE*ABC")?;
    Ok((country.to_owned(), party.to_owned()))
}
