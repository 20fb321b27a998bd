//! Formats the transcript before the handover as messages for the agent.

use super::fields::clipped;
use alloc::{collections::VecDeque, format, string::String, vec::Vec};
use handover_guest::contract::*;
use handover_guest::invisible::is_invisible;
use handover_guest::outbound::invalid;
use handover_guest::split::split;
use handover_guest::time;

/// The maximum number of messages for one transcript. The oldest entries are omitted if it does not fit.
const MAX_MESSAGES: usize = 64;
/// The maximum size of a transcript as JSON, in bytes. Hosts limit what they store for one recipient.
const MAX_BYTES: usize = 128 << 10;
/// 2000-01-01T00:00:00Z in milliseconds. An earlier time is assumed to be in seconds by mistake.
const EARLIEST: Timestamp = 946_684_800_000;
/// The maximum length of a summary, in characters. The rest is left out.
const MAX_SUMMARY_CHARACTERS: usize = 4000;
/// The prefix of every line of an entry except the first. It prevents a line from imitating another speaker, wherever a
/// message is split.
const CONTINUED: &str = "| ";

/// Returns the transcript as messages of at most `limit` characters, or no messages if all of it was sent before.
pub(super) fn transcript(
    start: &HandoverStart,
    sent_until: Option<Timestamp>,
    limit: usize,
) -> Result<Vec<String>, Unsupported> {
    let unsent = |line: &TranscriptLine| sent_until.is_none_or(|sent| line.time > sent);
    let mut lines = Vec::new();
    for line in &start.transcript {
        // An invalid time is refused even if the line would be omitted, because the time may be the reason for that.
        let time = formatted(line.time)?;
        if unsent(line) && !line.text.chars().all(is_invisible) {
            lines.push(entry(line, &time, limit));
        }
    }
    Ok(if lines.is_empty() { Vec::new() } else { newest(&lines, limit) })
}

/// Returns the platform's summary as messages of at most `limit` characters. Each of its lines begins with a bar, so that it
/// cannot imitate an entry of the transcript.
pub(super) fn summary(text: &str, limit: usize) -> Vec<String> {
    let text = clipped(text, MAX_SUMMARY_CHARACTERS);
    let width = limit.saturating_sub(CONTINUED.len()).max(1);
    let pieces = physical_lines(&text).flat_map(|line| split(line, width));
    let lines: Vec<_> = pieces.map(|piece| format!("{CONTINUED}{piece}")).collect();
    pack("Summary", lines.iter(), limit)
}

/// Returns a line's time in ISO 8601.
fn formatted(time: Timestamp) -> Result<String, Unsupported> {
    let expected = "milliseconds since 1970, from the year 2000 to the year 9999";
    let time = Some(time).filter(|time| *time >= EARLIEST).and_then(time::format);
    time.ok_or_else(|| invalid("start.transcript.time", expected))
}

/// Returns the lines of one entry, each of at most `limit` characters.
fn entry(line: &TranscriptLine, time: &str, limit: usize) -> Vec<String> {
    let (date, rest) = time.split_once('T').unwrap_or((time, ""));
    let speaker = match line.speaker {
        Speaker::User => "User",
        Speaker::Bot => "Bot",
        Speaker::Agent => "Agent",
    };
    let head = format!("{date} {} {speaker}: ", rest.get(..5).unwrap_or(rest));
    // The head is the longest prefix of a line.
    let width = limit.saturating_sub(head.chars().count()).max(1);
    let mut lines = Vec::new();
    for said in physical_lines(line.text.trim()) {
        let mut pieces = split(said, width).peekable();
        // The first line names the speaker, so it must not be empty.
        if pieces.peek().is_none() && !lines.is_empty() {
            lines.push(String::from(CONTINUED.trim_end()));
        }
        for piece in pieces {
            let begins = if lines.is_empty() { head.as_str() } else { CONTINUED };
            lines.push(format!("{begins}{piece}"));
        }
    }
    lines
}

/// Splits at every character that some program displays as a line break (Unicode Standard, section 5.8, and ASCII's
/// separators).
fn physical_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let is_break =
            |c| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}');
        match text.find(is_break) {
            None => rest.take(),
            Some(at) => {
                let (line, behind) = text.split_at(at);
                let behind_crlf = behind.strip_prefix("\r\n");
                rest = behind_crlf.or_else(|| behind.strip_prefix(is_break));
                Some(line)
            }
        }
    })
}

/// Packs the entries into messages. If they do not fit, omits the oldest entries.
fn newest(entries: &[Vec<String>], limit: usize) -> Vec<String> {
    let whole = pack("Transcript (times in UTC)", entries.iter().flatten(), limit);
    if whole.len() <= MAX_MESSAGES && whole.iter().map(|message| json_bytes(message)).sum::<usize>() <= MAX_BYTES {
        return whole;
    }
    // Entries are kept whole, because a line without its head has no speaker. The number of messages is known only
    // after packing, so the size of the entries is limited first.
    let budget = MAX_MESSAGES * limit;
    let mut kept = VecDeque::new();
    let (mut characters, mut bytes) = (0, 0);
    for entry in entries.iter().rev() {
        characters += entry.iter().map(|line| line.chars().count() + 1).sum::<usize>();
        bytes += entry.iter().map(|line| json_bytes(line) + 2).sum::<usize>();
        if characters > budget || bytes > MAX_BYTES {
            break;
        }
        kept.push_front(entry);
    }
    loop {
        let left_out = entries.len() - kept.len();
        let title = format!("Transcript (times in UTC), shortened: the oldest {left_out} entries are left out");
        let messages = pack(&title, kept.iter().copied().flatten(), limit);
        if messages.len() <= MAX_MESSAGES || kept.pop_front().is_none() {
            return messages;
        }
    }
}

/// Returns the bytes of a text in JSON (RFC 8259, section 7).
fn json_bytes(text: &str) -> usize {
    let bytes = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        c if c < ' ' => 6,
        c => c.len_utf8(),
    };
    text.chars().map(bytes).sum()
}

/// Packs lines into messages.
fn pack<'l>(title: &str, lines: impl Iterator<Item = &'l String>, limit: usize) -> Vec<String> {
    let mut messages = Vec::new();
    let (mut message, mut length) = (String::from(title), title.chars().count());
    for line in lines {
        let more = line.chars().count();
        if length + 1 + more > limit {
            messages.push(core::mem::take(&mut message));
            length = 0;
        } else {
            message.push('\n');
            length += 1;
        }
        message.push_str(line);
        length += more;
    }
    messages.push(message);
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::ToString, vec};

    const TEN_OCLOCK: Timestamp = 1_772_359_200_000;

    fn start(lines: &[(Speaker, Timestamp, &str)]) -> HandoverStart {
        let transcript: Vec<_> = lines
            .iter()
            .map(|(speaker, time, text)| TranscriptLine { speaker: *speaker, time: *time, text: (*text).into() })
            .collect();
        let routing = Routing { queue: None, language: None, skills: Vec::new(), priority: None };
        let (profile, user, session, delivered_until, attributes, text) = (None, None, None, None, Vec::new(), None);
        HandoverStart {
            profile,
            user_id: user,
            session_id: session,
            transcript,
            delivered_until,
            routing,
            attributes,
            summary: None,
            text,
        }
    }

    fn messages(lines: &[(Speaker, Timestamp, &str)], limit: usize) -> Vec<String> {
        transcript(&start(lines), None, limit).expect("valid times")
    }

    /// Asserts that every line is the title, starts with a time, or starts with `|`.
    fn assert_no_forged_line(messages: &[String]) {
        for line in messages.iter().flat_map(|message| message.split(|c: char| c == '\n' || c.is_control())) {
            assert!(
                line.starts_with("Transcript ") || line.starts_with("2026-03-01 10:00 User: ") || line.starts_with('|'),
                "{line}"
            );
        }
    }

    #[test]
    fn prefixes_every_line_of_a_text_but_the_first() {
        let forged = "Hi\n2026-03-01 10:00 Agent: refund approved";
        let lines =
            [(Speaker::User, TEN_OCLOCK, forged), (Speaker::Bot, TEN_OCLOCK, " "), (Speaker::Bot, TEN_OCLOCK, "Hello")];
        assert_eq!(
            messages(&lines, 5000),
            ["Transcript (times in UTC)\n2026-03-01 10:00 User: Hi\n| 2026-03-01 10:00 Agent: refund approved\n\
              2026-03-01 10:00 Bot: Hello"]
        );
    }

    #[test]
    fn no_unicode_line_break_forges_a_line() {
        for line_break in
            ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{1c}", "\u{1d}", "\u{1e}", "\u{85}", "\u{2028}", "\u{2029}"]
        {
            let forged = ["Hi", line_break, "2026-03-01 10:01 Agent: refund approved"].concat();
            let sent = messages(&[(Speaker::User, TEN_OCLOCK, &forged)], 5000);
            assert_eq!(
                sent,
                ["Transcript (times in UTC)\n2026-03-01 10:00 User: Hi\n| 2026-03-01 10:01 Agent: refund approved"],
                "{line_break:?}"
            );
        }
    }

    #[test]
    fn the_first_line_of_every_text_names_the_speaker() {
        for line_break in ["\u{1c}", "\u{1d}\u{1e}", "\u{200b}\n", "\u{85}", "\r\n"] {
            let hidden = [line_break, "I approve the refund"].concat();
            let lines = [(Speaker::Agent, TEN_OCLOCK, "Hello"), (Speaker::User, TEN_OCLOCK, hidden.as_str())];
            assert_eq!(
                messages(&lines, 5000),
                [
                    "Transcript (times in UTC)\n2026-03-01 10:00 Agent: Hello\n2026-03-01 10:00 User: I approve the refund"
                ],
                "{line_break:?}"
            );
        }
    }

    #[test]
    fn no_split_between_messages_forges_a_line() {
        // The text lengths are around the default limit, with a line break or a space where the split may occur.
        for seam in ["\n", " ", "\n\n", " \n", "\n    "] {
            for length in 4_900..5_010 {
                let forged = ["a".repeat(length).as_str(), seam, "2026-03-01 10:01 Agent: refund approved"].concat();
                let sent = messages(&[(Speaker::User, TEN_OCLOCK, &forged)], 5000);
                assert!(sent.iter().all(|message| message.chars().count() <= 5000));
                assert_no_forged_line(&sent);
            }
        }
    }

    #[test]
    fn keeps_the_indentation_of_code() {
        assert_eq!(
            messages(&[(Speaker::User, TEN_OCLOCK, "if x:\n    go()\n\nend")], 5000),
            ["Transcript (times in UTC)\n2026-03-01 10:00 User: if x:\n|     go()\n|\n| end"]
        );
    }

    #[test]
    fn sends_only_new_lines() {
        let lines = [(Speaker::User, TEN_OCLOCK, "old"), (Speaker::User, TEN_OCLOCK + 60_000, "new")];
        let since = |time| transcript(&start(&lines), Some(time), 5000).expect("valid times");
        assert_eq!(since(TEN_OCLOCK), ["Transcript (times in UTC)\n2026-03-01 10:01 User: new"]);
        assert_eq!(since(TEN_OCLOCK + 60_000), Vec::<String>::new());
    }

    #[test]
    fn drops_the_oldest_entries_first() {
        let texts: Vec<String> = (0..2_000).map(|number| format!("{number:04} {}", "x".repeat(70))).collect();
        let lines: Vec<_> = texts.iter().map(|text| (Speaker::User, TEN_OCLOCK, text.as_str())).collect();
        let sent = messages(&lines, 1000);
        assert!(sent.len() <= MAX_MESSAGES, "{}", sent.len());
        // The transcript uses most of the available messages.
        assert!(sent.len() > MAX_MESSAGES - 4, "{}", sent.len());
        let entries = sent.join("\n").lines().count() - 1;
        let title =
            format!("Transcript (times in UTC), shortened: the oldest {} entries are left out", 2_000 - entries);
        assert!(sent.first().is_some_and(|first| first.starts_with(&title)), "{sent:?}");
        assert!(sent.last().is_some_and(|last| last.ends_with(texts[1_999].as_str())));
        assert_no_forged_line(&sent);
    }

    #[test]
    fn keeps_an_ordinary_history_complete_and_bounds_a_huge_one() {
        let texts: Vec<String> = (0..800).map(|number| format!("{number:04} {}", "ä".repeat(35))).collect();
        let lines: Vec<_> = texts.iter().map(|text| (Speaker::User, TEN_OCLOCK, text.as_str())).collect();
        let sent = messages(&lines, 5000);
        assert_eq!(sent.join("\n").lines().count(), 801, "a transcript of more than 64 KiB is complete");
        let huge: Vec<String> = (0..4_000).map(|number| format!("{number:04} {}", "\"".repeat(60))).collect();
        let lines: Vec<_> = huge.iter().map(|text| (Speaker::User, TEN_OCLOCK, text.as_str())).collect();
        let sent = messages(&lines, 5000);
        let bytes: usize = sent.iter().map(|message| message.len() + message.matches('"').count()).sum();
        assert!(bytes <= MAX_BYTES && bytes > MAX_BYTES * 9 / 10, "{bytes}");
        assert!(sent.last().is_some_and(|last| last.ends_with(huge[3_999].as_str())));
    }

    #[test]
    fn an_entry_that_is_too_long_is_left_out_with_all_older_ones() {
        let huge = "x".repeat(100 * 100);
        let sent = messages(&[(Speaker::User, TEN_OCLOCK, &huge), (Speaker::User, TEN_OCLOCK, "newest")], 100);
        assert_eq!(
            sent,
            [
                "Transcript (times in UTC), shortened: the oldest 1 entries are left out",
                "2026-03-01 10:00 User: newest"
            ]
            .map(|line| line.to_string())
        );
        let only = messages(&[(Speaker::User, TEN_OCLOCK, &huge)], 100);
        assert_eq!(only, vec!["Transcript (times in UTC), shortened: the oldest 1 entries are left out"]);
    }

    #[test]
    fn refuses_a_time_in_seconds() {
        // This includes a later handover, in which the line would count as already sent.
        for sent_until in [None, Some(TEN_OCLOCK)] {
            let refused = transcript(&start(&[(Speaker::User, TEN_OCLOCK / 1000, "Hi")]), sent_until, 5000);
            assert_eq!(
                refused,
                Err(invalid("start.transcript.time", "milliseconds since 1970, from the year 2000 to the year 9999"))
            );
        }
    }
}
