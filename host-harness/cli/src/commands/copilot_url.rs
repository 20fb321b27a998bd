//! `handover copilot-url`

use crate::arguments::CopilotUrl;
use crate::output;
use crate::settings::SettingsFile;
use anyhow::bail;
use genesys_open_messaging::contract::Setting;
use genesys_open_messaging::copilot;
use genesys_open_messaging::settings::CopilotPolicy;
use std::process::ExitCode;

pub(crate) fn run(arguments: &CopilotUrl) -> anyhow::Result<ExitCode> {
    let file = SettingsFile::read(&arguments.settings)?;
    let settings: Vec<_> =
        file.settings.into_iter().map(|setting| Setting { key: setting.key, value: setting.value }).collect();
    match CopilotPolicy::of(&settings) {
        Ok(Some(policy)) => output::print(copilot::link(&policy, &arguments.session, &arguments.user))?,
        _ => bail!(
            "{}: the link needs copilot-url (https, no query or fragment), copilot-token, copilot-organization \
             and copilot-config",
            arguments.settings.display()
        ),
    }
    Ok(ExitCode::SUCCESS)
}
