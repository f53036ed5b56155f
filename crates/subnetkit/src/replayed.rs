//! How past rounds that were judged again are shown.

use std::fmt::Write;

use subnetkit_validator::replay::{Replay, ReplayedRound, ReplayedScore, Verdict};

use crate::RunError;

/// Everything, as one object on one line.
pub(crate) fn json(replay: &Replay) -> Result<String, RunError> {
    let text = serde_json::to_string(replay).map_err(|error| RunError::System(error.into()))?;
    Ok(text + "\n")
}

/// For people: what would change, and what could not be told.
pub(crate) fn text(replay: &Replay) -> String {
    let mut text = String::new();
    let judged = replay.rounds.iter().filter(|round| round.verdict == Verdict::Judged).count();
    let changed = replay.rounds.iter().filter(|round| round.changes().next().is_some()).count();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "Subnet {}, validator {}: {} rounds, {judged} judged again, {changed} of them differently",
        replay.netuid,
        replay.validator,
        replay.rounds.len()
    );
    for round in &replay.rounds {
        let _ = write_round(&mut text, round);
    }
    for mechanism in &replay.mechanisms {
        let _ = writeln!(text, "\nShares of all rewards in mechanism {}", mechanism.mecid);
        let _ = writeln!(text, "{:<48}  {:>9}  {:>9}", "hotkey", "recorded", "today");
        for reward in &mechanism.rewards {
            let mark = if reward.is_change() { "  *" } else { "" };
            let _ = writeln!(
                text,
                "{:<48}  {:>8.3}%  {:>8.3}%{mark}",
                reward.hotkey.to_string(),
                reward.recorded * 100.0,
                reward.today * 100.0
            );
        }
    }
    text
}

fn write_round(text: &mut String, round: &ReplayedRound) -> std::fmt::Result {
    match &round.verdict {
        Verdict::NotKept { reason } => writeln!(text, "round {} cannot be judged again: {reason}", round.id),
        Verdict::Failed { reason } => writeln!(text, "round {} was not judged: {reason}", round.id),
        _ => {
            let changes: Vec<&ReplayedScore> = round.changes().collect();
            if changes.is_empty() {
                return Ok(());
            }
            writeln!(text, "round {} at block {}", round.id, round.block)?;
            let number =
                |score: Option<f64>| score.map_or_else(|| "none".to_owned(), |score| format!("{score:.6}"));
            changes.into_iter().try_for_each(|score| {
                let difference =
                    score.difference.map_or_else(String::new, |difference| format!(" ({difference:+.6})"));
                let (recorded, today) = (number(score.recorded), number(score.today));
                writeln!(text, "  {}  {recorded} -> {today}{difference}", score.hotkey)
            })
        }
    }
}
