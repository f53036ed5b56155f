//! What a transaction did, by the names of its events.

use crate::{CodecError, Head, Refusal, RefusedBy, Runtime, Value, surface};
use subxt::events::Phase;

/// A transaction that succeeded.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Included {
    /// The block it is in.
    pub block: Head,
    /// Its position in that block.
    pub extrinsic_index: u32,
    /// Its hash.
    pub hash: [u8; 32],
    /// Its events, in order.
    pub events: Vec<Event>,
}

impl Included {
    /// The first event of this name.
    pub fn event(&self, pallet: &str, name: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.is(pallet, name))
    }
}

/// An event by name.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The pallet that emitted it.
    pub pallet: String,
    /// Its name.
    pub name: String,
    /// Its fields: a `Struct` if they have names, else a `List`.
    pub fields: Value,
}

impl Event {
    /// Whether it is this one.
    pub fn is(&self, pallet: &str, name: &str) -> bool {
        self.pallet == pallet && self.name == name
    }
}

impl Runtime {
    /// The events of one extrinsic, from the bytes of `System.Events`.
    ///
    /// # Errors
    /// [`CodecError::Decode`] if the bytes do not fit the metadata.
    pub fn events(&self, bytes: &[u8], extrinsic_index: u32) -> Result<Vec<Event>, CodecError> {
        let undecodable = |reason: String| CodecError::Decode { item: surface::SYSTEM_EVENTS.name(), reason };
        let mut found = Vec::new();
        for event in self.client().events().from_bytes(bytes.to_vec()).iter() {
            let event = event.map_err(|error| undecodable(error.to_string()))?;
            if event.phase() != Phase::ApplyExtrinsic(extrinsic_index) {
                continue;
            }
            let fields = event
                .decode_fields_unchecked_as::<Value>()
                .map_err(|error| undecodable(error.to_string()))?;
            found.push(Event {
                pallet: event.pallet_name().to_owned(),
                name: event.event_name().to_owned(),
                fields,
            });
        }
        Ok(found)
    }

    /// The refusal that events tell of: of the extrinsic itself, or of a call inside it.
    ///
    /// # Errors
    /// [`CodecError::Field`] if there is neither success nor failure among the events.
    pub fn refusal(&self, events: &[Event], block: u64) -> Result<Option<Refusal>, CodecError> {
        let by = |event: &Event| RefusedBy::Block {
            number: block,
            event: format!("{}.{}", event.pallet, event.name),
        };
        let mut finished = false;
        for event in events {
            if surface::EXTRINSIC_FAILED.is(event) {
                let error = surface::EXTRINSIC_FAILED.read(event);
                return Ok(Some(self.named(error.as_ref(), by(event))));
            }
            finished |= surface::EXTRINSIC_SUCCESS.is(event);
            let Some(inner) = surface::INNER_RESULTS.iter().find(|inner| inner.is(event)) else { continue };
            let result = inner.read(event);
            match result.as_ref().and_then(Value::variant) {
                Some("Ok") => {}
                Some("Err") => {
                    let error = result.as_ref().and_then(|result| result.item(0));
                    return Ok(Some(self.named(error, by(event))));
                }
                _ => return Ok(Some(self.named(result.as_ref(), by(event)))),
            }
        }
        if finished {
            return Ok(None);
        }
        Err(CodecError::Field {
            item: surface::SYSTEM_EVENTS.name(),
            field: "success or failure of the transaction".to_owned(),
        })
    }

    /// A dispatch error by name: of the pallet's error it points to, else its own.
    fn named(&self, error: Option<&Value>, by: RefusedBy) -> Refusal {
        let Some(error) = error else { return Refusal::new("UnknownError", None, by) };
        let own = error.variant().unwrap_or("UnknownError");
        if own != "Module" {
            let detail = error.item(0).and_then(Value::variant);
            return match detail {
                Some(detail) => Refusal::new(detail, None, by).with_detail(own),
                None => Refusal::new(own, None, by),
            };
        }
        let module = error.item(0);
        let pallet_index =
            module.and_then(|m| m.field("index").or_else(|| m.item(0))).and_then(Value::number_as);
        let error_index = module
            .and_then(|m| m.field("error").or_else(|| m.item(1)))
            .and_then(Value::bytes)
            .and_then(|bytes| bytes.first().copied());
        let (Some(pallet_index), Some(error_index)) = (pallet_index, error_index) else {
            return Refusal::new("UnknownError", None, by);
        };
        let unknown = format!("error {error_index} of pallet {pallet_index}");
        match self.metadata().pallet_by_error_index(pallet_index) {
            Some(pallet) => match pallet.error_variant_by_index(error_index) {
                Some(variant) => Refusal::new(&variant.name, Some(pallet.name()), by),
                None => Refusal::new("UnknownError", Some(pallet.name()), by).with_detail(unknown),
            },
            None => Refusal::new("UnknownError", None, by).with_detail(unknown),
        }
    }
}
