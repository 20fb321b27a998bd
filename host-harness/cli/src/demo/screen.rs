//! The conversation, with a trace beside it.

use super::trace::Trace;
use crate::output::{OutputError, print};
use anstyle::{AnsiColor, Style};

/// Characters of the left column.
const COLUMN: usize = 58;

#[derive(Clone, Copy)]
pub(super) enum Who {
    User,
    Bot,
    Agent,
}

impl Who {
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
        print(format_args!("{DIM}{:<COLUMN$} │ on the trace{DIM:#}", "the conversation"))?;
        print(format_args!("{DIM}{}─┼─{}{DIM:#}", "─".repeat(COLUMN), "─".repeat(COLUMN)))
    }

    /// A note.
    pub(super) fn note(&self, text: &str) -> Result<(), OutputError> {
        self.trace.take();
        print(format_args!("\n{DIM}{text}{DIM:#}\n"))
    }

    /// A message, with its trace beside it.
    pub(super) fn say(&self, who: Who, text: &str) -> Result<(), OutputError> {
        let lines = wrap(text, COLUMN - 8);
        let left = lines.iter().enumerate().map(|(number, line)| {
            let name = if number == 0 { who.name() } else { "" };
            (format!("{name:<6}  "), line.clone())
        });
        self.rows(left.collect(), who.style(), Style::new())
    }

    /// An event.
    pub(super) fn happened(&self, what: &str) -> Result<(), OutputError> {
        let left = wrap(what, COLUMN - 8).into_iter().map(|line| ("   ·    ".to_owned(), line));
        self.rows(left.collect(), DIM, DIM)
    }

    fn rows(&self, left: Vec<(String, String)>, who: Style, words: Style) -> Result<(), OutputError> {
        let right = self.trace.take();
        for row in 0..left.len().max(right.len()) {
            let (name, text) = left.get(row).cloned().unwrap_or_default();
            let blanks = " ".repeat(COLUMN.saturating_sub(name.chars().count() + text.chars().count()));
            let trace = right.get(row).map(String::as_str).unwrap_or_default();
            print(format_args!("{who}{name}{who:#}{words}{text}{words:#}{blanks} {DIM}│ {trace}{DIM:#}"))?;
        }
        Ok(())
    }
}

/// Breaks a text between words.
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
