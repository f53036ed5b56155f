//! The key an axon must prove to hold when it is dialled over TLS: proving it, and writing it into the authority of a
//! URI.

use std::fmt;
use std::sync::Arc;

use subnetkit_chain::AxonCertificate;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, SignatureScheme,
};

/// Whether a published certificate names a key that a server can be held to.
pub(super) fn is_usable(certificate: &AxonCertificate) -> bool {
    let length = match certificate.algorithm {
        AxonCertificate::ED25519 | AxonCertificate::SPKI_SHA256 => 32,
        AxonCertificate::ECDSA_P256 => 64,
        _ => return false,
    };
    certificate.public_key.len() == length
}

/// Whether a server whose certificate has this DER `SubjectPublicKeyInfo` is the published one.
fn matches(certificate: &AxonCertificate, subject_public_key_info: &[u8]) -> bool {
    AxonCertificate::of_public_key(subject_public_key_info) == *certificate
}

/// A client that accepts one key. Sessions are not resumed: a resumed one proves no certificate.
pub(super) fn client(key: AxonCertificate, provider: Arc<CryptoProvider>) -> Result<ClientConfig, TlsError> {
    let verifier = Arc::new(PinnedKey { key, provider: Arc::clone(&provider) });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Takes the certificate for no more than the carrier of a key: issuer, names and dates say nothing the chain has not
/// said. That the server holds the private half is proven by the handshake's signature, as ever.
#[derive(Debug)]
struct PinnedKey {
    key: AxonCertificate,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedKey {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let spki = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
        if matches(&self.key, &spki) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Writes a certificate as algorithm, dash and key, in lower-case hexadecimal.
pub(super) struct Text<'c>(pub(super) &'c AxonCertificate);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}-", self.0.algorithm)?;
        self.0.public_key.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Reads what [`Text`] writes.
pub(super) fn parse(text: &str) -> Option<AxonCertificate> {
    let (algorithm, key) = text.split_once('-')?;
    let [algorithm] = *bytes(algorithm)? else { return None };
    Some(AxonCertificate { algorithm, public_key: bytes(key)?.into_vec() })
}

fn bytes(digits: &str) -> Option<Box<[u8]>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    if rest.is_empty() { bytes.collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for (algorithm, length) in [(1, 32), (2, 64), (3, 32), (0xfe, 1)] {
            let certificate = AxonCertificate { algorithm, public_key: (0..length).collect() };
            assert_eq!(parse(&Text(&certificate).to_string()), Some(certificate));
        }
        for text in ["", "01", "1-00", "01-0", "01-0G", "01-0g", "0001-00"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_of_another_algorithm_or_length_is_of_no_use() {
        let usable =
            |algorithm, length| is_usable(&AxonCertificate { algorithm, public_key: vec![7; length] });
        assert!(usable(1, 32) && usable(2, 64) && usable(3, 32));
        for (algorithm, length) in [(0, 32), (1, 31), (1, 33), (2, 65), (3, 64), (4, 32)] {
            assert!(!usable(algorithm, length), "{algorithm} with {length} bytes");
        }
    }
}
