//! Where a password comes from. Nothing here waits for a terminal unless the caller installs a prompt.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The plain password of any wallet, honoured by btcli.
pub const PASSWORD_VARIABLE: &str = "BT_WALLET_PASSWORD";
/// Names a file that holds the password.
pub const PASSWORD_FILE_VARIABLE: &str = "BT_WALLET_PASSWORD_FILE";
/// A password file larger than this is taken for a mistake (the wrong file), not for a password.
pub const MAX_PASSWORD_FILE_BYTES: u64 = 4096;

/// A password in memory: wiped on drop, never shown by `Debug`.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes the password exactly as given; leading and trailing blanks count.
    pub fn new(password: impl Into<String>) -> Self {
        Self(Zeroizing::new(password.into()))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Answers "what is the password of this keyfile?".
pub trait PasswordSource {
    /// `None` means that this source knows none, which is not an error.
    fn password(&self, keyfile: &Path) -> Result<Option<Password>, PasswordError>;
}

impl PasswordSource for Password {
    fn password(&self, _: &Path) -> Result<Option<Password>, PasswordError> {
        Ok(Some(self.clone()))
    }
}

impl<S: PasswordSource> PasswordSource for Option<S> {
    fn password(&self, keyfile: &Path) -> Result<Option<Password>, PasswordError> {
        self.as_ref().map_or(Ok(None), |source| source.password(keyfile))
    }
}

/// A password source that should have had the answer and could not give it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// `BT_PW_<PATH>` does not hold what btcli would have written.
    #[error(
        "the variable {variable} is not a password as btcli stores it ({reason}); unset it, or set {PASSWORD_VARIABLE} to the plain password"
    )]
    Variable {
        /// Its name.
        variable: String,
        /// What is wrong with the value, without the value.
        reason: &'static str,
    },
    /// The password file cannot be read.
    #[error("cannot read the password file {}: {error}; check {PASSWORD_FILE_VARIABLE} and the file's permissions", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The password file holds no usable password.
    #[error(
        "the password file {} is {problem}; it must hold the password and nothing else",
        path.display()
    )]
    FileContent {
        /// The file.
        path: PathBuf,
        /// "empty", "not UTF-8" or "too large".
        problem: &'static str,
    },
    /// The prompt failed.
    #[error(
        "no password could be asked for: {0}; set {PASSWORD_VARIABLE} or {PASSWORD_FILE_VARIABLE} instead"
    )]
    Prompt(io::Error),
}

type Lookup = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;
type Prompt = Box<dyn Fn(&Path) -> io::Result<Option<Password>> + Send + Sync>;

/// btcli's order of sources: explicit, `BT_WALLET_PASSWORD`, `BT_PW_<PATH>`, password file (argument, else
/// `BT_WALLET_PASSWORD_FILE`), prompt. The first that has an answer wins; an unusable answer is an error,
/// so that a mistyped setting is not passed over in silence.
pub struct Passwords {
    explicit: Option<Password>,
    file: Option<PathBuf>,
    wallet_wide: bool,
    environment: Lookup,
    prompt: Option<Prompt>,
}

impl Passwords {
    /// Knows no password and looks nowhere; add sources with the methods below.
    pub fn none() -> Self {
        Self { explicit: None, file: None, wallet_wide: true, environment: Box::new(|_| None), prompt: None }
    }

    /// The process environment: all three variables.
    pub fn from_environment() -> Self {
        Self::none().environment(process_variable)
    }

    /// Only `BT_PW_<PATH>`, as the SDK's keyfile class does: right for hotkeys, which must not be tried
    /// with the coldkey's password.
    pub fn per_keyfile() -> Self {
        Self { wallet_wide: false, ..Self::from_environment() }
    }

    /// A password given by the caller; it beats every other source.
    #[must_use]
    pub fn explicit(mut self, password: Option<Password>) -> Self {
        self.explicit = password;
        self
    }

    /// A file whose whole text, blanks stripped, is the password.
    #[must_use]
    pub fn file(mut self, path: Option<PathBuf>) -> Self {
        self.file = path;
        self
    }

    /// Where variables are looked up.
    #[must_use]
    pub fn environment(mut self, lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        self.environment = Box::new(lookup);
        self
    }

    /// Asked last, with the path of the keyfile. Return `Ok(None)` where there is no terminal.
    #[must_use]
    pub fn prompt(
        mut self,
        ask: impl Fn(&Path) -> io::Result<Option<Password>> + Send + Sync + 'static,
    ) -> Self {
        self.prompt = Some(Box::new(ask));
        self
    }

    fn variable(&self, name: &str) -> Option<Zeroizing<String>> {
        (self.environment)(name).map(Zeroizing::new).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords")
            .field("explicit", &self.explicit)
            .field("file", &self.file)
            .field("prompt", &self.prompt.is_some())
            .finish_non_exhaustive()
    }
}

impl PasswordSource for Passwords {
    fn password(&self, keyfile: &Path) -> Result<Option<Password>, PasswordError> {
        if let Some(password) = &self.explicit {
            return Ok(Some(password.clone()));
        }
        if self.wallet_wide
            && let Some(password) = self.variable(PASSWORD_VARIABLE)
        {
            return Ok(Some(Password(password)));
        }
        let name = password_variable(keyfile);
        if let Some(value) = self.variable(&name) {
            return reveal(&name, &value).map(Some);
        }
        let file = self.file.clone().or_else(|| {
            self.wallet_wide
                .then(|| self.variable(PASSWORD_FILE_VARIABLE))
                .flatten()
                .map(|p| p.as_str().into())
        });
        if let Some(path) = file {
            return from_file(path).map(Some);
        }
        match &self.prompt {
            Some(ask) => ask(keyfile).map_err(PasswordError::Prompt),
            None => Ok(None),
        }
    }
}

/// The variable in which btcli keeps the password of one keyfile: `BT_PW_` and the path in capitals, with `/`
/// and `.` replaced by `_`; blanks and hyphens stay.
pub fn password_variable(keyfile: &Path) -> String {
    format!("BT_PW_{}", keyfile.display().to_string().replace(['/', '.'], "_").to_uppercase())
}

/// What `BT_PW_<PATH>` must hold for a password. It hides the password from a glance, from nobody else.
pub fn conceal(variable: &str, password: &Password) -> String {
    STANDARD.encode(mask(variable, password.as_bytes()))
}

/// The password behind the value of a `BT_PW_<PATH>` variable.
pub fn reveal(variable: &str, value: &str) -> Result<Password, PasswordError> {
    let refuse = |reason| PasswordError::Variable { variable: variable.to_owned(), reason };
    let masked = STANDARD.decode(value.trim()).map_err(|_| refuse("its value is not base64"))?;
    let text = String::from_utf8(mask(variable, &masked).to_vec())
        .map_err(|_| refuse("its value belongs to another variable name"))?;
    Ok(Password::new(text))
}

fn mask(variable: &str, bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(bytes.iter().zip(variable.bytes().cycle()).map(|(byte, key)| byte ^ key).collect())
}

fn from_file(path: PathBuf) -> Result<Password, PasswordError> {
    let bytes = match crate::files::read_bounded(&path, MAX_PASSWORD_FILE_BYTES) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(PasswordError::FileContent { path, problem: "too large" }),
        Err(error) => return Err(PasswordError::File { path, error }),
    };
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err(PasswordError::FileContent { path, problem: "not UTF-8" });
    };
    match text.trim() {
        "" => Err(PasswordError::FileContent { path, problem: "empty" }),
        password => Ok(Password::new(password)),
    }
}

pub(crate) fn process_variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
