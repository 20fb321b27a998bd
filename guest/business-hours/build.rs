//! Writes the offsets of every time zone from 2025 to 2045, so that a component needs neither the complete database, which
//! would be in the memory of every instance, nor the code that evaluates it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let (first, end): (Timestamp, Timestamp) = ("2025-01-01T00:00:00Z".parse()?, "2046-01-01T00:00:00Z".parse()?);
    let mut zones = BTreeMap::new();
    for name in jiff::tz::db().available() {
        zones.insert(name.as_str().to_ascii_lowercase(), offsets(&TimeZone::get(name.as_str())?, first, end));
    }
    // Many names mean the same time zone.
    let mut lists: Vec<_> = zones.values().collect();
    lists.sort();
    lists.dedup();
    let mut code = String::new();
    for (index, list) in lists.iter().enumerate() {
        writeln!(code, "static OFFSETS_{index}: [(u32, i32); {}] = {list:?};", list.len())?;
    }
    writeln!(code, "static ZONES: [(&str, &[(u32, i32)]); {}] = [", zones.len())?;
    for (name, offsets) in &zones {
        writeln!(code, "    ({name:?}, &OFFSETS_{}),", lists.binary_search(&offsets).map_err(|_| "an unknown list")?)?;
    }
    code.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("zones.rs"), code)?;
    Ok(())
}

/// Returns the offset at first, and each one after a change, with the time from which it applies. Both are in seconds. The
/// first one applies since 1970.
fn offsets(zone: &TimeZone, first: Timestamp, end: Timestamp) -> Vec<(i64, i32)> {
    let changes = zone.following(first).take_while(|change| change.timestamp() < end);
    let mut offsets = vec![(0, zone.to_offset(first).seconds())];
    offsets.extend(changes.map(|change| (change.timestamp().as_second(), change.offset().seconds())));
    // A change may be one of the name only.
    offsets.dedup_by_key(|(_, offset)| *offset);
    offsets
}
