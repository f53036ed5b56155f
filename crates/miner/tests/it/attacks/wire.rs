//! Requests as bytes, from any address of the loopback network.

use std::{io, net::SocketAddr};

use subnetkit_protocol::{
    Hotkey, Keypair,
    btauth::{self, NonceClock, Unsigned},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::support::{Running, ask, key};

/// A connection from `127.0.0.{last}`.
pub(super) async fn connect(axon: SocketAddr, last: u8) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, last], 0).into())?;
    socket.connect(axon).await
}

/// A `POST /echo` with these headers and this body.
pub(super) fn request(headers: &[(&str, String)], body: &[u8]) -> Vec<u8> {
    let mut request = format!("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    [request.as_bytes(), b"\r\n", body].concat()
}

/// A request signed for an axon, with a nonce of its own.
pub(super) fn signed(signer: &Keypair, receiver: &Hotkey) -> Vec<u8> {
    let body = ask("hi");
    let nonce = NonceClock::new().next();
    let unsigned = Unsigned { method: "POST", target: "/echo", body: &body, receiver: Some(receiver), nonce };
    request(&btauth::sign(signer, &unsigned).unwrap(), &body)
}

/// A request that says it is of this hotkey, fresh and to the right receiver, with a signature that is none.
pub(super) fn forged(claimed: &Keypair, receiver: &Hotkey) -> Vec<u8> {
    let mut request = signed(claimed, receiver);
    let at = request.windows(2).position(|window| window == b"0x").unwrap() + 2;
    // In the scalar, so that the forgery is found no sooner than by curve arithmetic.
    let digit = &mut request[at + 70];
    *digit = if *digit == b'0' { b'1' } else { b'0' };
    request
}

/// Sends a request and reads the whole response; its status and body.
pub(super) async fn exchange(stream: &mut TcpStream, request: &[u8]) -> io::Result<(u16, String)> {
    stream.write_all(request).await?;
    response(stream).await
}

pub(super) async fn response(stream: &mut TcpStream) -> io::Result<(u16, String)> {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = seen.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&seen[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if seen.len() >= end + 4 + length {
                let status = head.split(' ').nth(1).unwrap().parse().unwrap();
                return Ok((status, String::from_utf8_lossy(&seen[end + 4..]).into_owned()));
            }
        }
        match stream.read(&mut buffer).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => seen.extend_from_slice(&buffer[..read]),
        }
    }
}

/// Reads until the other side closes, and tells what it said.
pub(super) async fn rest(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    // A reset is an end too.
    let _end = stream.read_to_end(&mut seen).await;
    String::from_utf8_lossy(&seen).into_owned()
}

/// The honest validator asks several times, each on a new connection from `127.0.0.{last}`, and is served each time.
pub(super) async fn alice_is_served(axon: &Running, last: u8, times: usize) {
    for time in 0..times {
        let mut stream = connect(axon.address, last).await.unwrap();
        let request = signed(&key("Alice"), &axon.own);
        let (status, body) = exchange(&mut stream, &request).await.unwrap();
        assert_eq!(status, 200, "time {time}: {body}");
    }
}
