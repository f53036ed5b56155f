//! Wallets made, listed, shown and imported, and what their keys sign.

use serde_json::Value;

use crate::support::{refusal, run, run_with, stdout, subnetkit};

#[test]
fn a_new_wallet_is_listed_and_not_overwritten() {
    let here = tempfile::tempdir().unwrap();
    let path = here.path().join("wallets");
    let path = path.to_str().unwrap();
    let new =
        ["wallet", "new", "--plain", "--wallet-path", path, "--wallet", "mine", "--wallet-hotkey", "one"];
    let made = stdout(&run(here.path(), &new));
    assert_eq!(made.matches("phrase: ").count(), 2, "{made}");

    let listed = stdout(&run(here.path(), &["wallet", "list", "--json", "--wallet-path", path]));
    let listed: Value = serde_json::from_str::<Value>(&listed).unwrap()["wallets"].take();
    let coldkey = listed[0]["coldkey"].as_str().unwrap();
    let hotkey = listed[0]["hotkeys"][0]["hotkey"].as_str().unwrap();
    assert!(made.contains(&format!("coldkey: {coldkey}")), "{made}");
    assert!(made.contains(&format!("hotkey one: {hotkey}")), "{made}");
    assert_eq!(listed[0]["name"], "mine");
    assert_eq!(listed[0]["hotkeys"][0]["name"], "one");

    let said = refusal(&run(here.path(), &new), 1);
    assert!(said.contains("already exists"), "{said}");
    let again = stdout(&run(here.path(), &["wallet", "list", "--json", "--wallet-path", path]));
    assert_eq!(serde_json::from_str::<Value>(&again).unwrap()["wallets"], listed);
}

#[test]
fn a_new_coldkey_needs_a_password_and_never_waits_for_one() {
    let here = tempfile::tempdir().unwrap();
    let path = here.path().join("wallets");
    let arguments = ["wallet", "new", "--wallet-path", path.to_str().unwrap()];
    let said = refusal(&run(here.path(), &arguments), 1);
    assert!(said.contains("BT_WALLET_PASSWORD") && said.contains("--plain"), "{said}");
    assert!(!path.exists());

    let made = subnetkit(here.path(), &arguments).env("BT_WALLET_PASSWORD", "secret").output().unwrap();
    assert!(!stdout(&made).contains("secret"));
    let coldkey = std::fs::read(path.join("default/coldkey")).unwrap();
    assert!(coldkey.starts_with(b"$NACL"));
}

/// A keyfile as others wrote it, and the address they read from it.
fn recorded(id: &str) -> (Vec<u8>, String, String) {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let file = std::path::Path::new(&manifest).join("../wallet/tests/vectors/wallet_keyfiles.json");
    let recorded: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let keyfiles = recorded["keyfiles"].as_array().unwrap();
    let found = keyfiles.iter().find(|keyfile| keyfile["id"] == id).unwrap();
    let content = hex::decode(found["content_hex"].as_str().unwrap()).unwrap();
    let password = found["password"].as_str().unwrap_or_default().to_owned();
    (content, found["v11_read"]["ss58"].as_str().unwrap().to_owned(), password)
}

const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
const SR25519: &str = "5DfhGyQdFobKM8NsWvEeAKk5EQQgYe9AydgJ7rMB6E1EqRzV";
const ED25519: &str = "5DFJF7tY4bpbpcKPJcBTQaKuCDEPCpiz8TRjpmLeTtweqmXL";
/// What `btcli wallet sign --message subnetkit` says for the phrase's ed25519 key.
const ED25519_SIGNATURE: &str = "58562b5280e325eb4fe002642cd79228540fa9836ecf8a4a0d1b8e3c3d1bd306\
                                 cc31dd158b6445cfcfdb9ed2c60e197ff0e114e91f314fafe252352213579a01";

/// The words with where the wallets are, and which of them if they do not say.
fn at<'a>(here: &'a std::path::Path, words: &[&'a str]) -> Vec<&'a str> {
    let path = here.to_str().unwrap();
    let wallet: &[&str] = if words.contains(&"-w") { &[] } else { &["-w", "mine"] };
    [&["wallet"], words, &["--wallet-path", path], wallet].concat()
}

#[test]
fn keys_are_imported_shown_without_secrets_and_sign_what_verifies() {
    let here = tempfile::tempdir().unwrap();
    let import = |words: &[&str], input: &[u8]| {
        let words = [&["import"], words, &["--json"]].concat();
        let output = run_with(here.path(), &at(here.path(), &words), input);
        serde_json::from_str::<Value>(&stdout(&output)).unwrap()
    };
    // As others wrote them: plain JSON, bare text, and in the other scheme.
    let (content, address, _) = recorded("k03");
    let coldkey = import(&["coldkey", "--plain"], &content);
    assert_eq!((&coldkey["ss58"], &coldkey["encrypted"]), (&address.clone().into(), &false.into()));
    let phrase = import(&["hotkey", "-H", "words", "--from", "-"], format!("{PHRASE}\n").as_bytes());
    assert_eq!((&phrase["ss58"], &phrase["crypto_type"]), (&SR25519.into(), &"sr25519".into()));
    let other = import(&["hotkey", "-H", "other", "--crypto-type", "ed25519"], PHRASE.as_bytes());
    assert_eq!((&other["ss58"], &other["crypto_type"]), (&ED25519.into(), &"ed25519".into()));
    let seed = "0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e";
    std::fs::write(here.path().join("seed"), seed).unwrap();
    assert_eq!(import(&["hotkey", "-H", "seed", "--from", "seed"], b"")["ss58"], SR25519);
    let public = import(&["coldkeypub", "-w", "far"], ED25519.as_bytes());
    assert_eq!(public["ss58"], ED25519);
    // An encrypted one, with the password where btcli has it.
    let (content, address, password) = recorded("k58");
    std::fs::write(here.path().join("sealed"), content).unwrap();
    let words = ["import", "hotkey", "-H", "sealed", "--encrypt", "--from", "sealed", "--json"];
    let mut sealed = subnetkit(here.path(), &at(here.path(), &words));
    let sealed = sealed.env("BT_WALLET_PASSWORD", &password).output();
    let sealed: Value = serde_json::from_str(&stdout(&sealed.unwrap())).unwrap();
    assert_eq!((&sealed["ss58"], &sealed["encrypted"]), (&address.into(), &true.into()));

    let shown = stdout(&run(here.path(), &at(here.path(), &["show", "--json"])));
    for secret in ["bottom drive", &seed[2..], "privateKey", "secret"] {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        (&shown["coldkey"]["ss58"], &shown["coldkey"]["private"]),
        (&coldkey["ss58"], &"plain".into())
    );
    let hotkeys = shown["hotkeys"].as_array().unwrap();
    let names: Vec<_> = hotkeys.iter().map(|hotkey| hotkey["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["other", "sealed", "seed", "words"]);
    assert_eq!((&hotkeys[0]["crypto_type"], &hotkeys[1]["private"]), (&"ed25519".into(), &"NaCl".into()));
    let far = stdout(&run(here.path(), &at(here.path(), &["show", "-w", "far"])));
    assert!(far.contains("missing") && far.contains(ED25519), "{far}");

    signatures(here.path(), coldkey["ss58"].as_str().unwrap());
    mistakes(here.path());
}

/// Each key, each way to give the message, and a signature that is none.
fn signatures(here: &std::path::Path, coldkey: &str) {
    let sign = |words: &[&str], input: &[u8]| -> Value {
        let output = run_with(here, &at(here, &[&["sign"], words, &["--json"]].concat()), input);
        serde_json::from_str(&stdout(&output)).unwrap()
    };
    let verify = |address: &str, signature: &str, message: &str| {
        let words = ["wallet", "verify", message, "--ss58", address, "--signature", signature, "--json"];
        let output = run(here, &words);
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(said["valid"].as_bool().unwrap(), output.status.success(), "{output:?}");
        said["valid"] == true
    };
    std::fs::write(here.join("message"), "0x00 häh?").unwrap();
    for (words, input, address, message) in [
        (&["hello"][..], &b""[..], coldkey, "hello"),
        (&["--use-hotkey", "-H", "words"], b"hello", SR25519, "hello"),
        (&["--use-hotkey", "-H", "other", "--file", "message"], b"", ED25519, "0x00 häh?"),
    ] {
        let signed = sign(words, input);
        assert_eq!(signed["signer_address"], address);
        let signature = signed["signed_message"].as_str().unwrap();
        assert_eq!(signature.len(), 128);
        assert!(verify(address, signature, message) && verify(address, &format!("0x{signature}"), message));
        assert!(!verify(address, signature, "another message"));
        assert!(!verify(if address == SR25519 { ED25519 } else { SR25519 }, signature, message));
    }
    // ed25519 signatures are the same every time: this one is btcli's.
    let signed = sign(&["--use-hotkey", "-H", "other", "subnetkit"], b"");
    assert_eq!(signed["signed_message"], ED25519_SIGNATURE);
    assert!(verify(ED25519, ED25519_SIGNATURE, "subnetkit"));
    let wrapped = sign(&["--use-hotkey", "-H", "words", "<Bytes>hello</Bytes>"], b"");
    assert!(verify(SR25519, wrapped["signed_message"].as_str().unwrap(), "hello"));
    // Where nobody is there to give the hotkey's password, nobody is waited for.
    let locked = refusal(&run(here, &at(here, &["sign", "hello", "--use-hotkey", "-H", "sealed"])), 1);
    assert!(locked.contains("BT_PW_"), "{locked}");
}

fn mistakes(here: &std::path::Path) {
    let refused = |words: &[&str], parts: &[&str]| {
        let said = refusal(&run(here, &at(here, words)), 1);
        assert!(parts.iter().all(|part| said.contains(part)), "{words:?}: {said}");
    };
    refused(&["import", "hotkey", "-H", "new"], &["no key was given", "standard input"]);
    refused(&["import", "hotkey", "-H", "new", "--secret", "twelve words"], &["warning", "keyfile"]);
    refused(&["import", "hotkey", "-H", "words", "--secret", PHRASE], &["already exists", "--overwrite"]);
    refused(&["import", "coldkey", "-w", "new", "--secret", PHRASE], &["BT_WALLET_PASSWORD", "--plain"]);
    refused(&["import", "hotkey", "-H", "new", "--from", "nowhere"], &["nowhere", "--from"]);
    refused(&["show", "-w", "nobody"], &["there is no wallet", "nobody"]);
    let public = run_with(here, &at(here, &["import", "hotkey", "-H", "new"]), &recorded("k18").0);
    assert!(refusal(&public, 1).contains("cannot sign"));
    let text =
        refusal(&run(here, &["wallet", "verify", "m", "--address", SR25519, "--signature", "0x12"]), 1);
    assert!(text.contains("--signature") && text.contains("64 bytes"), "{text}");
    let over = run(here, &at(here, &["import", "hotkey", "-H", "seed", "--secret", PHRASE, "--overwrite"]));
    assert!(stdout(&over).contains(SR25519));
}
