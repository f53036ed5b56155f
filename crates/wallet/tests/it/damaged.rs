//! Wallets that are missing, unreadable, swapped or not wallets at all: one sentence each, with path and remedy.

use std::fs;

use subnetkit_wallet::{NewWallet, Overwrite, Password, Protection, Wallet, WalletError};

use crate::dev_key;

fn wallet(base: &tempfile::TempDir) -> Wallet {
    let wallet = Wallet::new(base.path(), "cold", "hot");
    wallet.create(&NewWallet::new(Protection::Plain)).unwrap();
    wallet
}

/// One sentence: no line breaks, the path in it, and the remedy's key word.
fn assert_sentence(error: &WalletError, path: &std::path::Path, remedy: &str) {
    let text = error.to_string();
    assert!(!text.contains('\n') && text.contains(&path.display().to_string()), "{text}");
    assert!(text.contains(remedy), "{text}");
}

#[test]
fn what_is_missing_is_named_from_the_outside_in() {
    let base = tempfile::tempdir().unwrap();
    let absent = Wallet::new(base.path(), "absent", "hot");
    let error = absent.hotkey().unwrap_err();
    assert!(error.is_missing());
    assert_sentence(&error, &absent.path(), "BT_WALLET_PATH");
    assert!(error.to_string().starts_with("there is no wallet at"), "{error}");

    let wallet = wallet(&base);
    let other = Wallet::new(base.path(), "cold", "cool");
    let error = other.hotkey().unwrap_err();
    assert_sentence(&error, &other.hotkey_path(), "hotkey name");
    fs::remove_file(wallet.coldkeypub_path()).unwrap();
    assert_sentence(&wallet.coldkeypub().unwrap_err(), &wallet.coldkeypub_path(), "btcli");
    assert!(wallet.coldkey(&None::<Password>).is_ok(), "the coldkey does not need its public file");
}

#[test]
fn a_directory_or_a_huge_file_is_not_read() {
    let base = tempfile::tempdir().unwrap();
    let wallet = wallet(&base);
    fs::remove_file(wallet.hotkey_path()).unwrap();
    fs::create_dir(wallet.hotkey_path()).unwrap();
    let error = wallet.hotkey().unwrap_err();
    assert!(matches!(error, WalletError::Unreadable { .. }), "{error}");
    assert_sentence(&error, &wallet.hotkey_path(), "regular file");

    fs::write(wallet.coldkey_path(), vec![b' '; 100_000]).unwrap();
    let error = wallet.coldkey(&None::<Password>).unwrap_err();
    assert!(matches!(error, WalletError::TooLarge { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_says_so() {
    use std::os::unix::fs::PermissionsExt;

    let base = tempfile::tempdir().unwrap();
    let wallet = wallet(&base);
    fs::set_permissions(wallet.hotkey_path(), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(wallet.hotkey_path()).is_ok() {
        // The superuser reads everything; a symlink loop gives the same kind of answer.
        fs::remove_file(wallet.hotkey_path()).unwrap();
        std::os::unix::fs::symlink(wallet.hotkey_path(), wallet.hotkey_path()).unwrap();
    }
    let error = wallet.hotkey().unwrap_err();
    assert!(matches!(error, WalletError::Unreadable { .. }), "{error}");
    assert_sentence(&error, &wallet.hotkey_path(), "make it readable");
}

#[test]
fn what_is_no_keyfile_says_what_it_is() {
    let base = tempfile::tempdir().unwrap();
    let wallet = wallet(&base);
    let path = wallet.hotkey_path();
    let polkadot = r#"{"encoded":"AAAA","encoding":{"version":"3"},"address":"5DfhGyQdF"}"#;
    let cases: [(&[u8], &str); 6] = [
        (b"", "not a keyfile"),
        (b"#!/bin/sh\n", "not a keyfile"),
        (&[0xff, 0xfe], "not a keyfile"),
        (b"{\"cryptoType\":1}", "regenerate it"),
        (b"$NACLshort", "too short"),
        (polkadot.as_bytes(), "regen-coldkey --json-path"),
    ];
    for (content, remedy) in cases {
        fs::write(&path, content).unwrap();
        let error = wallet.hotkey_with(&Password::new("any")).unwrap_err();
        assert!(!error.is_wrong_password() && !error.is_missing());
        assert_sentence(&error, &path, remedy);
    }
}

#[test]
fn a_wrong_password_is_told_apart_from_a_damaged_file() {
    let base = tempfile::tempdir().unwrap();
    let wallet = wallet(&base);
    let path = wallet.coldkey_path();
    let vectors: serde_json::Value = serde_json::from_str(crate::vectors::VECTORS).unwrap();
    let cases = vectors["keyfiles"].as_array().unwrap();
    let vault = cases.iter().find(|case| case["encryption"] == "Ansible Vault").unwrap();
    let content = hex::decode(vault["content_hex"].as_str().unwrap()).unwrap();
    let password = Password::new(vault["password"].as_str().unwrap());

    fs::write(&path, &content).unwrap();
    let error = wallet.coldkey(&Password::new("wrong")).unwrap_err();
    assert!(error.is_wrong_password());
    assert_sentence(&error, &path, "check the password");

    let end = content.trim_ascii_end().len();
    for cut in [end - 1, end - 2, end / 2, 30, 20] {
        fs::write(&path, &content[..cut]).unwrap();
        let error = wallet.coldkey(&password).unwrap_err();
        assert!(matches!(error, WalletError::Keyfile { .. }), "{cut}: {error}");
    }
    fs::write(&path, [content.as_slice(), b"\n"].concat()).unwrap();
    fs::remove_file(wallet.coldkeypub_path()).unwrap();
    assert_eq!(
        wallet.coldkey(&password).unwrap().account().to_string(),
        vault["v11_read"]["ss58"].as_str().unwrap()
    );
}

#[test]
fn a_public_file_in_place_of_a_key_cannot_sign() {
    let base = tempfile::tempdir().unwrap();
    let wallet = wallet(&base);
    fs::copy(wallet.hotkeypub_path(), wallet.hotkey_path()).unwrap();
    let error = wallet.hotkey().unwrap_err();
    assert!(matches!(error, WalletError::PublicOnly { .. }), "{error}");
    assert_sentence(&error, &wallet.hotkey_path(), "private keyfile");
}

#[test]
fn a_swapped_coldkey_is_noticed() {
    let base = tempfile::tempdir().unwrap();
    let wallet = wallet(&base);
    let other = Wallet::new(base.path(), "other", "hot");
    other.write_coldkey(&dev_key(), Protection::Plain, Overwrite::Refuse).unwrap();
    fs::copy(other.coldkey_path(), wallet.coldkey_path()).unwrap();
    let error = wallet.coldkey(&None::<Password>).unwrap_err();
    assert!(matches!(error, WalletError::AddressMismatch { .. }), "{error}");
    assert_sentence(&error, &wallet.coldkeypub_path(), "swapped");
}

#[test]
fn names_cannot_leave_the_wallet_directory() {
    let base = tempfile::tempdir().unwrap();
    wallet(&base);
    for (name, hotkey) in [("..", "hot"), ("cold/hotkeys", "hot"), ("", "hot"), ("cold", "../coldkey")] {
        let wallet = Wallet::new(base.path(), name, hotkey);
        for error in
            [wallet.hotkey().unwrap_err(), wallet.create(&NewWallet::new(Protection::Plain)).unwrap_err()]
        {
            assert!(matches!(error, WalletError::InvalidName { .. }), "{name}/{hotkey}: {error}");
        }
    }
    let hidden = Wallet::new(base.path(), "cold", "minerpub.txt");
    let error = hidden.write_hotkey(&dev_key(), Protection::Plain, Overwrite::Refuse).unwrap_err();
    assert!(matches!(error, WalletError::InvalidName { what: "hotkey", .. }), "{error}");
}
