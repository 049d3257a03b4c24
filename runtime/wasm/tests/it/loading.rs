//! Components that are not accepted: what is wrong, and what to change.

use amprule_domain::decision::Hook;
use amprule_hooks::Compiler;
use amprule_wasm::{Settings, WasmCompiler};

use crate::harness::{compile, printed, refuse, source};
use amprule_corpus::guest;

fn check(what: &str, component: Vec<u8>, says: &[&str]) {
    let found = refuse(&source(component, &[Hook::Pricing]));
    for says in says {
        assert!(found.contains(says), "{what}: {says:?} is missing in\n{found}");
    }
    assert!(found.contains("--> plugin.wasm"), "{what}: no file in\n{found}");
}

fn exports(name: &str) -> Vec<u8> {
    guest::text(&format!(
        r#"(component (component $c) (instance $i (instantiate $c)) (export "{name}" (instance $i)))"#
    ))
}

fn imports(name: &str) -> Vec<u8> {
    guest::text(&format!(r#"(component (import "{name}" (instance)))"#))
}

#[test]
fn what_is_no_component_is_refused_with_what_to_do() {
    let good = guest::pricing("");
    check("nothing", Vec::new(), &["error[AR0201]", "no WebAssembly component"]);
    check("a text", b"fn price(session) {}".to_vec(), &["error[AR0201]", "no WebAssembly component"]);
    check("a core module", guest::text("(module)"), &["error[AR0201]", "core module", "wasm-tools component new"]);
    for length in [4, 9, 100, good.len() / 2, good.len() - 1] {
        check("a part", good[..length].to_vec(), &["error[AR0201]"]);
    }
    for at in (8..good.len()).step_by(97) {
        // A flipped byte may be harmless, in a name for instance. It must only never be a panic.
        let mut bytes = good.clone();
        bytes[at] ^= 0xff;
        let _ = crate::harness::HOST.compile(&source(bytes, &[Hook::Pricing]));
    }
}

#[test]
fn a_component_over_the_size_limit_is_not_even_compiled() {
    let settings = Settings { component_max: 1_024, pooling: false, ..Settings::default() };
    let host = WasmCompiler::start(&settings).expect("this machine runs components");
    assert!(!host.is_pooling());
    let found = host.compile(&source(vec![0; 4_096], &[Hook::Pricing])).err().expect("it is too large");
    let found = printed(&found);
    assert!(found.contains("error[AR0008]: the component has 4 KiB; at most 1"), "{found}");
    assert!(found.contains("help: build with optimisation for size"), "{found}");
}

#[test]
fn an_import_that_the_host_lacks_is_named_with_what_to_do() {
    let cases = [
        ("wasi:http/types@0.2.0", "error[AR0110]", "does not get", "componentize-js has disableFeatures"),
        ("wasi:keyvalue/store@0.2.0-draft2", "error[AR0110]", "does not get", "wasm32-unknown-unknown has no WASI"),
        ("wasi:clocks/monotonic-clock@0.3.0", "error[AR0205]", "the WASI of policies is version 0.2", "leave it out"),
        ("amprule:host/lag@1.0.0", "error[AR0110]", "does not have", "did you mean amprule:host/log@1.0.0?"),
        ("other:things/network", "error[AR0110]", "does not have", "this host knows amprule:host/log@1.0.0"),
        ("amprule:host/log@2.0.0", "error[AR0205]", "does not have", "knows is amprule:host/log@1.0.0"),
        ("amprule:device/wires@0.1.0", "error[AR0110]", "which drivers have and nobody else", "hooks = [\"device\"]"),
        ("amprule:device/wires@0.2.0", "error[AR0205]", "does not have", "knows is amprule:device/wires@0.1.0"),
        ("amprule:host/log@1.0.0", "error[AR0206]", "plugin.toml does not ask for it", "[capabilities]\nlog = "),
    ];
    for (name, code, says, hint) in cases {
        check(name, imports(name), &[code, name, says, hint]);
    }
}

#[test]
fn an_export_that_the_host_does_not_call_is_named_with_what_to_do() {
    let cases = [
        ("amprule:pricing/prices@1.0.0", "did you mean amprule:pricing/pricing@1.0.0?"),
        ("amprule:pricing/pricing@2.0.0", "is amprule:pricing/pricing@1.0.0; build with this host's SDK"),
        ("amprule:device/driver@0.2.0", "is amprule:device/driver@0.1.0; build with this host's SDK"),
        ("other:things/pricing@1.0.0", "call `export_pricing!(YourPlugin)` once"),
    ];
    for (name, hint) in cases {
        check(name, exports(name), &["error[AR0202]", hint]);
    }
    check("no export", guest::text("(component)"), &["error[AR0202]", "does not export amprule:pricing/pricing"]);
    check("another hook's", guest::authorization(""), &["error[AR0202]", "does not export amprule:pricing/pricing"]);
    let found = refuse(&source(guest::text("(component)"), &[]));
    assert!(found.contains("exports no interface that this host calls"), "{found}");
    check(
        "its name only",
        exports("amprule:pricing/pricing@1.0.0"),
        &["error[AR0203]", "build it with the present SDK"],
    );
}

#[test]
fn a_component_of_another_shape_is_refused_before_it_is_called() {
    let other = r#"(component
        (core module $m (func (export "price") (result i32) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func $price (result u32) (canon lift (core func $i "price")))
        (instance $e (export "price" (func $price)))
        (export "amprule:pricing/pricing@1.0.0" (instance $e)))"#;
    check("another type", guest::text(other), &["error[AR0203]", "does not fit the contract"]);
}

#[test]
fn a_component_that_does_not_start_is_refused() {
    let cases = [
        ("(loop (br 0))", "error[AR0204]: the component does not start: fuel"),
        ("unreachable", "error[AR0204]: the component does not start: trap"),
        ("(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable", "does not start: memory"),
    ];
    for (start, says) in cases {
        check(start, guest::starting(start), &[says]);
    }
    compile(&source(guest::starting("nop"), &[Hook::Pricing]));
}

#[test]
fn the_hooks_are_what_the_component_has_when_no_manifest_says() {
    assert_eq!(compile(&source(guest::pricing(""), &[])).hooks(), [Hook::Pricing]);
    assert_eq!(compile(&source(guest::authorization(""), &[])).hooks(), [Hook::Authorization]);
}
