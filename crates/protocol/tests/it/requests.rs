//! What the signer puts on a request and what it refuses to sign.

use std::{collections::HashSet, thread};

use subnetkit_protocol::{
    Keypair, Scheme,
    btauth::{self, NonceClock, SignError, Unsigned},
};

fn signed(scheme: Scheme, request: Unsigned<'_>) -> Result<Vec<(&'static str, String)>, SignError> {
    btauth::sign(&Keypair::from_uri("//Alice", scheme).unwrap(), &request)
}

fn request<'a>(method: &'a str, target: &'a str) -> Unsigned<'a> {
    Unsigned { method, target, body: b"", receiver: None, nonce: 1 }
}

#[test]
fn optional_headers_appear_only_when_they_say_something() {
    let names = |scheme, request| -> Vec<&str> {
        signed(scheme, request).unwrap().into_iter().map(|(name, _)| name).collect()
    };
    let basic = [btauth::VERSION, btauth::HOTKEY, btauth::NONCE, btauth::SIGNATURE];
    assert_eq!(names(Scheme::Sr25519, request("GET", "/")), basic);

    let receiver = Keypair::from_uri("//Bob", Scheme::Sr25519).unwrap().account();
    let bound = Unsigned { receiver: Some(&receiver), ..request("GET", "/") };
    let all = [&basic[..], &[btauth::CRYPTO, btauth::RECEIVER]].concat();
    assert_eq!(names(Scheme::Ed25519, bound), all);
}

#[test]
fn the_method_is_signed_in_upper_case() {
    let signature = |method| {
        let headers = signed(Scheme::Ed25519, request(method, "/x")).unwrap();
        headers.into_iter().find(|(name, _)| *name == btauth::SIGNATURE).unwrap()
    };
    assert_eq!(signature("post"), signature("POST"));
    assert_ne!(signature("POST"), signature("GET"));
}

#[test]
fn text_that_could_move_between_lines_is_not_signed() {
    let refused = |method, target| signed(Scheme::Sr25519, request(method, target)).unwrap_err();
    for method in ["", "GET\n/", "GE T", "GÉT", "G\u{7f}"] {
        assert_eq!(refused(method, "/"), SignError::Method, "{method:?}");
    }
    for target in ["", "/x\ny", "/a b", "/ü", "/\r", "/\u{0}", "/\u{7f}"] {
        assert_eq!(refused("GET", target), SignError::Target, "{target:?}");
    }
    assert_eq!(refused("GET", "http://host/x"), SignError::TargetForm);
}

#[test]
fn nonces_of_concurrent_clients_are_distinct() {
    let nonces: Vec<u64> = thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let clock = NonceClock::new();
                    (0..1_000).map(|_| clock.next()).collect::<Vec<_>>()
                })
            })
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    let distinct: HashSet<u64> = nonces.iter().copied().collect();
    assert_eq!(distinct.len(), 8_000);
}
