//! What speaks against a map.

use std::iter;

use amprule_hooks::Diagnostic;
use amprule_wires::topic;
use rust_decimal::Decimal;

use super::document::{About, Commands, FILE, Map, Request};
use super::write::Write;

const MOST_POINTS: u64 = 64;
const MOST_REQUESTS: u64 = 8;
const MOST_RULES: u64 = 64;
const MOST_WRITES: usize = 16;

pub(super) fn complaints(map: &Map) -> Vec<Diagnostic> {
    let all = bounds(map).into_iter().chain(reads(map)).chain(rules(map)).chain(commands(map)).chain(pace(map));
    all.map(|why| Diagnostic::new("map", why).in_file(FILE)).collect()
}

fn bounds(map: &Map) -> Vec<String> {
    let About { poll_ms, phases, block, min_a, max_a, .. } = &map.device;
    let (points, requests, rules) = (map.points.len() as u64, map.requests.len() as u64, map.state.len() as u64);
    let bounds = [
        ("poll_ms", u64::from(*poll_ms), 100, 3_600_000),
        ("phases", u64::from(*phases), 1, 3),
        ("block", u64::from(*block), 1, 125),
        ("the number of points", points, 1, MOST_POINTS),
        ("the number of requests", requests, 0, MOST_REQUESTS),
        ("the number of state rules", rules, u64::from(!map.is_meter()), MOST_RULES),
    ];
    let outside = bounds.iter().filter(|(_, value, least, most)| !(least..=most).contains(&value));
    let outside = outside.map(|(what, value, least, most)| format!("{what} is {least} to {most}, and not {value}"));
    let has_range = *min_a <= *max_a && *min_a >= Decimal::ZERO && *max_a <= Decimal::from(1_000);
    let range = format!("min_a and max_a are 0 to 1000 A in that order, and not {min_a} and {max_a}");
    outside.chain((!has_range).then_some(range)).collect()
}

fn reads(map: &Map) -> Vec<String> {
    let points = map.points.iter().filter_map(|(name, point)| {
        let answers = |request: &&String| map.requests.get(*request).is_some_and(|request| request.publish.is_none());
        let other =
            point.plus.iter().chain(&point.minus).find(|other| *other == name || !map.points.contains_key(*other));
        let other = other.map(|other| format!("there is no other point {other} to add or to take away"));
        let unknown = point.request.as_ref().filter(|request| !answers(request));
        let unknown = unknown.map(|request| format!("there is no request {request} that is answered with JSON"));
        Some(format!("points.{name}: {}", point.complaint().or(unknown).or(other)?))
    });
    let both = !map.is_meter() && ["energy_wh", "session_wh"].iter().all(|name| map.points.contains_key(*name));
    let both = both.then(|| {
        "points: a box has energy_wh or session_wh; where one stands in for the other, energy leaps".to_owned()
    });
    let requests = map.requests.iter();
    let requests = requests.filter_map(|(name, request)| Some(format!("requests.{name}: {}", ill(request)?)));
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

fn rules(map: &Map) -> impl Iterator<Item = String> {
    let named = map.state.iter().enumerate().flat_map(|(at, rule)| iter::repeat(at + 1).zip(rule.when.keys()));
    let unknown = named.filter(|(_, name)| !map.points.contains_key(*name));
    unknown.map(|(rule, name)| format!("state {rule}: there is no point {name}"))
}

fn commands(map: &Map) -> Vec<String> {
    if map.is_meter() {
        return switched_meter(map).into_iter().collect();
    }
    let Commands { open, on, off, limit, one_phase, three_phases, unlock, .. } = &map.commands;
    let heartbeats: Vec<Write> = map.heartbeat.iter().map(|heartbeat| heartbeat.write.clone()).collect();
    let named = [("open", open), ("on", on), ("off", off), ("limit", limit), ("heartbeat", &heartbeats)];
    let beside = [("one_phase", one_phase), ("three_phases", three_phases), ("unlock", unlock)];
    let mut found: Vec<String> = Vec::new();
    for (name, writes) in named.into_iter().chain(beside) {
        if writes.len() > MOST_WRITES {
            found.push(format!("{name}: at most {MOST_WRITES} writes"));
        }
        if name != "limit" && writes.iter().any(Write::is_empty) {
            found.push(format!("{name}: a write needs its value"));
        }
        let said = [map.device.min_a, map.device.max_a];
        let ill =
            writes.iter().filter_map(|write| write.complaint(write.value.as_ref().map_or(&said, std::slice::from_ref)));
        found.extend(ill.map(|why| format!("{name}: {why}")));
    }
    if !limit.is_empty() && !limit.iter().any(Write::has_number) {
        let how = "leave `value` out, or write {value} in the path or the body";
        found.push(format!("limit: none of its writes says the limit; {how}"));
    }
    if one_phase.is_empty() != three_phases.is_empty() {
        found.push("what is switched to one phase is switched back: say one_phase and three_phases".to_owned());
    }
    if !on.is_empty() && off.is_empty() {
        found.push("what can be switched on can be switched off: say off, too".to_owned());
    }
    if on.is_empty() && limit.is_empty() {
        found.push("nothing here lets a car charge or stops it: say on and off, or limit".to_owned());
    }
    found
}

fn switched_meter(map: &Map) -> Option<String> {
    let Commands { open, on, off, limit, one_phase, three_phases, unlock, again_s } = &map.commands;
    let says_something =
        [open, on, off, limit, one_phase, three_phases, unlock].iter().any(|writes| !writes.is_empty())
            || again_s.is_some();
    let is_read_only = !says_something && map.state.is_empty() && map.heartbeat.is_empty();
    (!is_read_only)
        .then(|| "a meter is read only: leave out state, commands and heartbeat, or kind = \"meter\"".to_owned())
}

/// Turns alone say something.
fn pace(map: &Map) -> Option<String> {
    let heartbeats = map.heartbeat.iter().map(|heartbeat| heartbeat.every_s);
    let fastest = map.commands.again_s.into_iter().chain(heartbeats).min()?;
    let is_slower = u64::from(fastest) * 1_000 >= u64::from(map.device.poll_ms).max(1_000);
    (!is_slower).then(|| "again_s and every_s are at least 1, and no shorter than poll_ms".to_owned())
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
