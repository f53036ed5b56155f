//! Schedule and journal against a small model of the chain's windows, driven by a seed: blocks, epochs, commits and reveals as
//! the chain's rules have them, and a validator that forgets, is away, and whose words do not always arrive.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use subnetkit_chain::{EpochClock, HashCommit, SignedExtrinsic, TimelockedCommit};
use subnetkit_protocol::Hotkey;
use subnetkit_validator::journal::{
    Best, Own, Reveal, Search, Shown, Verdict, is_outdated, is_wanted, judge, reveal, settle,
};
use subnetkit_validator::ledger::{
    Commitment, Extrinsic, ExtrinsicFate, ExtrinsicKind, Fate, Intent, Submission, WeightRecord,
};
use subnetkit_validator::schedule::{Decision, Newest, Schedule, Situation};
use subnetkit_validator::weights::{Payout, Way};

use crate::support::hotkey;

const TEMPO: u16 = 24;
const BLOCKS: u64 = 40 * TEMPO as u64;

/// What the chain has of one mechanism and one validator, whose weights are told apart by their value.
struct Chain {
    clock: EpochClock,
    way: Way,
    /// Every block's transactions, by hash.
    blocks: Vec<Vec<(u64, ExtrinsicFate)>>,
    pool: Vec<(Extrinsic, Submission)>,
    nonce: u64,
    row: Vec<(u16, u16)>,
    last_update: u64,
    /// Open commits, with their epoch and the weights behind them.
    commits: Vec<(u64, u64, Submission)>,
    /// The weights that each epoch used.
    used: Vec<Option<u16>>,
    neurons: Vec<Hotkey>,
}

impl Chain {
    fn new(way: Way) -> Self {
        let clock = EpochClock {
            block: 0,
            tempo: TEMPO,
            last_epoch_block: 0,
            pending_epoch_at: 0,
            epoch_index: 0,
            blocks_since_last_step: 0,
        };
        let neurons = (0..4).map(hotkey).collect();
        Self {
            clock,
            way,
            blocks: vec![vec![]],
            pool: vec![],
            nonce: 0,
            row: vec![],
            last_update: 0,
            commits: vec![],
            used: vec![],
            neurons,
        }
    }

    /// One block: what is sealed opens, the epoch runs, then come the transactions.
    fn make_block(&mut self, includes: bool) {
        let due = self.clock.is_due_next_block();
        let epoch = self.clock.index_next_block();
        self.clock.block += 1;
        self.clock.blocks_since_last_step += 1;
        if self.way == Way::Timelocked {
            for (.., opened) in self.commits.extract_if(.., |(at, ..)| *at + 1 == epoch) {
                self.row = opened.intent.pairs();
            }
        }
        self.commits.retain(|(at, ..)| *at + 1 >= epoch);
        if due {
            self.used.push(self.row.first().map(|(_, value)| *value));
            self.clock.epoch_index += 1;
            self.clock.last_epoch_block = self.clock.block;
            self.clock.blocks_since_last_step = 0;
        }
        let mut block = vec![];
        for (extrinsic, submission) in std::mem::take(&mut self.pool) {
            let signed = &extrinsic.signed;
            if self.clock.block >= signed.death_block() || signed.nonce < self.nonce {
                continue;
            }
            if !includes {
                self.pool.push((extrinsic, submission));
                continue;
            }
            assert_eq!(signed.nonce, self.nonce, "one transaction after the other");
            self.nonce += 1;
            let fate = self.apply(extrinsic.kind, submission, epoch);
            block.push((u64::from_le_bytes(signed.hash[..8].try_into().unwrap()), fate));
        }
        self.blocks.push(block);
    }

    fn apply(&mut self, kind: ExtrinsicKind, submission: Submission, epoch: u64) -> ExtrinsicFate {
        let block = self.clock.block;
        match kind {
            ExtrinsicKind::Set => (self.row, self.last_update) = (submission.intent.pairs(), block),
            ExtrinsicKind::Commit => {
                self.last_update = block;
                self.commits.push((epoch, block, submission));
            }
            ExtrinsicKind::Reveal => {
                let found = self
                    .commits
                    .iter()
                    .position(|(at, _, commit)| commit.id == submission.id && *at + 1 == epoch);
                let Some(found) = found else {
                    return ExtrinsicFate::Failed { block, reason: "not its epoch".to_owned() };
                };
                self.commits.drain(..=found);
                self.row = submission.intent.pairs();
            }
        }
        ExtrinsicFate::Succeeded { block }
    }

    fn search(&self, extrinsic: &Extrinsic) -> Search {
        let hash = u64::from_le_bytes(extrinsic.signed.hash[..8].try_into().unwrap());
        let found = self.blocks.iter().flatten().find(|(included, _)| *included == hash);
        found.map_or(Search::Absent, |(_, fate)| Search::Found(fate.clone()))
    }

    fn shown(&self) -> Shown {
        let hashes =
            self.commits.iter().filter_map(|(epoch, block, commit)| match commit.intent.commitment {
                Commitment::Hash { hash, .. } => Some(HashCommit { hash, epoch: *epoch, block: *block }),
                _ => None,
            });
        let sealed =
            self.commits.iter().filter_map(|(epoch, block, commit)| match &commit.intent.commitment {
                Commitment::Timelocked { ciphertext, round } => Some((
                    *epoch,
                    TimelockedCommit { block: *block, ciphertext: ciphertext.clone(), round: *round },
                )),
                _ => None,
            });
        Shown {
            block: self.clock.block,
            epoch: self.clock.index_next_block(),
            epoch_began_at: self.clock.block - self.clock.blocks_since_last_step,
            reveal_period: 1,
            commit_reveal: self.way.is_commit(),
            mechanisms: 1,
            neurons: self.neurons.clone(),
            own: Some(Own {
                row: self.row.clone(),
                last_update: self.last_update,
                may_set_weights: true,
                has_enough_stake: true,
            }),
            hash_commits: hashes.collect(),
            timelocked_commits: sealed.collect(),
            last_round: u64::MAX,
            weights_version: 0,
            least_weights: 1,
        }
    }

    fn best(&self) -> Best<'_> {
        Best {
            block: self.clock.block,
            epoch: self.clock.index_next_block(),
            reveal_period: 1,
            commit_reveal: self.way.is_commit(),
            may_set_weights: true,
            neurons: &self.neurons,
        }
    }
}

/// A validator: the journal is all that a restart leaves it.
struct Validator {
    journal: Vec<Submission>,
    handed_over: Vec<u64>,
    schedule: Schedule,
    next: u64,
}

impl Validator {
    const fn new() -> Self {
        Self { journal: vec![], handed_over: vec![], schedule: Schedule::new(12, 3), next: 0 }
    }

    fn restart(&mut self) {
        self.handed_over.clear();
        self.schedule = Schedule::new(12, 3);
    }

    fn signed(&mut self, chain: &Chain, kind: ExtrinsicKind) -> Extrinsic {
        self.next += 1;
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&self.next.to_le_bytes());
        let (nonce, birth_block) = (chain.nonce, chain.clock.block);
        let signed = SignedExtrinsic { bytes: vec![], hash, nonce, birth_block, era_blocks: 16 };
        Extrinsic { id: self.next, kind, signed, fate: ExtrinsicFate::Undecided }
    }

    /// One step. Ends early where a crash would (`crash`: after so many things done); words arrive if `arrives`.
    fn step(&mut self, chain: &mut Chain, crash: usize, arrives: bool) {
        self.learn(chain);
        if crash == 0 {
            return;
        }
        let undecided = self.journal.iter().find_map(|submission| {
            let open =
                submission.extrinsics.iter().find(|extrinsic| extrinsic.fate == ExtrinsicFate::Undecided)?;
            Some((submission.clone(), open.clone()))
        });
        if let Some((submission, extrinsic)) = undecided {
            if !self.handed_over.contains(&extrinsic.id) && is_wanted(&submission, &extrinsic, &chain.best())
            {
                self.hand_over(chain, &extrinsic, submission, arrives);
            }
            return;
        }
        let due = self.journal.iter().position(|submission| reveal(submission, &chain.best()) == Reveal::Now);
        let at = match due {
            Some(at) => {
                let extrinsic = self.signed(chain, ExtrinsicKind::Reveal);
                self.journal[at].extrinsics.push(extrinsic);
                at
            }
            None if self.schedule.decide(&self.situation(chain)) == Decision::Submit => {
                self.intend(chain);
                self.journal.len() - 1
            }
            None => return,
        };
        // Here the ledger has it, and nobody else.
        if crash > 1 {
            let submission = self.journal[at].clone();
            if let Some(extrinsic) = submission.extrinsics.last().cloned() {
                self.hand_over(chain, &extrinsic, submission, arrives);
            }
        }
    }

    fn learn(&mut self, chain: &Chain) {
        for at in 0..self.journal.len() {
            for extrinsic in &mut self.journal[at].extrinsics {
                if extrinsic.fate == ExtrinsicFate::Undecided
                    && let Some(fate) =
                        settle(extrinsic, chain.search(extrinsic), chain.nonce, chain.clock.block)
                {
                    extrinsic.fate = fate;
                }
            }
            while self.journal[at].fate.is_open() {
                let newer = self.journal[at + 1..].iter().rev().find(|newer| newer.fate.is_taken()).cloned();
                match judge(&self.journal[at], &chain.shown(), newer.as_ref()) {
                    Verdict::Becomes(fate) => self.journal[at].fate = fate,
                    Verdict::Waits(_) => break,
                }
            }
        }
    }

    fn situation(&self, chain: &Chain) -> Situation {
        let newest = self.journal.iter().rev().find(|submission| submission.fate.is_taken());
        Situation {
            block: chain.clock.block,
            tempo: TEMPO,
            epoch_began_at: chain.clock.block - chain.clock.blocks_since_last_step,
            next_epoch_block: chain.clock.next_epoch_block(),
            rate_limit_blocks: 0,
            last_update: chain.last_update,
            may_set_weights: true,
            has_scores: true,
            way: chain.way,
            row_is_empty: chain.row.is_empty(),
            newest: newest.map(|newest| Newest {
                included_block: newest.fate.included_block().unwrap_or_default(),
                way: chain.way,
                waits: newest.fate.is_open(),
                outdated: is_outdated(newest, &chain.neurons),
            }),
        }
    }

    fn intend(&mut self, chain: &Chain) {
        let id = self.journal.len() as u64 + 1;
        let number = u16::try_from(id).unwrap();
        let hash = std::array::from_fn(|at| id.to_le_bytes()[at % 8]);
        let (kind, commitment) = match chain.way {
            Way::Plain => (ExtrinsicKind::Set, Commitment::None),
            Way::Hash => (ExtrinsicKind::Commit, Commitment::Hash { salt: vec![number], hash }),
            Way::Timelocked => {
                (ExtrinsicKind::Commit, Commitment::Timelocked { ciphertext: hash.to_vec(), round: 1 })
            }
        };
        let intent = Intent {
            mecid: 0,
            block: chain.clock.block,
            epoch: chain.clock.index_next_block(),
            payout: Payout::Rewards,
            version_key: 0,
            weights: vec![WeightRecord { hotkey: hotkey(2), uid: 2, value: number, reward: 1.0 }],
            commitment,
        };
        let extrinsics = vec![self.signed(chain, kind)];
        self.journal.push(Submission { id, intent, fate: Fate::Intended, note: None, extrinsics });
    }

    fn hand_over(&mut self, chain: &mut Chain, extrinsic: &Extrinsic, submission: Submission, arrives: bool) {
        let known = chain.pool.iter().any(|(waiting, _)| waiting.id == extrinsic.id);
        if arrives && !known && extrinsic.signed.nonce >= chain.nonce {
            chain.pool.push((extrinsic.clone(), submission));
        }
        if arrives {
            self.handed_over.push(extrinsic.id);
        }
    }
}

/// Runs a validator through trouble for most of the time, and then for some epochs without.
fn run(way: Way, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut chain = Chain::new(way);
    let mut validator = Validator::new();
    let quiet_from = BLOCKS - 6 * u64::from(TEMPO);
    let mut away = 0;
    for block in 0..BLOCKS {
        let trouble = block < quiet_from;
        chain.make_block(!trouble || random.random_bool(0.8));
        if trouble && random.random_bool(0.02) {
            away = random.random_range(1..30);
        }
        if trouble && away > 0 {
            away -= 1;
            continue;
        }
        let crash = if trouble && random.random_bool(0.2) { random.random_range(0..3) } else { usize::MAX };
        validator.step(&mut chain, crash, !trouble || random.random_bool(0.8));
        if crash < 3 {
            validator.restart();
        }
    }
    check(&chain, &validator, way, seed);
}

fn check(chain: &Chain, validator: &Validator, way: Way, seed: u64) {
    let case = format!("{way}, seed {seed}");
    // Nothing is on chain that the journal does not know, and nothing twice.
    let included: usize = chain.blocks.iter().map(Vec::len).sum();
    let known = validator.journal.iter().flat_map(|submission| &submission.extrinsics);
    let known = known.filter(|extrinsic| extrinsic.fate.block().is_some()).count();
    assert!(known == included || known + 1 == included, "{case}: {known} known of {included}");
    // What has ended as effective was in effect.
    for submission in &validator.journal {
        let number = u16::try_from(submission.id).unwrap();
        if submission.fate.effective_block().is_some_and(|block| block + u64::from(TEMPO) < chain.clock.block)
        {
            assert!(chain.used.contains(&Some(number)) || way != Way::Plain, "{case}: {submission:?}");
        }
        let is_old = submission.intent.block + 3 * u64::from(TEMPO) < chain.clock.block;
        assert!(!(submission.fate.is_open() && is_old), "{case}: nothing stays open: {submission:?}");
        if let Fate::Unrevealed { reason, .. } | Fate::Mismatch { reason, .. } = &submission.fate {
            assert!(!reason.is_empty(), "{case}");
        }
    }
    // Left alone, every epoch gets weights of its own.
    let last: Vec<_> = chain.used.iter().rev().take(3).collect();
    assert!(last[0] > last[1] && last[1] > last[2] && last[2].is_some(), "{case}: {last:?}");
    let late: Vec<_> =
        validator.journal.iter().rev().skip(2).take(2).map(|submission| &submission.fate).collect();
    assert!(late.iter().all(|fate| fate.effective_block().is_some()), "{case}: {late:?}");
}

#[test]
fn troubled_lives_end_well() {
    for way in [Way::Plain, Way::Hash, Way::Timelocked] {
        for seed in 0..120 {
            run(way, seed);
        }
    }
}
