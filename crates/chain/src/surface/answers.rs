//! Many storage values of one block, found by the item they are of.

use super::{Asked, StorageUse};
use crate::{CodecError, Value};

/// What was read of each item asked for, one entry per item.
pub(crate) struct Answers {
    asked: Vec<Asked>,
    values: Vec<Option<Value>>,
}

impl Answers {
    pub(crate) fn new(asked: Vec<Asked>, values: Vec<Option<Value>>) -> Self {
        Self { asked, values }
    }

    /// The value of an item, if there is one.
    pub(crate) fn of<const N: usize>(&self, item: &StorageUse<N>) -> Option<&Value> {
        let position = self.asked.iter().position(|asked| asked.is_of(item))?;
        self.values.get(position)?.as_ref()
    }

    /// The number that an item is.
    pub(crate) fn number<const N: usize>(&self, item: &StorageUse<N>) -> Result<u64, CodecError> {
        self.of(item).and_then(Value::number_as).ok_or_else(|| item.unusable("number"))
    }
}
