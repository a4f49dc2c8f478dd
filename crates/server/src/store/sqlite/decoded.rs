//! Requests as they were decoded last: decoding a document takes longer than all else of reading a request.

use super::{Result, decode};
use crate::store::records::{Following, RequestRecord};
use portico_contract::id::RequestId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// So many are kept, and none whose document has more bytes: some 20 MB at most.
const MOST: usize = 500;
const LONGEST: usize = 16 * 1024;

/// A document, and what it was decoded to.
type Kept = (Box<[u8]>, Arc<RequestRecord>);

/// The records that were read last, by their ids. Who reads has the document from the database all the same, and all of
/// it is compared: what is given never differs from what is written, whoever wrote it.
#[derive(Debug, Default)]
pub(super) struct Decoded(Mutex<HashMap<String, Kept>>);

impl Decoded {
    /// The record of a document with what was found beside it, decoded only where the last one under this id was
    /// another.
    pub(super) fn record(
        &self,
        id: &str,
        doc: &[u8],
        unread: u32,
        following: Option<Following>,
    ) -> Result<Arc<RequestRecord>> {
        let known = self.kept().get(id).and_then(|(known, record)| {
            let same = **known == *doc;
            same.then(|| Arc::clone(record))
        });
        let decoded = match known {
            Some(record) if record.unread == unread && record.following == following => {
                return Ok(record);
            }
            Some(record) => Arc::unwrap_or_clone(record),
            None => decode(doc)?,
        };
        let record = Arc::new(RequestRecord {
            unread,
            following,
            ..decoded
        });
        if doc.len() <= LONGEST {
            let mut kept = self.kept();
            if kept.len() >= MOST {
                kept.clear();
            }
            kept.insert(id.to_owned(), (doc.into(), Arc::clone(&record)));
        }
        Ok(record)
    }

    /// Lets go of a request whose document changes: what it said before is not to stay in memory.
    pub(super) fn forget(&self, id: &RequestId) {
        self.kept().remove(id.as_str());
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue::StepPlan, life::tests::fresh};

    fn document(subject: &str) -> Vec<u8> {
        let record = RequestRecord {
            subject: subject.to_owned(),
            ..fresh(StepPlan::Four)
        };
        serde_json::to_vec(&record).unwrap()
    }

    #[test]
    fn what_is_given_is_what_the_document_says_and_what_was_found_beside_it() {
        let decoded = Decoded::default();
        let read = |doc: &[u8], unread, following: Option<&str>| {
            let following = following.map(|email| Following {
                email: email.to_owned(),
                seen_at: fresh(StepPlan::Four).seen_at,
            });
            decoded.record("one", doc, unread, following).unwrap()
        };
        let (first, second) = (document("first"), document("second"));
        let once = read(&first, 1, None);
        assert!(Arc::ptr_eq(&once, &read(&first, 1, None)), "decoded again");
        let other = read(&first, 2, Some("b@example.com"));
        assert_eq!((other.subject.as_str(), other.unread), ("first", 2));
        assert_eq!(read(&first, 2, None).following, None);
        assert_eq!(read(&second, 2, None).subject, "second");
        assert_eq!(read(&first, 2, None).subject, "first");
        assert!(decoded.record("one", b"{}", 0, None).is_err());
    }

    #[test]
    fn what_is_kept_has_bounds_and_what_changes_is_let_go() {
        let decoded = Decoded::default();
        let long = document(&"x".repeat(LONGEST));
        decoded.record("long", &long, 0, None).unwrap();
        assert!(decoded.kept().is_empty());
        let short = document("short");
        for n in 0..=MOST {
            decoded.record(&n.to_string(), &short, 0, None).unwrap();
            assert!((1..=MOST).contains(&decoded.kept().len()));
        }
        let last = RequestId::new(MOST.to_string());
        assert!(decoded.kept().contains_key(last.as_str()));
        decoded.forget(&last);
        assert!(!decoded.kept().contains_key(last.as_str()));
    }
}
