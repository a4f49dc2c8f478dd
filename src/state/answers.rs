//! The answers to a survey on this device: kept while they are given, and until the server has them.
//!
//! They lie in the small storage that all tabs share, under the token of their link. Once they are sent they have an
//! Idempotency-Key, which stays the same until they have arrived: however often they are sent, from whatever tab, it is
//! one response.

use crate::{
    api::{
        Failure,
        surveys::{self, Survey},
    },
    browser::{
        key_value, lock, random,
        task::{self, Task},
    },
    json,
};
use portico_contract::survey::SurveyAnswers;
use portico_survey::{Object, Value};
use serde::{Deserialize, Serialize};

/// Milliseconds of quiet after which unfinished answers go to the server, for another device.
const QUIET: u32 = 2_000;

/// What is kept of a survey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The answers, an object.
    pub data: Value,
    /// Its Idempotency-Key, once they were sent and as long as it is not known that they have arrived.
    #[serde(default)]
    pub sending: Option<String>,
    /// The part at which it was left, from 1.
    #[serde(default)]
    pub part: usize,
}

/// Answers that are on their way.
#[derive(Debug, Clone, PartialEq)]
pub struct Sending {
    /// The answers, an object.
    data: Value,
    /// Their Idempotency-Key.
    key: String,
}

impl Kept {
    /// They were sent, and it is not known that they have arrived.
    pub fn sending(self) -> Option<Sending> {
        let Self { data, sending, .. } = self;
        sending.map(|key| Sending { data, key })
    }
}

fn place(token: &str) -> String {
    format!("portico.survey.{token}")
}

/// What is kept of this survey.
pub fn kept(token: &str) -> Option<Kept> {
    json::from_str(&key_value::local().get(&place(token))?).ok()
}

fn keep(token: &str, kept: &Kept) -> bool {
    key_value::local().set(&place(token), &json::to_string(kept))
}

/// Forgets them: the server has them, or they cannot be given any more.
pub fn forget(token: &str) {
    key_value::local().remove(&place(token));
}

/// Keeps unfinished answers: here at once, on the server after a moment of quiet. Gives the waiting, which ends when it
/// is dropped.
pub fn draft(token: &str, data: &Object, part: usize) -> Task {
    let data = Value::Object(data.clone());
    let kept = Kept {
        data: data.clone(),
        sending: None,
        part,
    };
    keep(token, &kept);
    let token = token.to_owned();
    Task::spawn(async move {
        task::sleep(QUIET).await;
        // It is here too: another device may miss it.
        let _ = surveys::keep(&token, &SurveyAnswers { data }).await;
    })
}

/// Takes answers to be sent. Where this device keeps nothing they live as long as the page.
pub fn send_soon(token: &str, data: &Object) -> Sending {
    let sending = Sending {
        data: Value::Object(data.clone()),
        key: random::uuid(),
    };
    let kept = Kept {
        data: sending.data.clone(),
        sending: Some(sending.key.clone()),
        part: 0,
    };
    keep(token, &kept);
    sending
}

/// Tries once to send what is to be sent. What passes by itself leaves it there; everything else is an answer, after
/// which the answers are no longer on their way.
///
/// # Errors
/// Why the server does not have them.
pub async fn send(token: &str, sending: &Sending) -> Result<Survey, Failure> {
    // Of two tabs the second one finds that they were sent.
    let _alone = lock::hold(&place(token)).await;
    let answers = SurveyAnswers {
        data: sending.data.clone(),
    };
    let outcome = surveys::send(token, &answers, &sending.key).await;
    match &outcome {
        Ok(_) => {
            forget(token);
            #[cfg(not(feature = "light"))]
            super::host::survey_submitted();
        }
        Err(failure) if failure.is_passing() => {}
        Err(_) => {
            keep(
                token,
                &Kept {
                    data: answers.data,
                    sending: None,
                    part: 0,
                },
            );
        }
    }
    outcome
}
