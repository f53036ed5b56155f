//! Requests signed before the clock starts.

use std::{io::Write as _, time::Duration};

use anyhow::Context;
use bytes::Bytes;
use subnetkit_protocol::{
    Hotkey, Keypair, Scheme, Synapse,
    btauth::{self, BodyDigest, NonceClock, Payload},
};

use crate::work::Length;

/// As many validators as a subnet has by default.
pub(crate) const VALIDATORS: usize = 64;

/// The hotkey all servers answer to.
pub(crate) fn miner() -> anyhow::Result<Keypair> {
    named("Miner")
}

/// One of the registered validators.
pub(crate) fn validator(index: usize) -> anyhow::Result<Keypair> {
    named(&format!("Validator{}", index % VALIDATORS))
}

fn named(name: &str) -> anyhow::Result<Keypair> {
    Keypair::from_uri(&format!("//{name}"), Scheme::Sr25519).context("a development key can't be made")
}

/// Requests with one body, each with a nonce and a signature of its own, by several senders in turn.
#[derive(Debug)]
pub(crate) struct Requests {
    pub(crate) body: Bytes,
    receiver: String,
    senders: Vec<String>,
    signed: Vec<Signed>,
    extra: &'static str,
}

#[derive(Debug)]
struct Signed {
    nonce: u64,
    signature: [u8; 64],
}

/// Asks for a signed answer.
const SIGN_RESPONSE: &str = "x-subnetkit-sign-response: 1\r\n";

impl Requests {
    /// Signs `number` requests to the miner.
    pub(crate) fn sign(
        senders: &[Keypair],
        receiver: &Hotkey,
        body: Vec<u8>,
        number: usize,
        ask_signed_response: bool,
    ) -> anyhow::Result<Self> {
        let nonces = NonceClock::new();
        let digest = BodyDigest::of(&body);
        let target = Length::path();
        let mut signed = Vec::with_capacity(number);
        for sender in senders.iter().cycle().take(number) {
            let nonce = nonces.next();
            let payload = Payload {
                scheme: sender.scheme(),
                method: "POST",
                target: &target,
                body: digest,
                nonce: u128::from(nonce),
                sender: sender.account(),
                receiver: Some(*receiver),
            };
            let payload = payload.to_bytes().context("the target can't be signed")?;
            signed.push(Signed { nonce, signature: sender.sign(&payload) });
        }
        Ok(Self {
            body: body.into(),
            receiver: receiver.to_ss58(),
            senders: senders.iter().map(|sender| sender.account().to_ss58()).collect(),
            signed,
            extra: if ask_signed_response { SIGN_RESPONSE } else { "" },
        })
    }

    /// Makes every signature one of another nonce: right in form, and only arithmetic on the curve tells.
    pub(crate) fn forge(mut self) -> Self {
        for signed in &mut self.signed {
            signed.nonce += u64::try_from(FORGED_BY.as_nanos()).unwrap_or_default();
        }
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.signed.len()
    }

    /// Writes the head of request `index` behind what is in `buffer`; there is none beyond [`len`](Self::len).
    pub(crate) fn write_head(&self, index: usize, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
        let signed = self.signed.get(index).context("there are no more signed requests")?;
        let sender = &self.senders[index % self.senders.len()];
        let (receiver, extra, length) = (&self.receiver, self.extra, self.body.len());
        write!(
            buffer,
            "POST /{name} HTTP/1.1\r\nhost: axon\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
             {version}: 1\r\n{hotkey}: {sender}\r\n{receiver_name}: {receiver}\r\n{nonce_name}: {nonce}\r\n{extra}\
             {signature}: 0x",
            name = Length::NAME,
            version = btauth::VERSION,
            hotkey = btauth::HOTKEY,
            receiver_name = btauth::RECEIVER,
            nonce_name = btauth::NONCE,
            nonce = signed.nonce,
            signature = btauth::SIGNATURE,
        )?;
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for byte in signed.signature {
            buffer.push(DIGITS[usize::from(byte >> 4)]);
            buffer.push(DIGITS[usize::from(byte & 15)]);
        }
        buffer.extend_from_slice(b"\r\n\r\n");
        Ok(())
    }
}

/// A difference that leaves a forged nonce fresh.
const FORGED_BY: Duration = Duration::from_micros(1);
