//! The layer that delays, refuses and withholds answers as the faults say.

use std::sync::Arc;

use jsonrpsee::{
    MethodResponse,
    core::middleware::{Batch, BatchEntry, BatchEntryErr, Notification, RpcServiceT},
    types::{ErrorObjectOwned, Request},
};

use crate::faults::{Disturbance, Faults};

/// A service whose answers meet the faults first.
#[derive(Debug, Clone)]
pub(super) struct Disturbed<S> {
    pub(super) inner: S,
    pub(super) faults: Arc<Faults>,
}

fn refusal(disturbance: &mut Disturbance) -> Option<ErrorObjectOwned> {
    let (code, message) = disturbance.refusal.take()?;
    Some(ErrorObjectOwned::owned(code, message, None::<()>))
}

impl<S> RpcServiceT for Disturbed<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    type MethodResponse = MethodResponse;
    type BatchResponse = MethodResponse;
    type NotificationResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let mut met = self.faults.meet(request.method_name());
        let (inner, faults) = (self.inner.clone(), Arc::clone(&self.faults));
        async move {
            faults.hang_over(request.method_name()).await;
            if !met.delay.is_zero() {
                tokio::time::sleep(met.delay).await;
            }
            match refusal(&mut met) {
                Some(refusal) => MethodResponse::error(request.id, refusal),
                None => inner.call(request).await,
            }
        }
    }

    fn batch<'a>(&self, requests: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let mut delay = std::time::Duration::ZERO;
        let mut first = None;
        let disturbed = requests.into_iter().map(|entry| match entry {
            Ok(BatchEntry::Call(request)) => {
                let mut met = self.faults.meet(request.method_name());
                first.get_or_insert_with(|| request.method_name().to_owned());
                // Answers of a batch come together, so they wait for the slowest.
                delay = delay.max(met.delay);
                match refusal(&mut met) {
                    Some(refusal) => Err(BatchEntryErr::new(request.id, refusal)),
                    None => Ok(BatchEntry::Call(request)),
                }
            }
            other => other,
        });
        let requests = Batch::from(disturbed.collect());
        let (inner, faults) = (self.inner.clone(), Arc::clone(&self.faults));
        async move {
            faults.hang_over(first.as_deref().unwrap_or_default()).await;
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            inner.batch(requests).await
        }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.inner.notification(notification)
    }
}
