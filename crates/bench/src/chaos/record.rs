//! What the chain did, block by block, read at the end from the harness's own connection.

use anyhow::Context;
use serde_json::json;
use subnetkit_chain::Mechanism;

use crate::stage::{Stage, http::Http};

/// A block and what it left behind of the validator's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    pub(crate) number: u64,
    /// Epochs that there have been, after this block.
    pub(crate) epoch: u64,
    /// The validator's weights by mechanism, by uid.
    pub(crate) rows: Vec<Vec<(u16, u16)>>,
    pub(crate) last_updates: Vec<u64>,
    /// What the validator's hotkey signed of it, as hexadecimal.
    pub(crate) signed: Vec<String>,
}

/// Reads blocks, first and last included.
pub(crate) async fn read(stage: &Stage, first: u64, last: u64) -> anyhow::Result<Vec<Block>> {
    let http = Http::new();
    let url = stage.devnet.http_url();
    let hotkey: subnetkit_protocol::Hotkey = stage.member.hotkey.parse()?;
    let signer: String = hotkey.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut blocks = Vec::new();
    for number in first..=last {
        let hash = http.call(&url, "chain_getBlockHash", json!([number])).await?;
        let hash = hash.as_str().with_context(|| format!("there is no block {number}"))?;
        let body = http.call(&url, "chain_getBlock", json!([hash])).await?;
        let extrinsics = body.pointer("/block/extrinsics").and_then(|list| list.as_array());
        let texts = extrinsics.into_iter().flatten().filter_map(|extrinsic| extrinsic.as_str());
        let signed = texts.filter(|text| is_signed_by(text, &signer)).map(str::to_owned).collect();
        let at = stage.chain.at_block(parse_hash(hash)?).await?;
        let clock = at.epoch_clock(stage.netuid).await?;
        let (mut rows, mut last_updates) = (Vec::new(), Vec::new());
        for mecid in 0..stage.terms.mechanisms {
            let mechanism = Mechanism { netuid: stage.netuid, mecid };
            let mut row = at.weights_of(mechanism, stage.member.uid).await?;
            row.retain(|(_, value)| *value > 0);
            row.sort_unstable();
            rows.push(row);
            last_updates.push(at.last_update(mechanism, stage.member.uid).await?);
        }
        blocks.push(Block { number, epoch: clock.epoch_index, rows, last_updates, signed });
    }
    Ok(blocks)
}

/// Format 4 with a signature, by an account: the only such bytes at the beginning of an extrinsic are the signer's.
fn is_signed_by(extrinsic: &str, signer: &str) -> bool {
    let head = format!("8400{signer}");
    // Behind the length, of one to four bytes.
    extrinsic.get(..2 + 8 + head.len()).is_some_and(|beginning| beginning.contains(&head))
}

fn parse_hash(text: &str) -> anyhow::Result<[u8; 32]> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut hash = [0; 32];
    for (index, byte) in hash.iter_mut().enumerate() {
        let pair = digits.get(index * 2..index * 2 + 2).context("a hash has 32 bytes")?;
        *byte = u8::from_str_radix(pair, 16)?;
    }
    Ok(hash)
}
