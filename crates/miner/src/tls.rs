//! TLS: the axon's certificate and key, read from files and read again when those change.
//!
//! Callers trust no authority here: they compare the key they are shown with the one on the chain. So neither the name
//! nor the dates in the certificate matter, and a certificate renewed with the same key needs nothing published.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use subnetkit_chain::AxonCertificate;
use subnetkit_protocol::btauth::BodyDigest as Digest;
use tokio::{
    net::TcpStream,
    sync::watch,
    task::spawn_blocking,
    time::{sleep, timeout},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, InconsistentKeys, ServerConfig,
        crypto::ring,
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject},
        },
        server::ParsedCertificate,
        sign::CertifiedKey,
    },
    server::TlsStream,
};

use crate::MinerConfig;

/// Largest file that is read, in bytes. A chain of certificates has a few thousand.
const MAX_FILE: u64 = 1 << 20;

const CERTIFICATE: &str = "tls_certificate";
const KEY: &str = "tls_key";

/// Why TLS can't be served with the files of the settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can't be read.
    #[error("the file {} of `{setting}` can't be read: {source}; set it to a PEM file that this process may read", .path.display())]
    Read {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is none of those that were asked for.
    #[error("the file {} of `{setting}` can't be used: {reason}; set it to {wanted}", .path.display())]
    File {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// Each file is good, but they are not a pair.
    #[error(
        "the key in {} (`tls_key`) does not belong to the first certificate in {} (`tls_certificate`): set both to files \
         of one pair, the axon's own certificate first", .key.display(), .certificate.display()
    )]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
}

/// What an axon serves TLS with at the moment.
pub(crate) struct Tls {
    files: Files,
    reload: Duration,
    /// A server's settings of its own for each pair, so that no session of an earlier key is resumed.
    server: ArcSwap<ServerConfig>,
    published: watch::Sender<AxonCertificate>,
    /// Of the files' contents, as they were last read.
    read: watch::Sender<[Digest; 2]>,
}

#[derive(Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// A usable pair.
struct Pair {
    server: Arc<ServerConfig>,
    published: AxonCertificate,
}

impl Tls {
    /// Reads the files of the settings; `None` if they name none.
    pub(crate) async fn open(config: &MinerConfig) -> Result<Option<Arc<Self>>, TlsError> {
        let (Some(certificate), Some(key)) = (&config.tls_certificate, &config.tls_key) else {
            return Ok(None);
        };
        let files = Files { certificate: certificate.clone(), key: key.clone() };
        let (contents, read) = files.read().await?;
        let Pair { server, published } = files.pair(&contents)?;
        Ok(Some(Arc::new(Self {
            files,
            reload: config.tls_reload,
            server: ArcSwap::new(server),
            published: watch::Sender::new(published),
            read: watch::Sender::new(read),
        })))
    }

    /// The key to publish, and every later one.
    pub(crate) fn published(&self) -> watch::Receiver<AxonCertificate> {
        self.published.subscribe()
    }

    /// Agrees on TLS with a caller within the time given.
    pub(crate) async fn agree(&self, stream: TcpStream, limit: Duration) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(self.server.load_full());
        match timeout(limit, acceptor.accept(stream)).await {
            Ok(agreed) => agreed,
            Err(_) => {
                Err(io::Error::new(io::ErrorKind::TimedOut, "the caller did not finish the TLS handshake"))
            }
        }
    }

    /// Reads the files again and again until dropped. A pair that is not usable leaves the last one in force.
    pub(crate) async fn follow(&self) {
        loop {
            sleep(self.reload).await;
            match self.reload().await {
                Ok(Reloaded::Same) => {}
                Ok(Reloaded::SameKey) => {
                    tracing::info!("serving TLS with a renewed certificate of the same key")
                }
                Ok(Reloaded::NewKey) => tracing::info!("serving TLS with a new key"),
                Err(error) => {
                    tracing::error!(cause = %error, "the new TLS files are not usable; the last certificate stays in force");
                }
            }
        }
    }

    /// Both files are judged before either takes effect, and each state of them once.
    async fn reload(&self) -> Result<Reloaded, TlsError> {
        let (contents, read) = self.files.read().await?;
        if *self.read.borrow() == read {
            return Ok(Reloaded::Same);
        }
        self.read.send_replace(read);
        let Pair { server, published } = self.files.pair(&contents)?;
        self.server.store(server);
        let renewed = self.published.send_if_modified(|current| {
            let differs = *current != published;
            *current = published;
            differs
        });
        Ok(if renewed { Reloaded::NewKey } else { Reloaded::SameKey })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reloaded {
    /// The files are as they were.
    Same,
    SameKey,
    NewKey,
}

/// The bytes of the certificate's and of the key's file.
type Contents = [Vec<u8>; 2];

impl Files {
    async fn read(&self) -> Result<(Contents, [Digest; 2]), TlsError> {
        let certificate = read_file(CERTIFICATE, &self.certificate).await?;
        let key = read_file(KEY, &self.key).await?;
        let digests = [Digest::of(&certificate), Digest::of(&key)];
        Ok(([certificate, key], digests))
    }

    fn pair(&self, [certificate, key]: &Contents) -> Result<Pair, TlsError> {
        let not_certificate = |reason| unusable(&self.certificate, reason);
        let not_key = |reason: String| TlsError::File {
            setting: KEY,
            path: self.key.clone(),
            reason,
            wanted: "a PEM file with one private key (RSA, ECDSA or Ed25519) that is not encrypted",
        };
        let (chain, published) = chain_of(&self.certificate, certificate)?;

        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| not_key(said(&error)))?;
        let provider = Arc::new(ring::default_provider());
        let key = provider.key_provider.load_private_key(key).map_err(|error| not_key(error.to_string()))?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            Ok(()) => {}
            Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                return Err(TlsError::Mismatch {
                    certificate: self.certificate.clone(),
                    key: self.key.clone(),
                });
            }
            Err(error) => return Err(not_key(error.to_string())),
        }
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| not_certificate(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Pair { server: Arc::new(server), published })
    }
}

fn unusable(certificate: &Path, reason: String) -> TlsError {
    TlsError::File {
        setting: CERTIFICATE,
        path: certificate.to_owned(),
        reason,
        wanted: "a PEM file with the axon's certificate, and after it those of its issuers if there are any",
    }
}

/// The certificates in a file, and what is published for the first of them.
fn chain_of(
    path: &Path,
    content: &[u8],
) -> Result<(Vec<CertificateDer<'static>>, AxonCertificate), TlsError> {
    let chain = CertificateDer::pem_slice_iter(content).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| unusable(path, said(&error)))?;
    let own = chain.first().ok_or_else(|| unusable(path, said(&pem::Error::NoItemsFound)))?;
    let parsed = ParsedCertificate::try_from(own).map_err(|error| unusable(path, error.to_string()))?;
    let published = AxonCertificate::of_public_key(parsed.subject_public_key_info().as_ref());
    Ok((chain, published))
}

/// What an axon that serves TLS with the certificate in this PEM file publishes.
///
/// # Errors
/// [`TlsError`]: the file can't be read, or has no certificate.
pub async fn published_key(certificate: &Path) -> Result<AxonCertificate, TlsError> {
    let content = read_file(CERTIFICATE, certificate).await?;
    chain_of(certificate, &content).map(|(_, published)| published)
}

async fn read_file(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    let owned = path.to_owned();
    let reading = spawn_blocking(move || {
        let mut bytes = Vec::new();
        let read = std::fs::File::open(owned)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
        if read as u64 > MAX_FILE {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("it has more than {MAX_FILE} bytes"),
            ));
        }
        Ok(bytes)
    });
    let read = reading.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    read.map_err(|source| TlsError::Read { setting, path: path.to_owned(), source })
}

fn said(error: &pem::Error) -> String {
    match error {
        pem::Error::NoItemsFound => "there is none in it".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
    use tempfile::TempDir;

    /// A certificate and its key, in PEM.
    fn issue(key: &KeyPair) -> (String, String) {
        let params = CertificateParams::new(vec!["axon".to_owned()]).unwrap();
        (params.self_signed(key).unwrap().pem(), key.serialize_pem())
    }

    fn write(directory: &TempDir, certificate: &str, key: &str) -> MinerConfig {
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("axon.crt"), certificate).unwrap();
        std::fs::write(path("axon.key"), key).unwrap();
        MinerConfig {
            tls_certificate: Some(path("axon.crt")),
            tls_key: Some(path("axon.key")),
            ..MinerConfig::default()
        }
    }

    async fn refused(directory: &TempDir, certificate: &str, key: &str) -> String {
        match Tls::open(&write(directory, certificate, key)).await {
            Ok(_) => panic!("the pair was taken"),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn the_key_of_every_kind_is_published_in_its_form() {
        let directory = TempDir::new().unwrap();
        for (kind, algorithm) in [
            (&PKCS_ED25519, AxonCertificate::ED25519),
            (&PKCS_ECDSA_P256_SHA256, AxonCertificate::ECDSA_P256),
            (&PKCS_ECDSA_P384_SHA384, AxonCertificate::SPKI_SHA256),
        ] {
            let key = KeyPair::generate_for(kind).unwrap();
            let (certificate, pem) = issue(&key);
            let tls = Tls::open(&write(&directory, &certificate, &pem)).await.unwrap().unwrap();
            let published = tls.published().borrow().clone();
            assert_eq!(published.algorithm, algorithm);
            let raw = key.public_key_raw();
            match algorithm {
                AxonCertificate::ED25519 => assert_eq!(published.public_key, raw),
                AxonCertificate::ECDSA_P256 => assert_eq!(published.public_key, raw[1..]),
                _ => {
                    let spki = rcgen::PublicKeyData::subject_public_key_info(&key);
                    assert_eq!(published.public_key, Digest::of(&spki).as_bytes());
                }
            }
        }
    }

    #[tokio::test]
    async fn mistakes_name_the_setting_and_the_remedy() {
        let directory = TempDir::new().unwrap();
        let (own, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let ((certificate, key), (_, other_key)) = (issue(&own), issue(&other));
        for (sentence, setting) in [
            (refused(&directory, "", &key).await, "`tls_certificate`"),
            (refused(&directory, &key, &key).await, "`tls_certificate`"),
            (refused(&directory, "-----BEGIN CERTIFICATE-----\n????\n", &key).await, "`tls_certificate`"),
            (refused(&directory, &certificate, &certificate).await, "`tls_key`"),
            (refused(&directory, &certificate, "").await, "`tls_key`"),
            (refused(&directory, &certificate, &other_key).await, "`tls_key`"),
        ] {
            assert!(sentence.contains(setting) && sentence.contains("set "), "{sentence}");
        }
        std::fs::remove_file(directory.path().join("axon.crt")).unwrap();
        let config = MinerConfig {
            tls_certificate: Some(directory.path().join("axon.crt")),
            tls_key: Some(directory.path().join("axon.key")),
            ..MinerConfig::default()
        };
        let sentence = Tls::open(&config).await.err().unwrap().to_string();
        assert!(sentence.contains("`tls_certificate`") && sentence.contains("axon.crt"), "{sentence}");
    }

    #[tokio::test]
    async fn a_broken_pair_changes_nothing_and_a_good_one_everything() {
        let directory = TempDir::new().unwrap();
        let (first, second) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let (certificate, key) = issue(&first);
        let tls = Tls::open(&write(&directory, &certificate, &key)).await.unwrap().unwrap();
        let mut published = tls.published();
        let before = (published.borrow_and_update().clone(), tls.server.load_full());
        assert_eq!(tls.reload().await.unwrap(), Reloaded::Same);

        let (next, next_key) = issue(&second);
        write(&directory, &next, &key);
        assert!(matches!(tls.reload().await, Err(TlsError::Mismatch { .. })), "only the certificate is new");
        assert_eq!(tls.reload().await.unwrap(), Reloaded::Same, "a mistake is told once");
        assert!(!published.has_changed().unwrap());
        assert!(Arc::ptr_eq(&before.1, &tls.server.load_full()));

        write(&directory, &next, &next_key);
        assert_eq!(tls.reload().await.unwrap(), Reloaded::NewKey);
        assert_ne!(*published.borrow_and_update(), before.0);
        assert!(!Arc::ptr_eq(&before.1, &tls.server.load_full()));

        write(&directory, &issue(&second).0, &next_key);
        assert_eq!(tls.reload().await.unwrap(), Reloaded::SameKey);
        assert!(!published.has_changed().unwrap(), "the same key needs no publishing");
    }
}
