//! Asking axons of SDK 10: the same client, the protocol of [`axon_v10`](subnetkit_protocol::axon_v10).
//!
//! Nobody signs what comes back: an answer is whoever's that sits on the way, unless the miner publishes a TLS key.
//! `require_signed_responses` has nothing to say here, and there is no evidence.

mod identities;
mod stream;

use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use subnetkit_protocol::axon_v10::{self, Model, SynapseV10, Unsigned};
use tokio::task::JoinSet;
use tokio::time::timeout_at;

use super::reply::{self, Failed};
use super::{Answers, AskError, Begun, Clock, Dendrite, Ended, Endpoint};
use crate::answer::{Answer, Outcome};

pub(super) use identities::Identities;
use identities::Identity;

impl Dendrite {
    /// Asks one axon of SDK 10, as [`ask`](Self::ask) does others. Its caller waits as long as it is told to: that is
    /// the `timeout` here.
    ///
    /// # Errors
    /// The request does not write itself as the class's fields, or the hotkey is not sr25519.
    pub async fn ask_v10<S: SynapseV10>(
        &self,
        endpoint: &Endpoint,
        request: &S::Request,
        timeout: Option<Duration>,
    ) -> Result<Answer<S>, AskError> {
        let (identity, begun) = self.begin_v10::<S>(endpoint, request, timeout).await?;
        let Begun { response, clock, _slots, attempt: () } = match begun {
            Ok(begun) => begun,
            Err(Ended { failed, timing }) => {
                let outcome = failed.map(|never| match never {});
                return Ok(Answer { timing, ..Answer::new(endpoint.hotkey, outcome) });
            }
        };
        let reading = read::<S>(response, self.settings.max_response_bytes);
        let read = timeout_at(clock.deadline, reading).await.unwrap_or_else(|_| Err(clock.timed_out()));
        let timing = clock.timing();
        let (outcome, body) = match read {
            Ok((response, body)) => (Outcome::Answered { response, elapsed: timing.answering }, body),
            Err(failed) => (failed.map(|never| match never {}), Bytes::new()),
        };
        if matches!(outcome, Outcome::Answered { .. } | Outcome::Refused { .. }) {
            identity.give_back();
        }
        Ok(Answer { timing, body, ..Answer::new(endpoint.hotkey, outcome) })
    }

    /// Asks everyone at once, as [`ask_all`](Self::ask_all) does.
    pub fn ask_all_v10<S: SynapseV10>(
        self: &std::sync::Arc<Self>,
        asks: impl IntoIterator<Item = (Endpoint, S::Request)>,
        timeout: Option<Duration>,
    ) -> Answers<S> {
        let mut asking = JoinSet::new();
        for (endpoint, request) in asks {
            let dendrite = std::sync::Arc::clone(self);
            asking.spawn(async move { dendrite.ask_v10::<S>(&endpoint, &request, timeout).await });
        }
        Answers::new(asking)
    }

    async fn begin_v10<S: SynapseV10>(
        &self,
        endpoint: &Endpoint,
        request: &S::Request,
        timeout: Option<Duration>,
    ) -> Result<(Identity, Result<Begun<()>, Ended>), AskError> {
        let synapse = S::CLASS;
        let model = Model::<S>::asking(request).map_err(|source| AskError::Model { synapse, source })?;
        let identity = self.identities.lend();
        let target = format!("/{}", S::CLASS);
        let sign = |clock: &Clock| self.sign_v10(endpoint, &model, identity.as_str(), clock);
        let begun = self.begin_with(synapse, &target, endpoint, timeout, sign).await?;
        Ok((identity, begun))
    }

    fn sign_v10<S: SynapseV10>(
        &self,
        endpoint: &Endpoint,
        model: &Model<S>,
        uuid: &str,
        clock: &Clock,
    ) -> Result<((), HeaderMap, Bytes), AskError> {
        let synapse = S::CLASS;
        let unsigned = Unsigned {
            timeout: clock.left(),
            axon: endpoint.address,
            receiver: &endpoint.hotkey,
            external_ip: None,
            uuid,
            nonce: self.nonces.next(),
        };
        let signed = axon_v10::sign(&self.hotkey, &unsigned, model)
            .map_err(|source| AskError::SignV10 { synapse, source })?;
        let mut headers = HeaderMap::with_capacity(signed.headers.len() + 4);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let build = |source: hyper::http::Error| AskError::Build { synapse: synapse.to_owned(), source };
        for (name, value) in signed.headers {
            let name = HeaderName::try_from(name).map_err(|error| build(error.into()))?;
            headers.insert(name, HeaderValue::try_from(value).map_err(|error| build(error.into()))?);
        }
        Ok(((), headers, signed.body.into()))
    }
}

async fn read<S: SynapseV10>(
    response: Response<Incoming>,
    limit_bytes: usize,
) -> Result<(S::Response, Bytes), Failed> {
    let (head, body) = response.into_parts();
    if head.status != StatusCode::OK {
        return Err(reply::refused(head.status, &head.headers, &reply::beginning(body).await));
    }
    reply::check_packing(&head.headers)?;
    let body = reply::collect(body, limit_bytes).await?;
    let response = Model::<S>::read(&body).and_then(|(model, _)| model.response());
    let response =
        response.map_err(|error| Outcome::Malformed { reason: reply::one_line(&error.to_string()) })?;
    Ok((response, body))
}
