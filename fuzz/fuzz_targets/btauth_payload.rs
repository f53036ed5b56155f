//! Signing and the signed lines: what is signed verifies, and no two requests have the same lines.

#![no_main]

use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};
use subnetkit_protocol::{
    Keypair, Scheme,
    btauth::{
        BodyDigest, Payload, Policy, ReplaySettings, ReplayStore, Unsigned, Verifier, is_signable, sign,
    },
};

#[derive(Arbitrary, Debug)]
struct Request {
    ed25519: bool,
    sender: u8,
    receiver: Option<u8>,
    method: String,
    target: String,
    body: Vec<u8>,
    nonce: u64,
}

impl Request {
    fn sender(&self) -> Keypair {
        let scheme = if self.ed25519 { Scheme::Ed25519 } else { Scheme::Sr25519 };
        Keypair::from_mini_secret([self.sender; 32], scheme)
    }

    fn payload(&self) -> Payload<'_> {
        Payload {
            scheme: self.sender().scheme(),
            method: &self.method,
            target: &self.target,
            body: BodyDigest::of(&self.body),
            nonce: u128::from(self.nonce),
            sender: self.sender().account(),
            receiver: self.receiver.map(|receiver| [receiver; 32].into()),
        }
    }

    /// Everything that the signature is to tell apart.
    fn parts(&self) -> impl PartialEq + '_ {
        let payload = self.payload();
        let method = self.method.to_ascii_uppercase();
        (payload.scheme, method, &self.target, &self.body, self.nonce, payload.sender, payload.receiver)
    }
}

fuzz_target!(|requests: (Request, Request)| {
    let (one, other) = &requests;
    if let (Some(first), Some(second)) = (one.payload().to_bytes(), other.payload().to_bytes()) {
        assert_eq!(first == second, one.parts() == other.parts());
        assert_eq!(first.split(|byte| *byte == b'\n').count(), 8);
    }
    let keypair = one.sender();
    let receiver = one.receiver.map(|receiver| [receiver; 32].into());
    let unsigned = Unsigned {
        method: &one.method,
        target: &one.target,
        body: &one.body,
        receiver: receiver.as_ref(),
        nonce: one.nonce,
    };
    let signed = sign(&keypair, &unsigned);
    let signable = is_signable(&one.method) && is_signable(&one.target) && one.target.starts_with('/');
    assert_eq!(signed.is_ok(), signable);
    let Ok(headers) = signed else { return };
    let own = receiver.unwrap_or([0; 32].into());
    let policy = Policy {
        require_receiver: receiver.is_some(),
        expected_scheme: Some(keypair.scheme()),
        ..Policy::new(own)
    };
    let verifier = Verifier::new(policy, ReplayStore::new(ReplaySettings::default()).unwrap()).unwrap();
    let received = || headers.iter().map(|(name, value)| (*name, value.as_bytes()));
    let now = u128::from(one.nonce);
    let claims = verifier.verify(&one.method, &one.target, received(), &one.body, now).unwrap();
    assert_eq!((claims.sender, claims.nonce), (keypair.account(), now));
    // The headers fit no other request.
    let tampered = !one.method.eq_ignore_ascii_case(&other.method)
        || one.target != other.target
        || one.body != other.body;
    assert_eq!(claims.verify(&other.method, &other.target, &other.body).is_err(), tampered);
});
