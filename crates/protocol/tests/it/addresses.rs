//! SS58 addresses, against recorded ones.

use serde::Deserialize;
use subnetkit_protocol::{AccountId, Ss58Error, ss58};

#[derive(Deserialize)]
struct File {
    encode: Vec<Encoded>,
    decode: Vec<Decoded>,
    invalid: Vec<Invalid>,
}

#[derive(Deserialize)]
struct Encoded {
    public_key_hex: String,
    prefix: u16,
    ss58: String,
}

#[derive(Deserialize)]
struct Decoded {
    ss58: String,
    prefix: u16,
    core_decode: Answer,
    is_bittensor_address: bool,
}

#[derive(Deserialize)]
struct Answer {
    public_key_hex: Option<String>,
}

#[derive(Deserialize)]
struct Invalid {
    note: String,
    ss58: String,
}

fn file() -> File {
    serde_json::from_slice(&crate::vectors("ss58.json")).unwrap()
}

#[test]
fn addresses_of_all_networks_encode_and_decode() {
    let file = file();
    assert_eq!(file.encode.len(), 66);
    for case in &file.encode {
        let key: [u8; 32] = hex::decode(&case.public_key_hex).unwrap().try_into().unwrap();
        assert_eq!(ss58::encode(&key, case.prefix), case.ss58);
        assert_eq!(ss58::decode(&case.ss58), Ok((case.prefix, key)), "{}", case.ss58);
    }
}

#[test]
fn accounts_parse_from_bittensor_addresses_only() {
    for case in &file().decode {
        let parsed = case.ss58.parse::<AccountId>();
        if case.is_bittensor_address {
            let account = parsed.unwrap();
            assert_eq!(account.to_string(), case.ss58);
            assert_eq!(Some(hex::encode(account.as_bytes())), case.core_decode.public_key_hex);
        } else {
            assert_eq!(parsed, Err(Ss58Error::WrongNetwork { found: case.prefix }));
        }
    }
}

#[test]
fn damaged_addresses_are_refused() {
    let file = file();
    assert_eq!(file.invalid.len(), 17);
    for case in &file.invalid {
        assert!(case.ss58.parse::<AccountId>().is_err(), "{}: {:?}", case.note, case.ss58);
    }
}

#[test]
fn a_small_prefix_in_the_two_byte_form_is_refused() {
    // 42 as 14 bits: the low six bits of the first byte are 42 >> 2, the top two of the second 42 & 3.
    let mut bytes = vec![0x40 | (42 >> 2), (42 & 3) << 6];
    bytes.extend_from_slice(&[7; 32]);
    let mut preimage = b"SS58PRE".to_vec();
    preimage.extend_from_slice(&bytes);
    let checksum = <blake2::Blake2b512 as blake2::Digest>::digest(&preimage);
    bytes.extend_from_slice(&checksum[..2]);
    assert_eq!(ss58::decode(&bs58::encode(bytes).into_string()), Err(Ss58Error::Prefix));
}

#[test]
fn accounts_serialise_as_addresses() {
    let text = "\"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\"";
    let alice: AccountId = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&alice).unwrap(), text);
    let polkadot = format!("\"{}\"", ss58::encode(alice.as_bytes(), 0));
    assert!(serde_json::from_str::<AccountId>(&polkadot).is_err());
}

#[test]
fn accounts_are_in_the_order_of_their_bytes() {
    let changed = |byte: usize, to: u8| {
        let mut bytes = [7; 32];
        bytes[byte] = to;
        bytes
    };
    let mut bytes: Vec<[u8; 32]> =
        (0..32).flat_map(|byte| [0, 6, 7, 8, 255].map(|to| changed(byte, to))).collect();
    let mut accounts: Vec<AccountId> = bytes.iter().copied().map(AccountId::from_bytes).collect();
    bytes.sort_unstable();
    accounts.sort_unstable();
    assert_eq!(accounts, bytes.into_iter().map(AccountId::from_bytes).collect::<Vec<_>>());
}
