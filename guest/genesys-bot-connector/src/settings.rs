//! The settings of a connection: the form ([`description`]), the check of the entered values ([`check`]), and what the
//! calls read ([`Prepared`]).

mod check;
mod form;
mod keys;
mod prepared;

pub use check::check;
pub use form::description;
pub use keys::{ATTACHMENTS, HANDOVER_INTENT, HEADER, INTEGRATION, PLATFORM, PRODUCT, SECRET, TALKING_INTENT};
pub use prepared::{Prepared, Product, STAMP};
