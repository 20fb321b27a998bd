//! The commands and files in the documents, as a reader runs them. The Rust code of the documents is compiled by the doc
//! tests of `handover-host`, and `gateway.example.toml` is parsed by a unit test.

use crate::folder::Folder;
use crate::sandbox::Sandbox;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The directory of the repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Returns the code blocks of a document in a language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(ROOT).join(document)).expect("a document");
    let start = format!("```{language}\n");
    let blocks = text.split(&start).skip(1).filter_map(|rest| rest.split_once("```"));
    let blocks: Vec<String> = blocks.map(|(block, _)| block.to_owned()).collect();
    assert!(!blocks.is_empty(), "{document} has no block of {language}");
    blocks
}

/// Returns a command that runs a script with `handover` in the path.
fn bash(folder: &Folder, script: &str) -> Command {
    let handover = assert_cmd::cargo::cargo_bin("handover");
    let binaries = handover.parent().expect("a directory").display();
    let mut command = Command::new("bash");
    command
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(&folder.0)
        .env("PATH", format!("{binaries}:{}", std::env::var("PATH").unwrap_or_default()))
        .env("HANDOVER_TOKEN", "a-token-of-20-or-more")
        .env("GENESYS_CLIENT_SECRET", "a-secret");
    command
}

/// Runs a script, which must succeed.
fn run(folder: &Folder, script: &str) {
    let Output { status, stdout, stderr } = bash(folder, script).output().expect("bash runs");
    let (out, error) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{status} from:\n{script}\n{out}\n{error}");
}

/// Starts a sandbox, and writes the settings that connect to it as `acme.toml`.
fn sandbox(folder: &Folder) -> Sandbox {
    let sandbox = Sandbox::start(folder, "listen = \"127.0.0.1:0\"\n");
    folder.write("acme.toml", sandbox.settings("BotHandover", sandbox.announced("client_secret")));
    sandbox
}

/// A process that ends with the test.
struct RunningProcess(Child);

impl Drop for RunningProcess {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_readme_names_existing_make_targets() {
    for line in blocks("README.md", "sh").iter().flat_map(|block| block.lines()) {
        let target = line.split('#').next().and_then(|command| command.trim().strip_prefix("make "));
        let target = target.unwrap_or_else(|| panic!("expected a command of make: {line}"));
        let status = Command::new("make").args(["--dry-run", target]).current_dir(ROOT).stdout(Stdio::null()).status();
        assert!(status.expect("make runs").success(), "{line}");
    }
}

#[test]
fn the_set_up_of_genesys_runs() {
    let folder = Folder::new();
    let sandbox = sandbox(&folder);
    let [settings, hours, others, bot_settings] = &blocks("docs/genesys.md", "toml")[..] else {
        panic!("expected four examples")
    };
    let adapted = bot_settings
        .replace("mypurecloud.de", sandbox.announced("origin"))
        .replace("0a1b2c3d-0000-4000-8000-000000000002", sandbox.announced("client_id"))
        .replace("{ env = \"GENESYS_CLIENT_SECRET\" }", &format!("{:?}", sandbox.announced("client_secret")));
    folder.write("acme-bots.toml", adapted);
    folder.write("bots.json", blocks("docs/genesys.md", "json").pop().expect("a list of bots"));
    for block in blocks("docs/genesys.md", "sh") {
        run(&folder, &block);
    }

    folder.write("acme.toml", format!("{settings}\n{hours}\n{others}"));
    folder.write(
        "message.json",
        r#"{"recipient": "+4930123456", "id": "m-1", "time": 1772359200123, "message": {"text": "Hello"}}"#,
    );
    run(&folder, "handover build --settings acme.toml message.json");
}

#[test]
fn the_commands_for_providers_run() {
    let folder = Folder::new();
    folder.write("my-provider.wasm", handover_tests::ECHO);
    for block in blocks("docs/providers.md", "sh") {
        run(&folder, &block);
    }
}

/// Runs the commands of a bot, each answer while Genesys asks for it.
fn answer_as_a_bot(folder: &Folder, address: &str, script: &str) {
    let script = script.replace("\\\n", " ").replace("curl", "curl --silent --fail-with-body --max-time 20");
    let (variables, requests) = script.split_once('\n').expect("variables");
    let variables = format!("{variables}; session=s-1");
    let requests: Vec<_> = requests.lines().map(|line| line.split(" # ").next().unwrap_or_default()).collect();
    let [show, answers @ ..] = &requests[..] else { panic!("expected commands") };
    for (index, answer) in answers.iter().enumerate() {
        let turn = serde_json::json!({
            "botId": "Acme support", "botVersion": "1", "botSessionId": "s-1",
            "inputMessage": { "type": "Text", "text": format!("turn {}", index + 1) },
        });
        let ask = format!(
            "curl --silent --fail-with-body -H 'verify-token: new-secret-of-16-or-more' -d '{turn}' \
             http://{address}/bot-connector/acme-bots >response-{}.json & asked=$!",
            index + 1
        );
        let until = r#"timeout 20 bash -c 'until curl --silent -H "$auth" $bots/sessions/$session | grep -q asked; do sleep 0.1; done'"#;
        run(folder, &format!("{variables}; export auth bots session\n{ask}\n{until}\n{show}\n{answer}\nwait $asked"));
    }
    let response =
        |number| std::fs::read_to_string(folder.0.path().join(format!("response-{number}.json"))).expect("a response");
    assert!(response(1).contains("\"Hello!\"") && response(1).contains("MoreData"), "{}", response(1));
    assert!(response(2).contains("\"Support\"") && response(2).contains("Complete"), "{}", response(2));
}

#[test]
fn the_commands_for_the_gateway_run() {
    let folder = Folder::new();
    let _sandbox = sandbox(&folder);
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let adapted = |text: &str| text.replace("127.0.0.1:8080", &address.to_string()).replace("/run/secrets/", "");
    folder.write("callback", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    folder.write("translation", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let config = blocks("docs/gateway.md", "toml");
    assert_eq!(config.len(), 4, "the gateway, redaction, translation and bots");
    folder.write("gateway.toml", adapted(&config.join("\n")));
    let bot_settings = blocks("docs/genesys.md", "toml").pop().expect("settings of bots");
    folder.write("acme-bots.toml", bot_settings.replace("{ env = \"GENESYS_CLIENT_SECRET\" }", "\"a-client-secret\""));
    folder.write("bots.json", blocks("docs/genesys.md", "json").pop().expect("a list of bots"));
    let scripts = blocks("docs/gateway.md", "sh");
    let script_with = |part: &str| scripts.iter().find(|script| script.contains(part)).expect("a block");

    let serve = format!("exec {}", script_with("handover serve"));
    let gateway = bash(&folder, &serve).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let _gateway = RunningProcess(gateway.expect("the gateway starts"));
    run(
        &folder,
        &format!("timeout 60 bash -c 'until curl --silent --fail http://{address}/readyz; do sleep 0.1; done'"),
    );

    let api = adapted(script_with("curl"));
    let (variables, requests) = api.split_once('\n').expect("variables");
    for request in requests.lines() {
        let request = request.replace("curl", "curl --silent --fail-with-body --max-time 20");
        // The stream of events does not end, so `timeout` does.
        let request = if request.contains(" -N ") {
            format!(
                "{} || [ $? = 124 ]",
                request.split('#').next().unwrap_or_default().replace("curl", "timeout 1 curl")
            )
        } else {
            request
        };
        run(&folder, &format!("{variables}\n{request}"));
    }

    answer_as_a_bot(&folder, &address.to_string(), &adapted(script_with("bot-connections")));

    // Without a dead letter, only the list succeeds.
    for line in script_with("dead-letters list").lines().filter(|line| line.starts_with("handover")) {
        let expected = i32::from(!line.contains(" list "));
        let line = line.replace("--connection", &format!("--gateway http://{address} --connection"));
        let line = line.split('#').next().unwrap_or_default();
        run(&folder, &format!("{line} || [ $? = {expected} ]"));
    }
}

#[test]
fn the_commands_without_genesys_run() {
    let folder = Folder::new();
    let free = || TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let (gateway, genesys) = (free().to_string(), free().to_string());
    let scripts = blocks("docs/gateway.md", "sh");
    let script_with = |part: &str| {
        let script = scripts.iter().find(|script| script.contains(part)).expect("a block");
        script.replace("127.0.0.1:8080", &gateway).replace("127.0.0.1:8090", &genesys)
    };
    let talk = script_with("sandbox/conversations");
    let (talk, events) = talk.trim_end().rsplit_once('\n').expect("several lines");
    // The stream of events does not end, so `timeout` does.
    let events = events.split('#').next().unwrap_or_default().replace("curl", "timeout 8 curl");
    let output = bash(
        &folder,
        &format!(
            "trap 'kill %1 %2' EXIT\n{}\ntimeout 60 bash -c 'until curl -s --fail http://{gateway}/readyz; do sleep 0.1; done'\n\
             {talk}\n{events} || [ $? = 124 ]",
            script_with("handover sandbox")
        ),
    )
    .output()
    .expect("bash runs");
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{error}");
    for event in ["queued", "message", "ended"] {
        assert!(out.contains(&format!(r#""type":"{event}""#)), "{event}: {out}\n{error}");
    }
}
