//! Shows progress on standard error, if that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(100);

/// A running task, until it is dropped.
pub(crate) struct Shown(ProgressBar);

pub(crate) fn show(what: &'static str) -> Shown {
    // The template is valid; without it, the display would be plain.
    let style = ProgressStyle::with_template("{spinner} {msg} … {elapsed}").unwrap_or(ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner().with_style(style).with_message(what);
    bar.enable_steady_tick(EVERY);
    Shown(bar)
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
