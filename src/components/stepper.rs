//! The steps of a request: done, now, next.

use super::{icon::icon, moment::moment};
use crate::i18n::m;
use portico_contract::request::{Step, StepState};
use portico_view::{View, ui};

/// The steps in order. A state that this version does not know counts as still to come.
pub fn stepper(steps: Vec<Step>) -> View {
    let items = steps.into_iter().map(step).collect::<View>();
    ui! { <ol class="steps">{items}</ol> }
}

fn step(step: Step) -> View {
    let (mark, word) = match step.state {
        StepState::Done => ("step-done", m::request_step_done),
        StepState::Current => ("step-current", m::request_step_now),
        StepState::Next | StepState::Unknown => ("step-next", m::request_step_next),
    };
    let done = step.state == StepState::Done;
    let current = step.state == StepState::Current;
    let below = match step.at {
        Some(at) if done || current => moment(at),
        _ => ui! { <span aria-hidden="true">{word}</span> },
    };
    ui! {
        <li
            class:done=done
            class:current=current
            class:next=!done && !current
            aria-current=current.then_some("step")
        >
            {icon(mark)}
            <div>
                <strong>
                    <span class="visually-hidden">{word}" "</span>
                    {step.label}
                </strong>
                {below}
            </div>
        </li>
    }
}
