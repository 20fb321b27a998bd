//! The reference of the configuration, generated from the comments and defaults of its types.

use super::Config;
use serde_json::Value;
use std::fmt::Write;
use utoipa::{PartialSchema, ToSchema};

/// A configuration with only the required keys, from which the defaults of the other keys are read.
const MINIMAL: &str = r#"
[platform]
tokens = [{ env = "TOKEN" }]
callback = { url = "https://bot.example.com/", secrets = [{ env = "SECRET" }] }
[connection.NAME]
settings = "acme.toml"
[bot-connection.NAME]
settings = "acme-bots.toml"
bots = "bots.json"
"#;

/// Returns the reference as Markdown.
pub(crate) fn reference() -> String {
    let mut schemas = Vec::new();
    Config::schemas(&mut schemas);
    let mut schemas: Vec<(String, Value)> =
        schemas.into_iter().filter_map(|(name, schema)| Some((name, serde_json::to_value(schema).ok()?))).collect();
    let root = serde_json::to_value(Config::schema()).unwrap_or_default();
    schemas.push((Config::name().into_owned(), root.clone()));
    let defaults = toml::from_str::<Config>(MINIMAL).ok().and_then(|config| serde_json::to_value(config).ok());
    let mut text = String::from(
        "# Configuration\n\nThe configuration file for `handover serve --config FILE`, in TOML. [gateway.example.toml](gateway.example.toml) is a commented \
         example.\n\nSecrets are never in the file itself: `{ env = \"NAME\" }` names an environment variable, `{ file = \"PATH\" }` \
         a file.\nA duration is a string such as `\"30s\"`, `\"5m\"` or `\"2h\"`.\n",
    );
    section(&mut text, &schemas, "", &root, &defaults.unwrap_or_default());
    text
}

fn section(text: &mut String, schemas: &[(String, Value)], path: &str, schema: &Value, defaults: &Value) {
    let heading = if path.is_empty() { "Top level".to_owned() } else { format!("`[{path}]`") };
    let description = schema["description"].as_str().unwrap_or_default();
    let mut subsections = Vec::new();
    let mut rows = String::new();
    let none = serde_json::Map::new();
    for (key, property) in schema["properties"].as_object().unwrap_or(&none) {
        let default = &defaults[key.as_str()];
        if let Some((inner, schema)) = find_table(schemas, key, property) {
            let path = if path.is_empty() { inner } else { format!("{path}.{inner}") };
            let defaults = if default["NAME"].is_object() { &default["NAME"] } else { default };
            subsections.push((path, schema, defaults));
            continue;
        }
        let required = schema["required"].as_array().is_some_and(|required| required.iter().any(|name| name == key));
        let shown = match default {
            _ if required => "required".to_owned(),
            Value::Null => String::new(),
            Value::Array(list) if list.is_empty() => String::new(),
            default => format!("`{}`", default.to_string().replace('|', "\\|")),
        };
        let description =
            property["description"].as_str().or_else(|| property["oneOf"].get(1)?["description"].as_str());
        let kind = type_of(property);
        let description = description.unwrap_or_default().replace('\n', " ");
        // Ignored because writing to a string cannot fail.
        let _ = writeln!(rows, "| `{key}` | {kind} | {shown} | {description} |");
    }
    let _ = write!(text, "\n## {heading}\n\n{}\n", description.replace('\n', " "));
    if !rows.is_empty() {
        let _ = write!(text, "\n| Key | Type | Default | Description |\n|---|---|---|---|\n{rows}");
    }
    for (path, schema, defaults) in subsections {
        section(text, schemas, &path, schema, defaults);
    }
}

/// Returns the path and the schema of the table that a property refers to. Returns `None` if the property is a value.
fn find_table<'s>(schemas: &'s [(String, Value)], key: &str, property: &Value) -> Option<(String, &'s Value)> {
    let find = |reference: &Value| {
        let name = reference["$ref"].as_str()?.rsplit('/').next()?;
        let (_, schema) = schemas.iter().find(|(known, _)| known == name)?;
        schema["properties"].is_object().then_some(schema)
    };
    if let Some(schema) = find(&property["additionalProperties"]) {
        return Some((format!("{key}.NAME"), schema));
    }
    let candidates = ["oneOf", "allOf"].iter().filter_map(|of| property[of].as_array()).flatten();
    let schema = find(property).or_else(|| candidates.into_iter().find_map(find))?;
    Some((key.to_owned(), schema))
}

/// Returns the type of a value in the terms of the configuration file.
fn type_of(property: &Value) -> String {
    let is_reference = |value: &Value, name: &str| value["$ref"].as_str().is_some_and(|path| path.ends_with(name));
    let mut candidates = vec![property];
    candidates.extend(["oneOf", "allOf", "anyOf"].iter().filter_map(|of| property[of].as_array()).flatten());
    for candidate in candidates {
        let kind = match &candidate["type"] {
            Value::String(kind) => Some(kind.as_str()),
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
            _ => None,
        };
        if is_reference(candidate, "Level") || is_reference(candidate, "Format") {
            return "word".into();
        }
        let format = candidate["format"].as_str().or_else(|| candidate.get("items")?.get("format")?.as_str());
        let format = format.filter(|format| *format != "int32");
        match kind {
            Some("array") if format.is_some() => return format!("list of {}s", format.unwrap_or_default()),
            Some("string") if format.is_some() => return format.unwrap_or_default().into(),
            Some("string") => return "string".into(),
            Some("array") => return "list of strings".into(),
            Some(kind) => return kind.into(),
            None => {}
        }
    }
    "string".into()
}
