//! What bounds the axon from below: one core that verifies signatures and does nothing else.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use subnetkit_protocol::{
    AccountId, KnownKeys, Scheme, SignatureCheck, Synapse,
    btauth::{BodyDigest, Payload},
    verify,
};

use super::say;
use crate::{
    process::own_cpu,
    requests::{VALIDATORS, miner, validator},
    work::{self, Length},
};

/// Verifications per second of one core.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Verifications {
    /// Of signatures over payloads that are there.
    pub(crate) bare: f64,
    /// Body sizes, each with how often a second the body is hashed, the payload built and the signature verified.
    pub(crate) with_hashing: Vec<(usize, f64)>,
    /// Numbers of signatures verified together, of senders whose keys are known, each with how many of them a second that makes.
    pub(crate) batches: Vec<(usize, f64)>,
}

/// Sizes of batches.
const BATCHES: [usize; 5] = [1, 8, 32, 64, 256];

struct Case {
    sender: AccountId,
    nonce: u128,
    payload: Vec<u8>,
    signature: [u8; 64],
}

pub(super) fn measure(millis: u64, bodies: &[usize]) -> anyhow::Result<()> {
    let time = Duration::from_millis(millis);
    let miner = miner()?.account();
    let target = Length::path();
    let payload = |sender: AccountId, nonce: u128, digest: BodyDigest| {
        let scheme = Scheme::Sr25519;
        let receiver = Some(miner);
        Payload { scheme, method: "POST", target: &target, body: digest, nonce, sender, receiver }.to_bytes()
    };
    let cases = |digest: BodyDigest| {
        let case = |index: usize| {
            let key = validator(index)?;
            let nonce = 1_752_076_800_000_000_000 + u128::try_from(index)?;
            let payload = payload(key.account(), nonce, digest).context("the target can't be signed")?;
            let signature = key.sign(&payload);
            anyhow::Ok(Case { sender: key.account(), nonce, payload, signature })
        };
        (0..VALIDATORS).map(case).collect::<anyhow::Result<Vec<_>>>()
    };

    let ready = cases(BodyDigest::of(b""))?;
    let bare = per_second(time, &ready, |case| {
        verify(Scheme::Sr25519, &case.sender, &case.payload, &case.signature)
    })?;
    let mut batches = Vec::new();
    let keys = KnownKeys::new(VALIDATORS);
    for size in BATCHES {
        let checks: Vec<_> = ready.iter().cycle().take(size).map(Case::check).collect();
        let rate = per_second(time, std::slice::from_ref(&checks), |checks| keys.verify_batch(checks))?;
        batches.push((size, rate * f64::from(u32::try_from(size)?)));
    }
    let mut with_hashing = Vec::new();
    for &size in bodies {
        let body = work::body(size);
        let cases = cases(BodyDigest::of(&body))?;
        let rate = per_second(time, &cases, |case| {
            let digest = BodyDigest::of(black_box(&body));
            payload(case.sender, case.nonce, digest)
                .is_some_and(|payload| verify(Scheme::Sr25519, &case.sender, &payload, &case.signature))
        })?;
        with_hashing.push((size, rate));
    }
    say(&Verifications { bare, with_hashing, batches })
}

impl Case {
    fn check(&self) -> SignatureCheck<'_> {
        let Self { sender, payload, signature, .. } = self;
        SignatureCheck { scheme: Scheme::Sr25519, account: *sender, message: payload, signature }
    }
}

/// Per second of CPU time: what else the core does at the time is none of the signatures' business.
fn per_second<T>(time: Duration, cases: &[T], verified: impl Fn(&T) -> bool) -> anyhow::Result<f64> {
    let before = own_cpu()?;
    let mut number = 0_u32;
    loop {
        let started = Instant::now();
        while started.elapsed() < time / 10 {
            for case in cases {
                ensure!(black_box(verified(black_box(case))), "a good signature was refused");
                number += 1;
            }
        }
        let used = own_cpu()?.saturating_sub(before);
        if used >= time {
            return Ok(f64::from(number) / used.as_secs_f64());
        }
    }
}
