//! Letters that ask: plain, with one link for each step of the first question, and a way out of all surveys. Opening
//! any of them sends nothing; programs that open every link in a mail leave no trace.

use super::letter::{Recipient, contact, write};
use crate::{
    http::actor::token_hash,
    problem::ApiError,
    secret,
    state::App,
    store::{
        Tx,
        records::{OutgoingMessage, RequestRecord},
        surveys::InvitationRecord,
    },
    surveys::{period::local_date, programme::SurveyTerms, questionnaire::Setting},
};
use portico_contract::{Instant, locale::Locale};

/// Why somebody is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// For the first time.
    First,
    /// Once more.
    Again,
}

/// Queues the letter to an invitation, with a token that opens its survey.
///
/// # Errors
/// When the store fails.
pub async fn ask(
    app: &App,
    tx: &mut dyn Tx,
    invitation: &InvitationRecord,
    terms: &SurveyTerms,
    request: Option<&RequestRecord>,
    token: &str,
    asking: Asking,
) -> Result<(), ApiError> {
    let company = app.company();
    let locale = invitation.locale;
    let to = Recipient {
        channel: invitation.channel,
        address: invitation.person.clone(),
    };
    let link = format!("{}/surveys/{token}", app.public_url);
    let out = secret::token()?;
    tx.add_unsubscribe_link(&token_hash(&out), &invitation.id)
        .await?;
    let stop = format!("{}/surveys/unsubscribe/{out}", app.public_url);
    let setting = setting(app, locale);
    let question = terms.asks.as_deref();
    let ratings = question
        .map(|question| ratings(terms, question, &link, setting))
        .unwrap_or_default();
    let question = question
        .map(|question| terms.questionnaire.title_of(question, setting))
        .unwrap_or_default();
    let title = terms.questionnaire.title(setting);
    let until = invitation
        .until
        .map(|until| last_day(app, until))
        .unwrap_or_default();
    let anonymous = match terms.anonymous {
        true => company.catalogue.word("survey.anonymous", locale),
        false => "",
    };
    let reference = request
        .map(|request| request.reference.to_string())
        .unwrap_or_default();
    let contact = contact(app, locale, request.is_some());
    let values = [
        ("brand", company.brand.name.get(locale)),
        ("title", title.as_str()),
        ("reference", reference.as_str()),
        ("question", question.as_str()),
        ("ratings", ratings.as_str()),
        ("link", link.as_str()),
        ("until", until.as_str()),
        ("anonymous", anonymous),
        ("stop", stop.as_str()),
        ("contact", contact.as_str()),
    ];
    let kind = match (asking, request) {
        (Asking::First, Some(_)) => "survey_case",
        (Asking::First, None) => "survey_round",
        (Asking::Again, Some(_)) => "survey_case_again",
        (Asking::Again, None) => "survey_round_again",
    };
    let letter = OutgoingMessage {
        unsubscribe: Some(stop.clone()),
        ..write(app, &to, kind, locale, &values)
    };
    Ok(tx.queue(&letter).await?)
}

/// By which clock and in which language a questionnaire is read.
#[must_use]
pub fn setting(app: &App, locale: Locale) -> Setting {
    Setting {
        now: app.clock.now(),
        zone: app.settings.time_zone,
        locale,
    }
}

/// A line with a link for each step of a rating, the best first.
fn ratings(terms: &SurveyTerms, question: &str, link: &str, setting: Setting) -> String {
    let steps = terms.questionnaire.steps(question);
    let (low, high) = terms.questionnaire.ends(question, setting);
    let last = steps.len().saturating_sub(1);
    let line = |(place, step): (usize, &String)| {
        let end = match place {
            0 => &low,
            place if place == last => &high,
            _ => "",
        };
        let words = match end {
            "" => step.clone(),
            end => format!("{step} – {end}"),
        };
        let link = reqwest::Url::parse_with_params(link, [(question, step)]).ok()?;
        Some(format!("{words}\n{link}"))
    };
    steps
        .iter()
        .enumerate()
        .rev()
        .filter_map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The last whole day before an instant, on the company's clock.
#[must_use]
pub fn last_day(app: &App, until: Instant) -> String {
    let last = until
        .plus(-chrono::TimeDelta::milliseconds(1))
        .unwrap_or(until);
    local_date(last, app.settings.time_zone).to_string()
}
