//! Rules of reading beyond the vectors: the careful mode, and files of account types to come.

use subnetkit_protocol::Scheme;
use subnetkit_wallet::{Keyfile, KeyfileError, Reading};

use crate::{ADDRESS, ED25519_ADDRESS, PHRASE, SEED};

fn read(json: &str, reading: Reading) -> Result<Keyfile, KeyfileError> {
    Keyfile::read(json.as_bytes(), None, reading)
}

#[test]
fn the_stored_address_decides_between_schemes_even_against_crypto_type() {
    let json = format!(r#"{{"secretSeed":"0x{SEED}","cryptoType":1,"ss58Address":"{ED25519_ADDRESS}"}}"#);
    let keyfile = read(&json, Reading::Btcli).unwrap();
    assert_eq!(
        (keyfile.scheme(), keyfile.account().to_string().as_str()),
        (Scheme::Ed25519, ED25519_ADDRESS)
    );
}

#[test]
fn careful_reading_refuses_a_foreign_public_key_that_btcli_overlooks() {
    let json = format!(r#"{{"secretPhrase":"{PHRASE}","publicKey":"0x{}"}}"#, "00".repeat(32));
    let lenient = read(&json, Reading::Btcli).unwrap();
    assert!(lenient.public_key_differs());
    let error = read(&json, Reading::Careful).unwrap_err();
    assert!(matches!(error, KeyfileError::AddressMismatch { stored: "publicKey", .. }), "{error}");
}

#[test]
fn careful_reading_compares_addresses_as_bytes() {
    let prefix_0 = "12bzRJfh7arnnfPPUZHeJUaE62QLEwhK48QnH9LXeK2m1iZU";
    let json = format!(r#"{{"secretPhrase":"{PHRASE}","ss58Address":"{prefix_0}"}}"#);
    assert!(matches!(read(&json, Reading::Btcli), Err(KeyfileError::AddressMismatch { .. })));
    assert_eq!(read(&json, Reading::Careful).unwrap().account().to_string(), ADDRESS);
}

#[test]
fn careful_reading_rescues_the_file_whose_seed_was_written_as_raw_text() {
    let private = "05d65584630d16cd4af6d0bec10f34bb504a5dcb62dba2122d49f5a663763d0a\
                   fd190cce74df356432b410bd64682309d6dedb27c76845daf388557cbac3ca34";
    let json = format!(
        r#"{{"secretSeed":"0x7(>fd4|L+svC3,bsUZonYxMSVNbB.~88","privateKey":"0x{private}","ss58Address":"{ADDRESS}"}}"#
    );
    let error = read(&json, Reading::Btcli).unwrap_err();
    assert!(matches!(error, KeyfileError::NotHex { member: "secretSeed" }), "{error}");
    assert_eq!(read(&json, Reading::Careful).unwrap().key().unwrap().account().to_string(), ADDRESS);
}

#[test]
fn accounts_of_other_kinds_are_named_not_misread() {
    for member in ["accountType", "signingScheme", "hashedDescriptor"] {
        let json = format!(r#"{{"secretPhrase":"{PHRASE}","{member}":"ml-dsa-65"}}"#);
        let error = read(&json, Reading::Btcli).unwrap_err();
        assert!(error.to_string().contains("unsupported account type"), "{error}");
        assert!(error.to_string().contains(member), "{error}");
    }
}

#[test]
fn an_ed25519_pair_whose_halves_disagree_is_refused() {
    let json = format!(r#"{{"privateKey":"0x{SEED}{}","cryptoType":0}}"#, "11".repeat(32));
    let error = read(&json, Reading::Btcli).unwrap_err();
    assert!(matches!(error, KeyfileError::InvalidKey { member: "privateKey", .. }), "{error}");
}

#[test]
fn a_phrase_with_a_passphrase_is_not_stored_with_its_words_alone() {
    let key = subnetkit_wallet::WalletKey::from_phrase(PHRASE, "secret", Scheme::Sr25519).unwrap();
    let account = key.account();
    let json = Keyfile::from(key).to_json().unwrap();
    assert!(!String::from_utf8_lossy(&json).contains("secretPhrase"));
    assert_eq!(Keyfile::parse(&json, Reading::Careful).unwrap().account(), account);
}
