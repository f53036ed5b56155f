//! The doctor inside a running validator: what stands between it and effective weights, told in the log, in readiness and
//! in numbers, at the start and again and again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use subnetkit_chain::{Chain, Head, Mechanism};
use tokio::time::Instant;

use crate::blocks::{Heads, blocks_ended};
use crate::doctor::{Arrival, Examination, Facts, Finding, Rule, Severity, diagnose};
use crate::health::Health;
use crate::ledger::LedgerStore;
use crate::metrics::Metrics;
use crate::run::ValidatorError;

/// Blocks between two looks.
const EVERY_BLOCKS: u64 = 100;

/// The same while something blocks: what is mended should show soon.
const WHILE_BLOCKED_BLOCKS: u64 = 10;

/// However fast blocks come, the chain is asked no more often.
const LEAST_PAUSE: Duration = Duration::from_secs(5);

/// Looks at a validator from time to time.
pub(crate) struct Checkup {
    pub(crate) chain: Chain,
    pub(crate) examination: Examination,
    pub(crate) ledger: LedgerStore,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) health: Arc<Health>,
}

/// When the last look was, and what it found.
#[derive(Default)]
struct Known {
    last: Option<(u64, Instant)>,
    findings: BTreeMap<Rule, Severity>,
}

impl Known {
    fn is_due(&self, block: u64) -> bool {
        let blocked = self.findings.values().any(|severity| *severity == Severity::Blocks);
        let every = if blocked { WHILE_BLOCKED_BLOCKS } else { EVERY_BLOCKS };
        self.last.is_none_or(|(last, at)| {
            // A chain begun anew is further back.
            let passed = block >= last.saturating_add(every) || block < last;
            passed && at.elapsed() >= LEAST_PAUSE
        })
    }
}

impl Checkup {
    /// Does not end by itself: a chain that cannot be read is a finding.
    pub(crate) async fn run(self, mut heads: Heads) -> Result<(), ValidatorError> {
        let mut known = Known::default();
        let mut ages_known = false;
        loop {
            // What arrived during a look is no news by now.
            heads.mark_unchanged();
            heads.changed().await.map_err(|_| blocks_ended())?;
            let Some(head) = *heads.borrow_and_update() else { continue };
            let arrival = Arrival::now(head);
            if !ages_known {
                ages_known = self.restore_ages(head).await?;
            }
            if known.is_due(head.number) {
                let facts = self.examination.facts_at(&self.chain, arrival).await;
                known.last = Some((head.number, Instant::now()));
                self.tell(&facts, &mut known.findings);
            }
        }
    }

    /// Since when each mechanism has effective weights, as the ledger remembers it; where it remembers none, since when
    /// there could have been some. Says whether the chain could tell.
    async fn restore_ages(&self, head: Head) -> Result<bool, ValidatorError> {
        match self.ages(head).await {
            Ok(()) => Ok(true),
            Err(ValidatorError::Chain(error)) if error.is_retryable() => Ok(false),
            // The loop that sets weights says the same, and ends the process if it has to.
            Err(ValidatorError::Chain(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }

    async fn ages(&self, head: Head) -> Result<(), ValidatorError> {
        let Examination { netuid, hotkey, .. } = self.examination;
        let at = self.chain.at_block(head.hash).await?;
        let count = at.mechanism_count(netuid).await?;
        for mecid in 0..count.max(1) {
            if let Some(effective) = self.ledger.last_effective(mecid).await? {
                self.metrics.effective(mecid, effective.block);
                continue;
            }
            let standing = at.standing(Mechanism { netuid, mecid }, &hotkey).await?;
            let Some(place) = standing.place else { continue };
            let row = at.weights_of(Mechanism { netuid, mecid }, place.uid).await?;
            // A new ledger does not know the weights of another. Under commit-reveal the chain keeps the block of a commit
            // instead, and only if this ledger made none that is the one behind the row.
            let by_another = !row.is_empty() && self.ledger.newest_taken(mecid).await?.is_none();
            let since = if by_another { place.last_update_block } else { place.registered_at_block };
            self.metrics.waiting_since(mecid, since);
        }
        Ok(())
    }

    /// Logs what is new, and shows all in readiness and in numbers.
    fn tell(&self, facts: &Facts, known: &mut BTreeMap<Rule, Severity>) {
        let findings = diagnose(facts);
        for severity in [Severity::Fine, Severity::Weakens, Severity::Blocks] {
            let count = findings.iter().filter(|finding| finding.severity == severity).count();
            self.metrics.findings(severity, count);
        }
        if let Some(blocks) = facts.weights_age_limit() {
            self.metrics.effective_age_limit(blocks);
        }
        for Finding { rule, severity, sentence } in &findings {
            let was = known.get(rule).copied().unwrap_or(Severity::Fine);
            match severity {
                _ if was == *severity => {}
                Severity::Blocks => tracing::warn!(%rule, "no weights become effective: {sentence}"),
                Severity::Weakens => tracing::warn!(%rule, "{sentence}"),
                Severity::Fine => tracing::info!(%rule, "mended: {sentence}"),
            }
        }
        *known = findings.iter().map(|finding| (finding.rule, finding.severity)).collect();
        self.health.diagnosed(findings);
    }
}
