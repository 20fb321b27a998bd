//! The working directory of the commands.

use assert_cmd::Command;
use tempfile::TempDir;

pub(crate) const BODY: &str = r#"{"id":"1","type":"Text","text":"hi"}"#;
const SETTINGS: &str = r#"host = "mypurecloud.de"
deployment-name = "BotHandover"
queue = "Support"
webhook-secret = ["a-secret-that-is-to-come", "a-secret-of-16-or-more-chars"]
client-id = "id"
client-secret = "secret"
send-profile = true
"#;

/// A temporary folder with a settings file and a webhook body.
pub(crate) struct Folder(pub(crate) TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self(TempDir::new().expect("creates a folder"));
        folder.write("settings.toml", SETTINGS);
        folder.write("body.json", BODY);
        folder
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(name), text).expect("writes the file");
    }

    /// Runs a command in the folder. Returns its status, standard output and standard error.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run_with(arguments, "")
    }

    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> (i32, String, String) {
        self.start(&[], arguments, input)
    }

    /// Runs a command with these environment variables. Removes all other feature flags.
    pub(crate) fn run_in(&self, variables: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
        self.start(variables, arguments, "")
    }

    fn start(&self, variables: &[(&str, &str)], arguments: &[&str], input: &str) -> (i32, String, String) {
        let mut command = Command::cargo_bin("handover").expect("the binary");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FEATURE_")) {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        let output =
            command.args(arguments).current_dir(&self.0).write_stdin(input).output().expect("the command runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().expect("an exit status"), text(output.stdout), text(output.stderr))
    }
}
