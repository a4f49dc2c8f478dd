//! A survey, from the link in a letter: without sign-in, and alone, so that nobody loads the portal for it.
//!
//! Opening the link records nothing. What it brings along is chosen beforehand and counts once the customer sends it.
//! Answers that could not be sent wait on this device and are sent by themselves, once.

use crate::{
    api::{
        Failure, Load, Query,
        surveys::{self, Survey},
    },
    browser::{dom, events, task},
    components::{
        button::{Look, button},
        icon::icon,
        load::{failure_words, fetching, not_loaded},
        moment::limit,
        survey::{Answering, form, holds, markup},
    },
    i18n::{self, m},
    navigation,
    state::answers::{self, Kept, Sending},
};
use leptos::prelude::*;
use portico_contract::{Instant, problem::ProblemCode, request::SurveyState};
use portico_survey::{Definition, Object, Value, run::End};
use portico_view::{Child, View, effect, effect_after, memo, ui};

/// Milliseconds before answers that wait are sent again.
const AGAIN: u32 = 20_000;

/// Where the page stands.
#[derive(Clone, PartialEq)]
enum Stage {
    /// The questions.
    Asking,
    /// The answers wait for the network.
    Waiting,
    /// The server has them.
    Sent,
    /// It was answered before.
    Answered,
    /// The time is over.
    Over,
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Page {
    token: StoredValue<String>,
    stage: RwSignal<Stage>,
    anonymous: bool,
    until: RwSignal<Option<Instant>>,
    sending: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    /// What is on its way to the server.
    waiting: StoredValue<Option<Sending>>,
    /// What is said once the server has it.
    end: StoredValue<End>,
}

/// The page.
pub fn page(token: String, picked: Vec<(String, String)>) -> View {
    let title = RwSignal::new(None::<String>);
    let heading = move || title.get().unwrap_or_else(m::survey_title);
    let page_title = navigation::title(heading);
    let query = {
        let token = token.clone();
        Query::new(move || {
            let token = token.clone();
            async move { surveys::read(&token).await }
        })
    };
    #[derive(Clone, PartialEq)]
    enum Found {
        Nothing,
        Survey,
        NoSuch,
        Failed(Failure),
    }
    let found = memo(move || {
        query.with(|load| match load {
            Load::Loading { .. } => Found::Nothing,
            Load::Ready(_) => Found::Survey,
            Load::Failed(failure) => match failure.code() {
                Some(ProblemCode::NotFound) => Found::NoSuch,
                _ => Found::Failed(failure.clone()),
            },
        })
    });
    let content = move || match found.get() {
        Found::Nothing => skeleton(),
        Found::NoSuch => ui! { <p>{m::survey_no_such}</p> },
        Found::Failed(failure) => not_loaded(failure, fetching(query), move || query.reload()),
        Found::Survey => match untrack(|| query.ready()) {
            Some(survey) => open(&token, survey, &picked, page_title, title),
            None => View::default(),
        },
    };
    ui! {
        <header class="heading"><h1 tabindex="-1">{heading}</h1></header>
        {content}
    }
}

fn skeleton() -> View {
    ui! {
        <div aria-hidden="true">
            <div class="skeleton block"></div>
            <div class="skeleton block"></div>
        </div>
    }
}

fn object(value: Option<Value>) -> Object {
    match value {
        Some(Value::Object(object)) => object,
        _ => Object::new(),
    }
}

fn open(
    token: &str,
    survey: Survey,
    picked: &[(String, String)],
    page_title: navigation::Title,
    title: RwSignal<Option<String>>,
) -> View {
    let Some(json) = &survey.definition else {
        answers::forget(token);
        return over();
    };
    let definition = Definition::open(json);
    if !holds(&definition) {
        navigation::open_full();
        return skeleton();
    }
    let kept = answers::kept(token);
    let waiting = kept.clone().and_then(Kept::sending);
    let stage = match (survey.state, &waiting, &kept) {
        (SurveyState::Expired, ..) => Stage::Over,
        (_, Some(_), _) => Stage::Waiting,
        (SurveyState::Answered, None, None) => Stage::Answered,
        _ => Stage::Asking,
    };
    let given = object(survey.data.clone());
    let page = Page {
        token: StoredValue::new(token.to_owned()),
        stage: RwSignal::new(stage),
        until: RwSignal::new(survey.editable_until),
        anonymous: survey.anonymous,
        sending: RwSignal::new(false),
        failure: RwSignal::new(None),
        waiting: StoredValue::new(waiting),
        end: StoredValue::new(End {
            html: String::new(),
            address: String::new(),
        }),
    };
    // Where it was left; who changes their answers begins at the beginning.
    let left = StoredValue::new(kept.as_ref().map_or(0, |kept| kept.part));
    // What was given here last, else what the server has.
    let answers = RwSignal::new(kept.map_or(given, |kept| object(Some(kept.data))));
    title_follows(&definition, title);
    page.keep_trying();
    let picked = picked.to_vec();
    let shown = memo(move || page.stage.get());
    (move || match shown.get() {
        Stage::Asking => {
            let given = answers.get_untracked();
            let left = left.try_update_value(std::mem::take).unwrap_or_default();
            let asking = Answering::new(&definition, given, left, &picked, page_title);
            page.ask(asking, answers)
        }
        Stage::Waiting => page.wait(answers),
        Stage::Sent => page.thank(),
        Stage::Answered => page.answered(),
        Stage::Over => over(),
    })
    .view()
}

/// The title of the questionnaire, in the language on screen.
fn title_follows(definition: &Definition, title: RwSignal<Option<String>>) {
    let definition = definition.clone();
    effect(move || {
        let locale = i18n::locale();
        title.set(crate::components::survey::title(&definition, locale));
    });
}

fn over() -> View {
    ui! {
        <div class="empty">
            {icon("clock")}
            <p>{m::survey_over}</p>
        </div>
    }
}

impl Page {
    fn token(self) -> String {
        self.token.get_value()
    }

    fn ask(self, asking: Answering, answers: RwSignal<Object>) -> View {
        let waiting = StoredValue::new_local(None::<task::Task>);
        effect_after(move |before: Option<(Object, usize)>| {
            let now = (asking.answers(), asking.part());
            if before.is_some_and(|before| before != now) {
                answers.set(now.0.clone());
                waiting.set_value(Some(answers::draft(&self.token(), &now.0, now.1)));
            }
            now
        });
        let done = move || {
            let data = untrack(|| asking.answers());
            waiting.set_value(None);
            self.end.set_value(asking.end());
            self.waiting
                .set_value(Some(answers::send_soon(&self.token(), &data)));
            answers.set(data);
            task::detach(self.send());
        };
        let notice = move || {
            self.failure.get().map(|failure| {
                ui! {
                    <div class="notice warning" role="alert">
                        {icon("warning")}
                        <div class="flow">{failure_words(failure)}</div>
                    </div>
                }
            })
        };
        ui! {
            {move || {
                let about = asking.about();
                (asking.is_first() && !about.is_empty()).then(|| ui! { <div class="flow markup" dir="auto">{markup(&about)}</div> })
            }}
            {self.anonymous.then(|| ui! { <p class="lede">{m::survey_anonymous}</p> })}
            {notice}
            {form(asking, self.sending.into(), done)}
            {move || self.until.get().map(|at| {
                ui! { <p class="hint">{move || m::survey_until(&limit(at))}</p> }
            })}
        }
    }

    /// Tries once to send what waits.
    async fn send(self) {
        let Some(waiting) = self.waiting.try_get_value().flatten() else {
            return;
        };
        if self.sending.try_get_untracked() != Some(false) {
            return;
        }
        self.sending.try_set(true);
        let outcome = answers::send(&self.token(), &waiting).await;
        self.sending.try_set(false);
        let stage = match outcome {
            Ok(survey) => {
                self.waiting.try_set_value(None);
                self.until.try_set(survey.editable_until);
                Stage::Sent
            }
            Err(failure) if failure.is_passing() => Stage::Waiting,
            Err(failure) => {
                self.waiting.try_set_value(None);
                let gone = matches!(
                    failure.code(),
                    Some(ProblemCode::Gone | ProblemCode::NotFound)
                );
                self.failure.try_set(Some(failure));
                if gone { Stage::Over } else { Stage::Asking }
            }
        };
        self.turn_to(stage).await;
    }

    /// Shows another stage, with the focus on the heading: the button that was pressed is gone.
    async fn turn_to(self, stage: Stage) {
        if self
            .stage
            .try_get_untracked()
            .is_some_and(|before| before != stage)
        {
            self.stage.try_set(stage);
            task::next_frame().await;
            dom::scroll_to(0.0);
            dom::focus_heading();
        }
    }

    /// Asks once more.
    fn ask_again(self) {
        task::detach(self.turn_to(Stage::Asking));
    }

    /// Sends what waits: now, when the network is back, and from time to time.
    fn keep_trying(self) {
        let online = events::on_window("online", move |_| task::detach(self.send()));
        if let Some(online) = online {
            online.owned();
        }
        task::Task::spawn(async move {
            loop {
                self.send().await;
                task::sleep(AGAIN).await;
            }
        })
        .owned();
    }

    fn wait(self, answers: RwSignal<Object>) -> View {
        let change = move || {
            self.waiting.set_value(None);
            drop(answers::draft(&self.token(), &answers.get_untracked(), 1));
            self.ask_again();
        };
        ui! {
            <div class="notice warning">
                {icon("clock")}
                <div class="flow">
                    <h2>{m::survey_waiting}</h2>
                    <p>{m::survey_waiting_text}</p>
                    <div class="buttons">
                        {button(Look::Main, m::action_retry, move || task::detach(self.send()))}
                        {button(Look::Secondary, m::survey_change, change)}
                    </div>
                </div>
            </div>
        }
    }

    /// Until when it can be changed, and the way to do so.
    fn change(self) -> View {
        (move || {
            self.until.get().map(|at| {
                ui! {
                    <p>{move || m::survey_change_until(&limit(at))}</p>
                    <div class="buttons">
                        {button(Look::Secondary, m::survey_change, move || self.ask_again())}
                    </div>
                }
            })
        })
        .view()
    }

    fn thank(self) -> View {
        let end = self.end.get_value();
        let words = match end.html.is_empty() {
            true => ui! { <p>{m::survey_thanks}</p> },
            false => ui! { <div class="flow markup" dir="auto">{markup(&end.html)}</div> },
        };
        let next = Some(end.address).filter(|address| address.starts_with("https://"));
        let next =
            next.map(|href| ui! { <p><a href=href rel="noreferrer">{m::survey_next}</a></p> });
        ui! {
            <div class="outcome success">
                {icon("step-done")}
                <h2>{m::survey_sent}</h2>
            </div>
            <div class="flow">
                {words}
                {next}
                {self.change()}
            </div>
        }
    }

    fn answered(self) -> View {
        ui! {
            <div class="outcome success">
                {icon("step-done")}
                <h2>{m::survey_answered}</h2>
            </div>
            <div class="flow">{self.change()}</div>
        }
    }
}
