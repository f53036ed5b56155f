//! What bounds the axon from above: the same JSON in and out on axum, and nothing else.

use std::net::Ipv4Addr;

use axum::{Json, Router, routing::post};
use subnetkit_protocol::Synapse;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::say;
use crate::{
    process::Listening,
    work::{Length, Text, length},
};

pub(super) async fn serve(ended: CancellationToken) -> anyhow::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let answer = async |Json(text): Json<Text>| Json(length(&text));
    let router = Router::new().route(&Length::path(), post(answer));
    say(&Listening { address: listener.local_addr()? })?;
    // Small answers are sent at once, as the axon sends them.
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // A connection that delays its answers shows in the latencies.
        stream.set_nodelay(true).ok();
    });
    axum::serve(listener, router).with_graceful_shutdown(ended.cancelled_owned()).await?;
    Ok(())
}
