//! Chains as bytes and files.

use std::path::{Path, PathBuf};

use super::{Control, ControlError, Head};
use crate::{
    history::Chain,
    state_file::{self, StateFileError},
};

impl Control {
    /// The chain as bytes: its blocks, the state and time of its head. Equal chains give equal bytes. Older states, the pool
    /// and snapshots are not in them.
    ///
    /// # Errors
    /// If the chain is stopping or busy.
    pub async fn dump(&self) -> Result<Vec<u8>, ControlError> {
        let (chain, head_ms) =
            self.run(|author, _| Ok((author.node().history.capture(), author.clock.head_ms()))).await?;
        work(move || Ok(state_file::write(&chain, head_ms))).await
    }

    /// Puts a dumped chain in place of this one, with its genesis. The pool is emptied; snapshots stay.
    ///
    /// # Errors
    /// If the bytes are no dumped chain or damaged; the chain is as before then.
    pub async fn load(&self, bytes: Vec<u8>) -> Result<Head, ControlError> {
        let chain = work(move || Ok(state_file::read(&bytes)?)).await?;
        self.replace(chain).await
    }

    /// Writes what [`dump`](Self::dump) gives to a file, as a whole or not at all.
    ///
    /// # Errors
    /// If the file cannot be written; an older one is as it was then.
    pub async fn dump_to(&self, path: impl AsRef<Path> + Send) -> Result<(), ControlError> {
        let path = path.as_ref().to_owned();
        let bytes = self.dump().await?;
        work(move || Ok(state_file::save(&path, &bytes)?)).await
    }

    /// As [`load`](Self::load), from a file.
    ///
    /// # Errors
    /// If the file cannot be read, is no dumped chain or is damaged; the chain is as before then.
    pub async fn load_from(&self, path: impl AsRef<Path> + Send) -> Result<Head, ControlError> {
        let path: PathBuf = path.as_ref().to_owned();
        let chain = work(move || Ok(state_file::load(&path)?)).await?;
        self.replace(chain).await
    }

    async fn replace(&self, (chain, head_ms): (Chain, u64)) -> Result<Head, ControlError> {
        self.run(move |author, _| Ok((&*author.replace_chain(chain, head_ms)?).into())).await
    }
}

impl From<StateFileError> for ControlError {
    fn from(error: StateFileError) -> Self {
        Self::StateFile(error)
    }
}

/// Does what takes long where it holds up nobody.
async fn work<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ControlError> + Send + 'static,
) -> Result<T, ControlError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(ControlError::Stopping))
}
