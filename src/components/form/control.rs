//! The controls, one function for each group of field types.

use super::{Form, control_id, file_field, value};
use crate::{
    browser::{dom, task},
    components::{attachments::attachments, icon::icon},
    i18n::{Words, format, m},
};
use leptos::prelude::*;
use portico_contract::{
    Instant,
    form::{Field, FieldOption, FieldType, FieldValue},
    id::FieldId,
};
use portico_view::{Child, View, effect_after, memo, ui};
use std::ops::Range;

/// More options than these are a list to open.
const RADIOS: usize = 7;

/// One question while it is drawn.
#[derive(Clone)]
struct Question {
    form: Form,
    index: usize,
    field: FieldId,
    /// The id of the control.
    id: String,
    has_hint: bool,
    has_purpose: bool,
    has_count: bool,
    has_zone: bool,
    levels: usize,
}

/// The questions of a part of the form. One with a condition comes and goes with it.
pub fn questions(form: Form, part: Range<usize>) -> View {
    let counted = part.clone();
    effect_after(move |before: Option<usize>| {
        let now = counted.clone().filter(|&i| form.is_shown(i)).count();
        if let Some(before) = before.filter(|&before| before < now) {
            #[allow(clippy::cast_precision_loss)]
            let more = (now - before) as f64;
            dom::announce(&m::form_more_questions(more), dom::Urgency::Polite);
        }
        now
    });
    part.clone()
        .map(|index| {
            let conditional = untrack(|| {
                form.with(index, |field, schema, _| {
                    let condition = field.visible_if.as_ref()?;
                    Some(part.clone().any(|i| {
                        schema
                            .fields
                            .get(i)
                            .is_some_and(|f| f.id == condition.field)
                    }))
                })
            });
            let shown = memo(move || form.is_shown(index));
            let nested = conditional == Some(true);
            (move || {
                shown.get().then(|| match nested {
                    true => ui! { <div class="nested">{question(form, index)}</div> },
                    false => question(form, index),
                })
            })
            .view()
        })
        .collect::<View>()
        .view()
}

fn question(form: Form, index: usize) -> View {
    untrack(|| {
        let Some((question, field_type, options)) = form.with(index, |field, _, _| {
            let question = Question {
                form,
                index,
                field: field.id.clone(),
                id: control_id(&field.id),
                has_hint: field.help.is_some(),
                has_purpose: field.purpose.is_some(),
                has_count: field.field_type == FieldType::Textarea && field.max_length.is_some(),
                has_zone: field.field_type == FieldType::Datetime
                    && format::foreign_zone().is_some(),
                levels: value::depth(&field.options),
            };
            Some((question, field.field_type, field.options.len()))
        }) else {
            return View::default();
        };
        match field_type {
            FieldType::Info => View::default(),
            FieldType::Textarea => question.long_text(),
            FieldType::Select if options > RADIOS => question.list(),
            FieldType::Select => question.radios(),
            FieldType::Multiselect => question.checkboxes(),
            FieldType::Tree => question.tree(),
            FieldType::Boolean if form.is_required(index) => question.yes_or_no(),
            FieldType::Boolean => question.checkbox(),
            FieldType::File => question.files(),
            _ => question.line(field_type),
        }
    })
}

impl Question {
    fn read(&self, of: fn(&Field) -> String) -> impl Fn() -> String + Send + use<> {
        let (form, index) = (self.form, self.index);
        move || form.with(index, |field, _, _| of(field))
    }

    fn problem(&self) -> Signal<Option<Words>> {
        let (form, id, levels) = (self.form, self.id.clone(), self.levels);
        Signal::derive(move || {
            (0..levels.max(1)).find_map(|level| form.problems.of(&part_id(&id, level)))
        })
    }

    /// What `aria-describedby` refers to.
    fn described_by(&self) -> Signal<Option<String>> {
        let problem = self.problem();
        let id = self.id.clone();
        let parts = [
            (self.has_hint, "hint"),
            (self.has_purpose, "purpose"),
            (self.has_zone, "zone"),
            (self.has_count, "count"),
        ];
        Signal::derive(move || {
            let error = (problem.with(Option::is_some), "error");
            let ids: Vec<_> = [error]
                .into_iter()
                .chain(parts)
                .filter(|(there, _)| *there)
                .map(|(_, part)| format!("{id}-{part}"))
                .collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        })
    }

    fn invalid(&self) -> Signal<Option<&'static str>> {
        let problem = self.problem();
        Signal::derive(move || problem.with(Option::is_some).then_some("true"))
    }

    fn label(&self) -> View {
        let (form, index) = (self.form, self.index);
        ui! {
            {self.read(|field| field.label.clone())}
            {move || {
                form.is_called_optional(index)
                    .then(|| ui! { " "<span class="optional">{m::form_optional}</span> })
            }}
        }
    }

    /// What stands between the label and the control.
    fn notes(&self) -> View {
        let hint = self.has_hint.then(|| {
            let hint = self.read(|field| field.help.clone().unwrap_or_default());
            ui! { <p class="hint" id=format!("{}-hint", self.id)>{hint}</p> }
        });
        let purpose = self.has_purpose.then(|| {
            let purpose = self.read(|field| field.purpose.clone().unwrap_or_default());
            ui! {
                <p class="purpose" id=format!("{}-purpose", self.id)>
                    {icon("info")}
                    <span>{purpose}</span>
                </p>
            }
        });
        let zone = self.has_zone.then(|| {
            let zone = || m::form_zone(&format::foreign_zone().unwrap_or_default());
            ui! { <p class="hint" id=format!("{}-zone", self.id)>{zone}</p> }
        });
        let problem = self.problem();
        let id = self.id.clone();
        let error = move || {
            problem.get().map(|words| {
                ui! {
                    <p class="error" id=format!("{id}-error")>
                        <span class="visually-hidden">{m::problem_prefix}</span>
                        {move || words.get()}
                    </p>
                }
            })
        };
        ui! { {hint} {purpose} {zone} {error} }
    }

    fn single(self, control: View) -> View {
        ui! {
            <div class="field">
                <label for=self.id.clone()>{self.label()}</label>
                {self.notes()}
                {control}
                {self.has_count.then(|| self.count())}
            </div>
        }
    }

    fn group(self, control: View) -> View {
        ui! {
            <fieldset class="field" aria-describedby=self.described_by()>
                <legend>{self.label()}</legend>
                {self.notes()}
                {control}
            </fieldset>
        }
    }

    fn typing(&self) -> impl Fn(leptos::ev::Event) + use<> {
        let (form, field) = (self.form, self.field.clone());
        move |event| form.set(&field, FieldValue::Text(event_target_value(&event)))
    }

    fn saving(&self) -> impl Fn(leptos::ev::Event) + use<> {
        let draft = self.form.draft;
        move |_| draft.save()
    }

    /// What stands in the control when it is drawn.
    fn standing(&self) -> String {
        let text = self.form.text(self.index);
        let dated = self.form.with(self.index, |field, _, _| {
            field.field_type == FieldType::Datetime
        });
        // A time that the form begins with is an instant.
        Instant::parse(&text)
            .ok()
            .filter(|_| dated)
            .and_then(format::local_of_instant)
            .unwrap_or(text)
    }

    fn line(self, field_type: FieldType) -> View {
        let least = self.form.with(self.index, |field, _, _| field.min);
        let (input_type, inputmode, autocomplete, class) = match field_type {
            FieldType::Email => ("email", None, Some("email"), ""),
            FieldType::Phone => ("tel", None, Some("tel"), "w20"),
            // The keys for numbers have no minus on some phones.
            FieldType::Number if least.is_some_and(|least| least >= 0.0) => {
                ("text", Some("decimal"), Some("off"), "w10")
            }
            FieldType::Number => ("text", None, Some("off"), "w10"),
            FieldType::Date => ("date", None, None, ""),
            FieldType::Datetime => ("datetime-local", None, None, ""),
            _ if self.id == "contact-name" => ("text", None, Some("name"), ""),
            _ => ("text", None, None, ""),
        };
        let plain = autocomplete.is_some().then_some("false");
        // Without it a year that is typed has six places.
        let max = match field_type {
            FieldType::Date => Some("9999-12-31"),
            FieldType::Datetime => Some("9999-12-31T23:59"),
            _ => None,
        };
        let input = ui! {
            <input
                id=self.id.clone()
                name=self.id.clone()
                class=class
                type=input_type
                inputmode=inputmode
                max=max
                autocomplete=autocomplete
                autocapitalize=plain.map(|_| "off")
                spellcheck=plain
                dir=(input_type == "text").then_some("auto")
                aria-describedby=self.described_by()
                aria-invalid=self.invalid()
                prop:value=self.standing()
                on:input=self.typing()
                on:change=self.saving()
            />
        };
        self.single(input.view())
    }

    fn long_text(self) -> View {
        let area = ui! {
            <textarea
                id=self.id.clone()
                name=self.id.clone()
                dir="auto"
                aria-describedby=self.described_by()
                aria-invalid=self.invalid()
                prop:value=self.standing()
                on:input=self.typing()
                on:change=self.saving()
            ></textarea>
        };
        self.single(area.view())
    }

    /// How much room is left, below the text; said aloud after a pause, once the room gets small.
    fn count(&self) -> View {
        let (form, index) = (self.form, self.index);
        let left = memo(move || {
            let most = form.with(index, |field, _, _| field.max_length.map_or(0, i64::from));
            let written = form.text(index).trim().chars().count();
            most - i64::try_from(written).unwrap_or(i64::MAX)
        });
        // Characters of a text are far below 2^53.
        #[allow(clippy::cast_precision_loss)]
        let words = move || match left.get() {
            left @ 0.. => m::form_left(left as f64),
            over => m::form_over(-over as f64),
        };
        let pause = StoredValue::new_local(None);
        effect_after(move |first: Option<()>| {
            let most = form.with(index, |field, _, _| field.max_length.map_or(0, i64::from));
            if left.get() < most / 4 && first.is_some() {
                pause.set_value(Some(task::Task::spawn(async move {
                    task::sleep(1_000).await;
                    dom::announce(&untrack(words), dom::Urgency::Polite);
                })));
            }
        });
        ui! {
            <p class="count" class:over=move || left.get() < 0 id=format!("{}-count", self.id)>
                {words}
            </p>
        }
    }

    fn list(self) -> View {
        let select = self.choice_of(0, self.id.clone(), &[]);
        self.single(select)
    }

    fn tree(self) -> View {
        let levels = (0..self.levels)
            .map(|level| {
                let question = self.clone();
                let (form, index) = (self.form, self.index);
                // The way to this level; `None` where there is no such level with what is chosen.
                let way = memo(move || {
                    let mut way =
                        form.with(index, |f, _, _| value::path(&f.options, &form.text(index)));
                    way.truncate(level);
                    let there = way.len() == level
                        && form.with(index, |f, _, _| {
                            !value::options_at(&f.options, &way).is_empty()
                        });
                    there.then_some(way)
                });
                move || {
                    let way = way.get()?;
                    let id = part_id(&question.id, level);
                    let label = question.read(|field| field.label.clone());
                    // A level is counted from 1.
                    let number = (level + 1).to_string();
                    Some(ui! {
                        <label class="visually-hidden" for=id.clone()>
                            {move || m::form_level { label: &label(), n: &number }.text()}
                        </label>
                        {untrack(|| question.choice_of(level, id, &way))}
                    })
                }
            })
            .collect::<View>();
        self.group(ui! { <div class="tree">{levels}</div> })
    }

    /// A list to open: of the options, or of those on one level of a tree. The first entry takes the choice back.
    fn choice_of(&self, level: usize, id: String, way: &[usize]) -> View {
        let (form, index, field) = (self.form, self.index, self.field.clone());
        let options = form.with(index, |f, _, _| value::options_at(&f.options, way).to_vec());
        // The entry above, to which an empty choice goes back.
        let above = form.with(index, |f, _, _| {
            let (last, before) = way.split_last()?;
            Some(
                value::options_at(&f.options, before)
                    .get(*last)?
                    .value
                    .clone(),
            )
        });
        let chosen = form.with(index, |f, _, _| {
            value::path(&f.options, &form.text(index))
                .get(level)
                .copied()
        });
        let entries = options
            .iter()
            .enumerate()
            .map(|(i, option)| {
                let way = way.to_vec();
                let label = move || {
                    form.with(index, |f, _, _| {
                        let option = value::options_at(&f.options, &way).get(i);
                        option.map_or_else(String::new, |o| value::short(&o.label).to_owned())
                    })
                };
                ui! {
                    <option value=option.value.clone() prop:selected=chosen == Some(i)>
                        {label}
                    </option>
                }
            })
            .collect::<View>();
        let problem = {
            let id = id.clone();
            move || form.problems.of(&id).map(|_| "true")
        };
        let choose = move |event| {
            let value = match event_target_value(&event) {
                none if none.is_empty() => above.clone().unwrap_or_default(),
                value => value,
            };
            form.set(&field, FieldValue::Text(value));
            form.draft.save();
        };
        ui! {
            <select
                id=id.clone()
                name=id
                aria-describedby=self.described_by()
                aria-invalid=problem
                on:change=choose
            >
                <option value="">{m::form_choose}</option>
                {entries}
            </select>
        }
    }

    /// A radio button or checkbox with its words. The first one has the id of the question.
    fn choice(
        &self,
        input_type: &'static str,
        position: usize,
        label: View,
        described_by: Signal<Option<String>>,
        checked: impl Fn() -> bool + Send + 'static,
        choose: impl Fn(bool) + 'static,
    ) -> View {
        let draft = self.form.draft;
        ui! {
            <label>
                <input
                    id=part_id(&self.id, position)
                    name=self.id.clone()
                    type=input_type
                    aria-describedby=described_by
                    aria-invalid=self.invalid()
                    prop:checked=checked
                    on:change=move |event| {
                        choose(event_target_checked(&event));
                        draft.save();
                    }
                />
                <span>{label}</span>
            </label>
        }
    }

    /// The label of an option: its first line, and what explains it.
    fn option_label(&self, position: usize) -> View {
        let (form, index) = (self.form, self.index);
        let part = move |line: usize| {
            form.with(index, |field, _, _| {
                let option = field.options.get(position);
                let lines = option.map(|o| o.label.splitn(2, '\n').nth(line));
                lines.flatten().map(str::to_owned)
            })
        };
        ui! {
            {move || part(0)}
            {move || part(1).map(|more| ui! { <span class="hint">{more}</span> })}
        }
    }

    fn options(&self) -> Vec<FieldOption> {
        self.form
            .with(self.index, |field, _, _| field.options.clone())
    }

    fn radios(self) -> View {
        let (form, field) = (self.form, self.field.clone());
        let choices = self
            .options()
            .into_iter()
            .enumerate()
            .map(|(i, option)| {
                let value = FieldValue::Text(option.value);
                self.radio(i, self.option_label(i), value)
            })
            .collect::<View>();
        let index = self.index;
        let first = self.id.clone();
        let answered = memo(move || {
            form.value(index).is_some_and(|value| !value.is_empty()) && !form.is_required(index)
        });
        // A radio button cannot be taken back by itself.
        let clear = move || {
            let (field, first) = (field.clone(), first.clone());
            answered.get().then(|| {
                let clear = move |_| {
                    form.set(&field, FieldValue::Text(String::new()));
                    form.draft.save();
                    dom::focus(&first);
                };
                ui! {
                    <button class="button quiet small" type="button" on:click=clear>
                        {m::form_clear}
                    </button>
                }
            })
        };
        self.group(ui! { <div class="choices">{choices}</div> {clear} })
    }

    fn yes_or_no(self) -> View {
        let yes = self.radio(0, m::form_yes.view(), FieldValue::Bool(true));
        let no = self.radio(1, m::form_no.view(), FieldValue::Bool(false));
        self.group(ui! { <div class="choices inline">{yes} {no}</div> })
    }

    fn radio(&self, position: usize, label: View, value: FieldValue) -> View {
        let (form, index, field) = (self.form, self.index, self.field.clone());
        let is_chosen = {
            let value = value.clone();
            move || form.value(index).as_ref() == Some(&value)
        };
        self.choice(
            "radio",
            position,
            label,
            Signal::stored(None),
            is_chosen,
            move |_| {
                form.set(&field, value.clone());
            },
        )
    }

    fn checkboxes(self) -> View {
        let options = self.options();
        let choices = options
            .iter()
            .enumerate()
            .map(|(i, option)| {
                let (form, index, field) = (self.form, self.index, self.field.clone());
                let list = move || match form.value(index) {
                    Some(FieldValue::List(list)) => list,
                    _ => Vec::new(),
                };
                let value = option.value.clone();
                let is_chosen = {
                    let value = value.clone();
                    move || list().contains(&value)
                };
                let order: Vec<_> = options.iter().map(|o| o.value.clone()).collect();
                let choose = move |checked| {
                    let before = untrack(list);
                    let chosen = |v: &String| {
                        if *v == value {
                            checked
                        } else {
                            before.contains(v)
                        }
                    };
                    let list: Vec<_> = order.iter().filter(|v| chosen(v)).cloned().collect();
                    form.set(&field, FieldValue::List(list));
                };
                self.choice(
                    "checkbox",
                    i,
                    self.option_label(i),
                    Signal::stored(None),
                    is_chosen,
                    choose,
                )
            })
            .collect::<View>();
        self.group(ui! { <div class="choices">{choices}</div> })
    }

    fn checkbox(self) -> View {
        let (form, index, field) = (self.form, self.index, self.field.clone());
        let is_chosen = move || form.value(index) == Some(FieldValue::Bool(true));
        let choose = move |checked| form.set(&field, FieldValue::Bool(checked));
        let label = ui! { {self.read(|field| field.label.clone())} };
        let described_by = self.described_by();
        let choice = self.choice("checkbox", 0, label, described_by, is_chosen, choose);
        ui! {
            <div class="field">
                {self.notes()}
                <div class="choices">{choice}</div>
            </div>
        }
    }

    fn files(self) -> View {
        let files = attachments(self.form.draft, self.id.clone(), file_field(&self.field));
        self.group(files)
    }
}

/// The id of a part of a question; the first part has the id of the question itself.
pub fn part_id(id: &str, part: usize) -> String {
    match part {
        0 => id.to_owned(),
        part => format!("{id}-{part}"),
    }
}
