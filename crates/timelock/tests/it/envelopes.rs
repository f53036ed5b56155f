use subnetkit_timelock::{Malformed, OpenError, Secret, open, seal};

use crate::vectors::{Vectors, bytes};

#[test]
fn what_the_python_sdk_sealed_opens() {
    let vectors = Vectors::read();
    let signature = vectors.signature_of_1000();
    let mut opened = 0;
    for entry in vectors.list("envelopes") {
        assert_eq!(open(&bytes(&entry["inner_hex"]), &signature), Ok(bytes(&entry["plaintext_hex"])));
        opened += 1;
    }
    for entry in vectors.list("weights_commits") {
        assert_eq!(open(&bytes(&entry["commit_hex"]), &signature), Ok(bytes(&entry["payload_scale_hex"])));
        opened += 1;
    }
    assert!(opened >= 13, "{opened}");
}

#[test]
fn what_is_sealed_here_opens_with_quicknets_signature_and_has_the_same_framing() {
    let vectors = Vectors::read();
    let sealed = seal(&vectors.public_key(), 1_000, b"weights", [1; 32]).unwrap();
    assert_eq!(open(&sealed, &vectors.signature_of_1000()), Ok(b"weights".to_vec()));
    assert_eq!(sealed[96..104], 32u64.to_le_bytes());
    assert!(sealed.ends_with(b"AES_GCM_"));
    let same_length = vectors.list("envelopes").iter().map(|entry| bytes(&entry["inner_hex"]).len());
    let overhead = same_length.min().unwrap();
    assert_eq!(sealed.len(), overhead + b"weights".len());
}

#[test]
fn entropy_hides_the_message_and_repeats_it() {
    let key = Secret::from_seed(b"one").public_key();
    let first = seal(&key, 5, b"weights", [1; 32]).unwrap();
    assert_eq!(first, seal(&key, 5, b"weights", [1; 32]).unwrap());
    let second = seal(&key, 5, b"weights", [2; 32]).unwrap();
    assert_ne!(first[..96], second[..96]);
    assert_ne!(first[136..168], second[136..168]);
}

#[test]
fn what_the_python_sdk_does_not_open_stays_shut() {
    let vectors = Vectors::read();
    let signature = vectors.signature_of_1000();
    let bad = vectors.list("bad");
    assert_eq!(bad.len(), 4);
    for entry in bad {
        let opened = open(&bytes(&entry["inner_hex"]), &signature);
        assert!(
            matches!(opened, Err(OpenError::Sealed | OpenError::Framing)),
            "{}: {opened:?}",
            entry["note"]
        );
    }
}

#[test]
fn damaged_and_foreign_envelopes_are_told_apart() {
    let beacon = Secret::from_seed(b"one");
    let signature = beacon.sign(5);
    let sealed = seal(&beacon.public_key(), 5, b"weights", [1; 32]).unwrap();
    assert_eq!(open(&sealed, &beacon.sign(6)), Err(OpenError::Sealed));
    assert_eq!(open(&sealed, &Secret::from_seed(b"two").sign(5)), Err(OpenError::Sealed));
    assert_eq!(open(&sealed, &[1; 48]), Err(OpenError::Signature(Malformed::Signature)));
    assert_eq!(seal(&[1; 96], 5, b"weights", [1; 32]), Err(Malformed::PublicKey));

    for length in 0..sealed.len() {
        assert_eq!(open(&sealed[..length], &signature), Err(OpenError::Framing), "{length} bytes");
    }
    assert_eq!(open(&[&sealed[..], b"more"].concat(), &signature), Ok(b"weights".to_vec()));
    // A length that promises more than there is, at each place where one stands.
    for position in [96, 136, 176, 184, 215, sealed.len() - 16] {
        let mut greedy = sealed.clone();
        greedy[position..position + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(open(&greedy, &signature), Err(OpenError::Framing), "at {position}");
    }
    let mut changed = sealed;
    changed[192] ^= 1;
    assert_eq!(open(&changed, &signature), Err(OpenError::Sealed));
}
