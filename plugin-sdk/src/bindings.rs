//! What `wit/` says, as Rust. Generated when this crate is built; use the names that the crate's root exports.

/// The types that all hooks share, the host's log, and the unit's tables.
pub mod vocabulary {
    wit_bindgen::generate!({ path: "wit", world: "vocabulary", generate_all, generate_unused_types: true });
}

pub mod pricing {
    wit_bindgen::generate!({
        path: "wit",
        world: "pricing",
        with: {
            "amprule:types/types@1.0.0": crate::bindings::vocabulary::amprule::types::types,
            "amprule:host/log@1.0.0": crate::bindings::vocabulary::amprule::host::log,
            "amprule:facts/tables@1.0.0": crate::bindings::vocabulary::amprule::facts::tables,
            "amprule:facts/connector@1.0.0": crate::bindings::vocabulary::amprule::facts::connector,
            "amprule:facts/location@1.0.0": crate::bindings::vocabulary::amprule::facts::location,
            "amprule:facts/money@1.0.0": crate::bindings::vocabulary::amprule::facts::money,
            "amprule:facts/given-back@1.0.0": crate::bindings::vocabulary::amprule::facts::given_back,
        },
        pub_export_macro: true,
        export_macro_name: "export_pricing",
        default_bindings_module: "amprule_plugin_sdk::bindings::pricing",
    });
}

pub mod offer {
    wit_bindgen::generate!({
        path: "wit",
        world: "offer",
        with: {
            "amprule:types/types@1.0.0": crate::bindings::vocabulary::amprule::types::types,
            "amprule:host/log@1.0.0": crate::bindings::vocabulary::amprule::host::log,
            "amprule:facts/tables@1.0.0": crate::bindings::vocabulary::amprule::facts::tables,
            "amprule:facts/connector@1.0.0": crate::bindings::vocabulary::amprule::facts::connector,
            "amprule:facts/location@1.0.0": crate::bindings::vocabulary::amprule::facts::location,
        },
        pub_export_macro: true,
        export_macro_name: "export_offer",
        default_bindings_module: "amprule_plugin_sdk::bindings::offer",
    });
}

pub mod authorization {
    wit_bindgen::generate!({
        path: "wit",
        world: "authorization",
        with: {
            "amprule:types/types@1.0.0": crate::bindings::vocabulary::amprule::types::types,
            "amprule:host/log@1.0.0": crate::bindings::vocabulary::amprule::host::log,
            "amprule:facts/tables@1.0.0": crate::bindings::vocabulary::amprule::facts::tables,
            "amprule:facts/connector@1.0.0": crate::bindings::vocabulary::amprule::facts::connector,
            "amprule:facts/location@1.0.0": crate::bindings::vocabulary::amprule::facts::location,
            "amprule:facts/contract@1.0.0": crate::bindings::vocabulary::amprule::facts::contract,
            "amprule:facts/lookups@1.0.0": crate::bindings::vocabulary::amprule::facts::lookups,
            "amprule:facts/reservation@1.0.0": crate::bindings::vocabulary::amprule::facts::reservation,
        },
        pub_export_macro: true,
        export_macro_name: "export_authorization",
        default_bindings_module: "amprule_plugin_sdk::bindings::authorization",
    });
}

pub mod modifier {
    wit_bindgen::generate!({
        path: "wit",
        world: "modifier",
        with: {
            "amprule:types/types@1.0.0": crate::bindings::vocabulary::amprule::types::types,
            "amprule:host/log@1.0.0": crate::bindings::vocabulary::amprule::host::log,
            "amprule:facts/tables@1.0.0": crate::bindings::vocabulary::amprule::facts::tables,
            "amprule:facts/connector@1.0.0": crate::bindings::vocabulary::amprule::facts::connector,
            "amprule:facts/location@1.0.0": crate::bindings::vocabulary::amprule::facts::location,
            "amprule:facts/money@1.0.0": crate::bindings::vocabulary::amprule::facts::money,
            "amprule:facts/given-back@1.0.0": crate::bindings::vocabulary::amprule::facts::given_back,
        },
        pub_export_macro: true,
        export_macro_name: "export_modifier",
        default_bindings_module: "amprule_plugin_sdk::bindings::modifier",
    });
}

pub mod device {
    wit_bindgen::generate!({
        path: "wit",
        world: "device",
        with: {
            "amprule:types/types@1.0.0": crate::bindings::vocabulary::amprule::types::types,
            "amprule:host/log@1.0.0": crate::bindings::vocabulary::amprule::host::log,
            "amprule:device/wires@0.1.0": crate::bindings::vocabulary::amprule::device::wires,
            "amprule:device/json@0.1.0": crate::bindings::vocabulary::amprule::device::json,
        },
        pub_export_macro: true,
        export_macro_name: "export_device",
        default_bindings_module: "amprule_plugin_sdk::bindings::device",
    });
}

pub mod load {
    wit_bindgen::generate!({
        path: "wit",
        world: "load",
        with: {
            "amprule:types/types@1.0.0": crate::bindings::vocabulary::amprule::types::types,
            "amprule:host/log@1.0.0": crate::bindings::vocabulary::amprule::host::log,
            "amprule:facts/tables@1.0.0": crate::bindings::vocabulary::amprule::facts::tables,
        },
        pub_export_macro: true,
        export_macro_name: "export_load",
        default_bindings_module: "amprule_plugin_sdk::bindings::load",
    });
}

pub mod dialect {
    wit_bindgen::generate!({
        path: "wit",
        world: "dialect",
        with: {
            "amprule:types/types@1.0.0": crate::bindings::vocabulary::amprule::types::types,
            "amprule:host/log@1.0.0": crate::bindings::vocabulary::amprule::host::log,
            "amprule:facts/tables@1.0.0": crate::bindings::vocabulary::amprule::facts::tables,
        },
        pub_export_macro: true,
        export_macro_name: "export_dialect",
        default_bindings_module: "amprule_plugin_sdk::bindings::dialect",
    });
}
