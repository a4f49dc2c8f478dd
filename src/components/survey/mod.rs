//! A survey that is being answered: one group of questions at a time, as the questionnaire has them.
//!
//! The engine (`portico_survey`) says what is shown; here it is drawn. What stays in place keeps the focus: each
//! question is built once and follows its own part of the page.

mod control;
#[cfg(not(feature = "light"))]
mod files;
mod rows;
#[cfg(not(feature = "light"))]
mod signature;

use super::{
    button::{Look, button, submit_button},
    problems::{Problems, summary},
};
use crate::{
    browser::{clock, dom, task},
    i18n::{self, Message, Words, format, m},
    navigation::Title,
};
use control::question;
use leptos::prelude::*;
use portico_contract::locale::Locale;
use portico_survey::{
    Clock, Definition, Object, Survey, Value,
    definition::Class,
    run::{self, End, Id, Markup, Page, Part, Problem, Start, State, Tag, Wrong},
};
use portico_view::{Child, Memo, View, effect_after, memo, ui};

/// The clock of the customer's device, corrected by the server's.
struct Local;

impl Clock for Local {
    fn now(&self) -> f64 {
        clock::now_millis()
    }

    fn offset(&self, at: f64) -> f64 {
        clock::offset_minutes(at)
    }
}

/// A survey that is being answered.
#[derive(Clone, Copy)]
pub struct Answering {
    survey: StoredValue<Survey, LocalStorage>,
    changed: RwSignal<u32>,
    page: Memo<Option<Page>>,
    problems: Problems,
    /// Questions at which something stands that is no answer yet, and what to do about it: files on their way, words
    /// where a number is asked for. The survey does not go on before.
    unfinished: RwSignal<Vec<(Id, Message)>>,
}

impl Answering {
    /// Begins with answers that were given before, and with those that the link brings along where there are none yet,
    /// at the part (from 1) where it was left, if all before it is answered that must be.
    pub fn new(
        definition: &Definition,
        answers: Object,
        part: usize,
        picked: &[(String, String)],
        title: Title,
    ) -> Self {
        let start = Start {
            answers,
            locale: definition.language(i18n::locale().as_str()),
            ..Start::default()
        };
        let mut survey = Survey::new(definition, start, Box::new(Local));
        for (name, value) in picked {
            let Some(id) = survey.question(name) else {
                continue;
            };
            let mut choices = survey.choices(id).into_iter();
            let choice = choices.find(|choice| choice.enabled && choice.value.to_text() == *value);
            if let (Some(choice), None) = (choice, survey.answer(id)) {
                survey.set(id, choice.value);
            }
        }
        if survey.state() == State::Starting && survey.page().is_none_or(|p| p.parts.is_empty()) {
            survey.start();
        }
        while survey.progress().0 < part && !survey.is_last() {
            let went = match survey.state() {
                State::Starting => survey.start(),
                _ => survey.go_on(),
            };
            if !went {
                break;
            }
        }
        let definition = definition.clone();
        let survey = StoredValue::new_local(survey);
        let changed = RwSignal::new(0_u32);
        effect_after(move |_: Option<()>| {
            let locale = definition.language(i18n::locale().as_str());
            survey.update_value(|survey| survey.set_locale(&locale));
            changed.update(|n| *n += 1);
        });
        let page = memo(move || {
            changed.track();
            survey.with_value(Survey::page)
        });
        Self {
            survey,
            changed,
            page,
            problems: Problems::new(title),
            unfinished: RwSignal::new(Vec::new()),
        }
    }

    /// The answers so far. Reactive.
    pub fn answers(self) -> Object {
        self.changed.track();
        self.survey.with_value(|survey| survey.answers().clone())
    }

    /// The part that is shown, from 1. Reactive.
    pub fn part(self) -> usize {
        self.page
            .with(|page| page.as_ref().map_or(0, |page| page.number))
    }

    /// What is said when it is done.
    pub fn end(self) -> End {
        self.survey.with_value(Survey::end)
    }

    fn look<T>(self, of: impl FnOnce(&Survey) -> T) -> T {
        self.survey.with_value(of)
    }

    /// Changes it and shows what comes of it; gives what `by` says of its success.
    fn change(self, by: impl FnOnce(&mut Survey) -> bool) -> bool {
        let done = self.survey.try_update_value(by).unwrap_or_default();
        self.changed.update(|n| *n += 1);
        done
    }

    /// Answers a question; an empty value takes the answer back.
    fn set(self, id: Id, value: Value) {
        self.change(|survey| {
            survey.set(id, value);
            true
        });
    }

    /// Notes what is unfinished at a question; `None` when nothing is.
    fn is_unfinished(self, id: Id, what: Option<Message>) {
        let known = |all: &Vec<(Id, Message)>| all.iter().any(|(known, _)| *known == id);
        if what.is_some() || self.unfinished.try_with_untracked(known) == Some(true) {
            self.unfinished.try_update(|all| {
                all.retain(|(known, _)| *known != id);
                all.extend(what.map(|what| (id, what)));
            });
        }
    }

    /// Nothing comes before what is shown. Reactive.
    pub fn is_first(self) -> bool {
        self.changed.track();
        self.look(|survey| survey.state() == State::Starting || survey.is_first())
    }

    /// What the questionnaire is about, as markup; empty where it does not say. Reactive.
    pub fn about(self) -> String {
        self.changed.track();
        self.look(|survey| survey.markup_of(None, "description"))
    }

    /// Goes on; says whether it did. Where not, the summary says why and has the focus.
    fn go_on(self) -> bool {
        let unfinished = self.unfinished.get_untracked();
        if !unfinished.is_empty() {
            let told = |(id, what): &(Id, Message)| self.at_question(*id, Words::new(*what));
            self.problems.set(unfinished.iter().map(told).collect());
            return false;
        }
        let went = self.change(|survey| match survey.state() {
            State::Starting => survey.start(),
            _ => survey.go_on(),
        });
        let wrong = match went {
            true => Vec::new(),
            false => self.page.with_untracked(|page| {
                let mut list = Vec::new();
                if let Some(page) = page {
                    self.wrong_in(&page.parts, &mut list);
                }
                list
            }),
        };
        self.problems.set(wrong);
        went
    }

    fn wrong_in(self, parts: &[Part], list: &mut Vec<(String, Words)>) {
        for part in parts {
            let (problems, inner) = match part {
                Part::Question(question) => (&question.problems, &question.entries),
                Part::Group {
                    problems, parts, ..
                } => (problems, parts),
            };
            for problem in problems.iter().filter(|problem| problem.blocks) {
                list.push(match part {
                    Part::Question(question) => self.at_question(question.id, words(problem)),
                    Part::Group { id, .. } => (control_id(*id), words(problem)),
                });
            }
            self.wrong_in(inner, list);
        }
    }

    /// What is wrong with a question, for the summary: there it stands far from its title.
    fn at_question(self, id: Id, words: Words) -> (String, Words) {
        let named = move || {
            self.changed.track();
            let title = self.look(|survey| survey.title(id));
            m::survey_at_question {
                problem: &words.get(),
                question: &title,
            }
            .text()
        };
        (control_id(id), Words::new(named))
    }

    fn is_done(self) -> bool {
        self.look(|survey| survey.state() == State::Completed)
    }
}

/// What the questionnaire is called, if it says.
pub fn title(definition: &Definition, locale: Locale) -> Option<String> {
    let title = definition.root().text("title")?;
    Some(title.get(&definition.language(locale.as_str())).to_owned())
        .filter(|title| !title.is_empty())
}

/// Whether this program has every question that it asks.
pub fn holds(definition: &Definition) -> bool {
    let missing: &[Class] = match cfg!(feature = "light") {
        true => &[Class::File, Class::SignaturePad],
        false => &[],
    };
    !missing.iter().any(|class| definition.asks(*class))
}

/// The id of the control that takes the focus.
fn control_id(id: Id) -> String {
    format!("q{}", id.number())
}

/// What is wrong, in the words of the questionnaire or else ours.
fn words(problem: &Problem) -> Words {
    if !problem.words.is_empty() {
        let words = problem.words.clone();
        return Words::new(move || words.clone());
    }
    let wrong = problem.wrong.clone();
    Words::new(move || said(&wrong))
}

fn said(wrong: &Wrong) -> String {
    let number = |value: Option<f64>| value.map(format::number);
    match wrong {
        Wrong::Required => m::survey_required(),
        Wrong::RequireOneAnswer => m::survey_one_answer(),
        Wrong::OtherEmpty => m::survey_other_empty(),
        Wrong::RequiredInAllRows => m::survey_every_row(),
        Wrong::EachRowUnique | Wrong::KeyDuplication => m::survey_twice(),
        Wrong::TooFewRows(least) => m::survey_rows(*least),
        Wrong::NotNumeric => m::survey_number(),
        Wrong::BelowMin(least) => m::survey_at_least(&least.to_text()),
        Wrong::AboveMax(most) => m::survey_at_most(&most.to_text()),
        Wrong::OutOfRange(least, most) => match (number(*least), number(*most)) {
            (Some(least), Some(most)) => m::survey_between {
                least: &least,
                most: &most,
            }
            .text(),
            (Some(least), None) => m::survey_at_least(&least),
            (None, Some(most)) => m::survey_at_most(&most),
            (None, None) => m::survey_form(),
        },
        Wrong::Length(least, most) => match (number(*least), number(*most)) {
            (Some(least), Some(most)) => m::survey_length {
                least: &least,
                most: &most,
            }
            .text(),
            (Some(least), None) => m::survey_length_least(&least),
            (None, Some(most)) => m::survey_length_most(&most),
            (None, None) => m::survey_form(),
        },
        Wrong::Count(least, most) => match (number(*least), number(*most)) {
            (Some(least), Some(most)) => m::survey_count {
                least: &least,
                most: &most,
            }
            .text(),
            (Some(least), None) => m::survey_count_least(&least),
            (None, Some(most)) => m::survey_count_most(&most),
            (None, None) => m::survey_form(),
        },
        Wrong::NotEmail => m::survey_email(),
        Wrong::FileCount(most) => m::upload_too_many(*most),
        Wrong::Digits
        | Wrong::PatternIncomplete
        | Wrong::Pattern
        | Wrong::Expression(_)
        | Wrong::FileSize(_) => m::survey_form(),
    }
}

/// The form. `done` is called once all is answered that must be.
pub fn form(a: Answering, sending: Signal<bool>, done: impl Fn() + Clone + 'static) -> View {
    let place = memo(move || {
        a.page
            .with(|page| page.as_ref().map(|p| (p.number, p.count)))
    });
    let first = memo(move || a.is_first());
    let last = memo(move || {
        a.changed.track();
        a.look(|survey| survey.state() != State::Starting && survey.is_last())
    });
    let arrive = || {
        task::detach(async {
            task::next_frame().await;
            dom::scroll_to(0.0);
            dom::focus_heading();
        });
    };
    let go_on = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if sending.get_untracked() || !a.go_on() {
            return;
        }
        match a.is_done() {
            true => done(),
            false => arrive(),
        }
    };
    let back = move || {
        a.problems.clear();
        if a.change(Survey::go_back) {
            arrive();
        }
    };
    let progress = move || {
        let (number, count) = place.get()?;
        (count > 1).then(|| {
            let label = move || {
                let (number, count) = place.get().unwrap_or_default();
                m::survey_progress {
                    count: &format::number(count as f64),
                    number: &format::number(number as f64),
                }
                .text()
            };
            ui! {
                <div class="progress-line">
                    <p class="meta" id="survey-progress">{label}</p>
                    <progress aria-labelledby="survey-progress" max=count.to_string() prop:value=number.to_string()>
                    </progress>
                </div>
            }
        })
    };
    let title = move || a.page.with(|page| page.as_ref().map(|p| p.title.clone()));
    let about = memo(move || {
        a.changed.track();
        a.look(
            |survey| match survey.start_page().or_else(|| survey.current_page()) {
                Some(page) => survey.markup_of(Some(page), "description"),
                None => String::new(),
            },
        )
    });
    let heading = move || title().filter(|title| !title.is_empty());
    let forward = move || match last.get() {
        true => submit_button(m::survey_send, sending),
        false => submit_button(m::form_continue, sending),
    };
    ui! {
        {summary(a.problems)}
        <form class="flow survey" novalidate on:submit=go_on>
            {progress}
            {move || heading().map(|title| ui! { <h2>{title}</h2> })}
            {move || markup(&about.get())}
            {parts(a, memo(move || {
                a.page.with(|page| page.as_ref().map(|p| p.parts.clone()).unwrap_or_default())
            }))}
            <div class="buttons">
                {forward}
                {move || (!first.get()).then(|| button(Look::Secondary, m::survey_back, back))}
            </div>
        </form>
    }
}

/// Questions and groups in their order.
fn parts(a: Answering, all: Memo<Vec<Part>>) -> View {
    let ids = memo(move || {
        all.with(|all| {
            all.iter()
                .map(|part| match part {
                    Part::Question(question) => (question.id, Some(question.class)),
                    Part::Group { id, .. } => (*id, None),
                })
                .collect::<Vec<_>>()
        })
    });
    let child = move |(id, class): (Id, Option<Class>)| match class {
        Some(class) => {
            let of = memo(move || {
                all.with(|all| {
                    all.iter().find_map(|part| match part {
                        Part::Question(question) if question.id == id => Some((**question).clone()),
                        _ => None,
                    })
                })
            });
            question(a, id, class, of)
        }
        None => group(a, id, all, None),
    };
    ui! { <For each=move || ids.get() key=|(id, class): &(Id, Option<Class>)| (id.number(), class.is_some()) children=child /> }
}

/// A group with its words; `more` stands at its end.
fn group(a: Answering, id: Id, all: Memo<Vec<Part>>, more: Option<View>) -> View {
    let of = memo(move || {
        all.with(|all| {
            all.iter().find_map(|part| match part {
                Part::Group {
                    id: this,
                    title,
                    description,
                    problems,
                    ..
                } if *this == id => Some((title.clone(), description.clone(), problems.clone())),
                _ => None,
            })
        })
    });
    let inner = memo(move || {
        all.with(|all| {
            all.iter()
                .find_map(|part| match part {
                    Part::Group {
                        id: this, parts, ..
                    } if *this == id => Some(parts.clone()),
                    _ => None,
                })
                .unwrap_or_default()
        })
    });
    let text = move |pick: fn(&(String, String, Vec<Problem>)) -> &String| {
        of.with(|of| of.as_ref().map(|of| pick(of).clone()))
            .filter(|text| !text.is_empty())
    };
    let legend = move || text(|of| &of.0).map(|title| ui! { <legend>{title}</legend> });
    let hint = move || {
        let text = text(|of| &of.1)?;
        let text = match a.look(|survey| survey.class_of(id)) {
            Class::Panel => markup(&a.look(|survey| survey.markup_of(Some(id), "description"))),
            _ => text.view(),
        };
        Some(ui! { <div class="hint markup">{text}</div> })
    };
    let problems = memo(move || of.with(|of| of.as_ref().map(|o| o.2.clone()).unwrap_or_default()));
    ui! {
        <fieldset class="group flow" id=control_id(id) tabindex="-1">
            {legend}
            {hint}
            {errors(problems)}
            {parts(a, inner)}
            {more}
        </fieldset>
    }
}

/// The words at a question that is not right.
fn errors(problems: Memo<Vec<Problem>>) -> View {
    (move || {
        problems
            .get()
            .iter()
            .map(|problem| {
                let words = words(problem);
                super::problems::words(move || words.get())
            })
            .collect::<View>()
    })
    .view()
}

/// Markup of a questionnaire: the few harmless elements that the engine leaves of it.
pub fn markup(html: &str) -> View {
    run::markup(html).into_iter().map(element).collect()
}

fn element(markup: Markup) -> View {
    let (tag, address, inside) = match markup {
        Markup::Text(text) => return text.view(),
        Markup::Element {
            tag,
            address,
            inside,
        } => (tag, address, inside),
    };
    let inside: View = inside.into_iter().map(element).collect();
    match tag {
        Tag::Paragraph => ui! { <p>{inside}</p> },
        Tag::Break => ui! { <br /> },
        Tag::Rule => ui! { <hr /> },
        Tag::Strong => ui! { <strong>{inside}</strong> },
        Tag::Emphasis => ui! { <em>{inside}</em> },
        Tag::Underline => ui! { <u>{inside}</u> },
        // Below the titles of pages.
        Tag::Heading => ui! { <h3>{inside}</h3> },
        Tag::List => ui! { <ul>{inside}</ul> },
        Tag::Numbered => ui! { <ol>{inside}</ol> },
        Tag::Item => ui! { <li>{inside}</li> },
        Tag::Link if address.is_empty() => inside,
        Tag::Link => ui! {
            <a href=address target="_blank" rel="noopener noreferrer nofollow">{inside}</a>
        },
    }
}

/// A button beside a question.
fn small_button(
    label: i18n::Message,
    what: impl Fn() -> String + Send + 'static,
    act: impl Fn() + 'static,
) -> View {
    ui! {
        <button class="button quiet small" type="button" on:click=move |_| act()>
            {label}
            <span class="visually-hidden">" "{what}</span>
        </button>
    }
}
