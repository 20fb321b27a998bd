//! What takes longer than a moment is shown while it takes: on standard error, where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(100);

/// Something that is being done, until this is dropped.
pub(crate) struct Shown(ProgressBar);

pub(crate) fn show(what: &'static str) -> Shown {
    // Read in every run; one that could not be read would only be plainer.
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
