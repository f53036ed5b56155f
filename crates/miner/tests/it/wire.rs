//! A caller that sees all there is on the wire: frames as they come, trailers, and connections that break off.

use std::collections::BTreeMap;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request, StatusCode,
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
    header::HeaderValue,
};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use subnetkit_protocol::{
    Keypair,
    btauth::{
        self, BodyDigest,
        response::{ResponseError, verify_response},
    },
};
use tokio::{net::TcpStream, task::JoinHandle};

use crate::support::{Running, key};

/// One connection. Dropping it hangs up.
pub(crate) struct Caller {
    sender: SendRequest<Full<Bytes>>,
    connection: JoinHandle<hyper::Result<()>>,
    hotkey: Keypair,
}

/// A response as it arrives.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) request_signature: [u8; 64],
    pub(crate) body: Incoming,
    caller: Keypair,
}

/// A response that has arrived.
pub(crate) struct Whole {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
    /// The body ended as HTTP says it ends.
    pub(crate) complete: bool,
    pub(crate) request_signature: [u8; 64],
    pub(crate) caller: Keypair,
}

impl Caller {
    pub(crate) async fn connect(axon: &Running, name: &str) -> Self {
        let stream = TcpStream::connect(axon.address).await.unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        Self { sender, connection: tokio::spawn(connection), hotkey: key(name) }
    }

    /// Posts a signed request with these headers beside.
    pub(crate) async fn post(
        &mut self,
        axon: &Running,
        target: &str,
        body: impl Into<Bytes>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let body = body.into();
        let signed = axon.headers(&self.hotkey, target, &body);
        let digits = signed.iter().find(|(name, _)| *name == btauth::SIGNATURE).unwrap().1.clone();
        let request = Request::post(target).header("host", "miner");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = signed.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let response = self.sender.send_request(request.body(Full::new(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        Reply {
            status: parts.status,
            headers: parts.headers,
            request_signature: hex(&digits),
            body,
            caller: self.hotkey.clone(),
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// Posts on a connection of its own and reads to the end.
pub(crate) async fn post(
    axon: &Running,
    name: &str,
    target: &str,
    body: impl Into<Bytes>,
    headers: &[(&str, &str)],
) -> Whole {
    let mut caller = Caller::connect(axon, name).await;
    caller.post(axon, target, body, headers).await.whole().await
}

impl Reply {
    /// The next piece of the body.
    pub(crate) async fn piece(&mut self) -> Option<Result<Bytes, hyper::Error>> {
        let frame = self.body.frame().await?;
        Some(frame.map(|frame| frame.into_data().unwrap_or_default()))
    }

    pub(crate) async fn whole(mut self) -> Whole {
        let mut whole = Whole {
            status: self.status.as_u16(),
            headers: self.headers,
            body: Vec::new(),
            trailers: None,
            complete: true,
            request_signature: self.request_signature,
            caller: self.caller,
        };
        while let Some(frame) = self.body.frame().await {
            match frame.map(hyper::body::Frame::into_data) {
                Ok(Ok(data)) => whole.body.extend_from_slice(&data),
                Ok(Err(frame)) => whole.trailers = frame.into_trailers().ok(),
                Err(_) => {
                    whole.complete = false;
                    break;
                }
            }
        }
        whole
    }
}

impl Whole {
    #[track_caller]
    pub(crate) fn json<T: for<'de> Deserialize<'de>>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The kind of a refusal.
    #[track_caller]
    pub(crate) fn refusal(&self) -> String {
        let mut fields: BTreeMap<String, String> = self.json();
        assert_eq!(self.headers["content-type"], "application/json");
        assert!(fields["message"].len() > 10, "{fields:?}");
        fields.remove("error").unwrap()
    }

    pub(crate) fn content_type(&self) -> &str {
        self.headers["content-type"].to_str().unwrap()
    }

    /// Whether the miner's signature is on the headers of this response.
    pub(crate) fn signed_by(&self, axon: &Running) -> Result<(), ResponseError> {
        self.judge(axon, &self.headers)
    }

    /// Whether it is in the trailers.
    pub(crate) fn trailed_by(&self, axon: &Running) -> Result<(), ResponseError> {
        self.judge(axon, &self.trailers.clone().unwrap_or_default())
    }

    fn judge(&self, axon: &Running, headers: &HeaderMap<HeaderValue>) -> Result<(), ResponseError> {
        verify_response(
            headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())),
            &axon.own,
            &self.caller.account(),
            self.status,
            BodyDigest::of(&self.body),
            &self.request_signature,
            None,
        )
    }
}

fn hex(signature: &str) -> [u8; 64] {
    let digits = signature.strip_prefix("0x").unwrap();
    std::array::from_fn(|index| u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).unwrap())
}
