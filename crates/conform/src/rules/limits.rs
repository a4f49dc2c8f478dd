//! What exhausts a limit, and what cannot be asked from outside.

use crate::{Checked, Miss, suite::Suite};
use portico_contract::config::Capability;

const SUBMIT: Option<Capability> = Some(Capability::Submit);
const TRACK: Option<Capability> = Some(Capability::Track);

super::rules! {
    TRACK, "limits.query_codes",
        "After some wrong query codes for one reference it is 429 rate_limited, with Retry-After.", query_codes;
    SUBMIT, "limits.requests", "After some new requests it is 429 rate_limited, and a replay is not limited.", requests;
    SUBMIT, "idempotency.kept", "What was stored under a key is kept for 90 days, across restarts.", kept;
}

/// Twice what is allowed by default.
const TRIES: usize = 10;

async fn query_codes(suite: &Suite) -> Checked {
    let case = suite.other().await?;
    for _ in 0..TRIES {
        let tried = suite.track(&case.reference, "ZZZZZ-ZZZZZ").await?;
        if tried.status == 429 {
            return tried.problem(429, "rate_limited").map(drop);
        }
        tried.problem(404, "not_found")?;
    }
    Err(Miss::not_offered(format!(
        "{TRIES} wrong codes met no limit, which may be a setting"
    )))
}

async fn requests(_: &Suite) -> Checked {
    Err(Miss::not_offered(
        "to find out would leave dozens of requests at the desk",
    ))
}

async fn kept(_: &Suite) -> Checked {
    Err(Miss::not_offered(
        "to find out takes ninety days and a restart",
    ))
}
