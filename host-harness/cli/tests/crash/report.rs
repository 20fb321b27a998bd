//! Compares the messages that were sent with the messages that arrived.

use crate::center::Center;
use crate::platform::{Event, Platform};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// The outcome of all messages, in both directions.
#[derive(Default)]
pub(crate) struct Report {
    sent: usize,
    lost: Vec<String>,
    duplicated: Vec<String>,
    reordered: Vec<String>,
    /// Messages that the contact center itself stopped retrying.
    pub(crate) undeliverable: usize,
}

impl Report {
    /// Collects the messages from both sides and compares them.
    pub(crate) async fn collect(
        center: &Center,
        platform: &Platform,
        conversations: &[(String, String)],
        each: usize,
    ) -> Self {
        let mut report = Self::default();
        let events = platform.received();
        for (recipient, conversation) in conversations {
            let messages = center.messages(conversation).await;
            let out: Vec<String> =
                messages.iter().filter(|message| message.from_user).map(|m| m.text.clone()).collect();
            let expected: Vec<String> = (0..each).map(|number| format!("out {recipient} {number}")).collect();
            report.compare(&expected, &out, true);

            let (delivered, failed): (Vec<_>, Vec<_>) =
                messages.iter().filter(|message| !message.from_user).partition(|message| message.arrived);
            report.undeliverable += failed.len();
            let expected: Vec<String> = delivered.iter().map(|message| message.text.clone()).collect();
            let events: Vec<&Event> = events.iter().filter(|event| event.recipient == *recipient).collect();
            let texts: Vec<String> = events.iter().filter_map(|event| event.text.clone()).collect();
            // The contact center itself reorders webhooks. The event numbers show that the gateway publishes events in
            // the order in which it accepted them.
            report.compare(&expected, &texts, false);
            let mut last = 0;
            for event in events {
                if event.number <= last {
                    report.reordered.push(format!("event {} of {recipient} arrived after event {last}", event.number));
                }
                last = event.number;
            }
        }
        report
    }

    fn compare(&mut self, expected: &[String], found: &[String], ordered: bool) {
        self.sent += expected.len();
        let mut seen = HashSet::new();
        let mut firsts = Vec::new();
        let positions: HashMap<&String, usize> = expected.iter().enumerate().map(|(at, text)| (text, at)).collect();
        for text in found {
            let Some(at) = positions.get(text) else { continue };
            if seen.insert(text) {
                firsts.push(*at);
            } else {
                self.duplicated.push(text.clone());
            }
        }
        self.lost.extend(expected.iter().filter(|text| !seen.contains(text)).cloned());
        if ordered {
            let wrong = firsts.windows(2).filter(|pair| pair[0] > pair[1]);
            self.reordered.extend(wrong.map(|pair| format!("{} after {}", expected[pair[1]], expected[pair[0]])));
        }
    }

    /// Checks that the log contains each event once, in the order of the event numbers and without gaps.
    pub(crate) fn check_log(&mut self, log: &[Event]) {
        let mut last: HashMap<&str, u64> = HashMap::new();
        for event in log {
            let last = last.entry(&event.recipient).or_default();
            match event.number {
                number if number == *last + 1 => {}
                number if number <= *last => {
                    self.duplicated.push(format!("event {number} of {} in the log", event.recipient))
                }
                number => {
                    self.lost.push(format!("events {} to {} of {} in the log", *last + 1, number - 1, event.recipient))
                }
            }
            *last = event.number;
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.lost.is_empty()
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.sent > 0 && self.lost.is_empty() && self.duplicated.is_empty() && self.reordered.is_empty()
    }

    /// Returns up to 10 examples of each kind of failure.
    pub(crate) fn details(&self) -> impl Iterator<Item = String> {
        let examples = |kind: &'static str, list: &[String]| {
            list.iter().take(10).map(|text| format!("{kind}: {text}")).collect::<Vec<_>>()
        };
        let all = [
            examples("lost", &self.lost),
            examples("duplicated", &self.duplicated),
            examples("reordered", &self.reordered),
        ];
        all.into_iter().flatten()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lost, duplicated, reordered) = (self.lost.len(), self.duplicated.len(), self.reordered.len());
        write!(f, "sent {}, lost {lost}, duplicated {duplicated}, reordered {reordered}", self.sent)
    }
}
