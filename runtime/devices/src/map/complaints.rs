//! What speaks against a map.

use std::iter;

use amprule_hooks::manifest::nearest;
use amprule_wires::topic;
use rust_decimal::Decimal;

use super::document::{About, Commands, Map, Request};
use super::finding::Finding;
use super::write::Write;

const MOST_POINTS: u64 = 64;
const MOST_REQUESTS: u64 = 8;
const MOST_RULES: u64 = 64;
const MOST_WRITES: usize = 16;

pub(super) fn complaints(map: &Map) -> Vec<Finding> {
    bounds(map)
        .into_iter()
        .chain(reads(map))
        .chain(rules(map))
        .chain(commands(map))
        .chain(pace(map))
        .chain(shared(map))
        .collect()
}

fn bounds(map: &Map) -> Vec<Finding> {
    let About { poll_ms, phases, block, min_a, max_a, .. } = &map.device;
    let (points, requests, rules) = (map.points.len() as u64, map.requests.len() as u64, map.state.len() as u64);
    let bounds = [
        (&["device", "poll_ms"][..], "poll_ms", u64::from(*poll_ms), 100, 3_600_000),
        (&["device", "phases"], "phases", u64::from(*phases), 1, 3),
        (&["device", "block"], "block", u64::from(*block), 1, 125),
        (&["points"], "the number of points", points, 1, MOST_POINTS),
        (&["requests"], "the number of requests", requests, 0, MOST_REQUESTS),
        (&["state"], "the number of state rules", rules, u64::from(!map.is_meter()), MOST_RULES),
    ];
    let outside = bounds.iter().filter(|(_, _, value, least, most)| !(least..=most).contains(&value));
    let outside = outside.map(|(keys, what, value, least, most)| {
        Finding::at(keys, format!("{what} is {least} to {most}, and not {value}"))
    });
    let has_range = *min_a <= *max_a && *min_a >= Decimal::ZERO && *max_a <= Decimal::from(1_000);
    let range = || {
        let why = format!("min_a and max_a are 0 to 1000 A in that order, and not {min_a} and {max_a}");
        Finding::at(&["device", "max_a"], why)
    };
    outside.chain((!has_range).then(range)).collect()
}

fn reads(map: &Map) -> Vec<Finding> {
    let answered = map.requests.iter().filter(|(_, request)| request.publish.is_none()).map(|(name, _)| name.as_str());
    let points = map.points.iter().filter_map(|(name, point)| {
        let of = |why: String| Finding::at(&["points", name], format!("points.{name}: {why}"));
        if let Some(why) = point.complaint() {
            return Some(of(why));
        }
        let asked = point.request.as_ref().filter(|asked| !answered.clone().any(|request| request == *asked));
        if let Some(asked) = asked {
            let why = of(format!("there is no request {asked} that is answered with JSON"));
            return Some(why.hint(nearest(asked, answered.clone())));
        }
        let others = || map.points.keys().filter(|other| *other != name).map(String::as_str);
        let unknown = point.plus.iter().chain(&point.minus).find(|named| !others().any(|other| other == *named))?;
        let why = of(format!("there is no other point {unknown} to add or to take away"));
        Some(why.hint(nearest(unknown, others().collect::<Vec<_>>().into_iter())))
    });
    let both = !map.is_meter() && ["energy_wh", "session_wh"].iter().all(|name| map.points.contains_key(*name));
    let both = both.then(|| {
        let why = "points: a box has energy_wh or session_wh; where one stands in for the other, energy leaps";
        Finding::at(&["points", "session_wh"], why)
    });
    let requests = map.requests.iter();
    let requests = requests.filter_map(|(name, request)| {
        Some(Finding::at(&["requests", name], format!("requests.{name}: {}", ill(request)?)))
    });
    points.chain(both).chain(requests).collect()
}

fn ill(request: &Request) -> Option<String> {
    if let Some(topic) = &request.publish {
        let is_http = request.get.is_some() || request.post.is_some();
        let both = is_http.then(|| "say one of get, post and publish".to_owned());
        return both.or_else(|| topic::complaint(topic).map(|why| format!("the topic {topic:?}: {why}")));
    }
    let paths: Vec<&String> = [&request.get, &request.post].into_iter().flatten().collect();
    if request.ask.is_some() || request.fits.is_some() {
        let is_fit = request.fits.as_ref().is_some_and(|fits| !fits.is_empty());
        let is_asked = request.ask.is_some() && is_fit && paths.is_empty() && request.body.is_none();
        return (!is_asked)
            .then(|| "a stream is asked with ask, and fits what the answer contains: both, and alone".to_owned());
    }
    match paths[..] {
        [path] if path.starts_with('/') => None,
        [path] => Some(format!("the path {path:?} begins with no /")),
        _ => Some("say the path of one of get and post, publish and a topic, or ask and a message".to_owned()),
    }
}

fn rules(map: &Map) -> impl Iterator<Item = Finding> {
    let named = map.state.iter().enumerate().flat_map(|(at, rule)| iter::repeat(at).zip(rule.when.keys()));
    let unknown = named.filter(|(_, name)| !map.points.contains_key(*name));
    unknown.map(|(at, name)| {
        let why = format!("state {}: there is no point {name}", at + 1);
        let points = map.points.keys().map(String::as_str);
        Finding::at(&["state", &at.to_string(), "when", name], why).hint(nearest(name, points))
    })
}

fn commands(map: &Map) -> Vec<Finding> {
    if map.is_meter() {
        return switched_meter(map).into_iter().collect();
    }
    let Commands { open, on, off, limit, one_phase, three_phases, unlock, .. } = &map.commands;
    let heartbeats: Vec<Write> = map.heartbeat.iter().map(|heartbeat| heartbeat.write.clone()).collect();
    let named = [("open", open), ("on", on), ("off", off), ("limit", limit), ("heartbeat", &heartbeats)];
    let beside = [("one_phase", one_phase), ("three_phases", three_phases), ("unlock", unlock)];
    let mut found: Vec<Finding> = Vec::new();
    for (name, writes) in named.into_iter().chain(beside) {
        let mut find = |why: String| {
            let why = format!("{name}: {why}");
            found.push(if name == "heartbeat" {
                Finding::at(&[name], why)
            } else {
                Finding::at(&["commands", name], why)
            });
        };
        if writes.len() > MOST_WRITES {
            find(format!("at most {MOST_WRITES} writes"));
        }
        if name != "limit" && writes.iter().any(Write::is_empty) {
            find("a write needs its value".to_owned());
        }
        let said = [map.device.min_a, map.device.max_a];
        let numbers = |write: &Write| write.complaint(write.value.as_ref().map_or(&said, std::slice::from_ref));
        writes.iter().filter_map(numbers).for_each(find);
    }
    if !limit.is_empty() && !limit.iter().any(Write::has_number) {
        let how = "leave `value` out, or write {value} in the path or the body";
        found.push(Finding::at(&["commands", "limit"], format!("limit: none of its writes says the limit; {how}")));
    }
    let mut of_all = |is_so: bool, why: &'static str| {
        if is_so {
            found.push(Finding::at(&["commands"], why));
        }
    };
    let is_one_way = one_phase.is_empty() != three_phases.is_empty();
    of_all(is_one_way, "what is switched to one phase is switched back: say one_phase and three_phases");
    of_all(!on.is_empty() && off.is_empty(), "what can be switched on can be switched off: say off, too");
    let is_idle = on.is_empty() && limit.is_empty();
    of_all(is_idle, "nothing here lets a car charge or stops it: say on and off, or limit");
    found
}

fn switched_meter(map: &Map) -> Option<Finding> {
    let Commands { open, on, off, limit, one_phase, three_phases, unlock, again_s } = &map.commands;
    let says_something =
        [open, on, off, limit, one_phase, three_phases, unlock].iter().any(|writes| !writes.is_empty())
            || again_s.is_some();
    let is_read_only = !says_something && map.state.is_empty() && map.heartbeat.is_empty();
    let why = "a meter is read only: leave out state, commands and heartbeat, or kind = \"meter\"";
    (!is_read_only).then(|| Finding::at(&["device", "kind"], why))
}

/// Turns alone say something.
fn pace(map: &Map) -> Option<Finding> {
    let heartbeats = map.heartbeat.iter().map(|heartbeat| (heartbeat.every_s, "heartbeat"));
    let said = map.commands.again_s.map(|again_s| (again_s, "commands"));
    let (fastest, key) = said.into_iter().chain(heartbeats).min()?;
    let is_slower = u64::from(fastest) * 1_000 >= u64::from(map.device.poll_ms).max(1_000);
    let why = "again_s and every_s are at least 1, and no shorter than poll_ms";
    (!is_slower).then(|| Finding::at(&[key], why))
}

/// A wire leads to one place, where one language is spoken.
fn shared(map: &Map) -> Vec<Finding> {
    let wires = map.wires();
    let twice = wires.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let found = twice.map(|pair| {
        let ((name, one), (_, other)) = (&pair[0], &pair[1]);
        let why = format!("the wire {name:?} is to be {one} and {other}, and an address is one of them");
        Finding::at(&["device", "wire"], why)
            .hint("give what is said over the other a wire of its own: wire = \"other\"")
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::super::document;

    /// `rest` comes behind what every map has.
    fn complaint(rest: &str) -> String {
        let found = document::read(&format!("[device]\nvendor = \"Maker\"\nmodel = \"Box\"\n{rest}"));
        found.err().and_then(|found| found.into_iter().next()).map(|found| found.message).unwrap_or_default()
    }

    #[test]
    fn a_complaint_says_where_it_stands_and_what_was_likely_meant() {
        let text = "[device]\nvendor = \"Maker\"\nmodel = \"Box\"\npoll_ms = 1\n[points]\ncable = { register = 1 }\nx = { request = \"statsu\" }\n\
                    y = { register = 2, plus = [\"cabel\"] }\n[requests.status]\nget = \"/status\"\n[[state]]\nis = \"plugged\"\n[[state]]\n\
                    is = \"charging\"\nwhen = { cabel = 1 }\n[commands]\nlimit = [{ register = 3 }]\non = [{ get = \"/on\" }]\n";
        let found = document::read(text).err().unwrap_or_default();
        let told: Vec<_> = found.iter().map(|told| (told.line, told.column, told.hint.as_deref())).collect();
        let meant = |name| Some(name);
        assert_eq!(
            told,
            [
                (Some(4), Some(1), None),
                (Some(7), Some(1), meant("did you mean \"status\"?")),
                (Some(8), Some(1), meant("did you mean \"cable\"?")),
                (Some(15), Some(10), meant("did you mean \"cable\"?")),
                (Some(16), Some(2), None),
                (Some(1), Some(2), meant("give what is said over the other a wire of its own: wire = \"other\"")),
            ],
            "{found:#?}"
        );
        let unknown = document::read("[device]\nvendr = \"Maker\"\n").err().unwrap_or_default();
        assert_eq!(unknown[0].hint.as_deref(), Some("did you mean `vendor`?"));
    }

    #[test]
    fn what_a_map_cannot_mean_is_said_in_a_sentence() {
        let meter = "kind = \"meter\"\n[points]\npower_w = { register = 1 }\n";
        let plug =
            "[[state]]\nis = \"plugged\"\n[commands]\non = [{ publish = \"on\" }]\noff = [{ publish = \"off\" }]\n";
        assert_eq!(
            (complaint(meter), complaint(&format!("{plug}[points]\nx = {{ topic = \"x\" }}"))),
            Default::default()
        );
        for (rest, why) in [
            (format!("{meter}[commands]\noff = [{{ register = 1, value = 0 }}]"), "a meter is read only"),
            (format!("{meter}[[state]]\nis = \"plugged\""), "a meter is read only"),
            ("kind = \"meter\"".to_owned(), "the number of points is 1 to 64"),
            (
                format!("{plug}[points]\nx = {{ topic = \"a/+/b\" }}"),
                "points.x: the topic \"a/+/b\": + and # mean several",
            ),
            (format!("{plug}[points]\nx = {{ topic = \"../b\" }}"), "between two slashes stands a name"),
            (format!("{plug}[points]\nx = {{ topic = \"b\", register = 1 }}"), "it stands in a topic's message"),
            (
                format!("{plug}[points]\nx = {{ message = \"b\", register = 1 }}"),
                "or in a stream's, and has no register",
            ),
            (format!("{plug}[points]\nx = {{ message = \"b\", topic = \"b\" }}"), "message and until are for streams"),
            (format!("{plug}[points]\nx = {{ message = \"b\\n\" }}"), "it is a text of 1 to 200 bytes in one line"),
            (format!("{plug}[points]\nx = {{ register = 1, until = \"b\" }}"), "until is for what stands in a message"),
            (format!("{plug}[points]\nx = {{ register = 1, minus = [\"x\"] }}"), "there is no other point x"),
            (format!("{plug}[points]\nx = {{ register = 1, plus = [\"y\"] }}"), "there is no other point y"),
            (
                format!("{plug}[points]\nx = {{ request = \"ask\" }}\n[requests.ask]\nask = \"a\"\nget = \"/a\""),
                "a stream is asked with ask",
            ),
            (format!("{plug}[points]\nx = {{ message = \"b\", shift = 64 }}"), "shift is 0 to 63"),
            (
                format!("{plug}[points]\nx = {{ message = \"b\", until = \"\" }}"),
                "until is what stands behind the value",
            ),
            (format!("{plug}[points]\nx = {{ topic = \"b\", pointer = \"c\" }}"), "a pointer begins with /"),
            (
                format!("{plug}[points]\nx = {{ request = \"ask\" }}\n[requests.ask]\npublish = \"cmnd\""),
                "there is no request ask that is answered with JSON",
            ),
            (
                format!(
                    "{}[points]\nx = {{ topic = \"x\" }}",
                    plug.replace("publish = \"on\"", "get = \"/on\", retain = true")
                ),
                "retain is for what is published",
            ),
            (
                format!("{}[points]\nx = {{ topic = \"x\" }}", plug.replace("publish = \"on\"", "publish = \"#\"")),
                "on: the topic \"#\"",
            ),
        ] {
            let said = complaint(&rest);
            assert!(said.contains(why), "{rest}: {said}");
        }
    }
}
