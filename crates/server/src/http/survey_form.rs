//! The survey without script: a plain page of the server at `/surveys/{token}?plain`, to which the portal's own page at
//! `/surveys/{token}` points where scripts do not run; and the way out of all surveys at
//! `/surveys/unsubscribe/{token}`.
//!
//! Opening either records nothing. A value in the link (`?plain&quality=4`) is only chosen beforehand; what counts is
//! sent with the button.

use super::{
    actor::token_hash,
    context::trace_id,
    once::{Answer, Key, Once, once_as},
    posted::Posted,
    site,
    surveys::{Lead, NAME, Refused, record},
};
use crate::{
    delivery::invitation::{last_day, setting},
    problem::{ApiError, Fault, pointer},
    state::App,
    store::surveys::InvitationState,
    surveys::questionnaire::{DATA_MAX, Shown, Through, View},
    telemetry,
};
use axum::{
    Router,
    body::to_bytes,
    extract::{Path, RawQuery, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use portico_contract::{BASE_PATH, Instant, locale::Locale, problem::ProblemCode};
use portico_survey::{
    Value,
    definition::Class,
    run::{self, Markup, Part, Question, Role, Tag},
    signature,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{fmt::Write, sync::LazyLock, time};
use uuid::Uuid;

const SURVEY: &str = "/surveys/{token}";
const UNSUBSCRIBE: &str = "/surveys/unsubscribe/{token}";
const STYLE: &str = include_str!("survey_form.css");
/// Nothing but our own style, and sending to ourselves: no script, no picture, no frame.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        STANDARD.encode(Sha256::digest(STYLE))
    )
});

/// The routes of the pages.
pub fn routes() -> Router<App> {
    Router::new()
        .route(SURVEY, get(open).post(send))
        .route(UNSUBSCRIBE, get(leave).post(left))
}

/// What the pages share.
struct Words<'a> {
    app: &'a App,
    locale: Locale,
}

impl Words<'_> {
    fn word(&self, key: &str) -> String {
        escaped(self.app.company().catalogue.word(key, self.locale))
    }

    fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        escaped(&self.app.company().catalogue.fill(key, self.locale, values))
    }
}

/// Text as it stands in HTML, in an attribute too.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn pairs(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}

/// The language that the page was asked for, or that the browser likes best.
fn locale(app: &App, query: &[(String, String)], headers: &HeaderMap) -> Locale {
    let asked = value(query, "lang").and_then(Locale::from_tag);
    asked
        .filter(|locale| app.settings.locales.contains(locale))
        .unwrap_or_else(|| {
            let accepted = headers
                .get(header::ACCEPT_LANGUAGE)
                .and_then(|value| value.to_str().ok());
            app.settings.locale(accepted)
        })
}

/// A whole page.
fn page(words: &Words<'_>, status: StatusCode, here: &str, title: &str, main: &str) -> Response {
    let (app, locale) = (words.app, words.locale);
    let mut languages = String::new();
    for other in &app.settings.locales {
        let name = match other {
            Locale::ZhHans => "简体中文",
            Locale::ZhHant => "繁體中文",
            _ => "English",
        };
        let current = if *other == locale {
            " aria-current=\"true\""
        } else {
            ""
        };
        // What is typed is not in the address: changing the language begins anew, so it stands at the top.
        let _ = write!(
            languages,
            "<a href=\"{here}lang={other}\" lang=\"{other}\"{current}>{name}</a> "
        );
    }
    let brand = escaped(app.company().brand.name.get(locale));
    let languages_label = words.word("survey.form.languages");
    let html = format!(
        "<!doctype html>\n<html lang=\"{locale}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title} – {brand}</title>\n\
         <style>{STYLE}</style>\n</head>\n\
         <body>\n<header><p>{brand}</p><nav aria-label=\"{languages_label}\">{languages}</nav></header>\n\
         <main>\n{main}\n</main>\n</body>\n</html>\n"
    );
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    for (name, text) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_LANGUAGE, locale.as_str()),
        (header::VARY, "accept-language"),
    ] {
        headers.insert(name, HeaderValue::from_static(text));
    }
    if let Ok(policy) = HeaderValue::try_from(POLICY.as_str()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A page that says one thing.
fn notice(words: &Words<'_>, status: StatusCode, key: &str) -> Response {
    let title = words.word(&format!("{key}.title"));
    let text = words.word(&format!("{key}.text"));
    page(
        words,
        status,
        "?plain&amp;",
        &title,
        &format!("<h1>{title}</h1>\n<p>{text}</p>"),
    )
}

/// What went wrong, as a page.
fn failed(words: &Words<'_>, error: &ApiError, trace_id: &str) -> Response {
    if let Some(source) = &error.source {
        tracing::error!(source, trace_id, "the call failed");
    }
    let status =
        StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match error.code {
        ProblemCode::NotFound => notice(words, status, "survey.form.unknown"),
        ProblemCode::Gone => notice(words, status, "survey.form.expired"),
        code => {
            let title = words.word(&format!("problem.{code}.title"));
            let text = words.word(&format!("problem.{code}.detail"));
            let mut response = page(
                words,
                status,
                "?plain&amp;",
                &title,
                &format!("<h1>{title}</h1>\n<p>{text}</p>"),
            );
            if let Some(seconds) = error.retry_after {
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
    }
}

/// One call of a page, from its first moment to the line of the log.
struct Visit<'a> {
    words: Words<'a>,
    query: Vec<(String, String)>,
    method: Method,
    route: &'static str,
    began: time::Instant,
    trace_id: String,
}

impl<'a> Visit<'a> {
    fn begin(
        app: &'a App,
        route: &'static str,
        method: Method,
        headers: &HeaderMap,
        query: Option<String>,
    ) -> Self {
        let query = pairs(query.as_deref().unwrap_or_default());
        Self {
            words: Words {
                app,
                locale: locale(app, &query, headers),
            },
            query,
            method,
            route,
            began: time::Instant::now(),
            trace_id: trace_id(),
        }
    }

    /// The page, or what went wrong as one.
    fn end(self, page: Result<Response, ApiError>) -> Response {
        let response = page.unwrap_or_else(|error| failed(&self.words, &error, &self.trace_id));
        telemetry::answered(
            &self.method,
            Some(self.route),
            response.status(),
            self.began,
            &self.trace_id,
        );
        response
    }
}

/// `GET /surveys/{token}`: the portal's page, or the plain one.
async fn open(
    State(app): State<App>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::begin(&app, SURVEY, method, &headers, query);
    if value(&visit.query, "plain").is_none() {
        return site::serve(State(app.clone()), visit.method, uri, headers).await;
    }
    let page = shown(&visit.words, &token, &visit.query).await;
    visit.end(page)
}

async fn shown(
    words: &Words<'_>,
    token: &str,
    query: &[(String, String)],
) -> Result<Response, ApiError> {
    let app = words.app;
    let mut tx = app.store.read().await?;
    let lead = Lead::find(&mut *tx, token).await?;
    if !lead.is_open(app.clock.now()) {
        return Ok(notice(words, StatusCode::OK, "survey.form.expired"));
    }
    let questionnaire = lead.questionnaire(&mut *tx).await?;
    let data = lead.data(&mut *tx).await?;
    let mut answers = data.as_object().cloned().unwrap_or_default();
    for (name, value) in query {
        if questionnaire.asks(name) && answers.get(name).is_none() {
            // Chosen beforehand, if it is one of the steps; nothing is kept of it.
            answers.insert(name.as_str(), value.as_str().into());
        }
    }
    let shown = questionnaire.page(&answers, setting(app, words.locale));
    let form = Form {
        key: Uuid::new_v4(),
        shown: &shown,
        faults: &[],
        notice: match (value(query, "sent"), lead.is_answered()) {
            (Some(_), true) => Some(Notice::Sent),
            (_, true) => Some(Notice::Answered),
            _ => None,
        },
        until: lead.until(),
        anonymous: lead.is_anonymous(),
    };
    Ok(form.page(words, StatusCode::OK))
}

/// What is said above the form.
#[derive(Clone, Copy)]
enum Notice {
    /// It was sent just now.
    Sent,
    /// It was sent before.
    Answered,
    /// More is asked because of what was answered.
    More,
}

struct Form<'a> {
    key: Uuid,
    shown: &'a Shown,
    faults: &'a [Fault],
    notice: Option<Notice>,
    until: Option<Instant>,
    anonymous: bool,
}

impl Form<'_> {
    fn page(&self, words: &Words<'_>, status: StatusCode) -> Response {
        let title = match self.shown.title.as_str() {
            "" => words.word("survey.form.title"),
            title => escaped(title),
        };
        let mut main = format!("<h1>{title}</h1>\n");
        let until = self
            .until
            .map(|until| last_day(words.app, until))
            .unwrap_or_default();
        if let Some(notice) = self.notice {
            let key = match notice {
                Notice::Sent => "survey.form.sent",
                Notice::Answered => "survey.form.answered",
                Notice::More => "survey.form.more",
            };
            let text = words.fill(key, &[("until", &until)]);
            let _ = writeln!(main, "<p class=\"notice\" role=\"status\">{text}</p>");
        }
        if !self.shown.about.is_empty() {
            let _ = writeln!(
                main,
                "<div class=\"about\">{}</div>",
                html_of(&self.shown.about)
            );
        }
        if self.notice.is_none() {
            let _ = writeln!(
                main,
                "<p class=\"quiet\">{}</p>",
                words.fill("survey.form.until", &[("until", &until)])
            );
        }
        if self.anonymous {
            let _ = writeln!(
                main,
                "<p class=\"quiet\">{}</p>",
                words.word("survey.anonymous")
            );
        }
        self.summary(words, &mut main);
        let _ = writeln!(
            main,
            "<form method=\"post\" action=\"?plain&amp;lang={}\" novalidate>",
            words.locale
        );
        let _ = writeln!(
            main,
            "<input type=\"hidden\" name=\"key\" value=\"{}\">",
            self.key
        );
        if let Some(page) = &self.shown.page {
            self.parts(words, &page.parts, &mut main);
        }
        let again = matches!(self.notice, Some(Notice::Sent | Notice::Answered));
        let button = words.word(if again {
            "survey.form.change"
        } else {
            "survey.form.send"
        });
        let _ = writeln!(main, "<button type=\"submit\">{button}</button>\n</form>");
        let mark = if self.faults.is_empty() {
            String::new()
        } else {
            words.word("survey.form.error_mark")
        };
        page(
            words,
            status,
            "?plain&amp;",
            &format!("{mark}{title}"),
            &main,
        )
    }

    /// What is wrong, each with a link to its question.
    fn summary(&self, words: &Words<'_>, main: &mut String) {
        if self.faults.is_empty() {
            return;
        }
        let _ = writeln!(
            main,
            "<div class=\"summary\" role=\"alert\"><h2>{}</h2><ul>",
            words.word("survey.form.errors")
        );
        let questions = self.shown.questions();
        for fault in self.faults {
            let detail = escaped(
                &fault
                    .told(&words.app.company().catalogue, words.locale)
                    .detail,
            );
            let place = questions
                .iter()
                .position(|question| self.is_about(fault, question));
            let _ = match place {
                Some(place) => writeln!(main, "<li><a href=\"#q{place}\">{detail}</a></li>"),
                None => writeln!(main, "<li>{detail}</li>"),
            };
        }
        main.push_str("</ul></div>\n");
    }

    fn is_about(&self, fault: &Fault, question: &Question) -> bool {
        self.shown.view(question.id).is_some_and(|view| {
            let at = pointer(&["data", &view.key]);
            fault.pointer == at || fault.pointer.starts_with(&format!("{at}/"))
        })
    }

    fn parts(&self, words: &Words<'_>, parts: &[Part], main: &mut String) {
        for part in parts {
            match part {
                Part::Question(question) => self.question(words, question, main),
                Part::Group {
                    id, title, parts, ..
                } => {
                    main.push_str("<section>\n");
                    if !title.is_empty() {
                        let _ = writeln!(main, "<h2>{}</h2>", escaped(title));
                    }
                    if let Some(view) = self.shown.view(*id).filter(|view| !view.about.is_empty()) {
                        let _ = writeln!(main, "<div>{}</div>", html_of(&view.about));
                    }
                    self.parts(words, parts, main);
                    main.push_str("</section>\n");
                }
            }
        }
    }

    fn question(&self, words: &Words<'_>, question: &Question, main: &mut String) {
        let Some(view) = self.shown.view(question.id) else {
            return;
        };
        let place = self
            .shown
            .questions()
            .iter()
            .position(|other| other.id == question.id)
            .unwrap_or_default();
        if question.class == Class::Html {
            let _ = writeln!(main, "<div>{}</div>", html_of(&view.html));
            return;
        }
        if question.class == Class::Image
            || (question.class == Class::Expression && question.answer.is_none())
        {
            return;
        }
        let title = escaped(&question.title);
        let required = match question.required && view.plain {
            true => format!(
                " <span class=\"quiet\">{}</span>",
                words.word("survey.form.required")
            ),
            false => String::new(),
        };
        let name = escaped(&question.name);
        let id = format!("q{place}");
        let mut about = String::new();
        let mut describes = Vec::new();
        if !view.about.is_empty() {
            let _ = writeln!(
                about,
                "<div class=\"quiet\" id=\"{id}d\">{}</div>",
                html_of(&view.about)
            );
            describes.push(format!("{id}d"));
        }
        let faults: Vec<&Fault> = self
            .faults
            .iter()
            .filter(|fault| self.is_about(fault, question))
            .collect();
        for (number, fault) in faults.iter().enumerate() {
            let detail = escaped(
                &fault
                    .told(&words.app.company().catalogue, words.locale)
                    .detail,
            );
            let _ = writeln!(
                about,
                "<p class=\"error\" id=\"{id}e{number}\">{detail}</p>"
            );
            describes.push(format!("{id}e{number}"));
        }
        let described = match describes.is_empty() {
            true => String::new(),
            false => format!(" aria-describedby=\"{}\"", describes.join(" ")),
        };
        let wrong = if faults.is_empty() {
            ""
        } else {
            " aria-invalid=\"true\""
        };
        let field = Field {
            question,
            view,
            name: &name,
            id: &id,
            described: &described,
            wrong,
        };
        let (class, inside, grouped) = match question.class {
            Class::Rating => ("scale", field.radios(&view.ends), true),
            Class::RadioGroup | Class::ButtonGroup | Class::ImagePicker
                if !field.takes_several() =>
            {
                ("choices", field.radios(&Default::default()), true)
            }
            Class::Checkbox | Class::TagBox | Class::ImagePicker => {
                ("choices", field.boxes(), true)
            }
            Class::Boolean => ("choices", field.yes_and_no(words), true),
            Class::Matrix => ("rows", field.rows(), true),
            Class::Dropdown => ("", field.list(words), false),
            Class::Comment => ("", field.area(), false),
            Class::Text => ("", field.line(), false),
            Class::Slider if !field.takes_several() => ("", field.line(), false),
            Class::SignaturePad => ("", field.signature(words), false),
            Class::File => ("", field.files(words), true),
            Class::Expression => (
                "",
                format!("<p><output>{}</output></p>", escaped(&field.answer_text())),
                false,
            ),
            _ => (
                "",
                format!(
                    "<p class=\"quiet\">{}</p>",
                    words.word("survey.form.needs_script")
                ),
                true,
            ),
        };
        let _ = writeln!(
            main,
            "<input type=\"hidden\" name=\"asked\" value=\"{name}\">"
        );
        if grouped {
            let _ = writeln!(
                main,
                "<fieldset id=\"{id}\"{described}{wrong}><legend>{title}{required}</legend>\n{about}\
                 <div class=\"{class}\">{inside}</div></fieldset>"
            );
        } else {
            let _ = writeln!(
                main,
                "<div class=\"field\"><label for=\"{id}\">{title}{required}</label>\n{about}{inside}</div>"
            );
        }
        if field.takes_words() {
            let other = words.word("survey.form.other");
            let _ = writeln!(
                main,
                "<div class=\"field\"><label for=\"{id}c\">{other}</label>\
                 <input id=\"{id}c\" name=\"c:{name}\" value=\"{}\"></div>",
                escaped(&question.comment)
            );
        }
    }
}

/// One question as a field of the form. `name` and what describes it are HTML already.
struct Field<'a> {
    question: &'a Question,
    view: &'a View,
    name: &'a str,
    id: &'a str,
    described: &'a str,
    wrong: &'a str,
}

impl Field<'_> {
    fn takes_several(&self) -> bool {
        self.view.several
    }

    fn takes_words(&self) -> bool {
        self.question
            .choices
            .iter()
            .any(|choice| choice.role == Role::Other)
    }

    fn answer_text(&self) -> String {
        self.question
            .answer
            .as_ref()
            .map(|answer| answer.to_text().into_owned())
            .unwrap_or_default()
    }

    fn input(&self, kind: &str, name: &str, value: &str, chosen: bool, text: &str) -> String {
        let checked = if chosen { " checked" } else { "" };
        let value = escaped(value);
        format!(
            "<label><input type=\"{kind}\" name=\"{name}\" value=\"{value}\"{checked}> <span>{}</span></label>\n",
            escaped(text)
        )
    }

    fn radios(&self, ends: &(String, String)) -> String {
        let name = format!("a:{}", self.name);
        let last = self.question.choices.len().saturating_sub(1);
        let choices = self
            .question
            .choices
            .iter()
            .filter(|choice| choice.enabled)
            .enumerate();
        choices
            .map(|(place, choice)| {
                let end = match place {
                    0 => ends.0.as_str(),
                    place if place == last => ends.1.as_str(),
                    _ => "",
                };
                let text = match end {
                    "" => choice.text.clone(),
                    end => format!("{} – {end}", choice.text),
                };
                let chosen = self.question.answer.as_ref() == Some(&choice.value);
                self.input("radio", &name, &choice.value.to_text(), chosen, &text)
            })
            .collect()
    }

    fn boxes(&self) -> String {
        let name = format!("a:{}", self.name);
        let chosen = self
            .question
            .answer
            .as_ref()
            .and_then(Value::as_list)
            .unwrap_or_default();
        let choices = self
            .question
            .choices
            .iter()
            .filter(|choice| choice.enabled && choice.role != Role::All);
        choices
            .map(|choice| {
                let is = chosen.contains(&choice.value);
                self.input("checkbox", &name, &choice.value.to_text(), is, &choice.text)
            })
            .collect()
    }

    fn yes_and_no(&self, words: &Words<'_>) -> String {
        let name = format!("a:{}", self.name);
        let (yes, no) = &self.view.values;
        let label = |own: &str, key: &str| match own {
            "" => words
                .app
                .company()
                .catalogue
                .word(key, words.locale)
                .to_owned(),
            own => own.to_owned(),
        };
        let answer = self.question.answer.as_ref();
        [
            ("true", yes, label(&self.view.ends.0, "value.yes")),
            ("false", no, label(&self.view.ends.1, "value.no")),
        ]
        .map(|(word, value, text)| self.input("radio", &name, word, answer == Some(value), &text))
        .concat()
    }

    fn rows(&self) -> String {
        let answers = self.question.answer.as_ref().and_then(Value::as_object);
        let mut out = String::new();
        for (row, words) in &self.question.rows {
            let row = row.to_text();
            let name = format!("a:{}:{}", self.name, escaped(&row));
            let chosen = answers.and_then(|answers| answers.get(&row));
            let _ = write!(
                out,
                "<fieldset><legend>{}</legend><div class=\"choices\">",
                escaped(words)
            );
            for (column, words) in &self.question.columns {
                out.push_str(&self.input(
                    "radio",
                    &name,
                    &column.to_text(),
                    chosen == Some(column),
                    words,
                ));
            }
            out.push_str("</div></fieldset>");
        }
        out
    }

    fn list(&self, words: &Words<'_>) -> String {
        let Self {
            name,
            id,
            described,
            wrong,
            ..
        } = self;
        let mut out = format!("<select id=\"{id}\" name=\"a:{name}\"{described}{wrong}>");
        let _ = write!(
            out,
            "<option value=\"\">{}</option>",
            words.word("survey.form.choose")
        );
        for choice in self.question.choices.iter().filter(|choice| choice.enabled) {
            let selected = if self.question.answer.as_ref() == Some(&choice.value) {
                " selected"
            } else {
                ""
            };
            let value = escaped(&choice.value.to_text());
            let _ = write!(
                out,
                "<option value=\"{value}\"{selected}>{}</option>",
                escaped(&choice.text)
            );
        }
        out.push_str("</select>");
        out
    }

    fn area(&self) -> String {
        let Self {
            name,
            id,
            described,
            wrong,
            ..
        } = self;
        let text = escaped(&self.answer_text());
        // The first line end after the tag is none of the text.
        format!(
            "<textarea id=\"{id}\" name=\"a:{name}\" rows=\"5\"{described}{wrong}>\n{text}</textarea>"
        )
    }

    /// A name that is typed; one that was drawn elsewhere stays.
    fn signature(&self, words: &Words<'_>) -> String {
        let Self {
            name,
            id,
            described,
            wrong,
            ..
        } = self;
        let answer = self.answer_text();
        let (typed, note) = match signature::lines(&answer) {
            Some(_) => ("", words.word("survey.form.signed")),
            None => (answer.as_str(), words.word("survey.form.sign")),
        };
        format!(
            "<p class=\"quiet\">{note}</p><input id=\"{id}\" name=\"a:{name}\" autocomplete=\"name\" maxlength=\"200\" \
             value=\"{}\"{described}{wrong}>",
            escaped(typed)
        )
    }

    /// Files need the portal's page; those that were sent from there stay.
    fn files(&self, words: &Words<'_>) -> String {
        let mut out = format!(
            "<p class=\"quiet\">{}</p>",
            words.word("survey.form.needs_file_page")
        );
        let files = self.question.answer.as_ref().and_then(Value::as_list);
        for file in files.unwrap_or_default() {
            let name = file.as_object().and_then(|file| file.get("name"));
            let name = name.map(Value::to_text).unwrap_or_default();
            let _ = write!(out, "<p>{}</p>", escaped(&name));
        }
        out
    }

    fn line(&self) -> String {
        let Self {
            name,
            id,
            described,
            wrong,
            view,
            ..
        } = self;
        let kind = match view.input_type.as_str() {
            kind @ ("number" | "date" | "time" | "month" | "week" | "email" | "tel" | "url") => {
                kind
            }
            // No control of these two can be left empty: a colour is written.
            "range" => "number",
            "datetime-local" | "datetime" => "datetime-local",
            _ if self.question.class == Class::Slider => "number",
            _ => "text",
        };
        let text = escaped(&self.answer_text());
        let any = if kind == "number" {
            " step=\"any\""
        } else {
            ""
        };
        format!(
            "<input id=\"{id}\" name=\"a:{name}\" type=\"{kind}\"{any} value=\"{text}\"{described}{wrong}>"
        )
    }
}

/// Markup of a questionnaire: the few harmless elements that the engine leaves of it.
fn html_of(markup: &str) -> String {
    fn write(all: &[Markup], out: &mut String) {
        for one in all {
            let (tag, address, inside) = match one {
                Markup::Text(text) => {
                    out.push_str(&escaped(text));
                    continue;
                }
                Markup::Element {
                    tag,
                    address,
                    inside,
                } => (tag, address, inside),
            };
            let name = match tag {
                Tag::Break => {
                    out.push_str("<br>");
                    continue;
                }
                Tag::Rule => {
                    out.push_str("<hr>");
                    continue;
                }
                Tag::Link if address.is_empty() => {
                    write(inside, out);
                    continue;
                }
                Tag::Paragraph => "p",
                Tag::Strong => "strong",
                Tag::Emphasis => "em",
                Tag::Underline => "u",
                Tag::Heading => "h3",
                Tag::List => "ul",
                Tag::Numbered => "ol",
                Tag::Item => "li",
                Tag::Link => "a",
            };
            let _ = write!(out, "<{name}");
            if *tag == Tag::Link {
                let address = escaped(address);
                let _ = write!(out, " href=\"{address}\" rel=\"noreferrer nofollow\"");
            }
            out.push('>');
            write(inside, out);
            let _ = write!(out, "</{name}>");
        }
    }
    let mut out = String::new();
    write(&run::markup(markup), &mut out);
    out
}

/// Whether a plain form has a field for it.
fn is_asked(question: &Question) -> bool {
    !matches!(
        question.class,
        Class::Html | Class::Image | Class::Expression
    )
}

/// `POST /surveys/{token}`: the plain form comes back.
async fn send(
    State(app): State<App>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let visit = Visit::begin(&app, SURVEY, Method::POST, request.headers(), query);
    let page = sent(&visit.words, &token, request).await;
    visit.end(page)
}

fn has_type(request: &Request, media_type: &str) -> bool {
    let named = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let named = named.unwrap_or_default().split(';').next();
    named.is_some_and(|named| named.trim().eq_ignore_ascii_case(media_type))
}

/// The fields of a form that was posted.
async fn fields(request: Request) -> Result<Vec<(String, String)>, ApiError> {
    if !has_type(&request, "application/x-www-form-urlencoded") {
        return Err(ApiError::new(ProblemCode::UnsupportedMedia));
    }
    // A character may take three bytes of its own and three times as many when it is encoded.
    let body = to_bytes(request.into_body(), 3 * DATA_MAX).await;
    let body = body.map_err(|_| ApiError::new(ProblemCode::PayloadTooLarge))?;
    let text = std::str::from_utf8(&body).map_err(|_| ApiError::bad_request())?;
    let fields = pairs(text);
    match fields
        .iter()
        .any(|(name, value)| name.contains('\0') || value.contains('\0'))
    {
        true => Err(ApiError::bad_request()),
        false => Ok(fields),
    }
}

async fn sent(words: &Words<'_>, token: &str, request: Request) -> Result<Response, ApiError> {
    let (app, locale) = (words.app, words.locale);
    let mut tx = app.store.read().await?;
    let lead = Lead::find(&mut *tx, token).await?;
    let fields = fields(request).await?;
    let key = value(&fields, "key")
        .and_then(|key| Uuid::parse_str(key).ok())
        .ok_or_else(ApiError::bad_request)?;
    let questionnaire = lead.questionnaire(&mut *tx).await?;
    let before = lead.data(&mut *tx).await?;
    drop(tx);
    let answers = questionnaire.from_form(&fields, before.as_object(), setting(app, locale));
    let form = |shown: &Shown, faults: &[Fault], notice, status| {
        let form = Form {
            key,
            shown,
            faults,
            notice,
            until: lead.until(),
            anonymous: lead.is_anonymous(),
        };
        Ok(form.page(words, status))
    };
    let shown = questionnaire.page(&answers, setting(app, locale));
    let asked = |question: &&Question| {
        !fields
            .iter()
            .any(|(name, value)| name == "asked" && *value == question.name)
    };
    if lead.is_open(app.clock.now())
        && shown
            .questions()
            .iter()
            .filter(|question| is_asked(question))
            .any(asked)
    {
        return form(&shown, &[], Some(Notice::More), StatusCode::OK);
    }
    // The same form with the same answers is the same submission, however often it comes; one that was changed after
    // going back is another.
    let data = Value::Object(answers);
    let body = json!({"data": data});
    let mut hash = Sha256::new();
    hash.update(key.as_bytes());
    hash.update(body.to_string());
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    let path = format!("{BASE_PATH}/surveys/{token}/response");
    let posted = Posted::of_form(path, Uuid::from_bytes(bytes), &body)?;
    let turn = match once_as(app, NAME, &posted, Key::Required).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let mut tx = app.store.write().await?;
    match record(app, &mut *tx, token, &data, Through::PlainForm, locale).await {
        Ok(recorded) => {
            let to = format!("/surveys/{token}?plain&lang={locale}&sent");
            let answer = Answer::empty(StatusCode::SEE_OTHER).with(header::LOCATION, to);
            let response = turn.commit(tx, answer, recorded.about.as_ref()).await?;
            recorded.release(app).await;
            Ok(response)
        }
        Err(Refused {
            error,
            shown: Some(shown),
        }) => form(
            &shown,
            &error.fields,
            None,
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        Err(Refused { error, shown: None }) => Err(error),
    }
}

/// `GET /surveys/unsubscribe/{token}`: asks, and does nothing yet.
async fn leave(
    State(app): State<App>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::begin(&app, UNSUBSCRIBE, method, &headers, query);
    let page = leaving(&visit.words, &token, None).await;
    visit.end(page)
}

/// `POST /surveys/unsubscribe/{token}`: no more surveys, or with `again` surveys again. Mail programs post here with one
/// click, as a form of either kind (RFC 8058).
async fn left(
    State(app): State<App>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let visit = Visit::begin(&app, UNSUBSCRIBE, Method::POST, request.headers(), query);
    let done = async {
        let fields = match has_type(&request, "multipart/form-data") {
            true => Vec::new(),
            false => fields(request).await?,
        };
        leaving(
            &visit.words,
            &token,
            Some(value(&fields, "again").is_none()),
        )
        .await
    };
    let page = done.await;
    visit.end(page)
}

/// The page of who wants no more surveys; `out` is what was asked for with the button.
async fn leaving(words: &Words<'_>, token: &str, out: Option<bool>) -> Result<Response, ApiError> {
    let app = words.app;
    let hash = token_hash(token);
    let mut tx = match out {
        Some(_) => app.store.write().await?,
        None => app.store.read().await?,
    };
    let mut invitation = tx
        .invitation_by_unsubscribe(&hash)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let is_out = match out {
        Some(out) => {
            tx.set_unsubscribed(&invitation.person, out.then(|| app.clock.now()))
                .await?;
            let waits = matches!(
                invitation.state,
                InvitationState::Sent | InvitationState::Shown
            );
            if out && waits {
                invitation.state = InvitationState::Declined;
                invitation.due_at = None;
                tx.update_invitation(&invitation).await?;
            }
            tx.commit().await?;
            out
        }
        None => tx.is_unsubscribed(&invitation.person).await?,
    };
    let (title, text, button, field) = match is_out {
        false => (
            "survey.stop.title",
            "survey.stop.text",
            "survey.stop.button",
            "",
        ),
        true => (
            "survey.stopped.title",
            "survey.stopped.text",
            "survey.stopped.button",
            "<input type=\"hidden\" name=\"again\" value=\"1\">",
        ),
    };
    let title = words.word(title);
    let main = format!(
        "<h1>{title}</h1>\n<p role=\"status\">{}</p>\n<form method=\"post\" action=\"?lang={}\">{field}\
         <button type=\"submit\">{}</button></form>",
        words.word(text),
        words.locale,
        words.word(button)
    );
    Ok(page(words, StatusCode::OK, "?", &title, &main))
}
