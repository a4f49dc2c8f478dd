//! What `portico doctor` says of a desk, in words.

use crate::{
    api::{Api, date},
    backend::{DeskError, Finding},
    transport::{Reply, TransportError},
};
use chrono::DateTime;
use std::time::SystemTime;

/// More than this between the desk's clock and ours is told, in seconds.
const SKEW: i64 = 60;

/// Findings as they are made.
#[derive(Default)]
pub(crate) struct Examination(Vec<Finding>);

impl Examination {
    /// All is well with it.
    pub(crate) fn well(&mut self, what: impl Into<String>) {
        self.0.push(Finding {
            what: what.into(),
            trouble: None,
        });
    }

    /// Something is wrong with it.
    pub(crate) fn trouble(&mut self, what: impl Into<String>, trouble: impl Into<String>) {
        self.0.push(Finding {
            what: what.into(),
            trouble: Some(trouble.into()),
        });
    }

    /// Well or not.
    pub(crate) fn is(&mut self, well: bool, what: impl Into<String>, else_trouble: &str) {
        if well {
            self.well(what);
        } else {
            self.trouble(what, else_trouble);
        }
    }

    /// The first call of an examination: address, credential and clock. None when nothing more can be seen.
    pub(crate) fn first(&mut self, api: &Api, answer: Result<Reply, DeskError>) -> Option<Reply> {
        let address = format!("the address {}", api.base());
        match answer {
            Ok(reply) => {
                self.well(address);
                self.well("the credential");
                self.clock(&reply);
                Some(reply)
            }
            Err(DeskError::Credential) => {
                self.well(address);
                self.trouble(
                    "the credential",
                    "The desk does not take it, or sends us to a page to sign in. Make a new \
                     one, and see that its \
                     account may use the API and that `url` is the address of the desk itself.",
                );
                None
            }
            Err(DeskError::Forbidden(said)) => {
                self.well(address);
                self.trouble(
                    "the credential",
                    format!("Its account may not use the API: {said}"),
                );
                None
            }
            Err(error) => {
                self.trouble(address, absence(&error));
                None
            }
        }
    }

    fn clock(&mut self, reply: &Reply) {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()
            .and_then(|since| DateTime::from_timestamp(since.as_secs().try_into().ok()?, 0));
        if let (Some(theirs), Some(now)) = (date(reply), now) {
            let skew = (theirs.to_utc() - now).num_seconds();
            let trouble = format!(
                "It is {} seconds {} ours. Times in the portal would be wrong by that much: set \
                 the clocks of both \
                 machines from the network.",
                skew.abs(),
                if skew > 0 { "ahead of" } else { "behind" }
            );
            self.is(skew.abs() <= SKEW, "the clock of the desk", &trouble);
        }
    }

    /// All that was found.
    pub(crate) fn findings(self) -> Vec<Finding> {
        self.0
    }
}

/// Why a desk cannot be asked, and what to do about it.
fn absence(error: &DeskError) -> String {
    match error {
        DeskError::Transport(TransportError::Unreachable(why)) => format!(
            "Nobody answers there ({why}). See that the address is right, that the desk runs, \
             and that no firewall \
             stands between."
        ),
        DeskError::Transport(TransportError::Tls(why)) => format!(
            "There is no secure connection ({why}). See that the desk has a certificate for this \
             name that this \
             machine trusts."
        ),
        DeskError::NotFound => {
            "There is an answer, and it says that nothing is there (404). See that `url` is \
                                the address of the desk itself, with its path if it has one."
                .to_owned()
        }
        DeskError::Nonsense(_) => format!(
            "There is an answer, but not one of this kind of desk ({error}). See that `url` is \
             the address of the \
             desk itself, with its path if it has one."
        ),
        error => format!("The desk cannot be asked now: {error}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Scripted, answer};
    use http::HeaderMap;

    fn examined(answer: Result<Reply, DeskError>) -> Vec<Finding> {
        let api = Api::new("https://desk.test", HeaderMap::new(), Scripted::new()).unwrap();
        let mut examination = Examination::default();
        examination.first(&api, answer);
        examination.findings()
    }

    fn troubles(answer: Result<Reply, DeskError>) -> Vec<String> {
        examined(answer)
            .into_iter()
            .filter_map(|finding| finding.trouble)
            .collect()
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_do() {
        let lost = |error: TransportError| troubles(Err(error.into())).remove(0);
        assert!(lost(TransportError::Unreachable("refused".into())).contains("firewall"));
        assert!(lost(TransportError::Tls("expired".into())).contains("certificate"));
        assert!(troubles(Err(DeskError::Credential))[0].contains("Make a new one"));
        for elsewhere in [DeskError::NotFound, DeskError::Nonsense("HTML".into())] {
            let said = troubles(Err(elsewhere)).remove(0);
            assert!(said.contains("`url`") && !said.contains("ticket"), "{said}");
        }
    }

    #[test]
    fn a_clock_that_is_far_off_is_told() {
        let at = |date: &str| answer(200, &[("date", date)], "").map_err(DeskError::from);
        let seen = troubles(at("Thu, 01 Jan 2015 00:00:00 GMT"));
        assert!(seen[0].contains("seconds behind ours"), "{seen:?}");
        let now: DateTime<chrono::Utc> = DateTime::from_timestamp(
            SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
                .as_secs() as i64,
            0,
        )
        .unwrap();
        assert_eq!(troubles(at(&now.to_rfc2822())), [""; 0]);
        assert_eq!(examined(at(&now.to_rfc2822())).len(), 3);
    }
}
