//! The framing of streamed answers.

use subnetkit_protocol::{ChunkError, ChunkReader, Encoding, Raw};

fn body(encoding: Encoding, texts: &[&str]) -> Vec<u8> {
    texts.iter().flat_map(|text| encoding.encode_chunk(text).unwrap()).collect()
}

#[test]
fn chunks_are_framed_as_documented() {
    assert_eq!(body(Encoding::Json, &["a\nb", ""]), b"\"a\\nb\"\n\"\"\n");
    assert_eq!(body(Encoding::MessagePack, &["hi", ""]), b"\0\0\0\x03\xa2hi\0\0\0\x01\xa0");
    assert_eq!(Encoding::Raw.encode_chunk(&Raw::from(vec![10, 0])).unwrap(), [10, 0].as_slice());
}

#[test]
fn chunks_are_found_however_the_body_is_cut() {
    let texts = ["", "one", "two\nlines", "ü"];
    for encoding in [Encoding::Json, Encoding::MessagePack] {
        let body = body(encoding, &texts);
        for size in 1..=body.len() {
            let mut chunks = ChunkReader::new(encoding, 12);
            let mut read = Vec::new();
            for piece in body.chunks(size) {
                chunks.push(piece);
                while let Some(text) = chunks.read::<String>().unwrap() {
                    read.push(text);
                }
            }
            assert_eq!(read, texts, "{encoding} in pieces of {size}");
            chunks.finish().unwrap();
        }
    }
}

#[test]
fn raw_chunks_run_together_and_none_is_above_the_bound() {
    let mut chunks = ChunkReader::new(Encoding::Raw, 3);
    assert!(chunks.read::<Raw>().unwrap().is_none());
    chunks.push(b"ab");
    chunks.push(b"cd");
    assert_eq!(&*chunks.read::<Raw>().unwrap().unwrap(), b"abc");
    assert_eq!(&*chunks.read::<Raw>().unwrap().unwrap(), b"d");
    assert!(chunks.read::<Raw>().unwrap().is_none());
    chunks.finish().unwrap();
}

#[test]
fn a_chunk_above_the_bound_is_refused_before_it_is_there() {
    for start in [(Encoding::Json, &b"\"abcd"[..]), (Encoding::MessagePack, b"\0\0\0\x05")] {
        let (encoding, start) = start;
        let mut chunks = ChunkReader::new(encoding, 4);
        chunks.push(start);
        let error = chunks.read::<String>().unwrap_err();
        assert!(matches!(error, ChunkError::TooLarge { limit: 4 }), "{error}");
    }
    let mut exact = ChunkReader::new(Encoding::Json, 4);
    exact.push(b"\"ab\"\n");
    assert_eq!(exact.read::<String>().unwrap().as_deref(), Some("ab"));
}

#[test]
fn half_a_chunk_is_no_end_and_no_value() {
    for (encoding, half) in [
        (Encoding::Json, &b"\"a\""[..]),
        (Encoding::MessagePack, b"\0\0"),
        (Encoding::MessagePack, b"\0\0\0\x02\xa1"),
    ] {
        let mut chunks = ChunkReader::new(encoding, 100);
        chunks.push(half);
        assert!(chunks.read::<String>().unwrap().is_none(), "{encoding}");
        assert!(matches!(chunks.finish(), Err(ChunkError::Unfinished)), "{encoding}");
    }
    for (encoding, wrong) in [
        (Encoding::Json, &b"\n"[..]),
        (Encoding::Json, b"1\n"),
        (Encoding::MessagePack, b"\0\0\0\0"),
        (Encoding::MessagePack, b"\0\0\0\x03\xa1ab"),
    ] {
        let mut chunks = ChunkReader::new(encoding, 100);
        chunks.push(wrong);
        assert!(matches!(chunks.read::<String>(), Err(ChunkError::Malformed(_))), "{wrong:?}");
    }
}

#[test]
fn content_types_of_streams_name_encodings() {
    for encoding in [Encoding::Json, Encoding::MessagePack, Encoding::Raw] {
        assert_eq!(Encoding::from_stream_content_type(encoding.stream_content_type()), Some(encoding));
    }
    assert_eq!(
        Encoding::from_stream_content_type("Application/X-NDJSON; charset=utf-8"),
        Some(Encoding::Json)
    );
    assert_eq!(Encoding::from_stream_content_type("application/json"), None);
}
