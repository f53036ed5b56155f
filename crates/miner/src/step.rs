//! The steps of a request's way, and the one tower layer that they make together.
//!
//! Steps are composed by type: a request that passes eight of them costs one allocation for all. Layers made of functions
//! (`axum::middleware`) cost several allocations and a clone of everything behind them, each.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use futures::{FutureExt, future::BoxFuture};
use tower::{Layer, Service};

use crate::rejection::{Outcome, Rejection};

/// Something that every request passes on its way to the handler, and its response on the way back.
pub(crate) trait Step: Send + Sync + 'static {
    /// Passes the request on to what is behind, or says why not.
    fn pass(
        &self,
        request: Request,
        next: impl Next,
    ) -> impl Future<Output = Result<Response, Rejection>> + Send;
}

/// What is behind a step.
pub(crate) trait Next: Send {
    /// Asks it.
    fn run(self, request: Request) -> impl Future<Output = Response> + Send;
}

/// One step, and another behind it.
impl<A: Step, B: Step> Step for (A, B) {
    fn pass(
        &self,
        request: Request,
        next: impl Next,
    ) -> impl Future<Output = Result<Response, Rejection>> + Send {
        self.0.pass(request, Behind { step: &self.1, next })
    }
}

impl<S: Step> Step for Arc<S> {
    fn pass(
        &self,
        request: Request,
        next: impl Next,
    ) -> impl Future<Output = Result<Response, Rejection>> + Send {
        (**self).pass(request, next)
    }
}

struct Behind<'a, S, N> {
    step: &'a S,
    next: N,
}

impl<S: Step, N: Next> Next for Behind<'_, S, N> {
    async fn run(self, request: Request) -> Response {
        self.step.pass(request, self.next).await.into_response()
    }
}

/// Turns a panic of what is behind into one 500.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CatchPanics;

impl Step for CatchPanics {
    async fn pass(&self, request: Request, next: impl Next) -> Result<Response, Rejection> {
        // The panic's own message stays in the process: it may quote the request or a secret of the handler.
        AssertUnwindSafe(next.run(request)).catch_unwind().await.map_err(|_message| {
            tracing::error!("a handler panicked; the caller was answered with 500");
            Rejection::new(Outcome::Panicked, "this miner failed to answer")
        })
    }
}

/// Steps as a layer.
pub(crate) struct Steps<T>(Arc<T>);

impl<T: Step> Steps<T> {
    pub(crate) fn new(steps: T) -> Self {
        Self(Arc::new(steps))
    }
}

impl<T> Clone for Steps<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T, S> Layer<S> for Steps<T> {
    type Service = Stepped<T, S>;

    fn layer(&self, handler: S) -> Self::Service {
        Stepped { steps: self.clone(), handler }
    }
}

/// Steps and the handler behind them.
pub(crate) struct Stepped<T, S> {
    steps: Steps<T>,
    handler: S,
}

impl<T, S: Clone> Clone for Stepped<T, S> {
    fn clone(&self) -> Self {
        Self { steps: self.steps.clone(), handler: self.handler.clone() }
    }
}

impl<T, S> Service<Request> for Stepped<T, S>
where
    T: Step,
    S: Service<Request, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.handler.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The one that was asked whether it is ready is used, and its copy is asked anew.
        let copy = self.handler.clone();
        let handler = Handler(std::mem::replace(&mut self.handler, copy));
        let steps = Arc::clone(&self.steps.0);
        Box::pin(async move { Ok(steps.pass(request, handler).await.into_response()) })
    }
}

struct Handler<S>(S);

impl<S> Next for Handler<S>
where
    S: Service<Request, Error = Infallible> + Send,
    S::Response: IntoResponse,
    S::Future: Send,
{
    async fn run(mut self, request: Request) -> Response {
        match self.0.call(request).await {
            Ok(response) => response.into_response(),
            Err(never) => match never {},
        }
    }
}
