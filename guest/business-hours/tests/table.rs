//! Compares with a table that python-dateutil made (`table.py`).

#![expect(clippy::unwrap_used, clippy::panic, reason = "clippy allows these in tests but not in their helpers")]

use business_hours::{BusinessHours, Schedule};
use serde_json::Value;

fn schedules(list: &Value) -> Vec<Schedule> {
    let text = |schedule: &Value, name: &str| schedule[name].as_str().map(String::from);
    let read = |schedule: &Value| {
        let (start, end) = (text(schedule, "start").unwrap(), text(schedule, "end").unwrap());
        Schedule::read(&start, &end, text(schedule, "rrule").as_deref())
            .unwrap_or_else(|error| panic!("{schedule}: {error}"))
    };
    list.as_array().unwrap().iter().map(read).collect()
}

#[test]
fn agrees_with_python_dateutil() {
    let rows: Vec<Value> = serde_json::from_str(include_str!("table.json")).unwrap();
    let mut wrong = Vec::new();
    for row in &rows {
        let hours =
            BusinessHours::new(row["zone"].as_str().unwrap(), schedules(&row["open"]), schedules(&row["closed"]))
                .unwrap();
        let at = row["at"].as_u64().unwrap();
        let (is_open, opens_at) = (hours.is_open(at), hours.opens_at(at));
        if row["is-open"].as_bool() != Some(is_open) || row["opens-at"].as_u64() != opens_at {
            wrong.push(format!("{is_open} {opens_at:?}, expected: {row}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    assert!(rows.len() >= 200);
    assert!(rows.iter().filter(|row| row["group"] == "dst").count() >= 40);
    assert!(rows.iter().filter(|row| row["is-open"] == true).count() >= 60);
}
