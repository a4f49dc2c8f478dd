//! Which connector, and what it is told: the part of a `[backend]` section that is the vendor's.

use crate::{backend::Backend, transport::Transport};
use serde::Deserialize;
use std::sync::Arc;

/// A connector with its settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "connector", rename_all = "kebab-case")]
pub enum Connector {}

impl Connector {
    /// The desk behind these settings.
    ///
    /// # Errors
    /// A sentence for the operator, when the settings do not fit together.
    pub fn connect(
        self,
        _credential: String,
        _transport: Arc<dyn Transport>,
    ) -> Result<Arc<dyn Backend>, String> {
        match self {}
    }
}
