//! What operators make of two values, as the reference engine does, coercions and all.

use super::{Clock, Scope, date, evaluate::Operand, tree::Operator};
use crate::{
    ecma::{lower, power, remainder},
    names::sorted,
    value::{
        TENS, Value, fixed, long_number, number_of, number_text, short_number, trimmed, whole_part,
    },
};
use std::{borrow::Cow, cmp::Ordering};

/// As JavaScript writes a value; an instant in local time.
pub(super) fn text_of<'a>(value: &'a Value, clock: &dyn Clock) -> Cow<'a, str> {
    match value {
        Value::Date(at) => date::text(*at, clock).into(),
        Value::List(items) => joined(items, ",", clock).into(),
        other => other.to_text(),
    }
}

/// A variable's text as the value that it stands for: yes or no, a number, or text without the quotes around it.
pub(super) fn meaning(text: &str) -> Option<Value> {
    match text.as_bytes() {
        [b'\'' | b'"', inner @ .., b'\'' | b'"'] => {
            Some(Value::Text(text[1..=inner.len()].to_owned()))
        }
        [b't' | b'T', ..] if text.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
        [b'f' | b'F', ..] if text.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
        // A zero leads in codes such as 007, which are no numbers.
        [b'0', b'.' | b',' | b'x', ..] | [b'0'] => numeric_text(text).map(Value::Number),
        [b'0', ..] => None,
        _ => numeric_text(text).map(Value::Number),
    }
}

/// The number that a text writes, with a comma as decimal point, too; none for more than 15 digits alone.
fn numeric_text(text: &str) -> Option<f64> {
    let text = trimmed(text);
    // What begins a number; most text is told from numbers here.
    if !matches!(
        text.as_bytes().first()?,
        b'0'..=b'9' | b'+' | b'-' | b'.' | b','
    ) {
        return None;
    }
    if let Some(number) = short_number(text) {
        return Some(number);
    }
    if text.len() > 15 && text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if let Some(hex) = text.strip_prefix("0x") {
        let long = hex.bytes().take_while(u8::is_ascii_hexdigit).count();
        let rest = &hex[long..];
        let fraction = rest.strip_prefix(['.', ',']).unwrap_or(rest);
        let whole = fraction.bytes().all(|b| b.is_ascii_digit());
        return (long > 0 && whole).then(|| number_of(&text[..2 + long]));
    }
    let number = match text.bytes().position(|byte| byte == b',') {
        None => long_number(text),
        Some(at) if !text.contains('.') && !text[at + 1..].contains(',') => {
            number_of(&text.replacen(',', ".", 1))
        }
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// The number that functions and sums take a value for; none for yes, no, nothing and what is no number.
pub(super) fn numeric(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.is_finite().then_some(*number),
        Value::Text(text) => numeric_text(text),
        Value::List(items) if items.len() == 1 => numeric_text(&value.to_text()),
        _ => None,
    }
}

/// What stands in for an empty operand, by the other one.
pub(super) fn or_neutral<'a>(value: Operand<'a>, other: &Operand<'_>) -> Operand<'a> {
    if !value.is_empty() {
        return value;
    }
    match (&*value.value(), &*other.value()) {
        (_, Value::Number(_)) => 0.0.into(),
        (Value::Text(_), _) | (_, Value::Text(_)) => Value::Text(String::new()).into(),
        (_, Value::List(_)) => Value::List(Vec::new()).into(),
        _ => 0.0.into(),
    }
}

/// What an operator other than `and` and `or` gives.
pub(super) fn apply<'a>(
    operator: Operator,
    left: Operand<'a>,
    right: Operand<'a>,
    scope: &dyn Scope,
) -> Operand<'a> {
    use Operator::*;
    if !operator.compares() {
        return arithmetic(operator, left, right, scope);
    }
    if let (Operand::Number(a), Operand::Number(b)) = (&left, &right) {
        let (a, b) = (a.number(), b.number());
        let holds = match operator {
            Equal => Some(a == b),
            NotEqual => Some(a != b),
            Less => Some(a < b),
            Greater => Some(a > b),
            LessOrEqual => Some(a <= b),
            GreaterOrEqual => Some(a >= b),
            _ => None,
        };
        if let Some(holds) = holds {
            return holds.into();
        }
    }
    let (left, right, clock) = (&*left.value(), &*right.value(), scope.clock());
    let dates = as_dates(left, right, clock);
    let equal = || dates.map_or_else(|| same(left, right), |(a, b)| a == b);
    let is = |wanted: Ordering| {
        let order = match (left, right) {
            (Value::Null, _) | (_, Value::Null) => None,
            _ => dates.map_or_else(|| order(left, right, clock), |(a, b)| a.partial_cmp(&b)),
        };
        order == Some(wanted)
    };
    let holds = match operator {
        Equal => equal(),
        NotEqual => !equal(),
        Less => is(Ordering::Less),
        Greater => is(Ordering::Greater),
        LessOrEqual => equal() || is(Ordering::Less),
        GreaterOrEqual => equal() || is(Ordering::Greater),
        NotContains => not_contains(left, right, clock),
        AnyOf => any_of(left, right, clock),
        NoneOf => !any_of(left, right, clock),
        AllOf => all_of(left, right, clock),
        _ => contains(left, right, clock),
    };
    holds.into()
}

fn arithmetic<'a>(
    operator: Operator,
    left: Operand<'a>,
    right: Operand<'a>,
    scope: &dyn Scope,
) -> Operand<'a> {
    let left = or_neutral(left, &right);
    let right = or_neutral(right, &left);
    if matches!(operator, Operator::Divide | Operator::Remainder) && !right.is_truthy() {
        return Operand::Nothing;
    }
    let (a, b) = match (operator, &left, &right) {
        (_, Operand::Number(a), Operand::Number(b)) => (a.number(), b.number()),
        (Operator::Plus, ..) => return plus(&left.value(), &right.value(), scope.clock()).into(),
        _ => (left.value().to_number(), right.value().to_number()),
    };
    let result = match operator {
        Operator::Plus => sum(a, b),
        Operator::Minus => tidy(a - b, [a, b], usize::max),
        Operator::Times => tidy(a * b, [a, b], |a, b| a + b),
        Operator::Divide => a / b,
        Operator::Remainder => remainder(a, b),
        _ => power(a, b),
    };
    result.into()
}

/// `+` of operands that are not empty.
fn plus(left: &Value, right: &Value, clock: &dyn Clock) -> Value {
    match (left, right) {
        _ if numeric(left).is_some() && numeric(right).is_some() => add(left, right, clock),
        (Value::List(a), Value::List(b)) => Value::List(a.iter().chain(b).cloned().collect()),
        (Value::List(items), Value::Number(number))
        | (Value::Number(number), Value::List(items)) => {
            let numbers = items.iter().filter_map(Value::as_number);
            Value::Number(sum(numbers.fold(0.0, sum), *number))
        }
        (Value::List(items), Value::Text(text)) => Value::Text(joined(items, ", ", clock) + text),
        (Value::Text(text), Value::List(items)) => {
            Value::Text(text.clone() + &joined(items, ", ", clock))
        }
        _ => add(left, right, clock),
    }
}

fn joined(items: &[Value], between: &str, clock: &dyn Clock) -> String {
    let mut text = String::new();
    for (index, item) in items.iter().enumerate() {
        text.push_str(if index > 0 { between } else { "" });
        if *item != Value::Null {
            text.push_str(&text_of(item, clock));
        }
    }
    text
}

/// JavaScript's own `+`, with sums of numbers rounded.
pub(super) fn add(left: &Value, right: &Value, clock: &dyn Clock) -> Value {
    let is_number =
        |value: &Value| matches!(value, Value::Null | Value::Bool(_) | Value::Number(_));
    if is_number(left) && is_number(right) {
        return Value::Number(sum(left.to_number(), right.to_number()));
    }
    Value::Text(text_of(left, clock).into_owned() + &text_of(right, clock))
}

/// A sum without the noise of binary fractions: 0.1 + 0.2 is 0.3.
pub(super) fn sum(a: f64, b: f64) -> f64 {
    tidy(a + b, [a, b], usize::max)
}

/// Beyond it not every whole number is one.
pub(super) const EXACT: f64 = 9_007_199_254_740_992.0;

/// Below it the rounding of a product is too small to matter.
const SAFE: f64 = EXACT / 16.0;

/// A result without the noise of binary fractions: with as many decimals as its operands give it.
fn tidy(result: f64, operands: [f64; 2], together: fn(usize, usize) -> usize) -> f64 {
    let [a, b] = operands.map(decimals);
    if let (Ok(a), Ok(b)) = (a, b) {
        return rounded(result, together(a, b));
    }
    let (Ok(a) | Err(a), Ok(b) | Err(b)) = (a, b);
    let ten = TENS.get(together(a, b)).unwrap_or(&1e22);
    // Beyond what a number can hold, any rounding gives the number itself.
    if (result * ten).abs() >= 2.0 * EXACT {
        return result;
    }
    let [a, b] = operands.map(written_decimals);
    rounded(result, together(a, b))
}

/// How many decimals a number is written with; where that takes long to tell, an error that says how many it has at
/// least.
fn decimals(number: f64) -> Result<usize, usize> {
    if whole_part(number) == number || !number.is_finite() {
        return Ok(0);
    }
    for (decimals, ten) in TENS.iter().enumerate() {
        let scaled = number * ten;
        if scaled.abs() >= SAFE {
            return Err(decimals);
        }
        let whole = nearest(scaled);
        // Dividing is slow, and most decimals are far off.
        if (whole - scaled).abs() <= scaled.abs() * 1e-15 && whole / ten == number {
            return Ok(decimals);
        }
    }
    Err(TENS.len())
}

fn written_decimals(number: f64) -> usize {
    let text = number_text(number);
    let (digits, tens) = text.split_once('e').unwrap_or((&text, "0"));
    let fraction = digits
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    // Only of a fraction the exponent counts, and that is a small one.
    fraction
        + tens
            .strip_prefix('-')
            .map_or(0, |tens| tens.parse().unwrap_or(0))
}

/// The nearest whole number, of one below `SAFE`; many times as fast as `round`.
fn nearest(number: f64) -> f64 {
    (number + 0.5f64.copysign(number)) as i64 as f64
}

fn rounded(number: f64, decimals: usize) -> f64 {
    if decimals == 0 || !number.is_finite() {
        return number;
    }
    match TENS.get(decimals) {
        Some(ten) if (number * ten).abs() < SAFE => nearest(number * ten) / ten,
        _ => number_of(&fixed(number, decimals)),
    }
}

/// An instant and the text that it is compared with, as instants. When the text on the right has no time, the instant
/// counts as its day; when the instant is midnight, the text does.
fn as_dates(left: &Value, right: &Value, clock: &dyn Clock) -> Option<(f64, f64)> {
    let (at, text, swapped) = match (left, right) {
        (Value::Date(at), Value::Text(text)) => (*at, text, false),
        (Value::Text(text), Value::Date(at)) => (*at, text, true),
        _ => return None,
    };
    let mut other = date::parse(text, clock);
    if text.is_empty() {
        other = clock.now();
    }
    let midnight = date::midnight(at, clock);
    let by_day = !swapped && text.len() <= "2026-01-15".len();
    let at = if by_day { midnight } else { at };
    if at == midnight {
        other = date::midnight(other, clock);
    }
    Some(if swapped { (other, at) } else { (at, other) })
}

/// The order in which JavaScript's `<` and `>` see two values: text by its letters, all else as numbers.
pub(super) fn order(left: &Value, right: &Value, clock: &dyn Clock) -> Option<Ordering> {
    let is_text =
        |value: &Value| matches!(value, Value::Text(_) | Value::List(_) | Value::Object(_));
    if is_text(left) && is_text(right) {
        let (a, b) = (text_of(left, clock), text_of(right, clock));
        return Some(a.encode_utf16().cmp(b.encode_utf16()));
    }
    left.to_number().partial_cmp(&right.to_number())
}

/// Whether two values are the same answer: text without its case and the blanks around it, lists in any order, a number
/// and the text of it. Nothing is the same as empty text, but not as an empty list.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Null, Value::Text(text)) | (Value::Text(text), Value::Null) => text.is_empty(),
        (Value::Number(a), Value::Number(b)) | (Value::Date(a), Value::Date(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => same_text(a, b),
        (Value::Bool(yes), Value::Number(number)) | (Value::Number(number), Value::Bool(yes)) => {
            *number == f64::from(u8::from(*yes))
        }
        (Value::Bool(yes), Value::Text(text)) | (Value::Text(text), Value::Bool(yes)) => {
            text.eq_ignore_ascii_case(if *yes { "true" } else { "false" })
        }
        (Value::Number(number), Value::Text(text)) | (Value::Text(text), Value::Number(number)) => {
            !text.is_empty() && number_of(text) == *number
        }
        (Value::List(a), Value::List(b)) => a.len() == b.len() && same_items(a, b),
        (Value::Object(a), Value::Object(b)) => {
            let same_member = |(name, value)| b.get(name).is_some_and(|other| same(value, other));
            a.len() == b.len() && a.iter().all(same_member)
        }
        (Value::List(items), Value::Object(object))
        | (Value::Object(object), Value::List(items)) => {
            let same_item = |(index, item): (usize, &Value)| {
                let other = object.get(&index.to_string());
                other.is_some_and(|other| same(item, other))
            };
            items.len() == object.len() && items.iter().enumerate().all(same_item)
        }
        _ => false,
    }
}

fn same_text(a: &str, b: &str) -> bool {
    a == b || { super::same_name(trimmed(a), trimmed(b)) }
}

/// Items in the order of their text, one by one.
fn same_items(a: &[Value], b: &[Value]) -> bool {
    if let ([a], [b]) = (a, b) {
        return same(a, b);
    }
    let in_order = |items: &[Value]| {
        let texts: Vec<_> = items.iter().map(Value::to_text).collect();
        sorted(items.len(), &|a, b| {
            texts[a].encode_utf16().cmp(texts[b].encode_utf16())
        })
    };
    let pairs = in_order(a).into_iter().zip(in_order(b));
    pairs
        .into_iter()
        .all(|(i, j)| same(&a[i as usize], &b[j as usize]))
}

fn has(items: &[Value], wanted: &Value) -> bool {
    items.iter().any(|item| same(item, wanted))
}

fn contains(left: &Value, right: &Value, clock: &dyn Clock) -> bool {
    match (left, right) {
        (Value::Null, _) => false,
        (Value::Number(number), _) if number.is_nan() => false,
        (Value::List(items), _) if items.is_empty() => false,
        (Value::List(items), Value::List(wanted)) => wanted.iter().all(|wanted| has(items, wanted)),
        (Value::List(items), wanted) => has(items, wanted),
        (Value::Text(text), _) if text.is_empty() => false,
        _ => right.is_truthy() && within(&text_of(left, clock), &text_of(right, clock)),
    }
}

/// Whether a text has another in it, in any case of letters.
fn within(text: &str, part: &str) -> bool {
    let (text, part) = (lower(text), lower(part));
    let mut windows = text.as_bytes().windows(part.len().max(1));
    part.is_empty() || windows.any(|window| window == part.as_bytes())
}

fn not_contains(left: &Value, right: &Value, clock: &dyn Clock) -> bool {
    match left {
        Value::List(_) => !contains(left, right, clock),
        _ if !left.is_truthy() && !right.is_empty() => true,
        Value::Null => false,
        Value::Text(text) if text.is_empty() => false,
        _ => right.is_truthy() && !contains(left, right, clock),
    }
}

fn any_of(left: &Value, right: &Value, clock: &dyn Clock) -> bool {
    match (left, right) {
        (Value::List(items), Value::List(wanted)) if !items.is_empty() && !wanted.is_empty() => {
            wanted.iter().any(|wanted| contains(left, wanted, clock))
        }
        (Value::List(items), Value::List(wanted)) if items.is_empty() => wanted.is_empty(),
        _ if right.is_empty() => true,
        _ if left.is_empty() => false,
        (Value::List(items), wanted) => has(items, wanted),
        _ => contains(right, left, clock),
    }
}

fn all_of(left: &Value, right: &Value, clock: &dyn Clock) -> bool {
    match (left, right) {
        (_, Value::List(wanted)) if wanted.is_empty() => true,
        (Value::List(_), _) => contains(left, right, clock),
        _ if !left.is_truthy() => false,
        (_, Value::List(wanted)) => wanted.iter().all(|wanted| contains(left, wanted, clock)),
        _ => contains(left, right, clock),
    }
}
