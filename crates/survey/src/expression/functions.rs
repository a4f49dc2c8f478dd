//! The functions of expressions. Names are case-sensitive, as in the reference engine.

use super::{
    Ask, Scope,
    date::{self, DAY, HOUR, Local, MINUTE, SECOND},
    evaluate::{Machine, Operand},
    operators::{EXACT, add, numeric, order, sum},
    tree::{Filter, Operands, Tree},
};
use crate::{
    Object, Value,
    ecma::power,
    value::{TENS, whole_part},
};
use std::{borrow::Cow, cmp::Ordering};

macro_rules! functions {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// A function that there is.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(crate) enum Function {
            $($variant),*
        }

        impl Function {
            /// The function of a name.
            pub(super) fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

functions! {
    Age = "age",
    Avg = "avg",
    AvgInArray = "avgInArray",
    Count = "count",
    CountInArray = "countInArray",
    CurrentDate = "currentDate",
    CurrentYear = "currentYear",
    DateAdd = "dateAdd",
    DateDiff = "dateDiff",
    Day = "day",
    DiffDays = "diffDays",
    DisplayValue = "displayValue",
    GetComment = "getComment",
    GetDate = "getDate",
    GetYear = "getYear",
    Iif = "iif",
    IsContainerReady = "isContainerReady",
    IsDisplayMode = "isDisplayMode",
    Max = "max",
    MaxInArray = "maxInArray",
    Min = "min",
    MinInArray = "minInArray",
    Month = "month",
    PropertyValue = "propertyValue",
    Round = "round",
    Substring = "substring",
    Sum = "sum",
    SumInArray = "sumInArray",
    Today = "today",
    Trunc = "trunc",
    Weekday = "weekday",
    Year = "year",
}

impl Function {
    /// Whether it goes through the rows of a list.
    pub(super) fn reads_rows(self) -> bool {
        matches!(
            self,
            Self::SumInArray
                | Self::AvgInArray
                | Self::MinInArray
                | Self::MaxInArray
                | Self::CountInArray
        )
    }

    /// Whether what it gives depends on more than its arguments: the state of the survey.
    pub(super) fn asks_survey(self) -> bool {
        matches!(
            self,
            Self::IsContainerReady
                | Self::IsDisplayMode
                | Self::DisplayValue
                | Self::PropertyValue
                | Self::GetComment
        )
    }
}

/// What a call gives.
#[inline(never)]
pub(super) fn call<'a>(
    machine: &Machine<'a>,
    function: Function,
    filter: Option<&Filter>,
    arguments: Operands<'a>,
) -> Operand<'a> {
    let argument = |at: usize| machine.next(&mut arguments.after(at));
    let clock = || machine.scope.clock();
    let instant = |at: usize| instant(&argument(at).value(), clock());
    match function {
        Function::Iif => {
            let mut rest = arguments.clone();
            let (condition, yes) = (machine.next(&mut rest), rest.next());
            match yes {
                Some(yes) if condition.is_truthy() => machine.value(yes),
                Some(_) => machine.next(&mut rest),
                None => Operand::Nothing,
            }
        }
        _ if function.reads_rows() => over_rows(machine, function, filter, arguments).into(),
        _ if function.asks_survey() => ask(machine, function, arguments).into(),
        Function::Sum | Function::Avg | Function::Min | Function::Max | Function::Count => {
            let mut total = Total::new(function);
            for argument in arguments {
                flatten(&machine.value(argument).value(), &mut |value| {
                    let number = match value {
                        Value::Text(_) => numeric(value).map(Value::Number),
                        _ => None,
                    };
                    total.count += 1.0;
                    total.add(number.as_ref().unwrap_or(value), machine.scope);
                });
            }
            total.result().into()
        }
        Function::Round | Function::Trunc => {
            // What is not given moves the next one up.
            let (mut value, mut places, mut count) = (f64::NAN, 0.0, 0);
            for argument in arguments {
                flatten(&machine.value(argument).value(), &mut |given| {
                    let number = || numeric(given).unwrap_or(f64::NAN);
                    match count {
                        0 => value = number(),
                        1 if given.is_truthy() => places = number(),
                        _ => {}
                    }
                    count += 1;
                });
            }
            Operand::from(match function {
                Function::Round => round(value, places),
                _ => trunc(value, places),
            })
        }
        Function::Substring => {
            let (text, from, to) = (argument(0), argument(1), argument(2));
            let (text, from, to) = (text.value(), from.value(), to.value());
            Operand::from(Value::Text(match &*text {
                Value::Text(text) if numeric(&from).is_some() => {
                    let to = numeric(&to).map(|_| to.to_number());
                    substring(text, from.to_number(), to)
                }
                _ => String::new(),
            }))
        }
        Function::GetDate => instant(0).map_or(Operand::Nothing, Operand::date),
        Function::CurrentDate => Operand::date(clock().now()),
        Function::CurrentYear => {
            Operand::from(Local::of(clock().now(), clock()).map_or(f64::NAN, |local| local.year))
        }
        Function::GetYear if !argument(0).is_truthy() => Operand::Nothing,
        Function::Year
        | Function::Month
        | Function::Day
        | Function::Weekday
        | Function::GetYear => {
            let at = instant(0).unwrap_or_else(|| clock().now());
            Operand::from(
                Local::of(at, clock()).map_or(f64::NAN, |local| match function {
                    Function::Month => local.month,
                    Function::Day => local.day,
                    Function::Weekday => date::weekday(local),
                    _ => local.year,
                }),
            )
        }
        Function::Today => {
            let midnight = date::midnight(clock().now(), clock());
            Operand::date(match &*argument(0).value() {
                Value::Null => midnight,
                days => moved(midnight, "days", days, clock()),
            })
        }
        Function::DateAdd => {
            let (from, count) = (instant(0), argument(1));
            match from {
                Some(at) if count.is_truthy() => {
                    let (count, unit) = (count.value(), argument(2));
                    Operand::date(moved(at, &self::unit(&unit.value()), &count, clock()))
                }
                _ => Operand::Nothing,
            }
        }
        Function::DateDiff => match (instant(0), instant(1)) {
            (Some(a), Some(b)) => {
                Operand::from(difference(a, b, &unit(&argument(2).value()), clock()))
            }
            _ => Operand::Nothing,
        },
        Function::DiffDays => Operand::from(match (instant(0), instant(1)) {
            (Some(a), Some(b)) if arguments.clone().count() == 2 => {
                difference(a, b, "days", clock())
            }
            _ => 0.0,
        }),
        _ => match instant(0) {
            // Age: whole years, or what is asked; the reference engine knows no days of age.
            Some(birth) => Operand::from(match &*argument(1).value() {
                Value::Text(unit) if unit == "days" => 0.0,
                Value::Text(unit) if unit == "months" => {
                    difference(birth, clock().now(), unit, clock())
                }
                _ => difference(birth, clock().now(), "years", clock()),
            }),
            None => Operand::Nothing,
        },
    }
}

/// Calls on a value, or on each in a list; nothing is passed over.
fn flatten(value: &Value, see: &mut dyn FnMut(&Value)) {
    match value {
        Value::Null => {}
        Value::List(items) => items.iter().for_each(|item| flatten(item, see)),
        value => see(value),
    }
}

/// What is counted, summed or compared on the way through values.
struct Total {
    function: Function,
    count: f64,
    sum: Value,
    /// The least or the most so far.
    best: Option<Value>,
}

impl Total {
    fn new(function: Function) -> Self {
        Self {
            function,
            count: 0.0,
            sum: Value::Number(0.0),
            best: None,
        }
    }

    /// Takes a value; whether it is less, or more, than all before, when that is asked.
    fn add(&mut self, value: &Value, scope: &dyn Scope) -> bool {
        let wanted = match self.function {
            Function::Min | Function::MinInArray => Ordering::Less,
            Function::Max | Function::MaxInArray => Ordering::Greater,
            _ => {
                match (&mut self.sum, value) {
                    (Value::Number(before), Value::Number(number)) => {
                        *before = sum(*before, *number)
                    }
                    (before, value) => *before = add(before, value, scope.clock()),
                }
                return false;
            }
        };
        let best = self.best.as_ref();
        let better = best.is_none_or(|best| order(value, best, scope.clock()) == Some(wanted));
        if better {
            self.best = Some(value.clone());
        }
        better
    }

    fn result(self) -> Value {
        match self.function {
            Function::Count | Function::CountInArray => Value::Number(self.count),
            Function::Avg | Function::AvgInArray if self.count == 0.0 => Value::Number(0.0),
            Function::Avg | Function::AvgInArray => {
                Value::Number(self.sum.to_number() / self.count)
            }
            Function::Sum | Function::SumInArray => self.sum,
            _ => self.best.unwrap_or_default(),
        }
    }
}

/// The `...InArray` functions: the field of each row that the condition lets through.
fn over_rows<'a>(
    machine: &Machine<'a>,
    function: Function,
    filter: Option<&Filter>,
    arguments: Operands<'a>,
) -> Value {
    let mut rest = arguments.clone();
    let (rows, field) = (machine.next(&mut rest), machine.next(&mut rest));
    let (rows, field) = (rows.value(), field.value());
    let rows: Vec<&Value> = match &*rows {
        Value::List(items) => items.iter().collect(),
        Value::Object(object) => object.values().collect(),
        _ => Vec::new(),
    };
    let Value::Text(field) = &*field else {
        return Total::new(function).result();
    };
    let (third, fourth) = (rest.next(), rest.next());
    // The condition, unless it is text and read already.
    let condition = fourth.or(third);
    let condition = condition.filter(|tree| filter.is_none() && tree.constant_text().is_none());
    let wanted = third.and_then(Tree::constant_text);
    let wanted = match fourth {
        Some(_) => Some(wanted.unwrap_or_default()),
        None => wanted.filter(|_| filter.is_none()),
    };
    let mut total = Total::new(function);
    let mut found = None;
    for row in rows {
        let Some(value) = member(row, field) else {
            continue;
        };
        if value.is_empty() {
            continue;
        }
        let empty = Object::new();
        let inner = Row {
            row: row.as_object().unwrap_or(&empty),
            outer: machine.scope,
        };
        let through = match (filter, condition) {
            (Some(Filter::NotUnderstood), _) => false,
            (Some(Filter::Condition(condition)), _) => condition.is_true(&inner),
            (None, Some(tree)) => {
                let machine = Machine {
                    text: machine.text,
                    scope: &inner,
                };
                machine.value(tree).is_true()
            }
            (None, None) => true,
        };
        if !through {
            continue;
        }
        total.count += 1.0;
        let number = match &value {
            Value::Text(_) => match numeric(&value) {
                Some(number) => Value::Number(number),
                None => continue,
            },
            _ => value,
        };
        if total.add(&number, machine.scope) {
            found = Some(row);
        }
    }
    match (wanted, found) {
        (Some(wanted), Some(row)) if wanted != field => member(row, wanted).unwrap_or_default(),
        _ => total.result(),
    }
}

fn member(row: &Value, field: &str) -> Option<Value> {
    match row {
        Value::Object(object) => object.get(field).cloned(),
        Value::List(items) if field == "length" => Some(Value::Number(items.len() as f64)),
        Value::List(items) => items.get(field.parse::<usize>().ok()?).cloned(),
        _ => None,
    }
}

/// The names of one row, and nothing else.
struct Row<'a> {
    row: &'a Object,
    outer: &'a dyn Scope,
}

impl Scope for Row<'_> {
    fn value(&self, name: super::Name<'_>) -> Option<Cow<'_, Value>> {
        name.look_up(self.row)
    }

    fn clock(&self) -> &dyn super::Clock {
        self.outer.clock()
    }

    fn ask(&self, question: Ask<'_>) -> Value {
        self.outer.ask(question)
    }
}

fn ask<'a>(machine: &Machine<'a>, function: Function, mut arguments: Operands<'a>) -> Value {
    let mut argument = || Some(machine.value(arguments.next()?));
    let (name, second) = (argument(), argument());
    let name = name.map(|name| name.value().to_text().into_owned());
    let name = name.unwrap_or_default();
    let second = second.as_ref().map(Operand::value);
    let second = second.as_deref();
    machine.scope.ask(match function {
        Function::IsContainerReady => {
            let index = second.and_then(Value::as_number);
            Ask::ContainerReady(&name, index.map(|index| index as usize))
        }
        Function::IsDisplayMode => Ask::DisplayMode,
        Function::DisplayValue => Ask::DisplayValue(&name, second),
        Function::PropertyValue => {
            return match second {
                Some(Value::Text(property)) => machine.scope.ask(Ask::Property(&name, property)),
                _ => Value::Null,
            };
        }
        _ => Ask::Comment(&name, second),
    })
}

fn ten_to(places: f64) -> f64 {
    let exact = TENS
        .get(places as usize)
        .filter(|_| places >= 0.0 && whole_part(places) == places);
    exact.copied().unwrap_or_else(|| power(10.0, places))
}

/// To the nearest, after moving away from zero by the least difference that numbers of this size have: 1.005 is held
/// as a little less, and yet is half a hundredth.
fn round(number: f64, places: f64) -> f64 {
    let scale = ten_to(places);
    let scaled = number * scale * (1.0 + f64::EPSILON);
    let below = scaled.floor();
    let rounded = if scaled - below >= 0.5 {
        below + 1.0
    } else {
        below
    };
    rounded / scale
}

/// Digits beyond the places are cut off.
fn trunc(number: f64, places: f64) -> f64 {
    if number.is_nan() || places.is_nan() {
        return f64::NAN;
    }
    let scale = ten_to(places.max(0.0).trunc());
    let scaled = number * scale;
    // What the number was written as: its product with the scale may fall just below.
    if scaled.round() / scale == number || scaled.abs() >= EXACT {
        return number;
    }
    scaled.trunc() / scale
}

/// JavaScript's `substring`, in UTF-16 units; half of a pair becomes the sign for what cannot be shown.
fn substring(text: &str, from: f64, to: Option<f64>) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let place = |at: f64| (at.max(0.0) as usize).min(units.len());
    let (from, to) = (place(from), to.map_or(units.len(), place));
    String::from_utf16_lossy(&units[from.min(to)..from.max(to)])
}

/// The instant that a value stands for, NaN when it is none; nothing for nothing, 0, false and empty text.
fn instant(value: &Value, clock: &dyn super::Clock) -> Option<f64> {
    value.is_truthy().then(|| match value {
        Value::Text(text) => date::parse(text, clock),
        Value::List(_) => date::parse(&value.to_text(), clock),
        value => value.to_number().trunc(),
    })
}

/// The unit of a duration, days when none is given.
fn unit(value: &Value) -> Cow<'_, str> {
    if value.is_truthy() {
        value.to_text()
    } else {
        "days".into()
    }
}

/// An instant moved by a count of units, by the local calendar: 31 January and a month is 2 or 3 March.
fn moved(at: f64, unit: &str, count: &Value, clock: &dyn super::Clock) -> f64 {
    let Some(mut local) = Local::of(at, clock) else {
        return f64::NAN;
    };
    let field = match unit {
        "days" => &mut local.day,
        "hours" => &mut local.hour,
        "minutes" => &mut local.minute,
        "seconds" => &mut local.second,
        "months" => &mut local.month,
        "years" => &mut local.year,
        _ => return at,
    };
    // JavaScript's `+`: text follows the digits.
    *field = add(&Value::Number(*field), count, clock).to_number();
    local.instant(clock)
}

/// From one instant to another. Days have no sign, nor hours, minutes and seconds, which are rounded up; months and
/// years are whole and have a sign.
fn difference(from: f64, to: f64, unit: &str, clock: &dyn super::Clock) -> f64 {
    let apart = (to - from).abs();
    match unit {
        "days" => ((date::midnight(to, clock) - date::midnight(from, clock)).abs() / DAY).round(),
        "hours" => (apart / HOUR).ceil(),
        "minutes" => (apart / MINUTE).ceil(),
        "seconds" => (apart / SECOND).ceil(),
        "months" => months(from, to, clock).unwrap_or(f64::NAN),
        // Years, also when it is no unit at all.
        _ => months(from, to, clock).map_or(0.0, |months| (months / 12.0).trunc()),
    }
}

fn months(from: f64, to: f64, clock: &dyn super::Clock) -> Option<f64> {
    let (from, to) = (Local::of(from, clock)?, Local::of(to, clock)?);
    let months = (to.year - from.year) * 12.0 + to.month - from.month;
    Some(months - f64::from(u8::from(to.day < from.day)))
}
