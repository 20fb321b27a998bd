//! The link to the AI Copilot Workspace, an assistant of the platform's for agents ("AI Copilot Workspace" of Cognigy's
//! documentation of its Genesys handover).

use crate::api::encode;
use crate::settings::CopilotPolicy;
use alloc::{format, string::String};

/// The link to one user's talk, with its parameters in the order of the documentation.
#[must_use]
pub fn link(policy: &CopilotPolicy, session: &str, user: &str) -> String {
    let parameters = [
        ("sessionId", Some(session)),
        ("userId", Some(user)),
        ("URLToken", Some(&policy.token)),
        ("organisationId", Some(&policy.organization)),
        ("projectId", policy.project.as_deref()),
        ("configId", Some(&policy.config)),
    ];
    let mut link = policy.url.clone();
    for (name, value) in parameters.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        let mark = if link.contains('?') { '&' } else { '?' };
        link.push_str(&format!("{mark}{name}={}", encode(value)));
    }
    link
}
