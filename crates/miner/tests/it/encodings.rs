//! Requests and answers in JSON, MessagePack and raw bytes.

use async_trait::async_trait;
use subnetkit_miner::{Call, Forward, Refusal};
use subnetkit_protocol::{Encoding, Raw, Synapse};

use crate::{
    support::{Ask, Running, Said, ask, config, start_with},
    wire::{Whole, post},
};

const JSON: &str = "application/json";
const MESSAGE_PACK: &str = "application/msgpack";
const RAW: &str = "application/octet-stream";

struct Reverse;
impl Synapse for Reverse {
    const NAME: &'static str = "reverse";
    type Request = Raw;
    type Response = Raw;
    const ENCODING: Encoding = Encoding::Raw;
}

struct Length;
impl Synapse for Length {
    const NAME: &'static str = "length";
    type Request = Raw;
    type Response = usize;
}

struct Bytewise;

#[async_trait]
impl Forward<Reverse> for Bytewise {
    async fn forward(&self, call: Call<Raw>) -> Result<Raw, Refusal> {
        Ok(call.request.iter().rev().copied().collect::<Vec<_>>().into())
    }
}

#[async_trait]
impl Forward<Length> for Bytewise {
    async fn forward(&self, call: Call<Raw>) -> Result<usize, Refusal> {
        Ok(call.request.len())
    }
}

async fn axon() -> Running {
    start_with(config(), |axon| axon.serve::<Reverse>(Bytewise).serve::<Length>(Bytewise)).await
}

async fn send(axon: &Running, target: &str, body: impl Into<bytes::Bytes>, types: [&str; 2]) -> Whole {
    let [content_type, accept] = types;
    let headers = [("content-type", content_type), ("accept", accept)];
    let headers: Vec<_> = headers.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    post(axon, "Alice", target, body, &headers).await
}

fn message_pack(word: &str) -> bytes::Bytes {
    Encoding::MessagePack.encode(&Ask { say: word.to_owned() }).unwrap()
}

#[tokio::test]
async fn the_answer_comes_as_the_request_went_or_as_accepted() {
    let axon = axon().await;
    for (sent, accept, answered) in [
        ("", "", JSON),
        (JSON, "", JSON),
        (JSON, MESSAGE_PACK, MESSAGE_PACK),
        (MESSAGE_PACK, "", MESSAGE_PACK),
        ("application/x-msgpack", "*/*", MESSAGE_PACK),
        ("application/vnd.msgpack", "application/json;q=0.4, text/html", JSON),
        (MESSAGE_PACK, "application/json;q=0.4, application/msgpack;q=0.5", MESSAGE_PACK),
    ] {
        let body = if sent.ends_with("msgpack") { message_pack("hi") } else { ask("hi").into() };
        let response = send(&axon, "/echo", body, [sent, accept]).await;
        assert_eq!((response.status, response.content_type()), (200, answered), "{sent:?} {accept:?}");
        let encoding = Encoding::from_content_type(answered).unwrap();
        let said: Said = encoding.decode(&response.body).unwrap();
        assert_eq!(said.said, "hi");
    }
}

#[tokio::test]
async fn raw_bytes_go_in_and_out_as_they_are() {
    let axon = axon().await;
    for body in [&b""[..], b"\x00\xff", b"{\"a\": 1}", &[7; 300_000]] {
        let response = send(&axon, "/reverse", body.to_vec(), [RAW, ""]).await;
        assert_eq!((response.status, response.content_type()), (200, RAW));
        assert!(response.body.iter().eq(body.iter().rev()));
    }
    let response = send(&axon, "/reverse", "[1,2]", [JSON, ""]).await;
    assert_eq!((response.content_type(), &*response.body), (JSON, &b"[2,1]"[..]));
    let response = send(&axon, "/reverse", "[1,2]", [JSON, RAW]).await;
    assert_eq!((response.content_type(), &*response.body), (RAW, &[2, 1][..]));
    let response = send(&axon, "/reverse", &b"\xc4\x02\x01\x02"[..], [MESSAGE_PACK, ""]).await;
    assert_eq!((response.content_type(), &*response.body), (MESSAGE_PACK, &b"\xc4\x02\x02\x01"[..]));
}

#[tokio::test]
async fn an_answer_that_is_more_than_bytes_comes_as_json_to_raw_requests() {
    let axon = axon().await;
    let response = send(&axon, "/length", &b"four"[..], [RAW, ""]).await;
    assert_eq!((response.status, response.content_type(), &*response.body), (200, JSON, &b"4"[..]));
    let response = send(&axon, "/length", &b"four"[..], [RAW, MESSAGE_PACK]).await;
    assert_eq!((response.content_type(), &*response.body), (MESSAGE_PACK, &[4][..]));
}

#[tokio::test]
async fn bodies_that_are_not_what_they_say_are_refused_in_json() {
    let axon = axon().await;
    let trailing = [&message_pack("hi")[..], b"\xc0"].concat();
    for (body, content_type, status, kind) in [
        (ask("hi"), MESSAGE_PACK, 400, "malformed_body"),
        (message_pack("hi").to_vec(), JSON, 400, "malformed_body"),
        (trailing, MESSAGE_PACK, 400, "malformed_body"),
        (vec![0x91; 100_000], MESSAGE_PACK, 400, "malformed_body"),
        (b"\xdd\xff\xff\xff\xff".to_vec(), MESSAGE_PACK, 400, "malformed_body"),
        (Vec::new(), MESSAGE_PACK, 400, "malformed_body"),
        // No bytes are an `Ask`: this is a matter of the type.
        (ask("hi"), RAW, 415, "unsupported_media_type"),
        (ask("hi"), "text/plain", 415, "unsupported_media_type"),
    ] {
        let response = send(&axon, "/echo", body, [content_type, MESSAGE_PACK]).await;
        assert_eq!((response.status, &*response.refusal()), (status, kind), "{content_type}");
    }
}
