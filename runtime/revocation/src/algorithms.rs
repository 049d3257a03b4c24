//! Signatures that are verified: those of ring, and the curve that ISO 15118-20 wants (secp521r1 with SHA-512).

use p521::ecdsa::signature::Verifier;
use p521::ecdsa::{Signature, VerifyingKey};
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};
use webpki::ring;

#[derive(Debug)]
struct EcdsaP521Sha512;

impl SignatureVerificationAlgorithm for EcdsaP521Sha512 {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA512
    }
}

pub(crate) static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    ring::ECDSA_P256_SHA256,
    ring::ECDSA_P256_SHA384,
    ring::ECDSA_P384_SHA256,
    ring::ECDSA_P384_SHA384,
    &EcdsaP521Sha512,
    ring::ED25519,
    ring::RSA_PKCS1_2048_8192_SHA256,
    ring::RSA_PKCS1_2048_8192_SHA384,
    ring::RSA_PKCS1_2048_8192_SHA512,
    ring::RSA_PKCS1_3072_8192_SHA384,
    ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    ring::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    ring::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

#[cfg(test)]
mod tests {
    use p521::ecdsa::signature::RandomizedSigner;
    use p521::ecdsa::{Signature, SigningKey, VerifyingKey};
    use p521::elliptic_curve::rand_core::{CryptoRng, Error, RngCore, impls};
    use rustls_pki_types::SignatureVerificationAlgorithm;

    use super::EcdsaP521Sha512;

    /// Counts.
    struct Counter(u64);

    impl RngCore for Counter {
        fn next_u32(&mut self) -> u32 {
            u32::try_from(self.next_u64()).unwrap_or_default()
        }

        fn next_u64(&mut self) -> u64 {
            self.0 += 1;
            self.0
        }

        fn fill_bytes(&mut self, bytes: &mut [u8]) {
            impls::fill_bytes_via_next(self, bytes);
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
            self.fill_bytes(bytes);
            Ok(())
        }
    }

    impl CryptoRng for Counter {}

    #[test]
    fn a_signature_of_another_key_or_text_is_none() {
        let key = |first: u8| {
            let mut secret = [7; 66];
            (secret[0], secret[1]) = (0, first);
            SigningKey::from_slice(&secret).expect("a key")
        };
        let (own, other) = (key(1), key(2));
        let public = |key: &SigningKey| VerifyingKey::from(key).to_encoded_point(false).as_bytes().to_vec();
        let signature: Signature = own.sign_with_rng(&mut Counter(0), b"a text");
        let der = signature.to_der();
        let check =
            |key: &SigningKey, text: &[u8]| EcdsaP521Sha512.verify_signature(&public(key), text, der.as_bytes());
        assert!(check(&own, b"a text").is_ok());
        assert!(check(&own, b"another").is_err() && check(&other, b"a text").is_err());
        assert!(EcdsaP521Sha512.verify_signature(&[4, 1, 2], b"a text", der.as_bytes()).is_err());
    }
}
