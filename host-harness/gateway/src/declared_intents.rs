//! Checks answers against the list of bots, because a contact center knows only the intents that are registered there.

use handover_host::contract::{Bot, BotAnswer, BotVersion, NextStep, SlotValue, Turn};

/// The contact center asks for a bot that the platform does not have.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the list of bots has no `{bot}` with the version {version}; add it and restart, or register the bots and publish the flow again"
)]
pub(crate) struct UnknownBot {
    bot: String,
    version: String,
}

/// The result of an answer is not declared.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Undeclared {
    /// The intent is not declared.
    #[error("next.complete.intent: the bot `{bot}` declares no intent `{intent}`; it declares {declared}")]
    Intent {
        /// The bot.
        bot: String,
        /// The intent of the answer.
        intent: String,
        /// The names of the declared intents.
        declared: String,
    },
    /// A slot is not declared, or has another type.
    #[error("next.complete.slots: the intent `{intent}` declares no slot `{slot}` of this type")]
    Slot {
        /// The intent.
        intent: String,
        /// The slot of the answer.
        slot: String,
    },
}

/// Returns the versions that may answer a turn: the one that it names, or all.
///
/// # Errors
/// The list has no such bot.
pub(crate) fn versions<'b>(bots: &'b [Bot], turn: &Turn) -> Result<Vec<&'b BotVersion>, UnknownBot> {
    let bot = match bots {
        [only] if turn.bot.is_empty() => Some(only),
        // A contact center may send the name instead of the id.
        _ => bots.iter().find(|bot| bot.id == turn.bot).or_else(|| bots.iter().find(|bot| bot.name == turn.bot)),
    };
    let is_meant = |version: &&BotVersion| turn.version.as_ref().is_none_or(|wanted| version.version == *wanted);
    let versions: Vec<_> = bot.map(|bot| &bot.versions).into_iter().flatten().filter(is_meant).collect();
    if versions.is_empty() {
        let version = turn.version.clone().unwrap_or_else(|| "(any)".into());
        return Err(UnknownBot { bot: turn.bot.clone(), version });
    }
    Ok(versions)
}

/// Checks the result of an answer. The provider declares the intents of its own, such as that of a handover.
///
/// # Errors
/// The intent or a slot is not declared.
pub(crate) fn check(versions: &[&BotVersion], turn: &Turn, answer: &BotAnswer) -> Result<(), Undeclared> {
    let NextStep::Complete(result) = &answer.next else { return Ok(()) };
    let intents = || versions.iter().flat_map(|version| &version.intents);
    let mut found = intents().filter(|intent| intent.name == result.intent).peekable();
    if found.peek().is_none() {
        let mut declared: Vec<_> = intents().map(|intent| format!("`{}`", intent.name)).collect();
        declared.dedup();
        let (bot, intent) = (turn.bot.clone(), result.intent.clone());
        return Err(Undeclared::Intent { bot, intent, declared: declared.join(", ") });
    }
    let slots: Vec<_> = found.flat_map(|intent| &intent.slots).collect();
    let is_undeclared = |value: &&SlotValue| !slots.contains(&&value.slot);
    match result.slots.iter().find(is_undeclared) {
        None => Ok(()),
        Some(value) => Err(Undeclared::Slot { intent: result.intent.clone(), slot: value.slot.name.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use handover_host::contract::{BotResult, Intent, Slot, SlotType, TurnInput};

    fn bot(id: &str, name: &str, version: &str) -> Bot {
        let topic = Slot { name: "topic".into(), kind: SlotType::Text, is_collection: false };
        let intents = vec![Intent { name: "finished".into(), slots: vec![topic] }];
        let versions = vec![BotVersion { version: version.into(), languages: vec!["en-us".into()], intents }];
        Bot { id: id.into(), name: name.into(), description: None, versions }
    }

    fn turn(bot: &str, version: Option<&str>) -> Turn {
        Turn {
            session_id: "s-1".into(),
            message_id: None,
            conversation_id: None,
            bot: bot.into(),
            version: version.map(String::from),
            language: None,
            input: TurnInput { text: "Hi".into(), payload: None },
            parameters: vec![],
            session_seconds: None,
            permits_late_answer: false,
        }
    }

    #[test]
    fn finds_a_bot_by_its_id_or_its_name_or_because_it_is_the_only_one() {
        let two = [bot("a", "b", "1"), bot("b", "c", "2")];
        let found = |bots: &[Bot], id: &str, version| {
            versions(bots, &turn(id, version)).map(|versions| versions[0].version.clone()).ok()
        };
        assert_eq!(found(&two, "a", Some("1")).as_deref(), Some("1"));
        assert_eq!(found(&two, "b", None).as_deref(), Some("2"), "the id comes before the name");
        assert_eq!(found(&two, "c", None).as_deref(), Some("2"));
        assert_eq!(found(&two, "a", Some("2")), None);
        assert_eq!(found(&two, "", None), None);
        assert_eq!(found(&two[..1], "", None).as_deref(), Some("1"));
    }

    #[test]
    fn a_result_needs_a_declared_intent_and_declared_slots() {
        let (bots, turn) = ([bot("a", "b", "1")], turn("a", None));
        let check = |intent: &str, slots: &[(&str, SlotType)]| {
            let slot = |(name, kind): &(&str, SlotType)| SlotValue {
                slot: Slot { name: (*name).into(), kind: *kind, is_collection: false },
                values: vec!["x".into()],
            };
            let slots = slots.iter().map(slot).collect();
            let next = NextStep::Complete(BotResult { intent: intent.into(), slots });
            let answer = BotAnswer { messages: vec![], next, parameters: vec![] };
            check(&versions(&bots, &turn).expect("the bot"), &turn, &answer)
        };
        assert_eq!(check("finished", &[("topic", SlotType::Text)]), Ok(()));
        assert!(matches!(check("other", &[]), Err(Undeclared::Intent { .. })));
        assert!(matches!(check("finished", &[("other", SlotType::Text)]), Err(Undeclared::Slot { .. })));
        assert!(matches!(check("finished", &[("topic", SlotType::Integer)]), Err(Undeclared::Slot { .. })));
    }
}
