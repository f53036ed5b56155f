//! Miners at work: their hooks called, in the time that there is.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt;
use subnetkit_miner::{Call, Forward, ForwardStream, Refusal};
use subnetkit_protocol::Synapse;
use subnetkit_validator::Piece;
use tokio::time::Instant;

use super::given::{Given, MOST_PIECES, Made, later};
use super::{Asking, Request, Tally};
use crate::chance::{mix, unit};
use crate::clock::{HookCall, TooLong};
use crate::error::{Hook, LabError};
use crate::miner::Answers;

impl<S: Synapse> Asking<'_, S> {
    /// What a miner makes of a request in the time that is left.
    pub(super) fn work(
        &self,
        request: &Request<'_, S>,
        left: Duration,
        tallies: &mut [Tally],
    ) -> Result<Made<S::Response>, LabError> {
        let habits = &request.miner.habits;
        let refused = |status, message: &str| {
            let given = Given::Refused { status, message: message.to_owned(), retry_after: None };
            Ok(Made { given, took: Duration::ZERO })
        };
        if unit(mix(request.luck, 1)) >= habits.diligence {
            return refused(503, "this miner can't take the request now");
        }
        let answers = if unit(mix(request.luck, 2)) < habits.skill {
            &request.miner.answers
        } else if let Some(otherwise) = &request.miner.otherwise {
            otherwise
        } else {
            return refused(503, "this miner doesn't know");
        };
        if left <= habits.work {
            self.count_work(request, tallies);
            return Ok(Made { given: Given::Late(Vec::new()), took: left });
        }
        let mut made = match (answers, self.task.is_streamed()) {
            (Answers::Whole(forward), false) => self.forward(&**forward, request, left)?,
            (Answers::Streamed(forward), true) => self.stream(&**forward, request, left)?,
            (Answers::Whole(_), true) => {
                Made { given: Given::Malformed("a stream was asked for"), took: Duration::ZERO }
            }
            (Answers::Streamed(_), false) => {
                Made { given: Given::Malformed("no stream was asked for"), took: Duration::ZERO }
            }
            // Copies are made of answers that are there already.
            (Answers::CopiedFrom(_), _) => return refused(503, "this miner can't take the request now"),
        };
        if !matches!(made.given, Given::Refused { .. } | Given::Malformed(_)) {
            self.count_work(request, tallies);
            made.took += habits.work;
            if let Some(pieces) = made.given.pieces_mut() {
                *pieces = later(pieces, habits.work);
            }
        }
        made.took = made.took.min(left);
        Ok(made)
    }

    fn call(&self, request: &Request<'_, S>, left: Duration) -> Option<Call<S::Request>> {
        let asked = self.task.distinct_requests().get(request.asked)?.clone();
        let mut call = Call::new(asked, self.me, left);
        call.standing = self.standing;
        Some(call)
    }

    fn forward(
        &self,
        forward: &dyn Forward<S>,
        request: &Request<'_, S>,
        left: Duration,
    ) -> Result<Made<S::Response>, LabError> {
        let Some(call) = self.call(request, left) else {
            return Ok(Made { given: Given::Malformed("nothing was asked"), took: Duration::ZERO });
        };
        let hook = HookCall { hook: Hook::Forward, round: self.round, of: request.number };
        Ok(match self.clock.run(hook, left, forward.forward(call).as_mut())? {
            Ok((Ok(response), took)) => Made { given: Given::Whole(response), took },
            Ok((Err(refusal), took)) => Made { given: refusal.into(), took },
            Err(TooLong) => Made { given: Given::Late(Vec::new()), took: left },
        })
    }

    fn stream(
        &self,
        forward: &dyn ForwardStream<S>,
        request: &Request<'_, S>,
        left: Duration,
    ) -> Result<Made<S::Response>, LabError> {
        let Some(call) = self.call(request, left) else {
            return Ok(Made { given: Given::Malformed("nothing was asked"), took: Duration::ZERO });
        };
        // Here, so that what came is there when time is up.
        let pieces = RefCell::new(Vec::new());
        let streaming = async {
            let began = Instant::now();
            let mut chunks = forward.stream(call).await?;
            while let Some(chunk) = chunks.next().await {
                let (value, mut pieces) = (chunk?, pieces.borrow_mut());
                if pieces.len() >= MOST_PIECES {
                    return Ok(false);
                }
                pieces.push(Piece { value, at: began.elapsed() });
            }
            Ok::<_, Refusal>(true)
        };
        let hook = HookCall { hook: Hook::Stream, round: self.round, of: request.number };
        let ended = self.clock.run(hook, left, pin!(streaming))?;
        let pieces = pieces.into_inner();
        Ok(match ended {
            Ok((Ok(true), took)) => Made { given: Given::Streamed(pieces), took },
            Ok((Ok(false), took)) => Made { given: Given::TooMany(pieces), took },
            Ok((Err(refusal), took)) if pieces.is_empty() => Made { given: refusal.into(), took },
            Ok((Err(_), took)) => Made { given: Given::BrokenOff(pieces), took },
            Err(TooLong) => Made { given: Given::Late(pieces), took: left },
        })
    }
}
