use subnetkit_timelock::{Malformed, Secret, randomness, verify};

use crate::vectors::Vectors;

#[test]
fn quicknets_signature_is_its_keys_and_its_rounds() {
    let vectors = Vectors::read();
    let (key, signature) = (vectors.public_key(), vectors.signature_of_1000());
    assert_eq!(verify(&key, 1_000, &signature), Ok(true));
    assert_eq!(verify(&key, 1_001, &signature), Ok(false));
    let other = Secret::from_seed(b"other");
    assert_eq!(verify(&other.public_key(), 1_000, &signature), Ok(false));
    // drand publishes the hash of the signature as the round's randomness.
    assert_eq!(
        hex::encode(randomness(&signature)),
        "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd"
    );
}

#[test]
fn a_seed_gives_one_beacon() {
    let (first, again, other) =
        (Secret::from_seed(b"one"), Secret::from_seed(b"one"), Secret::from_seed(b"two"));
    assert_eq!(first.public_key(), again.public_key());
    assert_eq!(first.sign(7), again.sign(7));
    assert_ne!(first.public_key(), other.public_key());
    assert_ne!(first.sign(7), first.sign(8));
    assert_eq!(verify(&first.public_key(), 7, &first.sign(7)), Ok(true));
    assert_eq!(verify(&other.public_key(), 7, &first.sign(7)), Ok(false));
    assert_eq!(verify(&first.public_key(), 8, &first.sign(7)), Ok(false));
    assert_eq!(format!("{first:?}"), "Secret(..)");
}

#[test]
fn bytes_that_are_no_points_are_told_apart() {
    let beacon = Secret::from_seed(b"one");
    let (key, signature) = (beacon.public_key(), beacon.sign(7));
    assert_eq!(verify(&[0xff; 96], 7, &signature), Err(Malformed::PublicKey));
    assert_eq!(verify(&key[..95], 7, &signature), Err(Malformed::PublicKey));
    assert_eq!(verify(&key, 7, &[0; 48]), Err(Malformed::Signature));
    assert_eq!(verify(&key, 7, &signature[..47]), Err(Malformed::Signature));
}

#[test]
fn a_signature_is_the_same_to_who_made_it_and_to_who_did_not() {
    let beacon = Secret::from_seed(b"one");
    let (key, signature) = (beacon.public_key(), beacon.sign(7));
    let elsewhere = std::thread::spawn(move || {
        (verify(&key, 7, &signature), verify(&key, 8, &signature), verify(&key, 7, &signature[..47]))
    });
    let here = (verify(&key, 7, &signature), verify(&key, 8, &signature), verify(&key, 7, &signature[..47]));
    assert_eq!(elsewhere.join().unwrap(), here);
    assert_eq!(here, (Ok(true), Ok(false), Err(Malformed::Signature)));
}
