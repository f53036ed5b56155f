//! Verifying the signatures of answers together.
//!
//! Answers of one round come in swarms, and signatures verified together cost less than half of what they cost apart. While
//! some are being verified others arrive, and these are the next batch; nobody waits for a batch to fill up.

use std::sync::{Arc, Mutex, PoisonError};

use subnetkit_protocol::btauth::response::Unproven;
use subnetkit_protocol::{Hotkey, KnownKeys, SignatureCheck};
use tokio::sync::oneshot;

/// Most signatures verified without letting other tasks run: one to two milliseconds of work.
const BATCH: usize = 64;
/// Miners whose keys are kept ready: as many as a subnet has at most, several times over.
const KEYS: usize = 4096;

/// A signature, whose it should be, and who wants to know.
type Waiting = (Hotkey, Unproven, oneshot::Sender<bool>);

/// Verifies what its users hand in.
#[derive(Debug)]
pub(super) struct Verification {
    keys: KnownKeys,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether a task is at work on what is waiting.
    attended: bool,
}

impl Verification {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { keys: KnownKeys::new(KEYS), queue: Mutex::default() })
    }

    /// Whether this is the signature of `signer`.
    pub(super) async fn verify(self: &Arc<Self>, signer: Hotkey, unproven: &Unproven) -> bool {
        let (tell, told) = oneshot::channel();
        // A task of its own: one who gives up waiting must not leave the others without a verdict.
        if self.enqueue((signer, unproven.clone(), tell)) {
            tokio::spawn(Arc::clone(self).attend());
        }
        match told.await {
            Ok(verdict) => verdict,
            // The task is gone, as at the end of the runtime.
            Err(_) => self.keys.verify(&check(&signer, unproven)),
        }
    }

    /// Says whether somebody has to attend to the queue now.
    fn enqueue(&self, waiting: Waiting) -> bool {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.push(waiting);
        !std::mem::replace(&mut queue.attended, true)
    }

    async fn attend(self: Arc<Self>) {
        loop {
            // Answers that have arrived already get in.
            tokio::task::yield_now().await;
            let Some(batch) = self.next_batch() else { return };
            self.judge(batch);
        }
    }

    fn next_batch(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        // Answers that nobody waits for any more are not worth the work.
        queue.waiting.retain(|(_, _, tell)| !tell.is_closed());
        if queue.waiting.is_empty() {
            queue.attended = false;
            return None;
        }
        let size = queue.waiting.len().min(BATCH);
        Some(queue.waiting.drain(..size).collect())
    }

    fn judge(&self, batch: Vec<Waiting>) {
        let checks: Vec<_> = batch.iter().map(|(signer, unproven, _)| check(signer, unproven)).collect();
        let verdicts: Vec<bool> = if self.keys.verify_batch(&checks) {
            vec![true; batch.len()]
        } else {
            checks.iter().map(|check| self.keys.verify(check)).collect()
        };
        for ((_, _, tell), verdict) in batch.into_iter().zip(verdicts) {
            // Whoever has given up meanwhile needs no verdict.
            tell.send(verdict).ok();
        }
    }
}

fn check<'u>(signer: &Hotkey, unproven: &'u Unproven) -> SignatureCheck<'u> {
    let Unproven { scheme, payload, signature } = unproven;
    SignatureCheck { scheme: *scheme, account: *signer, message: payload, signature }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use subnetkit_protocol::{Keypair, Scheme};

    use super::*;

    fn signed(signer: &Keypair, text: &[u8]) -> Unproven {
        Unproven { scheme: signer.scheme(), payload: text.to_vec(), signature: signer.sign(text) }
    }

    #[tokio::test]
    async fn each_of_many_gets_its_own_verdict() {
        let verification = Verification::new();
        let bob = Keypair::from_uri("//Bob", Scheme::Sr25519).unwrap();
        let eve = Keypair::from_uri("//Eve", Scheme::Sr25519).unwrap();
        let asked = (0..150u8).map(|n| {
            // Two of the three batches hold a forgery.
            let signer = if n == 3 || n == 149 { &eve } else { &bob };
            signed(signer, &[n])
        });
        let asked: Vec<_> = asked.collect();
        let verdicts =
            join_all(asked.iter().map(|unproven| verification.verify(bob.account(), unproven))).await;
        for (n, verdict) in verdicts.into_iter().enumerate() {
            assert_eq!(verdict, n != 3 && n != 149, "{n}");
        }
        while verification.queue.lock().unwrap().attended {
            tokio::task::yield_now().await;
        }
        assert!(verification.verify(bob.account(), &asked[0]).await, "a later one is attended to again");
    }

    #[tokio::test]
    async fn one_who_gives_up_keeps_nobody_waiting() {
        let verification = Verification::new();
        let bob = Keypair::from_uri("//Bob", Scheme::Ed25519).unwrap();
        let (first, second) = (signed(&bob, b"1"), signed(&bob, b"2"));
        let mut impatient = Box::pin(verification.verify(bob.account(), &first));
        assert!(futures::poll!(&mut impatient).is_pending());
        drop(impatient);
        assert!(verification.verify(bob.account(), &second).await);
        assert!(!verification.verify(bob.account(), &Unproven { payload: b"3".to_vec(), ..second }).await);
    }
}
