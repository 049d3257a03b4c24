//! Holds a payload against a shape and tells the first fault, with its place.

use serde_json::{Map, Value};

use super::CommandFault;
use super::notation::{Kind, Member, Range, Shapes};

pub(super) fn object(shapes: &Shapes, members: &[Member], payload: &Value) -> Result<(), CommandFault> {
    Checker { shapes, path: Vec::new() }.object(members, false, payload)
}

struct Checker<'a> {
    shapes: &'a Shapes,
    /// Where in the payload the checker stands.
    path: Vec<String>,
}

impl Checker<'_> {
    fn object(&mut self, members: &[Member], open: bool, value: &Value) -> Result<(), CommandFault> {
        let Value::Object(given) = value else { return Err(self.fault("must be an object")) };
        for member in members.iter().chain(self.shapes.every()) {
            match given.get(member.name) {
                Some(value) => self.within(member.name, |checker| checker.member(member, value))?,
                None if member.optional => {}
                None => return Err(self.fault(format!("{} is required", member.name))),
            }
        }
        if open { Ok(()) } else { self.no_strangers(members, given) }
    }

    fn no_strangers(&mut self, members: &[Member], given: &Map<String, Value>) -> Result<(), CommandFault> {
        let names = || members.iter().chain(self.shapes.every()).map(|member| member.name);
        let Some(stranger) = given.keys().find(|name| !names().any(|known| known == *name)) else { return Ok(()) };
        let near =
            names().find(|known| known.eq_ignore_ascii_case(stranger) || strsim::levenshtein(known, stranger) < 3);
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        self.within(stranger, |checker| Err(checker.fault(format!("is not a member here{hint}"))))
    }

    fn member(&mut self, member: &Member, value: &Value) -> Result<(), CommandFault> {
        let Some(bounds) = member.list else { return self.kind(&member.kind, value) };
        let Value::Array(items) = value else { return Err(self.fault("must be an array")) };
        let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
        self.bounded(bounds, count, "items")?;
        for (index, item) in items.iter().enumerate() {
            self.within(&index.to_string(), |checker| checker.kind(&member.kind, item))?;
        }
        Ok(())
    }

    fn kind(&mut self, kind: &Kind, value: &Value) -> Result<(), CommandFault> {
        match kind {
            Kind::Any => Ok(()),
            Kind::Bool => self.must(value.is_boolean(), "must be true or false"),
            Kind::Int(bounds) => self.int(*bounds, value),
            Kind::Number(bounds) => self.number(*bounds, value),
            Kind::Tenths => self.tenths(value),
            Kind::Object(name) => {
                let shape = self.shapes.named(name);
                self.object(&shape.members, shape.open, value)
            }
            Kind::Words(words) => {
                let known = value.as_str().is_some_and(|word| words.contains(&word));
                if known { Ok(()) } else { Err(self.fault(format!("must be one of {}", words.join(", ")))) }
            }
            Kind::Text { longest } => self.text(*longest, value),
            Kind::Time => {
                let time = value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok());
                self.must(time, "must be a time with its offset, 2026-11-21T08:00:00Z for instance")
            }
            Kind::Uri => {
                let uri = value.as_str().is_some_and(|text| text.contains(':') && !text.contains(char::is_whitespace));
                self.must(uri, "must be a URI")
            }
            Kind::Named(_) => unreachable!("names are resolved when the file is read"),
        }
    }

    fn int(&self, bounds: Range, value: &Value) -> Result<(), CommandFault> {
        match value.as_i64() {
            Some(number) => self.bounded(bounds, number, "as its value"),
            None => Err(self.fault("must be a whole number")),
        }
    }

    fn number(&self, bounds: Range, value: &Value) -> Result<(), CommandFault> {
        let Some(number) = value.as_f64() else { return Err(self.fault("must be a number")) };
        #[expect(clippy::cast_precision_loss, reason = "the standard's bounds are small")]
        let (least, most) = (bounds.least.map(|least| least as f64), bounds.most.map(|most| most as f64));
        self.must(least.is_none_or(|least| number >= least), "is less than it may be")?;
        self.must(most.is_none_or(|most| number <= most), "is more than it may be")
    }

    fn tenths(&self, value: &Value) -> Result<(), CommandFault> {
        let Some(number) = value.as_f64() else { return Err(self.fault("must be a number")) };
        let scaled = number * 10.0;
        self.must((scaled - scaled.round()).abs() < 1e-6 * scaled.abs().max(1.0), "must have at most one decimal")
    }

    fn text(&self, longest: Option<usize>, value: &Value) -> Result<(), CommandFault> {
        let Some(text) = value.as_str() else { return Err(self.fault("must be text")) };
        match longest {
            Some(longest) if text.chars().count() > longest => {
                Err(self.fault(format!("must have at most {longest} characters")))
            }
            _ => Ok(()),
        }
    }

    fn bounded(&self, bounds: Range, number: i64, what: &str) -> Result<(), CommandFault> {
        match bounds {
            Range { least: Some(least), .. } if number < least => {
                Err(self.fault(format!("must have at least {least} {what}")))
            }
            Range { most: Some(most), .. } if number > most => {
                Err(self.fault(format!("must have at most {most} {what}")))
            }
            _ => Ok(()),
        }
    }

    fn must(&self, good: bool, rule: &str) -> Result<(), CommandFault> {
        if good { Ok(()) } else { Err(self.fault(rule)) }
    }

    fn fault(&self, message: impl Into<String>) -> CommandFault {
        let path = self.path.iter().fold(String::new(), |path, step| {
            // RFC 6901, section 3.
            path + "/" + &step.replace('~', "~0").replace('/', "~1")
        });
        CommandFault::Invalid { path, message: message.into() }
    }

    /// Faults keep the path of where they are found, so it is only stepped back from when all is well.
    fn within(
        &mut self,
        step: &str,
        check: impl FnOnce(&mut Self) -> Result<(), CommandFault>,
    ) -> Result<(), CommandFault> {
        self.path.push(step.chars().take(100).collect());
        check(self)?;
        self.path.pop();
        Ok(())
    }
}
