//! Values to bytes and back, and strangers' bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use subnetkit_protocol::{EncodeError, Encoding, Raw};

const ALL: [Encoding; 3] = [Encoding::Json, Encoding::MessagePack, Encoding::Raw];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Problem {
    name: String,
    numbers: Vec<f64>,
    #[serde(default)]
    note: Option<String>,
    data: Raw,
}

fn problem() -> Problem {
    Problem { name: "ü".into(), numbers: vec![1.5, -2.0], note: None, data: Raw::from(vec![0, 255, 10]) }
}

#[test]
fn values_survive_json_and_message_pack() {
    for encoding in [Encoding::Json, Encoding::MessagePack] {
        let bytes = encoding.encode(&problem()).unwrap();
        assert_eq!(encoding.decode::<Problem>(&bytes).unwrap(), problem(), "{encoding}");
    }
}

#[test]
fn message_pack_has_field_names_and_binaries() {
    // As any other implementation writes it: fixmap of 3, text keys, float64s, bin8; `note` is left out.
    let mut foreign = b"\x83\xa4name\xa1x\xa7numbers\x91\xcb".to_vec();
    foreign.extend_from_slice(&1.5f64.to_be_bytes());
    foreign.extend_from_slice(b"\xa4data\xc4\x02\x00\xff");
    let read: Problem = Encoding::MessagePack.decode(&foreign).unwrap();
    let expected =
        Problem { name: "x".into(), numbers: vec![1.5], note: None, data: Raw::from(vec![0, 255]) };
    assert_eq!(read, expected);
    let written = Encoding::MessagePack.encode(&expected).unwrap();
    assert!(written.starts_with(b"\x84\xa4name\xa1x"), "{written:?}");
}

#[test]
fn raw_bytes_are_the_body_itself_in_every_length() {
    for bytes in [vec![], vec![0], b"{\"not\": \"json".to_vec(), vec![0xC1; 100_000]] {
        let raw = Raw::from(bytes.clone());
        assert_eq!(Encoding::Raw.encode(&raw).unwrap(), bytes);
        assert_eq!(Encoding::Raw.decode::<Raw>(&bytes).unwrap(), raw);
        for encoding in ALL {
            let written = encoding.encode(&raw).unwrap();
            assert_eq!(encoding.decode::<Raw>(&written).unwrap(), raw, "{encoding}");
        }
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Image(Raw);
    let image = Image(Raw::from(vec![1, 2]));
    let written = Encoding::Raw.encode(&image).unwrap();
    assert_eq!(written, [1, 2].as_slice());
    assert_eq!(Encoding::Raw.decode::<Image>(&written).unwrap(), image);
}

#[test]
fn what_is_more_than_bytes_is_neither_written_nor_read_raw() {
    fn refused<T: Serialize + serde::de::DeserializeOwned>(value: &T) -> String {
        let reading = Encoding::Raw.decode::<T>(b"0").err().expect("it was read").to_string();
        assert!(reading.contains("`Raw`"), "{reading}");
        let writing = Encoding::Raw.encode(value).unwrap_err();
        assert!(matches!(writing, EncodeError::Raw(_)));
        writing.to_string()
    }
    assert!(refused(&problem()).contains("not a struct"));
    assert!(refused(&"text".to_owned()).contains("not text"));
    assert!(refused(&vec![1u8]).contains("not a list"));
    assert!(refused(&Some(Raw::default())).contains("not an option"));
    assert!(refused(&7u64).contains("not a number"));
    assert!(refused(&BTreeMap::from([(1, 2)])).contains("not a map"));
    assert!(refused(&()).contains("not a unit"));
    assert!(refused(&(1, 2)).contains("not a tuple"));
}

#[test]
fn a_value_takes_up_all_the_bytes() {
    assert!(Encoding::Json.decode::<u8>(b"1 2").is_err());
    assert_eq!(Encoding::MessagePack.decode::<u8>(b"\x01").unwrap(), 1);
    let error = Encoding::MessagePack.decode::<u8>(b"\x01\x02\x03").unwrap_err();
    assert_eq!(error.to_string(), "2 bytes follow the MessagePack value");
    let error = Encoding::MessagePack.decode::<Option<u8>>(b"\xc0\xc0").unwrap_err();
    assert_eq!(error.to_string(), "1 bytes follow the MessagePack value");
    assert!(Encoding::MessagePack.decode::<u8>(b"").is_err());
}

#[test]
fn hostile_bytes_cost_neither_stack_nor_memory() {
    #[derive(Debug, Deserialize)]
    struct Nested(#[allow(dead_code, reason = "only its depth matters")] Vec<Self>);
    let deep = vec![0x91; 1_000_000];
    assert!(Encoding::MessagePack.decode::<Nested>(&deep).is_err());
    assert!(Encoding::Json.decode::<Nested>(&vec![b'['; 1_000_000]).is_err());
    // Four billion elements, bytes and characters announced, none sent.
    for announced in [&b"\xdd\xff\xff\xff\xff"[..], b"\xdf\xff\xff\xff\xff"] {
        assert!(Encoding::MessagePack.decode::<Vec<u64>>(announced).is_err());
        assert!(Encoding::MessagePack.decode::<Raw>(announced).is_err());
    }
    assert!(Encoding::MessagePack.decode::<Raw>(b"\xc6\xff\xff\xff\xff").is_err());
    assert!(Encoding::MessagePack.decode::<String>(b"\xdb\xff\xff\xff\xff").is_err());
}

#[test]
fn content_types_name_encodings() {
    for encoding in ALL {
        assert_eq!(Encoding::from_content_type(encoding.content_type()), Some(encoding));
    }
    for (value, encoding) in [
        ("application/json; charset=utf-8", Some(Encoding::Json)),
        (" Application/Problem+JSON ", Some(Encoding::Json)),
        ("application/x-msgpack", Some(Encoding::MessagePack)),
        ("application/vnd.msgpack;v=5", Some(Encoding::MessagePack)),
        ("application/octet-stream", Some(Encoding::Raw)),
        ("text/json", None),
        ("text/plain", None),
        ("", None),
        ("*/*", None),
    ] {
        assert_eq!(Encoding::from_content_type(value), encoding, "{value:?}");
    }
}
