//! The small HTTP server for operators: `/healthz`, `/readyz`, `/metrics`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::health::Health;
use crate::metrics::{self, Metrics};
use crate::progress::Progress;

/// What is shown.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) health: Arc<Health>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) progress: Arc<Progress>,
}

/// Serves until shutdown.
pub(crate) async fn serve(
    listener: TcpListener,
    shared: Shared,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(render))
        .with_state(shared);
    axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await
}

/// Red while a loop stands still: then the process is of no use, and about to end.
async fn alive(State(shared): State<Shared>) -> (StatusCode, String) {
    match shared.progress.stall() {
        None => (StatusCode::OK, "alive\n".to_owned()),
        Some(stall) => (StatusCode::SERVICE_UNAVAILABLE, format!("{stall}\n")),
    }
}

async fn ready(State(shared): State<Shared>) -> (StatusCode, String) {
    let (mut lines, remarks) = (shared.health.problems(), shared.health.remarks());
    let status = if lines.is_empty() {
        lines.push("ready".to_owned());
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    lines.extend(remarks);
    (status, lines.join("\n") + "\n")
}

async fn render(State(shared): State<Shared>) -> Result<impl IntoResponse, StatusCode> {
    let text = shared.metrics.text(shared.health.silence()).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use bytes::Bytes;
    use http_body_util::{BodyExt, Empty};
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;

    use crate::doctor::{Finding, Rule, Severity};

    #[tokio::test]
    async fn readiness_names_what_is_missing() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (health, metrics) = (Arc::new(Health::new()), Arc::new(Metrics::new()));
        let stop = CancellationToken::new();
        let progress = Arc::new(Progress::new(Duration::from_secs(60)));
        let shared = Shared { health: Arc::clone(&health), metrics: Arc::clone(&metrics), progress };
        let server = tokio::spawn(serve(listener, shared, stop.clone()));
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let get = async |path: &str| {
            let response = client.get(format!("{base}{path}").parse().unwrap()).await.unwrap();
            let status = response.status().as_u16();
            let text = response.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8(text.to_vec()).unwrap())
        };
        assert_eq!(get("/healthz").await.0, 200);
        let (status, text) = get("/readyz").await;
        assert!(status == 503 && text.contains("no block"), "{status} {text}");
        health.clear("chain");
        assert_eq!(get("/readyz").await.0, 200);
        health.fault("weights", "no permit".to_owned());
        let (status, text) = get("/readyz").await;
        assert!(status == 503 && text.contains("weights: no permit"), "{status} {text}");
        health.clear("weights");
        assert_eq!(get("/readyz").await.0, 200);

        let finding = |severity| Finding { severity, rule: Rule::Fees, sentence: "send TAO".to_owned() };
        health.diagnosed(vec![finding(Severity::Weakens)]);
        assert_eq!(get("/readyz").await, (200, "ready\nfees: send TAO\n".to_owned()));
        health.diagnosed(vec![finding(Severity::Blocks)]);
        assert_eq!(get("/readyz").await, (503, "fees: send TAO\n".to_owned()));
        health.diagnosed(Vec::new());
        assert_eq!(get("/readyz").await.0, 200);

        metrics.round(&crate::ledger::RoundState::Scored, Duration::from_millis(5));
        metrics.answer(crate::answer::OutcomeKind::TimedOut);
        metrics.submission(0, &crate::ledger::Fate::Effective { included_block: 77, block: 77 });
        let (_, text) = get("/metrics").await;
        for line in [
            "subnetkit_validator_rounds_total{outcome=\"scored\"} 1",
            "subnetkit_validator_answers_total{outcome=\"timed_out\"} 1",
            "subnetkit_validator_submissions_total{outcome=\"effective\"} 1",
            "subnetkit_validator_effective_block{mechanism=\"0\"} 77",
        ] {
            assert!(text.contains(line), "{line} not in:\n{text}");
        }
        stop.cancel();
        server.await.unwrap().unwrap();
    }
    #[tokio::test(start_paused = true)]
    async fn a_loop_that_stands_still_turns_liveness_red_and_says_where() {
        let progress = Arc::new(Progress::new(Duration::from_millis(1)));
        let (health, metrics) = (Arc::new(Health::new()), Arc::new(Metrics::new()));
        let shared = Shared { health, metrics, progress: Arc::clone(&progress) };
        assert_eq!(alive(State(shared.clone())).await.0, StatusCode::OK);
        let begun = tokio::time::Instant::now();
        progress.step("scoring", "asking miners", Duration::ZERO);
        tokio::time::sleep(Duration::from_millis(5)).await;
        progress.look(Some(begun));
        let (status, text) = alive(State(shared.clone())).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(text.contains("scoring") && text.contains("asking miners"), "{text}");
        progress.step("scoring", "keeping the answers", Duration::from_secs(60));
        progress.look(Some(begun));
        assert_eq!(alive(State(shared)).await.0, StatusCode::OK);
    }
}
