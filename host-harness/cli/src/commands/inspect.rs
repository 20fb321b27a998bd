//! `handover inspect`

use crate::arguments::Inspect;
use crate::{output, plugin};
use std::process::ExitCode;

pub(crate) async fn run(arguments: Inspect) -> anyhow::Result<ExitCode> {
    let path = arguments.plugin.or(arguments.plugin_option);
    let size = plugin::read(path.as_deref())?.len();
    let provider = plugin::load(path.as_deref()).await?;
    let description = provider.description();
    output::print(format_args!("{} {} ({})", description.name, description.version, description.title))?;
    output::print(format_args!("size       {size} bytes"))?;
    output::print(format_args!("imports    {}", provider.imports().join("\n           ")))?;
    output::print(format_args!("exports    {}", provider.exports().join("\n           ")))?;
    output::print(format_args!("origins    {}", description.origins.join(", ")))?;
    let abilities = serde_json::to_value(&description.abilities)?;
    let abilities: Vec<_> = abilities.as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
    output::print(format_args!("abilities  {}", abilities.join(", ")))?;
    output::print("settings")?;
    for field in &description.settings {
        let mut notes = Vec::new();
        notes.extend(field.required.then_some("required".to_owned()));
        notes.extend(field.repeatable.then_some("may repeat".to_owned()));
        notes.extend(field.default_value.as_ref().map(|default| format!("default: {default}")));
        let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
        output::print(format_args!("  {}{notes}\n      {}: {}", field.key, field.label, field.help))?;
    }
    Ok(ExitCode::SUCCESS)
}
