//! When a price is asked, in words.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::super::{Conditions, Element};
use super::words::Words;
use crate::component::Component;

/// Its conditions, then its steps.
pub(super) fn phrases(element: &Element, words: &Words) -> Vec<String> {
    let when = &element.when;
    let clock = [weekdays(when, words), window(when, words), from_date(when, words), until_date(when, words)];
    let say = |phrase: &str, value: Option<String>| value.map(|value| phrase.replace("{}", &value));
    let seconds = |value: Option<u32>| value.map(|seconds| duration(seconds, words));
    let session = [
        say(words.after_energy, energy(when.from_wh, words)),
        say(words.first_energy, energy(when.until_wh, words)),
        say(words.after, seconds(when.from_s)),
        say(words.first, seconds(when.until_s)),
        say(words.after_idle, seconds(when.from_idle_s)),
        say(words.first_idle, seconds(when.until_idle_s)),
        say(words.from_power, kilo(when.from_w, "kW", words)),
        say(words.below_power, kilo(when.until_w, "kW", words)),
    ];
    let step = element.step.filter(|step| *step > 1);
    let step = step.and_then(|step| match element.component {
        Component::Energy => energy(Some(step), words),
        _ => Some(duration(step, words)),
    });
    clock.into_iter().chain(session).chain([say(words.step, step)]).flatten().collect()
}

/// `Monday to Friday`, or each by name.
fn weekdays(when: &Conditions, words: &Words) -> Option<String> {
    let mut days = when.weekdays.clone();
    days.sort_unstable();
    let name = |day: &u8| words.days.get(usize::from(*day).wrapping_sub(1)).copied().unwrap_or_default();
    let (first, last) = (days.first()?, days.last()?);
    let is_run = days.len() >= 3 && usize::from(last - first) + 1 == days.len();
    if is_run {
        return Some(range(words.days_range, name(first), name(last)));
    }
    let (last, others) = days.split_last()?;
    let others: Vec<_> = others.iter().map(name).collect();
    Some(if others.is_empty() {
        name(last).to_owned()
    } else {
        format!("{} {} {}", others.join(", "), words.and, name(last))
    })
}

fn window(when: &Conditions, words: &Words) -> Option<String> {
    let (from, until) = when.window()?;
    let time = |minute: u16| format!("{}:{:02}", minute / 60, minute % 60);
    Some(range(words.window, &time(from), &time(until)))
}

fn from_date(when: &Conditions, words: &Words) -> Option<String> {
    when.from_date.map(|date| words.from_date.replace("{}", &day(date, words)))
}

/// The last day of it.
fn until_date(when: &Conditions, words: &Words) -> Option<String> {
    let last = when.until_date.and_then(|date| date.yesterday().ok());
    last.map(|date| words.until_date.replace("{}", &day(date, words)))
}

fn day(date: Date, words: &Words) -> String {
    date.strftime(words.date).to_string()
}

fn range(phrase: &str, from: &str, until: &str) -> String {
    phrase.replacen("{}", from, 1).replacen("{}", until, 1)
}

fn energy(wh: Option<u32>, words: &Words) -> Option<String> {
    match wh {
        Some(wh) if wh < 1_000 => Some(format!("{wh} Wh")),
        _ => kilo(wh, "kWh", words),
    }
}

fn kilo(value: Option<u32>, unit: &str, words: &Words) -> Option<String> {
    value.map(|value| format!("{} {unit}", words.decimal(Decimal::new(value.into(), 3).normalize())))
}

/// Whole hours from two upwards, or else whole minutes, or else seconds.
fn duration(seconds: u32, words: &Words) -> String {
    match seconds {
        _ if seconds >= 7_200 && seconds.is_multiple_of(3_600) => format!("{} {}", seconds / 3_600, words.hours),
        _ if seconds > 0 && seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}
