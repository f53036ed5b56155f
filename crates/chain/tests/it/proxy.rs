//! A TCP proxy between the client and a node, which does what networks do, and reads what the client sends.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{AbortHandle, JoinSet},
};

/// What happens to connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everything passes.
    Pass,
    /// New connections are taken and closed at once; open ones stay.
    Refuse,
    /// New connections are answered with these bytes and closed; open ones stay.
    Answer(Vec<u8>),
    /// Nothing passes any more, either way; connections stay open and new ones are taken.
    BlackHole,
    /// New connections pass so many bytes to the client, and then nothing any more.
    HangAfter(usize),
    /// When the client sends a message with this text, the connection is cut.
    CutAt(&'static str, Stage),
}

/// When a connection is cut, seen from a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The node never gets it.
    Before,
    /// The node gets it, the client never gets the answer.
    After,
    /// The client gets the answer.
    Answered,
}

pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Shared,
    accepting: AbortHandle,
}

#[derive(Clone)]
struct Shared {
    mode: watch::Sender<Mode>,
    /// Ends all open connections, with these last bytes to the client.
    cut: watch::Sender<Vec<u8>>,
    accepted: watch::Sender<usize>,
    open: watch::Sender<usize>,
    messages: watch::Sender<Vec<String>>,
}

impl Proxy {
    pub(crate) async fn to(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared {
            mode: watch::Sender::new(Mode::Pass),
            cut: watch::Sender::new(Vec::new()),
            accepted: watch::Sender::new(0),
            open: watch::Sender::new(0),
            messages: watch::Sender::new(Vec::new()),
        };
        let state = shared.clone();
        let accepting = tokio::spawn(async move {
            // Dropped with this task, and with it all connections.
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                state.accepted.send_modify(|accepted| *accepted += 1);
                let state = state.clone();
                connections.spawn(async move {
                    state.open.send_modify(|open| *open += 1);
                    // However a connection ends, it ends.
                    let _ = serve(client, upstream, &state).await;
                    state.open.send_modify(|open| *open -= 1);
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, shared, accepting: accepting.abort_handle() }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.shared.mode.send_replace(mode);
    }

    /// Breaks every open connection.
    pub(crate) fn cut(&self) {
        self.cut_with(Vec::new());
    }

    /// The same after these bytes to the client.
    pub(crate) fn cut_with(&self, last: Vec<u8>) {
        self.shared.cut.send_replace(last);
    }

    /// Connections taken so far.
    pub(crate) fn accepted(&self) -> usize {
        *self.shared.accepted.borrow()
    }

    pub(crate) async fn has_accepted(&self, least: usize) {
        self.shared.accepted.subscribe().wait_for(|accepted| *accepted >= least).await.unwrap();
    }

    pub(crate) async fn has_open(&self, connections: usize) {
        self.shared.open.subscribe().wait_for(|open| *open == connections).await.unwrap();
    }

    /// How often the client sent a message with this text.
    pub(crate) fn sent(&self, text: &str) -> usize {
        count(&self.shared.messages.borrow(), text)
    }

    pub(crate) async fn has_sent(&self, text: &str, least: usize) {
        self.shared.messages.subscribe().wait_for(|messages| count(messages, text) >= least).await.unwrap();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn count(messages: &[String], text: &str) -> usize {
    messages.iter().filter(|message| message.contains(text)).count()
}

async fn serve(mut client: TcpStream, upstream: SocketAddr, shared: &Shared) -> io::Result<()> {
    let mode = shared.mode.borrow().clone();
    let mut cut = shared.cut.subscribe();
    let mut left = usize::MAX;
    match mode {
        Mode::Refuse => return Ok(()),
        Mode::Answer(bytes) => {
            let mut request = [0; 4096];
            let _ = client.read(&mut request).await?;
            client.write_all(&bytes).await?;
            return client.shutdown().await;
        }
        Mode::BlackHole => {
            cut.changed().await.unwrap();
            return Ok(());
        }
        Mode::HangAfter(bytes) => left = bytes,
        Mode::Pass | Mode::CutAt(..) => {}
    }
    let mut node = TcpStream::connect(upstream).await?;
    let (mut from_client, mut from_node) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut frames = Frames::default();
    let mut ending = None;
    loop {
        let hung = *shared.mode.borrow() == Mode::BlackHole;
        tokio::select! {
            changed = cut.changed() => {
                changed.unwrap();
                let last = cut.borrow().clone();
                return client.write_all(&last).await;
            }
            read = client.read(&mut from_client), if !hung => {
                let read = read?;
                if read == 0 {
                    return Ok(());
                }
                for (raw, message) in frames.take(&from_client[..read]) {
                    if let Some(message) = message {
                        let at = match *shared.mode.borrow() {
                            Mode::CutAt(text, stage) if message.contains(text) => Some(stage),
                            _ => None,
                        };
                        shared.messages.send_modify(|messages| messages.push(message));
                        ending = ending.or(at);
                    }
                    if ending == Some(Stage::Before) {
                        return Ok(());
                    }
                    node.write_all(&raw).await?;
                }
            }
            read = node.read(&mut from_node), if !hung && left > 0 => {
                let read = read?;
                if read == 0 || ending == Some(Stage::After) {
                    return Ok(());
                }
                let passed = read.min(left);
                left -= passed;
                client.write_all(&from_node[..passed]).await?;
                if ending == Some(Stage::Answered) {
                    return Ok(());
                }
            }
            () = changed(shared, hung) => {}
        }
    }
}

/// Waits for the connection to hang, or to go on.
async fn changed(shared: &Shared, hung: bool) {
    let other = |mode: &Mode| (*mode == Mode::BlackHole) != hung;
    shared.mode.subscribe().wait_for(other).await.unwrap();
}

/// What a client sends, cut into the request of the handshake and WebSocket frames.
#[derive(Default)]
struct Frames {
    buffer: Vec<u8>,
    open: bool,
}

impl Frames {
    /// All that is whole by now, with the text of messages.
    fn take(&mut self, bytes: &[u8]) -> Vec<(Vec<u8>, Option<String>)> {
        self.buffer.extend_from_slice(bytes);
        let mut whole = Vec::new();
        while let Some((length, mask)) = self.next() {
            let raw: Vec<u8> = self.buffer.drain(..length).collect();
            let message = mask.filter(|_| raw[0] & 0x0f == 1).map(|start| {
                let (key, payload) = raw[start..].split_at(4);
                let plain: Vec<u8> =
                    payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
                String::from_utf8(plain).unwrap()
            });
            whole.push((raw, message));
        }
        whole
    }

    /// Length of what comes next, and where its mask is if it is a frame.
    fn next(&mut self) -> Option<(usize, Option<usize>)> {
        let buffer = &self.buffer;
        if !self.open {
            let end = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
            self.open = true;
            return Some((end, None));
        }
        let short = usize::from(buffer.get(1)? & 0x7f);
        let (length, mask) = match short {
            126 => (usize::from(u16::from_be_bytes(buffer.get(2..4)?.try_into().unwrap())), 4),
            127 => (u64::from_be_bytes(buffer.get(2..10)?.try_into().unwrap()) as usize, 10),
            short => (short, 2),
        };
        let whole = mask + 4 + length;
        (buffer.len() >= whole).then_some((whole, Some(mask)))
    }
}

/// A WebSocket frame that closes a connection for a reason.
pub(crate) fn close_frame(code: u16, said: &str) -> Vec<u8> {
    let length = u8::try_from(2 + said.len()).unwrap();
    [&[0x88, length][..], &code.to_be_bytes(), said.as_bytes()].concat()
}
