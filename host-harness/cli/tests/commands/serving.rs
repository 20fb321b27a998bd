//! The gateway, as a process of its own.

use crate::folder::Folder;
use crate::sandboxed::Sandbox;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

const TOKEN: &str = "a-token-of-20-or-more";

struct Gateway {
    process: Child,
    listens: String,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have been stopped already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Gateway {
    fn start(folder: &Folder) -> Self {
        let mut process = Command::new(assert_cmd::cargo::cargo_bin("handover"))
            .args(["serve", "--config", "gateway.toml"])
            .current_dir(&folder.0)
            .env("TOKEN", TOKEN)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let announced: serde_json::Value = serde_json::from_str(&line).expect("one line of JSON");
        Self { process, listens: announced["listen"].as_str().expect("an address").to_owned() }
    }
}

fn config(rest: &str) -> String {
    format!(
        "listen = \"127.0.0.1:0\"\n[platform]\ntokens = [{{ env = \"TOKEN\" }}]\n[connection.acme]\nsettings = \"settings.toml\"\n{rest}"
    )
}

#[test]
fn it_serves_until_it_is_asked_to_stop_and_says_nothing_that_is_secret() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, "listen = \"127.0.0.1:0\"\n");
    let secret = sandbox.told("client_secret").to_owned();
    folder.write("settings.toml", sandbox.settings("BotHandover", &secret));
    folder.write("gateway.toml", config(""));
    let mut gateway = Gateway::start(&folder);

    let url = format!("http://{}", gateway.listens);
    let letters = |token: &str, act: &[&str]| {
        let arguments = [&["dead-letters"], act, &["--gateway", &url, "--connection", "acme"]].concat();
        folder.run_in(&[("HANDOVER_TOKEN", token)], &arguments)
    };
    assert_eq!(letters(TOKEN, &["list"]).0, 0);
    for (token, act) in
        [("another-token-of-20-or-more", &["list"][..]), (TOKEN, &["show", "x"]), (TOKEN, &["drop", "x"])]
    {
        let (status, out, error) = letters(token, act);
        assert_eq!((status, out.as_str()), (1, ""), "{error}");
    }

    // SIGTERM, as service managers send it.
    let stopped = Command::new("kill").arg(gateway.process.id().to_string()).status().expect("kill");
    assert!(stopped.success());
    assert!(gateway.process.wait().expect("it ends").success());
    let mut log = String::new();
    gateway.process.stderr.take().expect("its log").read_to_string(&mut log).expect("text");
    for secret in [secret.as_str(), sandbox.told("webhook_secret"), TOKEN] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[test]
fn what_is_wrong_with_the_configuration_is_told_with_its_place() {
    let folder = Folder::new();
    for (text, variables, expected) in [
        (config("giveup = \"1h\"\n"), &[("TOKEN", TOKEN)][..], "gateway.toml:6: unknown field `giveup`"),
        (config(""), &[], "the environment has no variable TOKEN"),
        (config(""), &[("TOKEN", "short")], "token 1 is too weak"),
        (
            config("").replace("settings.toml", "none.toml"),
            &[("TOKEN", TOKEN)],
            "none.toml: the settings cannot be read",
        ),
        (config("").replace("acme", "Acme"), &[("TOKEN", TOKEN)], "a connection's name has"),
    ] {
        folder.write("gateway.toml", text);
        let (status, _, error) = folder.run_in(variables, &["serve", "--config", "gateway.toml"]);
        assert_eq!(status, 2, "{error}");
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("short"), "{error}");
    }
}
