//! The step that signs answers, `btauth-response/1`: headers on complete bodies, trailers behind streamed ones.
//!
//! It stands right behind authentication: every response to a proven request is signed if its caller asks, be it an
//! answer or a refusal, and none to a request that proved nothing.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    Error,
    body::{Body, HttpBody},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use subnetkit_protocol::{
    Keypair,
    btauth::{
        BodyDigest, BodyHasher,
        response::{ASKED, CRYPTO, SIGN, SIGNATURE, VERSION, sign_response},
    },
};

use crate::{
    negotiation::takes_trailers,
    proven::{Proven, proven},
    rejection::{Outcome, Rejection},
    step::{Next, Step},
    streaming::Streaming,
};

pub(crate) struct Signer {
    pub(crate) hotkey: Keypair,
    pub(crate) enabled: bool,
}

/// The step.
pub(crate) struct SignAnswers(pub(crate) Arc<Signer>);

impl Step for SignAnswers {
    async fn pass(&self, request: Request, next: impl Next) -> Result<Response, Rejection> {
        let Self(signer) = self;
        let asked = request.headers().get(SIGN).is_some_and(|value| value == ASKED);
        if !(signer.enabled && asked) {
            return Ok(next.run(request).await);
        }
        let proven = proven(&request)?;
        let takes_trailers = takes_trailers(request.headers());
        let response = next.run(request).await;
        if response.extensions().get::<Streaming>().is_none() {
            Ok(signer.sign_whole(response, &proven).await)
        } else if takes_trailers {
            Ok(signer.sign_streamed(response, proven))
        } else {
            // There is no place for the signature that this caller would see.
            Ok(response)
        }
    }
}

impl Signer {
    fn headers(&self, status: u16, body: BodyDigest, proven: &Proven) -> HeaderMap {
        sign_response(&self.hotkey, status, body, &proven.signature, &proven.caller)
            .into_iter()
            .filter_map(|(name, value)| {
                Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
            })
            .collect()
    }

    /// The body is complete and in memory: it has been written by this axon.
    async fn sign_whole(&self, response: Response, proven: &Proven) -> Response {
        let (mut parts, body) = response.into_parts();
        let bytes = match body.collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) => {
                tracing::error!(cause = %error, "an answer broke off before it could be signed");
                return Rejection::new(Outcome::Internal, "this miner failed to answer").into_response();
            }
        };
        parts.headers.extend(self.headers(parts.status.as_u16(), BodyDigest::of(&bytes), proven));
        Response::from_parts(parts, Body::from(bytes))
    }

    fn sign_streamed(self: &Arc<Self>, response: Response, proven: Proven) -> Response {
        let (mut parts, body) = response.into_parts();
        // Only trailers that are announced are sent.
        let names = HeaderValue::try_from(format!("{VERSION}, {SIGNATURE}, {CRYPTO}"));
        parts.headers.extend(names.ok().map(|names| (header::TRAILER, names)));
        let status = parts.status.as_u16();
        let hashing = Some(BodyHasher::new());
        let body = SignedStream { body, hashing, signer: Arc::clone(self), status, proven };
        Response::from_parts(parts, Body::new(body))
    }
}

/// A body whose signature follows it. If it breaks off, there is none.
struct SignedStream {
    body: Body,
    /// `None` once the signature is given or the body broke off.
    hashing: Option<BodyHasher>,
    signer: Arc<Signer>,
    status: u16,
    proven: Proven,
}

impl HttpBody for SignedStream {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.hashing.is_none() {
            return Poll::Ready(None);
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(match frame {
            Some(Ok(frame)) => {
                if let (Some(hashing), Some(data)) = (&mut self.hashing, frame.data_ref()) {
                    hashing.update(data);
                }
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                self.hashing = None;
                Some(Err(error))
            }
            None => self.hashing.take().map(|hashed| {
                let trailers = self.signer.headers(self.status, hashed.finish(), &self.proven);
                Ok(Frame::trailers(trailers))
            }),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.hashing.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
