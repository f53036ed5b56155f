//! Where passwords come from, and in which order.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use subnetkit_wallet::password::{conceal, password_variable};
use subnetkit_wallet::{Password, PasswordError, PasswordSource, Passwords};

const KEYFILE: &str = "/w/cold/coldkey";

/// Passwords are not comparable; concealed under one name they are.
fn shown(passwords: &dyn PasswordSource) -> Option<String> {
    passwords.password(Path::new(KEYFILE)).unwrap().map(|password| conceal("SHOWN", &password))
}

fn as_shown(password: &str) -> Option<String> {
    Some(conceal("SHOWN", &Password::new(password)))
}

fn environment(pairs: Vec<(&str, String)>) -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
    let pairs: Vec<(String, String)> =
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    move |wanted| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
}

#[test]
fn the_first_source_that_knows_wins() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("password");
    std::fs::write(&file, "  from file \n").unwrap();
    let variable = password_variable(Path::new(KEYFILE));
    assert_eq!(variable, "BT_PW__W_COLD_COLDKEY");
    let hidden = conceal(&variable, &Password::new("hidden"));
    let path = file.display().to_string();

    let all = [
        ("BT_WALLET_PASSWORD", "plain".to_owned()),
        (variable.as_str(), hidden),
        ("BT_WALLET_PASSWORD_FILE", path),
    ];
    let from = |skip: usize| {
        Passwords::none()
            .environment(environment(all[skip..].to_vec()))
            .prompt(|_| Ok(Some(Password::new("typed"))))
    };
    assert_eq!(shown(&from(0).explicit(Some(Password::new("given")))), as_shown("given"));
    assert_eq!(shown(&from(0)), as_shown("plain"));
    assert_eq!(shown(&from(1)), as_shown("hidden"));
    assert_eq!(shown(&from(2)), as_shown("from file"));
    assert_eq!(shown(&from(3).file(Some(file))), as_shown("from file"));
    assert_eq!(shown(&from(3)), as_shown("typed"));
    assert_eq!(shown(&Passwords::none()), None);
}

#[test]
fn the_prompt_is_asked_last_and_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let passwords = Passwords::none()
        .prompt(move |path| {
            assert_eq!(path, Path::new(KEYFILE));
            count.fetch_add(1, Ordering::SeqCst);
            Ok(None)
        })
        .explicit(Some(Password::new("given")));
    assert_eq!(shown(&passwords), as_shown("given"));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert_eq!(shown(&passwords.explicit(None)), None);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_hotkey_is_not_tried_with_the_wallets_password() {
    let variable = password_variable(Path::new(KEYFILE));
    let hidden = conceal(&variable, &Password::new("hotkey"));
    let wallet_wide = ("BT_WALLET_PASSWORD", "coldkey".to_owned());
    let own =
        Passwords::per_keyfile().environment(environment(vec![wallet_wide.clone(), (&variable, hidden)]));
    assert_eq!(shown(&own), as_shown("hotkey"));
    assert_eq!(shown(&Passwords::per_keyfile().environment(environment(vec![wallet_wide]))), None);
}

#[test]
fn a_broken_setting_is_an_error_not_skipped() {
    let ask = |passwords: Passwords| passwords.password(Path::new(KEYFILE)).unwrap_err();
    let variable = password_variable(Path::new(KEYFILE));
    let broken = Passwords::none().environment(environment(vec![(&variable, "no base64!".to_owned())]));
    let error = ask(broken);
    assert!(matches!(error, PasswordError::Variable { .. }), "{error}");
    assert!(error.to_string().contains(&variable) && !error.to_string().contains("no base64!"), "{error}");

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("password");
    let error = ask(Passwords::none().file(Some(file.clone())));
    assert!(matches!(error, PasswordError::File { .. }), "{error}");
    for (content, problem) in [(vec![b'\n'], "empty"), (vec![0xff], "UTF-8"), (vec![b'x'; 5000], "too large")]
    {
        std::fs::write(&file, content).unwrap();
        let error = ask(Passwords::none().file(Some(file.clone())));
        assert!(error.to_string().contains(problem), "{error}");
    }
}
