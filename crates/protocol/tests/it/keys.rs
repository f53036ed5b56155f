//! Key derivation against recorded keys, and the refusals of a strict verifier.

use serde::Deserialize;
use subnetkit_protocol::{
    AccountId, KeyError, Keypair, KnownKeys, Scheme, SignatureCheck, phrase, verify, verify_batch,
};

#[derive(Deserialize)]
struct File {
    derivation: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    mnemonic: Option<String>,
    password: Option<String>,
    uri: Option<String>,
    crypto: Scheme,
    seed_hex: Option<String>,
    private_key_hex: Option<String>,
    public_key_hex: Option<String>,
    ss58: Option<String>,
    error: Option<String>,
}

#[test]
fn every_recorded_derivation_gives_the_recorded_key() {
    let file: File = serde_json::from_slice(&crate::vectors("derivation.json")).unwrap();
    assert_eq!(file.derivation.len(), 32);
    for case in &file.derivation {
        let password = case.password.as_deref().unwrap_or("");
        let pair = match (&case.mnemonic, &case.uri) {
            (Some(phrase), None) => Keypair::from_phrase(phrase, password, case.crypto),
            (None, Some(uri)) => Keypair::from_uri(uri, case.crypto),
            _ => panic!("a case has either a mnemonic or a URI"),
        };
        if case.error.is_some() {
            assert_eq!(pair.unwrap_err(), KeyError::SoftEd25519);
            continue;
        }
        let pair = pair.unwrap();
        assert_eq!(Some(hex::encode(pair.account().as_bytes())), case.public_key_hex);
        assert_eq!(Some(pair.account().to_string()), case.ss58);
        if let Some(seed) = &case.seed_hex {
            assert_eq!(&hex::encode(pair.mini_secret().unwrap().as_slice()), seed);
        }
        if let Some(private_key) = &case.private_key_hex {
            assert_eq!(&hex::encode(&*pair.private_key()), private_key);
        }
    }
}

#[test]
fn a_stored_sr25519_secret_signs_for_the_same_account() {
    let original = Keypair::from_uri("//Alice", Scheme::Sr25519).unwrap();
    let stored: [u8; 64] = original.private_key().as_slice().try_into().unwrap();
    let restored = Keypair::from_sr25519_secret(&stored).unwrap();
    assert_eq!(restored.account(), original.account());
    assert_eq!(restored.mini_secret(), None);
    assert!(verify(Scheme::Sr25519, &original.account(), b"message", &restored.sign(b"message")));
    let uri = format!("0x{}", hex::encode(stored));
    assert_eq!(Keypair::from_uri(&uri, Scheme::Sr25519).unwrap().account(), original.account());
    assert_eq!(Keypair::from_uri(&uri, Scheme::Ed25519).unwrap_err(), KeyError::Seed);
}

#[test]
fn unusable_stored_secrets_are_refused() {
    assert_eq!(Keypair::from_sr25519_secret(&[0xFF; 64]).unwrap_err(), KeyError::Secret);
    let mut zero_scalar = [7; 64];
    zero_scalar[..32].fill(0);
    assert_eq!(Keypair::from_sr25519_secret(&zero_scalar).unwrap_err(), KeyError::Secret);
}

#[test]
fn uris_name_their_fault() {
    let refused = |uri: &str| Keypair::from_uri(uri, Scheme::Sr25519).unwrap_err();
    assert_eq!(refused("//Alice/"), KeyError::Uri);
    assert_eq!(refused("0x1234"), KeyError::Seed);
    assert_eq!(refused("0xzz"), KeyError::Seed);
    assert_eq!(refused("bottom drive"), KeyError::Phrase);
    assert_eq!(refused(&phrase::DEV_PHRASE.to_uppercase()), KeyError::Phrase);
    let broken_checksum = phrase::DEV_PHRASE.replace("walk", "wall");
    assert_eq!(refused(&broken_checksum), KeyError::Phrase);
}

#[derive(Deserialize)]
struct Junctions {
    junctions: Vec<Junction>,
}

#[derive(Deserialize)]
struct Junction {
    uri: String,
    crypto: Scheme,
    ss58: Option<AccountId>,
}

#[test]
fn numeric_long_and_mixed_junctions_give_the_recorded_accounts() {
    let file: Junctions = serde_json::from_slice(&crate::vectors("junctions.json")).unwrap();
    assert_eq!(file.junctions.len(), 30);
    for case in &file.junctions {
        let account = Keypair::from_uri(&case.uri, case.crypto).map(|pair| pair.account());
        assert_eq!(account, case.ss58.ok_or(KeyError::SoftEd25519), "{} {}", case.crypto, case.uri);
    }
}

#[test]
fn new_phrases_have_the_words_asked_for_and_derive() {
    for words in [12, 15, 18, 21, 24] {
        let phrase = phrase::generate(words).unwrap();
        assert_eq!(phrase.split(' ').count(), words);
        let spaced = format!("  {}  ", phrase.replace(' ', "  "));
        let pair = Keypair::from_phrase(&phrase, "", Scheme::Sr25519).unwrap();
        assert_eq!(Keypair::from_phrase(&spaced, "", Scheme::Sr25519).unwrap().account(), pair.account());
    }
    assert_eq!(phrase::generate(13).unwrap_err(), KeyError::WordCount { words: 13 });
    assert_ne!(*phrase::generate(12).unwrap(), *phrase::generate(12).unwrap());
}

#[test]
fn signatures_prove_one_message_of_one_key_under_one_scheme() {
    for scheme in [Scheme::Ed25519, Scheme::Sr25519] {
        let other = if scheme == Scheme::Ed25519 { Scheme::Sr25519 } else { Scheme::Ed25519 };
        let pair = Keypair::generate(scheme).unwrap();
        let stranger = Keypair::generate(scheme).unwrap();
        let signature = pair.sign(b"message");
        assert!(verify(scheme, &pair.account(), b"message", &signature));
        assert!(!verify(scheme, &pair.account(), b"massage", &signature));
        assert!(!verify(scheme, &stranger.account(), b"message", &signature));
        assert!(!verify(other, &pair.account(), b"message", &signature));
        let mut flipped = signature;
        flipped[10] ^= 1;
        assert!(!verify(scheme, &pair.account(), b"message", &flipped));
        let wrapped = pair.sign(b"<Bytes>message</Bytes>");
        assert!(!verify(scheme, &pair.account(), b"message", &wrapped));
    }
}

#[test]
fn keys_under_which_anyone_can_sign_are_refused() {
    let mut marker_only = [0u8; 64];
    marker_only[63] = 0x80;
    assert!(!verify(Scheme::Sr25519, &AccountId::from_bytes([0; 32]), b"anything", &marker_only));

    // The points of order 1, 2, 4 and 8 with their accepted and their reduced spellings of y.
    let small_order = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    let mut identity_signature = [0u8; 64];
    identity_signature[0] = 1;
    for key in small_order {
        let account = AccountId::from_bytes(hex::decode(key).unwrap().try_into().unwrap());
        // Eight messages: for a key of order 8, one challenge in eight would be a multiple of it.
        for message in 0..8u8 {
            assert!(!verify(Scheme::Ed25519, &account, &[message], &identity_signature), "{key}");
        }
    }
}

#[test]
fn debug_output_shows_no_secret() {
    for scheme in [Scheme::Ed25519, Scheme::Sr25519] {
        let pair = Keypair::from_uri("//Alice", scheme).unwrap();
        let expected = format!("Keypair {{ account: {}, scheme: {scheme:?}, .. }}", pair.account());
        assert_eq!(format!("{pair:?}"), expected);
    }
}

#[derive(Clone)]
struct Signed {
    scheme: Scheme,
    account: AccountId,
    message: Vec<u8>,
    signature: [u8; 64],
}

impl Signed {
    fn by(pair: &Keypair, message: &str) -> Self {
        let message = message.as_bytes().to_vec();
        let signature = pair.sign(&message);
        Self { scheme: pair.scheme(), account: pair.account(), message, signature }
    }

    fn check(&self) -> SignatureCheck<'_> {
        let Self { scheme, account, message, signature } = self;
        SignatureCheck { scheme: *scheme, account: *account, message, signature }
    }
}

/// Whoever remembers keys, and forgets them again, comes to the same verdict.
fn holds_together(signed: &[Signed], keys: &KnownKeys) -> bool {
    let checks: Vec<_> = signed.iter().map(Signed::check).collect();
    let holds = verify_batch(&checks);
    assert_eq!(keys.verify_batch(&checks), holds);
    assert_eq!(checks.iter().all(|check| keys.verify(check)), holds);
    holds
}

#[test]
fn a_batch_has_the_verdict_that_its_signatures_have_one_by_one() {
    let pair = |name: &str, scheme| Keypair::from_uri(name, scheme).unwrap();
    let signers: Vec<_> = ["//Alice", "//Bob", "//Charlie"]
        .into_iter()
        .flat_map(|name| [pair(name, Scheme::Sr25519), pair(name, Scheme::Ed25519)])
        .collect();
    // Every signer several times and not in a row.
    let good: Vec<Signed> = (0..4)
        .flat_map(|round| signers.iter().map(move |signer| Signed::by(signer, &format!("message {round}"))))
        .collect();
    let keys = KnownKeys::new(2);
    for length in 0..=good.len() {
        assert!(holds_together(&good[..length], &keys), "{length} good signatures");
    }

    let faults: [fn(&mut Signed); 7] = [
        |signed| signed.message.push(b'!'),
        |signed| signed.signature[3] ^= 1,
        |signed| signed.signature[40] ^= 1,
        |signed| signed.signature[63] ^= 0x80,
        |signed| signed.signature = [0xFF; 64],
        |signed| signed.account = AccountId::from_bytes([0xFF; 32]),
        |signed| {
            // The key under which `00…0080` is a signature of everything.
            signed.scheme = Scheme::Sr25519;
            signed.account = AccountId::from_bytes([0; 32]);
            signed.signature = [0; 64];
            signed.signature[63] = 0x80;
        },
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        for position in 0..good.len() {
            let mut spoiled = good.clone();
            fault(&mut spoiled[position]);
            let Signed { scheme, account, message, signature } = &spoiled[position];
            assert!(!verify(*scheme, account, message, signature), "fault {number} alone");
            assert!(!holds_together(&spoiled, &keys), "fault {number} at {position}");
        }
    }
}

#[test]
fn faults_of_a_batch_do_not_cancel_each_other_out() {
    let alice = Keypair::from_uri("//Alice", Scheme::Sr25519).unwrap();
    let mut pair = [Signed::by(&alice, "one"), Signed::by(&alice, "two")];
    let keys = KnownKeys::new(1);
    assert!(holds_together(&pair, &keys));
    // Each has the other's scalar: both are wrong, and their sum is right.
    let [one, two] = &mut pair;
    one.signature[32..].swap_with_slice(&mut two.signature[32..]);
    assert!(!holds_together(&pair, &keys));
}
