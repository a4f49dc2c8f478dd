//! The controls, one for each group of question types.

use super::{Answering, control_id, errors, markup, rows, small_button};
#[cfg(not(feature = "light"))]
use super::{files, signature};
use crate::{
    browser::file,
    components::problems,
    i18n::{Message, m},
};
use leptos::{ev::Event, prelude::*};
use portico_survey::{
    Object, Value,
    definition::Class,
    run::{Choice, Id, Question, Role},
    value::number_text,
};
use portico_view::{Child, Memo, View, memo, ui};

/// A question while it is drawn.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) a: Answering,
    pub(super) id: Id,
    pub(super) of: Memo<Option<Question>>,
}

/// One question.
pub(super) fn question(a: Answering, id: Id, class: Class, of: Memo<Option<Question>>) -> View {
    let asked = Asked { a, id, of };
    match class {
        Class::Comment => asked.long_text(),
        Class::Text => asked.line(),
        Class::Dropdown => asked.list(),
        Class::Rating => asked.scale(),
        Class::RadioGroup | Class::ButtonGroup => asked.one_of(),
        Class::Checkbox | Class::TagBox => asked.several(),
        Class::ImagePicker if asked.flag("multiSelect") => asked.several(),
        Class::ImagePicker => asked.one_of(),
        Class::Boolean => asked.yes_or_no(),
        Class::Slider => asked.slider(),
        Class::Ranking => rows::ranking(asked),
        Class::Matrix => rows::matrix(asked),
        Class::MatrixDropdown
        | Class::MatrixDynamic
        | Class::MultipleText
        | Class::PanelDynamic => rows::entries(asked),
        Class::Expression => asked.computed(),
        Class::Html => asked.html(),
        Class::Image => asked.image(),
        #[cfg(not(feature = "light"))]
        Class::File => files::files(asked),
        #[cfg(not(feature = "light"))]
        Class::SignaturePad => signature::signature(asked),
        _ => asked.unanswerable(),
    }
}

impl Asked {
    /// A part of the question. Reactive.
    pub(super) fn get<T: Default>(self, part: impl FnOnce(&Question) -> T) -> T {
        self.of.with(|of| of.as_ref().map(part).unwrap_or_default())
    }

    pub(super) fn flag(self, property: &str) -> bool {
        self.a
            .look(|s| s.definition_of(self.id).flag(property, false))
    }

    pub(super) fn word(self, property: &str) -> String {
        self.a
            .look(|s| s.definition_of(self.id).word(property).to_owned())
    }

    pub(super) fn number(self, property: &str) -> Option<f64> {
        self.a.look(|s| s.definition_of(self.id).number(property))
    }

    /// A text of the question in the language on screen. Reactive.
    fn text(self, property: &'static str) -> String {
        self.a.changed.track();
        self.a.look(|survey| survey.text_of(self.id, property))
    }

    pub(super) fn title(self) -> String {
        self.get(|question| question.title.clone())
    }

    pub(super) fn read_only(self) -> bool {
        self.get(|question| question.read_only)
    }

    pub(super) fn answer(self) -> Value {
        self.get(|question| question.answer.clone().unwrap_or(Value::Null))
    }

    /// The answer as it stands in a text control: nothing where there is none.
    pub(super) fn answer_text(self) -> String {
        self.get(|question| match &question.answer {
            Some(answer) => answer.to_text().into_owned(),
            None => String::new(),
        })
    }

    pub(super) fn set(self, value: Value) {
        self.a.set(self.id, value);
    }

    pub(super) fn name(self) -> String {
        control_id(self.id)
    }

    fn label(self) -> View {
        let required = move || self.get(|question| question.required);
        ui! {
            {move || self.title()}
            {move || (!required()).then(|| ui! { " "<span class="optional">{m::form_optional}</span> })}
        }
    }

    fn hint_id(self) -> String {
        format!("{}-hint", self.name())
    }

    fn error_id(self) -> String {
        format!("{}-error", self.name())
    }

    /// What to do about what stands here and is no answer, once the summary has told it. Reactive.
    fn unread(self) -> Option<Message> {
        let here = |(id, what): &(Id, Message)| (*id == self.id).then_some(*what);
        let what = self.a.unfinished.with(|all| all.iter().find_map(here))?;
        self.a.problems.of(&self.name()).map(|_| what)
    }

    /// Whether something is wrong here. Reactive.
    fn is_wrong(self) -> bool {
        self.get(|question| !question.problems.is_empty()) || self.unread().is_some()
    }

    fn described_by(self) -> impl Fn() -> Option<String> + Clone + Send {
        move || {
            let hint = self
                .get(|q| !q.description.is_empty())
                .then(|| self.hint_id());
            let error = self.is_wrong().then(|| self.error_id());
            let ids: Vec<_> = error.into_iter().chain(hint).collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    }

    fn invalid(self) -> impl Fn() -> Option<&'static str> + Clone + Send {
        move || self.is_wrong().then_some("true")
    }

    /// What stands between the label and the control.
    fn notes(self) -> View {
        let problems = memo(move || self.get(|question| question.problems.clone()));
        let hint = move || {
            let any = self.get(|question| !question.description.is_empty());
            any.then(|| {
                let text = self
                    .a
                    .look(|survey| survey.markup_of(Some(self.id), "description"));
                ui! { <div class="hint markup" id=self.hint_id()>{markup(&text)}</div> }
            })
        };
        let unread = move || self.unread().map(problems::words);
        ui! { {hint} <div id=self.error_id()>{errors(problems)}{unread}</div> }
    }

    fn single(self, control: View) -> View {
        ui! {
            <div class="field">
                <label for=self.name()>{self.label()}</label>
                {self.notes()}
                {control}
                {self.comment()}
            </div>
        }
    }

    pub(super) fn group(self, control: View) -> View {
        let back = self.take_back();
        self.group_with_own_way_back(ui! { {control} {back} })
    }

    /// The same where the control itself has what takes the answer back.
    pub(super) fn group_with_own_way_back(self, control: View) -> View {
        ui! {
            <fieldset class="field" id=self.name() tabindex="-1" aria-describedby=self.described_by()>
                <legend>{self.label()}</legend>
                {self.notes()}
                {control}
                {self.comment()}
            </fieldset>
        }
    }

    /// A thumb slips: what need not be answered can be taken back.
    fn take_back(self) -> View {
        let shown = memo(move || {
            self.get(|q| q.answer.is_some() && !q.required && !q.read_only && q.entries.is_empty())
        });
        (move || {
            shown.get().then(|| {
                ui! {
                    <div class="buttons">
                        {small_button(m::survey_clear, move || self.title(), move || self.set(Value::Null))}
                    </div>
                }
            })
        })
        .view()
    }

    /// A word beside the answer: where the question asks for it, or something else was chosen.
    fn comment(self) -> View {
        let other = memo(move || {
            self.get(|question| {
                let other = question
                    .choices
                    .iter()
                    .find(|choice| choice.role == Role::Other);
                let chosen = |value: &Value| match &question.answer {
                    Some(Value::List(list)) => list.contains(value),
                    answer => answer.as_ref() == Some(value),
                };
                other.is_some_and(|choice| chosen(&choice.value))
            })
        });
        let area = self.flag("showCommentArea");
        let id = format!("{}-comment", self.name());
        (move || {
            (area || other.get()).then(|| {
                let words = move || match self.text("commentText") {
                    text if area && !text.is_empty() => text,
                    _ if area => m::survey_comment(),
                    _ => m::survey_other(),
                };
                let value = untrack(|| self.get(|question| question.comment.clone()));
                let set = move |event: Event| {
                    let text = event_target_value(&event);
                    self.a.change(|survey| {
                        survey.set_comment(self.id, text.as_str().into());
                        true
                    });
                };
                ui! {
                    <div class="field nested">
                        <label for=id.clone()>{words}</label>
                        <textarea id=id.clone() dir="auto" rows="2" prop:value=value on:input=set></textarea>
                    </div>
                }
            })
        })
        .view()
    }

    /// What stands in a text control: what was typed, as long as the answer is what became of that. `parse` gives none
    /// for what is no number.
    fn typing(
        self,
        parse: fn(&str) -> Option<Value>,
    ) -> (impl Fn() -> String + Send, impl Fn(Event)) {
        let typed = RwSignal::new(None::<(String, String)>);
        let shown = move || {
            let answer = self.answer_text();
            match typed.get() {
                Some((text, became)) if became == answer => text,
                _ => answer,
            }
        };
        let set = move |event: Event| {
            let text = event_target_value(&event);
            let answer = parse(&text);
            let unread = answer.is_none().then_some(m::survey_number as Message);
            self.a.is_unfinished(self.id, unread);
            self.set(answer.unwrap_or_default());
            let became = untrack(|| self.answer_text());
            typed.set(Some((text, became)));
        };
        (shown, set)
    }

    fn long_text(self) -> View {
        let (shown, set) = self.typing(|text| Some(text.into()));
        let rows = self.number("rows").unwrap_or(4.0).clamp(2.0, 20.0);
        self.single(ui! {
            <textarea
                id=self.name()
                dir="auto"
                rows=number_text(rows)
                readonly=move || self.read_only().then_some("")
                placeholder=move || self.text("placeholder")
                aria-describedby=self.described_by()
                aria-invalid=self.invalid()
                prop:value=shown
                on:input=set
            ></textarea>
        })
    }

    fn line(self) -> View {
        const KNOWN: [&str; 13] = [
            "color",
            "date",
            "datetime-local",
            "email",
            "month",
            "number",
            "password",
            "range",
            "tel",
            "text",
            "time",
            "url",
            "week",
        ];
        let wanted = self.word("inputType");
        let input_type = KNOWN
            .into_iter()
            .find(|known| *known == wanted)
            .unwrap_or("text");
        let numeric = matches!(input_type, "number" | "range");
        let parse: fn(&str) -> Option<Value> = match numeric {
            true => |text| {
                let number = portico_survey::value::number_of(text);
                match text.trim().is_empty() {
                    true => Some(Value::Null),
                    false => (!number.is_nan()).then_some(Value::Number(number)),
                }
            },
            false => |text| Some(text.into()),
        };
        let (shown, set) = self.typing(parse);
        on_cleanup(move || self.a.is_unfinished(self.id, None));
        // Numbers are typed as text: a wheel that turns changes nothing, and what is no number is told.
        let (control, keys) = match input_type {
            "number" => ("text", Some("decimal")),
            other => (other, None),
        };
        let bound = move |name: &'static str| {
            (!numeric)
                .then(|| self.word(name))
                .filter(|b| !b.is_empty())
        };
        let free = matches!(control, "text");
        let autocomplete = Some(self.word("autocomplete")).filter(|word| !word.is_empty());
        self.single(ui! {
            <input
                id=self.name()
                class=if numeric { "w10" } else { "" }
                type=control
                inputmode=keys
                autocomplete=autocomplete
                dir=free.then_some("auto")
                min=bound("min")
                max=bound("max")
                readonly=move || self.read_only().then_some("")
                placeholder=move || self.text("placeholder")
                aria-describedby=self.described_by()
                aria-invalid=self.invalid()
                prop:value=shown
                on:input=set
            />
        })
    }

    fn choices(self) -> Memo<Vec<Choice>> {
        memo(move || self.get(|question| question.choices.clone()))
    }

    fn list(self) -> View {
        let choices = self.choices();
        let options = move || {
            choices
                .get()
                .into_iter()
                .enumerate()
                .map(|(place, choice)| {
                    let chosen = choice.value.clone();
                    ui! {
                        <option
                            value=place.to_string()
                            disabled=(!choice.enabled).then_some("")
                            prop:selected=move || self.answer() == chosen
                        >
                            {choice.text}
                        </option>
                    }
                })
                .collect::<View>()
        };
        let choose = move |event: Event| {
            let place: Option<usize> = event_target_value(&event).parse().ok();
            let value = place.and_then(|place| choices.with_untracked(|c| c.get(place).cloned()));
            self.set(value.map_or(Value::Null, |choice| choice.value));
        };
        self.single(ui! {
            <select
                id=self.name()
                disabled=move || self.read_only().then_some("")
                aria-describedby=self.described_by()
                aria-invalid=self.invalid()
                on:change=choose
            >
                <option value="" prop:selected=move || self.answer() == Value::Null>{m::form_choose}</option>
                {options}
            </select>
        })
    }

    /// Radio buttons or checkboxes with what `content` shows of each.
    fn buttons(
        self,
        input_type: &'static str,
        inline: bool,
        content: impl Fn(&Choice, usize, usize) -> View + Clone + Send + 'static,
        chosen: impl Fn(&Choice) -> bool + Clone + Send + 'static,
        choose: impl Fn(&Choice, bool) + Clone + Send + 'static,
    ) -> View {
        let choices = self.choices();
        let keys = memo(move || {
            choices.with(|choices| {
                let count = choices.len();
                let keys = choices.iter().enumerate();
                keys.map(|(place, choice)| (place, count, choice.clone()))
                    .collect::<Vec<_>>()
            })
        });
        let row = move |(place, count, choice): (usize, usize, Choice)| {
            let (chosen, choose) = (chosen.clone(), choose.clone());
            let label = content(&choice, place, count);
            let disabled = {
                let enabled = choice.enabled;
                move || (!enabled || self.read_only()).then_some("")
            };
            let picked = choice.clone();
            let checked = move || chosen(&picked);
            ui! {
                <label>
                    <input
                        type=input_type
                        name=self.name()
                        disabled=disabled
                        aria-invalid=self.invalid()
                        prop:checked=checked
                        on:change=move |event| choose(&choice, event_target_checked(&event))
                    />
                    <span>{label}</span>
                </label>
            }
        };
        let key = |(place, count, choice): &(usize, usize, Choice)| {
            format!(
                "{place} {count} {} {} {}",
                choice.value.to_text(),
                choice.text,
                choice.enabled
            )
        };
        ui! {
            <div class="choices" class:inline=inline>
                <For each=move || keys.get() key=key children=row />
            </div>
        }
    }

    fn one_of(self) -> View {
        let pictures = self.is_picture();
        let buttons = self.buttons(
            "radio",
            pictures,
            words,
            move |choice| self.answer() == choice.value,
            move |choice, _| self.set(choice.value.clone()),
        );
        self.group(buttons)
    }

    fn is_picture(self) -> bool {
        self.a
            .look(|survey| survey.class_of(self.id) == Class::ImagePicker)
    }

    fn scale(self) -> View {
        let kind = self.word("rateType");
        let glyph: fn(usize, usize) -> &'static str = match kind.as_str() {
            "stars" => |_, _| "★",
            "smileys" => |place, count| {
                const FACES: [&str; 5] = ["😞", "😕", "😐", "😊", "😀"];
                FACES[(place * (FACES.len() - 1))
                    .checked_div(count.saturating_sub(1))
                    .unwrap_or(4)
                    .min(4)]
            },
            _ => |_, _| "",
        };
        let content = move |choice: &Choice, place: usize, count: usize| {
            let mark = glyph(place, count);
            let mark =
                (!mark.is_empty()).then(|| ui! { <span aria-hidden="true">{mark}" "</span> });
            ui! { {mark} {choice.text.clone()} }
        };
        let buttons = self.buttons(
            "radio",
            true,
            content,
            move |choice| self.answer() == choice.value,
            move |choice, _| self.set(choice.value.clone()),
        );
        let end = move |text: String| (!text.is_empty()).then(|| ui! { <span>{text}</span> });
        let ends = move || {
            let (low, high) = (
                self.text("minRateDescription"),
                self.text("maxRateDescription"),
            );
            (!low.is_empty() || !high.is_empty()).then(|| {
                ui! { <p class="ends">{end(low)} <span aria-hidden="true">"–"</span> {end(high)}</p> }
            })
        };
        self.group(ui! { {ends} <div class="scale">{buttons}</div> })
    }

    fn several(self) -> View {
        let chosen = move |choice: &Choice| {
            let answer = self.answer();
            let list = answer.as_list().unwrap_or_default();
            match choice.role {
                Role::All => self.own().iter().all(|value| list.contains(value)),
                _ => list.contains(&choice.value),
            }
        };
        let choose = move |choice: &Choice, on: bool| {
            let answer = untrack(|| self.answer());
            let mut list = answer.as_list().unwrap_or_default().to_vec();
            match (choice.role, on) {
                (Role::All, true) => list = untrack(|| self.own()),
                (Role::All, false) => list.clear(),
                (Role::None | Role::Refuse | Role::DontKnow, true) => {
                    list = vec![choice.value.clone()];
                }
                (_, true) => {
                    let alone = untrack(|| self.alone());
                    list.retain(|value| !alone.contains(value));
                    list.push(choice.value.clone());
                }
                (_, false) => list.retain(|value| *value != choice.value),
            }
            self.set(match list.is_empty() {
                true => Value::Null,
                false => Value::List(list),
            });
        };
        let buttons = self.buttons("checkbox", self.is_picture(), words, chosen, choose);
        self.group(buttons)
    }

    fn values(self, of: impl Fn(Role) -> bool) -> Vec<Value> {
        self.get(|question| {
            let choices = question.choices.iter().filter(|choice| of(choice.role));
            choices.map(|choice| choice.value.clone()).collect()
        })
    }

    fn own(self) -> Vec<Value> {
        self.values(|role| role == Role::Own)
    }

    /// Choices that go with no other.
    fn alone(self) -> Vec<Value> {
        self.values(|role| matches!(role, Role::None | Role::Refuse | Role::DontKnow))
    }

    fn yes_or_no(self) -> View {
        let value = move |property: &str, default: bool| {
            let set = self
                .a
                .look(|s| s.definition_of(self.id).value(property).cloned());
            set.unwrap_or(Value::Bool(default))
        };
        let one = move |value: Value, own: &'static str, words: crate::i18n::Message| {
            let label = move || match self.text(own) {
                text if text.is_empty() => words(),
                text => text,
            };
            let picked = value.clone();
            ui! {
                <label>
                    <input
                        type="radio"
                        name=self.name()
                        disabled=move || self.read_only().then_some("")
                        aria-invalid=self.invalid()
                        prop:checked=move || self.answer() == picked
                        on:change=move |_| self.set(value.clone())
                    />
                    <span>{label}</span>
                </label>
            }
        };
        self.group(ui! {
            <div class="choices inline">
                {one(value("valueTrue", true), "labelTrue", m::form_yes)}
                {one(value("valueFalse", false), "labelFalse", m::form_no)}
            </div>
        })
    }

    fn slider(self) -> View {
        let bound = |name, default: f64| self.number(name).unwrap_or(default);
        let (min, max, step) = (bound("min", 0.0), bound("max", 100.0), bound("step", 1.0));
        let range = self.word("sliderType") == "range";
        let count = if range { 2 } else { 1 };
        let at = move |place: usize| match self.answer() {
            Value::List(list) => list.get(place).map(Value::to_number),
            Value::Number(number) => Some(number),
            _ => None,
        };
        let rest = move |place: usize| if place == 0 { min } else { max };
        let one = move |place: usize| {
            let shown = move || number_text(at(place).unwrap_or(rest(place)));
            let value =
                move || at(place).map_or_else(m::survey_not_set, crate::i18n::format::number);
            let set = move |event: Event| {
                let number = portico_survey::value::number_of(&event_target_value(&event));
                let other = untrack(|| at(1 - place)).unwrap_or(rest(1 - place));
                self.set(match (range, place) {
                    (false, _) => Value::Number(number),
                    (true, 0) => Value::List(vec![number.min(other).into(), other.into()]),
                    (true, _) => Value::List(vec![other.into(), number.max(other).into()]),
                });
            };
            let label = move || match (range, place) {
                (false, _) => self.title(),
                (true, 0) => m::survey_from(),
                (true, _) => m::survey_to(),
            };
            ui! {
                <div class="slider">
                    <input
                        type="range"
                        min=number_text(min)
                        max=number_text(max)
                        step=number_text(step)
                        aria-label=label
                        disabled=move || self.read_only().then_some("")
                        prop:value=shown
                        on:input=set
                    />
                    <output>{value}</output>
                </div>
            }
        };
        self.group((0..count).map(one).collect::<View>())
    }

    fn computed(self) -> View {
        let text = move || {
            self.a.changed.track();
            self.a.look(|survey| survey.display(self.id))
        };
        ui! {
            <div class="field">
                <p>{move || self.title()}</p>
                <p><strong>{text}</strong></p>
            </div>
        }
    }

    fn html(self) -> View {
        let text = memo(move || {
            self.a.changed.track();
            self.a.look(|survey| survey.html(self.id))
        });
        ui! { <div class="flow markup" dir="auto">{move || markup(&text.get())}</div> }
    }

    fn image(self) -> View {
        let source = move || picture(&self.text("imageLink"));
        (move || source().map(|source| ui! { <img src=source alt=self.text("altText") /> })).view()
    }

    /// What cannot be answered on this page, which says so.
    fn unanswerable(self) -> View {
        ui! {
            <div class="field">
                <p>{move || self.title()}</p>
                <p class="meta">{m::survey_unanswerable}</p>
            </div>
        }
    }

    /// The object of a question that has one value for each row.
    pub(super) fn rows_answered(self) -> Object {
        match self.answer() {
            Value::Object(rows) => rows,
            _ => Object::new(),
        }
    }
}

/// The address of a picture: one of this site, or one that the questionnaire holds.
fn picture(address: &str) -> Option<String> {
    let own = address.starts_with('/') && !address.starts_with("//");
    match own {
        true => Some(address.to_owned()),
        false => file::picture(address),
    }
}

/// What is shown of a choice: its words, and its picture.
fn words(choice: &Choice, _: usize, _: usize) -> View {
    let image = choice.image.as_deref().and_then(picture);
    let image = image.map(|source| ui! { <img src=source alt="" /> });
    ui! { {image} {choice.text.clone()} }
}
