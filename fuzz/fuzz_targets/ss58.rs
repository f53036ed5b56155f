//! An address: text that is read, and bytes that are written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use subnetkit_protocol::{AccountId, ss58};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let decoded = ss58::decode(text);
        if let Ok((prefix, key)) = decoded {
            assert_eq!(ss58::encode(&key, prefix), text, "one address has one spelling");
        }
        let account = text.parse::<AccountId>();
        let bittensor = decoded.ok().filter(|(prefix, _)| *prefix == ss58::BITTENSOR_PREFIX);
        assert_eq!(account.ok().map(|account| *account.as_bytes()), bittensor.map(|(_, key)| key));
    }
    if let Some((key, [low, high, ..])) = data.split_first_chunk::<32>() {
        let prefix = u16::from_le_bytes([*low, *high]) & ss58::MAX_PREFIX;
        assert_eq!(ss58::decode(&ss58::encode(key, prefix)), Ok((prefix, *key)));
    }
});
