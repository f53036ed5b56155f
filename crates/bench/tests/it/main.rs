//! The harness's own promise, on a small scale: a validator that is killed and cut off sets its weights all the same.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chaos;
