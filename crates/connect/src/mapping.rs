//! Which of the desk's words are which of the contract's. Every connector has defaults; an operator adds and changes.

use crate::ticket::Standing;
use portico_contract::{
    Word,
    request::{Outcome, Status, Urgency, WaitingOn},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a status of the desk means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meaning {
    /// The contract's word.
    pub status: Status,
    /// Whose turn it is.
    pub waiting_on: Option<WaitingOn>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What customers read, whatever their language; the contract's word in their language without it.
    pub label: Option<String>,
}

impl Meaning {
    /// Without a label of its own.
    pub(crate) fn new(
        status: Status,
        waiting_on: Option<WaitingOn>,
        outcome: Option<Outcome>,
    ) -> Self {
        Self {
            status,
            waiting_on,
            outcome,
            label: None,
        }
    }
}

/// The statuses of a desk, by their names in lower case.
#[derive(Debug, Clone)]
pub(crate) struct Statuses(BTreeMap<String, Meaning>);

impl Statuses {
    /// The settings' before the connector's own.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn new(
        defaults: impl IntoIterator<Item = (&'static str, Meaning)>,
        settings: BTreeMap<String, Meaning>,
    ) -> Result<Self, String> {
        let lower = |name: &str| name.to_lowercase();
        let mut all: BTreeMap<_, _> = defaults
            .into_iter()
            .map(|(name, meaning)| (lower(name), meaning))
            .collect();
        for (name, meaning) in settings {
            let known = meaning.status.is_known()
                && meaning.waiting_on.is_none_or(|word| word.is_known())
                && meaning.outcome.is_none_or(|word| word.is_known());
            // A desk is what others wait for; nothing waits in it.
            if !known || meaning.status == Status::Queued {
                return Err(format!(
                    "statuses.{name} holds a word that the contract does not have"
                ));
            }
            all.insert(lower(&name), meaning);
        }
        Ok(Self(all))
    }

    /// Where a ticket with this status stands: `open` with the desk's word for one that nobody mapped.
    pub(crate) fn standing(&self, name: &str) -> Standing {
        self.known(name).unwrap_or_else(|| Standing {
            status: Status::Open,
            label: Some(name.to_owned()),
            waiting_on: None,
            outcome: None,
        })
    }

    /// The same for a desk whose statuses are numbers, which are no words for customers.
    pub(crate) fn standing_of_number(&self, number: u64) -> Standing {
        let name = number.to_string();
        self.known(&name).unwrap_or_else(|| Standing {
            label: None,
            ..self.standing(&name)
        })
    }

    /// The same for a status that is mapped.
    pub(crate) fn known(&self, name: &str) -> Option<Standing> {
        let meaning = self.0.get(&name.to_lowercase())?.clone();
        Some(Standing {
            status: meaning.status,
            label: meaning.label,
            waiting_on: meaning.waiting_on,
            outcome: meaning.outcome,
        })
    }

    /// Whether any status means this.
    pub(crate) fn has(&self, status: Status) -> bool {
        self.0.values().any(|meaning| meaning.status == status)
    }
}

/// The desk's priorities by the customer's word.
#[derive(Debug, Clone)]
pub(crate) struct Priorities(BTreeMap<Urgency, String>);

impl Priorities {
    /// The settings' before the connector's own.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn new(
        defaults: impl IntoIterator<Item = (Urgency, &'static str)>,
        settings: BTreeMap<Urgency, String>,
    ) -> Result<Self, String> {
        if settings.contains_key(&Urgency::Unknown) {
            return Err("priorities: there are `urgent`, `regular` and `special`".into());
        }
        let defaults = defaults
            .into_iter()
            .map(|(word, name)| (word, name.to_owned()));
        Ok(Self(defaults.chain(settings).collect()))
    }

    /// The desk's word; none leaves it to the desk.
    pub(crate) fn of(&self, urgency: Urgency) -> Option<&str> {
        self.0.get(&urgency).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_come_before_defaults_and_unknown_is_open_with_the_desks_word() {
        let settings = serde_json::from_value(json!({
            "Stalled": {"status": "pending", "waiting_on": "customer", "label": "Your turn"},
        }));
        let defaults = [
            ("stalled", Meaning::new(Status::Pending, None, None)),
            (
                "rejected",
                Meaning::new(Status::Closed, None, Some(Outcome::Rejected)),
            ),
        ];
        let statuses = Statuses::new(defaults, settings.unwrap()).unwrap();
        let stalled = statuses.standing("stalled");
        assert_eq!(stalled.waiting_on, Some(WaitingOn::Customer));
        assert_eq!(stalled.label.as_deref(), Some("Your turn"));
        let rejected = statuses.standing("REJECTED");
        assert_eq!(
            (rejected.outcome, rejected.label),
            (Some(Outcome::Rejected), None)
        );
        let unknown = statuses.standing("Waiting for parts");
        assert_eq!(
            (unknown.status, unknown.label.as_deref()),
            (Status::Open, Some("Waiting for parts"))
        );
        let numbered = statuses.standing_of_number(9);
        assert_eq!((numbered.status, numbered.label), (Status::Open, None));
    }

    #[test]
    fn a_word_that_the_contract_does_not_have_is_told() {
        for bad in [
            json!({"status": "opened"}),
            json!({"status": "queued"}),
            json!({"status": "open", "waiting_on": "me"}),
            json!({"status": "closed", "outcome": "ok"}),
        ] {
            let settings = serde_json::from_value(json!({"x": bad.clone()})).unwrap();
            assert!(Statuses::new([], settings).is_err(), "{bad}");
        }
        let urgencies = serde_json::from_value(json!({"urgnt": "1"})).unwrap();
        assert!(Priorities::new([], urgencies).is_err());
    }
}
