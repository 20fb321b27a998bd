//! The disk is full: the one with the store, and the log on it.

use crate::stage::{Gateway, Stage, until};
use reqwest::StatusCode;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What each user and each agent says.
const EACH: usize = 24;

/// A disk of 32 MiB in a mount namespace of its own, for which nobody has to be root.
struct Disk {
    /// Holds the namespace.
    holder: Child,
    path: PathBuf,
}

impl Drop for Disk {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

impl Disk {
    /// None where the kernel does not let this user mount.
    fn mount(path: &Path) -> Option<Self> {
        std::fs::create_dir(path).unwrap();
        let script = "mount -t tmpfs -o size=32m tmpfs \"$0\" && echo mounted && exec sleep infinity";
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]).arg(path);
        let mut disk = Self { holder: command.stdout(Stdio::piped()).spawn().ok()?, path: path.to_owned() };
        let mut line = String::new();
        BufReader::new(disk.holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (line == "mounted\n").then_some(disk)
    }

    /// Runs this command where the disk is seen, its log on it.
    fn run(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside
            .args(["--preserve-credentials", "--user", "--mount", "--target", &self.holder.id().to_string()])
            .args(["sh", "-c", "exec \"$0\" \"$@\" 2>>\"$LOG\""])
            .arg(command.get_program())
            .args(command.get_args())
            .env("LOG", self.path.join("log"))
            .stdout(Stdio::null());
        for (name, value) in command.get_envs() {
            inside.env(name, value.unwrap());
        }
        inside
    }

    /// As it is seen from outside.
    fn ballast(&self) -> PathBuf {
        let path = self.path.strip_prefix("/").unwrap();
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(path).join("ballast")
    }

    /// Leaves no byte free.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.ballast()).unwrap();
        for piece in [4_096, 1] {
            let full = loop {
                if let Err(error) = file.write_all(&vec![b'x'; piece]) {
                    break error;
                }
            };
            assert_eq!(full.kind(), ErrorKind::StorageFull);
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_with_the_store_and_the_log_loses_nothing_that_was_acknowledged() {
    let stage = Stage::set("[log]\nlevel = \"debug\"\n[store]\nsqlite = \"FOLDER/disk/handover.sqlite\"\n").await;
    let Some(disk) = Disk::mount(&stage.folder.path().join("disk")) else {
        // Nothing that one could install: with CI set, this is no failure.
        return eprintln!("a full disk: skipped, this user may not mount (unshare --user --mount)");
    };
    let mut gateway = stage.start(disk.run(&stage.command())).await;
    let conversations = stage.begin(4).await;
    let talks = stage.talk(&conversations, EACH, Duration::from_millis(500));
    tokio::time::sleep(Duration::from_secs(2)).await;
    disk.fill();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(gateway.lives());
    assert!(stage.metric("handover_log_lines_lost_total").await > 0);
    assert_eq!(stage.readiness().await, Some(StatusCode::SERVICE_UNAVAILABLE));
    // Killed, and started again while the disk is full.
    drop(gateway);
    let mut gateway = Gateway::spawn(disk.run(&stage.command()));
    until("started", async || stage.readiness().await == Some(StatusCode::SERVICE_UNAVAILABLE)).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(gateway.lives());
    disk.free();
    let given_up = stage.settle(talks, &conversations, EACH).await;
    eprintln!("full disk: {given_up} messages were given up by the contact center itself");
    gateway.stop();
}
