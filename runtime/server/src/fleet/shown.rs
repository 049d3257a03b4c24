//! What the API shows of a device. What is secret in an address is not shown.

use amprule_devices::DeviceStatus;
use amprule_devices::tape::is_secret;
use serde_json::{Value, json};

use super::Found;
use crate::config::Device;

pub(super) const HIDDEN: &str = "***";

/// A device that cannot be bound (it was put at an earlier server) stands nowhere, and says why.
pub(super) fn standing(found: &Found<'_>, status: Option<DeviceStatus>) -> Value {
    let device = found.device();
    let bound_by = match found {
        Found::ByFile(_) => "configuration",
        Found::ByApi(_) => "api",
    };
    let seen = status.as_ref();
    let trouble = match seen {
        Some(status) => status.trouble.clone(),
        None => device.bound().err().map(|bad| bad.to_string()),
    };
    json!({
        "id": device.id,
        "unit": device.unit,
        "boundBy": bound_by,
        "driverVersion": seen.and_then(|status| status.version.as_ref()),
        "state": seen.and_then(|status| status.state),
        "readings": seen.map(|status| status.readings.clone()).unwrap_or_default(),
        "seenAt": seen.and_then(|status| status.seen_at),
        "trouble": trouble,
        "remark": seen.and_then(|status| status.remark.as_deref()),
        "turns": seen.map_or(0, |status| status.turns),
    })
}

/// With how it is bound.
pub(super) fn whole(device: &Device, mut standing: Value, is_secret: impl Fn(&str) -> bool) -> Value {
    let wires: serde_json::Map<_, _> =
        device.wires.iter().map(|(name, address)| (name.clone(), masked(address).into())).collect();
    standing["wires"] = Value::Object(wires);
    let shown =
        |(name, value): (&String, &Value)| (name.clone(), if is_secret(name) { HIDDEN.into() } else { value.clone() });
    standing["parameters"] = Value::Object(device.parameters.iter().map(shown).collect());
    standing["location"] = json!(device.location);
    standing["defaultToken"] = json!(device.default_token);
    standing["meterS"] = json!(device.meter_s);
    standing
}

/// `http://***@box/rpc?key=***`
fn masked(address: &str) -> String {
    let Some((kind, rest)) = address.split_once("://") else { return address.to_owned() };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let host = host.rsplit_once('@').map_or_else(|| host.to_owned(), |(_, host)| format!("{HIDDEN}@{host}"));
    let query = query.map(|query| format!("?{}", query.split('&').map(pair).collect::<Vec<_>>().join("&")));
    format!("{kind}://{host}{path}{}", query.unwrap_or_default())
}

fn pair(pair: &str) -> String {
    match pair.split_once('=') {
        // In which way the password is sent, and no password.
        Some(("auth", "basic" | "digest")) => pair.to_owned(),
        Some((key, _)) if is_secret(key) => format!("{key}={HIDDEN}"),
        _ => pair.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn passwords_and_keys_of_an_address_are_not_shown() {
        for (address, shown) in [
            ("modbus-tcp://192.168.1.20:502?unit=255", "modbus-tcp://192.168.1.20:502?unit=255"),
            ("http://admin:s@cret@box:80/rpc", "http://***@box:80/rpc"),
            ("http://box/a@b?auth_key=x&unit=1", "http://box/a@b?auth_key=***&unit=1"),
            ("http://a:b@box?auth=digest", "http://***@box?auth=digest"),
            ("http://[fe80::1]?Password=x&b", "http://[fe80::1]?Password=***&b"),
            ("box", "box"),
        ] {
            assert_eq!(masked(address), shown);
        }
    }
}
