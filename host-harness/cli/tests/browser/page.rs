//! What a person does on the page, and sees there.

use crate::chromium::{BACKSPACE, Chromium, ENTER, TAB};
use crate::process::Process;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Until something is seen that has to come.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Page {
    browser: Option<Chromium>,
    url: String,
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
        Self { browser: Some(browser), url: url.to_owned(), _demo: None }
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

    /// Waits until this script gives a truth; it says what it waits for.
    async fn until(&self, what: &str, script: &str, arguments: &[Value]) {
        let end = Instant::now() + PATIENCE;
        while self.browser().run(script, arguments).await != json!(true) {
            assert!(Instant::now() < end, "{what}: not in time");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until this part of the page shows these words.
    pub(crate) async fn shows(&self, part: &str, words: &str) {
        let script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText).join(' ')";
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

    /// This part of the page, which forgets nothing, does not have these words.
    pub(crate) async fn never_showed(&self, part: &str, words: &str) {
        let script = "return document.querySelector(arguments[0]).innerText";
        let shown = self.script(script, vec![json!(part)]).await;
        let shown = shown.as_str().expect("a text");
        assert!(!shown.contains(words), "{part} shows {words:?}: {shown}");
    }

    /// How often this part of the page, which forgets nothing, has these words.
    pub(crate) async fn times(&self, part: &str, words: &str) -> usize {
        let shown = self.script("return document.querySelector(arguments[0]).innerText", vec![json!(part)]).await;
        shown.as_str().expect("a text").matches(words).count()
    }

    /// Waits until this part of the page shows nothing.
    pub(crate) async fn says_nothing(&self, part: &str) {
        let script = "return document.querySelector(arguments[0]).innerText === ''";
        self.until(&format!("{part} says nothing"), script, &[json!(part)]).await;
    }

    /// Presses the last of these that says so and can be seen.
    pub(crate) async fn press(&self, which: &str, words: &str) {
        let script = "const it = [...document.querySelectorAll(arguments[0])].findLast((one) => \
                      one.checkVisibility() && !one.closest('[inert]') && one.innerText.trim() === arguments[1]); it?.click(); return Boolean(it)";
        self.until(&format!("{which} {words:?} can be pressed"), script, &[json!(which), json!(words)]).await;
    }

    /// Presses the last time that is offered in the chat; which it is, in ISO 8601.
    pub(crate) async fn press_last_time(&self) -> String {
        let script =
            "const it = [...document.querySelectorAll('#talk button time')].at(-1); it.click(); return it.dateTime";
        self.script(script, vec![]).await.as_str().expect("a text").to_owned()
    }

    /// Opens what is folded up here.
    pub(crate) async fn open_details(&self, which: &str) {
        let script = "const it = document.querySelector(arguments[0]); if (it && !it.open) it.querySelector('summary').click(); \
                      return Boolean(it)";
        self.until(&format!("{which} opens"), script, &[json!(which)]).await;
    }

    async fn write(&self, field: &str, text: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.browser().type_into(field, &format!("{text}{ENTER}")).await {
            assert!(Instant::now() < end, "nothing can be typed into {field}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Types this in place of what stands in a field.
    pub(crate) async fn enter(&self, field: &str, text: &str) {
        self.script("document.querySelector(arguments[0]).select()", vec![json!(field)]).await;
        let keys = if text.is_empty() { BACKSPACE.to_string() } else { text.to_owned() };
        assert!(self.browser().type_into(field, &keys).await, "nothing can be typed into {field}");
    }

    pub(crate) async fn value_is(&self, field: &str, value: &str) {
        let script = "return document.querySelector(arguments[0])?.value === arguments[1]";
        self.until(&format!("{field} has {value:?}"), script, &[json!(field), json!(value)]).await;
    }

    pub(crate) async fn keys(&self, keys: impl ToString) {
        self.browser().keys(&keys.to_string()).await;
    }

    /// Goes with the tab key until one of these has the focus.
    pub(crate) async fn tab_to(&self, which: &str) {
        self.tab_to_words(which, "").await;
    }

    /// Goes with the tab key until one of these has the focus that has these words.
    pub(crate) async fn tab_to_words(&self, which: &str, words: &str) {
        // More stops than the page has.
        const STOPS: usize = 150;
        let script =
            "const it = document.activeElement; return it.matches(arguments[0]) && it.innerText.includes(arguments[1])";
        for _ in 0..STOPS {
            self.keys(TAB).await;
            if self.script(script, vec![json!(which), json!(words)]).await == json!(true) {
                return;
            }
        }
        panic!("the tab key does not lead to {which} {words:?}");
    }

    pub(crate) async fn has_focus(&self, which: &str) {
        let script = "return document.activeElement.matches(arguments[0])";
        self.until(&format!("{which} has the focus"), script, &[json!(which)]).await;
    }

    /// The page once more, in another tab of the same browser.
    pub(crate) async fn second_tab(&self) {
        self.browser().open_tab().await;
        self.browser().open(&self.url).await;
    }

    pub(crate) async fn close_first_tab(&self) {
        self.browser().close_other_tabs().await;
    }

    /// What is behind a link.
    pub(crate) async fn reads(&self, link: &str) -> String {
        let script = "const [link, done] = arguments; fetch(document.querySelector(link).href).then((got) => got.text()).then(done)";
        self.browser().run_until(script, &[json!(link)]).await.as_str().expect("a text").to_owned()
    }

    /// What was said in this part of the page, in its order, of what contains one of these words.
    pub(crate) async fn said(&self, part: &str, words: &[&str]) -> Vec<String> {
        let script =
            "return [...document.querySelectorAll(arguments[0] + ' .bubble')].map((one) => one.innerText.trim())";
        let said = self.script(script, vec![json!(part)]).await;
        let said = said.as_array().expect("a list").iter().map(|one| one.as_str().expect("a text").to_owned());
        said.filter(|said| words.contains(&said.as_str())).collect()
    }

    /// What is cut off, or has to be scrolled to, at the right of the page.
    pub(crate) async fn too_wide(&self) -> Vec<String> {
        let script = "const wide = document.documentElement.clientWidth; \
            if (document.documentElement.scrollWidth <= wide) return []; \
            return [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > wide) \
                .map((one) => `${one.tagName} ${one.id} ${one.className}`)";
        let found = self.script(script, vec![]).await;
        found.as_array().expect("a list").iter().map(ToString::to_string).collect()
    }

    pub(crate) async fn say(&self, text: &str) {
        self.write("#words", text).await;
    }

    pub(crate) async fn chat_shows(&self, words: &str) {
        self.shows("#talk", words).await;
    }

    /// The trace has an entry of this kind with this title, in which these words are.
    pub(crate) async fn trace_has(&self, kind: &str, title: &str, words: &str) {
        let script = "const [kind, title, words] = arguments; return [...document.querySelectorAll(`#passed .${kind}`)].some((one) => \
            one.querySelector('strong').textContent === title && one.querySelector('pre').textContent.includes(words))";
        let arguments = [json!(kind), json!(title), json!(words)];
        self.until(&format!("the trace has a {kind}, {title:?}, with {words:?}"), script, &arguments).await;
    }

    pub(crate) async fn ask_for_a_person(&self) {
        self.press("#human", "Talk to a person").await;
    }

    /// The user asks for a person, and an agent accepts.
    pub(crate) async fn hand_over(&self) {
        self.ask_for_a_person().await;
        self.choose_conversation().await;
        self.agent_does("accept").await;
        self.chat_shows("Grace Hopper has joined.").await;
    }

    pub(crate) async fn choose_conversation(&self) {
        let script = "const it = document.querySelector('#conversations button'); it?.click(); return Boolean(it)";
        self.until("somebody waits", script, &[]).await;
    }

    pub(crate) async fn agent_does(&self, act: &str) {
        let words = match act {
            "accept" => "Accept",
            "offer" => "Let it ring",
            "decline" => "Decline",
            "transfer" => "Transfer to the queue",
            "disconnect" => "End",
            "wrap-up" => "Wrap up",
            other => panic!("{other} is nothing that an agent does"),
        };
        self.press(&format!("[data-act='{act}']"), words).await;
    }

    /// Waits until the desk offers this act.
    pub(crate) async fn agent_can(&self, act: &str) {
        let script = "return Boolean(document.querySelector(`[data-act='${arguments[0]}']`)?.checkVisibility())";
        self.until(&format!("the desk offers {act:?}"), script, &[json!(act)]).await;
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
        self.until(&format!("a picture in {part}"), script, &[json!(part)]).await;
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
