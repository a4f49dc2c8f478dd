//! Reading SurveyJS JSON: old names are taken for today's, what is not understood is reported and left out.

use super::{
    Class, DEFAULT, Definition, LocalisedText, MAX_NESTING, Node, Setting,
    review::{Owner, Written, review},
    schema::{RENAMED, RENAMED_LAYOUT, Shape, reworded},
};
use crate::{
    Expression, Object, Report, Severity, Value,
    names::{Names, sorted},
    value::number_of,
};
use std::{fmt, sync::Arc};

pub(super) fn read(json: &Value) -> (Definition, Report) {
    let mut reader = Reader::<true>::default();
    (reader.document(json), reader.report)
}

pub(super) fn open(json: &Value) -> Definition {
    Reader::<false>::default().document(json)
}

pub(super) fn check(json: &Value) -> Report {
    let mut reader = Reader::<true> {
        written: Some(Vec::new()),
        ..Reader::default()
    };
    let definition = reader.document(json);
    let written = reader.written.unwrap_or_default();
    review(&definition.root, &written, &mut reader.report);
    reader.report
}
/// Whether a choice may be written as this value alone: no object, and no text that stands for value and text.
pub(super) fn is_scalar(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::Number(_) => true,
        Value::Text(text) => !text.contains(SEPARATOR),
        _ => false,
    }
}

/// Between value and text of a choice that is one text: `1|One`.
const SEPARATOR: char = '|';

/// The properties of one class, sorted by name.
type Properties = Vec<(&'static str, Shape)>;

/// Reads a questionnaire, and tells what it finds or does not.
#[derive(Default)]
struct Reader<const TELLS: bool> {
    report: Report,
    /// Where we are in the JSON, without the leading `$`.
    path: String,
    nesting: usize,
    /// What each class may have, as far as it was met.
    known: Vec<(Class, Arc<Properties>)>,
    names: Names,
    /// How many pages, panels and questions had no name.
    unnamed: [usize; 3],
    /// Expressions, when they are to be reviewed.
    written: Option<Vec<Written>>,
}

impl<const TELLS: bool> Reader<TELLS> {
    fn document(&mut self, json: &Value) -> Definition {
        let root = match json {
            Value::Object(object) => self.survey(object),
            _ => {
                self.error("wrongvalue", format_args!("a questionnaire is an object"));
                Node {
                    class: Class::Survey,
                    settings: Vec::new(),
                }
            }
        };
        Definition {
            root: Arc::new(root),
        }
    }

    fn survey(&mut self, object: &Object) -> Node {
        let mut root = self.node(Class::Survey, object);
        let take = |root: &mut Node, property: &str| {
            let at = root
                .settings
                .iter()
                .position(|(name, _)| *name == property)?;
            Some(root.settings.remove(at))
        };
        if let Some((_, elements)) = take(&mut root, "elements") {
            if root.get("pages").is_some() {
                let message = "elements beside pages are left out: put them on a page";
                self.tell(
                    Severity::Error,
                    ".elements",
                    "wrongvalue",
                    format_args!("{message}"),
                );
            } else {
                let name = ("name", Setting::Value("page1".into()));
                let page = Node {
                    class: Class::Page,
                    settings: vec![name, ("elements", elements)],
                };
                root.settings
                    .push(("pages", Setting::Nodes(vec![Arc::new(page)])));
            }
        }
        root
    }

    fn node(&mut self, class: Class, object: &Object) -> Node {
        let mut node = Node {
            class,
            settings: Vec::with_capacity(object.len()),
        };
        let properties = self.properties(class);
        let written = self.written.as_ref().map_or(0, Vec::len);
        for (name, value) in object.iter() {
            if name == "type" && class.type_name().is_some() {
                continue;
            }
            let length = self.enter(format_args!(".{name}"));
            self.property(&mut node, &properties, name, value);
            self.path.truncate(length);
        }
        self.name(&mut node);
        for written in self.written.iter_mut().flatten().skip(written) {
            written.owner.get_or_insert_with(|| Owner {
                class,
                name: node.word("name").to_owned(),
            });
        }
        node
    }

    /// Adds one property to a node, if it is one.
    fn property(&mut self, node: &mut Node, properties: &Properties, name: &str, value: &Value) {
        let known = |name: &str| {
            let at = properties
                .binary_search_by(|(known, _)| (*known).cmp(name))
                .ok()?;
            properties.get(at).copied()
        };
        let renamed = || {
            let layout = if TELLS { RENAMED_LAYOUT } else { &[] };
            let mut names = RENAMED.iter().chain(layout).filter(|(old, _)| *old == name);
            names.find_map(|(_, new)| known(new))
        };
        if let (true, Value::Text(word)) = (TELLS, value)
            && let Some(now) = reworded(node.class, name, word)
        {
            if let Some((beside, word)) = now.beside {
                self.property(node, properties, beside, &word.into());
            }
            return self.property(node, properties, now.name, &now.yes.into());
        }
        // Three older properties say with another value what a newer one says.
        let (found, value) = match (node.class, name, value) {
            (Class::Survey, "mode", Value::Text(mode)) => {
                (known("readOnly"), &Value::Bool(mode == "display"))
            }
            (Class::Survey, "isSinglePage", Value::Bool(true)) => {
                (known("questionsOnPageMode"), &"singlePage".into())
            }
            (_, "hideNumber", Value::Bool(hide)) => (known("showNumber"), &Value::Bool(!hide)),
            _ => (known(name).or_else(renamed), value),
        };
        let Some((name, shape)) = found else {
            if !TELLS {
                return;
            }
            let class = node.class;
            let class = class
                .type_name()
                .map_or_else(|| format!("{class:?}").to_lowercase(), str::to_owned);
            return self.error(
                "unknownproperty",
                format_args!("{name:?} is no property of {class} and is left out"),
            );
        };
        if *value == Value::Null {
            return;
        }
        if node.get(name).is_some() {
            return self.error(
                "wrongvalue",
                format_args!("{name:?} is set already, under another of its names"),
            );
        }
        // What repeats has names of its own.
        let repeats = matches!(name, "templateElements" | "detailElements");
        let outside = repeats.then(|| std::mem::take(&mut self.names));
        if let Some(setting) = self.setting(shape, value) {
            node.settings.push((name, setting));
        }
        if let Some(outside) = outside {
            self.names = outside;
        }
        if name == "choicesByUrl" {
            let message =
                "choices are not loaded from elsewhere: write them into the questionnaire";
            self.tell(
                Severity::Warning,
                "",
                "unsupported",
                format_args!("{message}"),
            );
        }
    }

    fn setting(&mut self, shape: Shape, value: &Value) -> Option<Setting> {
        let found = match (shape, value) {
            (Shape::Any, value) => Setting::Value(value.clone()),
            (Shape::Flag, Value::Bool(_)) | (Shape::Number, Value::Number(_)) => {
                Setting::Value(value.clone())
            }
            (Shape::Flag, Value::Text(text)) if text == "true" || text == "false" => {
                Setting::Value(Value::Bool(text == "true"))
            }
            (Shape::Number, Value::Text(text))
                if !text.trim().is_empty() && number_of(text).is_finite() =>
            {
                Setting::Value(Value::Number(value.to_number()))
            }
            (Shape::Plain, Value::Text(_) | Value::Bool(_) | Value::Number(_)) => {
                Setting::Value(value.clone())
            }
            // What cannot be read is kept as it is; it counts as absent wherever it is used.
            (Shape::Expression, Value::Text(_)) if !TELLS => Setting::Value(value.clone()),
            (Shape::Expression, Value::Text(text)) => {
                match Expression::parse(text) {
                    Ok(expression) => {
                        if let Some(written) = &mut self.written {
                            written.push(Written {
                                path: format!("${}", self.path),
                                expression,
                                owner: None,
                            });
                        }
                    }
                    Err(_) if text.is_empty() => {}
                    Err(error) => self.error(
                        "expression",
                        format_args!("this expression cannot be read ({error}) and counts as not there: {text}"),
                    ),
                }
                Setting::Value(value.clone())
            }
            (Shape::Expression, Value::Bool(_) | Value::Number(_)) => {
                Setting::Value(value.to_text().as_ref().into())
            }
            (Shape::Localised, value) => Setting::Text(self.localised(value)?),
            (Shape::Elements, Value::List(items)) => {
                if self.nesting == MAX_NESTING {
                    self.error(
                        "nesting",
                        format_args!("nested deeper than {MAX_NESTING} panels: this is left out"),
                    );
                    return None;
                }
                self.nesting += 1;
                let elements = self.typed(items, Class::element);
                self.nesting -= 1;
                Setting::Nodes(elements)
            }
            (Shape::Triggers, Value::List(items)) => {
                Setting::Nodes(self.typed(items, Class::trigger))
            }
            (Shape::Validators, Value::List(items)) => {
                Setting::Nodes(self.typed(items, Class::validator))
            }
            (Shape::Nodes(class), Value::List(items)) => Setting::Nodes(self.objects(items, class)),
            (Shape::Choices(class), Value::List(items)) => {
                Setting::Nodes(self.choices(items, class))
            }
            (Shape::Single(class), Value::Object(object)) => {
                Setting::Node(Arc::new(self.node(class, object)))
            }
            (shape, _) => {
                let wanted = match shape {
                    Shape::Flag => "true or false",
                    Shape::Number => "a number",
                    Shape::Plain => "a text",
                    Shape::Expression => "an expression as text",
                    Shape::Single(_) => "an object",
                    _ => "a list",
                };
                self.error(
                    "wrongvalue",
                    format_args!("this must be {wanted} and is left out"),
                );
                return None;
            }
        };
        Some(found)
    }

    fn localised(&mut self, value: &Value) -> Option<LocalisedText> {
        let mut texts = Vec::new();
        match value {
            Value::Text(_) | Value::Number(_) | Value::Bool(_) => {
                texts.push((DEFAULT.to_owned(), value.to_text().into_owned()));
            }
            Value::Object(object) => {
                for (locale, text) in object.iter() {
                    match text {
                        Value::Text(text) => texts.push((locale.to_owned(), text.clone())),
                        _ => self.error(
                            "wrongvalue",
                            format_args!("the text in {locale:?} must be a text and is left out"),
                        ),
                    }
                }
            }
            _ => {
                self.error(
                    "wrongvalue",
                    format_args!(
                        "this must be a text, or an object of texts by language, and is left out"
                    ),
                );
                return None;
            }
        }
        Some(LocalisedText { texts })
    }

    /// Objects that say of what kind they are.
    fn typed(&mut self, items: &[Value], class: fn(&str) -> Option<Class>) -> Vec<Arc<Node>> {
        self.each(items, |reader, item| {
            let object = reader.object(item)?;
            match object.get("type") {
                Some(Value::Text(name)) => match class(name) {
                    Some(class) => return Some(reader.node(class, object)),
                    None => reader.error(
                        "incorrecttypeproperty",
                        format_args!("{name:?} is no known type; it is left out"),
                    ),
                },
                _ => reader.error(
                    "missingtypeproperty",
                    format_args!("it has no type and is left out"),
                ),
            }
            None
        })
    }

    fn objects(&mut self, items: &[Value], class: Class) -> Vec<Arc<Node>> {
        self.each(items, |reader, item| {
            // A column or an item of a multiple text may be its name alone.
            let named = matches!(class, Class::Column | Class::TextItem);
            if named && let Value::Text(name) = item {
                return Some(reader.node(
                    class,
                    &[("name", name.as_str().into())].into_iter().collect(),
                ));
            }
            let object = reader.object(item)?;
            Some(reader.node(class, object))
        })
    }

    fn choices(&mut self, items: &[Value], class: Class) -> Vec<Arc<Node>> {
        self.each(items, |reader, item| match item {
            Value::Object(object) => {
                if object.get("value").is_none_or(Value::is_empty) {
                    reader.error(
                        "requiredproperty",
                        format_args!("a choice needs a value; this one is left out"),
                    );
                    return None;
                }
                Some(reader.node(class, object))
            }
            Value::Text(both) if both.is_empty() || both.starts_with(SEPARATOR) => {
                let message = "a choice needs a value; this one is left out";
                reader.error("requiredproperty", format_args!("{message}"));
                None
            }
            Value::Text(both) if both.contains(SEPARATOR) => {
                let (value, text) = both.split_once(SEPARATOR).unwrap_or((both, ""));
                let settings = vec![
                    ("value", Setting::Value(value.into())),
                    (
                        "text",
                        Setting::Text(LocalisedText {
                            texts: vec![(DEFAULT.to_owned(), text.to_owned())],
                        }),
                    ),
                ];
                Some(Node { class, settings })
            }
            Value::Text(_) | Value::Bool(_) | Value::Number(_) => Some(Node {
                class,
                settings: vec![("value", Setting::Value(item.clone()))],
            }),
            _ => {
                reader.error(
                    "wrongvalue",
                    format_args!(
                        "a choice is a value, or an object with a value; this one is left out"
                    ),
                );
                None
            }
        })
    }

    fn each(
        &mut self,
        items: &[Value],
        mut read: impl FnMut(&mut Self, &Value) -> Option<Node>,
    ) -> Vec<Arc<Node>> {
        let mut nodes = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let length = self.enter(format_args!("[{index}]"));
            nodes.extend(read(self, item).map(Arc::new));
            self.path.truncate(length);
        }
        nodes
    }

    fn object<'a>(&mut self, item: &'a Value) -> Option<&'a Object> {
        if item.as_object().is_none() {
            self.error(
                "wrongvalue",
                format_args!("this must be an object and is left out"),
            );
        }
        item.as_object()
    }

    /// Every page, panel and question needs a name of its own.
    fn name(&mut self, node: &mut Node) {
        let (kind, word) = match node.class {
            Class::Page => (0, "page"),
            Class::Panel => (1, "panel"),
            Class::Column | Class::TextItem | Class::CalculatedValue => return,
            class if Class::element(class.type_name().unwrap_or_default()) == Some(class) => {
                (2, "question")
            }
            _ => return,
        };
        if !node.word("name").is_empty() {
            if !self.names.add(node.word("name")).1 {
                let message =
                    format_args!("the name {:?} stands more than once", node.word("name"));
                self.tell(Severity::Warning, ".name", "duplicatename", message);
            }
            return;
        }
        if kind == 2 {
            self.error(
                "requiredproperty",
                format_args!("it has no name and is given one; its answer will be kept under that"),
            );
        }
        let mut name = String::new();
        while name.is_empty() || !self.names.add(&name).1 {
            if let Some(count) = self.unnamed.get_mut(kind) {
                *count += 1;
                name = format!("{word}{count}");
            }
        }
        node.settings.retain(|(property, _)| *property != "name");
        node.settings.push(("name", Setting::Value(name.into())));
    }

    fn properties(&mut self, class: Class) -> Arc<Properties> {
        if let Some((_, properties)) = self.known.iter().find(|(known, _)| *known == class) {
            return properties.clone();
        }
        let listed: Properties = class.properties::<TELLS>().collect();
        let order = sorted(listed.len(), &|a, b| listed[a].0.cmp(listed[b].0));
        let mut properties = Properties::with_capacity(listed.len());
        for (name, shape) in order.iter().map(|at| listed[*at as usize]) {
            // Of one name the first place counts.
            if properties.last().is_none_or(|(last, _)| *last != name) {
                properties.push((name, shape));
            }
        }
        let properties = Arc::new(properties);
        self.known.push((class, properties.clone()));
        properties
    }

    fn error(&mut self, code: &'static str, message: fmt::Arguments<'_>) {
        self.tell(Severity::Error, "", code, message);
    }

    /// Reports something at, or just below, the place where we are.
    fn tell(
        &mut self,
        severity: Severity,
        below: &str,
        code: &'static str,
        message: fmt::Arguments<'_>,
    ) {
        if TELLS {
            let path = format!("${}{below}", self.path);
            self.report.add(severity, path, code, message.to_string());
        }
    }

    /// Goes a step down in the JSON; how to come back.
    fn enter(&mut self, step: fmt::Arguments<'_>) -> usize {
        let length = self.path.len();
        if TELLS {
            self.path.push_str(&step.to_string());
        }
        length
    }
}
