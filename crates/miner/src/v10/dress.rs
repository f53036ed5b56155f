//! The outermost step: refusals in the words and the form of SDK 10.

use axum::{
    extract::Request,
    http::{StatusCode, header},
    response::Response,
};
use subnetkit_protocol::{
    Hotkey,
    axon_v10::{self, Terminal, VERSION_AS_INT},
};

use super::reply::respond;
use crate::{
    deadline::Arrived,
    rejection::{Outcome, Rejection, Sentence},
    step::{Next, Step},
};

/// Who refuses.
pub(crate) struct Dress {
    pub(crate) own: Hotkey,
    pub(crate) class: &'static str,
}

/// Answers pass unchanged: they are in the right form already.
impl Step for Dress {
    async fn pass(&self, request: Request, next: impl Next) -> Result<Response, Rejection> {
        let arrived = request.extensions().get::<Arrived>().copied();
        Ok(self.worded(next.run(request).await, arrived))
    }
}

impl Dress {
    fn worded(&self, mut response: Response, arrived: Option<Arrived>) -> Response {
        let outcome = response.extensions().get::<Outcome>().copied();
        let sentence = response.extensions_mut().remove::<Sentence>();
        let (Some(outcome), Some(Sentence(sentence))) = (outcome, sentence) else { return response };
        let status = match outcome {
            Outcome::MalformedBody => StatusCode::UNPROCESSABLE_ENTITY,
            _ => response.status(),
        };
        let axon = Terminal {
            process_time: arrived.map(|arrived| arrived.0.elapsed().as_secs_f64()),
            version: Some(VERSION_AS_INT),
            hotkey: Some(self.own.to_ss58()),
            ..Terminal::default()
        };
        let mut dressed = respond(status, axon_v10::refusal(self.class, status.as_u16(), &sentence, axon));
        if let Some(wait) = response.headers_mut().remove(header::RETRY_AFTER) {
            dressed.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        dressed.extensions_mut().insert(outcome);
        dressed
    }
}
