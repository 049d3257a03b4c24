//! What a line says beside its amount: `line(…).component("energy").taxed("VAT", 19).translated("de", "Energie")`.

use amprule_domain::component::Component;
use amprule_domain::pricing::OutputLine;
use amprule_domain::tax::Tax;
use rhai::{Array, Dynamic, Engine, ImmutableString, Map};

use super::super::fields::{Fields, Read};
use super::{Line, bounded, expect_number, finish};
use crate::explain::did_you_mean;
use crate::language::RhaiResult;
use crate::view::session::Period;

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("component", |line: &mut Line, word: &str| -> RhaiResult<Line> {
        let component = Some(component(word)?);
        finish(OutputLine { component, ..said(line) })
    });
    engine.register_fn("taxed", |line: &mut Line, percent: Dynamic| taxed(line, "", &percent));
    engine.register_fn("taxed", |line: &mut Line, name: &str, percent: Dynamic| taxed(line, name, &percent));
    engine.register_fn("translated", |line: &mut Line, language: &str, text: &str| -> RhaiResult<Line> {
        let mut more = said(line);
        more.texts.insert(bounded("language", language)?, bounded("text", text)?);
        finish(more)
    });
    engine.register_fn("over", |line: &mut Line, period: Period| -> RhaiResult<Line> {
        let mut more = said(line);
        more.periods.push(u32::try_from(period.at).unwrap_or(u32::MAX));
        finish(more)
    });
    engine.register_get("component", |line: &mut Line| {
        line.0.component.map_or(Dynamic::UNIT, |component| component.as_str().into())
    });
    engine.register_get("taxes", |line: &mut Line| line.0.taxes.iter().map(shown).collect::<Array>());
}

fn said(line: &Line) -> OutputLine {
    (*line.0).clone()
}

fn taxed(line: &Line, name: &str, percent: &Dynamic) -> RhaiResult<Line> {
    let (name, percent) = (bounded("a tax's name", name)?, expect_number("percent", percent)?);
    let tax = Tax { name, percent, category: None };
    let mut more = said(line);
    more.taxes.push(tax);
    finish(more)
}

fn shown(tax: &Tax) -> Dynamic {
    let name = ImmutableString::from(tax.name.as_str());
    Map::from([("name".into(), name.into()), ("percent".into(), tax.percent.into())]).into()
}

pub(super) fn component(word: &str) -> Read<Component> {
    let words = Component::ALL.map(Component::as_str);
    let unknown = || format!("component: {word:?} is not one of {}{}", words.join(", "), did_you_mean(word, words));
    Component::from_word(word).ok_or_else(unknown)
}

/// Each a number of percent, or a map of name and percent.
pub(super) fn taxes(fields: &mut Fields) -> Read<Vec<Tax>> {
    let place = fields.place("taxes");
    let read = |(at, value): (usize, Dynamic)| match crate::language::number(&value) {
        Some(percent) => Ok(Tax { percent, ..Tax::default() }),
        None => {
            let known = ["name", "percent", "category"];
            let mut fields = Fields::of(value, &format!("{place}[{at}]"), "a tax")?.only(&known)?;
            let (name, category) =
                (fields.optional_text("name")?.unwrap_or_default(), fields.optional_text("category")?);
            Ok(Tax { name, percent: fields.number("percent")?, category })
        }
    };
    fields.list("taxes")?.into_iter().enumerate().map(read).collect()
}

pub(super) fn periods(fields: &mut Fields) -> Read<Vec<u32>> {
    let place = fields.place("periods");
    let read = |value: Dynamic| {
        let at = value.as_int().ok().and_then(|at| u32::try_from(at).ok());
        at.ok_or_else(|| format!("{place}: expected whole numbers from 0"))
    };
    fields.list("periods")?.into_iter().map(read).collect()
}
