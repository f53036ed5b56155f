use super::*;
use subnetkit_protocol::Keypair;

fn signed(number: usize) -> Signed {
    let seed = [u8::try_from(number % 5).unwrap(); 32];
    let pair = Keypair::from_mini_secret(seed, Scheme::Sr25519);
    let message = number.to_string().into_bytes();
    let signature = pair.sign(&message);
    Signed { scheme: Scheme::Sr25519, account: pair.account(), message, signature }
}

fn forged(number: usize) -> Signed {
    Signed { message: b"another".to_vec(), ..signed(number) }
}

fn job(signed: Signed) -> (Job, oneshot::Receiver<bool>) {
    let (verdict, receiver) = oneshot::channel();
    (Job { ticket: 0, signed, verdict: Some(verdict) }, receiver)
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_gets_their_own_verdict_whoever_else_is_in_the_batch() {
    let verification = Arc::new(Verification::start(Some(2), 1_000, KnownKeys::new(8)).unwrap());
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..200 {
        let verification = Arc::clone(&verification);
        let is_good = number % 7 != 0;
        let signed = if is_good { signed(number) } else { forged(number) };
        let who = if number % 2 == 0 { Acquaintance::Known } else { Acquaintance::Unknown };
        asked.spawn(async move { (is_good, verification.verify(signed, who).await.unwrap()) });
    }
    while let Some(verdict) = asked.join_next().await {
        let (is_good, holds) = verdict.unwrap();
        assert_eq!(is_good, holds);
    }
}

#[test]
fn a_forgery_is_found_wherever_it_is() {
    for length in [1_usize, 2, 3, 4, 5, 17, 64] {
        for bad in (0..length).step_by(length.div_ceil(4)) {
            let pick = |number| if number == bad { forged(number) } else { signed(number) };
            let (mut jobs, verdicts): (Vec<_>, Vec<_>) = (0..length).map(|n| job(pick(n))).unzip();
            assert!(!judge(&mut jobs, &KnownKeys::new(2)));
            for (number, mut verdict) in verdicts.into_iter().enumerate() {
                assert_eq!(verdict.try_recv(), Ok(number != bad), "{number} of {length}");
            }
        }
    }
}

#[test]
fn forgers_make_batches_small_and_honesty_makes_them_large_again() {
    let mut line = Line::default();
    for _ in 0..8 {
        line.learn(64, false);
    }
    assert_eq!(line.batch, 1);
    line.learn(1, false);
    assert_eq!(line.batch, 1);
    for _ in 0..PATIENCE {
        assert_eq!(line.batch, 1);
        line.learn(1, true);
    }
    assert_eq!(line.batch, 2);
    for _ in 0..10_000 {
        line.learn(line.batch, true);
    }
    assert_eq!(line.batch, MAX_BATCH);
}

#[test]
fn who_is_known_goes_first_and_others_go_too() {
    let mut lines = Lines::default();
    let mut verdicts = Vec::new();
    let (signed, many) = (signed(0), 10 * MAX_BATCH);
    for _ in 0..many {
        verdicts.push(lines.join(signed.clone(), Acquaintance::Known, many).unwrap());
    }
    verdicts.push(lines.join(signed, Acquaintance::Unknown, many).unwrap());
    let turns: Vec<_> = (0..10).map(|_| lines.next_batch().unwrap().0).collect();
    assert!(turns[..8].iter().all(|who| *who == Acquaintance::Known));
    assert_eq!(turns[8], Acquaintance::Unknown);
    assert_eq!(turns[9], Acquaintance::Known);
}

#[test]
fn a_full_line_refuses_at_once_and_counts_no_one_who_left() {
    let mut lines = Lines::default();
    let first = lines.join(signed(0), Acquaintance::Unknown, 1).unwrap();
    assert!(lines.join(signed(1), Acquaintance::Unknown, 1).is_err());
    let _other_line = lines.join(signed(1), Acquaintance::Known, 1).unwrap();
    drop(first);
    let _second = lines.join(signed(1), Acquaintance::Unknown, 1).unwrap();
}

#[test]
fn only_a_request_after_some_silence_does_not_wait_for_others() {
    let (mut lines, start) = (Lines::default(), Instant::now());
    assert!(lines.begin_at_once(start));
    assert!(!lines.begin_at_once(start + 2 * QUIET), "one is under way");
    lines.working = 0;
    assert!(!lines.begin_at_once(start + 2 * QUIET + QUIET / 2), "another was there just now");
    assert!(lines.begin_at_once(start + 4 * QUIET));
    lines.working = 0;
    let _waiting = lines.join(signed(0), Acquaintance::Unknown, 1).unwrap();
    assert!(!lines.begin_at_once(start + 6 * QUIET), "one waits");
}
