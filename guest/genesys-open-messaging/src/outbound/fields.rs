//! Fields of outbound messages.

use alloc::string::String;
use handover_guest::outbound::is_visible;

/// Returns the trimmed value of a field; `None` if it is empty or shows nothing.
pub(super) fn given(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|text| is_visible(text))
}
