//! Prints the conversation in the left column and the trace in the right column.

use super::trace::Trace;
use crate::output::{OutputError, print};
use anstyle::{AnsiColor, Style};

/// The width of the left column, in characters.
const COLUMN_WIDTH: usize = 58;

#[derive(Clone, Copy)]
pub(super) enum Participant {
    User,
    Bot,
    Agent,
}

impl Participant {
    fn name(self) -> &'static str {
        match self {
            Self::User => "Ada",
            Self::Bot => "bot",
            Self::Agent => "Grace",
        }
    }

    fn style(self) -> Style {
        let color = match self {
            Self::User => AnsiColor::Cyan,
            Self::Bot => AnsiColor::Magenta,
            Self::Agent => AnsiColor::Green,
        };
        Style::new().fg_color(Some(color.into())).bold()
    }
}

const DIM: Style = Style::new().dimmed();

pub(super) struct Screen {
    trace: Trace,
}

impl Screen {
    pub(super) fn new(trace: Trace) -> Self {
        Self { trace }
    }

    pub(super) fn title(&self, text: &str) -> Result<(), OutputError> {
        let bold = Style::new().bold();
        print(format_args!("\n{bold}{text}{bold:#}\n"))?;
        print(format_args!("{DIM}{:<COLUMN_WIDTH$} │ trace{DIM:#}", "conversation"))?;
        print(format_args!("{DIM}{}─┼─{}{DIM:#}", "─".repeat(COLUMN_WIDTH), "─".repeat(COLUMN_WIDTH)))
    }

    /// Prints a note. Discards the trace.
    pub(super) fn note(&self, text: &str) -> Result<(), OutputError> {
        self.trace.take();
        print(format_args!("\n{DIM}{text}{DIM:#}\n"))
    }

    /// Prints a message with its trace.
    pub(super) fn message(&self, speaker: Participant, text: &str) -> Result<(), OutputError> {
        let lines = wrap(text, COLUMN_WIDTH - 8);
        let left = lines.iter().enumerate().map(|(number, line)| {
            let name = if number == 0 { speaker.name() } else { "" };
            (format!("{name:<6}  "), line.clone())
        });
        self.rows(left.collect(), speaker.style(), Style::new())
    }

    /// Prints an event with its trace.
    pub(super) fn event(&self, text: &str) -> Result<(), OutputError> {
        let left = wrap(text, COLUMN_WIDTH - 8).into_iter().map(|line| ("   ·    ".to_owned(), line));
        self.rows(left.collect(), DIM, DIM)
    }

    fn rows(&self, left: Vec<(String, String)>, name_style: Style, text_style: Style) -> Result<(), OutputError> {
        let right = self.trace.take();
        for row in 0..left.len().max(right.len()) {
            let (name, text) = left.get(row).cloned().unwrap_or_default();
            let padding = " ".repeat(COLUMN_WIDTH.saturating_sub(name.chars().count() + text.chars().count()));
            let trace = right.get(row).map(String::as_str).unwrap_or_default();
            print(format_args!(
                "{name_style}{name}{name_style:#}{text_style}{text}{text_style:#}{padding} {DIM}│ {trace}{DIM:#}"
            ))?;
        }
        Ok(())
    }
}

/// Wraps a text at word boundaries. `width` is in characters.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}
