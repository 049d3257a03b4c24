//! From what a compiler makes to what the server loads: a core module becomes a component.

use wit_component::ComponentEncoder;

#[derive(Debug, thiserror::Error)]
pub enum NoComponent {
    #[error("this is no WebAssembly: it does not begin with \\0asm")]
    NoWasm,
    #[error("the module is no plugin: {0}")]
    NoPlugin(String),
}

/// The component of a core module that carries its contract. What is a component already stays as it is.
pub fn component(bytes: Vec<u8>) -> Result<Vec<u8>, NoComponent> {
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => encode(&bytes),
        Some([0, b'a', b's', b'm', ..]) => Ok(bytes),
        _ => Err(NoComponent::NoWasm),
    }
}

fn encode(module: &[u8]) -> Result<Vec<u8>, NoComponent> {
    let encoded = ComponentEncoder::default().validate(true).module(module).and_then(ComponentEncoder::encode);
    encoded.map_err(|error| NoComponent::NoPlugin(format!("{error:#}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_modules_without_a_contract_are_refused_with_a_reason() {
        assert!(matches!(component(b"print(1)".to_vec()), Err(NoComponent::NoWasm)));
        let component_header = b"\0asm\x0d\0\x01\0".to_vec();
        assert_eq!(component(component_header.clone()).unwrap(), component_header);
    }
}
