//! Headers and blocks in the generic Substrate format. Extrinsics are opaque bytes.

use codec::{Compact, Decode, Encode, Error, Input};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use sp_core::{Bytes, H256};

/// The engine id under which the slot of a block is written.
const AURA: [u8; 4] = *b"aura";

/// One entry of a header's digest, still encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DigestItem(Vec<u8>);

impl DigestItem {
    /// Says in which slot the block is made.
    pub(crate) fn slot(slot: u64) -> Self {
        let mut bytes = vec![6];
        bytes.extend_from_slice(&AURA);
        slot.encode().encode_to(&mut bytes);
        Self(bytes)
    }
}

impl Encode for DigestItem {
    fn encode_to<T: codec::Output + ?Sized>(&self, dest: &mut T) {
        dest.write(&self.0);
    }
}

impl Decode for DigestItem {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let kind = input.read_byte()?;
        let mut bytes = vec![kind];
        match kind {
            0 => Vec::<u8>::decode(input)?.encode_to(&mut bytes),
            4..=6 => {
                <[u8; 4]>::decode(input)?.encode_to(&mut bytes);
                Vec::<u8>::decode(input)?.encode_to(&mut bytes);
            }
            8 => {}
            _ => return Err("unknown kind of digest item".into()),
        }
        Ok(Self(bytes))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Header {
    pub(crate) parent_hash: H256,
    #[codec(compact)]
    pub(crate) number: u32,
    pub(crate) state_root: H256,
    pub(crate) extrinsics_root: H256,
    pub(crate) digest: Vec<DigestItem>,
}

impl Header {
    pub(crate) fn hash(&self) -> H256 {
        sp_core::blake2_256(&self.encode()).into()
    }
}

impl Serialize for Header {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Digest {
            logs: Vec<Bytes>,
        }
        let mut header = serializer.serialize_struct("Header", 5)?;
        header.serialize_field("parentHash", &self.parent_hash)?;
        header.serialize_field("number", &format!("{:#x}", self.number))?;
        header.serialize_field("stateRoot", &self.state_root)?;
        header.serialize_field("extrinsicsRoot", &self.extrinsics_root)?;
        let logs = self.digest.iter().map(|item| Bytes(item.0.clone())).collect();
        header.serialize_field("digest", &Digest { logs })?;
        header.end()
    }
}

/// A block of the chain with its hash.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) hash: H256,
    pub(crate) header: Header,
    /// Each with its length prefix.
    pub(crate) extrinsics: Vec<Vec<u8>>,
}

impl Block {
    pub(crate) fn new(header: Header, extrinsics: Vec<Vec<u8>>) -> Self {
        Self { hash: header.hash(), header, extrinsics }
    }

    pub(crate) const fn number(&self) -> u32 {
        self.header.number
    }
}

/// Puts the length prefix before the body of an extrinsic.
pub(crate) fn with_length(body: &[u8]) -> Vec<u8> {
    let mut bytes = Compact(u32::try_from(body.len()).unwrap_or(u32::MAX)).encode();
    bytes.extend_from_slice(body);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_survives_its_encoding() {
        let header = Header {
            parent_hash: H256::repeat_byte(1),
            number: 70_000,
            state_root: H256::repeat_byte(2),
            extrinsics_root: H256::repeat_byte(3),
            digest: vec![
                DigestItem::slot(9),
                DigestItem(vec![8]),
                DigestItem(vec![0, 4, 7]),
                DigestItem([vec![5], AURA.to_vec(), vec![4, 1]].concat()),
            ],
        };
        let bytes = header.encode();
        assert_eq!(Header::decode(&mut &bytes[..]), Ok(header.clone()));
        let json = serde_json::to_value(&header).unwrap();
        assert_eq!(json["number"], "0x11170");
        assert_eq!(json["digest"]["logs"][0], "0x066175726120".to_owned() + "0900000000000000");
        assert!(Header::decode(&mut &[bytes, vec![]].concat()[..40]).is_err());
    }
}
