//! TLS to axons, with the key their miners published.

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
use rcgen::{PublicKeyData, SignatureAlgorithm};
use subnetkit_chain::AxonCertificate;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::*;

/// A key pair, and a certificate it has signed for itself.
struct Identity {
    keys: KeyPair,
    certificate: CertificateDer<'static>,
}

impl Identity {
    fn new(algorithm: &'static SignatureAlgorithm) -> Self {
        let keys = KeyPair::generate_for(algorithm).unwrap();
        let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&keys).unwrap();
        Self { certificate: certificate.der().clone(), keys }
    }

    fn published(&self) -> AxonCertificate {
        AxonCertificate::of_public_key(&self.keys.subject_public_key_info())
    }
}

/// Shows a certificate and signs with a key, which need not belong together.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// A TLS server that shows one identity's certificate, signs with another's key, and answers 42 to every request it
/// counts.
async fn tls_server(shown: &Identity, signing: &Identity) -> (SocketAddr, Arc<AtomicUsize>) {
    let provider = Arc::new(ring::default_provider());
    let key = PrivateKeyDer::try_from(signing.keys.serialize_der()).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let shown = Shown(Arc::new(CertifiedKey::new(vec![shown.certificate.clone()], key)));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let (acceptor, count) = (acceptor.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                let Ok(mut tls) = acceptor.accept(tcp).await else { return };
                let mut bytes = [0; 4096];
                // A request is small enough to come in one piece.
                while tls.read(&mut bytes).await.is_ok_and(|n| n > 0) {
                    count.fetch_add(1, Ordering::SeqCst);
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{\"n\":42}";
                    if tls.write_all(answer).await.is_err() || tls.flush().await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, requests)
}

#[tokio::test]
async fn a_server_that_holds_the_published_key_is_asked() {
    for (algorithm, number) in
        [(&PKCS_ED25519, 1), (&PKCS_ECDSA_P256_SHA256, 2), (&PKCS_ECDSA_P384_SHA384, 3)]
    {
        let bobs = Identity::new(algorithm);
        assert_eq!(bobs.published().algorithm, number);
        let (address, requests) = tls_server(&bobs, &bobs).await;
        let endpoint = bob(address).with_certificate(bobs.published());
        let dendrite = dendrite();
        for n in 1..=3 {
            let answer = dendrite.ask::<Double>(&endpoint, &request(21), None).await.unwrap();
            assert_eq!(answer.outcome.kind(), OutcomeKind::Answered, "{answer:?}");
            assert_eq!(requests.load(Ordering::SeqCst), n);
        }
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_with_another_key() {
    let (bobs, eves) = (Identity::new(&PKCS_ED25519), Identity::new(&PKCS_ED25519));
    for (what, (address, requests)) in [
        ("its own key", tls_server(&eves, &eves).await),
        ("the right certificate without its key", tls_server(&bobs, &eves).await),
    ] {
        let endpoint = bob(address).with_certificate(bobs.published());
        let answer = dendrite().ask::<Double>(&endpoint, &request(21), None).await.unwrap();
        let Outcome::Forged { reason } = answer.outcome else { panic!("{what}: {answer:?}") };
        assert!(reason.contains("TLS key"), "{what}: {reason}");
        assert_eq!(requests.load(Ordering::SeqCst), 0, "{what}");
    }
}

#[tokio::test]
async fn a_connection_proven_for_one_key_serves_no_other() {
    let (bobs, eves) = (Identity::new(&PKCS_ED25519), Identity::new(&PKCS_ED25519));
    let (address, requests) = tls_server(&bobs, &bobs).await;
    let dendrite = dendrite();
    let ask = async |endpoint: Endpoint| {
        dendrite.ask::<Double>(&endpoint, &request(21), None).await.unwrap().outcome.kind()
    };
    assert_eq!(ask(bob(address).with_certificate(bobs.published())).await, OutcomeKind::Answered);
    // The connection is open and idle, at the same address.
    assert_eq!(ask(bob(address).with_certificate(eves.published())).await, OutcomeKind::Forged);
    assert_ne!(ask(bob(address)).await, OutcomeKind::Answered, "in the clear");
    assert_eq!(requests.load(Ordering::SeqCst), 1);
    assert_eq!(ask(bob(address).with_certificate(bobs.published())).await, OutcomeKind::Answered);
}

#[tokio::test]
async fn a_published_key_is_never_passed_over() {
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    let plain = server(move || {
        count.fetch_add(1, Ordering::SeqCst);
        ok("{\"n\":42}")
    })
    .await;
    let ask = async |certificate| {
        let endpoint = bob(plain).with_certificate(certificate);
        dendrite().ask::<Double>(&endpoint, &request(21), None).await.unwrap().outcome
    };
    let published = Identity::new(&PKCS_ED25519).published();
    let Outcome::Unreachable { reason } = ask(published).await else { panic!("it speaks no TLS") };
    assert!(reason.contains("TLS"), "{reason}");
    let strange = AxonCertificate { algorithm: 9, public_key: vec![1; 32] };
    let Outcome::NotServing { reason } = ask(strange).await else { panic!("no such algorithm") };
    assert!(reason.contains("algorithm 9"), "{reason}");
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}
