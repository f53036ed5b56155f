//! Looking at a ledger without changing it.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use subnetkit_protocol::Hotkey;

use super::{LedgerError, LedgerOwner};

/// How long another process may hold the file before it counts as locked.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Checks that the file can be written and belongs to `owner`, or that it can be made; says whether it is there. Nothing in
/// it is changed, and nothing is made. Blocks for seconds if another process holds the file.
///
/// # Errors
/// See [`LedgerError`].
pub fn inspect(path: &Path, owner: &LedgerOwner) -> Result<bool, LedgerError> {
    let open = |source| LedgerError::Open { path: path.to_owned(), source };
    if !path.exists() {
        can_be_made(path)?;
        return Ok(false);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(open)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(open)?;
    // Taking the lock of a writer is what fails in a read-only file or directory, and on what is no database.
    connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").map_err(open)?;
    let made: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if made == 0 {
        return Ok(true);
    }
    let found = connection.query_row("SELECT genesis_hash, netuid, hotkey FROM identity", [], |row| {
        let hotkey = Hotkey::from_bytes(row.get(2)?);
        Ok(LedgerOwner { genesis_hash: row.get(0)?, netuid: row.get(1)?, hotkey })
    });
    match found.optional()? {
        Some(found) if found != *owner => Err(LedgerError::ForeignLedger {
            path: path.to_owned(),
            hotkey: found.hotkey.to_string(),
            netuid: found.netuid,
            genesis: found.genesis_hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        }),
        _ => Ok(true),
    }
}

fn can_be_made(path: &Path) -> Result<(), LedgerError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let refused = |reason: String| LedgerError::CannotBeMade { path: path.to_owned(), reason };
    let found = directory.metadata().map_err(|error| refused(format!("{}: {error}", directory.display())))?;
    if !found.is_dir() || found.permissions().readonly() {
        return Err(refused(format!("{} is not a directory that can be written", directory.display())));
    }
    Ok(())
}
