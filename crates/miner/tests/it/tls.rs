//! TLS: who agrees on it is answered, who does not costs nobody else, and a new pair is taken without a restart.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, KeyPair};
use subnetkit_chain::AxonCertificate;
use subnetkit_miner::{Axon, BindError, MinerConfig};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime},
        server::ParsedCertificate,
    },
};

use crate::support::{Echo, Parrot, Running, ask, config, key, start};

/// Takes any certificate whose key signs the handshake; the test looks at the key afterwards.
#[derive(Debug)]
struct Curious(CryptoProvider);

impl ServerCertVerifier for Curious {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

async fn dial(address: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
    let provider = ring::default_provider();
    let client = ClientConfig::builder_with_provider(Arc::new(provider.clone()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Curious(provider)))
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(client)).connect(ServerName::from(address.ip()), stream).await
}

/// The key the axon shows.
fn shown(stream: &TlsStream<TcpStream>) -> AxonCertificate {
    let certificate = &stream.get_ref().1.peer_certificates().unwrap()[0];
    let parsed = ParsedCertificate::try_from(certificate).unwrap();
    AxonCertificate::of_public_key(parsed.subject_public_key_info().as_ref())
}

/// Asks the parrot over an agreed connection.
async fn say(axon: &Running, stream: TlsStream<TcpStream>, word: &str) -> u16 {
    let body = ask(word);
    let headers = axon.headers(&key("Alice"), "/echo", &body);
    let request = Request::post("/echo").header("host", "axon").header("content-type", "application/json");
    let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request.body(Full::new(Bytes::from(body))).unwrap()).await.unwrap();
    connection.abort();
    response.status().as_u16()
}

fn issue(directory: &Path) -> MinerConfig {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["axon".to_owned()]).unwrap().self_signed(&key).unwrap();
    let (certificate_path, key_path) = (directory.join("axon.crt"), directory.join("axon.key"));
    std::fs::write(&certificate_path, certificate.pem()).unwrap();
    std::fs::write(&key_path, key.serialize_pem()).unwrap();
    MinerConfig {
        tls_certificate: Some(certificate_path),
        tls_key: Some(key_path),
        tls_reload: Duration::from_millis(20),
        ..config()
    }
}

#[tokio::test]
async fn a_caller_over_tls_is_answered_and_shown_the_published_key() {
    let directory = TempDir::new().unwrap();
    let axon = start(issue(directory.path())).await;
    let stream = dial(axon.address).await.unwrap();
    assert_eq!(shown(&stream), *axon.certificate.as_ref().unwrap().borrow());
    assert_eq!(say(&axon, stream, "hi").await, 200);
    assert!(axon.signed("Alice", "/echo", ask("hi")).send().await.is_err(), "nothing is served in the clear");
}

#[tokio::test]
async fn without_a_certificate_there_is_none() {
    let axon = start(config()).await;
    assert!(axon.certificate.is_none());
    assert!(dial(axon.address).await.is_err());
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
}

#[tokio::test]
async fn a_failed_handshake_costs_its_own_connection_only() {
    let directory = TempDir::new().unwrap();
    let config = MinerConfig {
        header_timeout: Duration::from_millis(300),
        max_connections: 3,
        operator_listen: Some(config().listen),
        ..issue(directory.path())
    };
    let axon = start(config).await;
    let agreed = dial(axon.address).await.unwrap();
    // One speaks something else, the other nothing at all.
    let mut stranger = TcpStream::connect(axon.address).await.unwrap();
    stranger.write_all(b"POST /echo HTTP/1.1\r\n\r\n").await.unwrap();
    let mut silent = TcpStream::connect(axon.address).await.unwrap();
    assert_eq!(say(&axon, agreed, "hi").await, 200);
    let mut rest = Vec::new();
    // Whether the end is clean or a reset, it is the end.
    let _ended = stranger.read_to_end(&mut rest).await;
    let _ended = silent.read_to_end(&mut rest).await;
    // Their places are free again.
    let (first, second) = (dial(axon.address).await.unwrap(), dial(axon.address).await.unwrap());
    let third = dial(axon.address).await.unwrap();
    for stream in [first, second, third] {
        assert_eq!(say(&axon, stream, "hi").await, 200);
    }
    let (_, metrics) = axon.get("/metrics").await;
    assert!(metrics.contains("subnetkit_axon_failed_handshakes_total 2"), "{metrics}");
}

#[tokio::test]
async fn handshakes_are_for_who_proves_itself() {
    let directory = TempDir::new().unwrap();
    let config = MinerConfig {
        rate_unproven_per_address: 0.000_001,
        burst_unproven_per_address: 3,
        ..issue(directory.path())
    };
    let axon = start(config).await;
    let caller = dial(axon.address).await.unwrap();
    let _strangers = (dial(axon.address).await.unwrap(), dial(axon.address).await.unwrap());
    assert!(dial(axon.address).await.is_err(), "a fourth that proved nothing");
    assert_eq!(say(&axon, caller, "hi").await, 200);
    for _ in 0..10 {
        let stream = dial(axon.address).await.unwrap();
        assert_eq!(say(&axon, stream, "hi").await, 200);
    }
}

#[tokio::test]
async fn a_new_pair_is_served_without_a_restart() {
    let directory = TempDir::new().unwrap();
    let axon = start(issue(directory.path())).await;
    let mut certificate = axon.certificate.clone().unwrap();
    let before = certificate.borrow_and_update().clone();
    let old = dial(axon.address).await.unwrap();
    issue(directory.path());
    certificate.changed().await.unwrap();
    let now = certificate.borrow().clone();
    assert_ne!(now, before);
    let new = dial(axon.address).await.unwrap();
    assert_eq!((shown(&old), shown(&new)), (before, now));
    assert_eq!(say(&axon, new, "hi").await, 200);
    assert_eq!(say(&axon, old, "hi").await, 200, "a connection outlives the certificate it began with");
}

#[tokio::test]
async fn a_handshake_does_not_hold_up_the_end() {
    let directory = TempDir::new().unwrap();
    let mut axon = start(issue(directory.path())).await;
    let _silent = TcpStream::connect(axon.address).await.unwrap();
    let stream = dial(axon.address).await.unwrap();
    assert_eq!(say(&axon, stream, "hi").await, 200);
    axon.shutdown.cancel();
    (&mut axon.ended).await.unwrap();
}

#[tokio::test]
async fn files_that_are_no_pair_keep_the_axon_from_starting() {
    let directory = TempDir::new().unwrap();
    let config = issue(directory.path());
    std::fs::write(directory.path().join("axon.key"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let parrot = Arc::new(Parrot { began: Default::default(), go: tokio::sync::Semaphore::new(0) });
    let error = Axon::new(key("Miner"), config).serve::<Echo>(parrot).bind().await.unwrap_err();
    assert!(matches!(error, BindError::Tls(_)), "{error}");
    assert!(error.to_string().contains("`tls_key`"), "{error}");
}
