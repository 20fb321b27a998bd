//! A scripted handover from the bot to an agent and back, against a local Genesys Cloud, with real sockets, real
//! signatures and the released plugin.

mod bots;
mod desk;
mod platform;
mod screen;
mod serving;
mod trace;

use crate::{plugin, progress};
use anyhow::{Context, bail, ensure};
use desk::Desk;
use genesys_sandbox::{Announcement, Config, Sandbox, ScheduleConfig, ScheduleGroupConfig};
use handover_host::contract::{
    Attribute, Content, Conversation, EndReason, EventKind, HandoverStart, OutboundMessage, Profile, Setting, Speaker,
    TranscriptLine,
};
use handover_host::{AllowedOrigins, Connection, Host, HttpClient, HttpClientLimits, Provider};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use platform::Platform;
use screen::{Participant, Screen};
use std::time::{SystemTime, UNIX_EPOCH};
use trace::{Recorder, Trace};

pub(crate) use serving::serve;

const USER: &str = "ada-42";
const SCHEDULE_GROUP: &str = "Support hours";

/// Plays the handover. Returns an error at the first result that differs from the script.
pub(crate) async fn play() -> anyhow::Result<()> {
    let trace = Trace::default();
    let screen = Screen::new(trace.clone());
    screen
        .title("A handover through the plugin: Ada asks the bot, and the bot hands over to Grace at Genesys Cloud.")?;

    let (platform, address) = Platform::listen(trace.clone()).await?;
    let sandbox = Sandbox::start(sandbox_config(&format!("http://{address}/handover/genesysCloudOM"))).await?;
    let announcement = sandbox.announcement().clone();
    let host =
        Host::builder().http(Recorder::new(HttpClient::new(HttpClientLimits::default())?, trace.clone())).build()?;
    let spinner = progress::show(plugin::COMPILING);
    let provider = host.load(plugin::BUILT_IN).await.context("the built-in plugin cannot be loaded")?;
    drop(spinner);
    let platform = platform.connect(connect(&provider, &announcement).await?);
    screen.note(&format!("local Genesys Cloud at {}, platform at http://{address}", announcement.origin))?;

    let outcome = script(&screen, platform, &Desk::new(&announcement.origin)).await;
    sandbox.stop().await;
    outcome?;
    screen.note("The handover ended. Nothing was lost, duplicated or forged.")?;
    Ok(())
}

/// Connects to the local Genesys Cloud that the announcement describes.
async fn connect(provider: &Provider, announcement: &Announcement) -> anyhow::Result<Connection> {
    let settings: Vec<_> = [
        ("host", announcement.origin.as_str()),
        ("deployment-name", announcement.integration_name.as_str()),
        ("queue", "Support"),
        ("schedule-group", SCHEDULE_GROUP),
        ("webhook-secret", announcement.webhook_secret.as_str()),
        ("client-id", announcement.client_id.as_str()),
        ("client-secret", announcement.client_secret.as_str()),
        ("send-profile", "true"),
    ]
    .map(|(key, value)| Setting { key: key.into(), value: value.into() })
    .into();
    let allowed = AllowedOrigins::none().allow(&announcement.origin)?;
    Ok(provider.connect(settings, &allowed).await?)
}

fn tomorrow(today: Date) -> Date {
    today.tomorrow().unwrap_or(today)
}

fn sandbox_config(webhook_url: &str) -> Config {
    let mut config = Config::default();
    for integration in &mut config.integrations {
        integration.webhook_url = Some(webhook_url.into());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let today = TimeZone::UTC.to_datetime(now.unwrap_or_default()).date();
    let schedule = |name: &str, start: String, end: String, rrule: Option<&str>| ScheduleConfig {
        name: name.into(),
        start,
        end,
        rrule: rrule.map(String::from),
    };
    // Agents are there at all hours, until the desk closes.
    config.schedules = vec![
        schedule("Always", format!("{today}T00:00:00"), format!("{}T00:00:00", tomorrow(today)), Some("FREQ=DAILY")),
        schedule("Closed today", format!("{today}T00:00:00"), format!("{}T08:00:00", tomorrow(today)), None),
    ];
    config.schedule_groups = vec![ScheduleGroupConfig {
        name: SCHEDULE_GROUP.into(),
        time_zone: "UTC".into(),
        open: vec!["Always".into()],
        closed: Vec::new(),
        holidays: Vec::new(),
    }];
    config.typing.inbound = true;
    config.typing.outbound = true;
    // The screen already shows each delivery, so receipts would add nothing.
    config.unconfirmed.inbound_receipts = false;
    config
}

async fn script(screen: &Screen, mut platform: Platform, desk: &Desk) -> anyhow::Result<()> {
    // The user talks to the bot.
    let question = "My parcel has not arrived. Where is it?";
    let answer = "I am sorry, I cannot find it. Shall I get an agent?";
    let transcript = vec![
        TranscriptLine { speaker: Speaker::User, time: platform::now(), text: question.into() },
        TranscriptLine { speaker: Speaker::Bot, time: platform::now(), text: answer.into() },
    ];
    screen.message(Participant::User, question)?;
    screen.message(Participant::Bot, answer)?;

    // The handover starts.
    let mut conversation = Conversation { recipient: USER.into(), handover: 1, id: None };
    let request = "Yes, a person please!";
    let start = HandoverStart {
        profile: Some(Profile {
            first_name: Some("Ada".into()),
            last_name: Some("Lovelace".into()),
            email: Some("ada@example.com".into()),
            ..Profile::default()
        }),
        transcript,
        attributes: vec![Attribute { key: "topic".into(), value: "parcels".into(), confidential: false }],
        text: Some(request.into()),
        ..HandoverStart::default()
    };
    conversation.id = platform.send(&conversation, OutboundMessage::Start(start)).await?.conversation_id;
    let id = conversation.id.clone().context("Genesys did not return the conversation's id")?;
    screen.message(Participant::User, request)?;
    ensure!(
        platform.poll(&conversation, |kind| matches!(kind, EventKind::Queued(_))).await?,
        "the conversation is not queued"
    );
    screen.event("Ada waits in the queue.")?;

    let view = desk.conversation(&id).await?;
    let attribute = |key: &str| view.pointer(&format!("/attributes/{key}")).and_then(|value| value.as_str());
    ensure!(attribute("topic") == Some("parcels"), "the agent's desk does not show the attributes: {view}");
    screen.event("The agent's desk shows the transcript, Ada's profile, and topic = parcels.")?;

    // The agent joins.
    desk.act(&id, "accept", &serde_json::json!({ "name": "Grace Hopper" })).await?;
    let grace = |kind: &EventKind| matches!(kind, EventKind::AgentJoined(agent) if agent.name.as_deref() == Some("Grace Hopper"));
    ensure!(platform.poll(&conversation, grace).await?, "polling does not return the agent");
    screen.event("Grace Hopper has joined.")?;
    desk.act(&id, "typing", &serde_json::json!({})).await?;
    ensure!(matches!(platform.event().await?.kind, EventKind::Typing(_)), "the event is not the agent's typing");
    screen.event("Grace is typing …")?;
    let greeting = "Hello Ada, this is Grace. I can see your parcel: it is at the depot.";
    desk.act(&id, "text", &serde_json::json!({ "text": greeting })).await?;
    expect_text(screen, &mut platform, greeting).await?;

    // The user and the agent exchange messages.
    platform.send(&conversation, OutboundMessage::Typing).await?;
    screen.event("Ada is typing …")?;
    let question = "Which depot?";
    platform.send(&conversation, OutboundMessage::Text(question.into())).await?;
    screen.message(Participant::User, question)?;
    let attachment = serde_json::json!({
        "url": "https://files.example.com/depot.png", "mime": "image/png", "filename": "depot.png", "mediaType": "Image"
    });
    desk.act(&id, "attachment", &attachment).await?;
    match platform.event().await?.kind {
        EventKind::Message(message) if matches!(message.content[..], [Content::Attachment(_)]) => {
            screen.message(Participant::Agent, &format!("[picture] {}", message.plain_text))?;
        }
        other => bail!("expected a picture, got {other:?}"),
    }

    // The platform rejects a forged message.
    platform.forge(br#"{"id":"1","type":"Text","text":"Send me your password."}"#).await?;
    screen.event("A message with a forged signature arrives. It is rejected.")?;

    let thanks = "Thank you, Grace!";
    platform.send(&conversation, OutboundMessage::Text(thanks.into())).await?;
    screen.message(Participant::User, thanks)?;
    let farewell = "You are welcome. Goodbye!";
    desk.act(&id, "text", &serde_json::json!({ "text": farewell })).await?;
    expect_text(screen, &mut platform, farewell).await?;

    // The agent ends the conversation. Genesys does not report that, so the platform polls.
    desk.act(&id, "disconnect", &serde_json::json!({})).await?;
    let completed = |kind: &EventKind| matches!(kind, EventKind::Ended(EndReason::Completed));
    ensure!(platform.poll(&conversation, completed).await?, "polling does not return the end");
    screen.event("Grace has ended the conversation.")?;
    screen.message(Participant::Bot, "Welcome back! Can I do anything else for you?")?;

    // The agent's desk contains all messages from Ada exactly once and in order.
    let view = desk.conversation(&id).await?;
    let texts: Vec<_> = view
        .pointer("/messages")
        .and_then(|messages| messages.as_array())
        .into_iter()
        .flatten()
        .filter(|message| message.pointer("/direction").is_some_and(|direction| direction == "Inbound"))
        .filter_map(|message| message.pointer("/text")?.as_str())
        .collect();
    ensure!(
        matches!(texts[..], [transcript, w, q, t] if transcript.contains("My parcel") && [w, q, t] == [request, "Which depot?", thanks]),
        "the agent's desk shows {texts:?}"
    );
    Ok(())
}

/// Shows the next message of the agent, which must have this text.
async fn expect_text(screen: &Screen, platform: &mut Platform, expected: &str) -> anyhow::Result<()> {
    match platform.event().await?.kind {
        EventKind::Message(message) if message.text.as_deref() == Some(expected) => {
            screen.message(Participant::Agent, expected)?
        }
        other => bail!("expected the text {expected:?}, got {other:?}"),
    }
    Ok(())
}
