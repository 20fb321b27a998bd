//! The link to the AI Copilot Workspace, the bot platform's assistant for agents ("AI Copilot Workspace" in Cognigy's
//! documentation of its Genesys handover).

use crate::settings::CopilotPolicy;
use alloc::{format, string::String};
use handover_guest::encoding;

/// Returns the link for a user's session. Its parameters are in the order of the documentation.
#[must_use]
pub fn link(policy: &CopilotPolicy<'_>, session: &str, user: &str) -> String {
    let parameters = [
        ("sessionId", Some(session)),
        ("userId", Some(user)),
        ("URLToken", Some(policy.token)),
        ("organisationId", Some(policy.organization)),
        ("projectId", policy.project),
        ("configId", Some(policy.config)),
    ];
    let mut link = String::from(policy.url);
    for (name, value) in parameters.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        let separator = if link.contains('?') { '&' } else { '?' };
        link.push_str(&format!("{separator}{name}={}", encoding::query_value(value)));
    }
    link
}
