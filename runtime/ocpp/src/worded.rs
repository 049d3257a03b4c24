//! A command as a station of a version will be told it, or why it is not: with the place in the command's own words, whatever
//! the version's are.

use amprule_domain::Timestamp;
use amprule_domain::command::{Command, ProfileChange, Step, Wanted};

use crate::dialect::Dialect;
use crate::shapes::CommandFault;
use crate::version::Version;

impl Dialect {
    /// Action and payload, if the version has words for it and nothing forbids us to say them. `now` is when it would be sent.
    ///
    /// # Errors
    /// The first fault. Its place is in the payload of a `Request`, else in the command: `/idToken/idToken`, `/evse`,
    /// `/settings/3/value`.
    pub fn worded(self, command: &Command, now: Timestamp) -> Result<(&'static str, String), CommandFault> {
        if let Some(carried) = self.carried(command) {
            carried.check()?;
        }
        let Some((action, payload)) = self.phrase(command) else { return Err(self.has_no_words(command)) };
        self.check_slot(command)?;
        match self.check_order(action, &payload, now) {
            Ok(()) => Ok((action, payload)),
            Err(CommandFault::Invalid { path, message }) if !matches!(command, Command::Request { .. }) => {
                Err(self.in_the_commands_words(&path, message))
            }
            Err(fault) => Err(fault),
        }
    }

    /// Which member is in the way, what would do, and where that is said.
    fn has_no_words(self, command: &Command) -> CommandFault {
        let protocol = self.subprotocol();
        let fault = |path: &str, message: String| CommandFault::Invalid { path: path.to_owned(), message };
        match command {
            Command::Request { action, payload } => match self.check_command(action, payload) {
                Err(fault) => fault,
                Ok(action) => fault("", format!("{protocol} has no way to say {action}")),
            },
            Command::Stop { transaction } | Command::Limit { transaction: Some(transaction), .. } => fault(
                "/transaction",
                format!(
                    "is a number in {protocol}, and {:?} is none; the session shows what its station calls it",
                    transaction.as_str()
                ),
            ),
            Command::Reset { evse: Some(_), .. } => {
                fault("/evse", format!("{protocol} resets a station as a whole; leave it out"))
            }
            Command::Trigger { .. } => {
                let message = format!(
                    "{protocol} has no such message; for a certificate it has `sign-certificate` and `sign-v2g-certificate`"
                );
                fault("/message", message)
            }
            Command::Password { password } => fault(
                "/password",
                format!(
                    "has {} bytes, and a station of {protocol} takes 16 to 20: its AuthorizationKey has 32 to 40 \
                     hexadecimal digits; choose one within that",
                    password.len()
                ),
            ),
            Command::Firmware(_) => fault(
                "/installAt",
                format!(
                    "is known to {protocol} for signed files only; leave it out, or store the file's signature: \
                     PUT /api/v1/firmware/NAME/signature"
                ),
            ),
            Command::SetVariables { settings } => {
                self.strange_variable("/settings", settings.iter().map(|one| &one.of))
            }
            Command::GetVariables { variables } => self.strange_variable("/variables", variables.iter()),
            Command::SecurityProfile(change) | Command::Move(change) => self.strange_profile(change),
            _ => fault("", format!("{protocol} has no such command")),
        }
    }

    /// Keys of 1.6 have no component, variables of 2.x have one; 1.6 sets one key at a time.
    fn strange_variable<'a>(self, list: &str, variables: impl Iterator<Item = &'a Wanted>) -> CommandFault {
        let (protocol, has_keys) = (self.subprotocol(), self.version == Version::V16);
        let strange = variables.map(|wanted| wanted.place.component.is_some()).position(|has| has == has_keys);
        let (path, message) = match strange {
            Some(at) if has_keys => (
                format!("{list}/{at}/component"),
                format!("a station of {protocol} has configuration keys, which have no component; leave it out"),
            ),
            Some(at) => (
                format!("{list}/{at}/component"),
                format!("is missing: in {protocol} each variable is one of a component"),
            ),
            None => (list.to_owned(), format!("{protocol} sets one key at a time")),
        };
        CommandFault::Invalid { path, message }
    }

    /// What will stand in a slot is looked at before anything is asked.
    fn check_slot(self, command: &Command) -> Result<(), CommandFault> {
        let Some(change) = command.profile_change().filter(|change| change.step == Step::Look) else { return Ok(()) };
        let written = ProfileChange { slot: change.slot.or(Some(1)), ..change.at(Step::Profile) };
        let Some((action, payload)) = self.phrase(&Command::SecurityProfile(written)) else { return Ok(()) };
        match self.check_command(action, &payload) {
            Err(CommandFault::Invalid { path, message }) => Err(self.in_the_commands_words(&path, message)),
            other => other.map(|_| ()),
        }
    }

    /// 2.x is told where to connect; 1.6 keeps its address, and has one key.
    fn strange_profile(self, change: &ProfileChange) -> CommandFault {
        let protocol = self.subprotocol();
        let fault = |path: &str, message| CommandFault::Invalid { path: path.to_owned(), message };
        if self.version != Version::V16 {
            return fault("/url", format!("is missing: a station of {protocol} has to be told where to connect"));
        }
        if change.leaves() {
            let message = format!(
                "{protocol} has no way to lead a station to another system; many have a configuration key of their own for it, which \
                 `request` with ChangeConfiguration sets"
            );
            return fault("/command", message);
        }
        let ProfileChange { url, slot, interface, .. } = change;
        let given = [("/url", url.is_some()), ("/slot", slot.is_some()), ("/interface", interface.is_some())];
        match given.into_iter().find(|(_, is_given)| *is_given) {
            Some((path, _)) => {
                let message = format!("a station of {protocol} keeps its address and has no slots; leave it out");
                fault(path, message)
            }
            None => fault("/lower", format!("a station of {protocol} cannot go down (SecurityProfile)")),
        }
    }

    fn in_the_commands_words(self, path: &str, message: String) -> CommandFault {
        let message = format!("{message}; the station speaks {}", self.subprotocol());
        match member(self.version, path) {
            Some(path) => CommandFault::Invalid { path, message },
            None => CommandFault::Invalid { path: String::new(), message: format!("{path} {message}") },
        }
    }
}

/// The member of a command that stands at this place of a payload. `None`: no person has said it.
fn member(version: Version, path: &str) -> Option<String> {
    let is_v16 = version == Version::V16;
    if let Some(rest) = path.strip_prefix("/setVariableData/") {
        return listed("/settings", rest);
    }
    if let Some(rest) = path.strip_prefix("/getVariableData/") {
        return listed("/variables", rest);
    }
    if let Some(inner) = path.strip_prefix("/connectionData/") {
        return slotted(inner);
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    Some(
        match last {
            "idTag" | "idToken" => "/idToken/idToken",
            "type" if path == "/idToken/type" => "/idToken/type",
            "connectorId" if is_v16 => "/evse",
            "connectorId" => "/connector",
            "evseId" | "evse" => "/evse",
            "id" if path == "/evse/id" => "/evse",
            "transactionId" => "/transaction",
            "retries" => "/retries",
            "retryInterval" => "/retryIntervalS",
            "value" if is_v16 => "/settings/0/value",
            "key" if is_v16 => "/settings/0/variable",
            _ => return None,
        }
        .to_owned(),
    )
}

/// `ocppCsmsUrl` of a slot.
fn slotted(inner: &str) -> Option<String> {
    let member = match inner {
        "ocppCsmsUrl" => "/url",
        "securityProfile" => "/profile",
        "ocppInterface" => "/interface",
        "basicAuthPassword" => "/password",
        "identity" => "/identity",
        inner if inner.split('/').next().is_some_and(|first| ["apn", "vpn"].contains(&first)) => {
            return Some(format!("/{inner}"));
        }
        _ => return None,
    };
    Some(member.to_owned())
}

/// `3/component/name` of a list of variables.
fn listed(list: &str, rest: &str) -> Option<String> {
    let (at, inner) = rest.split_once('/').unwrap_or((rest, ""));
    let member = match inner {
        "attributeValue" => "/value",
        "attributeType" => "/attribute",
        "component/name" => "/component",
        "component/instance" => "/componentInstance",
        "variable/name" => "/variable",
        "variable/instance" => "/instance",
        "component/evse/id" => "/evse",
        "component/evse/connectorId" => "/connector",
        "" => "",
        _ => return None,
    };
    Some(format!("{list}/{at}{member}"))
}
