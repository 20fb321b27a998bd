//! A headless Chromium with its driver (Debian: `chromium`, `chromium-driver`), by the commands of WebDriver that take a
//! line each (W3C, "WebDriver"): its client libraries bring second versions of half a web stack along.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Client, Method};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Until a browser has started, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// The key of an element's reference (WebDriver, section 12, "Elements").
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// WebDriver, section 17.4.2, "Keyboard actions".
pub(crate) const ENTER: char = '\u{e007}';
pub(crate) const TAB: char = '\u{e004}';
pub(crate) const SPACE: char = ' ';
pub(crate) const BACKSPACE: char = '\u{e003}';

/// A browser, closed when this is dropped.
pub(crate) struct Chromium {
    driver: Child,
    http: Client,
    session: String,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The browser is a process of the same group, and would go on without its driver. It may have ended by itself.
        if let Some(group) = i32::try_from(self.driver.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.driver.wait();
    }
}

impl Chromium {
    pub(crate) async fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let driver = Command::new("chromedriver")
            .arg(format!("--port={}", free.port()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver; on Debian: apt-get install chromium chromium-driver");
        let http = Client::builder().no_proxy().build().expect("a client");
        let mut browser = Self { driver, http, session: format!("http://127.0.0.1:{}/session", free.port()) };
        // Containers have neither the namespaces for Chromium's own sandbox nor much of /dev/shm.
        let arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1400"];
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": { "args": arguments } } } });
        let end = Instant::now() + PATIENCE;
        let id = loop {
            match browser.command(Method::POST, "", &wanted).await {
                Ok(begun) => break begun["sessionId"].as_str().expect("an id").to_owned(),
                Err(error) => assert!(Instant::now() < end, "no browser: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    async fn command(&self, method: Method, what: &str, with: &Value) -> Result<Value, String> {
        let request = self.http.request(method, format!("{}{what}", self.session));
        let request = if with.is_null() { request } else { request.json(with) };
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let mut answer: Value = answer.json().await.map_err(|error| error.to_string())?;
        if status.is_success() { Ok(answer["value"].take()) } else { Err(answer.to_string()) }
    }

    pub(crate) async fn open(&self, url: &str) {
        self.command(Method::POST, "/url", &json!({ "url": url })).await.expect("it opens");
    }

    pub(crate) async fn reload(&self) {
        self.command(Method::POST, "/refresh", &json!({})).await.expect("it loads again");
    }

    /// The driver's own command: every exchange takes so long at least.
    pub(crate) async fn delay(&self, latency: Duration) {
        let milliseconds = u64::try_from(latency.as_millis()).expect("a short time");
        let unbounded = 1_u64 << 30;
        let conditions = json!({
            "offline": false, "latency": milliseconds, "download_throughput": unbounded, "upload_throughput": unbounded,
        });
        let with = json!({ "network_conditions": conditions });
        self.command(Method::POST, "/chromium/network_conditions", &with).await.expect("a slow network");
    }

    /// Light or dark.
    pub(crate) async fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.emulate("setEmulatedMedia", &json!({ "features": features })).await;
    }

    /// A screen of this size; a window has a least width that is more than a telephone's.
    pub(crate) async fn screen(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.emulate("setDeviceMetricsOverride", &metrics).await;
    }

    /// Chrome DevTools Protocol, domain `Emulation`.
    async fn emulate(&self, what: &str, parameters: &Value) {
        let with = json!({ "cmd": format!("Emulation.{what}"), "params": parameters });
        self.command(Method::POST, "/goog/cdp/execute", &with).await.expect("it is emulated");
    }

    /// Presses keys, wherever the focus is (WebDriver, section 17.4.2).
    pub(crate) async fn keys(&self, keys: &str) {
        let press = |key: char| ["keyDown", "keyUp"].map(|what| json!({ "type": what, "value": key.to_string() }));
        let actions: Vec<Value> = keys.chars().flat_map(press).collect();
        let with = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.command(Method::POST, "/actions", &with).await.expect("keys are pressed");
    }

    /// Opens another tab, in which the next commands work.
    pub(crate) async fn open_tab(&self) {
        let opened = self.command(Method::POST, "/window/new", &json!({ "type": "tab" })).await.expect("a tab");
        self.command(Method::POST, "/window", &json!({ "handle": opened["handle"] })).await.expect("it is shown");
    }

    /// Closes all tabs but the present one.
    pub(crate) async fn close_other_tabs(&self) {
        let present = self.command(Method::GET, "/window", &Value::Null).await.expect("a tab");
        let all = self.command(Method::GET, "/window/handles", &Value::Null).await.expect("tabs");
        for other in all.as_array().expect("a list").iter().filter(|handle| **handle != present) {
            self.command(Method::POST, "/window", &json!({ "handle": other })).await.expect("it is shown");
            self.command(Method::DELETE, "/window", &json!({})).await.expect("it closes");
        }
        self.command(Method::POST, "/window", &json!({ "handle": present })).await.expect("it is shown");
    }

    /// What can be seen, as PNG.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let picture = self.command(Method::GET, "/screenshot", &Value::Null).await.expect("a picture");
        BASE64_STANDARD.decode(picture.as_str().expect("a text")).expect("base64")
    }

    /// What a script returns.
    pub(crate) async fn run(&self, script: &str, arguments: &[Value]) -> Value {
        let with = json!({ "script": script, "args": arguments });
        self.command(Method::POST, "/execute/sync", &with).await.expect("a script")
    }

    /// What a script gives to its last argument, which is a function.
    pub(crate) async fn run_until(&self, script: &str, arguments: &[Value]) -> Value {
        let with = json!({ "script": script, "args": arguments });
        self.command(Method::POST, "/execute/async", &with).await.expect("a script")
    }

    /// Types into the element that this selector finds; whether there is one.
    pub(crate) async fn type_into(&self, selector: &str, text: &str) -> bool {
        let with = json!({ "using": "css selector", "value": selector });
        let Ok(found) = self.command(Method::POST, "/element", &with).await else { return false };
        let element = found[ELEMENT].as_str().expect("an element");
        self.command(Method::POST, &format!("/element/{element}/value"), &json!({ "text": text })).await.is_ok()
    }

    pub(crate) async fn close(self) {
        self.command(Method::DELETE, "", &json!({})).await.expect("it closes");
    }
}
