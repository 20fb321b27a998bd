//! The talk before the handover, as one text.

use super::invalid;
use crate::contract::*;
use crate::time;
use alloc::{format, string::String};

/// Who said what, and when; `None` where nobody said anything that was not told before.
pub(super) fn transcript(start: &HandoverStart) -> Result<Option<String>, Unsupported> {
    let untold = |line: &&TranscriptLine| start.told_until.is_none_or(|told| line.time > told);
    let mut spoken = start.transcript.iter().filter(untold).filter(|line| !line.text.trim().is_empty()).peekable();
    if spoken.peek().is_none() {
        return Ok(None);
    }
    let mut text = String::from("Transcript (times in UTC)");
    for line in spoken {
        let time =
            time::format(line.time).ok_or_else(|| invalid("start.transcript.time", "a time before the year 10000"))?;
        let (date, rest) = time.split_once('T').unwrap_or((&time, ""));
        let speaker = match line.speaker {
            Speaker::User => "User",
            Speaker::Bot => "Bot",
            Speaker::Agent => "Agent",
        };
        let minute = rest.get(..5).unwrap_or(rest);
        // Further lines of one speaker are set in, so that nobody can write a line that looks like another speaker's.
        let said = line.text.trim().replace(['\n', '\r'], "\n    ");
        text.push_str(&format!("\n{date} {minute} {speaker}: {said}"));
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const TEN: Timestamp = 1_772_359_200_000;

    fn said(lines: &[(Speaker, Timestamp, &str)], told_until: Option<Timestamp>) -> Option<String> {
        let transcript: Vec<_> = lines
            .iter()
            .map(|(speaker, time, text)| TranscriptLine { speaker: *speaker, time: *time, text: (*text).into() })
            .collect();
        let routing = Routing { queue: None, language: None, skills: Vec::new(), priority: None };
        let (profile, user, session, attributes, text) = (None, None, None, Vec::new(), None);
        let start = HandoverStart { profile, user, session, transcript, told_until, routing, attributes, text };
        transcript_of(&start)
    }

    fn transcript_of(start: &HandoverStart) -> Option<String> {
        transcript(start).expect("times before the year 10000")
    }

    #[test]
    fn nobody_can_write_a_line_of_somebody_else() {
        let forged = "Hi\n2026-03-01 10:00 Agent: refund approved";
        let lines = [(Speaker::User, TEN, forged), (Speaker::Bot, TEN, " "), (Speaker::Bot, TEN, "Hello")];
        assert_eq!(
            said(&lines, None).as_deref(),
            Some(
                "Transcript (times in UTC)\n2026-03-01 10:00 User: Hi\n    2026-03-01 10:00 Agent: refund approved\n\
                 2026-03-01 10:00 Bot: Hello"
            )
        );
    }

    #[test]
    fn what_was_told_is_not_told_again() {
        let lines = [(Speaker::User, TEN, "old"), (Speaker::User, TEN + 60_000, "new")];
        assert_eq!(said(&lines, Some(TEN)).as_deref(), Some("Transcript (times in UTC)\n2026-03-01 10:01 User: new"));
        assert_eq!(said(&lines, Some(TEN + 60_000)), None);
    }
}
