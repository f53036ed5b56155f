//! One keyfile: bytes in, key out, and back.

use std::io;

use subnetkit_protocol::{AccountId, KeyError, Scheme, Ss58Error, ss58};
use zeroize::Zeroizing;

use crate::encryption::{self, Encryption, EncryptionError};
use crate::key::WalletKey;
use crate::members::{self, Members};
use crate::password::Password;

/// Members of keyfiles for account types that this crate cannot sign for.
const FOREIGN_MEMBERS: [&str; 3] = ["accountType", "signingScheme", "hashedDescriptor"];
const PHRASE_LENGTHS: [usize; 5] = [12, 15, 18, 21, 24];

/// How strictly a keyfile's members are held against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Reading {
    /// The same answer as the Python SDK 11 for every file: `publicKey` and `accountId` are never compared, the
    /// stored address is compared as text, and `secretSeed` must be hex.
    #[default]
    Btcli,
    /// More careful and more forgiving: `publicKey` and `accountId` must fit the key, the stored address may be
    /// spelled for another network, and a `secretSeed` that is no hex is passed over for `privateKey` (the legacy
    /// wallet 4 wrote such files when a seed happened to be valid UTF-8).
    Careful,
}

/// Why bytes are not a usable keyfile. No message holds any of the file's secrets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyfileError {
    /// The file is encrypted and no password was given.
    #[error("it is encrypted ({0}) and no password was given")]
    PasswordNeeded(Encryption),
    /// It could not be decrypted.
    #[error(transparent)]
    Encryption(#[from] EncryptionError),
    /// Neither JSON, nor hex, nor words.
    #[error("it is not a keyfile: neither keyfile JSON, nor a hex seed, nor a secret phrase; check the path")]
    NotAKeyfile,
    /// JSON without any member that could give a key.
    #[error(
        "it holds no secretPhrase, secretSeed, privateKey or ss58Address (members: {found}); regenerate it with btcli"
    )]
    NoKey {
        /// The members it has.
        found: String,
    },
    /// An export of polkadot-js or of a mobile app.
    #[error(
        "it is a polkadot-js export, not a keyfile; import it with `btcli wallet regen-coldkey --json-path <file>`"
    )]
    PolkadotJs,
    /// A hashed or post-quantum account.
    #[error(
        "it is of an unsupported account type (it has {member}); use a wallet with an sr25519 or ed25519 key"
    )]
    UnsupportedAccount {
        /// The member that gives it away.
        member: &'static str,
    },
    /// `cryptoType` is neither 0 nor 1.
    #[error("its cryptoType {0} is unknown; only 0 (ed25519) and 1 (sr25519) are supported")]
    UnknownScheme(u8),
    /// A member is present but gives no key.
    #[error("its {member} is unusable: {error}; regenerate the keyfile from its phrase or seed")]
    InvalidKey {
        /// The member, or "text" for a bare file.
        member: &'static str,
        /// What the key code said.
        error: KeyError,
    },
    /// A secret that must be hex is not.
    #[error(
        "its {member} is not hex; if the file also has a privateKey, that one may be intact: read it with the \
         careful rules, or regenerate the wallet from its phrase"
    )]
    NotHex {
        /// The member.
        member: &'static str,
    },
    /// The stored address cannot be parsed.
    #[error("its ss58Address is invalid: {0}; regenerate the file from the address or the phrase")]
    InvalidAddress(Ss58Error),
    /// The stored address or public key belongs to another key.
    #[error(
        "its {stored} does not match {derived}, the address of its {member}; check cryptoType, or regenerate the file"
    )]
    AddressMismatch {
        /// The member that disagrees.
        stored: &'static str,
        /// The member the key came from.
        member: &'static str,
        /// The address that the secret really has.
        derived: AccountId,
    },
    /// Encoding failed.
    #[error("the keyfile could not be encoded: {0}")]
    Encode(io::Error),
}

/// What a keyfile says: an account, and its key unless the file is public.
#[derive(Debug, Clone)]
pub struct Keyfile {
    account: AccountId,
    scheme: Scheme,
    key: Option<WalletKey>,
    public_key_differs: bool,
}

impl Keyfile {
    /// Reads the bytes of a keyfile, decrypting them if needed. A password for a plain file is not used.
    pub fn read(content: &[u8], password: Option<&Password>, reading: Reading) -> Result<Self, KeyfileError> {
        match (Encryption::detect(content), password) {
            (None, _) => Self::parse(content, reading),
            (Some(encryption), None) => Err(KeyfileError::PasswordNeeded(encryption)),
            (Some(encryption), Some(password)) => {
                Self::parse(&encryption::open(encryption, content, password)?, reading)
            }
        }
    }

    /// Reads a decrypted keyfile.
    pub fn parse(plaintext: &[u8], reading: Reading) -> Result<Self, KeyfileError> {
        let text = std::str::from_utf8(plaintext).map_err(|_| KeyfileError::NotAKeyfile)?;
        match Members::parse(text) {
            Some(members) => from_members(&members, reading),
            None => from_bare_text(text.trim()),
        }
    }

    /// A public keyfile.
    pub const fn public(account: AccountId, scheme: Scheme) -> Self {
        Self { account, scheme, key: None, public_key_differs: false }
    }

    /// The account.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// The scheme. A public file without `cryptoType` counts as sr25519.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The key; `None` for a public file.
    pub const fn key(&self) -> Option<&WalletKey> {
        self.key.as_ref()
    }

    /// The key; `None` for a public file.
    pub fn into_key(self) -> Option<WalletKey> {
        self.key
    }

    /// Whether the file's `publicKey` or `accountId` names another account than its key: a sign of tampering
    /// that [`Reading::Btcli`] lets pass.
    pub const fn public_key_differs(&self) -> bool {
        self.public_key_differs
    }

    /// The plain file content, secrets included.
    pub fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, KeyfileError> {
        members::write(&self.account, self.scheme, self.key.as_ref()).map_err(KeyfileError::Encode)
    }

    /// The content of the public file beside it.
    pub fn to_public_json(&self) -> Result<Zeroizing<Vec<u8>>, KeyfileError> {
        members::write(&self.account, self.scheme, None).map_err(KeyfileError::Encode)
    }
}

impl From<WalletKey> for Keyfile {
    fn from(key: WalletKey) -> Self {
        Self {
            account: key.account(),
            scheme: key.keypair().scheme(),
            key: Some(key),
            public_key_differs: false,
        }
    }
}

fn from_members(members: &Members, reading: Reading) -> Result<Keyfile, KeyfileError> {
    if members.has("encoded") && members.has("encoding") {
        return Err(KeyfileError::PolkadotJs);
    }
    if let Some(member) = FOREIGN_MEMBERS.into_iter().find(|member| members.has(member)) {
        return Err(KeyfileError::UnsupportedAccount { member });
    }
    let scheme =
        members.scheme().map_err(|(number, _)| KeyfileError::UnknownScheme(number))?.unwrap_or_default();

    let mut keyfile = if let Some(words) = members.text("secretPhrase") {
        matching(members, scheme, "secretPhrase", reading, |scheme| {
            WalletKey::from_phrase(words, "", scheme)
        })?
    } else if let Some((member, bytes)) = stored_bytes(members, reading)? {
        matching(members, scheme, member, reading, |scheme| WalletKey::from_bytes(&bytes, scheme))?
    } else if let Some(address) = members.text("ss58Address") {
        let (_, bytes) = ss58::decode(address).map_err(KeyfileError::InvalidAddress)?;
        Keyfile::public(AccountId::from_bytes(bytes), scheme)
    } else {
        return Err(KeyfileError::NoKey { found: members.names() });
    };
    compare_public_key(members, &mut keyfile, reading)?;
    Ok(keyfile)
}

/// The member that holds secret bytes, and the bytes.
type Stored = (&'static str, Zeroizing<Vec<u8>>);

fn stored_bytes(members: &Members, reading: Reading) -> Result<Option<Stored>, KeyfileError> {
    let decode = |member| members.text(member).map(|text| (member, hex_bytes(text)));
    match (decode("secretSeed"), decode("privateKey")) {
        (Some((_, None)), Some((member, Some(bytes)))) if reading == Reading::Careful => {
            Ok(Some((member, bytes)))
        }
        (Some((member, None)), _) | (None, Some((member, None))) => Err(KeyfileError::NotHex { member }),
        (Some((member, Some(bytes))), _) | (None, Some((member, Some(bytes)))) => Ok(Some((member, bytes))),
        (None, None) => Ok(None),
    }
}

/// Derives the key in the file's scheme; if the stored address disagrees, in the other one, because old writers
/// left `cryptoType` out or wrong and the address tells which key was meant.
fn matching(
    members: &Members,
    scheme: Scheme,
    member: &'static str,
    reading: Reading,
    derive: impl Fn(Scheme) -> Result<WalletKey, KeyError>,
) -> Result<Keyfile, KeyfileError> {
    let first = derive(scheme).map_err(|error| KeyfileError::InvalidKey { member, error })?;
    let Some(stored) = members.address() else { return Ok(first.into()) };
    let fits = |key: &WalletKey| match reading {
        Reading::Btcli => key.account().to_string() == stored,
        Reading::Careful => ss58::decode(stored).is_ok_and(|(_, bytes)| bytes == *key.account().as_bytes()),
    };
    if fits(&first) {
        return Ok(first.into());
    }
    let other = match scheme {
        Scheme::Sr25519 => Scheme::Ed25519,
        Scheme::Ed25519 => Scheme::Sr25519,
    };
    match derive(other) {
        Ok(second) if fits(&second) => Ok(second.into()),
        _ => Err(KeyfileError::AddressMismatch { stored: "ss58Address", member, derived: first.account() }),
    }
}

fn compare_public_key(
    members: &Members,
    keyfile: &mut Keyfile,
    reading: Reading,
) -> Result<(), KeyfileError> {
    for stored in ["publicKey", "accountId"] {
        let Some(text) = members.text(stored) else { continue };
        if hex_bytes(text).is_some_and(|bytes| *bytes == keyfile.account.as_bytes()[..]) {
            continue;
        }
        keyfile.public_key_differs = true;
        if reading == Reading::Careful {
            let member = if keyfile.key.is_some() { "secret" } else { "ss58Address" };
            return Err(KeyfileError::AddressMismatch { stored, member, derived: keyfile.account });
        }
    }
    Ok(())
}

/// The oldest files: nothing but a seed, a key or a phrase, always sr25519.
fn from_bare_text(text: &str) -> Result<Keyfile, KeyfileError> {
    if let Some(bytes) = hex_bytes(text).filter(|bytes| matches!(bytes.len(), 32 | 64)) {
        return WalletKey::from_bytes(&bytes, Scheme::Sr25519)
            .map(Keyfile::from)
            .map_err(|error| KeyfileError::InvalidKey { member: "text", error });
    }
    if !PHRASE_LENGTHS.contains(&text.split_whitespace().count()) {
        return Err(KeyfileError::NotAKeyfile);
    }
    WalletKey::from_phrase(text, "", Scheme::Sr25519)
        .map(Keyfile::from)
        .map_err(|error| KeyfileError::InvalidKey { member: "text", error })
}

fn hex_bytes(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok().map(Zeroizing::new)
}
