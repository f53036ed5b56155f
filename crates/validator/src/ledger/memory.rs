//! A ledger without a file: the same past, answered to the same questions, for whoever plays many rounds in no time.
//!
//! Rounds are rows of entries by slot; a slot is a hotkey's place in the list of those that any row kept names. What is
//! asked most, the moving average, is kept up to date row by row instead of being told from the beginning.

mod average;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};

use subnetkit_protocol::Hotkey;

use average::Average;

use super::records::{RoundState, Scored};
use super::view::Ledger;
use crate::answer::OutcomeKind;

/// Moving averages kept up to date, each of another speed or length. Beyond, the one not asked for longest goes.
const AVERAGES: usize = 4;

/// Writes a ledger in memory, round by round, and shows it as a [`Ledger`].
#[derive(Debug)]
pub struct MemoryLedger {
    ledger: Ledger,
}

/// What a round keeps of one hotkey that was asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Told {
    /// Who was asked.
    pub hotkey: Hotkey,
    /// How the request ended.
    pub outcome: OutcomeKind,
    /// Time of an answer; counted in whole microseconds.
    pub elapsed: Option<Duration>,
    /// Its score, if the judge gave one.
    pub score: Option<f64>,
}

/// A round that is over, or waits for its scores.
#[derive(Debug, Clone, PartialEq)]
pub struct PlayedRound {
    /// When it began.
    pub at: SystemTime,
    /// How it ended.
    pub state: RoundState,
    /// Everyone it asked.
    pub asked: Vec<Told>,
    /// Earlier rounds of which scores came in at its start.
    pub settled: Vec<SettledRound>,
}

/// An earlier round of which scores came in later.
#[derive(Debug, Clone, PartialEq)]
pub struct SettledRound {
    /// The round.
    pub round: u64,
    /// When it began.
    pub at: SystemTime,
    /// Whether it is over now. One that failed to settle stays scored if it ever was.
    pub state: RoundState,
    /// What came; a hotkey that had a score has the new one.
    pub told: Vec<Told>,
}

impl MemoryLedger {
    /// An empty ledger that keeps so many of the newest rounds, as the setting `ledger_rounds` says for a file.
    #[must_use]
    pub const fn new(rounds: u64) -> Self {
        Self { ledger: Ledger::in_memory(Memory::new(rounds)) }
    }

    /// The number that the next round has: the first is 1.
    #[must_use]
    pub const fn next_round(&self) -> u64 {
        match self.ledger.memory() {
            Some(memory) => memory.newest + 1,
            None => 1,
        }
    }

    /// Records a round. Entries are found fastest in the order of their hotkeys.
    pub fn record(&mut self, round: PlayedRound) {
        if let Some(memory) = self.ledger.memory_mut() {
            memory.record(round);
        }
    }

    /// What a reward hook gets.
    #[must_use]
    pub const fn view(&self) -> &Ledger {
        &self.ledger
    }
}

/// The rounds, in memory.
#[derive(Debug)]
pub(super) struct Memory {
    keep: u64,
    newest: u64,
    rows: VecDeque<Row>,
    /// By slot.
    hotkeys: Vec<Known>,
    /// Slots by hotkey, ascending.
    slots: Vec<(Hotkey, u32)>,
    averages: RefCell<Vec<Average>>,
}

#[derive(Debug)]
struct Known {
    hotkey: Hotkey,
    /// The newest round with an entry of it.
    seen: u64,
}

/// One round. Late scores come first, and are no requests of this round.
#[derive(Debug)]
struct Row {
    id: u64,
    at: SystemTime,
    is_scored: bool,
    /// By late score: the round it is of, and when that began.
    settled: Vec<(u64, SystemTime)>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Not a number where there is none.
    score: f64,
    /// The greatest where there is none.
    elapsed_us: u64,
    slot: u32,
    outcome: OutcomeKind,
}

impl Row {
    /// Those that were asked in this round.
    fn asked(&self) -> &[Entry] {
        self.entries.get(self.settled.len()..).unwrap_or_default()
    }

    /// Its scores, with their slots.
    fn scored(&self) -> impl DoubleEndedIterator<Item = (u32, Scored)> {
        self.entries.iter().enumerate().filter(|(_, entry)| !entry.score.is_nan()).map(|(place, entry)| {
            let (round, at) = self.settled.get(place).copied().unwrap_or((self.id, self.at));
            let elapsed = (entry.elapsed_us < u64::MAX).then(|| Duration::from_micros(entry.elapsed_us));
            let (outcome, score) = (entry.outcome, entry.score);
            (entry.slot, Scored { round, at, outcome, elapsed, score, settled_in: self.id })
        })
    }
}

impl Memory {
    pub(super) const fn new(keep: u64) -> Self {
        Self {
            keep,
            newest: 0,
            rows: VecDeque::new(),
            hotkeys: Vec::new(),
            slots: Vec::new(),
            averages: RefCell::new(Vec::new()),
        }
    }

    pub(super) fn record(&mut self, round: PlayedRound) {
        self.newest += 1;
        let oldest = self.newest.saturating_sub(self.keep);
        while self.rows.front().is_some_and(|row| row.id <= oldest) {
            let gone = self.rows.pop_front();
            self.averages.get_mut().retain_mut(|average| gone.iter().all(|row| average.leave(row)));
        }
        let PlayedRound { at, state, asked, settled: mut late } = round;
        late.sort_by_key(|round| round.round);
        let (mut settled, mut entries) = (Vec::new(), Vec::with_capacity(asked.len()));
        for SettledRound { round, at, state, told } in late {
            let told: Vec<_> = told.into_iter().filter(|told| told.score.is_some()).collect();
            let begun = entries.len();
            let mut next = 0;
            entries.extend(told.into_iter().map(|told| self.entry(told, &mut next)));
            let came = entries.get(begun..).unwrap_or_default();
            settled.resize(entries.len(), (round, at));
            self.replace(round, came);
            self.end(round, &state, !came.is_empty());
        }
        let mut next = 0;
        entries.extend(asked.into_iter().map(|told| self.entry(told, &mut next)));
        let is_scored = state == RoundState::Scored;
        self.rows.push_back(Row { id: self.newest, at, is_scored, settled, entries });
    }

    /// Forgets the earlier scores of a round of whoever has a new one.
    fn replace(&mut self, round: u64, came: &[Entry]) {
        let mut is_new = vec![false; self.hotkeys.len()];
        for entry in came {
            if let Some(is_new) = is_new.get_mut(entry.slot as usize) {
                *is_new = true;
            }
        }
        let mut replaced = false;
        for row in self.rows.iter_mut().rev().take_while(|row| row.id >= round) {
            let late = row.settled.iter().map(|(of, _)| *of);
            let of = late.chain(std::iter::repeat(row.id));
            for (entry, _) in row.entries.iter_mut().zip(of).filter(|(_, of)| *of == round) {
                if !entry.score.is_nan() && is_new.get(entry.slot as usize).copied().unwrap_or(false) {
                    entry.score = f64::NAN;
                    replaced = true;
                }
            }
        }
        if replaced {
            // They are told from the beginning when they are asked for.
            self.averages.get_mut().clear();
        }
    }

    fn end(&mut self, round: u64, state: &RoundState, came: bool) {
        let place = self.rows.partition_point(|row| row.id < round);
        if self.rows.get(place).is_none_or(|row| row.id != round) {
            return;
        }
        let is_scored = match state {
            RoundState::Scored => true,
            RoundState::Open => false,
            RoundState::Failed(_) => {
                let earlier = self.rows.range(place..).flat_map(Row::scored);
                came || earlier.map(|(_, scored)| scored).any(|scored| scored.round == round)
            }
        };
        if let Some(row) = self.rows.get_mut(place) {
            row.is_scored = is_scored;
        }
    }

    fn entry(&mut self, told: Told, next: &mut usize) -> Entry {
        let slot = self.slot(told.hotkey, next);
        let elapsed = |elapsed: Duration| u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let elapsed_us = told.elapsed.map_or(u64::MAX, elapsed);
        Entry { score: told.score.unwrap_or(f64::NAN), elapsed_us, slot, outcome: told.outcome }
    }

    /// The hotkey's slot; `next` is where it is if hotkeys come in their order.
    fn slot(&mut self, hotkey: Hotkey, next: &mut usize) -> u32 {
        let place = match self.slots.get(*next) {
            Some((known, _)) if *known == hotkey => Ok(*next),
            _ => self.slots.binary_search_by_key(&hotkey, |(known, _)| *known),
        };
        let (place, slot) = match place {
            Ok(place) => (place, self.slots.get(place).map_or(0, |(_, slot)| *slot)),
            Err(place) => self.add(hotkey, place),
        };
        *next = place + 1;
        if let Some(known) = self.hotkeys.get_mut(slot as usize) {
            known.seen = self.newest;
        }
        slot
    }

    /// Gives a hotkey a slot: that of one of which no row is left, or another.
    fn add(&mut self, hotkey: Hotkey, place: usize) -> (usize, u32) {
        let oldest = self.newest.saturating_sub(self.keep);
        let forgotten = self.hotkeys.iter().position(|known| known.seen <= oldest);
        let known = Known { hotkey, seen: self.newest };
        let Some((slot, of)) = forgotten.and_then(|slot| Some((slot, self.hotkeys.get_mut(slot)?))) else {
            // As many hotkeys as fit into 32 bits do not fit into memory.
            let slot = self.hotkeys.len() as u32;
            self.hotkeys.push(known);
            self.slots.insert(place, (hotkey, slot));
            return (place, slot);
        };
        let gone = std::mem::replace(of, known).hotkey;
        for average in self.averages.get_mut() {
            average.forget(slot);
        }
        let slot = slot as u32;
        self.slots.retain(|(known, _)| *known != gone);
        let place = self.slots.partition_point(|(known, _)| *known < hotkey);
        self.slots.insert(place, (hotkey, slot));
        (place, slot)
    }

    pub(super) fn last_round(&self) -> Option<u64> {
        self.rows.iter().rev().find(|row| row.is_scored).map(|row| row.id)
    }

    /// The newest rounds, oldest first.
    fn window(&self, rounds: u32) -> impl DoubleEndedIterator<Item = &Row> {
        let first = self.rows.len().saturating_sub(rounds as usize);
        self.rows.range(first..)
    }

    pub(super) fn scores(&self, rounds: u32) -> BTreeMap<Hotkey, Vec<Scored>> {
        let mut by_slot: Vec<Vec<Scored>> = Vec::new();
        by_slot.resize_with(self.hotkeys.len(), Vec::new);
        for row in self.window(rounds) {
            for (slot, scored) in row.scored() {
                if let Some(scores) = by_slot.get_mut(slot as usize) {
                    scores.push(scored);
                }
            }
        }
        let taken = |(hotkey, slot): &(Hotkey, u32)| {
            let scores = std::mem::take(by_slot.get_mut(*slot as usize)?);
            (!scores.is_empty()).then_some((*hotkey, scores))
        };
        self.slots.iter().filter_map(taken).collect()
    }

    pub(super) fn history(&self, hotkey: &Hotkey, limit: u32) -> Vec<Scored> {
        let Ok(place) = self.slots.binary_search_by_key(hotkey, |(known, _)| *known) else {
            return Vec::new();
        };
        let slot = self.slots.get(place).map(|(_, slot)| *slot);
        let mut newest: Vec<Scored> = self
            .rows
            .iter()
            .rev()
            .flat_map(|row| row.scored().rev())
            .filter(|(of, _)| Some(*of) == slot)
            .map(|(_, scored)| scored)
            .take(limit as usize)
            .collect();
        newest.reverse();
        newest
    }

    pub(super) fn outcomes(&self, rounds: u32) -> BTreeMap<Hotkey, BTreeMap<OutcomeKind, u64>> {
        let mut by_slot: Vec<BTreeMap<OutcomeKind, u64>> = vec![BTreeMap::new(); self.hotkeys.len()];
        for row in self.window(rounds) {
            for entry in row.asked() {
                if let Some(counts) = by_slot.get_mut(entry.slot as usize) {
                    *counts.entry(entry.outcome).or_default() += 1;
                }
            }
        }
        let taken = |(hotkey, slot): &(Hotkey, u32)| {
            let counts = std::mem::take(by_slot.get_mut(*slot as usize)?);
            (!counts.is_empty()).then_some((*hotkey, counts))
        };
        self.slots.iter().filter_map(taken).collect()
    }

    /// As the fold over [`Memory::scores`], to the last bit, or to within a last bit where so many scores have passed
    /// that the window's beginning is worth nothing any more.
    pub(super) fn ema(&self, alpha: f64, rounds: u32) -> BTreeMap<Hotkey, f64> {
        let window = u64::from(rounds).min(self.keep);
        let mut averages = self.averages.borrow_mut();
        let known = averages.iter().position(|average| average.is(alpha, window));
        let mut average = known.map_or_else(|| Average::new(alpha, window), |place| averages.remove(place));
        average.update(self);
        let values = average.values(self);
        averages.truncate(AVERAGES - 1);
        averages.insert(0, average);
        let value = |(hotkey, slot): &(Hotkey, u32)| Some((*hotkey, (*values.get(*slot as usize)?)?));
        self.slots.iter().filter_map(value).collect()
    }
}
