//! The same subnet under other settings.

use std::sync::Arc;

use subnetkit_protocol::Synapse;

use crate::lab::Lab;

type Change<S> = Arc<dyn Fn(Lab<S>, f64) -> Lab<S> + Send + Sync>;

/// One setting and the values to play.
pub(crate) struct Sweep<S: Synapse> {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) values: Vec<f64>,
    pub(crate) change: Change<S>,
}

impl<S: Synapse> Clone for Sweep<S> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            unit: self.unit.clone(),
            values: self.values.clone(),
            change: Arc::clone(&self.change),
        }
    }
}

impl<S: Synapse> Sweep<S> {
    pub(crate) fn new(
        name: impl Into<String>,
        unit: impl Into<String>,
        values: impl IntoIterator<Item = f64>,
        change: impl Fn(Lab<S>, f64) -> Lab<S> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            unit: unit.into(),
            values: values.into_iter().collect(),
            change: Arc::new(change),
        }
    }
}
