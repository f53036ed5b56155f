//! A streamed answer as a validator receives it, in one piece and in many: where it is cut decides nothing.

#![no_main]

use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};
use serde_json::Value;
use subnetkit_protocol::{ChunkReader, Encoding};

const LIMIT: usize = 256;

#[derive(Arbitrary, Debug)]
struct Stream {
    packed: bool,
    pieces: Vec<Vec<u8>>,
}

/// The chunks up to the first error, and whether the stream ended well.
fn read<'p>(encoding: Encoding, pieces: impl IntoIterator<Item = &'p [u8]>) -> (Vec<Value>, bool) {
    let mut reader = ChunkReader::new(encoding, LIMIT);
    let mut chunks = Vec::new();
    for piece in pieces {
        reader.push(piece);
        loop {
            match reader.read::<Value>() {
                Ok(Some(chunk)) => chunks.push(chunk),
                Ok(None) => break,
                Err(_) => return (chunks, false),
            }
        }
    }
    let ended = reader.finish().is_ok();
    (chunks, ended)
}

fuzz_target!(|stream: Stream| {
    let encoding = if stream.packed { Encoding::MessagePack } else { Encoding::Json };
    let whole = stream.pieces.concat();
    let (chunks, ended) = read(encoding, [whole.as_slice()]);
    assert_eq!(read(encoding, stream.pieces.iter().map(Vec::as_slice)), (chunks.clone(), ended));
    assert_eq!(read(encoding, whole.chunks(1)), (chunks.clone(), ended));

    // What was read can be written and is then read again.
    let mut written = Vec::new();
    for chunk in &chunks {
        let bytes = encoding.encode_chunk(chunk).unwrap();
        if bytes.len() > LIMIT {
            return;
        }
        written.extend_from_slice(&bytes);
    }
    assert_eq!(read(encoding, [written.as_slice()]), (chunks, true));
});
