//! A questionnaire, and whether answers fit it. The portal checks while somebody types; what counts is checked here,
//! by the same engine.

use crate::{
    problem::{Fault, pointer},
    store::surveys::Hash,
};
use chrono::{Offset, TimeZone};
use chrono_tz::Tz;
use portico_contract::{Instant, locale::Locale, problem::FieldProblem};
use portico_survey::{
    Clock, Definition, Finding, Object, Value,
    definition::{Class, Node},
    run::{Choice, Id, Page, Part, Problem, Question, Role, Start, Survey, Wrong},
    signature,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Bytes of the answers as JSON: a signature and some long texts.
pub const DATA_MAX: usize = 256 * 1024;
/// Characters of one text.
const TEXT_MAX: usize = 20_000;
/// Characters of a name that signs.
const NAME_MAX: usize = 200;

/// A questionnaire in SurveyJS JSON.
#[derive(Debug)]
pub struct Questionnaire {
    /// SHA-256 of its text.
    pub hash: Hash,
    /// As it was written.
    pub text: String,
    /// What its reading found.
    pub findings: Vec<Finding>,
    definition: Definition,
    json: Value,
    /// Its questions by name, in order.
    names: Vec<String>,
    /// Names under which answers may come.
    keys: BTreeSet<String>,
}

/// The company's clock, for what a questionnaire asks of time.
struct CompanyClock {
    now: Instant,
    zone: Tz,
}

impl Clock for CompanyClock {
    fn now(&self) -> f64 {
        self.now.unix_millis() as f64
    }

    fn offset(&self, at: f64) -> f64 {
        let at = self.zone.timestamp_millis_opt(at as i64).earliest();
        at.map_or(0.0, |at| {
            f64::from(at.offset().fix().local_minus_utc()) / 60.0
        })
    }
}

/// By what clock and in which language a questionnaire is gone through.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Business time.
    pub now: Instant,
    /// The company's zone.
    pub zone: Tz,
    /// The language of titles and problems.
    pub locale: Locale,
}

impl Questionnaire {
    /// Reads one.
    ///
    /// # Errors
    /// A sentence for the operator when it asks nothing that anybody could answer.
    pub fn read(text: &str) -> Result<Self, String> {
        let json: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let (_, report) = Definition::read(&json);
        let mut whole = json.clone();
        if let Value::Object(root) = &mut whole {
            // Everything is checked at once, whatever page it is shown on.
            root.insert("questionsOnPageMode", "singlePage".into());
            root.remove("firstPageIsStartPage");
            root.remove("firstPageIsStarted");
            root.remove("checkErrorsMode");
        }
        let (definition, _) = Definition::read(&whole);
        let (mut names, mut keys) = (Vec::new(), BTreeSet::new());
        gather(definition.root(), &mut names, &mut keys);
        if names.is_empty() {
            return Err("it asks nothing".to_owned());
        }
        Ok(Self {
            hash: Sha256::digest(text).into(),
            text: text.to_owned(),
            findings: report.findings().to_vec(),
            definition,
            json,
            names,
            keys,
        })
    }

    /// As it travels.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Whether it has a question whose answer is kept under this name.
    #[must_use]
    pub fn asks(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// The title of the questionnaire.
    #[must_use]
    pub fn title(&self, setting: Setting) -> String {
        self.survey(Object::new(), setting).text("title")
    }

    /// The title of a question.
    #[must_use]
    pub fn title_of(&self, question: &str, setting: Setting) -> String {
        let survey = self.survey(Object::new(), setting);
        survey
            .question(question)
            .map_or_else(|| question.to_owned(), |id| survey.title(id))
    }

    /// The steps of a rating with the words at its two ends; nothing where the question is none.
    #[must_use]
    pub fn steps(&self, question: &str) -> Vec<String> {
        let setting = Setting {
            now: Instant::from(chrono::DateTime::UNIX_EPOCH),
            zone: Tz::UTC,
            locale: Locale::En,
        };
        let survey = self.survey(Object::new(), setting);
        let rating = survey
            .question(question)
            .filter(|id| survey.class_of(*id) == Class::Rating);
        let steps = rating.map(|id| survey.choices(id)).unwrap_or_default();
        steps
            .iter()
            .map(|step| step.value.to_text().into_owned())
            .collect()
    }

    /// The words at the ends of a rating; empty where there are none.
    #[must_use]
    pub fn ends(&self, question: &str, setting: Setting) -> (String, String) {
        let survey = self.survey(Object::new(), setting);
        let Some(id) = survey.question(question) else {
            return Default::default();
        };
        (
            survey.text_of(id, "minRateDescription"),
            survey.text_of(id, "maxRateDescription"),
        )
    }

    /// Everything that is visible with these answers, as one page.
    #[must_use]
    pub fn page(&self, answers: &Object, setting: Setting) -> Shown {
        let survey = self.filled(answers, setting);
        self.shown(&survey)
    }

    /// The answers in the fields of a plain form: `a:name`, `a:name:row` and `c:name`. What such a form does not ask
    /// stays as it was.
    #[must_use]
    pub fn from_form(
        &self,
        fields: &[(String, String)],
        before: Option<&Object>,
        setting: Setting,
    ) -> Object {
        let survey = self.survey(Object::new(), setting);
        let mut answers = Object::new();
        for id in self.questions(&survey) {
            let (name, key) = (survey.name_of(id), key_of(&survey, id));
            let field = format!("a:{name}");
            let given = || {
                fields
                    .iter()
                    .filter(|(known, value)| *known == field && !value.is_empty())
            };
            let first = given().next().map(|(_, value)| value.as_str());
            let several = || {
                let chosen: Vec<Value> = given().map(|(_, value)| value.as_str().into()).collect();
                (!chosen.is_empty()).then_some(Value::List(chosen))
            };
            let node = survey.definition_of(id);
            let answer = match survey.class_of(id) {
                Class::Checkbox | Class::TagBox => several(),
                Class::ImagePicker if node.flag("multiSelect", false) => several(),
                Class::Boolean => {
                    let value = |property: &str, yes: bool| {
                        node.value(property).cloned().unwrap_or(Value::Bool(yes))
                    };
                    match first {
                        Some("true") => Some(value("valueTrue", true)),
                        Some("false") => Some(value("valueFalse", false)),
                        _ => None,
                    }
                }
                Class::Matrix => {
                    let columns = survey.columns(id);
                    let cell = |row: &Value| {
                        let field = format!("a:{name}:{}", row.to_text());
                        let (_, given) = fields.iter().find(|(known, _)| *known == field)?;
                        let column = columns.iter().find(|column| column.to_text() == *given)?;
                        Some((row.to_text().into_owned(), column.clone()))
                    };
                    let cells: Object = survey.rows(id).iter().filter_map(cell).collect();
                    (!cells.is_empty()).then_some(Value::Object(cells))
                }
                Class::Text
                | Class::Comment
                | Class::Rating
                | Class::RadioGroup
                | Class::ButtonGroup
                | Class::Dropdown
                | Class::Slider
                    if !is_span(node) =>
                {
                    first.map(|text| text.replace("\r\n", "\n").into())
                }
                Class::ImagePicker => first.map(Into::into),
                // One that was drawn stays until a name is typed in its place.
                Class::SignaturePad => first.map(Into::into).or_else(|| {
                    let drawn = before?.get(&key)?;
                    signature::lines(drawn.as_text()?)?;
                    Some(drawn.clone())
                }),
                _ => before.and_then(|before| before.get(&key)).cloned(),
            };
            if let Some(answer) = answer {
                answers.insert(key.as_str(), answer);
            }
            let comment = format!("c:{name}");
            let comment = fields
                .iter()
                .find(|(known, value)| *known == comment && !value.is_empty());
            if let Some((_, comment)) = comment {
                answers.insert(format!("{key}-Comment"), comment.as_str().into());
            }
        }
        answers
    }

    /// Hands over each list of files in answers, those of entries too, with its question and its pointer.
    pub fn each_file_answer(
        &self,
        answers: &mut Object,
        act: &mut dyn FnMut(&Node, &str, &mut Vec<Value>),
    ) {
        each_file_answer(self.definition.root(), answers, &["data"], act);
    }

    /// Names among the answers that it does not ask for.
    ///
    /// # Errors
    /// 422 faults with their pointers.
    pub fn known<'a>(&self, data: &'a Value) -> Result<&'a Object, Vec<Fault>> {
        object_of(data, &self.keys)
    }

    /// Checks answers as if the customer had gone through it all. What is invisible with these answers is dropped; what
    /// is wrong with questions that a plain form cannot ask keeps nobody from sending one.
    ///
    /// # Errors
    /// The faults with their pointers, and the page as it stands with them.
    pub fn check(
        &self,
        data: &Value,
        through: Through,
        setting: Setting,
    ) -> Result<Object, (Vec<Fault>, Option<Box<Shown>>)> {
        let answers = self.known(data).map_err(|faults| (faults, None))?;
        let mut survey = self.filled(answers, setting);
        let mut faults = Vec::new();
        for (key, value) in answers.iter() {
            if too_long(value) {
                faults
                    .push(Fault::too_long(pointer(&["data", key]), TEXT_MAX as u32).labelled(key));
            }
        }
        let well = survey.complete() || survey.state() == portico_survey::run::State::Empty;
        for id in self.questions(&survey) {
            let key = key_of(&survey, id);
            // As it was given: what is no choice is no answer to the engine.
            let given = answers.get(&key).filter(|given| !given.is_empty());
            let misfit = given.and_then(|given| misfit(&survey, id, given));
            if let Some(problem) = misfit.filter(|_| survey.is_shown(id)) {
                faults
                    .push(Fault::at(pointer(&["data", &key]), problem).labelled(&survey.title(id)));
            }
        }
        // What does not fit was given: it is not missing, too.
        let unfit: Vec<String> = faults.iter().map(|fault| fault.pointer.clone()).collect();
        if !well {
            for page in survey.visible_pages() {
                for (path, id) in survey.problems_in(page) {
                    let at = place(&survey, &path);
                    if unfit.contains(&at) {
                        continue;
                    }
                    for problem in survey.problems(id) {
                        let fault = fault(problem, at.clone()).labelled(&survey.title(id));
                        if !faults.contains(&fault) {
                            faults.push(fault);
                        }
                    }
                }
            }
        }
        let ids = self.questions(&survey);
        if through == Through::PlainForm {
            for id in ids.iter().filter(|id| !is_plain(&survey, **id)) {
                let at = pointer(&["data", &key_of(&survey, *id)]);
                let inside = format!("{at}/");
                faults.retain(|f| f.pointer != at && !f.pointer.starts_with(&inside));
            }
        }
        let kept: Object = survey
            .answers()
            .iter()
            .filter(|(key, value)| !value.is_empty() && is_visible(&survey, &ids, key))
            .map(|(key, value)| (key, value.clone()))
            .collect();
        if faults.is_empty() && kept.is_empty() {
            faults.push(Fault::at("/data", FieldProblem::Required).worded("field.survey_empty"));
        }
        if faults.is_empty() {
            Ok(kept)
        } else {
            Err((faults, Some(Box::new(self.shown(&survey)))))
        }
    }

    /// The survey with these answers, as if they had been given one by one.
    fn filled(&self, answers: &Object, setting: Setting) -> Survey {
        let mut survey = self.survey(answers.clone(), setting);
        for id in self.questions(&survey) {
            let Some(given) = answers.get(&key_of(&survey, id)) else {
                continue;
            };
            let given = match survey.class_of(id) {
                Class::Rating => as_step(&survey.choices(id), given),
                _ => given.clone(),
            };
            survey.set(id, given);
        }
        survey
    }

    fn survey(&self, answers: Object, setting: Setting) -> Survey {
        let start = Start {
            answers,
            variables: Object::new(),
            locale: self.definition.language(setting.locale.as_str()),
        };
        let clock = CompanyClock {
            now: setting.now,
            zone: setting.zone,
        };
        Survey::new(&self.definition, start, Box::new(clock))
    }

    /// Every question that stands in no entry.
    fn questions(&self, survey: &Survey) -> Vec<Id> {
        self.names
            .iter()
            .filter_map(|name| survey.question(name))
            .collect()
    }

    fn shown(&self, survey: &Survey) -> Shown {
        let page = survey.page();
        let mut views = Vec::new();
        for id in groups(page.as_ref().map_or(&[], |page| &page.parts)) {
            let view = View {
                about: survey.markup_of(Some(id), "description"),
                ..View::default()
            };
            views.push((id, view));
        }
        for id in self.questions(survey) {
            let node = survey.definition_of(id);
            let ends = match survey.class_of(id) {
                Class::Boolean => ("labelTrue", "labelFalse"),
                _ => ("minRateDescription", "maxRateDescription"),
            };
            let value = |property: &str, default: bool| {
                node.value(property)
                    .cloned()
                    .unwrap_or(Value::Bool(default))
            };
            let view = View {
                key: key_of(survey, id),
                input_type: node.word("inputType").to_owned(),
                ends: (survey.text_of(id, ends.0), survey.text_of(id, ends.1)),
                several: node.flag("multiSelect", false) || is_span(node),
                plain: is_plain(survey, id),
                about: survey.markup_of(Some(id), "description"),
                html: survey.html(id),
                values: (value("valueTrue", true), value("valueFalse", false)),
            };
            views.push((id, view));
        }
        Shown {
            title: survey.text("title"),
            about: survey.markup_of(None, "description"),
            page,
            views,
        }
    }
}

/// What answers were given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// A client of the API, such as the portal, that can ask everything.
    Api,
    /// The plain form, which leaves some questions out.
    PlainForm,
}

/// What a plain form shows.
#[derive(Debug)]
pub struct Shown {
    /// The title of the questionnaire.
    pub title: String,
    /// What it is about, as markup.
    pub about: String,
    /// What is asked; `None` when nothing is.
    pub page: Option<Page>,
    /// What only a view needs of panels, and of questions that stand in no entry.
    views: Vec<(Id, View)>,
}

/// What only the view of a question or panel needs.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The name under which its answer is kept.
    pub key: String,
    /// `number`, `date` and the like.
    pub input_type: String,
    /// The words at the ends of a scale, or for yes and no.
    pub ends: (String, String),
    /// Several pictures can be chosen, or two numbers set.
    pub several: bool,
    /// A plain form can ask it.
    pub plain: bool,
    /// What it is about, as markup.
    pub about: String,
    /// The markup that it is.
    pub html: String,
    /// Values for yes and no.
    pub values: (Value, Value),
}

impl Shown {
    /// What the view of a question or panel needs besides.
    #[must_use]
    pub fn view(&self, id: Id) -> Option<&View> {
        self.views
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, view)| view)
    }

    /// Every question that is shown, in panels too.
    #[must_use]
    pub fn questions(&self) -> Vec<&Question> {
        fn inside<'a>(parts: &'a [Part], found: &mut Vec<&'a Question>) {
            for part in parts {
                match part {
                    Part::Question(question) => found.push(question),
                    Part::Group { parts, .. } => inside(parts, found),
                }
            }
        }
        let mut found = Vec::new();
        if let Some(page) = &self.page {
            inside(&page.parts, &mut found);
        }
        found
    }
}

/// All panels.
fn groups(parts: &[Part]) -> Vec<Id> {
    let inside = |part: &Part| match part {
        Part::Question(_) => Vec::new(),
        Part::Group { id, parts, .. } => {
            let mut all = groups(parts);
            all.push(*id);
            all
        }
    };
    parts.iter().flat_map(inside).collect()
}

/// Goes through what stands in `node`, whose answers are in `answers` at the place `at`.
fn each_file_answer(
    node: &Node,
    answers: &mut Object,
    at: &[&str],
    act: &mut dyn FnMut(&Node, &str, &mut Vec<Value>),
) {
    let lists = ["pages", "elements", "templateElements", "columns"];
    for child in lists.into_iter().flat_map(|list| node.nodes(list)) {
        let class = match child.word("cellType") {
            "file" => Class::File,
            _ => child.class(),
        };
        if matches!(class, Class::Page | Class::Panel) {
            each_file_answer(child, answers, at, act);
            continue;
        }
        let key = match child.word("valueName") {
            "" => child.word("name"),
            key => key,
        };
        let at = [at, &[key]].concat();
        match (class, answers.get_mut(key)) {
            (Class::File, Some(Value::List(files))) => act(child, &pointer(&at), files),
            (Class::PanelDynamic | Class::MatrixDynamic, Some(Value::List(entries))) => {
                for (place, entry) in entries.iter_mut().enumerate() {
                    if let Value::Object(entry) = entry {
                        let place = place.to_string();
                        each_file_answer(child, entry, &[&at[..], &[&place]].concat(), act);
                    }
                }
            }
            (Class::MatrixDropdown, Some(Value::Object(rows))) => {
                let names: Vec<String> = rows.keys().map(str::to_owned).collect();
                for name in &names {
                    if let Some(Value::Object(row)) = rows.get_mut(name) {
                        each_file_answer(child, row, &[&at[..], &[name]].concat(), act);
                    }
                }
            }
            _ => {}
        }
    }
}

/// All names under which answers may come.
fn gather(node: &Node, names: &mut Vec<String>, keys: &mut BTreeSet<String>) {
    for list in ["pages", "elements"] {
        for child in node.nodes(list) {
            if !matches!(
                child.class(),
                Class::Page | Class::Panel | Class::Html | Class::Image
            ) {
                let key = match child.word("valueName") {
                    "" => child.word("name"),
                    key => key,
                };
                names.push(child.word("name").to_owned());
                keys.insert(key.to_owned());
                keys.insert(format!("{key}-Comment"));
                keys.insert(format!("{key}-total"));
            }
            gather(child, names, keys);
        }
    }
    for value in node.nodes("calculatedValues") {
        if value.flag("includeIntoResult", false) {
            keys.insert(value.word("name").to_owned());
        }
    }
}

/// The answers, if they are an object and every name in it is known.
fn object_of<'a>(data: &'a Value, keys: &BTreeSet<String>) -> Result<&'a Object, Vec<Fault>> {
    let Some(answers) = data.as_object() else {
        return Err(vec![Fault::at("/data", FieldProblem::WrongType)]);
    };
    let unknown: Vec<Fault> = answers
        .keys()
        .filter(|key| !keys.contains(*key))
        .map(|key| Fault::at(pointer(&["data", key]), FieldProblem::UnknownField))
        .collect();
    if unknown.is_empty() {
        Ok(answers)
    } else {
        Err(unknown)
    }
}

fn key_of(survey: &Survey, id: Id) -> String {
    match survey.definition_of(id).word("valueName") {
        "" => survey.name_of(id).to_owned(),
        key => key.to_owned(),
    }
}

/// Whether what is kept under a name belongs to a question that is shown, or to none at all.
fn is_visible(survey: &Survey, questions: &[Id], key: &str) -> bool {
    let of = key
        .strip_suffix("-Comment")
        .or_else(|| key.strip_suffix("-total"))
        .unwrap_or(key);
    let mut sharing = questions.iter().copied().filter(|id| {
        let own = key_of(survey, *id);
        own == key || own == of
    });
    match sharing.next() {
        None => true,
        Some(first) => survey.is_shown(first) || sharing.any(|id| survey.is_shown(id)),
    }
}

/// The step that is meant: 5 for "5".
fn as_step(steps: &[Choice], given: &Value) -> Value {
    let same = steps
        .iter()
        .find(|step| step.value == *given || step.value.to_text() == given.to_text());
    same.map_or_else(|| given.clone(), |step| step.value.clone())
}

/// Whether a slider asks for two numbers, which no field of a plain form takes.
fn is_span(node: &Node) -> bool {
    node.word("sliderType") == "range"
}

/// Whether a plain form has fields for it.
fn is_plain(survey: &Survey, id: Id) -> bool {
    match survey.class_of(id) {
        Class::Ranking
        | Class::ImageMap
        | Class::MatrixDropdown
        | Class::MatrixDynamic
        | Class::MultipleText
        | Class::PanelDynamic
        | Class::File => false,
        Class::Slider => !is_span(survey.definition_of(id)),
        _ => true,
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::List(_) | Value::Object(_))
}

/// What is wrong with an answer that no client of ours could give.
fn misfit(survey: &Survey, id: Id, answer: &Value) -> Option<FieldProblem> {
    let node = survey.definition_of(id);
    let scalar = is_scalar(answer);
    let choices = survey.choices(id);
    let same = |one: &Value, other: &Value| {
        one == other || (is_scalar(other) && one.to_text() == other.to_text())
    };
    let offered = |value: &Value| {
        let mut own = choices.iter().filter(|choice| choice.role != Role::All);
        own.any(|choice| same(&choice.value, value))
            || node.flag("showOtherItem", false)
            || (choices.is_empty() && node.get("choicesByUrl").is_some())
    };
    let number = |value: &Value| is_scalar(value) && value.to_number().is_finite();
    let (shape, fits) = match survey.class_of(id) {
        Class::Text
            if scalar
                && matches!(node.word("inputType"), "number" | "range")
                && !number(answer) =>
        {
            return Some(FieldProblem::NotANumber);
        }
        Class::Text | Class::Comment => (scalar, true),
        Class::Rating | Class::RadioGroup | Class::Dropdown | Class::ButtonGroup => {
            (scalar, offered(answer))
        }
        Class::ImagePicker if scalar => (true, offered(answer)),
        Class::Checkbox | Class::TagBox if node.word("valuePropertyName").is_empty() => {
            match answer.as_list() {
                Some(chosen) => (true, chosen.iter().all(offered)),
                None => (false, true),
            }
        }
        Class::Ranking | Class::ImagePicker => match answer.as_list() {
            Some(chosen) => (true, chosen.iter().all(offered)),
            None => (false, true),
        },
        Class::Boolean => {
            let is = |property: &str, default: bool| {
                node.value(property)
                    .map_or(same(&Value::Bool(default), answer), |v| same(v, answer))
            };
            (scalar, is("valueTrue", true) || is("valueFalse", false))
        }
        Class::Matrix => {
            let (rows, columns) = (survey.rows(id), survey.columns(id));
            let fits = |cell: &Value| {
                columns.iter().any(|column| same(column, cell))
                    || cell
                        .as_list()
                        .is_some_and(|all| all.iter().all(|one| columns.contains(one)))
            };
            match answer.as_object() {
                Some(cells) => {
                    let known = |row: &str| rows.iter().any(|known| known.to_text() == row);
                    (
                        true,
                        cells.iter().all(|(row, cell)| known(row) && fits(cell)),
                    )
                }
                None => (false, true),
            }
        }
        Class::Slider => (
            number(answer) || answer.as_list().is_some_and(|ends| ends.iter().all(number)),
            true,
        ),
        Class::MatrixDropdown | Class::MultipleText => (answer.as_object().is_some(), true),
        Class::MatrixDynamic | Class::PanelDynamic | Class::File => {
            (answer.as_list().is_some(), true)
        }
        Class::SignaturePad => {
            let drawn = |text: &str| signature::lines(text).is_some();
            let typed = |text: &str| !text.starts_with("data:") && text.chars().count() <= NAME_MAX;
            match answer.as_text() {
                Some(text) => (drawn(text) || typed(text), true),
                None => (false, true),
            }
        }
        _ => (true, true),
    };
    match (shape, fits) {
        (false, _) => Some(FieldProblem::WrongType),
        (true, false) => Some(FieldProblem::NotAnOption),
        (true, true) => None,
    }
}

/// Whether a text in an answer is longer than any is.
fn too_long(value: &Value) -> bool {
    match value {
        // A drawn signature is a picture, whose size the whole limits.
        Value::Text(text) => !text.starts_with("data:image/") && text.chars().count() > TEXT_MAX,
        Value::List(items) => items.iter().any(too_long),
        Value::Object(object) => object.values().any(too_long),
        _ => false,
    }
}

/// The pointer to what the engine calls `m[row].column`.
fn place(survey: &Survey, path: &str) -> String {
    let mut parts: Vec<String> = path
        .split(['[', '.'])
        .map(|part| part.trim_end_matches(']').to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    // Names may hold dots; those of questions at the top are whole.
    if let Some(id) = survey.question(path) {
        parts = vec![key_of(survey, id)];
    } else if let Some(first) = parts.first_mut()
        && let Some(id) = survey.question(first)
    {
        *first = key_of(survey, id);
    }
    let parts: Vec<&str> = std::iter::once("data")
        .chain(parts.iter().map(String::as_str))
        .collect();
    pointer(&parts)
}

fn fault(problem: &Problem, at: String) -> Fault {
    let text = |number: &Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    let limited = |problem, min: String, max: String, words| Fault {
        min,
        max,
        words,
        ..Fault::at(at.clone(), problem)
    };
    let fault = match &problem.wrong {
        Wrong::Required
        | Wrong::RequireOneAnswer
        | Wrong::OtherEmpty
        | Wrong::RequiredInAllRows => Fault::at(at.clone(), FieldProblem::Required),
        Wrong::NotNumeric => Fault::at(at.clone(), FieldProblem::NotANumber),
        Wrong::BelowMin(min) => limited(
            FieldProblem::TooSmall,
            min.to_text().into_owned(),
            String::new(),
            None,
        ),
        Wrong::AboveMax(max) => limited(
            FieldProblem::TooLarge,
            String::new(),
            max.to_text().into_owned(),
            None,
        ),
        Wrong::OutOfRange(min @ Some(_), None) => {
            limited(FieldProblem::TooSmall, text(min), String::new(), None)
        }
        Wrong::OutOfRange(min, max) => limited(
            FieldProblem::TooLarge,
            text(min),
            text(max),
            min.and(Some("field.out_of_range")),
        ),
        Wrong::Length(min @ Some(_), None) => {
            limited(FieldProblem::TooShort, text(min), String::new(), None)
        }
        Wrong::Length(min, max) => limited(
            FieldProblem::TooLong,
            text(min),
            text(max),
            min.and(Some("field.length")),
        ),
        Wrong::Count(min @ Some(_), None) => limited(
            FieldProblem::TooShort,
            text(min),
            String::new(),
            Some("field.too_few"),
        ),
        Wrong::Count(min, max) => {
            let words = if min.is_some() {
                "field.count"
            } else {
                "field.too_many"
            };
            limited(FieldProblem::TooLong, text(min), text(max), Some(words))
        }
        Wrong::TooFewRows(rows) => limited(
            FieldProblem::TooShort,
            rows.to_string(),
            String::new(),
            Some("field.too_few"),
        ),
        Wrong::FileCount(count) => limited(
            FieldProblem::TooLong,
            String::new(),
            count.to_string(),
            Some("field.too_many"),
        ),
        Wrong::NotEmail => Fault::at(at.clone(), FieldProblem::NotAnEmail),
        _ => Fault::at(at.clone(), FieldProblem::Pattern),
    };
    Fault {
        said: (!problem.words.is_empty()).then(|| problem.words.clone()),
        ..fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting() -> Setting {
        Setting {
            now: Instant::parse("2026-11-22T08:00:00+08:00").unwrap(),
            zone: Tz::Asia__Shanghai,
            locale: Locale::En,
        }
    }

    const ASKED: &str = r#"{"elements": [
        {"type": "rating", "name": "quality", "isRequired": true},
        {"type": "comment", "name": "why", "visibleIf": "{quality} < 3", "isRequired": true, "title": "Why?"},
        {"type": "text", "name": "visits", "inputType": "number", "min": 0, "max": 10},
        {"type": "checkbox", "name": "used", "choices": ["phone", "mail"]},
        {"type": "text", "name": "mail", "valueName": "address",
         "validators": [{"type": "email", "text": "As in the letter, please"}]},
        {"type": "matrix", "name": "parts", "columns": [1, 2], "rows": ["a", "b"]}]}"#;

    fn faults(data: serde_json::Value) -> Vec<String> {
        let questionnaire = Questionnaire::read(ASKED).unwrap();
        let data: Value = serde_json::from_value(data).unwrap();
        match questionnaire.check(&data, Through::Api, setting()) {
            Ok(_) => Vec::new(),
            Err((faults, _)) => faults
                .iter()
                .map(|f| {
                    format!(
                        "{} {} {}",
                        f.pointer,
                        f.problem,
                        f.said.as_deref().unwrap_or_default()
                    )
                    .trim()
                    .to_owned()
                })
                .collect(),
        }
    }

    #[test]
    fn answers_are_judged_as_the_questionnaire_says() {
        use serde_json::json;
        for (data, expected) in [
            (json!({"quality": 4}), vec![]),
            (json!({"quality": "4"}), vec![]),
            (json!({}), vec!["/data/quality required"]),
            (json!([]), vec!["/data wrong_type"]),
            (
                // In the order of their names, whatever order a map keeps.
                json!({"a/b": 2, "colour": 1, "quality": 4}),
                vec!["/data/a~1b unknown_field", "/data/colour unknown_field"],
            ),
            (json!({"quality": 7}), vec!["/data/quality not_an_option"]),
            (
                json!({"quality": {"a": 1}}),
                vec!["/data/quality wrong_type"],
            ),
            (json!({"quality": 2}), vec!["/data/why required"]),
            (json!({"quality": 2, "why": "Late"}), vec![]),
            (
                json!({"quality": 4, "visits": 11}),
                vec!["/data/visits too_large"],
            ),
            (
                json!({"quality": 4, "visits": "often"}),
                vec!["/data/visits not_a_number"],
            ),
            (
                json!({"quality": 4, "used": ["fax"]}),
                vec!["/data/used not_an_option"],
            ),
            (
                json!({"quality": 4, "address": "nowhere"}),
                vec!["/data/address pattern As in the letter, please"],
            ),
            (
                json!({"quality": 4, "mail": "a@example.com"}),
                vec!["/data/mail unknown_field"],
            ),
            (
                json!({"quality": 4, "parts": {"a": 1, "c": 1}}),
                vec!["/data/parts not_an_option"],
            ),
            (
                json!({"quality": 4, "why": "x".repeat(20_001)}),
                vec!["/data/why too_long"],
            ),
        ] {
            let shown: String = data.to_string().chars().take(80).collect();
            let expected: Vec<String> = expected
                .into_iter()
                .map(|f: &str| f.replace("address pattern", "address not_an_email"))
                .collect();
            assert_eq!(faults(data), expected, "{shown}");
        }
    }

    #[test]
    fn what_is_not_visible_is_dropped() {
        let questionnaire = Questionnaire::read(ASKED).unwrap();
        let data: Value =
            serde_json::from_str(r#"{"quality": 5, "why": "I was wrong", "used": ["mail"]}"#)
                .unwrap();
        let kept = questionnaire.check(&data, Through::Api, setting()).unwrap();
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["quality", "used"]);
    }

    #[test]
    fn a_plain_form_is_sent_without_what_it_cannot_ask() {
        let asked = r#"{"elements": [
            {"type": "text", "name": "why", "isRequired": true},
            {"type": "file", "name": "photo", "isRequired": true},
            {"type": "multipletext", "name": "names", "items": [{"name": "a", "isRequired": true}]},
            {"type": "paneldynamic", "name": "people", "panelCount": 1,
             "templateElements": [{"type": "text", "name": "age", "isRequired": true}]}]}"#;
        let questionnaire = Questionnaire::read(asked).unwrap();
        let check = |data: &str, through| {
            let data: Value = serde_json::from_str(data).unwrap();
            match questionnaire.check(&data, through, setting()) {
                Ok(kept) => kept.keys().map(str::to_owned).collect(),
                Err((faults, _)) => faults.iter().map(|f| f.pointer.clone()).collect::<Vec<_>>(),
            }
        };
        assert_eq!(check(r#"{"why": "x"}"#, Through::PlainForm)[0], "why");
        assert_eq!(check("{}", Through::PlainForm), ["/data/why"]);
        assert_eq!(check(r#"{"why": "x"}"#, Through::Api).len(), 3);
    }

    #[test]
    fn what_asks_nothing_is_no_questionnaire() {
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"elements": [{"type": "html", "name": "a"}]}"#,
            "{\"elements\":",
        ] {
            assert!(Questionnaire::read(bad).is_err(), "{bad}");
        }
    }
}
