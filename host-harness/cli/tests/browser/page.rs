//! The demo page: the actions of a user and of an agent, and assertions on what the page shows.

use crate::chromium::{BACKSPACE, Chromium, ENTER, TAB};
use crate::process::Process;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Maximum time for an expected element to appear.
const WAIT_TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) struct Page {
    browser: Option<Chromium>,
    url: String,
    _demo: Option<Process>,
}

impl Page {
    pub(crate) async fn open() -> Self {
        let (demo, line) = Process::start(".".as_ref(), &["demo", "--listen", "127.0.0.1:0"]);
        let url = line.split(' ').next_back().expect("an address").trim().to_owned();
        Self { _demo: Some(demo), ..Self::open_url(&url).await }
    }

    /// Opens the page at this URL.
    pub(crate) async fn open_url(url: &str) -> Self {
        let browser = Chromium::start().await;
        browser.open(url).await;
        Self { browser: Some(browser), url: url.to_owned(), _demo: None }
    }

    /// Sets a minimum latency for every request of the page.
    pub(crate) async fn set_latency(&self, latency: Duration) {
        self.browser().delay(latency).await;
    }

    pub(crate) async fn shows_the_gateway_as_unreachable(&self) {
        self.shows("#link", "No connection to the gateway").await;
    }

    pub(crate) async fn close(mut self) {
        self.browser.take().expect("a browser").close().await;
    }

    pub(crate) fn browser(&self) -> &Chromium {
        self.browser.as_ref().expect("an open browser")
    }

    pub(crate) async fn reload(&self) {
        self.browser().reload().await;
    }

    async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.browser().run(script, &arguments).await
    }

    /// Waits until this script returns `true`. `expected` describes the condition in the error.
    async fn until(&self, expected: &str, script: &str, arguments: &[Value]) {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        while self.browser().run(script, arguments).await != json!(true) {
            assert!(Instant::now() < deadline, "timed out: {expected}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until this part of the page shows this text.
    pub(crate) async fn shows(&self, part: &str, text: &str) {
        let script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText).join(' ')";
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let shown = self.script(script, vec![json!(part)]).await;
            let shown = shown.as_str().unwrap_or_default();
            if shown.contains(text) {
                return;
            }
            assert!(Instant::now() < deadline, "{part} does not show {text:?} but {shown}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asserts that this part of the page, which keeps everything it shows, does not contain this text.
    pub(crate) async fn has_never_shown(&self, part: &str, text: &str) {
        let script = "return document.querySelector(arguments[0]).innerText";
        let shown = self.script(script, vec![json!(part)]).await;
        let shown = shown.as_str().expect("a string");
        assert!(!shown.contains(text), "{part} shows {text:?}: {shown}");
    }

    /// Returns how often this part of the page, which keeps everything it shows, contains this text.
    pub(crate) async fn occurrences(&self, part: &str, text: &str) -> usize {
        let shown = self.script("return document.querySelector(arguments[0]).innerText", vec![json!(part)]).await;
        shown.as_str().expect("a string").matches(text).count()
    }

    /// Waits until this part of the page shows no text.
    pub(crate) async fn is_empty(&self, part: &str) {
        let script = "return document.querySelector(arguments[0]).innerText === ''";
        self.until(&format!("{part} is empty"), script, &[json!(part)]).await;
    }

    /// Presses the last visible element that matches the selector and has this text.
    pub(crate) async fn press(&self, selector: &str, text: &str) {
        let script = "const it = [...document.querySelectorAll(arguments[0])].findLast((one) => \
                      one.checkVisibility() && !one.closest('[inert]') && one.innerText.trim() === arguments[1]); it?.click(); return Boolean(it)";
        self.until(&format!("{selector} {text:?} can be pressed"), script, &[json!(selector), json!(text)]).await;
    }

    /// Presses the last time slot that the chat offers. Returns the time in ISO 8601.
    pub(crate) async fn press_last_time(&self) -> String {
        let script =
            "const it = [...document.querySelectorAll('#talk button time')].at(-1); it.click(); return it.dateTime";
        self.script(script, vec![]).await.as_str().expect("a string").to_owned()
    }

    /// Opens a `<details>` element.
    pub(crate) async fn open_details(&self, selector: &str) {
        let script = "const it = document.querySelector(arguments[0]); if (it && !it.open) it.querySelector('summary').click(); \
                      return Boolean(it)";
        self.until(&format!("{selector} opens"), script, &[json!(selector)]).await;
    }

    async fn type_and_send(&self, field: &str, text: &str) {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        while !self.browser().type_into(field, &format!("{text}{ENTER}")).await {
            assert!(Instant::now() < deadline, "nothing can be typed into {field}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Replaces the text of a field.
    pub(crate) async fn enter(&self, field: &str, text: &str) {
        self.script("document.querySelector(arguments[0]).select()", vec![json!(field)]).await;
        let keys = if text.is_empty() { BACKSPACE.to_string() } else { text.to_owned() };
        assert!(self.browser().type_into(field, &keys).await, "nothing can be typed into {field}");
    }

    pub(crate) async fn has_value(&self, field: &str, value: &str) {
        let script = "return document.querySelector(arguments[0])?.value === arguments[1]";
        self.until(&format!("{field} has {value:?}"), script, &[json!(field), json!(value)]).await;
    }

    pub(crate) async fn keys(&self, keys: impl ToString) {
        self.browser().press_keys(&keys.to_string()).await;
    }

    /// Presses the tab key until an element that matches the selector has the focus.
    pub(crate) async fn tab_to(&self, selector: &str) {
        self.tab_to_text(selector, "").await;
    }

    /// Presses the tab key until an element that matches the selector and contains this text has the focus.
    pub(crate) async fn tab_to_text(&self, selector: &str, text: &str) {
        // More than the page has.
        const MAX_TAB_STOPS: usize = 150;
        let script =
            "const it = document.activeElement; return it.matches(arguments[0]) && it.innerText.includes(arguments[1])";
        for _ in 0..MAX_TAB_STOPS {
            self.keys(TAB).await;
            if self.script(script, vec![json!(selector), json!(text)]).await == json!(true) {
                return;
            }
        }
        panic!("the tab key does not reach {selector} {text:?}");
    }

    pub(crate) async fn has_focus(&self, selector: &str) {
        let script = "return document.activeElement.matches(arguments[0])";
        self.until(&format!("{selector} has the focus"), script, &[json!(selector)]).await;
    }

    /// Opens the page again in another tab of the same browser.
    pub(crate) async fn open_second_tab(&self) {
        self.browser().open_tab().await;
        self.browser().open(&self.url).await;
    }

    pub(crate) async fn close_first_tab(&self) {
        self.browser().close_other_tabs().await;
    }

    /// Fetches the target of a link and returns its text.
    pub(crate) async fn fetch_link(&self, link: &str) -> String {
        let script = "const [link, done] = arguments; fetch(document.querySelector(link).href).then((got) => got.text()).then(done)";
        self.browser().run_async(script, &[json!(link)]).await.as_str().expect("a string").to_owned()
    }

    /// Returns the chat bubbles in this part of the page whose text is one of these texts, in order.
    pub(crate) async fn bubbles(&self, part: &str, texts: &[&str]) -> Vec<String> {
        let script =
            "return [...document.querySelectorAll(arguments[0] + ' .bubble')].map((one) => one.innerText.trim())";
        let bubbles = self.script(script, vec![json!(part)]).await;
        let bubbles = bubbles.as_array().expect("a list").iter().map(|one| one.as_str().expect("a string").to_owned());
        bubbles.filter(|bubble| texts.contains(&bubble.as_str())).collect()
    }

    /// Returns the elements that overflow the right edge of the page.
    pub(crate) async fn overflowing_elements(&self) -> Vec<String> {
        let script = "const wide = document.documentElement.clientWidth; \
            if (document.documentElement.scrollWidth <= wide) return []; \
            return [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > wide) \
                .map((one) => `${one.tagName} ${one.id} ${one.className}`)";
        let found = self.script(script, vec![]).await;
        found.as_array().expect("a list").iter().map(ToString::to_string).collect()
    }

    /// Chooses an option after which the page loads again.
    pub(crate) async fn choose(&self, select: &str, value: &str) {
        let script = "const it = document.querySelector(arguments[0]); if (!it?.checkVisibility()) return false; \
            window.isOld = true; it.value = arguments[1]; it.dispatchEvent(new Event('change')); return true";
        self.until(&format!("{select} can be chosen"), script, &[json!(select), json!(value)]).await;
        let script = "return !window.isOld && Boolean(document.querySelector('#chat')?.checkVisibility())";
        self.until("the page loads again", script, &[]).await;
    }

    pub(crate) async fn write(&self, text: &str) {
        self.type_and_send("#words", text).await;
    }

    pub(crate) async fn chat_shows(&self, text: &str) {
        self.shows("#talk", text).await;
    }

    /// Waits until the trace has an entry of this kind and title that contains this text.
    pub(crate) async fn trace_has(&self, kind: &str, title: &str, text: &str) {
        let script = "const [kind, title, text] = arguments; return [...document.querySelectorAll(`#passed .${kind}`)].some((one) => \
            one.querySelector('strong').textContent === title && one.querySelector('pre').textContent.includes(text))";
        let arguments = [json!(kind), json!(title), json!(text)];
        self.until(&format!("the trace has a {kind} {title:?} with {text:?}"), script, &arguments).await;
    }

    pub(crate) async fn request_agent(&self) {
        self.press("#human", "Talk to a person").await;
    }

    /// Requests an agent as the user, and accepts as the agent.
    pub(crate) async fn hand_over(&self) {
        self.request_agent().await;
        self.choose_conversation().await;
        self.agent_does("accept").await;
        self.chat_shows("Grace Hopper has joined.").await;
    }

    pub(crate) async fn choose_conversation(&self) {
        let script = "const it = document.querySelector('#conversations button'); it?.click(); return Boolean(it)";
        self.until("a conversation is waiting", script, &[]).await;
    }

    pub(crate) async fn agent_does(&self, act: &str) {
        let label = match act {
            "accept" => "Accept",
            "offer" => "Offer to agent",
            "decline" => "Decline",
            "transfer" => "Transfer to the queue",
            "disconnect" => "End",
            "wrap-up" => "Wrap up",
            other => panic!("{other} is not an agent action"),
        };
        self.press(&format!("[data-act='{act}']"), label).await;
    }

    /// Waits until the desk offers this action.
    pub(crate) async fn agent_can(&self, act: &str) {
        let script = "return Boolean(document.querySelector(`[data-act='${arguments[0]}']`)?.checkVisibility())";
        self.until(&format!("the desk offers {act:?}"), script, &[json!(act)]).await;
    }

    pub(crate) async fn agent_presses(&self, label: &str) {
        self.press("#open-conversation .write button", label).await;
    }

    pub(crate) async fn agent_writes(&self, text: &str) {
        self.type_and_send("#agent-words", text).await;
    }

    /// Sends a file with this content, as if the user had chosen it in a file dialog.
    pub(crate) async fn send_file(&self, input: &str, name: &str, mime: &str, base64: &str) {
        let script = "const [input, name, mime, base64] = arguments; const chosen = new DataTransfer(); \
            chosen.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type: mime })); \
            const field = document.querySelector(input); field.files = chosen.files; field.dispatchEvent(new Event('change'));";
        self.script(script, vec![json!(input), json!(name), json!(mime), json!(base64)]).await;
    }

    /// Waits until this part of the page has loaded an image.
    pub(crate) async fn has_image(&self, part: &str) {
        let script = "return [...document.querySelectorAll(arguments[0] + ' img')].some((image) => image.complete && image.naturalWidth > 0)";
        self.until(&format!("an image in {part}"), script, &[json!(part)]).await;
    }

    /// Returns the serious and critical violations that axe-core finds: the rule and the elements.
    pub(crate) async fn violations(&self) -> Vec<String> {
        let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/axe/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(axe).expect("axe-core; `make browser-test` installs it");
        self.script(&axe, vec![]).await;
        let script = "const done = arguments[0]; axe.run().then((results) => done(results.violations \
            .filter((one) => ['serious', 'critical'].includes(one.impact)) \
            .map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(' ')}`)))";
        let found = self.browser().run_async(script, &[]).await;
        found.as_array().expect("a list").iter().map(ToString::to_string).collect()
    }

    pub(crate) async fn agent_sees(&self, text: &str) {
        self.shows("#open-conversation .talk", text).await;
    }

    /// Returns the median time of 9 messages, in milliseconds, from submitting a form until `target` shows the text.
    pub(crate) async fn median_latency_ms(&self, field: &str, form: &str, target: &str) -> f64 {
        let script = "const [field, form, target, text, done] = arguments; const began = performance.now(); \
            const place = document.querySelector(target); \
            const look = () => { if (place.innerText.includes(text)) { watch.disconnect(); done(performance.now() - began); } }; \
            const watch = new MutationObserver(look); watch.observe(place, { childList: true, subtree: true, characterData: true }); \
            document.querySelector(field).value = text; document.querySelector(form).requestSubmit(); look();";
        let mut times = Vec::new();
        for round in 0..9 {
            let arguments = [json!(field), json!(form), json!(target), json!(format!("message {field} {round}"))];
            times.push(self.browser().run_async(script, &arguments).await.as_f64().expect("a number"));
        }
        times.sort_by(f64::total_cmp);
        times[4]
    }
}
