//! Every use tried against a runtime's metadata: arguments are encoded, and bytes of the runtime's types decoded.

use super::{
    ADMIN, ALL, ApiUse, CallUse, ConstantUse, ErrorUse, EventUse, NO_RULE, Need, Shape, StorageUse, sample,
};
use crate::{CodecError, Event, Runtime, Signing, Value};
use std::{collections::BTreeMap, fmt};
use subnetkit_protocol::{Keypair, Scheme};

/// All that the client uses of a runtime, and how each of it fares with one runtime's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Surface {
    /// The runtime's version.
    pub spec_version: u32,
    /// Every use, kind by kind.
    pub uses: Vec<Use>,
}

/// One thing that the client uses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Use {
    /// What it is.
    pub kind: UseKind,
    /// Its name, with that of its pallet or trait.
    pub name: String,
    /// What it means if it does not fit.
    pub need: Need,
    /// Whether it fits.
    pub verdict: Verdict,
}

/// What a use is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum UseKind {
    /// A call of a pallet.
    Call,
    /// A storage item.
    Storage,
    /// A method of a runtime API.
    Api,
    /// A constant.
    Constant,
    /// An event.
    Event,
    /// A pallet's error.
    Error,
    /// A pallet whose calls are named by whoever makes them.
    Pallet,
    /// Signatures, with all that they cover.
    Signature,
}

/// Whether a use fits a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It is there, and takes and gives what the client expects.
    Fits,
    /// The runtime has no such thing.
    Missing,
    /// It is there, but cannot be encoded, decoded or read.
    Unusable {
        /// Which part does not fit, and why.
        reason: String,
    },
    /// This version of metadata does not say.
    Undescribed,
}

impl Surface {
    /// The uses without which the client does not work, and that do not fit: those that are required, and those of
    /// which one of several would do, where none does.
    pub fn failures(&self) -> Vec<&Use> {
        let mut ways: BTreeMap<&str, bool> = BTreeMap::new();
        for known in &self.uses {
            if let Need::OneOf { to } = known.need {
                *ways.entry(to).or_default() |= known.is_usable();
            }
        }
        let fails = |known: &&Use| match known.need {
            Need::Required => !known.is_usable(),
            Need::OneOf { to } => !ways.get(to).copied().unwrap_or_default(),
            // What is missing has something in its place; what is there and different has not.
            Need::Optional { .. } | Need::Assumed { .. } => matches!(known.verdict, Verdict::Unusable { .. }),
        };
        self.uses.iter().filter(fails).collect()
    }

    /// The uses that do not fit, and that the client does without.
    pub fn differences(&self) -> Vec<&Use> {
        let failures = self.failures();
        let differs = |known: &&Use| known.verdict != Verdict::Fits && !failures.contains(known);
        self.uses.iter().filter(differs).collect()
    }
}

impl Use {
    fn is_usable(&self) -> bool {
        matches!(self.verdict, Verdict::Fits | Verdict::Undescribed)
    }
}

impl fmt::Display for UseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Call => "call",
            Self::Storage => "storage item",
            Self::Api => "runtime API",
            Self::Constant => "constant",
            Self::Event => "event",
            Self::Error => "error",
            Self::Pallet => "pallet",
            Self::Signature => "signature",
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fits => f.write_str("fits"),
            Self::Missing => f.write_str("missing"),
            Self::Unusable { reason } => f.write_str(reason),
            Self::Undescribed => f.write_str("not described by metadata of this version"),
        }
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.kind, self.name, self.verdict)?;
        match self.need {
            Need::Required => Ok(()),
            Need::Optional { without } => write!(f, " (optional: without it {without})"),
            Need::Assumed { number } => write!(f, " (optional: without it {number} is assumed)"),
            Need::OneOf { to } => write!(f, " (one way of {to})"),
        }
    }
}

impl Runtime {
    /// Tries everything that the client uses of a runtime against this one's metadata. Nothing is asked of a node.
    pub fn surface(&self) -> Surface {
        let mut uses: Vec<Use> =
            ALL.iter().flat_map(|kind| kind.iter()).map(|known| known.check(self)).collect();
        let admin = self.metadata().pallet_by_name(ADMIN).map_or(Verdict::Missing, |_| Verdict::Fits);
        let without = "no parameter of a subnet can be set";
        uses.push(Use {
            kind: UseKind::Pallet,
            name: ADMIN.to_owned(),
            need: Need::Optional { without },
            verdict: admin,
        });
        uses.push(Use {
            kind: UseKind::Signature,
            name: "signed transactions".to_owned(),
            need: Need::Required,
            verdict: verdict(sign(self)),
        });
        Surface { spec_version: self.spec_version(), uses }
    }
}

/// A signature over a small call, so that an extension of the signature that the client cannot fill shows.
fn sign(runtime: &Runtime) -> Result<(), CodecError> {
    let unsigned = |reason: String| CodecError::Encode { item: "a signature".to_owned(), reason };
    let key = Keypair::from_uri("//Alice", Scheme::Sr25519).map_err(|error| unsigned(error.to_string()))?;
    let call = super::START_CALL.call([Value::Number(1)]);
    let signing = Signing { nonce: 1, tip: 0, era: Some((64, 100, [1; 32])) };
    runtime.sign(&call, &key, signing).map(|_| ())
}

/// A use that can be tried.
pub(super) trait Checked {
    fn check(&self, runtime: &Runtime) -> Use;
}

fn verdict(tried: Result<(), CodecError>) -> Verdict {
    match tried {
        Ok(()) => Verdict::Fits,
        Err(CodecError::Missing { .. }) => Verdict::Missing,
        Err(error) => Verdict::Unusable { reason: error.to_string() },
    }
}

/// Bytes of a type of the metadata, with what a shape looks into.
fn sampled(runtime: &Runtime, item: String, type_id: u32, shape: Shape) -> Result<Vec<u8>, CodecError> {
    sample::bytes(runtime.metadata().types(), type_id, shape)
        .map_err(|reason| CodecError::Decode { item, reason })
}

impl<const N: usize> Checked for CallUse<N> {
    fn check(&self, runtime: &Runtime) -> Use {
        let call = self.call(self.args.map(|(_, shape)| shape.example()));
        let tried = runtime.encode_call(&call).map(|_| ());
        Use { kind: UseKind::Call, name: self.name(), need: self.need, verdict: verdict(tried) }
    }
}

impl<const N: usize> Checked for StorageUse<N> {
    fn check(&self, runtime: &Runtime) -> Use {
        let tried = || {
            let asked = self.at(self.keys.map(Shape::example));
            asked.key(runtime)?;
            let type_id = runtime.storage_type(self.pallet, self.item)?;
            let bytes = sampled(runtime, self.name(), type_id, self.value)?;
            asked.take(runtime.storage_value(self.pallet, self.item, Some(&bytes))?)?;
            asked.take(runtime.storage_value(self.pallet, self.item, None)?)?;
            Ok(())
        };
        Use { kind: UseKind::Storage, name: self.name(), need: self.need, verdict: verdict(tried()) }
    }
}

impl<const N: usize> Checked for ApiUse<N> {
    fn check(&self, runtime: &Runtime) -> Use {
        let tried = || {
            // A transaction is encoded by what signs it, which is a use of its own.
            if !self.args.iter().any(|shape| matches!(shape, Shape::Any)) {
                self.input(runtime, self.args.map(Shape::example))?;
            }
            let type_id = runtime.api_type(self.pallet, self.item)?;
            let bytes = sampled(runtime, self.name(), type_id, self.output)?;
            self.output(runtime, &bytes).map(|_| ())
        };
        let described = runtime.metadata().runtime_api_traits().next().is_some();
        let verdict = if described { verdict(tried()) } else { Verdict::Undescribed };
        Use { kind: UseKind::Api, name: self.name(), need: self.need, verdict }
    }
}

impl Checked for ConstantUse {
    fn check(&self, runtime: &Runtime) -> Use {
        let tried = self.read(runtime).map(|_| ());
        Use { kind: UseKind::Constant, name: self.name(), need: self.need, verdict: verdict(tried) }
    }
}

impl Checked for EventUse {
    fn check(&self, runtime: &Runtime) -> Use {
        Use { kind: UseKind::Event, name: self.name(), need: self.need, verdict: self.tried(runtime) }
    }
}

impl EventUse {
    /// One event of this name, written as a block would hold it, read as it would be.
    fn tried(&self, runtime: &Runtime) -> Verdict {
        let pallet = runtime.metadata().pallet_by_name(self.pallet);
        let variant = pallet.and_then(|pallet| {
            let variant = pallet.event_variants()?.iter().find(|variant| variant.name == self.item)?;
            Some((pallet.event_index(), variant))
        });
        let Some((pallet_index, variant)) = variant else { return Verdict::Missing };
        let unusable = |reason: String| Verdict::Unusable { reason };
        // One event, of the first extrinsic, and at its end no topics.
        let mut bytes = vec![4, 0, 0, 0, 0, 0, pallet_index, variant.index];
        for (position, field) in variant.fields.iter().enumerate() {
            let shape = match self.field {
                Some(wanted) if field.name.as_deref() == Some(wanted.name) => wanted.shape,
                Some(wanted) if field.name.is_none() && position == wanted.position => wanted.shape,
                _ => Shape::Any,
            };
            match sampled(runtime, self.name(), field.ty.id, shape) {
                Ok(field) => bytes.extend(field),
                Err(error) => return unusable(error.to_string()),
            }
        }
        bytes.push(0);
        match runtime.events(&bytes, 0).as_deref() {
            Ok([event]) if self.is(event) => self.fits(event),
            Ok(_) => unusable(format!("the event {} is not read back as it was written", self.name())),
            Err(error) => unusable(error.to_string()),
        }
    }

    fn fits(&self, event: &Event) -> Verdict {
        let Some(field) = self.field else { return Verdict::Fits };
        let Some(found) = event.fields.field(field.name).or_else(|| event.fields.item(field.position)) else {
            return Verdict::Unusable { reason: format!("{} has no field `{}`", self.name(), field.name) };
        };
        match field.shape.take(found.clone()) {
            Ok(_) => Verdict::Fits,
            Err(misfit) => {
                let reason = format!("{} has no usable field `{}`: {misfit}", self.name(), field.name);
                Verdict::Unusable { reason }
            }
        }
    }
}

impl Checked for ErrorUse {
    fn check(&self, runtime: &Runtime) -> Use {
        let pallet = runtime.metadata().pallet_by_name(self.pallet);
        let known = pallet
            .and_then(|pallet| pallet.error_variants()?.iter().find(|variant| variant.name == self.item));
        let verdict = if known.is_some() { Verdict::Fits } else { Verdict::Missing };
        let name = format!("{}.{}", self.pallet, self.item);
        Use { kind: UseKind::Error, name, need: NO_RULE, verdict }
    }
}
