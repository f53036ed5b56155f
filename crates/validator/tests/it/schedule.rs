//! When weights are submitted, one situation per line.

use subnetkit_validator::schedule::{Decision, Newest, Schedule, Situation, WaitReason};
use subnetkit_validator::weights::Way;

const MARGIN: u64 = 20;
const ATTEMPTS: u32 = 3;

/// Tempo 100, epochs at 1000, 1100, ..., nothing in the way.
fn at(block: u64) -> Situation {
    Situation {
        block,
        tempo: 100,
        epoch_began_at: 1000,
        next_epoch_block: Some(1100),
        rate_limit_blocks: 50,
        last_update: 900,
        may_set_weights: true,
        has_scores: true,
        way: Way::Plain,
        row_is_empty: false,
        newest: None,
    }
}

/// A submission that the chain took.
fn taken(included_block: u64) -> Newest {
    Newest { included_block, way: Way::Plain, waits: false, outdated: false }
}

/// The same where weights are committed.
fn committed(block: u64, newest: Newest) -> Situation {
    Situation { way: Way::Timelocked, newest: Some(Newest { way: Way::Timelocked, ..newest }), ..at(block) }
}

fn fresh() -> Schedule {
    Schedule::new(MARGIN, ATTEMPTS)
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
    submits(&fresh(), &at(1080));
    let set = Some(taken(1081));
    waits(&fresh(), &Situation { newest: set, ..at(1082) }, WaitReason::AlreadySet { included_block: 1081 });
    let next = |block| Situation {
        epoch_began_at: 1100,
        next_epoch_block: Some(1200),
        last_update: 1081,
        newest: set,
        ..at(block)
    };
    waits(&fresh(), &next(1100), WaitReason::NotYet { opens_at: 1180 });
    submits(&fresh(), &next(1180));
}

#[test]
fn weights_included_in_the_block_of_an_epoch_belong_to_the_next() {
    waits(
        &fresh(),
        &Situation { newest: Some(taken(1000)), ..at(1080) },
        WaitReason::AlreadySet { included_block: 1000 },
    );
    submits(&fresh(), &Situation { newest: Some(taken(999)), ..at(1080) });
}

#[test]
fn a_head_behind_the_inclusion_is_no_reason_to_send_twice_but_another_run_of_the_chain_is() {
    let newest = |block| Situation { newest: Some(taken(block)), ..at(1085) };
    waits(&fresh(), &newest(1090), WaitReason::AlreadySet { included_block: 1090 });
    // A node that was down for hours, and is not up to date yet.
    waits(&fresh(), &newest(2000), WaitReason::AlreadySet { included_block: 2000 });
    submits(&fresh(), &newest(5000));
}

#[test]
fn a_change_of_the_tempo_moves_the_window_and_not_the_epoch() {
    // Weights of block 1050; at 1060 the period began anew. No epoch has run since, so they still count.
    let changed =
        Situation { tempo: 40, next_epoch_block: Some(1100), newest: Some(taken(1050)), ..at(1085) };
    waits(&fresh(), &changed, WaitReason::AlreadySet { included_block: 1050 });
    submits(&fresh(), &Situation { newest: None, ..changed });
}

#[test]
fn an_epoch_put_off_by_a_block_is_still_imminent() {
    waits(
        &fresh(),
        &Situation { next_epoch_block: Some(1101), ..at(1100) },
        WaitReason::EpochImminent { epoch_at: 1101 },
    );
}

#[test]
fn without_weights_on_chain_there_is_nothing_to_wait_for() {
    submits(&fresh(), &Situation { row_is_empty: true, ..at(1010) });
    // Unless they are on their way.
    let waiting = Newest { waits: true, ..taken(990) };
    let situation = Situation { row_is_empty: true, ..committed(1010, waiting) };
    waits(&fresh(), &situation, WaitReason::NotYet { opens_at: 1080 });
    let ended = Situation { row_is_empty: true, ..committed(1010, taken(990)) };
    submits(&fresh(), &ended);
}

#[test]
fn weights_that_would_pay_another_are_replaced_as_soon_as_the_rate_limit_allows() {
    let outdated = Newest { waits: true, outdated: true, ..taken(1020) };
    let at = |block| Situation { last_update: 1020, ..committed(block, outdated) };
    waits(&fresh(), &at(1068), WaitReason::RateLimited { until: 1070 });
    submits(&fresh(), &at(1069));
}

#[test]
fn what_was_sent_the_other_way_does_not_count() {
    let plain_now = Situation { way: Way::Plain, ..committed(1085, taken(1081)) };
    submits(&fresh(), &plain_now);
    let hash_now = Situation { way: Way::Hash, ..committed(1085, taken(1081)) };
    waits(&fresh(), &hash_now, WaitReason::AlreadySet { included_block: 1081 });
}

#[test]
fn the_rate_limit_counts_from_the_last_update() {
    let limited = |block| Situation { last_update: 1040, ..at(block) };
    waits(&fresh(), &limited(1088), WaitReason::RateLimited { until: 1090 });
    // In the next block it is over. A limit as long as an epoch would otherwise move weights back by a block each epoch,
    // until they miss one.
    submits(&fresh(), &limited(1089));
    submits(&fresh(), &Situation { rate_limit_blocks: 0, ..limited(1088) });
    submits(&fresh(), &Situation { last_update: 0, ..limited(1088) });
}

#[test]
fn what_the_chain_would_refuse_is_not_sent() {
    waits(&fresh(), &Situation { may_set_weights: false, ..at(1080) }, WaitReason::NoPermit);
    waits(&fresh(), &Situation { tempo: 0, ..at(1080) }, WaitReason::NoEpochs);
    waits(&fresh(), &Situation { next_epoch_block: None, ..at(1080) }, WaitReason::NoEpochs);
    waits(&fresh(), &Situation { has_scores: false, ..at(1080) }, WaitReason::NoScores);
}

#[test]
fn failures_are_retried_a_bounded_number_of_times_per_epoch() {
    let mut schedule = fresh();
    for block in 1080..1083 {
        submits(&schedule, &at(block));
        schedule.note_failure(1000, Way::Plain, true);
    }
    waits(&schedule, &at(1083), WaitReason::GaveUp { attempts: 3 });
    submits(&schedule, &Situation { epoch_began_at: 1100, next_epoch_block: Some(1200), ..at(1180) });
}

#[test]
fn what_cannot_succeed_is_not_tried_again_in_the_same_way() {
    let mut schedule = fresh();
    schedule.note_failure(1000, Way::Plain, false);
    waits(&schedule, &at(1081), WaitReason::GaveUp { attempts: 1 });
    submits(&schedule, &Situation { way: Way::Timelocked, ..at(1081) });
    let mut schedule = fresh();
    schedule.note_skipped(1000, Way::Plain);
    waits(&schedule, &at(1081), WaitReason::Skipped);
}

#[test]
fn reasons_are_sentences_and_those_that_need_somebody_say_what_to_do() {
    assert!(WaitReason::NoPermit.to_string().contains("stake"));
    assert!(WaitReason::NoPermit.needs_attention());
    assert!(!WaitReason::NotYet { opens_at: 5 }.needs_attention());
    assert!(WaitReason::NotYet { opens_at: 5 }.same_kind(&WaitReason::NotYet { opens_at: 6 }));
}
