//! Ending with whoever started this process: the setting `end_with_stdin`.
//!
//! The starter holds the other end of standard input and nobody else does. It breaks when the starter ends, however that
//! ends, on every system alike; a signal of the kernel on a parent's death would be Linux's alone, and not safe to ask for.

use std::{
    io::{self, ErrorKind, Read},
    thread,
    time::Duration,
};

use tokio_util::sync::CancellationToken;

/// How long the process may take to end in order, once its starter is gone.
pub(crate) const GRACE: Duration = Duration::from_secs(30);

/// Asks for an orderly end when standard input is closed, and calls `late` if that takes longer than [`GRACE`].
///
/// # Errors
/// If the system gives no thread.
pub(crate) fn watch(asked: CancellationToken, late: impl FnOnce() + Send + 'static) -> io::Result<()> {
    // A thread, and not a task: nothing could cancel a read of standard input, and a frozen runtime must end as well.
    let watching = move || {
        wait(io::stdin().lock());
        asked.cancel();
        thread::sleep(GRACE);
        late();
    };
    thread::Builder::new().name("lifeline".to_owned()).spawn(watching).map(drop)
}

/// Returns once there is nothing left to read.
fn wait(mut input: impl Read) {
    let mut ignored = [0; 64];
    loop {
        match input.read(&mut ignored) {
            Ok(0) => return,
            Err(error) if error.kind() != ErrorKind::Interrupted => return,
            _ => {}
        }
    }
}
