//! Nonces meant to spoil what the honest caller sends next.

use subnetkit_protocol::btauth::{self, NonceClock, Unsigned};

use super::{
    replays::without_limits,
    wire::{alice_is_served, connect, exchange, request},
};
use crate::support::{ask, key, start};

#[tokio::test]
async fn no_nonce_locks_the_honest_caller_out() {
    let axon = start(without_limits()).await;
    let (alice, body, now) = (key("Alice"), ask("hi"), NonceClock::new().next());
    let signed = |nonce| {
        let unsigned =
            Unsigned { method: "POST", target: "/echo", body: &body, receiver: Some(&axon.own), nonce };
        btauth::sign(&alice, &unsigned).unwrap()
    };
    let second = 1_000_000_000;
    let mut stream = connect(axon.address, 1).await.unwrap();
    for nonce in [now + 60 * second, now + 3_600 * second, u64::MAX, 0, 1, now - 3_600 * second] {
        let (status, said) = exchange(&mut stream, &request(&signed(nonce), &body)).await.unwrap();
        assert!(status == 401 && said.contains("stale_request"), "{nonce}: {status} {said}");
    }
    let beyond_128_bits = "9".repeat(200);
    let digits_without_end = "9".repeat(5_000);
    for (nonce, kind) in [
        ("340282366920938463463374607431768211455", "stale_request"),
        ("340282366920938463463374607431768211456", "stale_request"),
        (&beyond_128_bits, "stale_request"),
        (&digits_without_end, "malformed_auth"),
        ("-1", "malformed_auth"),
        ("1e30", "malformed_auth"),
        ("+1", "malformed_auth"),
        ("0x7fffffffffffffff", "malformed_auth"),
        ("", "malformed_auth"),
    ] {
        let mut headers = signed(now);
        headers
            .iter_mut()
            .filter(|(name, _)| *name == btauth::NONCE)
            .for_each(|(_, value)| *value = nonce.into());
        let (status, said) = exchange(&mut stream, &request(&headers, &body)).await.unwrap();
        assert!(status == 401 && said.contains(kind), "{nonce}: {status} {said}");
    }
    // As far ahead as is allowed, and then the present again: nonces need not increase.
    let (status, said) = exchange(&mut stream, &request(&signed(now + second), &body)).await.unwrap();
    assert_eq!(status, 200, "{said}");
    alice_is_served(&axon, 1, 10).await;
}
