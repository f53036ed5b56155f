//! `dev_*`: the chain as its handle drives it. Times are milliseconds since 1970, amounts are rao, accounts ss58 addresses.

use std::{sync::Arc, time::Duration};

use jsonrpsee::{
    core::RegisterMethodError,
    types::{Params, ParamsSequence},
};
use serde::Serialize;
use serde_json::{Value, json};
use sp_core::{Bytes, H256};

use super::{Module, RpcResult, error};
use crate::{
    control::{Control, ControlError, Head},
    faults::Answers,
};

pub(super) fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    time(module)?;
    snapshots(module)?;
    edits(module)?;
    subnets(module)?;
    faults(module)?;
    command(module, "dev_pause", |control, _| async move {
        control.pause();
        Ok(())
    })?;
    command(module, "dev_resume", |control, _| async move {
        control.resume();
        Ok(())
    })
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
    })?;
    // Bytes instead of files: whoever reaches the port must not reach the disk.
    command(module, "dev_dump", |control, _| async move { reply(control.dump().await).map(Bytes) })?;
    command(module, "dev_load", |control, params| async move {
        let bytes: Bytes = params.one()?;
        hash(control.load(bytes.0).await)
    })
}

fn edits(module: &mut Module) -> Result<(), RegisterMethodError> {
    command(module, "dev_setStorage", |control, params| async move {
        let mut sequence = params.sequence();
        let (pallet, item): (String, String) = (sequence.next()?, sequence.next()?);
        let (keys, value): (Vec<Value>, Value) = (sequence.next()?, sequence.next()?);
        hash(control.set_storage(&pallet, &item, &keys, &value).await)
    })?;
    command(module, "dev_setStorageRaw", |control, params| async move {
        let entries: Vec<(Bytes, Option<Bytes>)> = params.one()?;
        let entries = entries.into_iter().map(|(key, value)| (key.0, value.map(|value| value.0)));
        hash(control.set_storage_raw(entries.collect()).await)
    })?;
    command(module, "dev_dispatch", |control, params| async move {
        let mut sequence = params.sequence();
        let (pallet, call): (String, String) = (sequence.next()?, sequence.next()?);
        let args: Value = sequence.optional_next()?.unwrap_or_default();
        let origin: Option<String> = sequence.optional_next()?;
        hash(control.dispatch(origin.as_deref(), &pallet, &call, &args).await)
    })?;
    command(module, "dev_impersonate", |control, params| async move {
        reply(control.impersonate(&params.one::<String>()?))
    })?;
    command(module, "dev_stopImpersonating", |control, params| async move {
        reply(control.stop_impersonating(&params.one::<String>()?))
    })
}

/// Which answers come as the last two parameters: how many, and of which method.
fn faults(module: &mut Module) -> Result<(), RegisterMethodError> {
    let answers = |sequence: &mut ParamsSequence<'_>| -> RpcResult<Answers> {
        Ok(Answers { count: sequence.optional_next()?, method: sequence.optional_next()? })
    };
    command(module, "dev_dropConnections", |control, _| async move {
        control.drop_connections();
        Ok(())
    })?;
    command(module, "dev_delayAnswers", move |control, params| async move {
        let mut sequence = params.sequence();
        let delay = Duration::from_millis(sequence.next()?);
        reply(control.delay_answers(delay, answers(&mut sequence)?))
    })?;
    command(module, "dev_refuseAnswers", move |control, params| async move {
        let mut sequence = params.sequence();
        let (code, message): (i32, String) = (sequence.next()?, sequence.next()?);
        reply(control.refuse_answers(code, message, answers(&mut sequence)?))
    })?;
    // Without a duration over JSON-RPC, `dev_clearFaults` needs a connection that is open already.
    command(module, "dev_hang", |control, params| async move {
        control.hang(params.sequence().optional_next()?.map(Duration::from_millis));
        Ok(())
    })?;
    command(module, "dev_refuseConnections", |control, params| async move {
        control.refuse_connections(params.sequence().optional_next()?.map(Duration::from_millis));
        Ok(())
    })?;
    command(module, "dev_clearFaults", |control, _| async move {
        control.clear_faults();
        Ok(())
    })
}

/// Methods of the runtime that change the state, under their names here and there.
const RUNTIME_EDITS: [(&str, &str); 5] = [
    ("dev_setBalance", "setBalance"),
    ("dev_setStake", "setStake"),
    ("dev_setPermit", "setPermit"),
    ("dev_createSubnet", "createSubnet"),
    ("dev_upgradeRuntime", "upgradeRuntime"),
];

fn subnets(module: &mut Module) -> Result<(), RegisterMethodError> {
    for (method, name) in RUNTIME_EDITS {
        command(module, method, move |control, params| async move {
            let (head, answer) = reply(control.call_editing(name, &by_name(&params)?).await)?;
            Ok(if answer.is_null() { json!(H256(head.hash)) } else { answer })
        })?;
    }
    command(module, "dev_setHyperparameter", |control, params| async move {
        let mut sequence = params.sequence();
        let (netuid, name): (Option<u16>, String) = (sequence.next()?, sequence.next()?);
        let value: Value = sequence.next()?;
        hash(control.set_hyperparameter(netuid, &name, &value).await)
    })?;
    command(module, "dev_advanceEpochs", |control, params| async move {
        let mut sequence = params.sequence();
        let netuid = sequence.next()?;
        hash(control.advance_epochs(netuid, sequence.optional_next()?.unwrap_or(1)).await)
    })?;
    command(module, "dev_advanceRounds", |control, params| async move {
        hash(control.advance_rounds(params.sequence().optional_next()?.unwrap_or(1)).await)
    })
}

/// Parameters as the runtime takes them: an object by name, alone or as the only one of an array, or an array in order.
fn by_name(params: &Params<'_>) -> RpcResult<Value> {
    let given = params.parse::<Option<Value>>()?.unwrap_or_else(|| json!({}));
    Ok(match given {
        Value::Array(mut values) if values.len() == 1 && values[0].is_object() => values.remove(0),
        Value::Array(values) if values.is_empty() => json!({}),
        given => given,
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
