//! Helpers that build the API's JSON.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The time for which a client shows a typing indicator, in milliseconds. There is no event for the end of typing.
const TYPING_DURATION_MS: u32 = 5_000;

/// Returns `time` in UTC with milliseconds.
pub(crate) fn time_text(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// Returns the item in `events[]` of a typing event.
pub(crate) fn typing_event() -> Value {
    json!({ "eventType": "Typing", "typing": { "type": "On", "duration": TYPING_DURATION_MS } })
}

/// Sets a field of `object`, which must be a JSON object.
pub(crate) fn set(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value);
    }
}

/// Returns the JSON of `value`. Serialization cannot fail, because the values consist of strings.
pub(crate) fn json_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Object(Map::new()))
}

#[cfg(test)]
mod tests {
    use super::time_text;

    #[test]
    fn times_have_milliseconds() {
        assert_eq!(time_text("2026-03-01T10:00:00.120Z".parse().unwrap()), "2026-03-01T10:00:00.120Z");
        assert_eq!(time_text("2026-03-01T10:00:00Z".parse().unwrap()), "2026-03-01T10:00:00.000Z");
        assert_eq!(time_text("2026-03-01T10:00:00.1239Z".parse().unwrap()), "2026-03-01T10:00:00.123Z");
    }
}
