//! Nothing that is printed or logged holds a secret.

use std::io::Write;
use std::sync::{Arc, Mutex};

use subnetkit_wallet::{Keyfile, Overwrite, Password, Passwords, Protection, Reading, Wallet};

use crate::{PHRASE, SEED, dev_key};

/// What must never be seen: a word of the phrase that is no English text of ours, the seed, the scalar.
const SECRETS: [&str; 5] = ["bottom", "walk", SEED_START, "05d65584", "hunter2"];
const SEED_START: &str = "fac7959d";

fn assert_silent(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let decimal = format!("{}, {}", 0xfa, 0xc7);
    assert!(!text.contains(&decimal), "the seed's bytes in {text}");
}

#[test]
fn debug_shows_addresses_only() {
    assert!(SEED.starts_with(SEED_START));
    let key = dev_key();
    let keyfile = Keyfile::from(key.clone());
    assert_silent(&format!("{key:?} {keyfile:#?} {:?}", key.keypair()));
    assert!(format!("{keyfile:?}").contains(crate::ADDRESS));

    let password = Password::new("hunter2");
    let passwords = Passwords::none().explicit(Some(password.clone()));
    assert_silent(&format!("{password:?} {passwords:#?} {:?}", Protection::Password(&password)));
}

#[test]
fn errors_show_members_not_their_values() {
    let broken = [
        format!(r#"{{"secretPhrase":"{}"}}"#, PHRASE.replace("drive", "drove")),
        format!(r#"{{"secretSeed":"0x{SEED}00"}}"#),
        format!(r#"{{"secretSeed":"0x{SEED}zz"}}"#),
        format!(r#"{{"privateKey":"0x{SEED}{SEED}"}}"#),
        format!(r#"{{"secretPhrase":"{PHRASE}","ss58Address":"{}"}}"#, &crate::ADDRESS[1..]),
        format!(r#"{{"secretPhrase":"{PHRASE}""#),
        PHRASE.to_uppercase(),
    ];
    for content in broken {
        let error = Keyfile::read(content.as_bytes(), None, Reading::Careful).unwrap_err();
        assert_silent(&format!("{error} {error:?}"));
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
#[test]
fn a_hotkey_others_can_read_is_warned_about_without_its_secrets() {
    use std::os::unix::fs::PermissionsExt;

    let base = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(base.path(), "cold", "hot");
    wallet.write_hotkey(&dev_key(), Protection::Plain, Overwrite::Refuse).unwrap();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        wallet.hotkey().unwrap();
        assert!(log.0.lock().unwrap().is_empty(), "a private file needs no warning");
        std::fs::set_permissions(wallet.hotkey_path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        wallet.hotkey().unwrap();
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("chmod 600"), "{text}");
    assert_silent(&text);
}
