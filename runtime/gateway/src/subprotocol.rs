//! Which OCPP version a connection speaks (OCPP-J 2.0.1, 3.1.2).

use amprule_ocpp::Dialect;

use crate::settings::Versions;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// In the station's own spelling, because it compares.
    Agreed { dialect: Dialect, spelled: String },
    /// The station named none and gets the default.
    Assumed(Dialect),
    /// The handshake is completed without a subprotocol and the connection closed at once.
    None,
}

/// The first of the station's list that is served; its order is its preference.
pub(crate) fn choose<'a>(offered: impl Iterator<Item = &'a str>, versions: &Versions) -> Choice {
    let mut offered = offered.flat_map(|header| header.split(',')).map(str::trim).filter(|name| !name.is_empty());
    let Some(first) = offered.next() else {
        return versions.default.map_or(Choice::None, Choice::Assumed);
    };
    std::iter::once(first)
        .chain(offered)
        .find_map(|name| served(name, versions).map(|dialect| Choice::Agreed { dialect, spelled: name.to_owned() }))
        .unwrap_or(Choice::None)
}

fn served(name: &str, versions: &Versions) -> Option<Dialect> {
    versions.served.iter().copied().find(|dialect| dialect.subprotocol().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GatewaySettings;

    fn check(offered: &[&str], served: &[&str], expect: Option<&str>) {
        let settings = GatewaySettings {
            protocols: served.iter().map(|name| (*name).to_owned()).collect(),
            default_protocol: served.first().map(|name| (*name).to_owned()),
            ..Default::default()
        };
        let answered = match choose(offered.iter().copied(), &settings.check().unwrap()) {
            Choice::Agreed { spelled, .. } => Some(spelled),
            Choice::Assumed(dialect) => Some(format!("({})", dialect.subprotocol())),
            Choice::None => None,
        };
        assert_eq!(answered.as_deref(), expect, "{offered:?}");
    }

    const ALL: &[&str] = &["ocpp1.6", "ocpp2.0.1", "ocpp2.1"];

    #[test]
    fn the_station_s_order_decides_among_the_served() {
        check(&["ocpp1.6"], ALL, Some("ocpp1.6"));
        check(&["ocpp2.0.1, ocpp1.6"], ALL, Some("ocpp2.0.1"));
        check(&["ocpp2.0.1,ocpp1.6"], &["ocpp1.6"], Some("ocpp1.6"));
        check(&["ocpp1.5", "ocpp2.1"], ALL, Some("ocpp2.1"));
        check(&["OCPP1.6"], ALL, Some("OCPP1.6"));
    }

    #[test]
    fn a_station_that_offers_none_gets_the_default() {
        check(&[], ALL, Some("(ocpp1.6)"));
        check(&[" , "], ALL, Some("(ocpp1.6)"));
    }

    #[test]
    fn unknown_versions_are_not_agreed_to() {
        check(&["ocpp1.5, soap"], ALL, None);
    }
}
