//! The replay store: exactly once, bounded, and nobody's nonces at another's expense.

use std::{
    sync::{Barrier, atomic::AtomicUsize, atomic::Ordering},
    thread,
    time::Duration,
};

use subnetkit_protocol::{
    AccountId,
    btauth::{
        Attempt, AuthError, AuthErrorKind, ConfigError, Fingerprint, NonceMemory, ReplaySettings, ReplayStore,
    },
};

const SECOND: u128 = 1_000_000_000;
const NOW: u128 = 1_752_076_800 * SECOND;

fn sender(number: u8) -> AccountId {
    AccountId::from_bytes([number; 32])
}

fn store(max_entries: usize, max_entries_per_sender: usize) -> ReplayStore {
    let settings = ReplaySettings {
        retention: Duration::from_secs(60),
        max_entries,
        max_entries_per_sender,
        not_before_ns: None,
    };
    ReplayStore::new(settings).unwrap()
}

fn attempt(number: u8, nonce: u128) -> Attempt {
    Attempt { sender: sender(number), nonce, fingerprint: Fingerprint::of(b"payload", &[number; 64]) }
}

fn insert(store: &ReplayStore, number: u8, nonce: u128, now: u128) -> Result<(), AuthError> {
    store.insert(&attempt(number, nonce), now)
}

fn refusal(store: &ReplayStore, number: u8, nonce: u128, now: u128) -> AuthErrorKind {
    insert(store, number, nonce, now).unwrap_err().kind()
}

#[test]
fn of_many_concurrent_copies_exactly_one_is_accepted() {
    const COPIES: usize = 32;
    let store = store(1_000, 1_000);
    for round in 0..50 {
        let barrier = Barrier::new(COPIES);
        let accepted = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..COPIES {
                scope.spawn(|| {
                    barrier.wait();
                    if insert(&store, 1, NOW + round, NOW).is_ok() {
                        accepted.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(accepted.into_inner(), 1);
    }
}

#[test]
fn a_flood_fills_only_the_flooders_share() {
    let store = store(100, 10);
    insert(&store, 1, NOW, NOW).unwrap();
    for nonce in 0..10 {
        insert(&store, 2, NOW + nonce, NOW).unwrap();
    }
    for nonce in 10..1_000 {
        assert_eq!(refusal(&store, 2, NOW + nonce, NOW), AuthErrorKind::SenderFlooding);
    }
    assert_eq!(store.len(), 11);
    assert_eq!(refusal(&store, 1, NOW, NOW), AuthErrorKind::ReplayedRequest, "still remembered");
    insert(&store, 1, NOW + 1, NOW).unwrap();
    assert_eq!(refusal(&store, 2, NOW, NOW), AuthErrorKind::ReplayedRequest, "a replay stays a replay");
}

#[test]
fn a_full_store_refuses_newcomers_and_forgets_nobody() {
    let store = store(20, 10);
    for number in 0..20 {
        insert(&store, number, NOW, NOW).unwrap();
    }
    let refused = insert(&store, 99, NOW, NOW).unwrap_err();
    assert_eq!(refused.kind(), AuthErrorKind::ReplayStoreFull);
    assert_eq!(refused.kind().http_status(), 503);
    assert!(refused.is_retryable());
    for number in 0..20 {
        assert_eq!(refusal(&store, number, NOW, NOW), AuthErrorKind::ReplayedRequest);
    }
}

#[test]
fn room_returns_when_nonces_expire() {
    let store = store(20, 10);
    for nonce in 0..10 {
        insert(&store, 1, NOW + nonce, NOW).unwrap();
    }
    let at_the_edge = NOW + 60 * SECOND;
    assert_eq!(refusal(&store, 1, NOW, at_the_edge), AuthErrorKind::ReplayedRequest, "kept to the last ns");
    let later = at_the_edge + 10;
    assert_eq!(refusal(&store, 1, NOW, later), AuthErrorKind::StaleRequest, "forgotten, yet not reopened");
    insert(&store, 1, later, later).unwrap();
    assert_eq!(store.len(), 1);
}

#[test]
fn a_nonce_older_than_the_memory_is_refused_even_if_never_seen() {
    let store = store(20, 10);
    insert(&store, 1, NOW - 60 * SECOND, NOW).unwrap();
    assert_eq!(refusal(&store, 1, NOW - 60 * SECOND - 1, NOW), AuthErrorKind::StaleRequest);
    assert_eq!(store.len(), 1);
}

#[test]
fn a_clock_that_steps_back_reopens_nothing() {
    let store = store(20, 10);
    insert(&store, 1, NOW, NOW).unwrap();
    let glitch = NOW + 3_600 * SECOND;
    insert(&store, 2, glitch, glitch).unwrap();
    assert_eq!(refusal(&store, 1, NOW, NOW + SECOND), AuthErrorKind::ReplayedRequest, "not yet forgotten");
    insert(&store, 1, glitch, glitch).unwrap();
    assert_eq!(refusal(&store, 1, NOW, NOW + SECOND), AuthErrorKind::StaleRequest, "forgotten, not reopened");
    insert(&store, 1, NOW + 1, NOW + SECOND).unwrap();
}

#[test]
fn nonces_the_store_would_hold_for_too_long_are_refused() {
    let store = store(20, 10);
    insert(&store, 1, NOW + 60 * SECOND, NOW).unwrap();
    assert_eq!(refusal(&store, 1, NOW + 60 * SECOND + 1, NOW), AuthErrorKind::StaleRequest);
    assert_eq!(refusal(&store, 1, u128::MAX, NOW), AuthErrorKind::StaleRequest);
}

#[test]
fn a_restarted_store_refuses_what_its_predecessor_may_have_accepted() {
    let settings = ReplaySettings { not_before_ns: Some(NOW), ..ReplaySettings::default() };
    let store = ReplayStore::new(settings).unwrap();
    assert_eq!(refusal(&store, 1, NOW - 1, NOW), AuthErrorKind::StaleRequest);
    assert!(store.is_empty());
    insert(&store, 1, NOW, NOW).unwrap();
}

#[test]
fn bounds_of_zero_are_configuration_errors() {
    let default = ReplaySettings::default();
    let no_entries = ReplaySettings { max_entries: 0, ..default.clone() };
    let no_entries_each = ReplaySettings { max_entries_per_sender: 0, ..default };
    assert_eq!(ReplayStore::new(no_entries).unwrap_err(), ConfigError::ZeroBound { setting: "max_entries" });
    assert_eq!(
        ReplayStore::new(no_entries_each).unwrap_err(),
        ConfigError::ZeroBound { setting: "max_entries_per_sender" }
    );
}

#[test]
fn a_copy_is_told_from_another_request_with_the_same_nonce() {
    let store = store(20, 10);
    let accepted = attempt(1, NOW);
    assert!(!store.is_copy(&accepted));
    store.insert(&accepted, NOW).unwrap();
    assert!(store.is_copy(&accepted));
    let tampered = Attempt { fingerprint: Fingerprint::of(b"other payload", &[1; 64]), ..accepted };
    let signed_again = Attempt { fingerprint: Fingerprint::of(b"payload", &[2; 64]), ..accepted };
    let of_another = Attempt { sender: sender(2), ..accepted };
    for other in [tampered, signed_again, of_another] {
        assert!(!store.is_copy(&other), "{other:?}");
    }
    let refused = store.insert(&tampered, NOW).unwrap_err();
    assert_eq!(refused.kind(), AuthErrorKind::ReplayedRequest, "whatever it says, the nonce is used up");
}

#[test]
fn flooders_together_leave_half_the_room_to_those_with_few_nonces() {
    let store = store(200, 150);
    for number in 1..=50 {
        let mut nonce = NOW;
        while insert(&store, number, nonce, NOW).is_ok() {
            nonce += 1;
        }
    }
    assert_eq!(store.len(), 100 + 50);
    for number in 51..=100 {
        insert(&store, number, NOW, NOW).unwrap();
    }
    assert_eq!(refusal(&store, 101, NOW, NOW), AuthErrorKind::ReplayStoreFull);
    let later = NOW + 61 * SECOND;
    insert(&store, 101, later, later).unwrap();
}

#[test]
fn room_returns_from_senders_that_fell_silent() {
    let store = store(20, 10);
    for number in 0..20 {
        insert(&store, number, NOW, NOW).unwrap();
    }
    assert_eq!(refusal(&store, 99, NOW + SECOND, NOW + SECOND), AuthErrorKind::ReplayStoreFull);
    let later = NOW + 61 * SECOND;
    for number in 0..20 {
        insert(&store, number, later, later).unwrap();
    }
    assert_eq!(store.len(), 20);
}
