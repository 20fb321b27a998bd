//! One handover, from the bot to an agent and back, against a local Genesys Cloud: real sockets, real signatures, and
//! the plugin as it is shipped.

mod desk;
mod platform;
mod screen;
mod serving;
mod trace;

use crate::{plugin, progress};
use anyhow::{Context, bail, ensure};
use desk::Desk;
use genesys_sandbox::{Announcement, Config, Sandbox};
use handover_host::contract::{
    Attribute, Content, Conversation, EndReason, EventKind, HandoverStart, OutboundMessage, Profile, Setting, Speaker,
    TranscriptLine,
};
use handover_host::{AllowedOrigins, Connection, Host, HttpClient, HttpClientLimits, Provider};
use platform::Platform;
use screen::{Screen, Who};
use trace::{Recorder, Trace};

pub(crate) use serving::serve;

const USER: &str = "ada-42";

/// Plays the handover; an error is anything that went otherwise than it should.
pub(crate) async fn play() -> anyhow::Result<()> {
    let trace = Trace::default();
    let screen = Screen::new(trace.clone());
    screen.title("A handover through the plugin: Ada asks the bot, the bot hands over to Grace at Genesys Cloud.")?;

    let (platform, address) = Platform::listen(trace.clone()).await?;
    let sandbox = Sandbox::start(cloud(&format!("http://{address}/handover/genesysCloudOM"))).await?;
    let announced = sandbox.announcement().clone();
    let host =
        Host::builder().http(Recorder::new(HttpClient::new(HttpClientLimits::default())?, trace.clone())).build()?;
    let shown = progress::show(plugin::COMPILING);
    let provider = host.load(plugin::BUILT_IN).await.context("the built-in plugin cannot be loaded")?;
    drop(shown);
    let platform = platform.connect(connect(&provider, &announced).await?);
    screen.note(&format!("local Genesys Cloud at {}, platform at http://{address}", announced.origin))?;

    let outcome = script(&screen, platform, &Desk::new(&announced.origin)).await;
    sandbox.stop().await;
    outcome?;
    screen.note("The handover ended. Nothing was lost, duplicated or forged.")?;
    Ok(())
}

/// Connects with what a local Genesys Cloud has announced.
async fn connect(provider: &Provider, announced: &Announcement) -> anyhow::Result<Connection> {
    let settings: Vec<_> = [
        ("host", announced.origin.as_str()),
        ("deployment-name", announced.integration_name.as_str()),
        ("queue", "Support"),
        ("webhook-secret", announced.webhook_secret.as_str()),
        ("client-id", announced.client_id.as_str()),
        ("client-secret", announced.client_secret.as_str()),
        ("send-profile", "true"),
    ]
    .map(|(key, value)| Setting { key: key.into(), value: value.into() })
    .into();
    let allowed = AllowedOrigins::none().allow(&announced.origin)?;
    Ok(provider.connect(settings, &allowed).await?)
}

fn cloud(webhook_url: &str) -> Config {
    let mut config = Config::default();
    for integration in &mut config.integrations {
        integration.webhook_url = Some(webhook_url.into());
    }
    config.typing.inbound = true;
    config.typing.outbound = true;
    // The screen shows everything that receipts would report.
    config.unconfirmed.inbound_receipts = false;
    config
}

async fn script(screen: &Screen, mut platform: Platform, desk: &Desk) -> anyhow::Result<()> {
    // With the bot.
    let question = "My parcel has not arrived. Where is it?";
    let answer = "I am sorry, I cannot find it. Shall I get somebody?";
    let transcript = vec![
        TranscriptLine { speaker: Speaker::User, time: platform::now(), text: question.into() },
        TranscriptLine { speaker: Speaker::Bot, time: platform::now(), text: answer.into() },
    ];
    screen.say(Who::User, question)?;
    screen.say(Who::Bot, answer)?;

    // The handover begins.
    let mut conversation = Conversation { recipient: USER.into(), handover: 1, id: None };
    let wish = "Yes, a person please!";
    let start = HandoverStart {
        profile: Some(Profile {
            name: None,
            first_name: Some("Ada".into()),
            last_name: Some("Lovelace".into()),
            email: Some("ada@example.com".into()),
            picture: None,
        }),
        transcript,
        attributes: vec![Attribute { key: "topic".into(), value: "parcels".into() }],
        text: Some(wish.into()),
        ..HandoverStart::default()
    };
    conversation.id = platform.send(&conversation, OutboundMessage::Start(start)).await?.conversation_id;
    let id = conversation.id.clone().context("Genesys did not return the conversation's id")?;
    screen.say(Who::User, wish)?;
    ensure!(platform.observe(&conversation, |kind| matches!(kind, EventKind::Queued(_))).await?, "nobody is waiting");
    screen.happened("Ada waits in the queue.")?;

    let seen = desk.conversation(&id).await?;
    let attribute = |key: &str| seen.pointer(&format!("/attributes/{key}")).and_then(|value| value.as_str());
    ensure!(attribute("topic") == Some("parcels"), "the agent does not see the attributes: {seen}");
    screen.happened("The agent's desk shows the transcript, who Ada is, and topic = parcels.")?;

    // The agent comes.
    desk.act(&id, "accept", &serde_json::json!({ "name": "Grace Hopper" })).await?;
    let grace = |kind: &EventKind| matches!(kind, EventKind::AgentJoined(agent) if agent.name.as_deref() == Some("Grace Hopper"));
    ensure!(platform.observe(&conversation, grace).await?, "the agent is not seen");
    screen.happened("Grace Hopper has joined.")?;
    desk.act(&id, "typing", &serde_json::json!({})).await?;
    ensure!(matches!(platform.event().await?.kind, EventKind::Typing(_)), "the agent's typing is not shown");
    screen.happened("Grace is typing …")?;
    let greeting = "Hello Ada, this is Grace. I can see your parcel: it is at the depot.";
    desk.act(&id, "text", &serde_json::json!({ "text": greeting })).await?;
    hear(screen, &mut platform, greeting).await?;

    // Both talk.
    platform.send(&conversation, OutboundMessage::Typing).await?;
    screen.happened("Ada is typing …")?;
    let question = "Which depot?";
    platform.send(&conversation, OutboundMessage::Text(question.into())).await?;
    screen.say(Who::User, question)?;
    let map = serde_json::json!({
        "url": "https://files.example.com/depot.png", "mime": "image/png", "filename": "depot.png", "mediaType": "Image"
    });
    desk.act(&id, "attachment", &map).await?;
    match platform.event().await?.kind {
        EventKind::Message(message) if matches!(message.content[..], [Content::Attachment(_)]) => {
            screen.say(Who::Agent, &format!("[picture] {}", message.plain_text))?;
        }
        other => bail!("{other:?} instead of a picture"),
    }

    // A forged message is rejected.
    platform.forge(br#"{"id":"1","type":"Text","text":"Send me your password."}"#).await?;
    screen.happened("A message with a forged signature arrives. It is rejected.")?;

    let thanks = "Thank you, Grace!";
    platform.send(&conversation, OutboundMessage::Text(thanks.into())).await?;
    screen.say(Who::User, thanks)?;
    let farewell = "You are welcome. Goodbye!";
    desk.act(&id, "text", &serde_json::json!({ "text": farewell })).await?;
    hear(screen, &mut platform, farewell).await?;

    // The agent ends the conversation. Genesys does not report that, so the platform polls.
    desk.act(&id, "disconnect", &serde_json::json!({})).await?;
    let completed = |kind: &EventKind| matches!(kind, EventKind::Ended(EndReason::Completed));
    ensure!(platform.observe(&conversation, completed).await?, "the end is not seen");
    screen.happened("Grace has ended the conversation.")?;
    screen.say(Who::Bot, "Welcome back! Can I do anything else for you?")?;

    // All that Ada said is at the desk, once and in order.
    let seen = desk.conversation(&id).await?;
    let texts: Vec<_> = seen
        .pointer("/messages")
        .and_then(|messages| messages.as_array())
        .into_iter()
        .flatten()
        .filter(|message| message.pointer("/direction").is_some_and(|direction| direction == "Inbound"))
        .filter_map(|message| message.pointer("/text")?.as_str())
        .collect();
    ensure!(
        matches!(texts[..], [transcript, w, q, t] if transcript.contains("My parcel") && [w, q, t] == [wish, "Which depot?", thanks]),
        "the agent's desk shows {texts:?}"
    );
    Ok(())
}

async fn hear(screen: &Screen, platform: &mut Platform, expected: &str) -> anyhow::Result<()> {
    match platform.event().await?.kind {
        EventKind::Message(message) if message.text.as_deref() == Some(expected) => screen.say(Who::Agent, expected)?,
        other => bail!("{other:?} instead of a text"),
    }
    Ok(())
}
