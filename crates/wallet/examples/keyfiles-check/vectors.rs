//! The cases of a wallet vector file, each held against this crate.

use serde::Deserialize;
use subnetkit_protocol::{Keypair, Scheme, verify};
use subnetkit_wallet::password::{conceal, password_variable, reveal};
use subnetkit_wallet::{
    EncryptionError, Keyfile, KeyfileError, NewWallet, Password, Protection, Reading, Wallet,
};

type Verdict = Result<(), String>;

/// What a run found.
pub(crate) struct Outcome {
    /// The number of cases that hold.
    pub(crate) passed: usize,
    /// One line for each case that does not.
    pub(crate) failures: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    keyfiles: Vec<Case>,
    #[serde(default)]
    derivation: Vec<Derivation>,
    #[serde(default)]
    password_env: Vec<Concealed>,
    #[serde(default)]
    password_env_names: Vec<VariableName>,
    #[serde(default)]
    layout_created_by_v11: Vec<LayoutEntry>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    content_hex: String,
    password: Option<String>,
    encryption: String,
    v11_read: Read,
}

#[derive(Deserialize)]
struct Read {
    ok: bool,
    error: Option<String>,
    message: Option<String>,
    ss58: Option<String>,
    public_key_hex: Option<String>,
    crypto: Option<Scheme>,
    has_private: Option<bool>,
    keyfile_private_key: Option<String>,
    ed25519_signature: Option<Signed>,
}

#[derive(Deserialize)]
struct Signed {
    message_hex: String,
    signature_hex: String,
}

#[derive(Deserialize)]
struct Derivation {
    mnemonic: Option<String>,
    uri: Option<String>,
    password: Option<String>,
    crypto: Scheme,
    #[serde(default = "yes")]
    ok: bool,
    seed_hex: Option<String>,
    private_key_hex: Option<String>,
    public_key_hex: Option<String>,
    ss58: Option<String>,
}

#[derive(Deserialize)]
struct Concealed {
    variable: String,
    password: String,
    value: String,
}

#[derive(Deserialize)]
struct VariableName {
    path: String,
    variable: String,
}

#[derive(Deserialize)]
struct LayoutEntry {
    path: String,
    mode: String,
    json_keys: Option<Vec<String>>,
}

const fn yes() -> bool {
    true
}

/// Checks every case of the file's text.
pub(crate) fn check(text: &str) -> Result<Outcome, serde_json::Error> {
    let file: File = serde_json::from_str(text)?;
    let mut outcome = Outcome { passed: 0, failures: Vec::new() };
    let mut count = |name: String, verdict: Verdict| match verdict {
        Ok(()) => outcome.passed += 1,
        Err(reason) => outcome.failures.push(format!("{name}: {reason}")),
    };
    for case in &file.keyfiles {
        count(case.id.clone(), keyfile(case));
    }
    for (index, case) in file.derivation.iter().enumerate() {
        count(format!("derivation[{index}]"), derivation(case));
    }
    for case in &file.password_env {
        count(format!("password_env {}", case.variable), concealed(case));
    }
    for case in &file.password_env_names {
        let verdict = equal("variable", &password_variable(case.path.as_ref()), &case.variable);
        count(format!("password_env_names {}", case.path), verdict);
    }
    if !file.layout_created_by_v11.is_empty() {
        let created = tempfile::tempdir().map_err(|error| error.to_string()).and_then(|base| {
            let plain = NewWallet::new(Protection::Plain);
            Wallet::new(base.path(), "cold", "hot").create(&plain).map_err(|error| error.to_string())?;
            Ok(base)
        });
        for entry in &file.layout_created_by_v11 {
            let verdict = match &created {
                Ok(base) => layout(base.path(), entry),
                Err(error) => Err(error.clone()),
            };
            count(format!("layout {}", entry.path), verdict);
        }
    }
    Ok(outcome)
}

fn keyfile(case: &Case) -> Verdict {
    let content = unhex(&case.content_hex)?;
    let password = case.password.clone().map(Password::new);
    let encryption = subnetkit_wallet::Encryption::detect(&content);
    let named = match case.encryption.as_str() {
        "legacy" => "Fernet",
        other => other,
    };
    let found = encryption.map_or_else(|| "none".to_owned(), |encryption| encryption.to_string());
    equal("encryption", found.as_str(), named)?;

    match (Keyfile::read(&content, password.as_ref(), Reading::Btcli), case.v11_read.ok) {
        (Ok(keyfile), true) => same(&keyfile, &case.v11_read),
        (Ok(_), false) => {
            Err(format!("was read, but must fail: {}", case.v11_read.message.as_deref().unwrap_or("?")))
        }
        (Err(error), true) => Err(format!("must be read, but: {error}")),
        (Err(error), false) => {
            let password = matches!(
                error,
                KeyfileError::Encryption(EncryptionError::WrongPassword(_) | EncryptionError::Damaged { .. })
            );
            match case.v11_read.error.as_deref() {
                Some("WrongPasswordError") if !password => {
                    Err(format!("must fail for its password, but: {error}"))
                }
                _ => Ok(()),
            }
        }
    }
}

fn same(keyfile: &Keyfile, expected: &Read) -> Verdict {
    same_account(keyfile.account(), expected.ss58.as_deref(), expected.public_key_hex.as_deref())?;
    equal("scheme", &Some(keyfile.scheme()), &expected.crypto)?;
    equal("has_private", &Some(keyfile.key().is_some()), &expected.has_private)?;
    let Some(key) = keyfile.key() else { return Ok(()) };
    if let Some(private) = &expected.keyfile_private_key {
        equal("private key", &format!("0x{}", hex::encode(key.keypair().private_key())), private)?;
    }
    signs(key.keypair(), expected.ed25519_signature.as_ref())?;

    // What this crate would write for the key must read back as the same key.
    let json = keyfile.to_json().map_err(|error| error.to_string())?;
    let again = Keyfile::parse(&json, Reading::Careful).map_err(|error| error.to_string())?;
    equal("rewritten account", &again.account(), &keyfile.account())?;
    equal("rewritten scheme", &again.scheme(), &keyfile.scheme())
}

fn signs(keypair: &Keypair, expected: Option<&Signed>) -> Verdict {
    let Some(expected) = expected else {
        let signature = keypair.sign(b"keyfile");
        return equal("signs", &verify(keypair.scheme(), &keypair.account(), b"keyfile", &signature), &true);
    };
    let signature = keypair.sign(&unhex(&expected.message_hex)?);
    equal("signature", &hex::encode(signature), &expected.signature_hex)
}

fn derivation(case: &Derivation) -> Verdict {
    let derived = match (&case.mnemonic, &case.uri) {
        (Some(words), None) => {
            Keypair::from_phrase(words, case.password.as_deref().unwrap_or_default(), case.crypto)
        }
        (None, Some(uri)) => Keypair::from_uri(uri, case.crypto),
        _ => return Err("needs either mnemonic or uri".to_owned()),
    };
    let key = match (derived, case.ok) {
        (Ok(key), true) => key,
        (Err(_), false) => return Ok(()),
        (Ok(_), false) => return Err("was derived, but must fail".to_owned()),
        (Err(error), true) => return Err(error.to_string()),
    };
    same_account(key.account(), case.ss58.as_deref(), case.public_key_hex.as_deref())?;
    if let Some(private) = &case.private_key_hex {
        equal("private key", &hex::encode(key.private_key()), private)?;
    }
    if let Some(seed) = &case.seed_hex {
        let found = key.mini_secret().map(|seed| hex::encode(*seed));
        equal("seed", &found.as_deref(), &Some(seed.as_str()))?;
    }
    Ok(())
}

fn concealed(case: &Concealed) -> Verdict {
    equal("value", &conceal(&case.variable, &Password::new(case.password.as_str())), &case.value)?;
    let password = reveal(&case.variable, &case.value).map_err(|error| error.to_string())?;
    equal("password, concealed again", &conceal(&case.variable, &password), &case.value)
}

fn layout(base: &std::path::Path, entry: &LayoutEntry) -> Verdict {
    let path = base.join(&entry.path);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).map_err(|error| error.to_string())?.permissions().mode() & 0o777;
        equal("mode", format!("0o{mode:o}").as_str(), entry.mode.as_str())?;
    }
    let Some(expected) = &entry.json_keys else { return Ok(()) };
    let content = std::fs::read(&path).map_err(|error| error.to_string())?;
    let json: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&content).map_err(|error| error.to_string())?;
    let mut members: Vec<&String> = json.keys().collect();
    members.sort();
    let mut expected: Vec<&String> = expected.iter().collect();
    expected.sort();
    equal("members", &members, &expected)
}

fn same_account(account: subnetkit_protocol::AccountId, ss58: Option<&str>, public: Option<&str>) -> Verdict {
    equal("address", &Some(account.to_string().as_str()), &ss58)?;
    equal("public key", &Some(hex::encode(account.as_bytes()).as_str()), &public)
}

fn equal<T: PartialEq + std::fmt::Debug + ?Sized>(what: &str, found: &T, expected: &T) -> Verdict {
    if found == expected { Ok(()) } else { Err(format!("{what} is {found:?}, expected {expected:?}")) }
}

fn unhex(text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text).map_err(|error| format!("the vector's hex is broken: {error}"))
}
