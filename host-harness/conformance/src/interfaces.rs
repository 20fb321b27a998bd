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
        Self { handover: provider.has_handovers(), bot_connector: provider.has_bots() }
    }
}
