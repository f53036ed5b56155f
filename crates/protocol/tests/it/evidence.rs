//! A signed request and its signed answer, checked by somebody else.

use subnetkit_protocol::btauth::response::{self, sign_response};
use subnetkit_protocol::btauth::{BodyDigest, Evidence, EvidenceError, Payload};
use subnetkit_protocol::{Keypair, Scheme};

const REQUEST: &[u8] = br#"{"factors": [6, 7]}"#;
const RESPONSE: &[u8] = br#"{"product": 42}"#;

fn evidence(caller_scheme: Scheme, signer_scheme: Scheme) -> Evidence {
    let caller = Keypair::from_uri("//Alice", caller_scheme).unwrap();
    let signer = Keypair::from_uri("//Bob", signer_scheme).unwrap();
    let request = Payload {
        scheme: caller_scheme,
        method: "POST",
        target: "/product",
        body: BodyDigest::of(REQUEST),
        nonce: 1_752_076_800_000_000_000,
        sender: caller.account(),
        receiver: Some(signer.account()),
    };
    let request_signature = request.sign(&caller).unwrap();
    let body = BodyDigest::of(RESPONSE);
    let headers = sign_response(&signer, 200, body, &request_signature, &caller.account());
    let headers = headers.iter().map(|(name, value)| (*name, value.as_bytes()));
    let (by, to) = (signer.account(), caller.account());
    let unproven = response::read_response(headers, &by, &to, 200, body, &request_signature, None).unwrap();
    assert_eq!(unproven.scheme, signer_scheme);
    Evidence {
        method: "POST".to_owned(),
        target: "/product".to_owned(),
        request_body: request.body,
        nonce: request.nonce,
        caller: caller.account(),
        caller_scheme,
        request_signature,
        status: 200,
        response_body: body,
        signer: signer.account(),
        signer_scheme,
        response_signature: unproven.signature,
    }
}

#[test]
fn evidence_is_checked_without_the_two_it_is_about() {
    for (caller, signer) in [(Scheme::Sr25519, Scheme::Sr25519), (Scheme::Ed25519, Scheme::Sr25519)] {
        let evidence = evidence(caller, signer);
        let written = serde_json::to_string(&evidence).unwrap();
        let read: Evidence = serde_json::from_str(&written).unwrap();
        assert_eq!(read, evidence);
        assert_eq!(read.verify(), Ok(()));
        assert!(read.is_of(REQUEST, RESPONSE));
        assert!(!read.is_of(REQUEST, b"{\"product\": 43}") && !read.is_of(b"{}", RESPONSE));
    }
}

#[test]
fn whatever_is_changed_is_no_evidence_any_more() {
    type Change = fn(&mut Evidence);
    let stranger = || Keypair::from_uri("//Eve", Scheme::Sr25519).unwrap().account();
    assert_ne!(stranger(), evidence(Scheme::Sr25519, Scheme::Sr25519).signer);
    let of_request: [Change; 7] = [
        |evidence| evidence.method = "PUT".to_owned(),
        |evidence| evidence.target = "/product ".to_owned(),
        |evidence| evidence.request_body = BodyDigest::of(b""),
        |evidence| evidence.nonce += 1,
        |evidence| evidence.caller = evidence.signer,
        |evidence| evidence.signer = evidence.caller,
        |evidence| evidence.request_signature[0] ^= 1,
    ];
    let of_response: [Change; 4] = [
        |evidence| evidence.status = 503,
        |evidence| evidence.response_body = BodyDigest::of(b""),
        |evidence| evidence.signer_scheme = Scheme::Ed25519,
        |evidence| evidence.response_signature[0] ^= 1,
    ];
    for (changes, error) in
        [(&of_request[..], EvidenceError::Request), (&of_response[..], EvidenceError::Response)]
    {
        for (index, change) in changes.iter().enumerate() {
            let mut evidence = evidence(Scheme::Sr25519, Scheme::Sr25519);
            change(&mut evidence);
            assert_eq!(evidence.verify(), Err(error), "{index}");
        }
    }
}

#[test]
fn what_is_not_written_as_evidence_is_not_read() {
    let written = serde_json::to_value(evidence(Scheme::Sr25519, Scheme::Sr25519)).unwrap();
    for (field, value) in [
        ("protocol", serde_json::json!("btauth-evidence/2")),
        ("nonce", "-1".into()),
        ("request_signature", "00".into()),
        ("response_body_sha256", "zz".into()),
        ("extra", "x".into()),
    ] {
        let mut changed = written.clone();
        changed[field] = value;
        assert!(serde_json::from_value::<Evidence>(changed).is_err(), "{field}");
    }
}
