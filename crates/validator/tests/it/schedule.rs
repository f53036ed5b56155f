//! When weights are submitted, one situation per line.

use subnetkit_validator::schedule::{Decision, Schedule, Situation, WaitReason};

const MARGIN: u64 = 20;
const ATTEMPTS: u32 = 3;

/// Tempo 100, epochs at 1000, 1100, ..., nothing in the way.
fn at(block: u64) -> Situation {
    Situation {
        block,
        tempo: 100,
        last_epoch_block: 1000,
        next_epoch_block: Some(1100),
        rate_limit_blocks: 50,
        last_update: 900,
        may_set_weights: true,
        commit_reveal: false,
        has_scores: true,
    }
}

fn fresh() -> Schedule {
    Schedule::new(MARGIN, ATTEMPTS, None)
}

#[track_caller]
fn waits(schedule: &Schedule, situation: &Situation, reason: WaitReason) {
    assert_eq!(schedule.decide(situation), Decision::Wait(reason));
}

#[track_caller]
fn submits(schedule: &Schedule, situation: &Situation) {
    assert_eq!(schedule.decide(situation), Decision::Submit);
}

#[test]
fn the_window_opens_margin_blocks_before_the_epoch_and_closes_when_a_call_would_miss_it() {
    waits(&fresh(), &at(1000), WaitReason::NotYet { opens_at: 1080 });
    waits(&fresh(), &at(1079), WaitReason::NotYet { opens_at: 1080 });
    submits(&fresh(), &at(1080));
    submits(&fresh(), &at(1098));
    waits(&fresh(), &at(1099), WaitReason::EpochImminent { epoch_at: 1100 });
}

#[test]
fn a_short_tempo_halves_the_margin() {
    let short = |block| Situation { tempo: 10, next_epoch_block: Some(1010), ..at(block) };
    waits(&fresh(), &short(1004), WaitReason::NotYet { opens_at: 1005 });
    submits(&fresh(), &short(1005));
    waits(&fresh(), &short(1009), WaitReason::EpochImminent { epoch_at: 1010 });
    // Every block of the shortest tempos is as good as any other.
    submits(&fresh(), &Situation { tempo: 1, next_epoch_block: Some(1001), ..at(1000) });
}

#[test]
fn an_epoch_the_owner_pulled_forward_moves_the_window() {
    submits(&fresh(), &Situation { next_epoch_block: Some(1040), ..at(1020) });
}

#[test]
fn each_epoch_is_served_once() {
    let mut schedule = fresh();
    submits(&schedule, &at(1080));
    schedule.note_confirmed(1081);
    waits(&schedule, &at(1082), WaitReason::AlreadySet { included_block: 1081 });
    let next = |block| Situation {
        last_epoch_block: 1100,
        next_epoch_block: Some(1200),
        last_update: 1081,
        ..at(block)
    };
    waits(&schedule, &next(1100), WaitReason::NotYet { opens_at: 1180 });
    submits(&schedule, &next(1180));
}

#[test]
fn weights_included_in_the_block_of_an_epoch_belong_to_the_next() {
    let mut schedule = fresh();
    schedule.note_confirmed(1000);
    waits(&schedule, &at(1080), WaitReason::AlreadySet { included_block: 1000 });
}

#[test]
fn a_restart_remembers_what_the_ledger_knows() {
    waits(
        &Schedule::new(MARGIN, ATTEMPTS, Some(1081)),
        &at(1085),
        WaitReason::AlreadySet { included_block: 1081 },
    );
    submits(&Schedule::new(MARGIN, ATTEMPTS, Some(981)), &at(1085));
    // A development chain begun anew: the ledger remembers a block this chain has not reached.
    submits(&Schedule::new(MARGIN, ATTEMPTS, Some(5000)), &at(1085));
}

#[test]
fn the_rate_limit_counts_from_the_last_update() {
    let limited = |block| Situation { last_update: 1040, ..at(block) };
    waits(&fresh(), &limited(1089), WaitReason::RateLimited { until: 1090 });
    submits(&fresh(), &limited(1090));
    submits(&fresh(), &Situation { rate_limit_blocks: 0, ..limited(1089) });
    submits(&fresh(), &Situation { last_update: 0, ..limited(1089) });
}

#[test]
fn what_the_chain_would_refuse_is_not_sent() {
    waits(&fresh(), &Situation { may_set_weights: false, ..at(1080) }, WaitReason::NoPermit);
    waits(&fresh(), &Situation { commit_reveal: true, ..at(1080) }, WaitReason::CommitRevealDemanded);
    waits(&fresh(), &Situation { tempo: 0, ..at(1080) }, WaitReason::NoEpochs);
    waits(&fresh(), &Situation { next_epoch_block: None, ..at(1080) }, WaitReason::NoEpochs);
    waits(&fresh(), &Situation { has_scores: false, ..at(1080) }, WaitReason::NoScores);
}

#[test]
fn failures_are_retried_a_bounded_number_of_times_per_epoch() {
    let mut schedule = fresh();
    for block in 1080..1083 {
        submits(&schedule, &at(block));
        schedule.note_failure(&at(block), true);
    }
    waits(&schedule, &at(1083), WaitReason::GaveUp { attempts: 3 });
    submits(&schedule, &Situation { last_epoch_block: 1100, next_epoch_block: Some(1200), ..at(1180) });
}

#[test]
fn what_cannot_succeed_or_may_be_on_its_way_is_not_sent_twice() {
    let mut schedule = fresh();
    schedule.note_failure(&at(1080), false);
    waits(&schedule, &at(1081), WaitReason::GaveUp { attempts: 1 });
    let mut schedule = fresh();
    schedule.note_skipped(&at(1080));
    waits(&schedule, &at(1081), WaitReason::Skipped);
}

#[test]
fn reasons_are_sentences_and_those_that_need_somebody_say_what_to_do() {
    assert!(WaitReason::NoPermit.to_string().contains("stake"));
    assert!(WaitReason::CommitRevealDemanded.to_string().contains("sudo_set_commit_reveal_weights_enabled"));
    assert!(WaitReason::NoPermit.needs_attention());
    assert!(!WaitReason::NotYet { opens_at: 5 }.needs_attention());
    assert!(WaitReason::NotYet { opens_at: 5 }.same_kind(&WaitReason::NotYet { opens_at: 6 }));
}
