//! The keys that axons serve TLS with, as their hotkeys published them.

use crate::{Chain, CodecError, Metagraph, ReadError, Value, pinned::Pinned, surface::CERTIFICATES};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use subnetkit_protocol::{Hotkey, btauth::BodyDigest};
use subxt::config::substrate::H256;

/// Keys asked for at once; a node gives no more than 1000.
const PAGE: u32 = 1000;

/// Pages read at most: there are no more uids than that.
const MAX_PAGES: usize = 66;

/// A DER `SubjectPublicKeyInfo` of an Ed25519 key, up to its 32 bytes (RFC 8410).
const ED25519_KEY: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The same of an uncompressed point on P-256, up to its x and y (RFC 5480).
const ECDSA_P256_KEY: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

/// The public key of the certificate that an axon serves TLS with, as `serve_axon_tls` publishes it.
///
/// The chain stores one byte of algorithm and up to 64 of key, and gives neither a meaning. The numbers here are the
/// ones subnetkit writes; a record of other software may have any.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AxonCertificate {
    /// What `public_key` is: [`Self::ED25519`], [`Self::ECDSA_P256`], [`Self::SPKI_SHA256`], or a stranger's number.
    pub algorithm: u8,
    /// The key, 1 to 64 bytes.
    pub public_key: Vec<u8>,
}

impl AxonCertificate {
    /// An Ed25519 key: its 32 bytes.
    pub const ED25519: u8 = 1;
    /// A key on the curve P-256: the 64 bytes of x and y.
    pub const ECDSA_P256: u8 = 2;
    /// Any other key: the 32 bytes of the SHA-256 of its whole DER `SubjectPublicKeyInfo`.
    pub const SPKI_SHA256: u8 = 3;

    /// The longest key the chain stores, in bytes.
    pub const MAX_KEY: usize = 64;

    /// What is published for a certificate with this key.
    ///
    /// The key is the DER `SubjectPublicKeyInfo` as it is in the certificate. Whoever dials an axon makes the same of
    /// the certificate it is shown, and compares.
    #[must_use]
    pub fn of_public_key(subject_public_key_info: &[u8]) -> Self {
        let (algorithm, public_key) = if let Some(key) = subject_public_key_info.strip_prefix(ED25519_KEY)
            && key.len() == 32
        {
            (Self::ED25519, key.to_vec())
        } else if let Some(point) = subject_public_key_info.strip_prefix(ECDSA_P256_KEY)
            && point.len() == 64
        {
            (Self::ECDSA_P256, point.to_vec())
        } else {
            (Self::SPKI_SHA256, BodyDigest::of(subject_public_key_info).as_bytes().to_vec())
        };
        Self { algorithm, public_key }
    }

    /// The call's argument: the algorithm, then the key.
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the key has not 1 to 64 bytes; the chain would ignore it without a word.
    pub(crate) fn to_argument(&self) -> Result<Vec<u8>, CodecError> {
        let length = self.public_key.len();
        if !(1..=Self::MAX_KEY).contains(&length) {
            return Err(CodecError::Encode {
                item: "the certificate of an axon".to_owned(),
                reason: format!("the key has {length} bytes, it must have 1 to {}", Self::MAX_KEY),
            });
        }
        let mut bytes = Vec::with_capacity(1 + length);
        bytes.push(self.algorithm);
        bytes.extend_from_slice(&self.public_key);
        Ok(bytes)
    }

    /// The argument that takes a published key back: an algorithm without a key. The chain has no call to remove one.
    pub(crate) fn withdrawn() -> Vec<u8> {
        vec![0]
    }

    /// `None` for a record that was taken back.
    fn decode(record: &Value) -> Result<Option<Self>, CodecError> {
        let unusable = |field: &str| CodecError::Field { item: CERTIFICATES.name(), field: field.to_owned() };
        let algorithm = record.field("algorithm").and_then(Value::number_as);
        let key = record.field("public_key").and_then(Value::bytes);
        let certificate = Self {
            algorithm: algorithm.ok_or_else(|| unusable("algorithm"))?,
            public_key: key.ok_or_else(|| unusable("public_key"))?,
        };
        Ok((!certificate.public_key.is_empty()).then_some(certificate))
    }
}

impl Chain {
    /// The key a hotkey's axon serves TLS with, at the best block.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn axon_certificate(
        &self,
        netuid: u16,
        hotkey: &Hotkey,
    ) -> Result<Option<AxonCertificate>, ReadError> {
        self.at_best().await?.axon_certificate(netuid, hotkey).await
    }
}

impl Pinned {
    /// The key a hotkey's axon serves TLS with; none on a chain that keeps no such keys.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn axon_certificate(
        &self,
        netuid: u16,
        hotkey: &Hotkey,
    ) -> Result<Option<AxonCertificate>, ReadError> {
        let record = self.read(CERTIFICATES.at([netuid.into(), (*hotkey).into()])).await?;
        Ok(record.as_ref().map(AxonCertificate::decode).transpose()?.flatten())
    }

    /// The storage keys of all certificates in a subnet. Few neurons have one, so asking which is cheaper than asking
    /// every one.
    pub(crate) async fn certificate_keys(&self, netuid: u16) -> Result<HashSet<Vec<u8>>, ReadError> {
        let mut found = HashSet::new();
        if !CERTIFICATES.is_in(&self.runtime) {
            return Ok(found);
        }
        let prefix = CERTIFICATES.prefix(&self.runtime, netuid.into())?;
        let at = H256(self.head().hash);
        let mut last = None;
        for _ in 0..MAX_PAGES {
            let page = self.chain.inner().rpc.read_at(at, "state_getKeysPaged", |rpc| {
                let (prefix, last) = (prefix.clone(), last.clone());
                async move { rpc.state_get_keys_paged(&prefix, PAGE, last.as_deref(), Some(at)).await }
            });
            let page = page.await?;
            let full = page.len() >= PAGE as usize;
            last = page.last().cloned();
            found.extend(page);
            if !full {
                break;
            }
        }
        Ok(found)
    }

    /// Puts the certificates behind these storage keys beside their neurons.
    pub(crate) async fn attach_certificates(
        &self,
        metagraph: &mut Metagraph,
        keys: &HashSet<Vec<u8>>,
    ) -> Result<(), ReadError> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut holders = Vec::new();
        let mut items = Vec::new();
        for neuron in &mut metagraph.neurons {
            let asked = CERTIFICATES.at([metagraph.netuid.into(), neuron.hotkey.into()]);
            if keys.contains(&asked.key(&self.runtime)?) {
                holders.push(neuron);
                items.push(asked);
            }
        }
        let records = self.read_many(&items).await?;
        for (neuron, record) in holders.into_iter().zip(records) {
            neuron.certificate = record.as_ref().map(AxonCertificate::decode).transpose()?.flatten();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_the_chain_would_ignore_is_an_error() {
        let argument =
            |length: usize| AxonCertificate { algorithm: 9, public_key: vec![7; length] }.to_argument();
        assert_eq!(argument(1).unwrap(), [9, 7]);
        assert_eq!(argument(64).unwrap().len(), 65);
        for length in [0, 65] {
            let error = argument(length).unwrap_err().to_string();
            assert!(error.contains(&format!("{length} bytes")), "{error}");
        }
    }

    #[test]
    fn a_key_is_published_as_it_is_if_it_fits() {
        let published =
            |start: &[u8], length: usize| AxonCertificate::of_public_key(&[start, &vec![7; length]].concat());
        let plain = |algorithm, length| AxonCertificate { algorithm, public_key: vec![7; length] };
        assert_eq!(published(ED25519_KEY, 32), plain(1, 32));
        assert_eq!(published(ECDSA_P256_KEY, 64), plain(2, 64));
        for other in [published(ED25519_KEY, 33), published(ECDSA_P256_KEY, 63), published(&[0x30], 8)] {
            assert_eq!((other.algorithm, other.public_key.len()), (3, 32));
        }
        let empty = hex::encode(AxonCertificate::of_public_key(b"").public_key);
        assert_eq!(empty, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn a_key_taken_back_is_none() {
        let record = |key: Vec<u8>| {
            let fields = [("public_key", Value::from(key)), ("algorithm", 2u8.into())];
            AxonCertificate::decode(&Value::Struct(
                fields.map(|(name, value)| (name.to_owned(), value)).into(),
            ))
        };
        assert_eq!(record(Vec::new()).unwrap(), None);
        let found = record(vec![5; 64]).unwrap();
        assert_eq!(found, Some(AxonCertificate { algorithm: 2, public_key: vec![5; 64] }));
        assert!(AxonCertificate::decode(&Value::Struct(Vec::new())).is_err());
    }
}
