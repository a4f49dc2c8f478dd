//! Which connector, and what it is told: the part of a `[backend]` section that is the vendor's.

use crate::{
    backend::Backend,
    django_helpdesk::{self, DjangoHelpdesk},
    freshdesk::{self, Freshdesk},
    jira::{self, Jira},
    open311::{self, Open311},
    redmine::{self, Redmine},
    request_tracker::{self, RequestTracker},
    transport::{Coalescing, Transport},
    zammad::{self, Zammad},
    zendesk::{self, Zendesk},
};
use serde::Deserialize;
use std::sync::Arc;

/// A connector with its settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "connector", rename_all = "kebab-case")]
pub enum Connector {
    /// Request Tracker 5.
    RequestTracker(request_tracker::Settings),
    /// Redmine 5.
    Redmine(redmine::Settings),
    /// django-helpdesk 2.
    DjangoHelpdesk(django_helpdesk::Settings),
    /// Zammad.
    Zammad(zammad::Settings),
    /// Zendesk.
    Zendesk(zendesk::Settings),
    /// Jira Service Management.
    Jira(jira::Settings),
    /// Freshdesk.
    Freshdesk(freshdesk::Settings),
    /// Open311 GeoReport v2.
    Open311(open311::Settings),
}

impl Connector {
    /// The desk behind these settings. Identical reads at the same time become one.
    ///
    /// # Errors
    /// A sentence for the operator, when the settings do not fit together.
    pub fn connect(
        self,
        credential: String,
        transport: Arc<dyn Transport>,
    ) -> Result<Arc<dyn Backend>, String> {
        let credential = credential.trim();
        let transport = Arc::new(Coalescing::new(transport));
        Ok(match self {
            Self::RequestTracker(settings) => {
                Arc::new(RequestTracker::new(settings, credential, transport)?)
            }
            Self::Redmine(settings) => Arc::new(Redmine::new(settings, credential, transport)?),
            Self::DjangoHelpdesk(settings) => {
                Arc::new(DjangoHelpdesk::new(settings, credential, transport)?)
            }
            Self::Zammad(settings) => Arc::new(Zammad::new(settings, credential, transport)?),
            Self::Zendesk(settings) => Arc::new(Zendesk::new(settings, credential, transport)?),
            Self::Jira(settings) => Arc::new(Jira::new(settings, credential, transport)?),
            Self::Freshdesk(settings) => Arc::new(Freshdesk::new(settings, credential, transport)?),
            Self::Open311(settings) => Arc::new(Open311::new(settings, credential, transport)?),
        })
    }
}
