//! Reading and writing files the way key material deserves: bounded, private, all or nothing.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use zeroize::Zeroizing;

use crate::create::Overwrite;

/// Reads a whole regular file; `None` if it is larger than `limit` bytes.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    // A FIFO or device would block forever, and a directory has nothing to read.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    // Room for everything up front: a growing buffer would leave copies of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(limit).unwrap_or(0) + 1));
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// Creates a directory and its missing parents, each for the owner alone.
pub(crate) fn create_private_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file for the owner alone. Afterwards the path holds either the old or the new content, whole,
/// even after a power failure; with [`Overwrite::Refuse`] an existing file is never touched.
pub(crate) fn write_private(path: &Path, content: &[u8], overwrite: Overwrite) -> io::Result<()> {
    let directory =
        path.parent().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no directory"))?;
    let mut builder = tempfile::Builder::new();
    // Hidden, so that a listing never takes the leftover of a crash for a hotkey.
    builder.prefix(".keyfile-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600));
    let mut file = builder.tempfile_in(directory)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    match overwrite {
        Overwrite::Replace => file.persist(path),
        Overwrite::Refuse => file.persist_noclobber(path),
    }
    .map_err(|failed| failed.error)?;
    // The rename itself is durable only once its directory is.
    #[cfg(unix)]
    File::open(directory)?.sync_all()?;
    Ok(())
}

/// Whether anyone but the owner may read the file.
#[cfg(unix)]
pub(crate) fn is_shared(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_shared(_: &Path) -> bool {
    false
}
