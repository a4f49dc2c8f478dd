//! A page as a person meets it: by role and name, by what can be read, by where the focus is.
//!
//! Names and roles come from the browser's own accessibility tree, so what a test finds here is what a
//! screen reader finds.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, FixedOffset};
use serde_json::{Value, json};
use thirtyfour::error::WebDriverErrorInner as Driver;
use thirtyfour::prelude::WebDriverResult;
use thirtyfour::{By, Key, TypingData, WebDriver, WebElement};

use crate::browser::{Look, Window, media};
use crate::{root, tool, until};

/// The member that names an element in WebDriver.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Runs before any script of the page and keeps what must never happen.
const WATCH: &str = r"(() => {
  const seen = [];
  Object.defineProperty(window, 'portico_faults', { value: seen });
  addEventListener('securitypolicyviolation', e =>
    seen.push(`policy ${e.effectiveDirective}: ${e.blockedURI} ${e.sample} at ${e.sourceFile}:${e.lineNumber}`), true);
  addEventListener('error', e => { if (e.message) seen.push(`error: ${e.message} at ${e.filename}:${e.lineno}`); }, true);
  addEventListener('unhandledrejection', e => seen.push(`rejection: ${e.reason}`));
})()";

/// How the accessible name must read.
#[derive(Debug, Clone)]
pub enum Name {
    /// Exactly so.
    Is(String),
    /// With this in it.
    Has(String),
    /// Any name, also none.
    Any,
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self::Is(name.to_owned())
    }
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self::Is(name)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(name) => write!(f, "{name:?}"),
            Self::Has(part) => write!(f, "…{part:?}…"),
            Self::Any => write!(f, "of any name"),
        }
    }
}

/// A name with `part` in it.
pub fn has(part: &str) -> Name {
    Name::Has(part.to_owned())
}

/// One thing of the accessibility tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The ARIA role, as the browser computed it.
    pub role: String,
    /// The accessible name.
    pub name: String,
    /// The accessible description: hints and errors.
    pub description: String,
    id: u64,
}

/// Where the focus is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Focus {
    /// The role of the focused element.
    pub role: String,
    /// Its accessible name.
    pub name: String,
    /// Whether an outline or a shadow shows where it is.
    pub visible: bool,
    /// What lies over all of it, or how it is outside the window; `None` where it can be seen.
    pub obscured: Option<String>,
}

/// The tab in front.
#[derive(Debug, Clone)]
pub struct Page {
    driver: WebDriver,
}

impl Page {
    pub(crate) fn new(driver: WebDriver) -> Self {
        Self { driver }
    }

    /// What a fresh tab needs once.
    pub(crate) async fn prepare(&self) {
        self.cdp("Page.enable", json!({})).await;
        self.cdp("DOM.enable", json!({})).await;
        self.cdp(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({"source": WATCH}),
        )
        .await;
    }

    /// The driver, for what this type does not offer.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Sends a command of the DevTools protocol.
    pub async fn cdp(&self, method: &str, params: Value) -> Value {
        self.try_cdp(method, params)
            .await
            .unwrap_or_else(|e| panic!("{e}"))
    }

    /// The same for what may be asked while one document gives way to another.
    async fn try_cdp(&self, method: &str, params: Value) -> Result<Value, String> {
        let answer = self.driver.cdp().send_raw(method, params).await;
        answer.map_err(|e| format!("{method}: {e}"))
    }

    /// Runs the body of a function in the page and returns what it returns; a promise is awaited.
    pub async fn run(&self, body: &str, arguments: Vec<Value>) -> Value {
        self.try_run(body, arguments)
            .await
            .unwrap_or_else(|e| panic!("{e}"))
    }

    async fn try_run(&self, body: &str, arguments: Vec<Value>) -> Result<Value, String> {
        let answer = self.driver.execute(body, arguments).await;
        answer
            .map(|answer| answer.json().clone())
            .map_err(|e| format!("{e} in {body:.300}"))
    }

    // --- Going places

    /// Opens an address and waits until it has loaded.
    pub async fn open(&self, url: &str) {
        self.driver
            .goto(url)
            .await
            .unwrap_or_else(|e| panic!("{url} does not open: {e}"));
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.driver.refresh().await.unwrap();
    }

    /// One step back in the history.
    pub async fn back(&self) {
        self.driver.back().await.unwrap();
    }

    /// The address.
    pub async fn url(&self) -> String {
        self.driver.current_url().await.unwrap().to_string()
    }

    /// Waits until the path of the address is `path`.
    pub async fn at_path(&self, path: &str) {
        until(&format!("the path {path}"), || async {
            let url = self.driver.current_url().await.map_err(|e| e.to_string())?;
            if url.path() == path {
                Ok(())
            } else {
                Err(format!("the address is {url}"))
            }
        })
        .await;
    }

    /// The title of the document.
    pub async fn title(&self) -> String {
        self.driver.title().await.unwrap()
    }

    // --- Finding

    /// The one thing with this ARIA role and name. It is looked up anew by everything done with it.
    pub fn by(&self, role: &'static str, name: impl Into<Name>) -> Found {
        self.by_roles(&[role], name.into())
    }

    fn by_roles(&self, roles: &[&'static str], name: Name) -> Found {
        Found {
            page: self.clone(),
            roles: roles.to_vec(),
            name,
            nth: None,
        }
    }

    /// A button.
    pub fn button(&self, name: impl Into<Name>) -> Found {
        self.by("button", name)
    }

    /// A link.
    pub fn link(&self, name: impl Into<Name>) -> Found {
        self.by("link", name)
    }

    /// A heading of any level.
    pub fn heading(&self, name: impl Into<Name>) -> Found {
        self.by("heading", name)
    }

    /// A radio button.
    pub fn radio(&self, name: impl Into<Name>) -> Found {
        self.by("radio", name)
    }

    /// A check box.
    pub fn checkbox(&self, name: impl Into<Name>) -> Found {
        self.by("checkbox", name)
    }

    /// Anything that takes text, a number, a date or a choice from a list.
    pub fn field(&self, name: impl Into<Name>) -> Found {
        const ROLES: [&str; 9] = [
            "textbox",
            "searchbox",
            "combobox",
            "spinbutton",
            "listbox",
            "Date",
            "DateTime",
            "InputTime",
            "slider",
        ];
        self.by_roles(&ROLES, name.into())
    }

    /// A region, a form, a list item or whatever else is needed by its role.
    async fn nodes(&self, roles: &[&str], name: &Name) -> Result<Vec<Node>, String> {
        let document = self
            .try_cdp("Runtime.evaluate", json!({"expression": "document"}))
            .await?;
        let mut query = json!({"objectId": document["result"]["objectId"]});
        if let Name::Is(name) = name {
            query["accessibleName"] = json!(name);
        }
        if let [role] = roles {
            query["role"] = json!(role);
        }
        let answer = self.try_cdp("Accessibility.queryAXTree", query).await?;
        let all = answer["nodes"].as_array().cloned().unwrap_or_default();
        let seen = all
            .iter()
            .filter(|node| node["ignored"] != true)
            .map(read_node);
        Ok(seen
            .filter(|node| roles.is_empty() || roles.contains(&node.role.as_str()))
            .filter(|node| match name {
                Name::Has(part) => node.name.contains(part.as_str()),
                Name::Is(_) | Name::Any => true,
            })
            .collect())
    }

    async fn element(&self, node: &Node) -> WebDriverResult<WebElement> {
        // The driver names an element by frame, document and the same number that the tree has.
        let html = self.driver.find(By::Tag("html")).await?;
        let id = html.element_id().to_string();
        let (front, _) = id.rsplit_once('.').expect("an element id has parts");
        WebElement::from_json(
            json!({ELEMENT: format!("{front}.{}", node.id)}),
            self.driver.handle().clone(),
        )
    }

    /// Everything of the accessibility tree that has a role and a name, one a line, for messages.
    pub async fn outline(&self) -> String {
        let nodes = self.nodes(&[], &Name::Any).await.unwrap_or_default();
        let dull = [
            "StaticText",
            "InlineTextBox",
            "none",
            "generic",
            "LineBreak",
            "ListMarker",
        ];
        let told = nodes
            .iter()
            .filter(|node| !dull.contains(&node.role.as_str()));
        told.map(|node| format!("  {} {:?}\n", node.role, node.name))
            .collect()
    }

    // --- Reading

    /// All text that is shown, with single spaces.
    pub async fn text(&self) -> String {
        self.try_text().await.unwrap_or_else(|e| panic!("{e}"))
    }

    async fn try_text(&self) -> Result<String, String> {
        let body = "return document.body ? document.body.innerText : ''";
        let text = self.try_run(body, vec![]).await?;
        Ok(squeeze(text.as_str().unwrap_or_default()))
    }

    /// Waits until `text` is shown.
    pub async fn see(&self, text: &str) {
        let wanted = squeeze(text);
        until(&format!("the text {wanted:?}"), || async {
            let shown = self.try_text().await?;
            if shown.contains(&wanted) {
                Ok(())
            } else {
                Err(format!("the page at {} says: {shown}", self.url().await))
            }
        })
        .await;
    }

    /// Waits until `text` is not shown.
    pub async fn not_see(&self, text: &str) {
        let unwanted = squeeze(text);
        until(&format!("the text {unwanted:?} to be gone"), || async {
            let shown = self.try_text().await?;
            if shown.contains(&unwanted) {
                Err(format!("the page says: {shown}"))
            } else {
                Ok(())
            }
        })
        .await;
    }

    /// The programs of the portal that this document has loaded.
    pub async fn programs(&self) -> Vec<String> {
        let names = "return performance.getEntriesByType('resource')
            .map(e => /([a-z]+)-[0-9a-f]+\\.wasm$/.exec(e.name)?.[1]).filter(Boolean)";
        serde_json::from_value(self.run(names, vec![]).await).unwrap()
    }

    /// The language that the document declares.
    pub async fn language(&self) -> String {
        self.run("return document.documentElement.lang", vec![])
            .await
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    // --- Keys and focus

    /// Presses a key where the focus is.
    pub async fn press(&self, key: Key) {
        self.driver
            .action_chain()
            .send_keys(key)
            .perform()
            .await
            .unwrap();
    }

    /// Presses a key while another is held: Shift and Tab, Control and Enter.
    pub async fn press_with(&self, held: Key, key: impl Into<TypingData>) {
        let chain = self
            .driver
            .action_chain()
            .key_down(held.clone())
            .send_keys(key)
            .key_up(held);
        chain.perform().await.unwrap();
    }

    /// Types where the focus is.
    pub async fn type_text(&self, text: &str) {
        if text.is_ascii() {
            self.driver
                .action_chain()
                .send_keys(text)
                .perform()
                .await
                .unwrap();
        } else {
            // As an input method does it: the driver has no keys for Chinese or for emoji.
            self.cdp("Input.insertText", json!({"text": text})).await;
        }
    }

    /// What an input method does while it composes: `unfinished` stands in the field, not yet entered.
    pub async fn compose(&self, unfinished: &str) {
        let length = unfinished.encode_utf16().count();
        let params = json!({"text": unfinished, "selectionStart": length, "selectionEnd": length});
        self.cdp("Input.imeSetComposition", params).await;
    }

    /// Where the focus is.
    pub async fn focused(&self) -> Focus {
        until("the focus", || self.try_focused()).await
    }

    async fn try_focused(&self) -> Result<Focus, String> {
        let active = json!({"expression": "document.activeElement"});
        let active = self.try_cdp("Runtime.evaluate", active).await?;
        let params = json!({"objectId": active["result"]["objectId"], "fetchRelatives": false});
        let tree = self
            .try_cdp("Accessibility.getPartialAXTree", params)
            .await?;
        let node = read_node(&tree["nodes"][0]);
        let visible = self.try_run(FOCUS_SHOWS, vec![]).await? == json!(true);
        let obscured = self.try_run(FOCUS_IS_OBSCURED_BY, vec![]).await?;
        Ok(Focus {
            role: node.role,
            name: node.name,
            visible,
            obscured: obscured.as_str().map(str::to_owned),
        })
    }

    /// Waits until the focus is on the thing with this role and name, and that can be seen.
    pub async fn focus_on(&self, role: &str, name: &str) {
        until(&format!("the focus on {role} {name:?}"), || async {
            let focus = self.try_focused().await?;
            if focus.role == role && focus.name == name && focus.obscured.is_none() {
                Ok(())
            } else {
                Err(format!("it is on {focus:?}"))
            }
        })
        .await;
    }

    /// Presses Tab until the focus is on the thing with this role and name, as someone without a mouse
    /// must. Every stop on the way has to show the focus.
    pub async fn tab_to(&self, role: &str, name: impl Into<Name>) {
        let name = name.into();
        let mut stops = Vec::new();
        for _ in 0..200 {
            self.press(Key::Tab).await;
            let focus = self.focused().await;
            assert!(focus.visible, "nothing shows that {focus:?} has the focus");
            if focus.obscured.is_some() {
                // It may still be scrolling into view.
                until("the focus to be seen", || async {
                    let focus = self.try_focused().await?;
                    if focus.obscured.is_some() {
                        Err(format!("{focus:?} is not"))
                    } else {
                        Ok(())
                    }
                })
                .await;
            }
            let here = match &name {
                Name::Is(name) => focus.name == *name,
                Name::Has(part) => focus.name.contains(part.as_str()),
                Name::Any => true,
            };
            if focus.role == role && here {
                return;
            }
            stops.push(format!("{} {:?}", focus.role, focus.name));
        }
        panic!(
            "no Tab reaches {role} {name}; it stops at:\n{}",
            stops[..stops.len().min(80)].join("\n")
        );
    }

    // --- Files

    /// Picks files in the page's only file input, as its button would.
    pub async fn choose_files(&self, files: &[&Path]) {
        let input = until("a file input", || async {
            self.driver
                .find(By::Css("input[type=file]"))
                .await
                .map_err(|e| e.to_string())
        })
        .await;
        let list: Vec<&str> = files
            .iter()
            .map(|file| file.to_str().expect("the path is text"))
            .collect();
        input.send_keys(list.join("\n")).await.unwrap();
    }

    /// Drags files from the desktop over `target` and drops them.
    pub async fn drop_files(&self, target: &Found, files: &[&Path]) {
        let element = target.element().await;
        element.scroll_into_view().await.unwrap();
        let place = self.run("const r = arguments[0].getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]", vec![element.to_json().unwrap()]).await;
        let data = json!({"items": [], "files": files, "dragOperationsMask": 1});
        for step in ["dragEnter", "dragOver", "drop"] {
            self.cdp(
                "Input.dispatchDragEvent",
                json!({"type": step, "x": place[0], "y": place[1], "data": data}),
            )
            .await;
        }
    }

    /// Pastes a file where the focus is, as a screenshot comes from the clipboard.
    pub async fn paste_file(&self, name: &str, kind: &str, bytes: &[u8]) {
        let body = "const [name, type, text] = arguments;
            const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], name, { type }));
            (document.activeElement ?? document.body).dispatchEvent(
              new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))";
        self.run(
            body,
            vec![json!(name), json!(kind), json!(STANDARD.encode(bytes))],
        )
        .await;
    }

    // --- The customer's surroundings

    /// Changes the size of the window.
    pub async fn window(&self, window: Window) {
        let (width, height) = window.size();
        self.resize(width, height).await;
    }

    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let params =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.cdp("Emulation.setDeviceMetricsOverride", params).await;
    }

    /// Changes what the customer has set in the system.
    pub async fn look(&self, look: Look) {
        self.cdp("Emulation.setEmulatedMedia", media(look)).await;
        // Colours may take a moment to change.
        self.run(SETTLED, vec![]).await;
    }

    /// Moves the customer to another time zone.
    pub async fn zone(&self, iana: &str) {
        self.cdp("Emulation.setTimezoneOverride", json!({"timezoneId": iana}))
            .await;
    }

    /// The page on paper, as PDF.
    pub async fn paper(&self) -> Vec<u8> {
        let pdf = self.cdp("Page.printToPDF", json!({})).await;
        STANDARD.decode(pdf["data"].as_str().unwrap()).unwrap()
    }

    /// The page on paper as a PDF file.
    pub async fn print(&self, file: &Path) {
        std::fs::write(file, self.paper().await).unwrap();
    }

    /// Sets the clock of the customer's device, for every document from now on.
    pub async fn device_clock(&self, at: DateTime<FixedOffset>) {
        let source = format!(
            "{{ const Real = Date, off = {} - Real.now();
               globalThis.Date = class extends Real {{
                 constructor(...of) {{ if (of.length) super(...of); else super(Real.now() + off); }}
                 static now() {{ return Real.now() + off; }}
               }}; }}",
            at.timestamp_millis()
        );
        self.cdp(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({"source": source}),
        )
        .await;
    }

    /// Pulls or plugs the network, as the browser knows it. Open streams live on: for those see
    /// [`crate::FaultProxy::offline`].
    pub async fn offline(&self, offline: bool) {
        self.network(json!({"offline": offline})).await;
    }

    /// Makes every answer come this much later.
    pub async fn latency(&self, latency: Duration) {
        self.network(json!({"latency": latency.as_millis() as u64}))
            .await;
    }

    /// Lets through so many bytes a second in each direction.
    pub async fn slow_network(&self, bytes: u64) {
        self.network(json!({"downloadThroughput": bytes, "uploadThroughput": bytes}))
            .await;
    }

    /// Sets the conditions of the network; what is not said is as on a good day.
    async fn network(&self, conditions: Value) {
        let mut all = json!({"offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        for (name, value) in conditions.as_object().unwrap() {
            all[name] = value.clone();
        }
        self.cdp("Network.enable", json!({})).await;
        self.cdp("Network.emulateNetworkConditions", all).await;
    }

    // --- Judging

    /// Panics when the page broke its security policy, threw an error or lost a promise, on any
    /// document of this browser so far. Answers of the server with an error status are not counted.
    pub async fn clean(&self) {
        let faults = self.run("return window.portico_faults ?? []", vec![]).await;
        let mut faults: Vec<String> = faults
            .as_array()
            .into_iter()
            .flatten()
            .map(Value::to_string)
            .collect();
        for entry in self.driver.get_log("browser").await.unwrap() {
            let harmless = entry.source.as_deref() == Some("network")
                || !matches!(entry.level.as_str(), "SEVERE" | "WARNING");
            if !harmless {
                faults.push(format!(
                    "{} {}: {}",
                    entry.level,
                    entry.source.unwrap_or_default(),
                    entry.message
                ));
            }
        }
        assert!(
            faults.is_empty(),
            "at {}:\n{}",
            self.url().await,
            faults.join("\n")
        );
    }

    /// Runs axe with the rules of WCAG 2.0 to 2.2, A and AA, and best practice; panics with what it finds.
    pub async fn axe(&self) {
        let findings = self.axe_findings().await;
        assert!(
            findings.is_empty(),
            "axe at {}:\n{}",
            self.url().await,
            findings.join("\n")
        );
    }

    /// What axe finds, one finding an entry. Colours may still be on their way to another scheme where the machine
    /// is busy: only what it finds again counts.
    pub async fn axe_findings(&self) -> Vec<String> {
        self.found_again(EVERY_RULE).await
    }

    /// What axe finds wrong with colours: what another scheme can change of a page that is judged already.
    pub async fn axe_colours(&self) -> Vec<String> {
        self.found_again(RULES_OF_COLOUR).await
    }

    async fn found_again(&self, rules: &str) -> Vec<String> {
        let first = self.run_axe(rules).await;
        if first.is_empty() {
            return first;
        }
        self.run(SETTLED, vec![]).await;
        self.run_axe(rules).await
    }

    /// Brings axe into the document, or into the frame that the driver is in: with it there, the frame is judged together
    /// with the page around it.
    pub async fn load_axe(&self) {
        if self
            .run("return typeof window.axe !== 'undefined'", vec![])
            .await
            == json!(true)
        {
            return;
        }
        let file = tool(
            "PORTICO_AXE",
            "target/tools/npm/node_modules/axe-core/axe.min.js",
        );
        let script =
            std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let anywhere = "axe.configure({ allowedOrigins: ['<unsafe_all_origins>'] })";
        self.run(&format!("{script}\nwindow.axe = axe; {anywhere};"), vec![])
            .await;
    }

    async fn run_axe(&self, rules: &str) -> Vec<String> {
        self.load_axe().await;
        let body = "return axe.run(document, {
              %RULES%,
              resultTypes: ['violations'],
            }).then(result => result.violations.flatMap(rule => rule.nodes.map(node =>
              `${rule.id} (${rule.impact}): ${rule.help}\n    ${node.target.join(' ')}  ${node.html.slice(0, 200)}\n    ` +
              (node.failureSummary ?? '').replace(/\\s+/g, ' '))))";
        strings(&self.run(&body.replace("%RULES%", rules), vec![]).await)
    }

    /// What is there to press and smaller than 24 by 24 pixels; links in a sentence may be.
    pub async fn small_targets(&self) -> Vec<String> {
        strings(&self.run(SMALL_TARGETS, vec![]).await)
    }

    /// Panics when something to press is too small.
    pub async fn targets_24px(&self) {
        let small = self.small_targets().await;
        assert!(
            small.is_empty(),
            "too small to press at {}: {small:#?}",
            self.url().await
        );
    }

    /// What makes the page scroll sideways.
    pub async fn too_wide(&self) -> Vec<String> {
        strings(&self.run(TOO_WIDE, vec![]).await)
    }

    /// Panics when the page can be scrolled sideways.
    pub async fn no_sideways_scroll(&self) {
        let wide = self.too_wide().await;
        assert!(
            wide.is_empty(),
            "wider than the window at {}: {wide:#?}",
            self.url().await
        );
    }

    /// The whole page as a PNG file.
    pub async fn screenshot(&self, file: &Path) {
        let layout = self.cdp("Page.getLayoutMetrics", json!({})).await;
        let size = &layout["cssContentSize"];
        let clip =
            json!({"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1});
        let shot = self
            .cdp(
                "Page.captureScreenshot",
                json!({"format": "png", "captureBeyondViewport": true, "clip": clip}),
            )
            .await;
        let bytes = STANDARD
            .decode(shot["data"].as_str().expect("a picture"))
            .unwrap();
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(file, bytes).unwrap();
    }

    /// Everything the page keeps of itself in the cookie-like stores, by name, for checks of what is
    /// left after signing out.
    pub async fn storage(&self) -> BTreeMap<String, String> {
        let body = "return Object.fromEntries([localStorage, sessionStorage].flatMap(store => Object.entries(store)))";
        let kept = self.run(body, vec![]).await;
        let entries = kept.as_object().cloned().unwrap_or_default();
        entries
            .into_iter()
            .map(|(key, value)| (key, value.as_str().unwrap_or_default().to_owned()))
            .collect()
    }
}

/// A thing on the page, described by role and name. Nothing is looked up before it is used, and each
/// use waits for it, so that a page may render in between.
#[derive(Debug, Clone)]
pub struct Found {
    page: Page,
    roles: Vec<&'static str>,
    name: Name,
    nth: Option<usize>,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = if self.roles.len() == 1 {
            self.roles[0]
        } else {
            "field"
        };
        write!(f, "{role} {}", self.name)
    }
}

impl Found {
    /// The `n`-th of several, from 0.
    #[must_use]
    pub fn nth(mut self, n: usize) -> Self {
        self.nth = Some(n);
        self
    }

    async fn one(&self) -> Result<Node, String> {
        let mut nodes = self.page.nodes(&self.roles, &self.name).await?;
        match (self.nth, nodes.len()) {
            (None, 1) => Ok(nodes.remove(0)),
            (Some(n), count) if n < count => Ok(nodes.remove(n)),
            (_, count) => Err(format!(
                "there are {count} of it at {}:\n{}",
                self.page.url().await,
                self.page.outline().await
            )),
        }
    }

    /// Waits for it and reads it.
    pub async fn node(&self) -> Node {
        until(&self.to_string(), || self.one()).await
    }

    /// Waits for it.
    pub async fn wait(&self) {
        self.node().await;
    }

    /// Waits until it is gone.
    pub async fn gone(&self) {
        until(&format!("{self} to be gone"), || async {
            match self.count().await {
                0 => Ok(()),
                count => Err(format!("there are {count} of it")),
            }
        })
        .await;
    }

    /// How many there are now.
    pub async fn count(&self) -> usize {
        self.page
            .nodes(&self.roles, &self.name)
            .await
            .map_or(0, |nodes| nodes.len())
    }

    /// The element, for what this type does not offer.
    pub async fn element(&self) -> WebElement {
        self.act(|element| async move { Ok(element) }).await
    }

    /// Does something with the element, again and again while it is being rendered or is covered.
    async fn act<T, F, Fut>(&self, action: F) -> T
    where
        F: Fn(WebElement) -> Fut,
        Fut: Future<Output = WebDriverResult<T>>,
    {
        until(&self.to_string(), || {
            let attempt = self.one();
            let action = &action;
            async move {
                let node = attempt.await?;
                let element = self.page.element(&node).await.map_err(|e| e.to_string())?;
                let done = action(element).await;
                done.map_err(|e| match e.as_inner() {
                    Driver::StaleElementReference(_)
                    | Driver::NoSuchElement(_)
                    | Driver::ElementClickIntercepted(_)
                    | Driver::ElementNotInteractable(_)
                    | Driver::MoveTargetOutOfBounds(_) => e.to_string(),
                    _ => panic!("{self}: {e}"),
                })
            }
        })
        .await
    }

    /// Clicks it; a radio button or check box by its label, as people do.
    pub async fn click(&self) {
        let by_label = self.roles == ["radio"] || self.roles == ["checkbox"];
        self.act(|element| async move {
            if by_label {
                let label = element
                    .handle()
                    .execute(
                        "return arguments[0].labels?.[0] ?? arguments[0]",
                        vec![element.to_json()?],
                    )
                    .await?;
                return label.element()?.click().await;
            }
            element.click().await
        })
        .await;
    }

    /// Types into it, after what is there.
    pub async fn type_text(&self, text: &str) {
        self.focus().await;
        self.page.type_text(text).await;
    }

    /// Replaces what is there by typing.
    pub async fn fill(&self, text: &str) {
        self.focus().await;
        self.page.press_with(Key::Control, "a").await;
        self.page.press(Key::Delete).await;
        self.page.type_text(text).await;
    }

    /// Sets a date or time field to a value of HTML (`2026-11-24`), which no one types the same way in
    /// two languages.
    pub async fn set_value(&self, value: &str) {
        let element = self.element().await;
        let body = "const [field, value] = arguments; field.value = value;
            for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, { bubbles: true }))";
        self.page
            .run(body, vec![element.to_json().unwrap(), json!(value)])
            .await;
    }

    /// Chooses the option of a list with this text.
    pub async fn choose(&self, option: &str) {
        self.act(|element| async move {
            thirtyfour::components::SelectElement::new(&element)
                .await?
                .select_by_visible_text(option)
                .await
        })
        .await;
    }

    /// Puts the focus on it.
    pub async fn focus(&self) {
        self.act(|element| async move { element.focus().await })
            .await;
    }

    /// The text it shows.
    pub async fn text(&self) -> String {
        squeeze(
            &self
                .act(|element| async move { element.text().await })
                .await,
        )
    }

    /// The value of a field.
    pub async fn value(&self) -> String {
        self.property("value").await.unwrap_or_default()
    }

    /// A property of the element (`checked`, `disabled`) as text.
    pub async fn property(&self, name: &'static str) -> Option<String> {
        self.act(|element| async move { element.prop(name).await })
            .await
    }

    /// An attribute of the element.
    pub async fn attribute(&self, name: &'static str) -> Option<String> {
        self.act(|element| async move { element.attr(name).await })
            .await
    }
}

fn read_node(node: &Value) -> Node {
    let text = |member: &str| {
        node[member]["value"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    Node {
        role: text("role"),
        name: text("name"),
        description: text("description"),
        id: node["backendDOMNodeId"].as_u64().unwrap_or_default(),
    }
}

/// What axe is asked for.
const EVERY_RULE: &str = "runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
              rules: { 'target-size': { enabled: true } }";
const RULES_OF_COLOUR: &str =
    "runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }";

fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

/// One space between words, none around.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const FOCUS_SHOWS: &str = r"
  const active = document.activeElement;
  // On the way round the window itself has it.
  if (!active || active === document.body) return true;
  const rings = [active, ...(active.labels ?? []), active.parentElement].filter(Boolean).map(e => getComputedStyle(e));
  return rings.some(s => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none')";

const FOCUS_IS_OBSCURED_BY: &str = r"
  const active = document.activeElement;
  if (!active || active === document.body) return null;
  // A control that is only drawn by its label is seen where the label is.
  const seen = [active, ...(active.labels ?? [])].some(part => {
    const box = part.getBoundingClientRect();
    return [[.5, .5], [.1, .1], [.9, .1], [.1, .9], [.9, .9]].some(([x, y]) => {
      const hit = document.elementFromPoint(box.x + box.width * x, box.y + box.height * y);
      return hit && (part.contains(hit) || hit.contains(part) && hit !== document.body && hit !== document.documentElement);
    });
  });
  if (seen) return null;
  const { x, y, width, height } = active.getBoundingClientRect();
  const hit = document.elementFromPoint(x + width / 2, y + height / 2);
  return `${hit?.outerHTML.slice(0, 200)} at ${[x, y, width, height]} in ${[innerWidth, innerHeight]} scrolled to ${scrollY}`";

const SETTLED: &str = r"
  return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
    const running = document.getAnimations().filter(a => a.effect?.getComputedTiming().endTime !== Infinity);
    Promise.allSettled(running.map(a => a.finished)).then(() => done());
  })))";

const SMALL_TARGETS: &str = r"
  const kinds = `a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=link], [role=tab], [role=menuitem], [role=option], [tabindex]:not([tabindex='-1'])`;
  const hidden = e => !e.checkVisibility({ visibilityProperty: true, opacityProperty: false });
  const small = [];
  for (const e of document.querySelectorAll(kinds)) {
    if (hidden(e) || e.disabled || e.closest('[aria-hidden=true]')) continue;
    const inline = e.matches('a') && getComputedStyle(e).display === 'inline' &&
      [...e.parentElement.childNodes].some(n => n.nodeType === 3 && n.textContent.trim() !== '');
    if (inline) continue;
    const boxes = [e, ...(e.labels ?? [])].map(part => part.getBoundingClientRect());
    // A control that is only drawn by its label is as large as the label.
    const own = boxes[0];
    if (own.width === 0 && own.height === 0 && boxes.length === 1) continue;
    // A skip link waits outside the window until it has the focus.
    if (own.bottom < 0 || own.right < 0) continue;
    const fits = boxes.some(b => b.width >= 23.9 && b.height >= 23.9);
    if (!fits) small.push(`${e.outerHTML.slice(0, 160)}: ${own.width.toFixed(1)} by ${own.height.toFixed(1)}`);
  }
  return small";

const TOO_WIDE: &str = r"
  const room = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth <= room) return [];
  const wide = [...document.querySelectorAll('body *')].filter(e => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && box.right > room + 0.5;
  });
  return [`the page is ${document.scrollingElement.scrollWidth} wide in a window of ${room}`,
    ...wide.slice(0, 12).map(e => `${e.outerHTML.slice(0, 120)} ends at ${e.getBoundingClientRect().right.toFixed(0)}`)]";

/// Where pictures of a failed test are kept.
pub fn evidence(name: &str) -> std::path::PathBuf {
    root().join("target/evidence").join(format!("{name}.png"))
}
