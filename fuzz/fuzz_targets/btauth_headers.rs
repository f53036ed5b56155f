//! A signed request as a miner receives it. First line: the miner's address, the time, method, target.

#![no_main]

use libfuzzer_sys::fuzz_target;
use subnetkit_fuzz::Message;
use subnetkit_protocol::{
    AccountId, Scheme,
    btauth::{self, AuthErrorKind, Policy, ReplaySettings, ReplayStore, Verifier},
};

fuzz_target!(|data: &[u8]| {
    let Some(message) = Message::read(data) else { return };
    let [own, now, method, target] = message.words[..] else { return };
    let (Ok(own), Ok(now)) = (own.parse::<AccountId>(), now.parse::<u128>()) else { return };
    let headers = || message.headers.iter().copied();
    for require_receiver in [true, false] {
        let policy = Policy { require_receiver, ..Policy::new(own) };
        let Ok(claims) = btauth::parse(headers(), &policy, now) else { continue };

        // What was accepted has one spelling, which can be made again from what was understood.
        let said = |name| message.header(name).map(|value| String::from_utf8(value.to_vec()).unwrap());
        assert_eq!(said(btauth::HOTKEY), Some(claims.sender.to_ss58()));
        if claims.nonce < u128::MAX {
            assert_eq!(said(btauth::NONCE), Some(claims.nonce.to_string()));
        }
        assert_eq!(said(btauth::RECEIVER), claims.receiver.map(|receiver| receiver.to_ss58()));
        assert_eq!(said(btauth::CRYPTO).unwrap_or("sr25519".to_owned()), claims.scheme.to_string());
        let signature: String = claims.signature().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(said(btauth::SIGNATURE), Some(format!("0x{signature}")));
        for name in [btauth::VERSION, btauth::HOTKEY, btauth::NONCE, btauth::SIGNATURE] {
            let error = btauth::parse(message.doubled(name), &policy, now).unwrap_err();
            assert_eq!(error.kind(), AuthErrorKind::MalformedAuth);
        }
        // Another scheme than the pinned one is refused, whatever the signature.
        let other = match claims.scheme {
            Scheme::Sr25519 => Scheme::Ed25519,
            Scheme::Ed25519 => Scheme::Sr25519,
        };
        let pinned = Policy { expected_scheme: Some(other), ..policy.clone() };
        assert!(btauth::parse(headers(), &pinned, now).is_err());

        let store = ReplayStore::new(ReplaySettings::default()).unwrap();
        let verifier = Verifier::new(policy, store).unwrap();
        if verifier.verify(method, target, headers(), message.body, now).is_ok() {
            let again = verifier.verify(method, target, headers(), message.body, now).unwrap_err();
            assert_eq!(again.kind(), AuthErrorKind::ReplayedRequest);
            let other = [message.body, b"\0"].concat();
            let tampered = verifier.verify(method, target, headers(), &other, now).unwrap_err();
            assert_eq!(tampered.kind(), AuthErrorKind::BadSignature);
        }
    }
});
