//! Ids and balances as types of their own, as the metadata of runtimes after spec version 425 has them.
//!
//! A newtype is written as what it wraps, so only the description changes. What is an id is told by the names in the
//! source: of a field's type, of the field, of an argument, of a storage item.

use std::collections::BTreeMap;

use frame_metadata::v14::StorageEntryType;
use scale_info::form::PortableForm;
use scale_info::{
    Field, Path, PortableRegistry, Type, TypeDef, TypeDefComposite, TypeDefPrimitive,
    interner::UntrackedSymbol,
};

type Id = UntrackedSymbol<core::any::TypeId>;

/// A newtype: its name and what it wraps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Newtype {
    NetUid,
    NetUidStorageIndex,
    MechId,
    Uid,
    TaoBalance,
    AlphaBalance,
}

use Newtype::{AlphaBalance, MechId, NetUid, NetUidStorageIndex, TaoBalance, Uid};

impl Newtype {
    const fn describe(self) -> (&'static str, TypeDefPrimitive) {
        match self {
            NetUid => ("NetUid", TypeDefPrimitive::U16),
            NetUidStorageIndex => ("NetUidStorageIndex", TypeDefPrimitive::U16),
            MechId => ("MechId", TypeDefPrimitive::U8),
            Uid => ("Uid", TypeDefPrimitive::U16),
            TaoBalance => ("TaoBalance", TypeDefPrimitive::U64),
            AlphaBalance => ("AlphaBalance", TypeDefPrimitive::U64),
        }
    }

    /// What the name of a type in the source says.
    fn of_type(name: &str) -> Option<Self> {
        // The longer name has the shorter one in it.
        let known = [NetUidStorageIndex, NetUid, MechId];
        let known = known.into_iter().find(|newtype| name.contains(newtype.describe().0));
        known.or_else(|| name.contains("Balance").then_some(TaoBalance))
    }

    /// What the name of a field, an argument or a runtime API says.
    fn of_name(name: &str) -> Option<Self> {
        match name {
            "netuid" | "netuids" | "get_subnet_to_prune" => Some(NetUid),
            "mecid" | "subid" => Some(MechId),
            "uid" | "uids" | "uids_list" | "dests" => Some(Uid),
            "amount_staked"
            | "limit_price"
            | "tao"
            | "tao_amount"
            | "tao_in"
            | "tao_stake"
            | "total_stake"
            | "burn"
            | "min_burn"
            | "max_burn"
            | "get_network_registration_cost"
            | "get_stake_fee" => Some(TaoBalance),
            "amount_unstaked" | "alpha" | "alpha_amount" | "alpha_in" | "alpha_out" | "alpha_stake"
            | "emission" => Some(AlphaBalance),
            _ => None,
        }
    }

    /// What the values of a storage item are.
    fn of_item(name: &str) -> Option<Self> {
        match name {
            "Uids" => Some(Uid),
            "MechanismCountCurrent" => Some(MechId),
            "Burn"
            | "MinBurn"
            | "MaxBurn"
            | "SubnetTAO"
            | "TotalStake"
            | "TotalIssuance"
            | "SubnetLocked"
            | "NetworkMinLockCost"
            | "NetworkLastLockCost" => Some(TaoBalance),
            "SubnetAlphaIn"
            | "SubnetAlphaOut"
            | "TotalHotkeyAlpha"
            | "Emission"
            | "PendingServerEmission"
            | "PendingValidatorEmission" => Some(AlphaBalance),
            _ => None,
        }
    }

    /// What the keys of a storage item are, for each primitive in their order.
    fn of_keys(item: &str) -> [Self; 2] {
        let first = match item {
            "Weights"
            | "Bonds"
            | "LastUpdate"
            | "Incentive"
            | "WeightCommits"
            | "TimelockedWeightCommits"
            | "CRV3WeightCommits"
            | "CRV3WeightCommitsV2" => NetUidStorageIndex,
            _ => NetUid,
        };
        [first, Uid]
    }
}

/// Types that only hold others: they are copied where what they hold becomes a newtype.
const CONTAINERS: [&str; 6] =
    ["Option", "BTreeSet", "BTreeMap", "BoundedVec", "WeakBoundedVec", "BoundedBTreeSet"];

/// The registry of a metadata whose ids and balances become newtypes.
pub(super) struct Newtypes<'r> {
    types: &'r mut PortableRegistry,
    /// Copies of types with something in them replaced.
    made: BTreeMap<(u32, Newtype), u32>,
    newtypes: BTreeMap<Newtype, u32>,
}

impl<'r> Newtypes<'r> {
    /// Describes the fields of all calls, events and structs anew.
    pub(super) fn new(types: &'r mut PortableRegistry) -> Self {
        let count = types.types.len();
        let mut newtypes = Self { types, made: BTreeMap::new(), newtypes: BTreeMap::new() };
        for index in 0..count {
            newtypes.fields_of(index);
        }
        newtypes
    }

    fn fields_of(&mut self, index: usize) {
        let Some(entry) = self.types.types.get(index) else { return };
        let mut ty = entry.ty.clone();
        if is_container(&ty) {
            return;
        }
        match &mut ty.type_def {
            TypeDef::Composite(composite) => self.fields(&mut composite.fields),
            TypeDef::Variant(kinds) => {
                kinds.variants.iter_mut().for_each(|kind| self.fields(&mut kind.fields));
            }
            _ => return,
        }
        if let Some(entry) = self.types.types.get_mut(index) {
            entry.ty = ty;
        }
    }

    fn fields(&mut self, fields: &mut [Field<PortableForm>]) {
        for field in fields {
            let by_type = field.type_name.as_deref().and_then(Newtype::of_type);
            let newtype = by_type.or_else(|| field.name.as_deref().and_then(Newtype::of_name));
            self.replace(newtype, &mut field.ty);
        }
    }

    /// An argument or an answer of a runtime API.
    pub(super) fn named(&mut self, name: &str, ty: &mut Id) {
        self.replace(Newtype::of_name(name), ty);
    }

    /// Keys and value of a storage item.
    pub(super) fn storage(&mut self, item: &str, ty: &mut StorageEntryType<PortableForm>) {
        let value = match ty {
            StorageEntryType::Plain(value) => value,
            StorageEntryType::Map { key, value, .. } => {
                self.keys(item, key);
                value
            }
        };
        self.replace(Newtype::of_item(item), value);
    }

    fn keys(&mut self, item: &str, key: &mut Id) {
        let newtypes = Newtype::of_keys(item);
        let Some(ty) = self.types.resolve(key.id) else { return };
        let mut ty = ty.clone();
        let TypeDef::Tuple(keys) = &mut ty.type_def else {
            return self.replace(Some(newtypes[0]), key);
        };
        let mut left = newtypes.into_iter();
        let mut next = left.next();
        for key in &mut keys.fields {
            let before = key.id;
            self.replace(next, key);
            if key.id != before {
                next = left.next();
            }
        }
        *key = self.add(ty).into();
    }

    fn replace(&mut self, newtype: Option<Newtype>, ty: &mut Id) {
        if let Some(newtype) = newtype {
            *ty = self.wrapped(ty.id, newtype).into();
        }
    }

    /// The type with what the newtype wraps replaced by it, through everything that only holds it.
    fn wrapped(&mut self, id: u32, newtype: Newtype) -> u32 {
        if let Some(made) = self.made.get(&(id, newtype)) {
            return *made;
        }
        let Some(ty) = self.types.resolve(id) else { return id };
        let mut ty = ty.clone();
        let inner: Vec<&mut Id> = match &mut ty.type_def {
            TypeDef::Primitive(primitive) if *primitive == newtype.describe().1 => {
                return self.newtype(newtype, id);
            }
            TypeDef::Sequence(items) => vec![&mut items.type_param],
            TypeDef::Array(items) => vec![&mut items.type_param],
            TypeDef::Compact(compact) => vec![&mut compact.type_param],
            TypeDef::Tuple(tuple) => tuple.fields.iter_mut().collect(),
            TypeDef::Composite(composite) if is_named(&ty.path, &CONTAINERS) => {
                composite.fields.iter_mut().map(|field| &mut field.ty).collect()
            }
            TypeDef::Variant(kinds) if is_named(&ty.path, &CONTAINERS) => kinds
                .variants
                .iter_mut()
                .flat_map(|kind| &mut kind.fields)
                .map(|field| &mut field.ty)
                .collect(),
            _ => Vec::new(),
        };
        let mut changed = false;
        for inner in inner {
            let before = inner.id;
            *inner = self.wrapped(before, newtype).into();
            changed |= inner.id != before;
        }
        let made = if changed { self.add(ty) } else { id };
        self.made.insert((id, newtype), made);
        made
    }

    fn newtype(&mut self, newtype: Newtype, wraps: u32) -> u32 {
        if let Some(known) = self.newtypes.get(&newtype) {
            return *known;
        }
        let segments = vec!["subtensor_runtime_common".to_owned(), newtype.describe().0.to_owned()];
        let field = Field { name: None, ty: wraps.into(), type_name: None, docs: Vec::new() };
        let ty = Type {
            path: Path { segments },
            type_params: Vec::new(),
            type_def: TypeDef::Composite(TypeDefComposite { fields: vec![field] }),
            docs: Vec::new(),
        };
        let id = self.add(ty);
        self.newtypes.insert(newtype, id);
        id
    }

    fn add(&mut self, ty: Type<PortableForm>) -> u32 {
        let id = u32::try_from(self.types.types.len()).unwrap_or(u32::MAX);
        self.types.types.push(scale_info::PortableType { id, ty });
        id
    }
}

fn is_container(ty: &Type<PortableForm>) -> bool {
    is_named(&ty.path, &CONTAINERS)
}

fn is_named(path: &Path<PortableForm>, names: &[&str]) -> bool {
    path.segments.last().is_some_and(|last| names.contains(&last.as_str()))
}
