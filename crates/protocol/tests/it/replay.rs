//! The replay store: exactly once, bounded, and nobody's nonces at another's expense.

use std::{
    sync::{Barrier, atomic::AtomicUsize, atomic::Ordering},
    thread,
    time::Duration,
};

use subnetkit_protocol::{
    AccountId,
    btauth::{AuthErrorKind, ConfigError, ReplaySettings, ReplayStore},
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

fn refusal(store: &ReplayStore, number: u8, nonce: u128, now: u128) -> AuthErrorKind {
    store.insert(&sender(number), nonce, now).unwrap_err().kind()
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
                    if store.insert(&sender(1), NOW + round, NOW).is_ok() {
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
    store.insert(&sender(1), NOW, NOW).unwrap();
    for nonce in 0..10 {
        store.insert(&sender(2), NOW + nonce, NOW).unwrap();
    }
    for nonce in 10..1_000 {
        assert_eq!(refusal(&store, 2, NOW + nonce, NOW), AuthErrorKind::SenderFlooding);
    }
    assert_eq!(store.len(), 11);
    assert_eq!(refusal(&store, 1, NOW, NOW), AuthErrorKind::ReplayedRequest, "still remembered");
    store.insert(&sender(1), NOW + 1, NOW).unwrap();
    assert_eq!(refusal(&store, 2, NOW, NOW), AuthErrorKind::ReplayedRequest, "a replay stays a replay");
}

#[test]
fn a_full_store_refuses_newcomers_and_forgets_nobody() {
    let store = store(20, 10);
    for number in 0..20 {
        store.insert(&sender(number), NOW, NOW).unwrap();
    }
    let refused = store.insert(&sender(99), NOW, NOW).unwrap_err();
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
        store.insert(&sender(1), NOW + nonce, NOW).unwrap();
    }
    let at_the_edge = NOW + 60 * SECOND;
    assert_eq!(refusal(&store, 1, NOW, at_the_edge), AuthErrorKind::ReplayedRequest, "kept to the last ns");
    let later = at_the_edge + 10;
    assert_eq!(refusal(&store, 1, NOW, later), AuthErrorKind::StaleRequest, "forgotten, yet not reopened");
    store.insert(&sender(1), later, later).unwrap();
    assert_eq!(store.len(), 1);
}

#[test]
fn a_nonce_older_than_the_memory_is_refused_even_if_never_seen() {
    let store = store(20, 10);
    store.insert(&sender(1), NOW - 60 * SECOND, NOW).unwrap();
    assert_eq!(refusal(&store, 1, NOW - 60 * SECOND - 1, NOW), AuthErrorKind::StaleRequest);
    assert_eq!(store.len(), 1);
}

#[test]
fn a_clock_that_steps_back_reopens_nothing() {
    let store = store(20, 10);
    store.insert(&sender(1), NOW, NOW).unwrap();
    let glitch = NOW + 3_600 * SECOND;
    store.insert(&sender(2), glitch, glitch).unwrap();
    assert_eq!(refusal(&store, 1, NOW, NOW + SECOND), AuthErrorKind::StaleRequest);
    store.insert(&sender(1), NOW + 1, NOW + SECOND).unwrap();
}

#[test]
fn nonces_the_store_would_hold_for_too_long_are_refused() {
    let store = store(20, 10);
    store.insert(&sender(1), NOW + 60 * SECOND, NOW).unwrap();
    assert_eq!(refusal(&store, 1, NOW + 60 * SECOND + 1, NOW), AuthErrorKind::StaleRequest);
    assert_eq!(refusal(&store, 1, u128::MAX, NOW), AuthErrorKind::StaleRequest);
}

#[test]
fn a_restarted_store_refuses_what_its_predecessor_may_have_accepted() {
    let settings = ReplaySettings { not_before_ns: Some(NOW), ..ReplaySettings::default() };
    let store = ReplayStore::new(settings).unwrap();
    assert_eq!(refusal(&store, 1, NOW - 1, NOW), AuthErrorKind::StaleRequest);
    assert!(store.is_empty());
    store.insert(&sender(1), NOW, NOW).unwrap();
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
