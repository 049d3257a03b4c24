//! Generated from `plugin-sdk/wit`: the types of the boundary and the calls over it.

wasmtime::component::bindgen!({
    path: "../../plugin-sdk/wit",
    world: "amprule:plugin/all",
    imports: {
        "amprule:device/wires": trappable,
    },
    ownership: Borrowing { duplicate_if_necessary: true },
});
