//! The values of slots, in the forms of both versions.

use crate::wire::answer::{BotEntityValue, Currency, SlotValue, SlotValues};
use alloc::{format, string::String, vec::Vec};
use bot_connector_guest::contract::{Slot, SlotType, SlotValue as Given};
use handover_guest::contract::{InvalidField, Unsupported};

/// The most characters of a text (Digital Bot Connector, entity types).
const MAX_TEXT_CHARACTERS: usize = 32_000;
/// The greatest absolute value of an integer (Digital Bot Connector, entity types).
const MAX_INTEGER: i64 = 999_999_999_999_999;

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

/// Returns a value as v1 has it: in JSON's types.
pub(crate) fn typed(given: &Given) -> Result<SlotValues<'_>, Unsupported> {
    let mut values = Vec::with_capacity(given.values.len());
    for value in &given.values {
        values.push(read(given.slot.kind, value).ok_or_else(|| invalid(&given.slot))?);
    }
    match (given.slot.is_collection, values.len()) {
        (true, _) => Ok(SlotValues::Collection(values)),
        (false, 1) => values.pop().map(SlotValues::One).ok_or_else(|| invalid(&given.slot)),
        (false, _) => Err(invalid(&given.slot)),
    }
}

/// Returns a value as v2 has it: as text, an amount of money as JSON in the text.
pub(crate) fn entity(given: &Given) -> Result<BotEntityValue<'_>, Unsupported> {
    let written = |value: SlotValue<'_>, text: &str| match value {
        SlotValue::Currency(currency) => serde_json::to_string(&currency).unwrap_or_default(),
        _ => String::from(text),
    };
    let texts = match typed(given)? {
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

fn invalid(slot: &Slot) -> Unsupported {
    let values = if slot.is_collection { "values" } else { "one value" };
    Unsupported::Invalid(InvalidField {
        field: "answer.next.complete.slots".into(),
        expected: format!("{values} of the type {} for this slot", type_name(slot)),
    })
}

fn read(kind: SlotType, value: &str) -> Option<SlotValue<'_>> {
    match kind {
        SlotType::Text => (value.chars().count() <= MAX_TEXT_CHARACTERS).then_some(SlotValue::Text(value)),
        SlotType::Integer => {
            let number = value.parse::<i64>().ok().filter(|number| number.abs() <= MAX_INTEGER)?;
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
        // ISO 8601.
        SlotType::Duration => (value.starts_with('P') && value.len() > 2).then_some(SlotValue::Text(value)),
        SlotType::DateTime => {
            let shape = value.bytes().take(10).enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
            (shape && value.len() >= 16 && value.as_bytes().get(10) == Some(&b'T')).then_some(SlotValue::Text(value))
        }
    }
}

/// Returns whether a text is a number with digits on both sides of its point, if it has one: at most 40 digits.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let mut parts = unsigned.split('.');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    unsigned.len() <= 41 && parts.by_ref().take(2).all(digits) && parts.next().is_none()
}
