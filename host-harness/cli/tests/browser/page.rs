//! What a person does on the page, and sees there.

use crate::chromium::{Chromium, ENTER};
use crate::process::Process;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Until something is seen that has to come.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Page {
    browser: Option<Chromium>,
    _demo: Option<Process>,
}

impl Page {
    pub(crate) async fn open() -> Self {
        let (demo, line) = Process::start(".".as_ref(), &["demo", "--listen", "127.0.0.1:0"]);
        let url = line.split(' ').next_back().expect("an address").trim().to_owned();
        Self { _demo: Some(demo), ..Self::at(&url).await }
    }

    /// The page at this address.
    pub(crate) async fn at(url: &str) -> Self {
        let browser = Chromium::start().await;
        browser.open(url).await;
        Self { browser: Some(browser), _demo: None }
    }

    /// From now on, whatever the page asks for takes so long at least.
    pub(crate) async fn slow(&self, latency: Duration) {
        self.browser().delay(latency).await;
    }

    pub(crate) async fn says_that_the_gateway_is_away(&self) {
        self.shows("#link", "No connection to the gateway").await;
    }

    pub(crate) async fn close(mut self) {
        self.browser.take().expect("a browser").close().await;
    }

    pub(crate) fn browser(&self) -> &Chromium {
        self.browser.as_ref().expect("it is open")
    }

    pub(crate) async fn reload(&self) {
        self.browser().reload().await;
    }

    async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.browser().run(script, &arguments).await
    }

    /// Waits until this part of the page shows these words.
    async fn shows(&self, part: &str, words: &str) {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        let end = Instant::now() + PATIENCE;
        loop {
            let shown = self.script(script, vec![json!(part)]).await;
            let shown = shown.as_str().unwrap_or_default();
            if shown.contains(words) {
                return;
            }
            assert!(Instant::now() < end, "{part} does not show {words:?} but {shown}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Presses the last of these that says so and can be seen.
    pub(crate) async fn press(&self, which: &str, words: &str) {
        let script = "const it = [...document.querySelectorAll(arguments[0])].findLast((one) => \
                      one.checkVisibility() && !one.disabled && one.innerText.trim() === arguments[1]); it?.click(); return Boolean(it)";
        let end = Instant::now() + PATIENCE;
        while self.script(script, vec![json!(which), json!(words)]).await != json!(true) {
            assert!(Instant::now() < end, "{which} {words:?} cannot be pressed");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn write(&self, field: &str, text: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.browser().type_into(field, &format!("{text}{ENTER}")).await {
            assert!(Instant::now() < end, "nothing can be typed into {field}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn say(&self, text: &str) {
        self.write("#words", text).await;
    }

    pub(crate) async fn chat_shows(&self, words: &str) {
        self.shows("#talk", words).await;
    }

    pub(crate) async fn wire_shows(&self, words: &str) {
        self.shows("#passed", words).await;
    }

    /// The user asks for a person, and an agent accepts.
    pub(crate) async fn hand_over(&self) {
        self.press("#human", "Talk to a person").await;
        self.choose_conversation().await;
        self.agent_does("accept").await;
        self.chat_shows("Grace Hopper has joined.").await;
    }

    pub(crate) async fn choose_conversation(&self) {
        let chooses = "const it = document.querySelector('#conversations button'); it?.click(); return Boolean(it)";
        let end = Instant::now() + PATIENCE;
        while self.script(chooses, vec![]).await != json!(true) {
            assert!(Instant::now() < end, "nobody waits");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn agent_does(&self, act: &str) {
        let words = match act {
            "accept" => "Accept",
            "transfer" => "Transfer to the queue",
            "disconnect" => "End",
            other => panic!("{other} is nothing that an agent does"),
        };
        self.press(&format!("[data-act='{act}']"), words).await;
    }

    pub(crate) async fn agent_presses(&self, words: &str) {
        self.press("#open-conversation .write button", words).await;
    }

    pub(crate) async fn agent_says(&self, text: &str) {
        self.write("#agent-words", text).await;
    }

    /// The user sends a file with this content, as if it had been chosen.
    pub(crate) async fn send_file(&self, input: &str, name: &str, mime: &str, base64: &str) {
        let script = "const [input, name, mime, base64] = arguments; const chosen = new DataTransfer(); \
            chosen.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type: mime })); \
            const field = document.querySelector(input); field.files = chosen.files; field.dispatchEvent(new Event('change'));";
        self.script(script, vec![json!(input), json!(name), json!(mime), json!(base64)]).await;
    }

    /// A picture in this part of the page has been loaded.
    pub(crate) async fn picture_in(&self, part: &str) {
        let script = "return [...document.querySelectorAll(arguments[0] + ' img')].some((image) => image.complete && image.naturalWidth > 0)";
        let end = Instant::now() + PATIENCE;
        while self.script(script, vec![json!(part)]).await != json!(true) {
            assert!(Instant::now() < end, "no picture in {part}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What axe-core finds that is serious or critical: which rule, and where.
    pub(crate) async fn violations(&self) -> Vec<String> {
        let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/axe/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(axe).expect("axe-core; `make browser-test` installs it");
        self.script(&axe, vec![]).await;
        let script = "const done = arguments[0]; axe.run().then((results) => done(results.violations \
            .filter((one) => ['serious', 'critical'].includes(one.impact)) \
            .map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(' ')}`)))";
        let found = self.browser().run_until(script, &[]).await;
        found.as_array().expect("a list").iter().map(ToString::to_string).collect()
    }

    pub(crate) async fn agent_sees(&self, words: &str) {
        self.shows("#open-conversation .talk", words).await;
    }

    /// Milliseconds from sending a text on one side until it is seen on the other; the median of some.
    pub(crate) async fn takes(&self, field: &str, form: &str, seen: &str) -> f64 {
        let script = "const [field, form, seen, text, done] = arguments; const began = performance.now(); \
            const place = document.querySelector(seen); \
            const look = () => { if (place.innerText.includes(text)) { watch.disconnect(); done(performance.now() - began); } }; \
            const watch = new MutationObserver(look); watch.observe(place, { childList: true, subtree: true, characterData: true }); \
            document.querySelector(field).value = text; document.querySelector(form).requestSubmit(); look();";
        let mut times = Vec::new();
        for round in 0..9 {
            let arguments = [json!(field), json!(form), json!(seen), json!(format!("message {field} {round}"))];
            times.push(self.browser().run_until(script, &arguments).await.as_f64().expect("a number"));
        }
        times.sort_by(f64::total_cmp);
        times[4]
    }
}
