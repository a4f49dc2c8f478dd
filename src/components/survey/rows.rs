//! Questions that consist of rows: matrices, rankings, several texts, and what repeats.

use super::{control::Asked, group, small_button};
use crate::{
    browser::dom,
    components::button::{Look, button},
    i18n::{format, m},
};
use leptos::prelude::*;
use portico_survey::{
    Object, Value,
    run::{Id, Part, Role, Survey},
};
use portico_view::{Child, View, memo, ui};

/// A column for each row, as a list of groups: it reads the same on a phone and aloud.
pub(super) fn matrix(asked: Asked) -> View {
    let several = asked.word("cellType") == "checkbox";
    let shape =
        memo(move || asked.get(|question| (question.rows.clone(), question.columns.clone())));
    let rows = move || {
        let (rows, columns) = shape.get();
        rows.into_iter()
            .map(|(row, words)| {
                let key = row.to_text().into_owned();
                let cells = columns
                    .iter()
                    .map(|(column, words)| cell(asked, &key, column, words, several))
                    .collect::<View>();
                ui! {
                    <fieldset class="field row">
                        <legend>{words}</legend>
                        <div class="choices inline">{cells}</div>
                    </fieldset>
                }
            })
            .collect::<View>()
    };
    asked.group(rows.view())
}

fn cell(asked: Asked, row: &str, column: &Value, words: &str, several: bool) -> View {
    let (row, column) = (row.to_owned(), column.clone());
    let name = format!("{}-{row}", asked.name());
    let chosen = {
        let (row, column) = (row.clone(), column.clone());
        move || match asked.rows_answered().get(&row) {
            Some(Value::List(list)) => list.contains(&column),
            Some(value) => *value == column,
            None => false,
        }
    };
    let choose = move |event| {
        let on = event_target_checked(&event);
        let mut rows: Object = untrack(|| asked.rows_answered());
        if several {
            let mut list = match rows.get(&row) {
                Some(Value::List(list)) => list.clone(),
                _ => Vec::new(),
            };
            list.retain(|value| *value != column);
            if on {
                list.push(column.clone());
            }
            match list.is_empty() {
                true => drop(rows.remove(&row)),
                false => drop(rows.insert(row.clone(), Value::List(list))),
            }
        } else {
            rows.insert(row.clone(), column.clone());
        }
        asked.set(Value::Object(rows));
    };
    ui! {
        <label>
            <input
                type=if several { "checkbox" } else { "radio" }
                name=name
                disabled=move || asked.get(|q| q.read_only).then_some("")
                prop:checked=chosen
                on:change=choose
            />
            <span>{words.to_owned()}</span>
        </label>
    }
}

/// What is put into an order: by buttons, which a keyboard and a screen reader have too, or by dragging.
pub(super) fn ranking(asked: Asked) -> View {
    let choosing = asked
        .a
        .look(|s| s.definition_of(asked.id).flag("selectToRankEnabled", false));
    let dragged = StoredValue::new(None::<usize>);
    // In the order of the answer; what is not in it follows, unless it is to be chosen first.
    let order = memo(move || {
        asked.get(|question| {
            let answer = question.answer.clone().unwrap_or(Value::Null);
            let ranked = answer.as_list().unwrap_or_default().to_vec();
            let own = || {
                question
                    .choices
                    .iter()
                    .filter(|choice| choice.role == Role::Own)
            };
            let word = |value: &Value| {
                own()
                    .find(|choice| choice.value == *value)
                    .map(|choice| (value.clone(), choice.text.clone()))
            };
            let mut first: Vec<_> = ranked.iter().filter_map(word).collect();
            let rest = own().filter(|choice| !ranked.contains(&choice.value));
            let rest: Vec<_> = rest
                .map(|choice| (choice.value.clone(), choice.text.clone()))
                .collect();
            if choosing {
                return (first, rest);
            }
            first.extend(rest);
            (first, Vec::new())
        })
    });
    let keep = move |order: Vec<(Value, String)>| {
        let values: Vec<_> = order.into_iter().map(|(value, _)| value).collect();
        asked.set(match values.is_empty() {
            true => Value::Null,
            false => Value::List(values),
        });
    };
    let shift = move |from: usize, to: usize| {
        let (mut ranked, _) = order.get_untracked();
        if from < ranked.len() && to < ranked.len() {
            let moved = ranked.remove(from);
            let words = m::survey_ranked {
                name: &moved.1,
                number: &format::number((to + 1) as f64),
            }
            .text();
            ranked.insert(to, moved);
            keep(ranked);
            dom::announce(&words, dom::Urgency::Polite);
        }
    };
    let item = move |(value, words): (Value, String)| {
        let at = {
            let value = value.clone();
            move || order.with(|(ranked, _)| ranked.iter().position(|(v, _)| *v == value))
        };
        let (up, down, start, over, out) = (at.clone(), at.clone(), at.clone(), at.clone(), at);
        let name = words.clone();
        let names = [name.clone(), name.clone(), name];
        let [for_up, for_down, for_out] = names.map(|name| move || name.clone());
        let take_out = choosing.then(|| {
            small_button(m::survey_unrank, for_out, move || {
                let (mut ranked, _) = order.get_untracked();
                if let Some(at) = untrack(&out) {
                    ranked.remove(at);
                    keep(ranked);
                }
            })
        });
        ui! {
            <li
                draggable="true"
                on:dragstart=move |_| dragged.set_value(untrack(&start))
                on:dragover=move |event| event.prevent_default()
                on:drop=move |event| {
                    event.prevent_default();
                    if let (Some(from), Some(to)) = (dragged.get_value(), untrack(&over)) {
                        shift(from, to);
                    }
                }
            >
                <span dir="auto">{words}</span>
                <div class="buttons">
                    {small_button(m::survey_up, for_up, move || {
                        if let Some(at) = untrack(&up).filter(|at| *at > 0) {
                            shift(at, at - 1);
                        }
                    })}
                    {small_button(m::survey_down, for_down, move || {
                        if let Some(at) = untrack(&down) {
                            shift(at, at + 1);
                        }
                    })}
                    {take_out}
                </div>
            </li>
        }
    };
    let key = |(value, words): &(Value, String)| format!("{} {words}", value.to_text());
    let rest = move || {
        let (_, rest) = order.get();
        rest.into_iter()
            .map(|(value, words)| {
                let name = words.clone();
                let add = move || {
                    let (mut ranked, rest) = order.get_untracked();
                    ranked.extend(rest.into_iter().filter(|(v, _)| *v == value));
                    keep(ranked);
                };
                ui! {
                    <li>
                        <span dir="auto">{words}</span>
                        <div class="buttons">{small_button(m::survey_rank, move || name.clone(), add)}</div>
                    </li>
                }
            })
            .collect::<View>()
    };
    let any_rest = memo(move || order.with(|(_, rest)| !rest.is_empty()));
    asked.group(ui! {
        <ol class="ranking"><For each=move || order.get().0 key=key children=item /></ol>
        {move || any_rest.get().then(|| ui! { <ul class="ranking">{rest}</ul> })}
    })
}

/// Rows of questions, several texts, or groups that repeat.
pub(super) fn entries(asked: Asked) -> View {
    let all = memo(move || asked.get(|question| question.entries.clone()));
    let can_add = memo(move || {
        asked.a.changed.track();
        asked.a.look(|survey| survey.can_add(asked.id))
    });
    let can_remove = memo(move || {
        asked.a.changed.track();
        asked.a.look(|survey| survey.can_remove(asked.id))
    });
    let groups = memo(move || {
        all.with(|all| {
            let ids = all.iter().filter_map(|part| match part {
                Part::Group { id, .. } => Some(*id),
                Part::Question(_) => None,
            });
            ids.collect::<Vec<_>>()
        })
    });
    let row = move |id: Id| {
        let at = move || groups.with(|groups| groups.iter().position(|group| *group == id));
        let number = move || {
            let at = u32::try_from(at().unwrap_or_default()).unwrap_or(u32::MAX);
            m::survey_entry(&crate::i18n::format::number(f64::from(at) + 1.0))
        };
        let remove = move || {
            can_remove.get().then(|| {
                ui! {
                    <div class="buttons">
                        {small_button(m::survey_remove, number, move || {
                            if let Some(at) = untrack(at) {
                                asked.a.change(|survey: &mut Survey| survey.remove_entry(asked.id, at));
                                dom::focus(&asked.name());
                            }
                        })}
                    </div>
                }
            })
        };
        group(asked.a, id, all, Some(remove.view()))
    };
    let plain = memo(move || {
        all.with(|all| {
            let questions = all.iter().filter(|part| matches!(part, Part::Question(_)));
            questions.cloned().collect::<Vec<_>>()
        })
    });
    let add = move || {
        can_add.get().then(|| {
            ui! {
                <div class="buttons">
                    {button(Look::Secondary, m::survey_add, move || {
                        asked.a.change(|survey| survey.add_entry(asked.id));
                    })}
                </div>
            }
        })
    };
    let totals = memo(move || {
        asked.a.changed.track();
        asked.a.look(|survey| survey.totals_shown(asked.id))
    });
    let totals = move || {
        let all = totals.get();
        (!all.is_empty()).then(|| {
            let lines = all.into_iter().map(|(column, total)| {
                ui! { <div><dt>{move || m::survey_all_rows(&column)}</dt><dd>{total}</dd></div> }
            });
            ui! { <dl class="summary">{lines.collect::<View>()}</dl> }
        })
    };
    asked.group(ui! {
        {super::parts(asked.a, plain)}
        <For each=move || groups.get() key=|id: &Id| id.number() children=row />
        {totals}
        {add}
    })
}
