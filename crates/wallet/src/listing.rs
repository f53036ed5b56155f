//! Which wallets and hotkeys there are.

use std::cmp::Ordering;
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

use subnetkit_protocol::{Coldkey, Hotkey};

use crate::error::WalletError;
use crate::wallet::{DEFAULT_HOTKEY, Wallet};

/// A wallet found on disk.
#[derive(Debug)]
pub struct WalletEntry {
    /// Its name.
    pub name: String,
    /// The owner's address, or why `coldkeypub.txt` gives none.
    pub coldkey: Result<Coldkey, WalletError>,
    /// Its hotkeys in natural order.
    pub hotkeys: Vec<HotkeyEntry>,
}

/// A hotkey found on disk.
#[derive(Debug)]
pub struct HotkeyEntry {
    /// Its name.
    pub name: String,
    /// Its address, or why there is none (an encrypted hotkey without its public file, for example).
    pub account: Result<Hotkey, WalletError>,
}

/// All wallets under `base`, in natural order (`w2` before `w10`). Opens public and plain files only.
pub fn list(base: &Path) -> Result<Vec<WalletEntry>, WalletError> {
    let names =
        names(base, "wallet directory", |entry, name| !name.starts_with('.') && entry.path().is_dir())?;
    names
        .into_iter()
        .map(|name| {
            let wallet = Wallet::new(base, &name, DEFAULT_HOTKEY);
            let hotkeys = match wallet.hotkeys() {
                Err(error) if error.is_missing() => Vec::new(),
                found => found?,
            };
            let hotkeys = hotkeys
                .into_iter()
                .map(|hotkey| HotkeyEntry {
                    account: Wallet::new(base, &name, &hotkey).hotkey_account(),
                    name: hotkey,
                })
                .collect();
            Ok(WalletEntry { coldkey: wallet.coldkeypub(), name, hotkeys })
        })
        .collect()
}

impl Wallet {
    /// The names of this wallet's hotkeys in natural order.
    pub fn hotkeys(&self) -> Result<Vec<String>, WalletError> {
        self.check_name()?;
        if !self.path().exists() {
            return Err(WalletError::Missing { what: "wallet", path: self.path() });
        }
        names(&self.hotkeys_path(), "hotkeys directory", |entry, name| {
            is_hotkey_name(name) && entry.path().is_file()
        })
    }
}

/// Beside hotkeys there are their public files, btcli's locks, and hidden leftovers of interrupted writes.
pub(crate) fn is_hotkey_name(name: &str) -> bool {
    !name.starts_with('.') && !name.ends_with("pub.txt") && !name.ends_with(".lock")
}

/// Names that are not UTF-8 are left out: no setting could name them.
fn names(
    directory: &Path,
    what: &'static str,
    keep: impl Fn(&DirEntry, &str) -> bool,
) -> Result<Vec<String>, WalletError> {
    let entries: io::Result<Vec<DirEntry>> = fs::read_dir(directory).and_then(Iterator::collect);
    let entries = entries.map_err(|error| {
        let path = directory.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => WalletError::Missing { what, path },
            _ => WalletError::Unreadable { what, path, error },
        }
    })?;
    let mut names: Vec<String> = entries
        .into_iter()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            keep(&entry, &name).then_some(name)
        })
        .collect();
    names.sort_by(|a, b| natural(a, b));
    Ok(names)
}

/// Runs of digits compare as numbers, the rest without regard to case.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while let (Some(x), Some(y)) = (left.chars().next(), right.chars().next()) {
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (m, n) = (take_number(&mut left), take_number(&mut right));
            // Without leading zeros a longer number is a larger one, however many digits it has.
            m.len().cmp(&n.len()).then_with(|| m.cmp(n))
        } else {
            left = &left[x.len_utf8()..];
            right = &right[y.len_utf8()..];
            x.to_lowercase().cmp(y.to_lowercase())
        };
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

fn take_number<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    *text = rest;
    digits.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_by_value() {
        let mut names = ["hk10", "hk2", "HK1", "hk02", "a", "hk", "hk2b", "hk99999999999999999999999"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["a", "hk", "HK1", "hk02", "hk2", "hk2b", "hk10", "hk99999999999999999999999"]);
    }
}
