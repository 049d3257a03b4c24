//! Reads the notation of the `.shapes` files; each of them explains it at its top.

use std::collections::HashMap;

#[derive(Debug)]
pub(super) struct Shapes {
    messages: Vec<Message>,
    types: HashMap<&'static str, Type>,
    every: Vec<Member>,
}

/// A request or a response.
#[derive(Debug)]
struct Message {
    from: Side,
    part: Part,
    action: &'static str,
    members: Members,
}

/// Who asks: the other one answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Server,
    Station,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Request,
    Response,
}

pub(super) type Members = Vec<Member>;

#[derive(Debug)]
pub(super) struct Type {
    pub(super) members: Members,
    pub(super) open: bool,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) optional: bool,
    /// Fewest and most items, when it is a list.
    pub(super) list: Option<Range>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) least: Option<i64>,
    pub(super) most: Option<i64>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Int(Range),
    Number(Range),
    /// A number with one decimal at most.
    Tenths,
    Bool,
    Text {
        longest: Option<usize>,
    },
    Time,
    Uri,
    Any,
    Object(&'static str),
    Words(&'static [&'static str]),
    /// A name whose meaning is not looked up yet.
    Named(&'static str),
}

impl Shapes {
    /// The error is the line that cannot be read.
    pub(super) fn parse(text: &'static str) -> Result<Self, &'static str> {
        let mut shapes = Self { messages: Vec::new(), types: HashMap::new(), every: Vec::new() };
        let mut words: HashMap<&str, Vec<&'static str>> = HashMap::new();
        let (mut from, mut at) = (Side::Server, Section::Nowhere);
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(indented) = line.strip_prefix("  ") {
                shapes.indented(&at, indented, &mut words).ok_or(line)?;
            } else {
                at = shapes.heading(line, &mut from, &mut words).ok_or(line)?;
            }
        }
        let words = words.into_iter().map(|(name, words)| (name, &*words.leak())).collect();
        shapes.resolve(&words)?;
        Ok(shapes)
    }

    /// The action's name as it stands in the file, and its members.
    pub(super) fn message(&self, from: Side, part: Part, action: &str) -> Option<(&'static str, &Members)> {
        let is_meant = |message: &&Message| (message.from, message.part, message.action) == (from, part, action);
        self.messages.iter().find(is_meant).map(|message| (message.action, &message.members))
    }

    /// The actions of one side.
    pub(super) fn requests(&self, from: Side) -> impl Iterator<Item = &'static str> {
        let is_meant = move |message: &&Message| message.from == from && message.part == Part::Request;
        self.messages.iter().filter(is_meant).map(|message| message.action)
    }

    pub(super) fn named(&self, name: &str) -> &Type {
        self.types.get(name).expect("names are resolved when the file is read")
    }

    /// The members that each object may have besides its own.
    pub(super) fn every(&self) -> &[Member] {
        &self.every
    }

    /// The action of the server that was probably meant.
    pub(super) fn nearest(&self, action: &str) -> Option<&'static str> {
        if action.len() > 60 {
            return None;
        }
        let action = action.to_ascii_lowercase();
        let likeness = |name: &&str| (strsim::jaro_winkler(&name.to_ascii_lowercase(), &action) * 1000.0) as u32;
        self.requests(Side::Server).max_by_key(likeness).filter(|name| likeness(name) > 850)
    }

    fn heading(
        &mut self,
        line: &'static str,
        from: &mut Side,
        words: &mut HashMap<&'static str, Vec<&'static str>>,
    ) -> Option<Section> {
        let (heading, rest) = line.split_once(' ')?;
        match (heading, rest) {
            ("to", "station") => *from = Side::Server,
            ("from", "station") => *from = Side::Station,
            _ => return self.named_heading(heading, rest, *from, words),
        }
        Some(Section::Nowhere)
    }

    fn named_heading(
        &mut self,
        heading: &str,
        rest: &'static str,
        from: Side,
        words: &mut HashMap<&'static str, Vec<&'static str>>,
    ) -> Option<Section> {
        match heading {
            "request" => Some(self.start_message(from, Part::Request, rest)),
            "response" => Some(self.start_message(from, Part::Response, rest)),
            "type" => self.start_type(rest, false),
            "open" => self.start_type(rest.strip_prefix("type ")?, true),
            "words" => {
                let mut all = rest.split(' ');
                let name = all.next()?;
                words.insert(name, all.collect());
                Some(Section::Words(name))
            }
            "every" => {
                self.every.push(member(rest)?);
                Some(Section::Nowhere)
            }
            _ => None,
        }
    }

    fn start_message(&mut self, from: Side, part: Part, action: &'static str) -> Section {
        self.messages.push(Message { from, part, action, members: Vec::new() });
        Section::Message
    }

    fn start_type(&mut self, name: &'static str, open: bool) -> Option<Section> {
        self.types.insert(name, Type { members: Vec::new(), open });
        Some(Section::Type(name))
    }

    fn indented(
        &mut self,
        at: &Section,
        line: &'static str,
        words: &mut HashMap<&'static str, Vec<&'static str>>,
    ) -> Option<()> {
        match at {
            Section::Nowhere => return None,
            Section::Message => self.messages.last_mut()?.members.push(member(line)?),
            Section::Type(name) => self.types.get_mut(name)?.members.push(member(line)?),
            Section::Words(name) => words.get_mut(name)?.extend(line.split(' ')),
        }
        Some(())
    }

    fn resolve(&mut self, words: &HashMap<&str, &'static [&'static str]>) -> Result<(), &'static str> {
        let known: Vec<&str> = self.types.keys().copied().collect();
        let messages = self.messages.iter_mut().flat_map(|message| &mut message.members);
        let types = self.types.values_mut().flat_map(|shape| &mut shape.members);
        for member in messages.chain(types).chain(&mut self.every) {
            let Kind::Named(name) = member.kind else { continue };
            member.kind = match words.get(name) {
                Some(words) => Kind::Words(words),
                None if known.contains(&name) => Kind::Object(name),
                None => return Err(name),
            };
        }
        Ok(())
    }
}

/// What indented lines belong to.
enum Section {
    Nowhere,
    Message,
    Type(&'static str),
    Words(&'static str),
}

/// `name? list 1..4 of kind parameter`
fn member(line: &'static str) -> Option<Member> {
    let mut words = line.split(' ').peekable();
    let name = words.next()?;
    let optional = name.ends_with('?');
    let mut list = None;
    if words.next_if_eq(&"list").is_some() {
        let bounds = words.next_if(|word| *word != "of");
        list = Some(range(bounds)?);
        words.next_if_eq(&"of")?;
    }
    let kind = kind(words.next()?, words.next())?;
    let done = words.next().is_none();
    done.then_some(Member { name: name.trim_end_matches('?'), optional, list, kind })
}

fn kind(word: &'static str, parameter: Option<&'static str>) -> Option<Kind> {
    Some(match (word, parameter) {
        ("int", bounds) => Kind::Int(range(bounds)?),
        ("number", Some("/0.1")) => Kind::Tenths,
        ("number", bounds) => Kind::Number(range(bounds)?),
        ("bool", None) => Kind::Bool,
        ("text", None) => Kind::Text { longest: None },
        ("text", Some(longest)) => Kind::Text { longest: Some(longest.parse().ok()?) },
        ("time", None) => Kind::Time,
        ("uri", None) => Kind::Uri,
        ("any", None) => Kind::Any,
        (name, None) if name.starts_with(|first: char| first.is_ascii_uppercase()) => Kind::Named(name),
        _ => return None,
    })
}

/// `1..4`, `1..`, `..4`, or nothing.
fn range(text: Option<&str>) -> Option<Range> {
    let (least, most) = text.map_or(Some(("", "")), |text| text.split_once(".."))?;
    let bound = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
    Some(Range { least: bound(least)?, most: bound(most)? })
}
