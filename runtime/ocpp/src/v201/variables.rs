//! Components and variables (OCPP 2.0.1 part 1, 4), as several messages name them.

use amprule_domain::command::Wanted;
use amprule_domain::variable::{ACTUAL, Attribute, Place, Variable};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::said::{plain, positive};
use crate::v201::words;

/// Names longer than the standard's 50 characters are taken, up to this.
const NAME_MAX: usize = 200;

/// ComponentType and VariableType, side by side in this object. `None`: a name is missing.
pub(crate) fn place(of: &Value) -> Option<Place> {
    let (component, variable) = (&of["component"], &of["variable"]);
    Some(Place {
        component: Some(name(&component["name"])?),
        component_instance: name(&component["instance"]),
        evse: positive(&component["evse"]["id"]),
        connector: positive(&component["evse"]["connectorId"]),
        variable: name(&variable["name"])?,
        instance: name(&variable["instance"]),
    })
}

/// The variable, as we name it. `None`: it is a configuration key of 1.6.
pub(crate) fn named(object: Object, wanted: &Wanted, times: Times) -> Option<String> {
    let Place { component, component_instance, evse, connector, variable, instance } = &wanted.place;
    let component = Object::new(times)
        .text("name", component.as_deref()?)
        .maybe(component_instance.as_deref(), |object, instance| object.text("instance", instance))
        .maybe(*evse, |object, evse| object.raw("evse", words::place(evse, *connector, times)))
        .finish();
    let variable = Object::new(times)
        .text("name", variable)
        .maybe(instance.as_deref(), |object, instance| object.text("instance", instance))
        .finish();
    let object = object.maybe(wanted.attribute.as_deref(), |object, kind| object.text("attributeType", kind));
    Some(object.raw("component", component).raw("variable", variable).finish())
}

fn name(value: &Value) -> Option<String> {
    plain(value).filter(|name| !name.is_empty() && name.len() <= NAME_MAX)
}

/// AttributeEnumType; absent is `Actual`.
pub(crate) fn attribute_kind(of: &Value, member: &str) -> String {
    plain(&of[member]).unwrap_or_else(|| ACTUAL.to_owned())
}

/// A variable of which one attribute is told.
pub(crate) fn with(place: Place, kind: String, attribute: Attribute) -> Variable {
    Variable { place, attributes: [(kind, attribute)].into(), characteristics: None }
}

/// Nobody reads it back, and nobody shall see it.
pub(crate) fn is_secret(place: &Place) -> bool {
    amprule_domain::secrets::is_secret(&place.variable)
}
