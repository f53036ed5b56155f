//! Wallet directories: made, read back, listed, and never overwritten by accident.

use std::fs;
use std::path::Path;

use subnetkit_protocol::Scheme;
use subnetkit_wallet::{
    Encryption, NewWallet, Overwrite, Password, Protection, Wallet, WalletError, WalletKey, list,
};

use crate::{ADDRESS, dev_key};

fn base() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn an_encrypted_wallet_reads_back_and_needs_its_password() {
    let _turn = crate::expensive();
    let base = base();
    let wallet = Wallet::new(base.path(), "cold", "hot");
    let password = Password::new("pässwörd ✓");
    let created = wallet.create(&NewWallet::new(Protection::Password(&password))).unwrap();

    let content = fs::read(wallet.coldkey_path()).unwrap();
    assert_eq!(Encryption::detect(&content), Some(Encryption::NaCl));
    assert_eq!(wallet.coldkeypub().unwrap(), created.coldkey.account());
    assert_eq!(wallet.hotkey().unwrap().account(), created.hotkey.account());
    assert_eq!(wallet.hotkey_account().unwrap(), created.hotkey.account());

    assert_eq!(wallet.coldkey(&password).unwrap().account(), created.coldkey.account());
    let none = wallet.coldkey(&None::<Password>).unwrap_err();
    assert!(matches!(none, WalletError::PasswordNeeded { .. }), "{none}");
    assert!(none.to_string().contains("BT_WALLET_PASSWORD or BT_PW_"), "{none}");
}

#[test]
fn phrases_have_the_length_asked_for_and_bring_the_keys_back() {
    for (words, scheme) in [(12, Scheme::Sr25519), (15, Scheme::Ed25519), (24, Scheme::Sr25519)] {
        let base = base();
        let wallet = Wallet::new(base.path(), "cold", "hot");
        let new = NewWallet { words, scheme, ..NewWallet::new(Protection::Plain) };
        let created = wallet.create(&new).unwrap();
        let phrase = created.coldkey.phrase().unwrap();
        assert_eq!(phrase.split(' ').count(), words);
        assert_ne!(Some(phrase), created.hotkey.phrase());

        let again = Wallet::new(base.path(), "again", "hot");
        let key = WalletKey::from_phrase(phrase, "", scheme).unwrap();
        again.write_coldkey(&key, Protection::Plain, Overwrite::Refuse).unwrap();
        assert_eq!(again.coldkeypub().unwrap(), wallet.coldkeypub().unwrap());
        assert_eq!(again.coldkey(&None::<Password>).unwrap().scheme(), scheme);
    }
    let error = Wallet::new(base().path(), "cold", "hot")
        .create(&NewWallet { words: 13, ..NewWallet::new(Protection::Plain) })
        .unwrap_err();
    assert!(matches!(error, WalletError::Key(_)), "{error}");
}

#[test]
fn nothing_is_overwritten_unless_asked_for() {
    let base = base();
    let wallet = Wallet::new(base.path(), "cold", "hot");
    wallet.create(&NewWallet::new(Protection::Plain)).unwrap();
    let files =
        [wallet.coldkey_path(), wallet.coldkeypub_path(), wallet.hotkey_path(), wallet.hotkeypub_path()];
    let before: Vec<_> = files.iter().map(|file| fs::read(file).unwrap()).collect();

    let other = dev_key();
    let refused = [
        wallet.create(&NewWallet::new(Protection::Plain)).unwrap_err(),
        wallet.write_coldkey(&other, Protection::Plain, Overwrite::Refuse).unwrap_err(),
        wallet.write_hotkey(&other, Protection::Plain, Overwrite::Refuse).unwrap_err(),
        wallet.write_coldkeypub(other.account(), Scheme::Sr25519, Overwrite::Refuse).unwrap_err(),
    ];
    for error in refused {
        assert!(matches!(error, WalletError::Exists { .. }), "{error}");
    }
    let after: Vec<_> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert_eq!(before, after);

    wallet.write_coldkey(&other, Protection::Plain, Overwrite::Replace).unwrap();
    assert_eq!(wallet.coldkeypub().unwrap().to_string(), ADDRESS);
    assert_eq!(wallet.coldkey(&None::<Password>).unwrap().account().to_string(), ADDRESS);
}

#[test]
fn a_wallet_that_refuses_its_hotkey_gets_no_coldkey_either() {
    let base = base();
    let wallet = Wallet::new(base.path(), "cold", "hot");
    wallet.write_hotkey(&dev_key(), Protection::Plain, Overwrite::Refuse).unwrap();
    wallet.create(&NewWallet::new(Protection::Plain)).unwrap_err();
    assert!(!wallet.coldkey_path().exists());
}

#[test]
fn a_watch_only_wallet_accepts_its_own_coldkey_and_no_other() {
    let base = base();
    let wallet = Wallet::new(base.path(), "cold", "hot");
    wallet.write_coldkeypub(dev_key().account(), Scheme::Sr25519, Overwrite::Refuse).unwrap();
    let stranger = WalletKey::from_seed([7; 32], Scheme::Sr25519);
    let error = wallet.write_coldkey(&stranger, Protection::Plain, Overwrite::Refuse).unwrap_err();
    assert!(matches!(error, WalletError::Exists { .. }), "{error}");
    assert!(!wallet.coldkey_path().exists());
    wallet.write_coldkey(&dev_key(), Protection::Plain, Overwrite::Refuse).unwrap();
    assert_eq!(wallet.coldkeypub().unwrap().to_string(), ADDRESS);
}

#[test]
fn an_empty_password_protects_nothing_and_is_refused() {
    let base = base();
    let wallet = Wallet::new(base.path(), "cold", "hot");
    let empty = Password::new("");
    let error =
        wallet.write_coldkey(&dev_key(), Protection::Password(&empty), Overwrite::Refuse).unwrap_err();
    assert!(matches!(error, WalletError::EmptyPassword { .. }), "{error}");
    assert!(!wallet.coldkey_path().exists());
}

#[cfg(unix)]
#[test]
fn files_and_directories_are_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let base = base();
    let nested = base.path().join("new/base");
    let wallet = Wallet::new(&nested, "cold", "hot");
    wallet.create(&NewWallet::new(Protection::Plain)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for directory in [nested, wallet.path(), wallet.hotkeys_path()] {
        assert_eq!(mode(&directory), 0o700, "{}", directory.display());
    }
    for file in
        [wallet.coldkey_path(), wallet.coldkeypub_path(), wallet.hotkey_path(), wallet.hotkeypub_path()]
    {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        assert_ne!(fs::read(&file).unwrap().last(), Some(&b'\n'), "btcli writes no trailing newline");
    }
    let leftovers = fs::read_dir(wallet.hotkeys_path()).unwrap().count();
    assert_eq!(leftovers, 2, "temporary files must be gone");
}

#[test]
fn listings_are_in_natural_order_and_show_keys_only() {
    let base = base();
    for name in ["w10", "w2", "W1"] {
        Wallet::new(base.path(), name, "x").create(&NewWallet::new(Protection::Plain)).unwrap();
    }
    for hotkey in ["miner10", "miner9"] {
        Wallet::new(base.path(), "w2", hotkey)
            .write_hotkey(&dev_key(), Protection::Plain, Overwrite::Refuse)
            .unwrap();
    }
    let hotkeys = base.path().join("w2/hotkeys");
    fs::write(hotkeys.join("miner9.lock"), "").unwrap();
    fs::write(hotkeys.join(".keyfile-crash.tmp"), "").unwrap();
    fs::write(base.path().join("notes.txt"), "").unwrap();
    fs::create_dir(base.path().join("empty")).unwrap();

    let found = list(base.path()).unwrap();
    let names: Vec<_> = found.iter().map(|wallet| wallet.name.as_str()).collect();
    assert_eq!(names, ["empty", "W1", "w2", "w10"]);
    assert!(found[0].coldkey.as_ref().unwrap_err().is_missing());
    let w2 = &found[2];
    assert_eq!(
        w2.hotkeys.iter().map(|hotkey| hotkey.name.as_str()).collect::<Vec<_>>(),
        ["miner9", "miner10", "x"]
    );
    assert_eq!(w2.hotkeys[0].account.as_ref().unwrap().to_string(), ADDRESS);
    assert!(list(&base.path().join("absent")).unwrap_err().is_missing());
}

#[test]
fn the_shorthand_names_wallet_and_hotkey() {
    let wallet = Wallet::from_shorthand(Path::new("/w"), "cold/hot");
    assert_eq!(wallet.hotkeypub_path(), Path::new("/w/cold/hotkeys/hotpub.txt"));
    let wallet = Wallet::from_shorthand(Path::new("/w"), "cold");
    assert_eq!(wallet.hotkey_path(), Path::new("/w/cold/hotkeys/default"));
    let error = Wallet::from_shorthand(Path::new("/w"), "a/b/c").hotkey().unwrap_err();
    assert!(matches!(error, WalletError::InvalidName { what: "hotkey", .. }), "{error}");
}
