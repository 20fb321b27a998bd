//! Who said what, and what arrived.

use crate::center::Center;
use crate::platform::{Heard, Platform};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// What became of all messages, both ways together.
#[derive(Default)]
pub(crate) struct Account {
    sent: usize,
    lost: Vec<String>,
    doubled: Vec<String>,
    disordered: Vec<String>,
    /// What the contact center tried as often as it does.
    pub(crate) report_undeliverable: usize,
}

impl Account {
    pub(crate) async fn of(
        center: &Center,
        platform: &Platform,
        conversations: &[(String, String)],
        each: usize,
    ) -> Self {
        let mut account = Self::default();
        let heard = platform.heard();
        for (recipient, conversation) in conversations {
            let messages = center.messages(conversation).await;
            let out: Vec<String> =
                messages.iter().filter(|message| message.from_user).map(|m| m.text.clone()).collect();
            let expected: Vec<String> = (0..each).map(|number| format!("out {recipient} {number}")).collect();
            account.compare(&expected, &out, true);

            let (delivered, failed): (Vec<_>, Vec<_>) =
                messages.iter().filter(|message| !message.from_user).partition(|message| message.arrived);
            account.report_undeliverable += failed.len();
            let expected: Vec<String> = delivered.iter().map(|message| message.text.clone()).collect();
            let of_recipient: Vec<&Heard> = heard.iter().filter(|heard| heard.recipient == *recipient).collect();
            let texts: Vec<String> = of_recipient.iter().filter_map(|heard| heard.text.clone()).collect();
            // The contact center itself has disordered them: that the gateway tells them as it took them, their numbers
            // show.
            account.compare(&expected, &texts, false);
            let mut last = 0;
            for heard in of_recipient {
                if heard.number <= last {
                    account.disordered.push(format!("event {} of {recipient} came after event {last}", heard.number));
                }
                last = heard.number;
            }
        }
        account
    }

    fn compare(&mut self, expected: &[String], found: &[String], ordered: bool) {
        self.sent += expected.len();
        let mut seen = HashSet::new();
        let mut firsts = Vec::new();
        let wanted: HashMap<&String, usize> = expected.iter().enumerate().map(|(at, text)| (text, at)).collect();
        for text in found {
            let Some(at) = wanted.get(text) else { continue };
            if seen.insert(text) {
                firsts.push(*at);
            } else {
                self.doubled.push(text.clone());
            }
        }
        self.lost.extend(expected.iter().filter(|text| !seen.contains(text)).cloned());
        if ordered {
            let wrong = firsts.windows(2).filter(|pair| pair[0] > pair[1]);
            self.disordered.extend(wrong.map(|pair| format!("{} after {}", expected[pair[1]], expected[pair[0]])));
        }
    }

    /// The log tells each event once, in the order of their numbers and without gaps.
    pub(crate) fn log(&mut self, log: &[Heard]) {
        let mut last: HashMap<&str, u64> = HashMap::new();
        for heard in log {
            let last = last.entry(&heard.recipient).or_default();
            match heard.number {
                number if number == *last + 1 => {}
                number if number <= *last => {
                    self.doubled.push(format!("event {number} of {} in the log", heard.recipient))
                }
                number => {
                    self.lost.push(format!("events {} to {} of {} in the log", *last + 1, number - 1, heard.recipient))
                }
            }
            *last = heard.number;
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.lost.is_empty()
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.sent > 0 && self.lost.is_empty() && self.doubled.is_empty() && self.disordered.is_empty()
    }

    /// Some of what went wrong.
    pub(crate) fn details(&self) -> impl Iterator<Item = String> {
        let of = |what: &'static str, list: &[String]| {
            list.iter().take(10).map(|text| format!("{what}: {text}")).collect::<Vec<_>>()
        };
        let all = [of("lost", &self.lost), of("doubled", &self.doubled), of("disordered", &self.disordered)];
        all.into_iter().flatten()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lost, doubled, disordered) = (self.lost.len(), self.doubled.len(), self.disordered.len());
        write!(f, "sent {}, lost {lost}, doubled {doubled}, disordered {disordered}", self.sent)
    }
}
