//! The epoch clock, without a chain.

use subnetkit_chain::EpochClock;

fn clock() -> EpochClock {
    EpochClock {
        block: 48,
        tempo: 10,
        last_epoch_block: 44,
        pending_epoch_at: 0,
        epoch_index: 5,
        blocks_since_last_step: 4,
    }
}

#[test]
fn the_next_epoch_is_a_tempo_after_the_last() {
    assert_eq!(clock().next_epoch_block(), Some(54), "as the recorded chain itself says");
    assert_eq!(clock().blocks_until_next(), Some(6));
    assert_eq!(EpochClock { block: 53, ..clock() }.blocks_until_next(), Some(1));
    assert_eq!(EpochClock { block: 60, ..clock() }.blocks_until_next(), Some(1), "overdue");
}

#[test]
fn without_a_tempo_there_is_no_epoch() {
    let stopped = EpochClock { tempo: 0, pending_epoch_at: 50, ..clock() };
    assert_eq!(stopped.next_epoch_block(), None);
    assert_eq!(stopped.blocks_until_next(), None);
    assert_eq!(stopped.index_next_block(), 5);
}

#[test]
fn a_pending_epoch_comes_first() {
    assert_eq!(EpochClock { pending_epoch_at: 51, ..clock() }.next_epoch_block(), Some(51));
    assert_eq!(EpochClock { pending_epoch_at: 40, ..clock() }.next_epoch_block(), Some(49));
    assert_eq!(EpochClock { pending_epoch_at: 99, ..clock() }.next_epoch_block(), Some(54));
}

#[test]
fn too_many_blocks_without_an_epoch_force_one() {
    let long = EpochClock { tempo: 65_000, blocks_since_last_step: 50_398, ..clock() };
    assert_eq!(long.blocks_until_next(), Some(3), "due when the count passes 50400");
    let due = EpochClock { blocks_since_last_step: 50_400, ..long };
    assert!(due.is_due_next_block());
    assert_eq!(due.index_next_block(), 5, "the number is told before the block is counted");
    assert_eq!(EpochClock { blocks_since_last_step: 50_401, ..due }.index_next_block(), 6);
}

#[test]
fn a_transaction_in_the_block_of_an_epoch_belongs_to_the_new_one() {
    assert_eq!(clock().index_next_block(), 5);
    assert_eq!(EpochClock { block: 53, ..clock() }.index_next_block(), 6);
}
