//! The values of slots, in the forms of both versions.

use crate::wire::answer::{BotEntityValue, Currency, SlotValue, SlotValues};
use alloc::{format, string::String, vec::Vec};
use bot_connector_guest::contract::{Slot, SlotType, SlotValue as Given};
use handover_guest::contract::Unsupported;
use handover_guest::outbound;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The most characters of a text (Digital Bot Connector, entity types).
const MAX_TEXT_CHARACTERS: usize = 32_000;
/// The greatest absolute value of an integer (Digital Bot Connector, entity types).
const MAX_INTEGER: u64 = 999_999_999_999_999;
/// The most digits of a decimal number (Digital Bot Connector, entity types).
const MAX_DIGITS: usize = 40;
/// The years that a date can have (Digital Bot Connector, entity types).
const YEARS: core::ops::RangeInclusive<i32> = 1800..=2200;

/// Returns Genesys's name of a slot's type.
pub(crate) fn type_name(slot: &Slot) -> &'static str {
    match (slot.kind, slot.is_collection) {
        (SlotType::Text, false) => "String",
        (SlotType::Text, true) => "StringCollection",
        (SlotType::Integer, false) => "Integer",
        (SlotType::Integer, true) => "IntegerCollection",
        (SlotType::Decimal, false) => "Decimal",
        (SlotType::Decimal, true) => "DecimalCollection",
        (SlotType::Duration, false) => "Duration",
        (SlotType::Duration, true) => "DurationCollection",
        (SlotType::Boolean, false) => "Boolean",
        (SlotType::Boolean, true) => "BooleanCollection",
        (SlotType::Currency, false) => "Currency",
        (SlotType::Currency, true) => "CurrencyCollection",
        (SlotType::DateTime, false) => "Datetime",
        (SlotType::DateTime, true) => "DatetimeCollection",
    }
}

/// Returns a value as v1 has it: in JSON's types. `index` is the slot's place in the answer.
pub(crate) fn typed(index: usize, given: &Given) -> Result<SlotValues<'_>, Unsupported> {
    let mut values = Vec::with_capacity(given.values.len());
    for value in &given.values {
        values.push(read(given.slot.kind, value).ok_or_else(|| invalid(index, &given.slot))?);
    }
    match (given.slot.is_collection, values.len()) {
        (true, _) => Ok(SlotValues::Collection(values)),
        (false, 1) => values.pop().map(SlotValues::One).ok_or_else(|| invalid(index, &given.slot)),
        (false, _) => Err(invalid(index, &given.slot)),
    }
}

/// Returns a value as v2 has it: as text, an amount of money as JSON in the text. `index` is the slot's place in the
/// answer.
pub(crate) fn entity(index: usize, given: &Given) -> Result<BotEntityValue<'_>, Unsupported> {
    let written = |value: SlotValue<'_>, text: &str| match value {
        SlotValue::Currency(currency) => serde_json::to_string(&currency).unwrap_or_default(),
        _ => String::from(text),
    };
    let texts = match typed(index, given)? {
        SlotValues::One(value) => Vec::from([written(value, given.values.first().map_or("", String::as_str))]),
        SlotValues::Collection(values) => {
            values.into_iter().zip(&given.values).map(|(value, text)| written(value, text)).collect()
        }
    };
    let (mut value, mut values) = (None, None);
    match given.slot.is_collection {
        true => values = Some(texts),
        false => value = texts.into_iter().next(),
    }
    Ok(BotEntityValue { name: &given.slot.name, kind: type_name(&given.slot), value, values })
}

fn invalid(index: usize, slot: &Slot) -> Unsupported {
    let values = if slot.is_collection { "values" } else { "one value" };
    let field = format!("answer.next.complete.slots[{index}]");
    outbound::invalid(&field, &format!("{values} of the type {}", type_name(slot)))
}

fn read(kind: SlotType, value: &str) -> Option<SlotValue<'_>> {
    match kind {
        SlotType::Text => (value.chars().count() <= MAX_TEXT_CHARACTERS).then_some(SlotValue::Text(value)),
        SlotType::Integer => {
            let number = value.parse::<i64>().ok().filter(|number| number.unsigned_abs() <= MAX_INTEGER)?;
            (!value.starts_with('+')).then_some(SlotValue::Integer(number))
        }
        SlotType::Decimal => is_decimal(value).then(|| value.parse().ok()).flatten().map(SlotValue::Decimal),
        SlotType::Boolean => match value {
            "true" => Some(SlotValue::Boolean(true)),
            "false" => Some(SlotValue::Boolean(false)),
            _ => None,
        },
        SlotType::Currency => {
            let (amount, code) = value.split_once(' ')?;
            let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
            (is_decimal(amount) && is_code).then_some(SlotValue::Currency(Currency { amount, code }))
        }
        SlotType::Duration => is_duration(value).then_some(SlotValue::Text(value)),
        SlotType::DateTime => is_date_time(value).then_some(SlotValue::Text(value)),
    }
}

/// Returns whether a text is a duration of ISO 8601, such as `P1D` or `PT1H30M`. Genesys has no years and months, whose
/// lengths differ.
fn is_duration(text: &str) -> bool {
    let Some(text) = text.strip_prefix('P') else { return false };
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    (!date.is_empty() || time.is_some())
        && are_amounts(date, "WD")
        && time.is_none_or(|time| !time.is_empty() && are_amounts(time, "HMS"))
}

/// Returns whether a text consists of amounts with these units, each at most once and in this order.
fn are_amounts(text: &str, units: &str) -> bool {
    let mut units = units.chars();
    text.split_inclusive(|letter: char| letter.is_ascii_alphabetic()).all(|amount| {
        let mut letters = amount.chars();
        let unit = letters.next_back();
        units.any(|known| Some(known) == unit) && is_decimal(letters.as_str()) && !amount.starts_with('-')
    })
}

/// Returns whether a text is a date with a time in ISO 8601, with or without seconds and offset.
fn is_date_time(text: &str) -> bool {
    let forms = [String::from(text), format!("{text}Z"), format!("{text}:00Z")];
    forms.iter().any(|form| OffsetDateTime::parse(form, &Rfc3339).is_ok_and(|time| YEARS.contains(&time.year())))
}

/// Returns whether a text is a number with digits on both sides of its point, if it has one: at most 40 digits.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let mut parts = unsigned.split('.');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    unsigned.bytes().filter(u8::is_ascii_digit).count() <= MAX_DIGITS
        && parts.by_ref().take(2).all(digits)
        && parts.next().is_none()
}
