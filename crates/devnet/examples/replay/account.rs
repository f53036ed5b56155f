//! Accounts, which scenarios number.

use serde_json::Value;
use subnetkit_runtime::AccountId;

/// The account of a number, or of 32 bytes in hex.
pub(crate) fn read(value: &Value) -> Result<AccountId, String> {
    if let Some(number) = value.as_u64() {
        return Ok(numbered(number));
    }
    let bytes = value.as_str().and_then(|text| hex::decode(text.trim_start_matches("0x")).ok());
    let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map(AccountId::new).ok_or_else(|| format!("{value} is not an account"))
}

/// The account of a number: its first eight bytes, little-endian.
pub(crate) fn numbered(number: u64) -> AccountId {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    AccountId::new(bytes)
}

/// As a snapshot names it.
pub(crate) fn shown(account: &AccountId) -> Value {
    let bytes: &[u8; 32] = account.as_ref();
    match bytes.split_first_chunk::<8>() {
        Some((number, rest)) if rest.iter().all(|&byte| byte == 0) => u64::from_le_bytes(*number).into(),
        _ => format!("0x{}", hex::encode(bytes)).into(),
    }
}
