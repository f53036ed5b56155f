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

    /// Answers as usual again.
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
