//! Disturbing clients.

use std::time::Duration;

use super::{Control, ControlError};
use crate::faults::{Answers, Fault, MOST_FAULTS};

impl Control {
    /// Breaks every open connection, that of whoever asks included. New ones are taken at once.
    pub fn drop_connections(&self) {
        self.faults().cut_connections();
    }

    /// Lets answers wait before the request is even looked at. Several delays add up.
    ///
    /// # Errors
    /// If too many faults wait already.
    pub fn delay_answers(&self, delay: Duration, answers: Answers) -> Result<(), ControlError> {
        self.disturb(answers, Fault::Delay(delay))
    }

    /// Answers requests with an error instead of doing what they ask.
    ///
    /// # Errors
    /// As [`delay_answers`](Self::delay_answers).
    pub fn refuse_answers(
        &self,
        code: i32,
        message: impl Into<String>,
        answers: Answers,
    ) -> Result<(), ControlError> {
        self.disturb(answers, Fault::Refuse { code, message: message.into() })
    }

    /// Answers nothing and tells nobody of anything, while connections stay open, new ones are taken and pings are
    /// answered; for so long, or until the faults are cleared. Requests wait and are done then. Blocks are made as usual.
    pub fn hang(&self, duration: Option<Duration>) {
        self.faults().hang.begin(duration);
    }

    /// Breaks every new connection at once, for so long or until the faults are cleared. Those that are open stay; with
    /// [`drop_connections`](Self::drop_connections) after it nobody reaches the chain, which goes on.
    pub fn refuse_connections(&self, duration: Option<Duration>) {
        self.faults().closed.begin(duration);
    }

    /// Answers as usual again, and takes connections.
    pub fn clear_faults(&self) {
        self.faults().clear();
    }

    fn disturb(&self, answers: Answers, fault: Fault) -> Result<(), ControlError> {
        if self.faults().add(answers, fault) {
            return Ok(());
        }
        Err(ControlError::TooManyFaults(MOST_FAULTS))
    }
}
