//! Checks answers against the list of bots, because a contact center knows only the intents that are registered there.

use handover_host::contract::{Bot, BotAnswer, BotVersion, NextStep, SlotValue, Turn};

/// The contact center asks for a bot that the platform does not have.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the list has no bot `{bot}` with the version {version}; register the bots again, and publish the flow again")]
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
    // A contact center may send the name instead of the id.
    let bot = bots.iter().find(|bot| bot.id == turn.bot).or_else(|| bots.iter().find(|bot| bot.name == turn.bot));
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
