//! The interfaces of the contract that a component exports, and so the cases that apply to it.

use handover_host::Provider;

/// The interfaces that a component exports, besides `configuration`.
#[derive(Clone, Copy)]
pub(crate) struct Interfaces {
    pub(crate) handover: bool,
    pub(crate) bot_connector: bool,
}

impl Interfaces {
    pub(crate) fn of(provider: &Provider) -> Self {
        let exports = |interface: &str| provider.exports().iter().any(|name| name.starts_with(interface));
        Self {
            handover: exports("handover:provider/handover@"),
            bot_connector: exports("handover:provider/bot-connector@"),
        }
    }
}
