//! Weights that wait on chain to be revealed.

use crate::{
    CodecError, Mechanism, ReadError, Value,
    pinned::Pinned,
    surface::{self, Asked},
};
use serde::{Deserialize, Serialize};
use subnetkit_protocol::Hotkey;

/// A hash commit that was neither revealed nor dropped yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashCommit {
    /// The hash committed to ([`crate::commit_hash`]).
    pub hash: [u8; 32],
    /// The epoch number it was made in. It may be revealed in this one plus `RevealPeriodEpochs`, and in no other.
    pub epoch: u64,
    /// The block it was made in.
    pub block: u64,
}

/// A timelocked commit that the chain has not opened yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelockedCommit {
    /// The block it was made in.
    pub block: u64,
    /// The sealed weights.
    pub ciphertext: Vec<u8>,
    /// The drand round whose signature opens it.
    pub round: u64,
}

impl Pinned {
    /// The open hash commits of a hotkey, oldest first; at most 10.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn hash_commits(&self, of: Mechanism, hotkey: &Hotkey) -> Result<Vec<HashCommit>, ReadError> {
        let asked = surface::HASH_COMMITS.at([of.storage_index().into(), (*hotkey).into()]);
        let Some(queue) = self.read(asked.clone()).await? else { return Ok(Vec::new()) };
        Ok(HashCommit::decode_all(&asked, &queue)?)
    }

    /// The timelocked commits of a hotkey that were made in one epoch and still wait, oldest first; at most 10.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn timelocked_commits(
        &self,
        of: Mechanism,
        epoch: u64,
        hotkey: &Hotkey,
    ) -> Result<Vec<TimelockedCommit>, ReadError> {
        let mut commits = self.timelocked_commits_of(of, &[epoch], hotkey).await?;
        Ok(commits.pop().unwrap_or_default())
    }

    /// The same for many epochs, in one round trip.
    pub(crate) async fn timelocked_commits_of(
        &self,
        of: Mechanism,
        epochs: &[u64],
        hotkey: &Hotkey,
    ) -> Result<Vec<Vec<TimelockedCommit>>, ReadError> {
        let asked =
            |epoch: &u64| surface::TIMELOCKED_COMMITS.at([of.storage_index().into(), (*epoch).into()]);
        let asked: Vec<Asked> = epochs.iter().map(asked).collect();
        let queues = self.read_many(&asked).await?;
        let commits = asked.iter().zip(&queues).map(|(asked, queue)| match queue {
            Some(queue) => TimelockedCommit::decode_all(asked, queue, hotkey),
            None => Ok(Vec::new()),
        });
        Ok(commits.collect::<Result<_, _>>()?)
    }

    /// The version of commit and reveal that the chain takes: 4 where it does not say.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn commit_reveal_version(&self) -> Result<u16, ReadError> {
        self.number(surface::COMMIT_REVEAL_VERSION.at([])).await
    }
}

impl HashCommit {
    fn decode_all(asked: &Asked, entries: &Value) -> Result<Vec<Self>, CodecError> {
        let commit = |entry: &Value| {
            Some(Self {
                hash: entry.item(0)?.bytes()?.try_into().ok()?,
                epoch: entry.item(1)?.number_as()?,
                block: entry.item(2)?.number_as()?,
            })
        };
        let entries = entries.items().ok_or_else(|| asked.unusable("commits"))?;
        entries.iter().map(|entry| commit(entry).ok_or_else(|| asked.unusable("commit"))).collect()
    }
}

impl TimelockedCommit {
    fn decode_all(asked: &Asked, entries: &Value, hotkey: &Hotkey) -> Result<Vec<Self>, CodecError> {
        let commit = |entry: &Value| {
            Some(Self {
                block: entry.item(1)?.number_as()?,
                ciphertext: entry.item(2)?.bytes()?,
                round: entry.item(3)?.number_as()?,
            })
        };
        let mut found = Vec::new();
        for entry in entries.items().ok_or_else(|| asked.unusable("commits"))? {
            let owner = entry.item(0).and_then(Value::account);
            if owner.ok_or_else(|| asked.unusable("hotkey"))? == *hotkey {
                found.push(commit(entry).ok_or_else(|| asked.unusable("commit"))?);
            }
        }
        Ok(found)
    }
}
