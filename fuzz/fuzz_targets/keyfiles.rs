//! A keyfile as it may lie on a disk: plain, in one of its envelopes, or damaged.
//!
//! The envelopes' key derivation is expensive on purpose. Opening is tried only where it is refused before that, or where
//! it takes milliseconds (Ansible Vault); what comes out of an envelope goes the way of a plain file, which is tried always.

#![no_main]

use libfuzzer_sys::fuzz_target;
use subnetkit_wallet::{Encryption, Keyfile, KeyfileError, MAX_KEYFILE_BYTES, Password, Reading};

/// `$NACL`, a nonce and the tag: what is shorter is refused at once.
const LEAST_NACL: usize = 5 + 24 + 16;

fuzz_target!(|data: &[u8]| {
    if data.len() as u64 > MAX_KEYFILE_BYTES {
        return;
    }
    let encryption = Encryption::detect(data);
    if let Some(encryption) = encryption {
        let refused = Keyfile::read(data, None, Reading::Btcli).unwrap_err();
        assert!(matches!(refused, KeyfileError::PasswordNeeded(needed) if needed == encryption));
    }
    let cheap = match encryption {
        None | Some(Encryption::AnsibleVault) => true,
        Some(Encryption::NaCl) => data.len() < LEAST_NACL,
        Some(Encryption::Fernet) => std::str::from_utf8(data).is_err(),
        Some(_) => false,
    };
    if cheap {
        let password = Password::new("testing");
        let _judged = Keyfile::read(data, Some(&password), Reading::Careful);
    }

    let (strict, careful) = (Keyfile::parse(data, Reading::Btcli), Keyfile::parse(data, Reading::Careful));
    if let (Ok(strict), Ok(careful)) = (&strict, &careful) {
        assert_eq!((strict.account(), strict.scheme()), (careful.account(), careful.scheme()));
    }
    for (keyfile, reading) in [(strict, Reading::Btcli), (careful, Reading::Careful)] {
        let Ok(keyfile) = keyfile else { continue };
        // What is written of it says the same, for both ways of reading.
        let written = keyfile.to_json().unwrap();
        for reading in [Reading::Btcli, Reading::Careful, reading] {
            let again = Keyfile::parse(&written, reading).unwrap();
            assert_eq!((again.account(), again.scheme()), (keyfile.account(), keyfile.scheme()));
            assert_eq!(again.key().is_some(), keyfile.key().is_some());
            assert!(!again.public_key_differs());
        }
        let public = Keyfile::parse(&keyfile.to_public_json().unwrap(), Reading::Careful).unwrap();
        assert_eq!((public.account(), public.key().is_none()), (keyfile.account(), true));
        if let Some(key) = keyfile.key() {
            assert_eq!(key.account(), keyfile.account());
        }
    }
});
