//! Tests the sandbox with Genesys's JavaScript SDK. Requires Node and npm; without them the test is skipped, or fails
//! if `CI` is set.

#![expect(clippy::unwrap_used, reason = "clippy allows this in tests but not in their helpers")]
#![expect(clippy::indexing_slicing, reason = "a missing JSON member fails the test")]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use genesys_sandbox::{Config, EmergencyGroupConfig, Sandbox, ScheduleConfig, ScheduleGroupConfig};
use serde_json::Value;
use uuid::Uuid;

/// Returns the folder of `talk.mjs` and its lock file.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sdk")
}

fn run(program: &str, arguments: &[&str]) -> std::io::Result<Output> {
    Command::new(program).args(arguments).current_dir(folder()).output()
}

fn is_installed(program: &str) -> bool {
    run(program, &["--version"]).is_ok_and(|output| output.status.success())
}

fn assert_success(what: &str, output: &Output) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what}: {}\n{out}\n{err}", output.status);
}

/// Installs the packages of the lock file, unless they are installed already.
fn install() {
    let lock = std::fs::read(folder().join("package-lock.json")).unwrap();
    let marker = folder().join("node_modules/.installed-from");
    if std::fs::read(&marker).is_ok_and(|installed| installed == lock) {
        return;
    }
    assert_success("npm ci", &run("npm", &["ci", "--ignore-scripts"]).unwrap());
    std::fs::write(marker, lock).unwrap();
}

/// Every request that the provider sends to Genesys Cloud, with `{}` for an ID. Add a new request here and to
/// `talk.mjs`, so that the sandbox offers no API that the SDK does not know.
const REQUESTS_OF_THE_PROVIDER: [&str; 47] = [
    "POST /oauth/token",
    "GET /api/v2/conversations/messaging/integrations",
    "GET /api/v2/conversations/messaging/integrations/open",
    "POST /api/v2/conversations/messaging/integrations/open",
    "PATCH /api/v2/conversations/messaging/integrations/open/{}",
    "GET /api/v2/conversations/messaging/identityresolution/integrations/open/{}",
    "PUT /api/v2/conversations/messaging/identityresolution/integrations/open/{}",
    "GET /api/v2/conversations/messaging/supportedcontent/default",
    "GET /api/v2/conversations/messaging/supportedcontent/{}",
    "GET /api/v2/conversations/messaging/settings",
    "GET /api/v2/conversations/messaging/settings/default",
    "GET /api/v2/conversations/messaging/settings/{}",
    "POST /api/v2/conversations/messaging/settings",
    "PATCH /api/v2/conversations/messaging/settings/{}",
    "GET /api/v2/routing/queues",
    "GET /api/v2/routing/queues/{}",
    "POST /api/v2/routing/queues",
    "GET /api/v2/routing/queues/{}/estimatedwaittime",
    "GET /api/v2/routing/queues/{}/mediatypes/message/estimatedwaittime",
    "POST /api/v2/analytics/conversations/activity/query",
    "POST /api/v2/analytics/routing/activity/query",
    "GET /api/v2/architect/schedulegroups",
    "GET /api/v2/architect/schedulegroups/{}",
    "GET /api/v2/architect/schedules",
    "GET /api/v2/architect/emergencygroups",
    "GET /api/v2/architect/emergencygroups/{}",
    "GET /api/v2/routing/skills",
    "GET /api/v2/routing/languages",
    "PATCH /api/v2/routing/conversations/{}",
    "POST /api/v2/conversations/messages/{}/participants/{}/replace",
    "PUT /api/v2/conversations/{}/tags",
    "PATCH /api/v2/conversations/{}/secureattributes",
    "POST /api/v2/conversations/callbacks",
    "GET /api/v2/conversations/{}/summaries",
    "POST /api/v2/quality/surveys",
    "PATCH /api/v2/conversations/messages/{}/participants/{}/attributes",
    "GET /api/v2/flows",
    "GET /api/v2/routing/message/recipients",
    "PUT /api/v2/routing/message/recipients/{}",
    "POST /api/v2/conversations/messages/{}/inbound/open/message",
    "POST /api/v2/conversations/messages/{}/inbound/open/event",
    "POST /api/v2/conversations/messages/{}/inbound/open/receipt",
    "POST /api/v2/conversations/messages/{}/inbound/open/structured/response",
    "POST /api/v2/conversations/messages/agentless",
    "GET /api/v2/conversations/messages/{}",
    "PATCH /api/v2/conversations/messages/{}/participants/{}",
    "POST /api/v2/conversations/messages/{}/messages/bulk",
];

/// Returns the requests that the sandbox answered successfully, with `{}` for an ID.
async fn successes(sandbox: &Sandbox) -> BTreeSet<String> {
    let url = format!("{}/sandbox/requests", sandbox.announcement().origin);
    let log = reqwest::get(url).await.unwrap().bytes().await.unwrap();
    let log: Value = serde_json::from_slice(&log).unwrap();
    let name = |request: &Value| {
        let path = request["path"].as_str().unwrap();
        let segments = path.split('/').map(|segment| if Uuid::parse_str(segment).is_ok() { "{}" } else { segment });
        format!("{} {}", request["method"].as_str().unwrap(), segments.collect::<Vec<_>>().join("/"))
    };
    let requests = log["requests"].as_array().unwrap().iter();
    requests.filter(|request| request["status"].as_u64().is_some_and(|status| status < 300)).map(name).collect()
}

/// Returns a configuration with hours of operation, a skill and a language.
fn configuration() -> Config {
    let schedule = ScheduleConfig {
        name: "Weekdays".to_owned(),
        start: "2026-01-05T08:00:00.000".to_owned(),
        end: "2026-01-05T18:00:00.000".to_owned(),
        rrule: Some("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR".to_owned()),
    };
    let group = ScheduleGroupConfig {
        name: "Support hours".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        open: vec![schedule.name.clone()],
        closed: Vec::new(),
        holidays: Vec::new(),
    };
    let emergency = EmergencyGroupConfig { name: "Support emergency".to_owned(), enabled: true };
    Config {
        skills: vec!["Billing".to_owned()],
        languages: vec!["german".to_owned()],
        schedules: vec![schedule],
        schedule_groups: vec![group],
        emergency_groups: vec![emergency],
        ..Config::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_sdk_calls_every_endpoint_of_the_provider() {
    if let Some(missing) = ["node", "npm"].into_iter().find(|program| !is_installed(program)) {
        assert!(std::env::var_os("CI").is_none(), "{missing} is missing, and CI must not skip this");
        // The test harness captures `eprintln!`.
        let _ = writeln!(std::io::stderr(), "SKIPPED: the official SDK was not tested because {missing} is missing");
        return;
    }
    let sandbox = Sandbox::start(configuration()).await.unwrap();
    let announcement = serde_json::to_string(sandbox.announcement()).unwrap();
    let run_script = tokio::task::spawn_blocking(move || {
        install();
        run("node", &["talk.mjs", &announcement]).unwrap()
    });
    let output = run_script.await.unwrap();
    assert_success("node talk.mjs", &output);
    let called = successes(&sandbox).await;
    let missing: Vec<_> = REQUESTS_OF_THE_PROVIDER.iter().filter(|request| !called.contains(**request)).collect();
    assert!(missing.is_empty(), "the SDK did not make: {missing:?}\nit made: {called:#?}");
    sandbox.stop().await;
}
