//! What to make of an open submission, given what the chain shows: pure functions, with every input passed in.
//!
//! A transaction is signed once and its bytes are kept; what became of it is judged by blocks alone. Since its nonce is in
//! it, the chain includes it at most once, however often it is handed over; since its era is in it, there comes a block
//! after which it is in none. So there is one way for everything that can go wrong (a crash, a lost answer, an outage):
//! look again, and hand over the same bytes if they may still be needed.

use subnetkit_chain::{HashCommit, TimelockedCommit};
use subnetkit_protocol::Hotkey;

use crate::ledger::{Commitment, Extrinsic, ExtrinsicFate, ExtrinsicKind, Fate, Submission, WeightRecord};
use crate::schedule::is_of_another_run;
use crate::weights::uids::reassigned;

/// A pulse is due 3 blocks after the epoch has begun; after so many it is late.
const LATE_PULSE_BLOCKS: u64 = 5;

/// What a search of the blocks gave, from the transaction's birth to the settled head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// It is in none of them.
    Absent,
    /// It is in this block, with this outcome.
    Found(ExtrinsicFate),
    /// No node asked has these blocks any more.
    Gone,
}

/// What became of an undecided transaction; `None` while that is open. `nonce` is its signer's at the settled head, whose
/// number is `block`.
#[must_use]
pub fn settle(extrinsic: &Extrinsic, search: Search, nonce: u64, block: u64) -> Option<ExtrinsicFate> {
    let signed = &extrinsic.signed;
    let is_gone = search == Search::Gone;
    if let Search::Found(fate) = search {
        return Some(fate);
    }
    if is_of_another_run(signed.birth_block, block) {
        let reason = format!(
            "it was signed at block {}, and the chain is at block {block}: the chain was begun anew",
            signed.birth_block
        );
        return Some(ExtrinsicFate::Expired { reason });
    }
    // A node that is behind knows nothing of it yet.
    if signed.birth_block > block {
        return None;
    }
    if nonce > signed.nonce {
        if is_gone {
            // By this transaction, or by another one: what the chain holds tells.
            return Some(ExtrinsicFate::Pruned { block: signed.birth_block.saturating_add(1) });
        }
        let reason = format!(
            "its nonce {} was used by another transaction of this hotkey by block {block}: does another process sign \
             with this hotkey?",
            signed.nonce
        );
        return Some(ExtrinsicFate::NotIncluded { reason });
    }
    (block >= signed.death_block()).then(|| ExtrinsicFate::Expired {
        reason: format!("no block before {} took it, and its era ended there", signed.death_block()),
    })
}

/// What the chain shows of one mechanism and this hotkey, at the settled head.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The settled head.
    pub block: u64,
    /// The epoch number of the block after it.
    pub epoch: u64,
    /// The block in which the last epoch ran.
    pub epoch_began_at: u64,
    /// Epochs between a commit and its reveal.
    pub reveal_period: u64,
    /// Whether the subnet takes committed weights.
    pub commit_reveal: bool,
    /// How many mechanisms the subnet has.
    pub mechanisms: u8,
    /// The subnet's hotkeys, position is uid.
    pub neurons: Vec<Hotkey>,
    /// What the chain holds of this hotkey; `None`: it has no uid.
    pub own: Option<Own>,
    /// The open hash commits of this hotkey.
    pub hash_commits: Vec<HashCommit>,
    /// The timelocked commits of this hotkey that the chain has not opened, with the epoch of each.
    pub timelocked_commits: Vec<(u64, TimelockedCommit)>,
    /// The newest drand round whose pulse is on chain.
    pub last_round: u64,
    /// `weights_version` of the subnet.
    pub weights_version: u64,
    /// Fewest weights the subnet accepts, or as many as it has neurons.
    pub least_weights: usize,
}

/// What the chain holds of a hotkey that has a uid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The weights it has set.
    pub row: Vec<(u16, u16)>,
    /// The block of its last weights or commit, or of its registration.
    pub last_update: u64,
    /// Whether it may set weights.
    pub may_set_weights: bool,
    /// Whether its stake reaches the chain's threshold.
    pub has_enough_stake: bool,
}

/// What follows for a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing new; what it waits for, if that is worth a word.
    Waits(Option<String>),
    /// This became of it.
    Becomes(Fate),
}

/// Judges an open submission. `newer` is the newest one to the same mechanism that the chain took, if it is a later one.
#[must_use]
pub fn judge(submission: &Submission, shown: &Shown, newer: Option<&Submission>) -> Verdict {
    let fate = match &submission.fate {
        Fate::Intended => return judge_intended(submission, shown, newer),
        Fate::Included { block } if is_behind(shown, *block) => None,
        Fate::Included { block } => Some(judge_included(submission, shown, *block)),
        Fate::Committed { block, .. } if is_behind(shown, *block) => None,
        Fate::Committed { block, epoch } => {
            return judge_committed(submission, shown, newer, *block, *epoch);
        }
        _ => None,
    };
    fate.map_or(Verdict::Waits(None), Verdict::Becomes)
}

/// Whether the node asked has not seen a block yet that another told of. In another run of the chain nothing of this
/// happened.
const fn is_behind(shown: &Shown, block: u64) -> bool {
    shown.block < block && !is_of_another_run(block, shown.block)
}

fn judge_intended(submission: &Submission, shown: &Shown, newer: Option<&Submission>) -> Verdict {
    let first = submission.extrinsics.iter().find(|extrinsic| extrinsic.kind != ExtrinsicKind::Reveal);
    let Some(first) = first else {
        let reason = "it was recorded, but never signed".to_owned();
        return Verdict::Becomes(Fate::NotSent { reason });
    };
    let fate = match &first.fate {
        ExtrinsicFate::Undecided => return Verdict::Waits(None),
        ExtrinsicFate::Failed { reason, .. } | ExtrinsicFate::Refused { reason } => {
            Fate::Refused { reason: reason.clone() }
        }
        ExtrinsicFate::NotIncluded { reason } => Fate::NotIncluded { reason: reason.clone() },
        ExtrinsicFate::Expired { reason } => Fate::Expired { reason: reason.clone() },
        ExtrinsicFate::Succeeded { block } | ExtrinsicFate::Pruned { block } => {
            let block = *block;
            if is_behind(shown, block) {
                return Verdict::Waits(None);
            }
            match (&submission.intent.commitment, waiting_epoch(&submission.intent.commitment, shown)) {
                (Commitment::None, _) => Fate::Included { block },
                (_, Some(epoch)) => Fate::Committed { block, epoch },
                // Opened, revealed or dropped before anybody looked.
                (_, None) => ended(submission, shown, newer, block),
            }
        }
    };
    Verdict::Becomes(fate)
}

fn judge_included(submission: &Submission, shown: &Shown, block: u64) -> Fate {
    let mismatch = |reason| Fate::Mismatch { block, reason };
    let own = match present(submission, shown) {
        Ok(own) => own,
        Err(reason) => return mismatch(reason),
    };
    if own.last_update < block {
        let last = own.last_update;
        return mismatch(format!("the chain's last update of this uid is block {last}, before {block}"));
    }
    if holds(&own.row, &submission.intent.weights, &shown.neurons) {
        return Fate::Effective { included_block: block, block };
    }
    let by = if own.last_update > block {
        format!("; other weights came in block {}: does another process use this hotkey?", own.last_update)
    } else {
        String::new()
    };
    let (found, sent) = (own.row.len(), submission.intent.weights.len());
    mismatch(format!("the chain holds {found} weights that differ from the {sent} sent{by}"))
}

fn judge_committed(
    submission: &Submission,
    shown: &Shown,
    newer: Option<&Submission>,
    block: u64,
    epoch: u64,
) -> Verdict {
    if waiting_epoch(&submission.intent.commitment, shown).is_none() {
        return Verdict::Becomes(ended(submission, shown, newer, block));
    }
    let reveal_epoch = epoch.saturating_add(shown.reveal_period);
    match &submission.intent.commitment {
        Commitment::Hash { .. } => {
            // A reveal that is under way is either found or stays away before anything is said.
            let undecided = |extrinsic: &Extrinsic| extrinsic.fate == ExtrinsicFate::Undecided;
            if submission.extrinsics.iter().any(undecided) {
                return Verdict::Waits(None);
            }
            if let Some(reassigned) = reassigned(&submission.intent.weights, &shown.neurons).next() {
                let reason = format!("{reassigned}, so they were not revealed");
                return Verdict::Becomes(Fate::Withheld { block, reason });
            }
            if shown.epoch > reveal_epoch {
                let reason = format!(
                    "its reveal was due in epoch {reveal_epoch}, which is over{}",
                    last_failure(submission, shown)
                );
                return Verdict::Becomes(Fate::Unrevealed { block, reason });
            }
            Verdict::Waits(None)
        }
        Commitment::Timelocked { round, .. } => {
            // The chain opens it in the first block of this epoch in which it has the pulse.
            let late = shown.epoch >= reveal_epoch
                && shown.block >= shown.epoch_began_at.saturating_add(LATE_PULSE_BLOCKS)
                && shown.last_round < *round;
            Verdict::Waits(late.then(|| pulse_missing(*round)))
        }
        Commitment::None => Verdict::Waits(None),
    }
}

/// What became of a commit that the chain keeps no longer.
fn ended(submission: &Submission, shown: &Shown, newer: Option<&Submission>, block: u64) -> Fate {
    let unrevealed = |reason| Fate::Unrevealed { block, reason };
    let own = match present(submission, shown) {
        Ok(own) => own,
        Err(reason) => return unrevealed(reason),
    };
    if holds(&own.row, &submission.intent.weights, &shown.neurons) {
        let reveals =
            submission.extrinsics.iter().filter(|extrinsic| extrinsic.kind == ExtrinsicKind::Reveal);
        let revealed = reveals.filter_map(|extrinsic| match extrinsic.fate {
            ExtrinsicFate::Succeeded { block } => Some(block),
            _ => None,
        });
        return Fate::Effective { included_block: block, block: revealed.max().unwrap_or(shown.block) };
    }
    // Of two of one epoch the later stays.
    let overtakes = |newer: &&Submission| match (&newer.fate, &submission.fate) {
        (Fate::Committed { epoch: newer, .. }, Fate::Committed { epoch, .. }) if newer == epoch => true,
        _ => holds(&own.row, &newer.intent.weights, &shown.neurons),
    };
    if let Some(newer) = newer.filter(overtakes).and_then(|newer| newer.fate.included_block()) {
        return unrevealed(format!("the weights of block {newer} took their place"));
    }
    let weights = &submission.intent.weights;
    unrevealed(match &submission.intent.commitment {
        Commitment::Timelocked { round, .. }
            if shown.last_round < *round
                || is_over(submission, shown) && submission.note == Some(pulse_missing(*round)) =>
        {
            pulse_missing(*round)
        }
        _ if !own.may_set_weights => {
            "this hotkey had lost its validator permit when the weights were to be revealed".to_owned()
        }
        _ if !own.has_enough_stake => {
            "this hotkey's stake was below the chain's threshold when the weights were to be revealed"
                .to_owned()
        }
        _ if shown.weights_version > submission.intent.version_key => format!(
            "the subnet's weights_version is {} now, and they carry the version_key {}",
            shown.weights_version, submission.intent.version_key
        ),
        _ if weights.len() < shown.least_weights => {
            format!("the subnet demands {} weights now, and these are {}", shown.least_weights, weights.len())
        }
        _ => format!(
            "the chain dropped the commit by block {} and holds other weights{}: a rule that was broken then and is not \
             now, or a commit by another process with this hotkey, leave no other trace",
            shown.block,
            last_failure(submission, shown)
        ),
    })
}

/// Whether the epoch in which a commit was to be revealed has passed.
const fn is_over(submission: &Submission, shown: &Shown) -> bool {
    matches!(submission.fate, Fate::Committed { epoch, .. } if shown.epoch > epoch.saturating_add(shown.reveal_period))
}

/// The epoch of a commit that the chain still keeps.
fn waiting_epoch(commitment: &Commitment, shown: &Shown) -> Option<u64> {
    match commitment {
        Commitment::None => None,
        Commitment::Hash { hash, .. } => {
            shown.hash_commits.iter().find(|commit| commit.hash == *hash).map(|commit| commit.epoch)
        }
        Commitment::Timelocked { ciphertext, .. } => {
            let mut commits = shown.timelocked_commits.iter();
            commits.find(|(_, commit)| commit.ciphertext == *ciphertext).map(|(epoch, _)| *epoch)
        }
    }
}

/// What the chain holds of this hotkey on the submission's mechanism, or why there is nothing.
fn present<'a>(submission: &Submission, shown: &'a Shown) -> Result<&'a Own, String> {
    let mecid = submission.intent.mecid;
    if mecid >= shown.mechanisms {
        return Err(format!(
            "the subnet has only {} mechanisms now, and all that was of mechanism {mecid} is gone",
            shown.mechanisms
        ));
    }
    shown.own.as_ref().ok_or_else(|| "this hotkey lost its uid on the subnet".to_owned())
}

fn pulse_missing(round: u64) -> String {
    format!("the pulse of drand round {round}, which opens them, did not come to the chain in time")
}

/// The last refusal of a reveal, as the end of a sentence.
fn last_failure(submission: &Submission, shown: &Shown) -> String {
    let reveals = submission.extrinsics.iter().rev();
    let reason = reveals
        .filter(|extrinsic| extrinsic.kind == ExtrinsicKind::Reveal)
        .find_map(|extrinsic| extrinsic.fate.reason());
    match (reason, &submission.note) {
        (Some(reason), _) => format!(" (its last attempt: {reason})"),
        (None, Some(note)) => format!(" ({note})"),
        (None, None) if !shown.commit_reveal => " (the subnet no longer takes committed weights)".to_owned(),
        (None, None) => {
            " (no reveal was sent: was this validator stopped, or the chain out of reach?)".to_owned()
        }
    }
}

/// Whether the chain's row is the one sent. A row keeps its order on chain, which carries no meaning. What the chain did to it
/// since does not count as a difference: it clears the weight of a uid that passes to another hotkey, and it may number a
/// subnet's uids anew.
#[must_use]
pub fn holds(row: &[(u16, u16)], sent: &[WeightRecord], neurons: &[Hotkey]) -> bool {
    let sorted = |mut pairs: Vec<(u16, u16)>| {
        pairs.retain(|(_, value)| *value > 0);
        pairs.sort_unstable();
        pairs
    };
    let row = sorted(row.to_vec());
    if row == sorted(sent.iter().map(|weight| (weight.uid, weight.value)).collect()) {
        return true;
    }
    let holder = |uid: u16| neurons.get(usize::from(uid));
    let kept = |uid: u16| sent.iter().all(|weight| weight.uid != uid || holder(uid) == Some(&weight.hotkey));
    let kept_row: Vec<_> = row.iter().copied().filter(|(uid, _)| kept(*uid)).collect();
    let kept_sent = sent.iter().filter(|weight| holder(weight.uid) == Some(&weight.hotkey));
    let kept_sent = sorted(kept_sent.map(|weight| (weight.uid, weight.value)).collect());
    if !kept_sent.is_empty() && kept_row == kept_sent {
        return true;
    }
    let renumbered = sent.iter().filter_map(|weight| {
        let uid = neurons.iter().position(|hotkey| *hotkey == weight.hotkey)?;
        Some((u16::try_from(uid).ok()?, weight.value))
    });
    let renumbered = sorted(renumbered.collect());
    !renumbered.is_empty() && row == renumbered
}

/// What the chain shows at the best head, where it is decided what to send.
#[derive(Debug, Clone, Copy)]
pub struct Best<'a> {
    /// The best head.
    pub block: u64,
    /// The epoch number of the block after it.
    pub epoch: u64,
    /// Epochs between a commit and its reveal.
    pub reveal_period: u64,
    /// Whether the subnet takes committed weights.
    pub commit_reveal: bool,
    /// Whether this hotkey may set weights.
    pub may_set_weights: bool,
    /// The subnet's hotkeys, position is uid.
    pub neurons: &'a [Hotkey],
}

/// How often the pause between two reveals of a commit doubles at most.
const MOST_DOUBLINGS: u32 = 16;

/// Whether the reveal of a submission is to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reveal {
    /// There is nothing to reveal, or it is not the epoch for it.
    No,
    /// In the next block it is taken.
    Now,
    /// It would be taken in the next block, but for this reason.
    Blocked(String),
}

/// Whether a hash commit is to be revealed now. The chain takes the reveal in one epoch only: earlier it is refused, later it is
/// lost. So it is tried to the end of that epoch, with pauses that double with each refusal.
#[must_use]
pub fn reveal(submission: &Submission, best: &Best<'_>) -> Reveal {
    let Fate::Committed { epoch, .. } = submission.fate else { return Reveal::No };
    let is_hash = matches!(submission.intent.commitment, Commitment::Hash { .. });
    if !is_hash || best.epoch != epoch.saturating_add(best.reveal_period) {
        return Reveal::No;
    }
    if !best.commit_reveal {
        return Reveal::Blocked("the subnet no longer takes committed weights".to_owned());
    }
    // Withheld for good once the settled head says so too.
    if let Some(reassigned) = reassigned(&submission.intent.weights, best.neurons).next() {
        return Reveal::Blocked(reassigned.to_string());
    }
    if !best.may_set_weights {
        return Reveal::Blocked("this hotkey has lost its validator permit".to_owned());
    }
    let reveals = submission.extrinsics.iter().filter(|extrinsic| extrinsic.kind == ExtrinsicKind::Reveal);
    let tried = reveals.filter_map(|reveal| match reveal.fate {
        ExtrinsicFate::Failed { block, .. } => Some(block),
        ExtrinsicFate::Refused { .. } => Some(reveal.signed.birth_block),
        _ => None,
    });
    let (refused, last) = tried.fold((0_u32, 0), |(refused, last), block| (refused + 1, block.max(last)));
    let pause = refused.checked_sub(1).map_or(0, |doublings| 1 << doublings.min(MOST_DOUBLINGS));
    if best.block < last.saturating_add(pause) {
        return Reveal::No;
    }
    Reveal::Now
}

/// Whether the bytes of an undecided transaction are still wanted in a block: if they are not, they are left to expire.
#[must_use]
pub fn is_wanted(submission: &Submission, extrinsic: &Extrinsic, best: &Best<'_>) -> bool {
    let in_time = best.block + 1 < extrinsic.signed.death_block();
    let same_owners = reassigned(&submission.intent.weights, best.neurons).next().is_none();
    let takes_it = match extrinsic.kind {
        ExtrinsicKind::Set => !best.commit_reveal,
        ExtrinsicKind::Commit => best.commit_reveal,
        ExtrinsicKind::Reveal => reveal(submission, best) == Reveal::Now,
    };
    in_time && same_owners && takes_it
}

/// Whether weights on their way would pay another hotkey than they were made for, so that new ones are wanted soon.
#[must_use]
pub fn is_outdated(submission: &Submission, neurons: &[Hotkey]) -> bool {
    match submission.fate {
        Fate::Withheld { .. } => true,
        Fate::Committed { .. } => reassigned(&submission.intent.weights, neurons).next().is_some(),
        _ => false,
    }
}
