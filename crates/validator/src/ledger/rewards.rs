//! Writing rewards: what the hook gave, whether or not anything came of it.

use rusqlite::{OptionalExtension, params};

use super::records::RewardRecord;
use super::store::{LedgerStore, now_ms, row_id};
use super::{LedgerError, to_bits};

impl LedgerStore {
    /// Records one call of the reward hook, and lets the oldest go beyond `ledger_submissions` of them.
    pub async fn record_rewards(&self, record: RewardRecord) -> Result<u64, LedgerError> {
        self.write(move |connection, retention| {
            let transaction = connection.transaction()?;
            let newest = "SELECT id FROM round WHERE state = 'scored' ORDER BY id DESC LIMIT 1";
            let last_round: Option<i64> = transaction.query_row(newest, [], |row| row.get(0)).optional()?;
            transaction.execute(
                "INSERT INTO reward_run (computed_ms, block, mecid, last_round) VALUES (?1, ?2, ?3, ?4)",
                params![now_ms(), to_bits(record.block), record.mecid, last_round],
            )?;
            let run = row_id(&transaction)?;
            {
                let mut insert = transaction
                    .prepare_cached("INSERT INTO reward (run, hotkey, value) VALUES (?1, ?2, ?3)")?;
                for (hotkey, value) in record.rewards.iter().filter(|(_, value)| value.is_finite()) {
                    insert.execute(params![to_bits(run), hotkey.as_bytes(), value])?;
                }
            }
            transaction.execute(
                "DELETE FROM reward_run WHERE id <= ?1 - ?2",
                params![to_bits(run), to_bits(retention.submissions)],
            )?;
            transaction.commit()?;
            Ok(run)
        })
        .await
    }
}
