//! JSON-RPC errors with the codes and wording of a Substrate node.

use jsonrpsee::types::{ErrorObjectOwned, error::INVALID_PARAMS_CODE};
use sp_core::H256;

use crate::{
    author::AuthorError, control::ControlError, history::UnknownBlock, node::CallError, pool::SubmitError,
};

pub(crate) type RpcResult<T> = Result<T, ErrorObjectOwned>;

fn error(code: i32, message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(code, message, None::<()>)
}

fn error_with(code: i32, message: impl Into<String>, data: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(code, message, Some(data.into()))
}

pub(crate) fn invalid_params(message: impl Into<String>) -> ErrorObjectOwned {
    error_with(INVALID_PARAMS_CODE, "Invalid params", message)
}

/// `state_*`: code 4003 for whatever reading or calling fails with.
pub(crate) fn state(cause: &CallError) -> ErrorObjectOwned {
    error(4003, format!("Client error: {cause}"))
}

/// As [`state`], where a node goes through its typed runtime API.
pub(crate) fn state_api(cause: &CallError) -> ErrorObjectOwned {
    error(4003, format!("Client error: {}", cause.of_api()))
}

pub(crate) fn unknown_block(cause: &UnknownBlock) -> ErrorObjectOwned {
    error(4003, format!("Client error: UnknownBlock: {cause}"))
}

pub(crate) fn internal_state(cause: &impl std::fmt::Display) -> ErrorObjectOwned {
    error(4003, format!("Client error: {cause}"))
}

pub(crate) fn block_range(from: H256, to: Option<H256>, details: &str) -> ErrorObjectOwned {
    error(4001, format!("Cannot resolve a block range ['{from:?}' ... '{to:?}]. {details}"))
}

pub(crate) fn count_too_large(value: u32, max: u32) -> ErrorObjectOwned {
    error(4002, format!("count exceeds maximum value. value: {value}, max: {max}"))
}

pub(crate) fn chain(message: impl Into<String>) -> ErrorObjectOwned {
    error(3000, message)
}

/// `payment_*` and `system_accountNextIndex`: 1 when the runtime fails, 2 when what was sent cannot be read.
pub(crate) fn query(what: &str, cause: &CallError) -> ErrorObjectOwned {
    error_with(1, what, cause.of_api())
}

/// Bittensor's own methods: 1 for whatever the runtime API fails with.
pub(crate) fn runtime_api(api: &str, cause: &CallError) -> ErrorObjectOwned {
    error(1, format!("Unable to call {api}: {}", cause.of_api()))
}

pub(crate) fn undecodable(what: &str, cause: &codec::Error) -> ErrorObjectOwned {
    error_with(2, what, format!("{cause:?}"))
}

/// `author_*`: 1001 and 1002 for what is no transaction, 1010 and up for what the pool refuses.
pub(crate) fn submit(cause: SubmitError) -> ErrorObjectOwned {
    match cause {
        SubmitError::BadFormat(reason) => error(1001, format!("Extrinsic has invalid format: {reason}")),
        SubmitError::Trap(reason) => {
            let reason = format!("Execution failed: Execution aborted due to trap: {reason}");
            error_with(
                1002,
                format!("Verification Error: Runtime error: {reason}"),
                format!("RuntimeApi({reason:?})"),
            )
        }
        SubmitError::Invalid(invalid) => error_with(1010, "Invalid Transaction", invalid.text()),
        SubmitError::Unknown(unknown) => {
            error_with(1011, "Unknown Transaction Validity", format!("{unknown:?}"))
        }
        SubmitError::Banned => error(1012, "Transaction is temporarily banned"),
        SubmitError::AlreadyImported(hash) => {
            error_with(1013, "Transaction Already Imported", format!("{hash:?}"))
        }
        SubmitError::TooLowPriority { old, new } => error_with(
            1014,
            format!("Priority is too low: ({old} vs {new})"),
            "The transaction has too low priority to replace another transaction already in the pool.",
        ),
        SubmitError::ImmediatelyDropped => error_with(
            1016,
            "Immediately Dropped",
            "The transaction couldn't enter the pool because of the limit",
        ),
        SubmitError::NoTags => error_with(
            1017,
            "No tags provided",
            "Transaction does not provide any tags, so the pool can't identify it",
        ),
    }
}

/// `engine_*` and `dev_*`.
pub(crate) fn control(cause: &ControlError) -> ErrorObjectOwned {
    if cause.is_bad_request() {
        return invalid_params(cause.to_string());
    }
    let code = match cause {
        ControlError::Stopping => 10_000,
        ControlError::Busy => 11_000,
        ControlError::Block(cause) if is_about_inherents(cause.as_ref()) => 15_000,
        _ => 14_000,
    };
    error(code, cause.to_string())
}

fn is_about_inherents(cause: &(dyn std::error::Error + 'static)) -> bool {
    matches!(cause.downcast_ref(), Some(AuthorError::Inherent { .. }))
}

pub(crate) fn empty_pool() -> ErrorObjectOwned {
    error(12_000, "Transaction pool is empty, set create_empty to true, if you want to create empty blocks")
}

pub(crate) fn block_not_found(hash: H256) -> ErrorObjectOwned {
    error(13_000, format!("{hash:?} not found"))
}

pub(crate) fn not_the_head(hash: H256) -> ErrorObjectOwned {
    error(
        20_000,
        format!("A block can only be made on the head; {hash:?} is an older block. Leave parent_hash out"),
    )
}
