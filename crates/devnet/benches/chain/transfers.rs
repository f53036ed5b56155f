//! Signed extrinsics, as clients send them.

use std::time::Instant;

use codec::{Compact, Encode};
use jsonrpsee::{core::client::ClientT, ws_client::WsClientBuilder};
use sp_core::{Pair, sr25519};

use crate::{Done, report, spawn};

const TRANSFERS: u32 = 200;
const ROUNDS: u32 = 10;
const BALANCES_TRANSFER_KEEP_ALIVE: [u8; 2] = [5, 3];
const SPEC_VERSION: u32 = 425;
const TRANSACTION_VERSION: u32 = 1;

/// The block that takes so many transfers out of the pool.
pub(crate) async fn many_in_one_block() -> Done {
    let devnet = spawn().await?;
    let client = WsClientBuilder::new().build(devnet.ws_url()).await?;
    let alice = sr25519::Pair::from_string("//Alice", None)?;
    let bob = sr25519::Pair::from_string("//Bob", None)?;
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        for index in 0..TRANSFERS {
            let extrinsic = transfer(&alice, &bob, devnet.genesis_hash(), round * TRANSFERS + index);
            let _: String = client.request("author_submitExtrinsic", [extrinsic]).await?;
        }
        let start = Instant::now();
        devnet.mine(1).await?;
        times.push(start.elapsed());
        let left: Vec<String> = client.request("author_pendingExtrinsics", [(); 0]).await?;
        if !left.is_empty() {
            return Err(format!("{} of {TRANSFERS} transfers did not fit", left.len()).into());
        }
    }
    report("block with 200 signed transfers", &times);
    Ok(())
}

/// An immortal transfer of one rao above the existential deposit.
fn transfer(from: &sr25519::Pair, to: &sr25519::Pair, genesis: [u8; 32], nonce: u32) -> String {
    let mut call = BALANCES_TRANSFER_KEEP_ALIVE.to_vec();
    call.push(0);
    call.extend_from_slice(&to.public().0);
    Compact(501_u64).encode_to(&mut call);
    let extra = (0_u8, Compact(nonce), Compact(0_u64), 0_u8).encode();
    let implicit = (SPEC_VERSION, TRANSACTION_VERSION, genesis, genesis, 0_u8).encode();
    let signature = from.sign(&[&call[..], &extra, &implicit].concat());
    let body = [&[0x84, 0][..], &from.public().0, &[1], &signature.0, &extra, &call].concat();
    sp_core::bytes::to_hex(&body.encode(), false)
}
