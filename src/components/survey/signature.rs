//! A signature: drawn with a finger, a pen or a mouse, or typed, which a keyboard and a screen reader have too.

use super::{control::Asked, small_button};
use crate::{browser::dom, i18n::m};
use leptos::{
    ev::{Event, PointerEvent},
    prelude::*,
};
use portico_survey::{
    Value,
    signature::{HEIGHT, MAX, WIDTH, lines, picture},
};
use portico_view::{View, memo, ui};

/// The control.
pub(super) fn signature(asked: Asked) -> View {
    let drawn = memo(move || {
        let answer = asked.answer_text();
        lines(&answer).map(str::to_owned).unwrap_or_default()
    });
    let typed = move || match drawn.with(String::is_empty) {
        true => asked.answer_text(),
        false => String::new(),
    };
    let pen_down = StoredValue::new(false);
    let draw = move |event: &PointerEvent, step: char| {
        let Some((across, down)) = dom::place_in_target(event) else {
            return;
        };
        let mut all = drawn.get_untracked();
        // Within the field: small numbers.
        #[allow(clippy::cast_possible_truncation)]
        let on = |part: f64, whole: f64| (part.clamp(0.0, 1.0) * whole).round() as i32;
        all += &format!("{step}{} {}", on(across, WIDTH), on(down, HEIGHT));
        if all.len() <= MAX {
            asked.set(picture(&all).as_str().into());
        }
    };
    let begin = move |event: PointerEvent| {
        if !asked.read_only() {
            event.prevent_default();
            dom::hold_pointer(&event);
            pen_down.set_value(true);
            draw(&event, 'M');
            // A dot is a line to where it began.
            draw(&event, 'L');
        }
    };
    let go_on = move |event: PointerEvent| {
        if pen_down.get_value() {
            draw(&event, 'L');
        }
    };
    let end = move |_: PointerEvent| pen_down.set_value(false);
    let write = move |event: Event| {
        asked.set(match event_target_value(&event).as_str() {
            "" => Value::Null,
            text => text.into(),
        });
    };
    let id = format!("{}-typed", asked.name());
    let clear = move || {
        (asked.get(|question| question.answer.is_some()) && !asked.read_only()).then(|| {
            small_button(
                m::survey_sign_clear,
                move || asked.title(),
                move || asked.set(Value::Null),
            )
        })
    };
    let shown = move || match drawn.with(String::is_empty) {
        true => m::survey_sign_pad(),
        false => m::survey_signed(),
    };
    asked.group_with_own_way_back(ui! {
        <div
            class="pad"
            role="img"
            aria-label=shown
            on:pointerdown=begin
            on:pointermove=go_on
            on:pointerup=end
            on:pointercancel=end
        >
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true"><path d=drawn></path></svg>
            {move || drawn.with(String::is_empty).then(|| ui! { <span class="hint">{m::survey_sign_pad}</span> })}
        </div>
        <div class="field nested">
            <label for=id.clone()>{m::survey_sign_typed}</label>
            <input
                id=id
                type="text"
                dir="auto"
                autocomplete="name"
                spellcheck="false"
                maxlength="200"
                readonly=move || asked.read_only().then_some("")
                prop:value=typed
                on:input=write
            />
        </div>
        <div class="buttons">{clear}</div>
    })
}
