//! A headless Chromium, controlled by chromedriver (Debian: `chromium`, `chromium-driver`).
//!
//! Sends WebDriver commands (W3C, "WebDriver") directly: the WebDriver client libraries depend on second versions of
//! many HTTP crates.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Maximum time for a browser to start on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// The JSON key of an element reference (WebDriver, section 12, "Elements").
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// WebDriver, section 17.4.2, "Keyboard actions".
pub(crate) const ENTER: char = '\u{e007}';
pub(crate) const TAB: char = '\u{e004}';
pub(crate) const SPACE: char = ' ';
pub(crate) const BACKSPACE: char = '\u{e003}';

/// A browser. Dropping it closes the browser.
pub(crate) struct Chromium {
    driver: Child,
    http: Client,
    session: String,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The browser belongs to the same process group and would outlive its driver. The driver may have exited
        // already.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.driver.id())]).status();
        let _ = self.driver.wait();
    }
}

impl Chromium {
    pub(crate) async fn start() -> Self {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        let driver = Command::new("chromedriver")
            .arg(format!("--port={}", address.port()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver; on Debian: apt-get install chromium chromium-driver");
        let http = Client::builder().no_proxy().build().expect("a client");
        let mut browser = Self { driver, http, session: format!("http://127.0.0.1:{}/session", address.port()) };
        // Containers lack the namespaces for Chromium's own sandbox, and their /dev/shm is small.
        let arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1400"];
        let capabilities =
            json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": { "args": arguments } } } });
        let deadline = Instant::now() + START_TIMEOUT;
        let id = loop {
            match browser.command(Method::POST, "", &capabilities).await {
                Ok(session) => break session["sessionId"].as_str().expect("an id").to_owned(),
                Err(error) => assert!(Instant::now() < deadline, "the browser does not start: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    async fn command(&self, method: Method, path: &str, body: &Value) -> Result<Value, String> {
        let request = self.http.request(method, format!("{}{path}", self.session));
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let mut answer: Value = answer.json().await.map_err(|error| error.to_string())?;
        if status.is_success() { Ok(answer["value"].take()) } else { Err(answer.to_string()) }
    }

    pub(crate) async fn open(&self, url: &str) {
        self.command(Method::POST, "/url", &json!({ "url": url })).await.expect("the page opens");
    }

    pub(crate) async fn reload(&self) {
        self.command(Method::POST, "/refresh", &json!({})).await.expect("the page reloads");
    }

    /// Sets a minimum latency for every request, by a command that only chromedriver has.
    pub(crate) async fn delay(&self, latency: Duration) {
        let milliseconds = u64::try_from(latency.as_millis()).expect("a latency that fits in u64");
        let unbounded = 1_u64 << 30;
        let conditions = json!({
            "offline": false, "latency": milliseconds, "download_throughput": unbounded, "upload_throughput": unbounded,
        });
        let body = json!({ "network_conditions": conditions });
        self.command(Method::POST, "/chromium/network_conditions", &body).await.expect("sets the latency");
    }

    /// Sets the preferred color scheme: `light` or `dark`.
    pub(crate) async fn set_color_scheme(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.emulate("setEmulatedMedia", &json!({ "features": features })).await;
    }

    /// Emulates a screen of this size. A window cannot be as narrow as a phone.
    pub(crate) async fn set_screen(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.emulate("setDeviceMetricsOverride", &metrics).await;
    }

    /// Calls a method of the `Emulation` domain (Chrome DevTools Protocol).
    async fn emulate(&self, method: &str, parameters: &Value) {
        let body = json!({ "cmd": format!("Emulation.{method}"), "params": parameters });
        self.command(Method::POST, "/goog/cdp/execute", &body).await.expect("sets the emulation");
    }

    /// Sends key presses to the focused element (WebDriver, section 17.4.2).
    pub(crate) async fn press_keys(&self, keys: &str) {
        let press = |key: char| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }));
        let actions: Vec<Value> = keys.chars().flat_map(press).collect();
        let body = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.command(Method::POST, "/actions", &body).await.expect("presses the keys");
    }

    /// Opens another tab and switches to it.
    pub(crate) async fn open_tab(&self) {
        let opened = self.command(Method::POST, "/window/new", &json!({ "type": "tab" })).await.expect("a tab");
        self.command(Method::POST, "/window", &json!({ "handle": opened["handle"] }))
            .await
            .expect("switches to the tab");
    }

    /// Closes all tabs except the current one.
    pub(crate) async fn close_other_tabs(&self) {
        let current = self.command(Method::GET, "/window", &Value::Null).await.expect("a tab");
        let all = self.command(Method::GET, "/window/handles", &Value::Null).await.expect("tabs");
        for other in all.as_array().expect("a list").iter().filter(|handle| **handle != current) {
            self.command(Method::POST, "/window", &json!({ "handle": other })).await.expect("switches to the tab");
            self.command(Method::DELETE, "/window", &json!({})).await.expect("closes the tab");
        }
        self.command(Method::POST, "/window", &json!({ "handle": current })).await.expect("switches to the tab");
    }

    /// Takes a screenshot of the viewport, as PNG.
    pub(crate) async fn screenshot(&self) -> Vec<u8> {
        let png = self.command(Method::GET, "/screenshot", &Value::Null).await.expect("a screenshot");
        BASE64_STANDARD.decode(png.as_str().expect("a string")).expect("base64")
    }

    /// Runs a script and returns its result.
    pub(crate) async fn run(&self, script: &str, arguments: &[Value]) -> Value {
        let body = json!({ "script": script, "args": arguments });
        self.command(Method::POST, "/execute/sync", &body).await.expect("runs the script")
    }

    /// Runs a script and returns the value that it passes to its last argument, a callback.
    pub(crate) async fn run_async(&self, script: &str, arguments: &[Value]) -> Value {
        let body = json!({ "script": script, "args": arguments });
        self.command(Method::POST, "/execute/async", &body).await.expect("runs the script")
    }

    /// Types into the element that matches the selector. Returns whether the text could be typed.
    pub(crate) async fn type_into(&self, selector: &str, text: &str) -> bool {
        let body = json!({ "using": "css selector", "value": selector });
        let Ok(found) = self.command(Method::POST, "/element", &body).await else { return false };
        let element = found[ELEMENT].as_str().expect("an element");
        self.command(Method::POST, &format!("/element/{element}/value"), &json!({ "text": text })).await.is_ok()
    }

    pub(crate) async fn close(self) {
        self.command(Method::DELETE, "", &json!({})).await.expect("closes the browser");
    }
}
