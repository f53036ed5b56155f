//! `payment_*`: what a transaction would cost.

use codec::{Compact, Decode};
use jsonrpsee::{core::RegisterMethodError, types::Params};
use serde_json::{Value, json};
use sp_core::{Bytes, U256};

use super::{Module, RpcResult, error, method, optional_hash};
use crate::{author::read_extrinsic, node::Node};

const WHAT_INFO: &str = "Unable to query dispatch info.";
const WHAT_DETAILS: &str = "Unable to query fee details.";

pub(super) fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    method(module, "payment_queryInfo", |node, params| {
        let output = ask(node, params, "TransactionPaymentApi_query_info", WHAT_INFO)?;
        dispatch_info(&output).map_err(|cause| error::undecodable(WHAT_INFO, &cause))
    })?;
    method(module, "payment_queryFeeDetails", |node, params| {
        let output = ask(node, params, "TransactionPaymentApi_query_fee_details", WHAT_DETAILS)?;
        fee_details(&output).map_err(|cause| error::undecodable(WHAT_DETAILS, &cause))
    })
}

/// Both runtime calls take the extrinsic and its length.
fn ask(node: &Node, params: &Params<'_>, call: &str, what: &str) -> RpcResult<Vec<u8>> {
    let mut sequence = params.sequence();
    let bytes: Bytes = sequence.next()?;
    let at = optional_hash(&mut sequence)?;
    let extrinsic = read_extrinsic(&bytes).map_err(|cause| error::undecodable(what, &cause))?;
    let length = u32::try_from(extrinsic.len()).unwrap_or(u32::MAX);
    let input = [&extrinsic[..], &length.to_le_bytes()].concat();
    node.call(at, call, &input).map_err(|cause| error::query(what, &cause))
}

/// Weight, class, and the fee in what is left: the width of a balance is the runtime's choice.
fn dispatch_info(mut output: &[u8]) -> Result<Value, codec::Error> {
    let input = &mut output;
    let Compact(ref_time) = Compact::<u64>::decode(input)?;
    let Compact(proof_size) = Compact::<u64>::decode(input)?;
    let class = match u8::decode(input)? {
        0 => "normal",
        1 => "operational",
        2 => "mandatory",
        _ => return Err("unknown dispatch class".into()),
    };
    let fee = balance(input)?;
    Ok(json!({
        "weight": { "ref_time": ref_time, "proof_size": proof_size },
        "class": class,
        "partialFee": fee.to_string(),
    }))
}

/// Nothing for a free extrinsic, else base, length and weight fee. The tip follows, of the same width, and is not shown.
fn fee_details(output: &[u8]) -> Result<Value, codec::Error> {
    let Some((some, fees)) = output.split_first() else { return Err("empty answer".into()) };
    if *some == 0 {
        return Ok(json!({ "inclusionFee": null }));
    }
    let width = fees.len() / 4;
    let mut parts = fees.chunks_exact(width.max(1)).map(balance);
    let mut part = || -> Result<String, codec::Error> {
        let fee = parts.next().ok_or("too short")??;
        Ok(format!("{fee:#x}"))
    };
    Ok(json!({
        "inclusionFee": { "baseFee": part()?, "lenFee": part()?, "adjustedWeightFee": part()? }
    }))
}

fn balance(bytes: &[u8]) -> Result<U256, codec::Error> {
    if bytes.is_empty() || bytes.len() > 32 {
        return Err("a balance has 1 to 32 bytes".into());
    }
    Ok(U256::from_little_endian(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balances_of_any_width_are_read() {
        let narrow = [&[4, 8, 0][..], &300_u64.to_le_bytes()].concat();
        let wide = [&[4, 8, 2][..], &300_u128.to_le_bytes()].concat();
        assert_eq!(
            dispatch_info(&narrow).unwrap(),
            json!({ "weight": { "ref_time": 1, "proof_size": 2 }, "class": "normal", "partialFee": "300" })
        );
        assert_eq!(dispatch_info(&wide).unwrap()["class"], "mandatory");
        let fees = [1_u64, 2, 256, 9].map(u64::to_le_bytes).concat();
        let details = [&[1][..], &fees].concat();
        assert_eq!(
            fee_details(&details).unwrap(),
            json!({ "inclusionFee": { "baseFee": "0x1", "lenFee": "0x2", "adjustedWeightFee": "0x100" } })
        );
        assert_eq!(fee_details(&[0, 9, 0, 0, 0, 0, 0, 0, 0]).unwrap(), json!({ "inclusionFee": null }));
        assert!(dispatch_info(&[4, 8, 9, 1]).is_err());
    }
}
