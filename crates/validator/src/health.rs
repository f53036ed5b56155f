//! Whether this validator can do its work right now, and if not, why.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::doctor::{Finding, Severity};

/// What `/readyz` answers from. Shared by all tasks of one validator.
#[derive(Debug)]
pub(crate) struct Health {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last_head: Option<Instant>,
    faults: BTreeMap<&'static str, String>,
    /// What is not as it should be among the rules that weights are judged by.
    findings: Vec<Finding>,
}

impl Health {
    /// Not ready before the chain is heard of.
    pub(crate) fn new() -> Self {
        let unheard = ("chain", "no block has been heard of yet".to_owned());
        Self { state: Mutex::new(State { faults: [unheard].into(), ..State::default() }) }
    }

    pub(crate) fn head_seen(&self, at: Instant) {
        self.with(|state| state.last_head = Some(at));
    }

    /// Names what is wrong with a part, until it is cleared.
    pub(crate) fn fault(&self, part: &'static str, reason: String) {
        self.with(|state| state.faults.insert(part, reason));
    }

    pub(crate) fn clear(&self, part: &'static str) {
        self.with(|state| state.faults.remove(part));
    }

    /// Takes what the doctor found in place of what it found before.
    pub(crate) fn diagnosed(&self, mut findings: Vec<Finding>) {
        findings.retain(|finding| finding.severity != Severity::Fine);
        self.with(|state| state.findings = findings);
    }

    /// What weakens weights, which is no reason not to be ready.
    pub(crate) fn remarks(&self) -> Vec<String> {
        self.with(|state| {
            let weakens = state.findings.iter().filter(|finding| finding.severity == Severity::Weakens);
            weakens.map(ToString::to_string).collect()
        })
    }

    /// Time since the newest block arrived; `None` before the first.
    pub(crate) fn silence(&self) -> Option<Duration> {
        self.with(|state| state.last_head.map(|last| last.elapsed()))
    }

    /// Every reason not to be ready; empty if ready.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.with(|state| {
            let faults = state.faults.iter().map(|(part, reason)| format!("{part}: {reason}"));
            let blocks = state.findings.iter().filter(|finding| finding.severity == Severity::Blocks);
            faults.chain(blocks.map(ToString::to_string)).collect()
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
