//! The other direction: Genesys owns the channel, and its flow asks the bot.

use crate::page::Page;

#[tokio::test(flavor = "multi_thread")]
async fn the_contact_center_asks_the_bot_and_hands_over() {
    let page = Page::open().await;
    page.choose("#direction", "contact-center").await;
    page.write("Where is my parcel?").await;
    page.chat_shows("I cannot find your parcel").await;
    page.trace_has("bot-request", "authentic", "Where is my parcel?").await;
    page.trace_has("bot-response", "wait", "I cannot find your parcel").await;

    // The bot hands over with a queue and a summary. The agent sees the summary and what was said.
    page.write("A person, please").await;
    page.chat_shows("I am getting an agent.").await;
    page.shows("#state", "Waiting for an agent").await;
    page.choose_conversation().await;
    page.shows("#open-conversation .about", "The user asks for an agent after 2 turns.").await;
    page.shows("#open-conversation .about", "parcels").await;
    page.agent_sees("Where is my parcel?").await;
    page.shows("#open-conversation .talk", "I cannot find your parcel").await;
    page.chat_shows("The platform got a report: the user waits for an agent.").await;

    // The agent and the user talk in Genesys's channel.
    page.agent_does("accept").await;
    page.chat_shows("The platform got a report: an agent has joined.").await;
    page.agent_writes("Hello, it is at the depot.").await;
    page.chat_shows("Hello, it is at the depot.").await;
    page.write("Which depot?").await;
    page.agent_sees("Which depot?").await;

    // A reload keeps the channel.
    page.reload().await;
    page.chat_shows("Which depot?").await;
    page.choose_conversation().await;
    page.agent_does("disconnect").await;
    page.chat_shows("The conversation with the agent has ended.").await;
    page.chat_shows("The platform got a report: the handover has ended.").await;

    // The next message begins another flow.
    page.write("Hello bot").await;
    page.chat_shows("Hello! What can I do for you?").await;

    page.choose("#direction", "platform").await;
    page.request_agent().await;
    page.chat_shows("in the queue").await;
    page.close().await;
}
