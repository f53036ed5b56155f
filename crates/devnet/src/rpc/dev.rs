//! `dev_*`: the chain as its handle drives it. Parameters are by position; times are milliseconds since 1970.

use std::sync::Arc;

use jsonrpsee::{core::RegisterMethodError, types::Params};
use serde::Serialize;
use sp_core::H256;

use super::{Module, RpcResult, error};
use crate::control::{Control, ControlError, Head};

pub(super) fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    time(module)?;
    snapshots(module)?;
    command(module, "dev_pause", |control, _| async move { Ok(control.pause()) })?;
    command(module, "dev_resume", |control, _| async move { Ok(control.resume()) })
}

fn time(module: &mut Module) -> Result<(), RegisterMethodError> {
    command(module, "dev_mine", |control, params| async move {
        let count = params.sequence().optional_next()?.unwrap_or(1);
        hash(control.mine(count).await)
    })?;
    command(module, "dev_time", |control, _| async move { reply(control.time_ms().await) })?;
    command(module, "dev_setTime", |control, params| async move {
        let time_ms = params.one()?;
        reply(control.set_time(time_ms).await)
    })?;
    command(module, "dev_advanceToTime", |control, params| async move {
        let time_ms = params.one()?;
        hash(control.advance_to_time(time_ms).await)
    })
}

fn snapshots(module: &mut Module) -> Result<(), RegisterMethodError> {
    command(module, "dev_snapshot", |control, _| async move { reply(control.snapshot().await) })?;
    command(module, "dev_revert", |control, params| async move {
        let id = params.one()?;
        hash(control.revert(id).await)
    })
}

/// Registers a method that drives the chain.
fn command<T, F, D>(module: &mut Module, name: &'static str, handler: F) -> Result<(), RegisterMethodError>
where
    T: Serialize + Clone + Send + 'static,
    F: Fn(Arc<Control>, Params<'static>) -> D + Clone + Send + Sync + 'static,
    D: Future<Output = RpcResult<T>> + Send + 'static,
{
    module.register_async_method(name, move |params, control, _| handler(control, params))?;
    Ok(())
}

fn reply<T>(done: Result<T, ControlError>) -> RpcResult<T> {
    done.map_err(|cause| error::control(&cause))
}

fn hash(head: Result<Head, ControlError>) -> RpcResult<H256> {
    reply(head).map(|head| H256(head.hash))
}
