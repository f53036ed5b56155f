//! The HTTP client under the dendrite: pooled connections, and exactly one transmission per call.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Request, Response, Uri, http};
use hyper_util::client::legacy::{Client, Error as ClientError, connect::capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use super::connector::{ConnectError, Connector, Route};

/// Idle connections are dropped before the usual keep-alive limits of servers, which would close them under a request.
const POOL_IDLE: Duration = Duration::from_secs(4);
/// Idle connections kept per miner.
const POOL_IDLE_PER_HOST: usize = 1;
/// Largest head of an answer, in bytes. A signed answer's is below 1 KiB.
pub(crate) const MAX_HEAD_BYTES: usize = 64 * 1024;
/// hyper gives up on a head once it has outgrown the buffer, which one more read can make twice as long.
const READ_BUFFER_BYTES: usize = MAX_HEAD_BYTES / 2;
/// Most header fields in an answer, and in its trailer.
const MAX_HEADERS: usize = 64;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("subnetkit/", env!("CARGO_PKG_VERSION")));

/// Sends requests. Nothing here repeats, redirects, decompresses or goes through a proxy.
#[derive(Debug)]
pub(crate) struct HttpClient {
    client: Client<Connector, Full<Bytes>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum SendFailure {
    /// This side could not write the request.
    Build(http::Error),
    /// It never reached the miner: to send another one is no repetition.
    NotSent(String),
    /// The server is not the one the miner published.
    WrongKey(String),
    /// It may have reached the miner.
    Broken(String),
    /// What came back is no HTTP.
    Malformed(String),
    /// The head of the answer is larger than [`MAX_HEAD_BYTES`] or has too many fields.
    HeadTooLarge,
}

impl HttpClient {
    pub(crate) fn new(connect_timeout: Duration) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_IDLE_PER_HOST)
            .retry_canceled_requests(false)
            .set_host(false)
            .http1_max_buf_size(READ_BUFFER_BYTES)
            .http1_max_headers(MAX_HEADERS)
            .build(Connector::new(connect_timeout));
        Self { client }
    }

    /// Posts a body to a target, which is signed text: it goes out as it is. Waits for the head of the answer, and notes
    /// when a connection was `ready` to carry the request.
    pub(crate) async fn post(
        &self,
        route: &Route,
        target: &str,
        mut headers: HeaderMap,
        body: Bytes,
        ready: &mut Option<Instant>,
    ) -> Result<Response<Incoming>, SendFailure> {
        let (scheme, authority) = route.origin();
        let uri = Uri::builder().scheme(scheme).authority(authority).path_and_query(target).build();
        // The authority holds the pin, which is nobody else's business.
        let host = HeaderValue::from_str(&route.address.to_string());
        headers.insert(HOST, host.map_err(|error| SendFailure::Build(error.into()))?);
        headers.insert(USER_AGENT, AGENT);
        let request = Request::post(uri.map_err(SendFailure::Build)?).body(Full::new(body));
        let mut request = request.map_err(SendFailure::Build)?;
        *request.headers_mut() = headers;

        let mut connection = capture_connection(&mut request);
        let mut sending = self.client.request(request);
        let sent = loop {
            tokio::select! {
                biased;
                sent = &mut sending => break sent,
                () = async { drop(connection.wait_for_connection_metadata().await) }, if ready.is_none() => {
                    *ready = Some(Instant::now());
                }
            }
        };
        sent.map_err(|error| failure(&error))
    }
}

fn failure(error: &ClientError) -> SendFailure {
    if let Some(ConnectError::WrongKey) = find::<ConnectError>(error) {
        return SendFailure::WrongKey(ConnectError::WrongKey.to_string());
    }
    match find::<hyper::Error>(error) {
        Some(cause) if cause.is_parse_too_large() => SendFailure::HeadTooLarge,
        Some(cause) if cause.is_parse() => SendFailure::Malformed(causes(cause)),
        // hyper calls a request canceled only if it had not begun to write it.
        Some(cause) if cause.is_canceled() => SendFailure::NotSent(causes(cause)),
        _ if error.is_connect() => SendFailure::NotSent(causes(error)),
        _ => SendFailure::Broken(causes(error)),
    }
}

fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    chain(Some(error)).find_map(|error| error.downcast_ref())
}

fn chain<'e>(error: Option<&'e (dyn Error + 'static)>) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(error, |&error| error.source())
}

/// An error and its causes in one line; the HTTP client's own sentence, the outermost, says only that it failed.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let outer = if error.is::<ClientError>() { error.source() } else { Some(error) };
    for error in chain(outer) {
        let sentence = error.to_string();
        if !text.ends_with(&sentence) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&sentence);
        }
    }
    if text.is_empty() { error.to_string() } else { text }
}
