//! Shows progress on standard error if it is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

const TICK_INTERVAL: Duration = Duration::from_millis(100);

/// A spinner, shown until it is dropped.
pub(crate) struct Spinner(ProgressBar);

/// Shows a spinner with a message.
pub(crate) fn show(message: &'static str) -> Spinner {
    // The template is valid. The default style is only a fallback.
    let style = ProgressStyle::with_template("{spinner} {msg} … {elapsed}").unwrap_or(ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner().with_style(style).with_message(message);
    bar.enable_steady_tick(TICK_INTERVAL);
    Spinner(bar)
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
