//! The settings of a connection: the form ([`description`]), the check of the entered values ([`check`]), and their
//! meaning for each kind of call (the policies).

mod check;
mod form;
mod keys;
mod person;
mod policy;
mod prepared;
mod values;

pub use check::check;
pub use form::description;
pub use keys::*;
pub use policy::{
    Account, AgentPolicy, AttributePolicy, CopilotPolicy, EventPolicy, MessagePolicy, QueuePolicy, RecipientType,
    SetupPolicy, SummaryPlace, Thread, WebhookPolicy,
};
pub use prepared::{Prepared, STAMP};
pub use values::Unusable;
