//! Two catalogues, item by item; types by their structure.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use scale_info::form::PortableForm;
use scale_info::{Field, PortableRegistry, Type, TypeDef, TypeDefVariant, Variant};

use super::catalogue::{Aspect, Aspects, Catalogue, INDEX, Kind, Name};

/// Enums of the whole runtime: one variant for each pallet, so they differ wherever a pallet is missing.
const OUTER_ENUMS: [&str; 9] = [
    "RuntimeCall",
    "RuntimeEvent",
    "RuntimeError",
    "OriginCaller",
    "RuntimeTask",
    "RuntimeHoldReason",
    "RuntimeFreezeReason",
    "RuntimeLockId",
    "RuntimeSlashReason",
];

/// What became of the items of one kind.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) same: usize,
    /// Not here.
    pub(crate) missing: Vec<Name>,
    /// On both sides, and where they differ.
    pub(crate) differs: Vec<(Name, String)>,
    /// Only here.
    pub(crate) extra: Vec<Name>,
}

/// How a runtime's metadata differs from a recording.
#[derive(Debug)]
pub(crate) struct Report(BTreeMap<Kind, Tally>);

impl Report {
    /// Compares `ours` with what it should be.
    pub(crate) fn new(ours: &Catalogue, recorded: &Catalogue) -> Self {
        let mut tallies: BTreeMap<Kind, Tally> = BTreeMap::new();
        for (name, aspects) in &recorded.items {
            let tally = tallies.entry(name.kind).or_default();
            match ours.items.get(name) {
                None => tally.missing.push(name.clone()),
                Some(own) => match Comparison::new(ours, recorded).aspects(own, aspects) {
                    Some(difference) => tally.differs.push((name.clone(), difference)),
                    None => tally.same += 1,
                },
            }
        }
        for (name, aspects) in ours.items.iter().filter(|(name, _)| !recorded.items.contains_key(name)) {
            let tally = tallies.entry(name.kind).or_default();
            match at_its_index(name, aspects, recorded) {
                Some(other) => tally.differs.push((name.clone(), format!("has the index of {other}"))),
                None => tally.extra.push(name.clone()),
            }
        }
        Self(tallies)
    }

    /// What is on both sides and not the same.
    pub(crate) fn differences(&self) -> impl Iterator<Item = &(Name, String)> {
        self.0.values().flat_map(|tally| &tally.differs)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.owner.is_empty() {
            f.write_str(&self.item)
        } else {
            write!(f, "{}.{}", self.owner, self.item)
        }
    }
}

/// The recorded item that encoded bytes mean by the index of an item that only we have.
fn at_its_index<'r>(name: &Name, aspects: &Aspects, recorded: &'r Catalogue) -> Option<&'r Name> {
    let index = aspects.iter().find(|(label, _)| label == INDEX)?;
    let mut same_kind =
        recorded.items.iter().filter(|(other, _)| other.kind == name.kind && other.owner == name.owner);
    same_kind.find(|(_, aspects)| aspects.contains(index)).map(|(other, _)| other)
}

/// One comparison of two items.
struct Comparison<'c> {
    ours: &'c Catalogue,
    recorded: &'c Catalogue,
    /// Pairs of types that are equal so far: types may contain themselves.
    seen: HashSet<(u32, u32)>,
}

impl<'c> Comparison<'c> {
    fn new(ours: &'c Catalogue, recorded: &'c Catalogue) -> Self {
        Self { ours, recorded, seen: HashSet::new() }
    }

    /// The first difference, as `path: ours here, theirs recorded`.
    fn aspects(&mut self, ours: &Aspects, recorded: &Aspects) -> Option<String> {
        let labels = |aspects: &Aspects| {
            let labels: Vec<_> = aspects.iter().map(|(label, _)| label.as_str()).collect();
            labels.join(", ")
        };
        if let Some(difference) = unequal(&labels(ours), &labels(recorded)) {
            return Some(difference);
        }
        ours.iter().zip(recorded).find_map(|((label, ours), (_, recorded))| {
            let difference = match (ours, recorded) {
                (Aspect::Type(ours), Aspect::Type(recorded)) => self.types(*ours, *recorded),
                (Aspect::Value(ours, own), Aspect::Value(recorded, value)) if own != value => Some(against(
                    &shown(&self.ours.types, *ours, own),
                    &shown(&self.recorded.types, *recorded, value),
                )),
                (Aspect::Text(ours), Aspect::Text(recorded)) => unequal(ours, recorded),
                (Aspect::Value(..), Aspect::Value(..)) => None,
                _ => Some("of another sort".to_owned()),
            };
            Some(within(label, &difference?))
        })
    }

    fn types(&mut self, ours: u32, recorded: u32) -> Option<String> {
        if !self.seen.insert((ours, recorded)) {
            return None;
        }
        let itemised = self.ours.itemised.contains(&ours) && self.recorded.itemised.contains(&recorded);
        let (Some(own), Some(other)) = (self.ours.types.resolve(ours), self.recorded.types.resolve(recorded))
        else {
            return Some("a type that the metadata lacks".to_owned());
        };
        let name = own.path.ident();
        if name != other.path.ident() {
            return Some(against(&called(own), &called(other)));
        }
        if itemised {
            return None;
        }
        match (&own.type_def, &other.type_def) {
            (TypeDef::Variant(ours), TypeDef::Variant(recorded)) => {
                self.variants(ours, recorded, name.is_some_and(|name| OUTER_ENUMS.contains(&name.as_str())))
            }
            (TypeDef::Composite(ours), TypeDef::Composite(recorded)) => {
                self.fields(&ours.fields, &recorded.fields)
            }
            (TypeDef::Tuple(ours), TypeDef::Tuple(recorded)) => unequal(
                &format!("{} members", ours.fields.len()),
                &format!("{} members", recorded.fields.len()),
            )
            .or_else(|| {
                let mut members = ours.fields.iter().zip(&recorded.fields).enumerate();
                members.find_map(|(position, (ours, recorded))| {
                    Some(within(&position.to_string(), &self.types(ours.id, recorded.id)?))
                })
            }),
            (TypeDef::Array(ours), TypeDef::Array(recorded)) => {
                unequal(&format!("length {}", ours.len), &format!("length {}", recorded.len))
                    .or_else(|| self.types(ours.type_param.id, recorded.type_param.id))
            }
            (TypeDef::Sequence(ours), TypeDef::Sequence(recorded)) => {
                self.types(ours.type_param.id, recorded.type_param.id)
            }
            (TypeDef::Compact(ours), TypeDef::Compact(recorded)) => {
                self.types(ours.type_param.id, recorded.type_param.id)
            }
            (TypeDef::BitSequence(ours), TypeDef::BitSequence(recorded)) => self
                .types(ours.bit_store_type.id, recorded.bit_store_type.id)
                .or_else(|| self.types(ours.bit_order_type.id, recorded.bit_order_type.id)),
            (ours, recorded) => unequal(&form(ours), &form(recorded)),
        }
    }

    fn fields(&mut self, ours: &[Field<PortableForm>], recorded: &[Field<PortableForm>]) -> Option<String> {
        let names = |fields: &[Field<PortableForm>]| {
            let name = |field: &Field<PortableForm>| field.name.clone().unwrap_or_else(|| "_".to_owned());
            format!("{{{}}}", fields.iter().map(name).collect::<Vec<_>>().join(", "))
        };
        unequal(&names(ours), &names(recorded)).or_else(|| {
            ours.iter().zip(recorded).enumerate().find_map(|(position, (ours, recorded))| {
                let label = ours.name.clone().unwrap_or_else(|| position.to_string());
                Some(within(&label, &self.types(ours.ty.id, recorded.ty.id)?))
            })
        })
    }

    /// Variants by name. Those of an outer enum need not be the same ones, but agree in what they have in common.
    fn variants(
        &mut self,
        ours: &TypeDefVariant<PortableForm>,
        recorded: &TypeDefVariant<PortableForm>,
        outer: bool,
    ) -> Option<String> {
        let numbered = |variants: &TypeDefVariant<PortableForm>, common: &TypeDefVariant<PortableForm>| {
            let shared = |variant: &&Variant<PortableForm>| {
                !outer || common.variants.iter().any(|other| other.name == variant.name)
            };
            let named = |variant: &Variant<PortableForm>| format!("{} {}", variant.index, variant.name);
            format!("[{}]", variants.variants.iter().filter(shared).map(named).collect::<Vec<_>>().join(", "))
        };
        unequal(&numbered(ours, recorded), &numbered(recorded, ours)).or_else(|| {
            ours.variants.iter().find_map(|variant| {
                let other = recorded.variants.iter().find(|other| other.name == variant.name)?;
                Some(within(&variant.name, &self.fields(&variant.fields, &other.fields)?))
            })
        })
    }
}

fn within(label: &str, difference: &str) -> String {
    // A path's last step is followed by a colon, the others by a dot.
    let separator = if difference.starts_with("is ") { " " } else { "." };
    format!("{label}{separator}{difference}")
}

fn against(ours: &str, recorded: &str) -> String {
    format!("is {ours}, recorded {recorded}")
}

fn unequal(ours: &str, recorded: &str) -> Option<String> {
    (ours != recorded).then(|| against(ours, recorded))
}

/// A value in words, or its bytes if its type does not fit them.
fn shown(types: &PortableRegistry, id: u32, bytes: &[u8]) -> String {
    scale_value::scale::decode_as_type(&mut &*bytes, id, types)
        .map_or_else(|_| format!("0x{}", hex::encode(bytes)), |value| value.to_string())
}

/// A type by its name, or by its form if it has none.
fn called(ty: &Type<PortableForm>) -> String {
    ty.path.ident().unwrap_or_else(|| form(&ty.type_def))
}

fn form(definition: &TypeDef<PortableForm>) -> String {
    match definition {
        TypeDef::Primitive(primitive) => format!("{primitive:?}").to_lowercase(),
        TypeDef::Composite(_) => "a struct".to_owned(),
        TypeDef::Variant(_) => "an enum".to_owned(),
        TypeDef::Sequence(_) => "a sequence".to_owned(),
        TypeDef::Array(_) => "an array".to_owned(),
        TypeDef::Tuple(_) => "a tuple".to_owned(),
        TypeDef::Compact(_) => "a compact number".to_owned(),
        TypeDef::BitSequence(_) => "a bit sequence".to_owned(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, tally) in &self.0 {
            listed(f, "missing", *kind, &tally.missing)?;
            listed(f, "extra", *kind, &tally.extra)?;
        }
        for (kind, tally) in &self.0 {
            for (name, difference) in &tally.differs {
                writeln!(f, "differs {kind}: {name}: {difference}")?;
            }
        }
        writeln!(f, "\n{:<24}{:>6}{:>9}{:>9}{:>7}", "", "same", "differs", "missing", "extra")?;
        for (kind, tally) in &self.0 {
            let (differs, missing, extra) = (tally.differs.len(), tally.missing.len(), tally.extra.len());
            writeln!(f, "{kind:<24}{:>6}{differs:>9}{missing:>9}{extra:>7}", tally.same)?;
        }
        Ok(())
    }
}

/// One line for each pallet or runtime API.
fn listed(f: &mut fmt::Formatter<'_>, what: &str, kind: Kind, names: &[Name]) -> fmt::Result {
    let mut owners: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in names {
        owners.entry(&name.owner).or_default().push(&name.item);
    }
    for (owner, items) in owners {
        let of = if owner.is_empty() { String::new() } else { format!(" of {owner}") };
        writeln!(f, "{what} {kind}{of} ({}): {}", items.len(), items.join(", "))?;
    }
    Ok(())
}
