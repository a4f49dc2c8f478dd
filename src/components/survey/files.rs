//! Files as an answer: uploaded as soon as they are chosen, named in the answer once the server has them.

use super::{control::Asked, small_button};
use crate::{
    api::Failure,
    browser::{dom, file::Picked, task},
    components::{
        attachments::{failed, limits_in_words, why_not},
        drop::drop,
        icon::icon,
        problems,
    },
    i18n::{format, m},
    state::{
        config,
        uploads::{self, Refused},
    },
};
use leptos::prelude::*;
use portico_contract::{config::Limits, id::UploadId};
use portico_survey::{Object, Value};
use portico_view::{View, memo, ui};

/// A file that the server does not have yet.
#[derive(Clone)]
struct Going {
    number: usize,
    picked: Picked,
    state: RwSignal<State>,
}

#[derive(Clone, PartialEq)]
enum State {
    /// The part from 0 to 1 that the server has.
    Sending(f64),
    Failed(Failure),
}

/// The files of one question.
#[derive(Clone, Copy)]
struct Files {
    asked: Asked,
    going: RwSignal<Vec<Going>, LocalStorage>,
    /// How many were chosen so far.
    count: StoredValue<usize>,
    refused: RwSignal<Vec<(String, Refused)>>,
}

/// The control.
pub(super) fn files(asked: Asked) -> View {
    let files = Files {
        asked,
        going: RwSignal::new_local(Vec::new()),
        count: StoredValue::new(0),
        refused: RwSignal::new(Vec::new()),
    };
    // Nobody waits for what went with the question.
    on_cleanup(move || files.wait_for(false));
    let any = memo(move || !files.answered().is_empty() || !files.going.with(Vec::is_empty));
    let list = move || {
        any.get().then(|| {
            let there = move || {
                let all = files.answered().into_iter().enumerate();
                all.map(|(place, file)| files.there(place, &name_of(&file)))
                    .collect::<View>()
            };
            let going = move || {
                let all = files.going.get().into_iter();
                all.map(|file| files.under_way(file)).collect::<View>()
            };
            ui! { <ul class="files" aria-label=m::upload_list>{there} {going}</ul> }
        })
    };
    let problems = move || {
        let limits = files.limits()?;
        let refused = files.refused.get().into_iter();
        let words = refused.map(|(name, why)| problems::words(why_not(&name, why, &limits)));
        Some(words.collect::<View>())
    };
    let rules = move || files.limits().map(|limits| limits_in_words(&limits));
    let place = move || {
        let add = move |picked| files.add(picked);
        (!asked.read_only())
            .then(|| drop(files.button(), m::upload_drop, m::upload_choose, rules, add))
    };
    asked.group_with_own_way_back(ui! { {problems} {place} {list} })
}

impl Files {
    fn button(self) -> String {
        format!("{}-choose", self.asked.name())
    }

    /// The files of the answer. Reactive.
    fn answered(self) -> Vec<Value> {
        self.asked.answer().as_list().unwrap_or_default().to_vec()
    }

    fn answer(self, files: Vec<Value>) {
        self.asked.set(match files.is_empty() {
            true => Value::Null,
            false => Value::List(files),
        });
    }

    /// Those of the server, and what the question says besides. Reactive.
    fn limits(self) -> Option<Limits> {
        let mut limits = config::current()?.limits;
        // Both are small whole numbers, or none.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        {
            if let Some(bytes) = self.asked.number("maxSize").filter(|bytes| *bytes >= 1.0) {
                limits.attachment_size = limits.attachment_size.min(bytes as u64);
            }
            let count = match self.asked.flag("allowMultiple") {
                true => self.asked.number("maxFiles").filter(|count| *count >= 1.0),
                false => Some(1.0),
            };
            if let Some(count) = count {
                limits.attachments_per_message = limits.attachments_per_message.min(count as u32);
            }
        }
        Some(limits)
    }

    fn add(self, picked: Vec<Picked>) {
        let Some(limits) = untrack(|| self.limits()) else {
            return;
        };
        let mut refused = Vec::new();
        for picked in picked {
            let count = untrack(|| self.answered()).len() + self.going.with_untracked(Vec::len);
            if let Err(why) = uploads::check(&picked.name, picked.blob.size(), count, &limits) {
                let words = untrack(|| why_not(&picked.name, why, &limits));
                dom::announce(&words, dom::Urgency::Assertive);
                refused.push((picked.name, why));
                if why == Refused::TooMany {
                    // Said once.
                    break;
                }
                continue;
            }
            self.count.update_value(|count| *count += 1);
            let file = Going {
                number: self.count.get_value(),
                picked,
                state: RwSignal::new(State::Sending(0.0)),
            };
            self.going.update(|all| all.push(file.clone()));
            self.send(file);
        }
        self.refused.set(refused);
    }

    /// Notes whether the survey has to wait for these files before it goes on.
    fn wait_for(self, waiting: bool) {
        let (a, id) = (self.asked.a, self.asked.id);
        a.is_unfinished(id, waiting.then_some(m::survey_uploading));
    }

    /// Whether it is still wanted.
    fn is_wanted(self, number: usize) -> bool {
        self.going
            .try_with_untracked(|all| all.iter().any(|file| file.number == number))
            .unwrap_or_default()
    }

    fn take_out(self, number: usize) {
        self.going
            .try_update(|all| all.retain(|file| file.number != number));
        self.wait_for_all();
    }

    fn wait_for_all(self) {
        let waiting = self.going.try_with_untracked(|all| {
            let mut all = all.iter();
            all.any(|file| matches!(file.state.get_untracked(), State::Sending(_)))
        });
        self.wait_for(waiting.unwrap_or_default());
    }

    fn send(self, file: Going) {
        file.state.set(State::Sending(0.0));
        self.wait_for_all();
        task::detach(async move {
            let (name, number) = (&file.picked.name, file.number);
            let sent = |part| {
                file.state.try_set(State::Sending(part));
                self.is_wanted(number)
            };
            match uploads::send(&file.picked, sent).await {
                Ok(Some(id)) if self.is_wanted(number) => {
                    let mut files = untrack(|| self.answered());
                    files.push(item(&file.picked, &id));
                    self.answer(files);
                    self.take_out(number);
                    let words = untrack(|| {
                        m::upload_says {
                            name,
                            state: &m::upload_uploaded(),
                        }
                        .text()
                    });
                    dom::announce(&words, dom::Urgency::Polite);
                }
                Err(failure) if self.is_wanted(number) => {
                    dom::announce(&untrack(|| why(name, &failure)), dom::Urgency::Assertive);
                    file.state.try_set(State::Failed(failure));
                    self.wait_for_all();
                }
                _ => {}
            }
        });
    }

    fn removed(self, name: &str) {
        dom::focus(&self.button());
        dom::announce(&untrack(|| m::upload_removed(name)), dom::Urgency::Polite);
    }

    /// A file of the answer.
    fn there(self, place: usize, name: &str) -> View {
        let (what, gone) = (name.to_owned(), name.to_owned());
        let remove = move || {
            let mut files = untrack(|| self.answered());
            if place < files.len() {
                files.remove(place);
            }
            self.answer(files);
            self.removed(&gone);
        };
        let remove = (!self.asked.read_only())
            .then(|| small_button(m::upload_remove, move || what.clone(), remove));
        ui! {
            <li class="done">
                {icon("file")}
                <div>
                    <span class="name" dir="auto">{name.to_owned()}</span>
                    <span class="state">{m::upload_uploaded}</span>
                </div>
                <div class="buttons">{remove}</div>
            </li>
        }
    }

    /// A file that the server does not have yet.
    fn under_way(self, file: Going) -> View {
        let (state, number) = (file.state, file.number);
        let name = file.picked.name.clone();
        let stuck = memo(move || matches!(state.get(), State::Failed(_)));
        let words = {
            let name = name.clone();
            move || match state.get() {
                State::Sending(part) => m::upload_uploading(&format::percent(part)),
                State::Failed(failure) => why(&name, &failure),
            }
        };
        let progress = {
            let name = name.clone();
            move || {
                let part = move || match state.get() {
                    State::Sending(part) => ((part * 100.0) as u8).to_string(),
                    State::Failed(_) => String::new(),
                };
                (!stuck.get()).then(|| {
                    ui! { <progress max="100" prop:value=part aria-label=name.clone()></progress> }
                })
            }
        };
        let retry = {
            let (file, name) = (file.clone(), name.clone());
            move || {
                let (file, name) = (file.clone(), name.clone());
                stuck.get().then(|| {
                    small_button(
                        m::upload_retry,
                        move || name.clone(),
                        move || self.send(file.clone()),
                    )
                })
            }
        };
        let (what, gone) = (name.clone(), name.clone());
        let remove = move || {
            self.take_out(number);
            self.removed(&gone);
        };
        ui! {
            <li class:failed=stuck>
                {move || icon(if stuck.get() { "warning" } else { "file" })}
                <div>
                    <span class="name" dir="auto">{name}</span>
                    <span class="state">{words}</span>
                    {progress}
                </div>
                <div class="buttons">
                    {retry}
                    {small_button(m::upload_remove, move || what.clone(), remove)}
                </div>
            </li>
        }
    }
}

/// Why the server does not have it. Nothing of it is kept on the device.
fn why(name: &str, failure: &Failure) -> String {
    match failure.is_passing() {
        true => m::upload_failed(name),
        false => failed(name, failure),
    }
}

fn name_of(file: &Value) -> String {
    let name = file.as_object().and_then(|file| file.get("name"));
    name.map_or_else(String::new, |name| name.to_text().into_owned())
}

/// As an answer names it: in place of the content the upload that the server takes it from.
fn item(picked: &Picked, upload: &UploadId) -> Value {
    let mut file = Object::new();
    file.insert("name", picked.name.as_str().into());
    file.insert("type", picked.media_type.as_str().into());
    file.insert("content", upload.as_str().into());
    Value::Object(file)
}
