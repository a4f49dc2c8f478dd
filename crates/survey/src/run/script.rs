//! Surveys answered by a script, with a picture of the survey after each step: how a company tests its questionnaires.

use super::{Id, Start, Survey};
use crate::{Clock, Definition, Object, Value, definition::Class};

/// Runs a survey by a script: `{survey, runs: [{name, steps: [{step}]}]}` gives `{runs: [{name, steps}]}`, each step
/// with what is visible, required, computed and kept after it. `clock` gives each run its time.
///
/// # Errors
/// What is wrong with the script, in English.
pub fn script(question: &Value, clock: impl Fn() -> Box<dyn Clock>) -> Result<Value, String> {
    let question = question
        .as_object()
        .ok_or("a script is an object with `survey` and `runs`")?;
    let survey = question.get("survey").ok_or("the script has no `survey`")?;
    let runs = question
        .get("runs")
        .and_then(Value::as_list)
        .ok_or("the script has no list of `runs`")?;
    let definition = Definition::open(survey);
    let mut answers = Vec::new();
    for run in runs {
        let run = run.as_object().ok_or("a run is an object with `steps`")?;
        let steps = run
            .get("steps")
            .and_then(Value::as_list)
            .ok_or("a run has no list of `steps`")?;
        let mut survey = Survey::new(&definition, Start::default(), clock());
        let mut pictures = Vec::new();
        for step in steps {
            let step = step
                .as_object()
                .and_then(|step| step.get("step"))
                .ok_or("a step is an object with `step`")?;
            let mut picture = Object::new();
            picture.insert("step", step.clone());
            take(&mut survey, step, &mut picture)?;
            draw(&survey, &mut picture);
            pictures.push(Value::Object(picture));
        }
        let name = run.get("name").cloned().unwrap_or_default();
        let run: Object = [("name", name), ("steps", Value::List(pictures))]
            .into_iter()
            .collect();
        answers.push(Value::Object(run));
    }
    Ok(Value::Object(
        [("runs", Value::List(answers))].into_iter().collect(),
    ))
}

fn take(survey: &mut Survey, step: &Value, picture: &mut Object) -> Result<(), String> {
    let Some(step) = step.as_object() else {
        return if step.as_text() == Some("start") {
            Ok(())
        } else {
            Err("a step is \"start\" or an object".to_owned())
        };
    };
    let value = || step.get("value").cloned().unwrap_or_default();
    let name = |key: &str| step.get(key).and_then(Value::as_text);
    if let Some(name) = name("set") {
        match survey.question(name) {
            Some(id) => survey.set(id, value()),
            None => survey.set_by_key(name, value()),
        }
    } else if let Some(name) = name("comment") {
        if let Some(id) = survey.question(name) {
            survey.set_comment(id, value());
        }
    } else if let Some(name) = name("variable") {
        survey.set_variable(name, value());
    } else if let Some(locale) = name("locale") {
        survey.set_locale(locale);
    } else if step.get("next").is_some() {
        picture.insert("pageBefore", page_name(survey));
        picture.insert("moved", Value::Bool(survey.go_on()));
    } else if step.get("prev").is_some() {
        picture.insert("moved", Value::Bool(survey.go_back()));
    } else if step.get("complete").is_some() {
        complete(survey, picture);
    } else if let Some(id) = name("addRow")
        .or(name("addPanel"))
        .and_then(|name| survey.question(name))
    {
        survey.add_entry(id);
    } else if let Some(id) = name("removeRow")
        .or(name("removePanel"))
        .and_then(|name| survey.question(name))
    {
        let index = step.get("index").and_then(Value::as_number).unwrap_or(0.0);
        survey.remove_entry(id, index as usize);
    } else {
        return Err(
            "a step sets, comments, goes to the next page or back, or completes".to_owned(),
        );
    }
    Ok(())
}

fn complete(survey: &mut Survey, picture: &mut Object) {
    let mut errors = Vec::new();
    for page in survey.visible_pages() {
        // Of the page that is shown element by element, only what is shown.
        let element = survey
            .current_element()
            .filter(|_| survey.current_page() == Some(page));
        let place = element.unwrap_or(page);
        survey.check(place);
        let mut last = None;
        let mut problems = survey.problems_in(page);
        problems.retain(|(_, id)| stands_in(survey, *id, place));
        for (path, id) in problems {
            // An element stands in the list once for each of its problems.
            if last == Some(id) {
                continue;
            }
            last = Some(id);
            for problem in survey.problems(id) {
                let mut error = Object::new();
                let kind = if survey.is_panel(id) {
                    "panel"
                } else {
                    "question"
                };
                error.insert(kind, path.as_str().into());
                error.insert("type", problem.wrong.code().into());
                error.insert("text", problem.text().into());
                error.insert("page", shown_page(survey, page));
                errors.push(Value::Object(error));
            }
        }
    }
    picture.insert("errors", Value::List(errors));
    let completed = survey.complete();
    picture.insert("completed", Value::Bool(completed));
    if completed {
        let end = survey.end();
        let thanks = "Thank you for completing the survey";
        let html = if end.html.is_empty() {
            thanks.to_owned()
        } else {
            end.html
        };
        picture.insert("completedHtml", html.into());
        if !end.address.is_empty() {
            picture.insert("navigateToUrl", end.address.into());
        }
    }
}

fn stands_in(survey: &Survey, id: Id, place: Id) -> bool {
    let mut around = std::iter::successors(Some(id), |id| survey.element(*id).parent);
    around.any(|id| id == place)
}

fn shown_page(survey: &Survey, page: Id) -> Value {
    if survey.is_single_page() {
        "single-page".into()
    } else {
        survey.name_of(page).into()
    }
}

fn page_name(survey: &Survey) -> Value {
    survey
        .current_page()
        .map_or(Value::Null, |page| shown_page(survey, page))
}

fn draw(survey: &Survey, picture: &mut Object) {
    picture.insert("state", survey.state().word().into());
    picture.insert("currentPage", page_name(survey));
    let mut pages: Vec<Value> = survey
        .visible_pages()
        .into_iter()
        .map(|page| shown_page(survey, page))
        .collect();
    if survey.is_single_page() {
        pages.truncate(1);
    }
    picture.insert("visiblePages", Value::List(pages));
    let questions: Vec<Id> = survey
        .questions()
        .into_iter()
        .filter(|id| survey.is_shown(*id))
        .collect();
    let names = |wanted: &dyn Fn(Id) -> bool| -> Vec<Value> {
        let questions = questions.iter().filter(|id| wanted(**id));
        questions.map(|id| survey.name_of(*id).into()).collect()
    };
    picture.insert("visibleQuestions", Value::List(names(&|_| true)));
    picture.insert("required", Value::List(names(&|id| survey.is_required(id))));
    let read_only = names(&|id| survey.can_be_answered(id) && survey.is_read_only(id));
    if !read_only.is_empty() {
        picture.insert("readOnly", Value::List(read_only));
    }
    let titles = titles(survey, &questions);
    if !titles.is_empty() {
        picture.insert("titles", Value::Object(titles));
    }
    let title = survey.text("title");
    if !title.is_empty() {
        picture.insert("surveyTitle", title.into());
    }
    let mut all = Object::new();
    for id in &questions {
        let details = details(survey, *id);
        if !details.is_empty() {
            all.insert(survey.name_of(*id), Value::Object(details));
        }
    }
    if !all.is_empty() {
        picture.insert("details", Value::Object(all));
    }
    if !survey.root.nodes("calculatedValues").is_empty() {
        picture.insert("calculated", Value::Object(survey.calculated().clone()));
    }
    picture.insert("data", Value::Object(survey.answers().clone()));
}

fn titles(survey: &Survey, questions: &[Id]) -> Object {
    let mut titles = Object::new();
    for id in questions {
        let name = survey.name_of(*id);
        if survey.class(*id) == Class::Html {
            titles.insert(format!("{name}.html"), survey.html(*id).into());
            continue;
        }
        let title = survey.title(*id);
        if title != name {
            titles.insert(name, title.into());
        }
        if survey.node(*id).text("description").is_some() {
            titles.insert(
                format!("{name}.description"),
                survey.text_of(*id, "description").into(),
            );
        }
    }
    titles
}

fn details(survey: &Survey, id: Id) -> Object {
    let mut details = Object::new();
    let class = survey.class(id);
    let choices = survey.choices(id);
    let values = || Value::List(choices.iter().map(|choice| choice.value.clone()).collect());
    match class {
        Class::RadioGroup
        | Class::Dropdown
        | Class::Checkbox
        | Class::TagBox
        | Class::Ranking
        | Class::ImagePicker
        | Class::ButtonGroup => {
            details.insert("choices", values());
            if choices
                .iter()
                .any(|choice| choice.text != choice.value.to_text())
            {
                let texts = choices
                    .iter()
                    .map(|choice| choice.text.as_str().into())
                    .collect();
                details.insert("choiceTexts", Value::List(texts));
            }
            let disabled = choices.iter().filter(|choice| !choice.enabled);
            let disabled: Vec<Value> = disabled.map(|choice| choice.value.clone()).collect();
            if !disabled.is_empty() {
                details.insert("disabledChoices", Value::List(disabled));
            }
        }
        Class::Rating => {
            details.insert("rateValues", values());
        }
        Class::Matrix => {
            details.insert("rows", Value::List(survey.rows(id)));
        }
        Class::MatrixDropdown | Class::MatrixDynamic => {
            let rows = survey
                .rows(id)
                .into_iter()
                .zip(survey.entries(id))
                .map(|(row, entry)| {
                    let columns = survey.spec(id).columns;
                    let cells = survey.element(entry).children.iter().take(columns);
                    let visible = cells.filter(|cell| survey.is_visible(**cell));
                    let visible = visible.map(|cell| survey.name_of(*cell).into()).collect();
                    Value::Object(
                        [("row", row), ("visible", Value::List(visible))]
                            .into_iter()
                            .collect(),
                    )
                });
            details.insert("rows", Value::List(rows.collect()));
        }
        Class::PanelDynamic => {
            let panels = survey.entries(id).into_iter().map(|entry| {
                let mut questions = Vec::new();
                survey.questions_in(entry, &mut questions);
                let shown = questions.into_iter().filter(|id| {
                    let mut at = Some(*id);
                    while let Some(id) = at.filter(|id| *id != entry) {
                        if !survey.is_visible(id) {
                            return false;
                        }
                        at = survey.element(id).parent;
                    }
                    true
                });
                Value::List(shown.map(|id| survey.name_of(id).into()).collect())
            });
            details.insert("panels", Value::List(panels.collect()));
        }
        Class::Expression => {
            details.insert("value", survey.answer(id).cloned().unwrap_or_default());
            details.insert("display", survey.display(id).into());
        }
        _ => {}
    }
    details
}
