//! Commands that need no contact center.

use crate::folder::{BODY, Folder};

// Computed with OpenSSL from the body and the second secret of the settings.
const SIGNATURE: &str = "X-Hub-Signature-256: sha256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk=";

#[test]
fn verify_prints_the_verdict() {
    let folder = Folder::new();
    let verify =
        |header: &str, body: &str| folder.run(&["verify", "--settings", "settings.toml", "--header", header, body]);
    assert_eq!(
        verify(SIGNATURE, "body.json"),
        (0, "{\"how\":{\"signed\":1},\"verdict\":\"authentic\"}\n".into(), String::new())
    );
    assert_eq!(
        verify("X-Hub-Signature-256: sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "body.json"),
        (1, "{\"verdict\":\"rejected\",\"why\":\"signature-mismatch\"}\n".into(), String::new())
    );
    let (status, out, _) =
        folder.run_with(&["verify", "--settings", "settings.toml", "--header", SIGNATURE, "-"], BODY);
    assert_eq!((status, out.contains("authentic")), (0, true));
    let (status, _, error) = verify("no header", "body.json");
    assert_eq!(status, 2);
    assert!(error.contains("expected 'Name: value'"), "{error}");
    let (status, _, error) = verify(SIGNATURE, "no-such-file");
    assert_eq!(status, 2);
    assert!(error.contains("no-such-file: the file cannot be read"), "{error}");
    folder.write("large", vec![b' '; 2 << 20]);
    let (status, out, _) = verify(SIGNATURE, "large");
    assert_eq!(status, 1);
    assert!(out.contains("the limit `input` (1048576)"), "{out}");
}

#[test]
fn map_prints_one_event_per_line() {
    let folder = Folder::new();
    let (status, out, _) = folder.run(&["map", "--settings", "settings.toml", "body.json"]);
    let event: serde_json::Value = serde_json::from_str(&out).expect("one line of JSON");
    assert_eq!((status, event.pointer("/kind/message/text")), (0, Some(&"hi".into())));
    let (status, out, _) = folder.run_with(&["map", "--settings", "settings.toml", "-"], "[]");
    assert_eq!((status, out.as_str()), (1, "{\"malformed\":\"not-an-object\"}\n"));
}

#[test]
fn build_prints_one_request_per_line() {
    let folder = Folder::new();
    let build = |message: &str| folder.run_with(&["build", "--settings", "settings.toml", "-"], message);
    let (status, out, _) = build(
        r#"{"recipient": "sess-42", "id": "m-1", "time": 1772359200123, "message": {"start": {"text": "Help!",
            "profile": {"first-name": "Ada"}, "attributes": [{"key": "myLanguage", "value": "english"}]}}}"#,
    );
    let request: serde_json::Value = serde_json::from_str(&out).expect("one line of JSON");
    assert_eq!(status, 0);
    assert_eq!(
        request["body"],
        serde_json::json!({
            "channel": {
                "from": { "id": "sess-42", "idType": "Opaque", "nickname": "Ada", "firstName": "Ada" },
                "time": "2026-03-01T10:00:00.123Z",
                "messageId": "m-1",
                "metadata": { "customAttributes": {
                    "queueId": "Support", "queueName": "Support", "userId": "sess-42", "myLanguage": "english"
                } }
            },
            "text": "Help!"
        })
    );
    let (status, out, _) = build(r#"{"recipient": "sess-42", "id": "m-1", "time": 0, "message": "typing"}"#);
    assert_eq!((status, out.as_str()), (1, "{\"unsupported\":\"no-conversation\"}\n"));
    let (status, _, error) = build(r#"{"recipient": "sess-42", "id": "m-1", "time": 0, "message": {"txt": "hi"}}"#);
    assert_eq!(status, 2);
    assert!(error.contains("this is not a message") && error.contains("unknown variant `txt`"), "{error}");
}

#[test]
fn reports_invalid_settings_with_file_and_line() {
    let folder = Folder::new();
    folder.write("settings.toml", "host = \"no host\"\nwebhook-secret = \"a-secret-of-16-or-more-chars\"\nclient-id = \"id\"\nclient-secret = \"s\"\nsend_profile = true\n");
    let (status, out, error) = folder.run(&["map", "--settings", "settings.toml", "body.json"]);
    assert_eq!((status, out.as_str()), (2, ""));
    for expected in ["settings.toml:1: host: ", "settings.toml: deployment-name: ", "settings.toml:5: send_profile: "] {
        assert!(error.contains(expected), "{expected} is not in {error}");
    }
    folder.write("settings.toml", "host = \n");
    let (status, _, error) = folder.run(&["map", "--settings", "settings.toml", "body.json"]);
    assert_eq!(status, 2);
    assert!(error.contains("settings.toml:1: ") && error.contains("expected TOML"), "{error}");
}

#[test]
fn a_custom_plugin_reaches_only_allowed_origins() {
    let folder = Folder::new();
    folder.write("plugin.wasm", include_bytes!(env!("GENESYS_OPEN_MESSAGING")));
    let map = ["map", "--settings", "settings.toml", "--plugin", "plugin.wasm", "body.json"];
    let (status, _, error) = folder.run(&map);
    assert_eq!(status, 2);
    assert!(error.contains("--allow-origin https://api.mypurecloud.de"), "{error}");
    let allowed = ["--allow-origin", "https://api.mypurecloud.de", "--allow-origin", "https://login.mypurecloud.de"];
    let (status, out, error) = folder.run(&[&map[..], &allowed[..]].concat());
    assert_eq!(status, 0, "{out}{error}");
    folder.write("plugin.wasm", "no plugin");
    let (status, _, error) = folder.run(&map);
    assert_eq!(status, 2);
    assert!(error.contains("plugin.wasm cannot be loaded") && error.contains("this is not WebAssembly"), "{error}");
}

#[test]
fn inspect_prints_imports_settings_and_size() {
    let (status, out, _) = Folder::new().run(&["inspect"]);
    assert_eq!(status, 0);
    for expected in
        ["genesys-open-messaging 0.1.0", "handover:provider/http@0.1.0", "webhook-secret (may repeat)", "bytes"]
    {
        assert!(out.contains(expected), "{expected} is not in {out}");
    }
}

#[test]
fn conformance_prints_one_case_per_line_and_writes_junit() {
    let folder = Folder::new();
    let (status, out, _) = folder.run(&["conformance", "--junit", "report.xml"]);
    assert_eq!(status, 0, "{out}");
    assert!(out.contains("passed  purity/no-pure-function-calls-an-import\n"), "{out}");
    assert!(out.trim_end().ends_with(" 0 failed"), "{out}");
    let junit = std::fs::read_to_string(folder.0.path().join("report.xml")).expect("the report");
    assert!(junit.contains("<testcase name=\"verify-webhook/github-published-pair\""), "{junit}");
    let (status, _, error) = folder.run(&["conformance", "--vectors", "."]);
    assert_eq!(status, 2);
    assert!(error.contains("body.json: unknown field `id`"), "{error}");
    folder.write("plugin.wasm", b"\0asm\x01\0\0\0");
    let (status, out, _) = folder.run(&["conformance", "plugin.wasm"]);
    assert_eq!(status, 1);
    assert!(out.contains("failed  load: this is a core WebAssembly module"), "{out}");
}

#[test]
fn the_scripted_demo_completes() {
    let (status, out, error) = Folder::new().run(&["demo", "--script"]);
    assert_eq!(status, 0, "{error}");
    assert!(out.contains("Grace   Hello Ada") && out.contains("SignatureMismatch"), "{out}");
}

#[test]
fn reports_an_invalid_sandbox_configuration_with_file_and_line() {
    let folder = Folder::new();
    folder.write("sandbox.toml", "listen = \"127.0.0.1:0\"\n\nno-such-field = 1\n");
    let (status, _, error) = folder.run(&["sandbox", "--config", "sandbox.toml"]);
    assert_eq!(status, 2);
    assert!(error.contains("sandbox.toml:3: unknown field `no-such-field`"), "{error}");
}

const COMMANDS: [&str; 11] = [
    "demo",
    "sandbox",
    "verify",
    "map",
    "build",
    "check",
    "provision",
    "features",
    "copilot-url",
    "inspect",
    "conformance",
];

#[test]
fn every_command_has_an_example() {
    let folder = Folder::new();
    for command in COMMANDS {
        let (status, out, _) = folder.run(&[command, "--help"]);
        assert_eq!(status, 0);
        assert!(out.contains("Example:\n") && out.contains(&format!("handover {command}")), "{out}");
    }
}

#[test]
fn map_reads_each_source() {
    let folder = Folder::new();
    folder.write(
        "event.json",
        r#"{"detail": {"topicName": "v2.detail.events.conversation.c1.customer.end",
            "eventBody": {"conversationId": "c1", "disconnectType": "PEER"}}}"#,
    );
    let map = |source| folder.run(&["map", "--settings", "settings.toml", "--source", source, "event.json"]);
    let (status, out, _) = map("event-bus");
    assert_eq!(status, 0);
    assert!(out.contains(r#""kind":{"ended":"completed"}"#), "{out}");
    let (status, out, _) = map("webhook");
    assert_eq!(status, 0);
    assert!(out.contains(r#""kind":{"ignored""#), "{out}");
}

/// Uses the example from Cognigy's documentation, with its ids.
#[test]
fn copilot_url_prints_the_link() {
    let folder = Folder::new();
    let link = ["copilot-url", "--settings", "settings.toml", "--session", "session-2a4d", "--user", "51c8 f577&"];
    let (status, _, error) = folder.run(&link);
    assert_eq!(status, 2);
    assert!(error.contains("settings.toml: the link needs copilot-url"), "{error}");
    folder.write(
        "settings.toml",
        "copilot-url = \"https://agent-assist-dev.cognigy.ai/\"\ncopilot-token = \"760bcb4b\"\n\
         copilot-organization = \"63babf6e\"\ncopilot-project = \"64257f5a\"\ncopilot-config = \"fbe5297e\"\n",
    );
    let (status, out, _) = folder.run(&link);
    assert_eq!(status, 0);
    assert_eq!(
        out,
        "https://agent-assist-dev.cognigy.ai/?sessionId=session-2a4d&userId=51c8%20f577%26&URLToken=760bcb4b\
         &organisationId=63babf6e&projectId=64257f5a&configId=fbe5297e\n"
    );
}

#[test]
fn refuses_an_organization_that_is_not_on_the_list() {
    const SWITCH: &str = "FEATURE_ENABLE_GENESYS_CLOUD_OM";
    const LIST: &str = "FEATURE_ENABLE_GENESYS_CLOUD_OM_WHITELIST";
    const BOTS: &str = "FEATURE_USE_GENESYS_BOT_CONNECTOR_ENDPOINT_WHITELIST";
    let folder = Folder::new();
    let features = |variables: &[(&str, &str)]| folder.run_in(variables, &["features", "--organization", "acme"]);
    let (status, out, _) = features(&[(SWITCH, "true"), (LIST, "globex, acme"), (BOTS, "*")]);
    assert_eq!((status, out.as_str()), (0, "on   open-messaging\non   bot-connector\n"));
    let (status, out, _) = features(&[(SWITCH, "true"), (LIST, "globex")]);
    assert_eq!(status, 1);
    assert!(out.contains(LIST) && out.contains("acme"), "{out}");
    let (status, out, _) = features(&[]);
    assert_eq!(status, 1);
    assert!(out.contains(SWITCH), "{out}");
    let (status, _, error) = features(&[(SWITCH, "true"), (LIST, "acme,*")]);
    assert_eq!(status, 2);
    assert!(error.contains(LIST), "{error}");

    let map = ["map", "--settings", "settings.toml", "--organization", "acme", "body.json"];
    let (status, _, error) = folder.run_in(&[(SWITCH, "true"), (LIST, "globex")], &map);
    assert_eq!(status, 2);
    assert!(error.contains(LIST), "{error}");
    let (status, _, error) = folder.run_in(&[(SWITCH, "true"), (LIST, "*")], &map);
    assert_eq!(status, 0, "{error}");
}

#[test]
fn a_plugin_for_bots_can_be_set_up() {
    const LIST: &str = "FEATURE_USE_GENESYS_BOT_CONNECTOR_ENDPOINT_WHITELIST";
    let folder = Folder::new();
    folder.write("bots.wasm", handover_tests::BOT_CONNECTOR);
    folder.write("bots.toml", "host = \"mypurecloud.de\"\nsecret = \"a-secret-of-16-or-more-chars\"\n");
    let plugin = ["--settings", "bots.toml", "--plugin", "bots.wasm"];
    let allowed = ["--allow-origin", "https://api.mypurecloud.de", "--allow-origin", "https://login.mypurecloud.de"];
    let with = |command: &'static str, more: &[&'static str]| [&[command], &plugin[..], &allowed[..], more].concat();

    let (status, out, error) = folder.run(&with("check", &[]));
    assert_eq!(status, 0, "{error}");
    assert!(out.contains("ok       secret: 1 live") && out.contains("warning  credentials: "), "{out}");
    let (status, out, _) = folder.run(&with("provision", &["--url", "https://bot.example.com/bots"]));
    assert_eq!(status, 1);
    assert!(out.contains("failed   credentials: ") && out.contains("skipped  status: "), "{out}");

    let (status, _, error) = folder.run(&with("register-bots", &["bots.toml"]));
    assert_eq!(status, 2);
    assert!(error.contains("bots.toml: not a list of bots"), "{error}");
    folder.write(
        "bots.json",
        r#"[{"id": "b", "name": "B", "versions": [{"version": "1", "languages": ["de"], "intents": []}]}]"#,
    );
    let (status, _, error) = folder.run(&with("register-bots", &["bots.json"]));
    assert_eq!(status, 2);
    assert!(error.contains("client-id"), "{error}");

    // Each interface needs a plugin that has it.
    let (status, _, error) = folder.run(&with("map", &["body.json"]));
    assert_eq!(status, 2);
    assert!(error.contains("no provider of handovers"), "{error}");
    folder.write("handover.wasm", include_bytes!(env!("GENESYS_OPEN_MESSAGING")));
    let other = ["register-bots", "--settings", "settings.toml", "--plugin", "handover.wasm", "bots.json"];
    let (status, _, error) = folder.run(&[&other[..], &allowed[..]].concat());
    assert_eq!(status, 2);
    assert!(error.contains("no provider of bots"), "{error}");

    folder.write(
        "digital.toml",
        "host = \"mypurecloud.de\"\nproduct = \"digital-bot-connector\"\nsecret = \"a-secret-of-16-or-more-chars\"\n",
    );
    let (status, _, error) = folder.run(&["check", "--settings", "digital.toml"]);
    assert_eq!(status, 2);
    assert!(error.contains("digital.toml: these are settings for bots; add --plugin genesys-bot-connector"), "{error}");
    let (status, _, error) = folder.run(&["register-bots", "--settings", "digital.toml", "bots.json"]);
    assert_eq!(status, 2);
    assert!(error.contains("there is nothing to register"), "{error}");

    // The built-in plugin for bots reaches the origins of its settings.
    let (status, out, error) = folder.run(&["check", "--settings", "bots.toml", "--plugin", "genesys-bot-connector"]);
    assert_eq!(status, 0, "{error}");
    assert!(out.contains("ok       secret: 1 live"), "{out}");
    let (status, _, error) = folder.run(&["register-bots", "--settings", "bots.toml", "bots.json"]);
    assert_eq!(status, 2);
    assert!(error.contains("client-id"), "{error}");

    let check = with("check", &["--organization", "acme"]);
    let (status, _, error) = folder.run_in(&[(LIST, "globex")], &check);
    assert_eq!(status, 2);
    assert!(error.contains(LIST), "{error}");
    let (status, _, error) = folder.run_in(&[(LIST, "acme")], &check);
    assert_eq!(status, 0, "{error}");
}

#[test]
fn redact_prints_the_text_without_personal_data() {
    let folder = Folder::new();
    let config = "[platform]\ntokens = [{ env = \"TOKEN\" }]\n[connection.acme]\nsettings = \"settings.toml\"\n";
    let redaction = "[connection.acme.redaction]\nkinds = [\"card-number\", \"email\"]\ndry-run = true\n\
                     [connection.acme.redaction.pattern.customer]\nmatches = '\\bK-[0-9]{6}\\b'\n";
    folder.write("gateway.toml", format!("{config}{redaction}"));
    folder.write("without.toml", config);
    folder.write("broken.toml", format!("{config}{}", redaction.replace("{6}", "{6")));
    let redact = |config: &str, connection: &str| {
        let text = "K-123456 pays with 4111 1111 1111 1111";
        folder.run_with(&["redact", "--config", config, "--connection", connection, "-"], text)
    };
    assert_eq!(
        redact("gateway.toml", "acme"),
        (0, "[customer] pays with [card number]\n".into(), "card-number: 1\ncustomer: 1\n".into())
    );
    for (config, connection, expected) in [
        ("gateway.toml", "other", "no [connection.other]"),
        ("without.toml", "acme", "no kind and no pattern is configured"),
        ("broken.toml", "acme", "broken.toml:8: connection.acme.redaction.pattern"),
    ] {
        let (status, _, error) = redact(config, connection);
        assert_eq!(status, 2);
        assert!(error.contains(expected), "{error}");
    }
}
