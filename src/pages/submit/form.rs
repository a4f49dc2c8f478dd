//! The form of one request type, a page of it at a time. Which page is part of the address, so that the browser's own
//! Back goes a step back; what was written is in the draft.

use super::{check, questions, sending};
use crate::{
    api::{self, Failure, Load, Query, promises},
    browser::{dom, task},
    components::{
        attachments::is_stuck,
        button::{Look, button, submit_button},
        dialog::dialog,
        form::{self, BODY, SUBJECT, control_id},
        icon::icon,
        load::{fetching, not_loaded},
        problems::{Problems, summary},
        promise,
        saved::saved_line,
    },
    i18n::{Words, format, m},
    navigation,
    route::{FormStep, Route},
    state::{
        config,
        drafts::{self, About, OpenDraft},
        session::{self, SignedIn},
    },
};
use leptos::prelude::*;
use portico_contract::{
    config::Capability,
    form::{Answers, FieldType, FormSchema},
    id::{FieldId, TypeId},
    problem::{FieldError, FieldProblem, ProblemCode},
    promise::{PreviewRequest, Promise},
    request::Kind,
};
use portico_view::{Child, Memo, View, effect_after, memo, ui};
use std::ops::Range;

/// What is on screen.
#[derive(Debug, Clone, PartialEq)]
enum Stage {
    /// The form, the session or the draft is not here yet.
    Loading,
    /// The form could not be had.
    Failed(Failure),
    /// A page of questions, by its place in the form, and what the questions are: a form that the company has changed
    /// is drawn anew.
    Page(usize, Vec<(FieldId, FieldType)>),
    /// "Check your answers".
    Check,
    /// It was handed over and has not arrived yet.
    Waiting,
}

/// A form being filled in. May be copied into closures.
#[derive(Clone, Copy)]
pub struct Wizard {
    pub form: form::Form,
    /// The type's own form, once it is here.
    pub own: Query<FormSchema>,
    pub guest: Memo<bool>,
    pub pages: Memo<Vec<Range<usize>>>,
    pub type_id: StoredValue<TypeId>,
    /// The customer has seen all answers: a change leads back to them.
    pub checked: RwSignal<bool>,
    /// The key of what was handed over.
    pub sent: RwSignal<Option<String>>,
    /// It is taking longer than anybody waits.
    pub waiting: RwSignal<bool>,
    /// The session ended while it was sent.
    pub signed_out: RwSignal<bool>,
    /// Why the server did not take it, where that is about no question.
    pub refused: RwSignal<Option<Failure>>,
    /// What the server said about questions and the customer has not changed yet.
    said: RwSignal<Vec<(usize, FieldProblem)>>,
    /// The customer has just come back to what was written earlier.
    returned: RwSignal<bool>,
    /// What would be promised if it were sent now.
    promised: Query<Option<Vec<Promise>>>,
}

impl Wizard {
    pub fn draft(self) -> OpenDraft {
        self.form.draft
    }

    pub fn is_complaint(self) -> bool {
        self.form
            .schema
            .with(|schema| schema.kind == Kind::Complaint)
    }

    fn route(self, step: FormStep) -> Route {
        Route::Form(self.type_id.get_value(), step)
    }

    /// The address of a page.
    pub fn page_route(self, page: usize) -> Route {
        // A form has far fewer pages.
        self.route(FormStep::Page(u32::try_from(page + 1).unwrap_or(1)))
    }

    /// The questions of a page, without its heading.
    pub fn part(self, page: usize) -> Range<usize> {
        self.pages.with(|pages| {
            let page = pages.get(page).cloned().unwrap_or_default();
            (page.start + 1).min(page.end)..page.end
        })
    }

    /// Whether a page has anything to ask (or, where it has no questions at all, to say). Reactive.
    pub fn is_shown(self, page: usize) -> bool {
        let mut part = self.part(page);
        match part.is_empty() {
            true => self.pages.with(|pages| {
                pages
                    .get(page)
                    .is_some_and(|page| self.form.is_shown(page.start))
            }),
            false => part.any(|index| self.form.is_shown(index)),
        }
    }

    /// The pages that are gone through. Reactive.
    pub fn shown(self) -> Vec<usize> {
        let count = self.pages.with(Vec::len);
        (0..count).filter(|&page| self.is_shown(page)).collect()
    }

    /// What a page is called. Reactive.
    pub fn heading(self, page: usize) -> String {
        let start = self
            .pages
            .with(|pages| pages.get(page).map_or(0, |page| page.start));
        match self.form.is_shown(start) {
            true => self.form.label(start),
            false => m::submit_details(),
        }
    }

    /// What stands below that. Reactive.
    fn lede(self, page: usize) -> Option<String> {
        let start = self
            .pages
            .with(|pages| pages.get(page).map(|page| page.start))?;
        let shown = self.form.is_shown(start);
        self.form
            .schema
            .with(|schema| schema.fields.get(start)?.help.clone().filter(|_| shown))
    }

    /// What is not right on a page.
    pub fn check(self, page: usize) -> Vec<(String, Words)> {
        let part = untrack(|| self.part(page));
        let mut found = self.form.check(part.clone());
        let contact = untrack(|| self.index_of(questions::EMAIL));
        if let Some(email) = contact.filter(|email| part.contains(email))
            && questions::is_unreachable(&untrack(|| self.form.answers()))
        {
            found.insert(0, (email, FieldProblem::Required));
        }
        let found = found
            .into_iter()
            .map(|(index, problem)| self.words(index, problem));
        found
            .chain(part.filter_map(|index| self.stuck_files(index)))
            .collect()
    }

    /// The files of a field that did not arrive and will not by themselves.
    fn stuck_files(self, index: usize) -> Option<(String, Words)> {
        let field = untrack(|| {
            self.form.schema.with(|schema| {
                let field = schema.fields.get(index);
                field
                    .filter(|f| f.field_type == FieldType::File)
                    .map(|f| f.id.clone())
            })
        })?;
        let count = untrack(|| {
            let draft = self.draft();
            draft.with(|written| {
                let files = written
                    .files
                    .iter()
                    .filter(|f| f.field == form::file_field(&field));
                files
                    .filter(|f| is_stuck(&draft.upload_state(&f.id)))
                    .count()
            })
        });
        // A message has at most a few files.
        #[allow(clippy::cast_precision_loss)]
        let words = move || m::submit_files_failed(count as f64);
        (count > 0).then(|| (control_id(&field), Words::new(words)))
    }

    /// Where a problem is shown, and its words; those for the questions of every request are their own.
    fn words(self, index: usize, problem: FieldProblem) -> (String, Words) {
        let (control, words) = self.form.words(index, problem);
        let id = untrack(|| {
            self.form
                .schema
                .with(|schema| schema.fields.get(index).map(|field| field.id.clone()))
        });
        let own = match id.as_ref().map(FieldId::as_str) {
            Some(SUBJECT) => m::submit_enter_subject,
            Some(BODY) => m::submit_enter_body,
            Some(questions::EMAIL) => m::submit_enter_contact,
            _ => return (control, words),
        };
        match problem {
            FieldProblem::Required => (control, Words::new(own)),
            _ => (control, words),
        }
    }

    /// The place of a field in the form.
    fn index_of(self, id: &str) -> Option<usize> {
        self.form.schema.with(|schema| {
            schema
                .fields
                .iter()
                .position(|field| field.id.as_str() == id)
        })
    }

    fn page_of(self, index: usize) -> Option<usize> {
        self.pages
            .with(|pages| pages.iter().position(|page| page.contains(&index)))
    }

    /// Goes to where something is not right and shows it. False when there is nothing.
    pub fn show_first_problem(self) -> bool {
        let found = untrack(|| self.shown())
            .into_iter()
            .map(|page| (page, self.check(page)))
            .find(|(_, problems)| !problems.is_empty());
        match found {
            Some((page, problems)) => {
                self.show(page, problems);
                true
            }
            None => false,
        }
    }

    fn show(self, page: usize, problems: Vec<(String, Words)>) {
        navigation::go(&self.page_route(page));
        task::detach(async move {
            // The page first, with its heading; then what is not right with it.
            for _ in 0..3 {
                task::next_frame().await;
            }
            self.form.problems.set(problems);
        });
    }

    /// Shows what the server said about fields, page by page. False when none of them is in the form.
    pub fn show_errors(self, errors: &[FieldError]) -> bool {
        let found = untrack(|| {
            errors
                .iter()
                .filter_map(|error| Some((self.index_of_pointer(&error.pointer)?, error.code)))
                .collect()
        });
        self.said.set(found);
        self.show_said()
    }

    /// Shows what the server said, on the first page of which it said something. False when there is nothing left.
    fn show_said(self) -> bool {
        let mut said = self.said.get_untracked();
        said.sort_by_key(|(index, _)| *index);
        let page = said
            .first()
            .and_then(|(index, _)| untrack(|| self.page_of(*index)));
        let Some(page) = page else {
            return false;
        };
        let part = untrack(|| self.part(page));
        let here = said.into_iter().filter(|(index, _)| part.contains(index));
        self.show(
            page,
            here.map(|(index, problem)| self.words(index, problem))
                .collect(),
        );
        true
    }

    /// Goes to the page that asks who writes.
    pub fn ask_for_contact(self) {
        let page = untrack(|| self.page_of(self.index_of(questions::CONTACT)?));
        navigation::go(
            &page.map_or_else(|| self.route(FormStep::Check), |page| self.page_route(page)),
        );
    }

    /// The field that a JSON pointer into the body leads to, or into.
    fn index_of_pointer(self, pointer: &str) -> Option<usize> {
        let own = pointer
            .strip_prefix("/fields/")
            .and_then(|rest| rest.split('/').next())
            .map(|id| id.replace("~1", "/").replace("~0", "~"));
        if let Some(own) = own {
            return self.index_of(&own);
        }
        let exact = self.index_of(pointer);
        exact.or_else(|| match pointer {
            "/contact" => self.index_of(questions::EMAIL),
            _ => self.form.schema.with(|schema| {
                schema.fields.iter().position(|field| {
                    let id = field.id.as_str();
                    field.field_type != FieldType::Info
                        && (pointer.starts_with(&format!("{id}/"))
                            || id.starts_with(&format!("{pointer}/")))
                })
            }),
        })
    }

    /// Where "Continue" leads from a page on which everything is right.
    fn after(self, page: usize) -> Route {
        let shown = untrack(|| self.shown());
        let next = match self.checked.get_untracked() {
            // What a change has brought up, then back to the answers.
            true => shown.into_iter().find(|&page| !self.check(page).is_empty()),
            false => shown.into_iter().find(|&other| other > page),
        };
        next.map_or_else(|| self.route(FormStep::Check), |page| self.page_route(page))
    }
}

/// The form of one request type.
pub fn form(type_id: TypeId) -> View {
    let own = {
        let type_id = type_id.clone();
        Query::new(move || {
            let type_id = type_id.clone();
            async move { api::request_types::form(&type_id).await }
        })
    };
    let draft = drafts::open(About::Form(type_id.clone()));
    // Who cannot be asked for their session can write as a guest.
    let known = RwSignal::new(false);
    task::Task::spawn(async move {
        session::known().await;
        known.try_set(true);
    })
    .owned();
    let guest = memo(|| !matches!(session::signed_in(), SignedIn::Yes(_)));
    let unknown = type_id.clone();
    let schema = memo(move || {
        let form = own.ready();
        let form = form.unwrap_or_else(|| questions::empty(&unknown));
        match config::current() {
            Some(config) if own.with(|form| form.ready().is_some()) => {
                questions::whole(&form, &config, guest.get())
            }
            _ => form,
        }
    });
    let heading = RwSignal::new(None::<Words>);
    let title = navigation::title(move || heading.get().map_or_else(m::form_title, |h| h.get()));
    let problems = Problems::new(title);
    let wizard = Wizard {
        form: form::Form::new(schema, draft, problems, questions::RULES),
        own,
        guest,
        pages: memo(move || schema.with(questions::pages)),
        type_id: StoredValue::new(schema.with_untracked(|schema| schema.id.clone())),
        checked: RwSignal::new(false),
        sent: RwSignal::new(None),
        waiting: RwSignal::new(false),
        signed_out: RwSignal::new(false),
        refused: RwSignal::new(None),
        said: RwSignal::new(Vec::new()),
        returned: RwSignal::new(false),
        promised: preview(type_id, draft),
    };
    let stage = memo(move || stage(wizard, known.get()));
    heading.set(Some(Words::new(move || wizard_heading(wizard, stage))));
    effect_after(move |before: Option<Option<usize>>| {
        let to = stage.with(place);
        arrived(wizard, before.flatten(), to)
    });
    sending::watch(wizard);
    let back = move || {
        let href = move || match stage.get() {
            Stage::Page(page, _) => {
                let before = wizard.shown().into_iter().rev().find(|&other| other < page);
                before.map_or(Route::New, |page| wizard.page_route(page))
            }
            Stage::Check => {
                let last = wizard.shown().last().copied().unwrap_or(0);
                wizard.page_route(last)
            }
            _ => Route::New,
        };
        ui! { <a class="back" href=move || href().href()>{icon("back")} {m::form_back}</a> }
    };
    let header = move || {
        let lede = memo(move || match stage.get() {
            Stage::Page(page, _) => wizard.lede(page),
            _ => None,
        });
        ui! {
            {back()}
            {summary(problems)}
            <header class="heading">
                <p class="caption">{move || caption(wizard, &stage.get())}</p>
                <h1 tabindex="-1">{move || wizard_heading(wizard, stage)}</h1>
                {move || lede.get().map(|lede| ui! { <p class="lede">{lede}</p> })}
            </header>
        }
    };
    let waits = memo(move || stage.with(|stage| *stage == Stage::Waiting));
    let body = move || match stage.get() {
        Stage::Loading => ui! {
            <div class="skeleton line" aria-hidden="true"></div>
            <div class="skeleton block" aria-hidden="true"></div>
        },
        Stage::Failed(failure) => failed(failure, own),
        Stage::Page(page, _) => page_view(wizard, page),
        Stage::Check => check::view(wizard),
        Stage::Waiting => sending::waiting(wizard),
    };
    ui! {
        {move || (!waits.get()).then(header)}
        {body}
    }
}

/// What is on screen: what the address asks for, as far as it is there.
fn stage(wizard: Wizard, session_known: bool) -> Stage {
    let ready = wizard.own.with(|load| match load {
        Load::Failed(failure) => Err(failure.clone()),
        Load::Loading { .. } => Ok(false),
        Load::Ready(_) => Ok(true),
    });
    let configured = config::config().with(|load| match load {
        Load::Failed(failure) => Err(failure.clone()),
        Load::Loading { .. } => Ok(false),
        Load::Ready(_) => Ok(true),
    });
    match (ready, configured) {
        (Err(failure), _) | (_, Err(failure)) => return Stage::Failed(failure),
        (Ok(true), Ok(true)) if session_known && wizard.draft().is_ready() => {}
        _ => return Stage::Loading,
    }
    if wizard.sent.with(Option::is_some) {
        return match wizard.waiting.get() {
            true => Stage::Waiting,
            false => Stage::Check,
        };
    }
    let asked = match navigation::current() {
        Route::Form(_, FormStep::Page(number)) => usize::try_from(number).unwrap_or(1) - 1,
        _ => return Stage::Check,
    };
    // A page that has nothing to ask gives way to the next.
    let page = wizard.shown().into_iter().find(|&page| page >= asked);
    page.map_or(Stage::Check, |page| {
        let part = wizard.part(page);
        let fields = wizard.form.schema.with(|schema| {
            let fields = schema.fields.get(part).unwrap_or_default();
            fields
                .iter()
                .map(|field| (field.id.clone(), field.field_type))
                .collect()
        });
        Stage::Page(page, fields)
    })
}

fn wizard_heading(wizard: Wizard, stage: Memo<Stage>) -> String {
    match stage.get() {
        Stage::Loading => m::form_title(),
        Stage::Failed(failure) if is_unknown(&failure) => m::submit_unknown_title(),
        Stage::Failed(_) => m::form_title(),
        Stage::Page(page, _) => wizard.heading(page),
        Stage::Check if wizard.is_complaint() => m::submit_check_complaint(),
        Stage::Check => m::submit_check_request(),
        Stage::Waiting => m::submit_waiting_title(),
    }
}

/// "Complaint · Step 2 of 5"
fn caption(wizard: Wizard, stage: &Stage) -> Option<String> {
    let shown = wizard.shown();
    let at = match stage {
        Stage::Page(page, _) => shown.iter().position(|shown| shown == page)? + 1,
        Stage::Check => shown.len() + 1,
        _ => return None,
    };
    let name = wizard.form.schema.with(|schema| schema.name.clone());
    let total = (shown.len() + 1).to_string();
    Some(
        m::submit_step {
            n: &at.to_string(),
            name: &name,
            total: &total,
        }
        .text(),
    )
}

fn is_unknown(failure: &Failure) -> bool {
    failure.code() == Some(ProblemCode::NotFound)
}

fn failed(failure: Failure, own: Query<FormSchema>) -> View {
    match is_unknown(&failure) {
        true => ui! {
            <p>{m::submit_unknown_text}</p>
            <div class="buttons">
                <a class="button" href=Route::New.href()>{m::submit_unknown_action}</a>
            </div>
        },
        false => not_loaded(failure, fetching(own), move || {
            own.reload();
            config::config().reload();
        }),
    }
}

/// The place of what is on screen in the order of the form: a page, and after all of them the check.
fn place(stage: &Stage) -> Option<usize> {
    match stage {
        Stage::Page(page, _) => Some(*page),
        Stage::Check => Some(usize::MAX),
        _ => None,
    }
}

/// On coming to a page, or from it to another. Gives the place, once the customer stays there.
fn arrived(wizard: Wizard, from: Option<usize>, to: Option<usize>) -> Option<usize> {
    let to = to?;
    if from == Some(to) {
        return from;
    }
    let draft = wizard.draft();
    let written = draft.get_untracked();
    let empty = written.is_empty();
    if from.is_none() && wizard.sent.with_untracked(Option::is_none) {
        if let Some(route) = elsewhere(wizard, to, if empty { 0 } else { written.page }) {
            navigation::replace(&route);
            return None;
        }
        wizard
            .returned
            .set(untrack(|| draft.is_resumed()) && !empty);
    } else {
        wizard.form.problems.clear();
        wizard.returned.set(false);
    }
    if to == usize::MAX {
        wizard.checked.set(true);
    }
    // A form has far fewer pages; the check comes after all of them.
    let page = u32::try_from(to.saturating_add(1)).unwrap_or(u32::MAX);
    if !empty && written.page != page {
        let title = untrack(|| wizard.form.schema.with(|schema| schema.name.clone()));
        draft.write(|draft| {
            draft.page = page;
            draft.title = title;
        });
        draft.save();
    }
    Some(to)
}

/// Where to go instead when the form is opened: to the page on which the customer was (from 1), unless the address
/// names another; without anything written to the first.
fn elsewhere(wizard: Wizard, to: usize, was: u32) -> Option<Route> {
    let was = usize::try_from(was).unwrap_or(usize::MAX);
    if was == 0 {
        return (to != 0).then(|| wizard.page_route(0));
    }
    let last = untrack(|| wizard.shown()).last().copied().unwrap_or(0);
    (to == 0 && was > 1).then(|| match was > last + 1 {
        true => wizard.route(FormStep::Check),
        false => wizard.page_route(was - 1),
    })
}

fn page_view(wizard: Wizard, page: usize) -> View {
    let part = untrack(|| wizard.part(page));
    let contact = untrack(|| {
        let contact = wizard.index_of(questions::CONTACT);
        contact.is_some_and(|contact| contact + 1 == part.start)
    });
    let go_on = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        wizard.draft().save();
        if wizard.form.problems.set(wizard.check(page)) {
            let part = untrack(|| wizard.part(page));
            wizard
                .said
                .update(|said| said.retain(|(index, _)| !part.contains(index)));
            if !wizard.show_said() {
                navigation::go(&wizard.after(page));
            }
        }
    };
    ui! {
        {restored(wizard)}
        {contact.then(|| sign_in_offer(wizard))}
        <form class="flow" novalidate on:submit=go_on>
            {form::questions(wizard.form, part)}
            <div class="buttons">{submit_button(m::form_continue, Signal::stored(false))}</div>
            {saved_line(wizard.draft())}
        </form>
        {promised(wizard)}
    }
}

/// Asks what would be promised, anew when the answers change what that hangs on.
fn preview(type_id: TypeId, draft: OpenDraft) -> Query<Option<Vec<Promise>>> {
    let urgency = memo(move || draft.with(|draft| questions::urgency(&draft.answers)));
    Query::new(move || {
        let offered = config::has(Capability::Promises);
        let request = PreviewRequest {
            type_id: type_id.clone(),
            fields: Answers::new(),
            urgency: urgency.get(),
        };
        async move {
            Ok(match offered {
                true => Some(promises::preview(&request).await?),
                false => None,
            })
        }
    })
}

/// What would be promised; nothing where that cannot be had.
pub fn promised(wizard: Wizard) -> View {
    let shown = memo(move || wizard.promised.ready().flatten());
    (move || {
        shown.get().map(|promises| {
            let begins = (!promises.is_empty())
                .then(|| ui! { <p class="hint">{m::promise_preview_text}</p> });
            ui! {
                <section class="preview" aria-labelledby="preview">
                    <h2 id="preview">{m::promise_preview}</h2>
                    {promise::promised(promises)}
                    {begins}
                </section>
            }
        })
    })
    .view()
}

/// That an earlier draft is gone on with, and how to begin anew.
fn restored(wizard: Wizard) -> View {
    let draft = wizard.draft();
    let since = StoredValue::new(draft.get_untracked().updated_at);
    let asking = RwSignal::new(false);
    let delete = move || {
        asking.set(false);
        wizard.returned.set(false);
        wizard.checked.set(false);
        draft.start_over();
        navigation::go(&wizard.page_route(0));
    };
    let question = move || {
        ui! {
            <p>{m::submit_start_over_text}</p>
            <div class="buttons">
                {button(Look::Danger, m::submit_start_over_confirm, delete)}
                {button(Look::Secondary, m::submit_start_over_keep, move || asking.set(false))}
            </div>
        }
    };
    let notice = move || {
        let when = move || format::date_time_on_this_device(since.get_value());
        ui! {
            <div class="notice info">
                {icon("info")}
                <div class="flow">
                    <p>{move || m::submit_restored(&when())}</p>
                    <div class="buttons">
                        {button(Look::Quiet, m::submit_start_over, move || asking.set(true))}
                    </div>
                </div>
            </div>
            {dialog(asking, "start-over", m::submit_start_over_title, question)}
        }
    };
    (move || wizard.returned.get().then(notice)).view()
}

fn sign_in_offer(wizard: Wizard) -> View {
    let words = move || match wizard.signed_out.get() {
        true => m::submit_signed_out(),
        false => m::submit_sign_in_text(),
    };
    let href = || Route::sign_in(navigation::current()).href();
    let offered = || config::current().is_some_and(|config| !config.sign_in.is_empty());
    let notice = move || {
        ui! {
            <div class="notice info">
                {icon("person")}
                <div class="flow">
                    <p>{words}</p>
                    <p><a href=href>{m::submit_sign_in}</a></p>
                </div>
            </div>
        }
    };
    (move || offered().then(notice)).view()
}

/// The link that leads from an answer back to its question.
pub fn change_link(wizard: Wizard, page: usize, index: usize) -> View {
    let label = move || wizard.form.label(index);
    let focus = move |_| {
        let id = untrack(|| {
            wizard
                .form
                .schema
                .with(|schema| schema.fields.get(index).map(|f| control_id(&f.id)))
        });
        task::detach(async move {
            // After the heading of the page.
            for _ in 0..3 {
                task::next_frame().await;
            }
            id.map(|id| dom::focus_field(&id));
        });
    };
    ui! {
        <a href=wizard.page_route(page).href() on:click=focus>
            {m::submit_change}
            <span class="visually-hidden">" "{label}</span>
        </a>
    }
}
