//! The portal in a page of a company's own site, as the customer has it: what is measured there of every view.

use portico_contract::theme;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::api::complaint;
use crate::browser::Setup;
use crate::host::{HostSite, SECRET, portal_at};
use crate::wait::{PATIENCE, try_until};
use crate::words::EN;
use crate::{Browser, Language, Options, Page, Server, Words, until};

/// A host, the portal's server that lets it in, and a browser.
pub struct Place {
    /// The company's own site.
    pub host: HostSite,
    /// The portal's server.
    pub server: Server,
    /// What the customer looks at the host with.
    pub browser: Browser,
    /// The portal's words.
    pub words: Words,
    _secret: TempDir,
}

/// The portal under a name on the host's own site.
pub const NEAR: &str = "help.shop";
/// The portal on another site.
pub const FAR: &str = "help.other";

/// Waits until the first portal has said that it is ready.
pub const READY: &str = "return heard.some(([type]) => type === 'ready')";

impl Place {
    /// A host whose page is read in English.
    pub async fn new() -> Self {
        Self::with(Setup::default(), EN).await
    }

    /// The same, in another browser and with other words.
    pub async fn with(setup: Setup, language: Language) -> Self {
        let host = HostSite::start().await;
        let secret = tempfile::tempdir().unwrap();
        let file = secret.path().join("host.key");
        std::fs::write(&file, SECRET).unwrap();
        let limits = Options::unlimited().config.unwrap();
        let options = Options {
            config: Some(format!("{}{limits}", host.configuration(&file))),
            test_clock: true,
            ..Options::default()
        };
        let server = Server::with(options).await;
        let browser = Browser::with(setup).await;
        let words = Words::of(language);
        Self {
            host,
            server,
            browser,
            words,
            _secret: secret,
        }
    }

    /// The tab in front.
    pub fn page(&self) -> Page {
        self.browser.page()
    }

    /// Opens the host's page with this in it.
    pub async fn open(&self, portal: &str, body: &str, script: &str) {
        let portal = portal_at(&self.server, portal);
        self.host.show(&portal, "", body, script);
        self.page().open(&self.host.origin()).await;
    }

    /// The same, and waits for the portal.
    pub async fn ready(&self, portal: &str, body: &str, script: &str) {
        self.open(portal, body, script).await;
        if let Err(seen) = try_holds(&self.page(), READY).await {
            let state = self.state().await;
            panic!("waited {PATIENCE:?} for the portal to be ready; {seen}\n{state}");
        }
    }

    /// What can be known of a portal that is not there: the page's side, the frame's, and what the browser has written.
    async fn state(&self) -> String {
        let page = self.page();
        let outside = page.run(OUTSIDE, vec![]).await;
        let mut inside = Vec::new();
        for n in 0..outside["portals"].as_array().map_or(0, Vec::len) {
            if outside["portals"][n]["frame"].is_null() {
                continue;
            }
            self.within(n).await;
            inside.push(match page.driver().execute(INSIDE, vec![]).await {
                Ok(found) => found.json().clone(),
                Err(error) => json!(error.to_string()),
            });
            self.out().await;
        }
        let log = page.driver().get_log("browser").await;
        let log: Vec<String> = log.map_or_else(
            |error| vec![error.to_string()],
            |log| log.into_iter().map(|entry| entry.message).collect(),
        );
        format!("the page: {outside:#}\nits frames: {inside:#?}\nthe log: {log:#?}")
    }

    /// Waits until a function body in the host's page returns true.
    pub async fn holds(&self, body: &str) {
        holds(&self.page(), body).await;
    }

    /// What the host has heard of one kind, in order.
    pub async fn heard(&self, kind: &str) -> Vec<Value> {
        let body =
            "return heard.filter(([type]) => type === arguments[0]).map(([, detail]) => detail)";
        let heard = self.page().run(body, vec![json!(kind)]).await;
        heard.as_array().unwrap().clone()
    }

    /// Goes into the frame of the `n`-th portal, until [`Place::out`].
    pub async fn within(&self, n: usize) -> Page {
        let page = self.page();
        let find = "return document.querySelectorAll('portico-portal')[arguments[0]].shadowRoot.querySelector('iframe')";
        let found = page.driver().execute(find, vec![json!(n)]).await.unwrap();
        found.element().unwrap().enter_frame().await.unwrap();
        page
    }

    /// Back to the host's page.
    pub async fn out(&self) {
        self.page().driver().enter_default_frame().await.unwrap();
    }

    /// A message of the portal.
    pub fn say(&self, key: &str) -> String {
        self.words.say(key)
    }
}

/// Waits until a function body in the page returns true.
pub async fn holds(page: &Page, body: &str) {
    if let Err(seen) = try_holds(page, body).await {
        panic!("waited {PATIENCE:?} for {body}; {seen}");
    }
}

async fn try_holds(page: &Page, body: &str) -> Result<(), String> {
    try_until(|| async {
        match page.run(body, vec![]).await {
            Value::Bool(true) => Ok(()),
            other => Err(format!(
                "it is {other}; the page says: {}",
                page.text().await
            )),
        }
    })
    .await
}

/// What a page of the host knows of its portals.
const OUTSIDE: &str = "return {
    heard: window.heard, defined: Boolean(customElements.get('portico-portal')), seen: document.visibilityState,
    portals: [...document.querySelectorAll('portico-portal')].map(portal => {
      const frame = portal.shadowRoot?.querySelector('iframe');
      return { at: portal.getBoundingClientRect(), frame: frame && { src: frame.src, name: frame.name, class: frame.className } } }),
    loaded: performance.getEntriesByType('resource').map(({ name, initiatorType, responseStatus, duration }) =>
      [initiatorType, name, responseStatus, Math.round(duration)]) }";

/// What the document in a frame knows of itself.
const INSIDE: &str = "return {
    at: location.href, name, state: document.readyState, text: document.body?.innerText,
    started: Boolean(globalThis.__portico), loaded: performance.getEntriesByType('resource').map(({ name, responseStatus }) =>
      [name, responseStatus]) }";

/// Clicks what has this text within the frame.
pub async fn press(page: &Page, text: &str) {
    page.see(text).await;
    let body = "const at = [...document.querySelectorAll('a, button, summary')].find(e => e.textContent.includes(arguments[0]));
        at?.click(); return Boolean(at)";
    until(text, || async {
        let pressed = page.run(body, vec![json!(text)]).await;
        pressed
            .as_bool()
            .filter(|p| *p)
            .map(drop)
            .ok_or("not there".to_owned())
    })
    .await;
}

/// Goes on through so many pages of a form within the frame; they differ in their first heading.
pub async fn turn_pages(place: &Place, inside: &Page, count: usize) {
    let heading = "return document.querySelector('main h1, main h2')?.textContent ?? ''";
    for _ in 0..count {
        let before = inside.run(heading, vec![]).await;
        press(inside, &place.say("form.continue")).await;
        until("the next page", || async {
            let now = inside.run(heading, vec![]).await;
            (now != before).then_some(()).ok_or(now.to_string())
        })
        .await;
    }
}

/// Writes the subject on the first page of a form within the frame.
pub async fn write(page: &Page, subject: &str) {
    holds(
        page,
        "return document.querySelector('main input[type=text], main input:not([type])') !== null",
    )
    .await;
    let body = "const field = document.querySelector('main input[type=text], main input:not([type])');
        field.focus(); field.value = arguments[0];
        for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, { bubbles: true }))";
    page.run(body, vec![json!(subject)]).await;
}

/// What the site says of its customer.
pub fn ann() -> Value {
    json!({"sub": "ann", "name": "Ann", "email": ANN, "email_verified": true})
}

const ANN: &str = "ann@example.com";

/// One thing that an element can show, signed in as [`ann`].
#[derive(Debug, Clone)]
pub struct View {
    /// Its name, for messages.
    pub name: String,
    /// The attributes that ask for it.
    pub attributes: String,
    /// The path within the portal, and what follows `?` where a step of a form is meant.
    pub path: String,
}

impl View {
    fn new(name: &str, attributes: &str, path: &str) -> Self {
        Self {
            name: name.to_owned(),
            attributes: attributes.to_owned(),
            path: path.to_owned(),
        }
    }
}

impl Place {
    /// Lets Ann have a request that was resolved, about which she is asked; gives every view that there is then. The
    /// last is the survey, which is a document of its own.
    pub async fn views(&self) -> Vec<View> {
        let clock = async |now: &str| {
            let set = self.server.desk().post("/clock").json(&json!({"now": now}));
            set.send().await.expect_status(200);
        };
        clock("2026-03-02T10:00:00+08:00").await;
        let member = self.server.customer(ANN).await;
        let created = member.submit(&complaint("Charged twice", None)).await;
        let (id, reference) = (
            created.text_at("/request/id"),
            created.text_at("/request/reference"),
        );
        let resolved = json!({"status": "resolved", "outcome": "remedied", "explanation": "Paid back in full."});
        let path = format!("/requests/{id}/status");
        let set = self.server.desk().post(&path).json(&resolved).send().await;
        set.expect_status(200);
        clock("2026-03-03T10:00:01+08:00").await;
        let token = until("the letter that asks", || async {
            let letters = self.server.letters_to(ANN);
            let words = letters
                .iter()
                .flat_map(|letter| letter.text.split_whitespace());
            let mut links = words.filter_map(|word| word.split_once("/surveys/"));
            let token = links.find_map(|(_, token)| {
                (!token.contains('?') && !token.contains("unsubscribe")).then(|| token.to_owned())
            });
            token.ok_or_else(|| format!("{letters:#?}"))
        })
        .await;
        self.host.sign_in(Some(ann()));
        let mut views = vec![
            View::new("home", "view=\"home\"", "/"),
            View::new("new", "view=\"new\"", "/new"),
            View::new("track", "view=\"track\"", "/track"),
            View::new("requests", "view=\"requests\"", "/requests"),
            View::new(
                "request",
                &format!("view=\"request\" reference=\"{reference}\""),
                &format!("/requests/{reference}"),
            ),
            View::new("callback", "view=\"callback\"", "/callback"),
            View::new("service", "view=\"service\"", "/service"),
        ];
        let types = self.server.guest().get("/request-types").send().await;
        let types = types.expect_status(200).json;
        let types = types["items"].as_array().unwrap();
        for kind in types.iter().map(|kind| kind["id"].as_str().unwrap()) {
            let (attributes, path) = (
                format!("view=\"new\" type=\"{kind}\""),
                format!("/new/{kind}"),
            );
            views.push(View::new(kind, &attributes, &path));
        }
        views.push(View::new(
            "survey",
            &format!("view=\"survey\" token=\"{token}\""),
            &format!("/surveys/{token}"),
        ));
        views
    }

    /// Opens the host's page with this view in it, and waits until it is whole. `more` are further attributes.
    pub async fn show(&self, view: &View, more: &str) {
        let tag = format!(
            "<div id=\"room\"><portico-portal id=\"one\" {} {more}><a href=\"/\">Help</a></portico-portal></div>",
            view.attributes
        );
        let script = format!("{COUNT_MESSAGES}\ndocument.getElementById('one').getToken = token");
        self.ready(NEAR, &tag, &script).await;
        self.within(0).await.run(AGENT, vec![]).await;
        self.out().await;
        self.arrive(&view.path).await;
    }

    /// Goes on to another view within the same document.
    pub async fn go(&self, path: &str) {
        self.ask("go", json!(path)).await;
        self.arrive(path).await;
    }

    async fn arrive(&self, path: &str) {
        until(&format!("{path} to be there"), || async {
            match self.ask("there", json!(path)).await {
                Value::Bool(true) => Ok(()),
                other => Err(other.to_string()),
            }
        })
        .await;
    }

    /// Asks the agent in the frame.
    async fn ask(&self, what: &str, with: Value) -> Value {
        let body = "return ask(arguments[0], arguments[1])";
        self.page().run(body, vec![json!(what), with]).await
    }

    /// The steps of the form on screen that can be gone to without an answer, beginning with the second.
    async fn further_steps(&self, view: &View) -> Vec<String> {
        let count = self.ask("steps", Value::Null).await.as_u64().unwrap_or(1);
        let step = |n| format!("{}?step={n}", view.path);
        (2..=count).map(step).collect()
    }
}

/// Puts every view, with all pages of every form, into rooms of all widths from 280 to 1,600 pixels, so many apart;
/// panics where one of them scrolls, is not settled in time, or goes on telling its height. Gives how many were seen.
pub async fn fit(step: usize) -> usize {
    let place = Place::new().await;
    let wide = json!({"width": 1700, "height": 900, "deviceScaleFactor": 1, "mobile": false});
    place
        .page()
        .cdp("Emulation.setDeviceMetricsOverride", wide)
        .await;
    let widths: Vec<usize> = (280..=1_600).step_by(step).collect();
    let views = place.views().await;
    let mut wrong = Vec::new();
    let mut seen = 0;
    let mut try_here = async |name: &str| {
        let found = place.page().run(FIT, vec![json!(widths)]).await;
        let found = found.as_array().unwrap();
        wrong.extend(found.iter().map(|found| format!("{name} {found}")));
        seen += 1;
    };
    for (n, view) in views.iter().enumerate() {
        match n == 0 || view.name == "survey" {
            true => place.show(view, "").await,
            false => place.go(&view.path).await,
        }
        try_here(&view.name).await;
        for path in place.further_steps(view).await {
            place.go(&path).await;
            try_here(&path).await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    seen
}

/// Draws every view with random themes, `count` in all; panics where anything on the page, or a pair of tokens that the
/// interface uses, cannot be read, or a colour is not the one asked for and nobody was told. Gives how many of them had
/// a colour corrected.
pub async fn read_in_colour(count: usize, seed: u64) -> usize {
    let place = Place::new().await;
    let mut chance = fastrand::Rng::with_seed(seed);
    let tokens: Vec<&str> = theme::colours().collect();
    let pairs: Vec<Value> = theme::pairs()
        .map(|(figure, ground, is_text)| json!([figure, ground, is_text]))
        .collect();
    let colours = |chance: &mut fastrand::Rng| -> Value {
        let mut named = serde_json::Map::new();
        for token in &tokens {
            if chance.bool() {
                let colour = chance.u32(..=0xff_ffff);
                named.insert((*token).to_owned(), json!(format!("#{colour:06x}")));
            }
        }
        Value::Object(named)
    };
    let mut wrong = Vec::new();
    let mut corrected = 0;
    let views = place.views().await;
    let each = count.div_ceil(views.len());
    for (n, view) in views.iter().enumerate() {
        match n == 0 || view.name == "survey" {
            true => place.show(view, "").await,
            false => place.go(&view.path).await,
        }
        // What is missing is told on the page, in colours of its own.
        place.ask("submit", Value::Null).await;
        let themes: Vec<Value> = (0..each)
            .map(|_| {
                let preset = chance.choice(["auto", "light", "dark", "contrast"]).unwrap();
                json!({"preset": preset, "tokens": colours(&mut chance), "dark": colours(&mut chance)})
            })
            .collect();
        let found = place
            .page()
            .run(READ, vec![json!(themes), json!(pairs)])
            .await;
        corrected += usize::try_from(found["corrected"].as_u64().unwrap()).unwrap();
        let faults = found["wrong"].as_array().unwrap();
        wrong.extend(faults.iter().map(|fault| format!("{}: {fault}", view.name)));
        assert!(
            found["looked"].as_u64().unwrap() > 2,
            "{}: {found}",
            view.name
        );
    }
    assert!(
        wrong.is_empty(),
        "{} of seed {seed}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    corrected
}

/// Runs in the host's page before the element loads: counts what the frame tells of its height, and lets tests ask the
/// agent in the frame.
const COUNT_MESSAGES: &str = r"
  window.sizes = 0;
  const Channel = MessageChannel;
  window.MessageChannel = class extends Channel {
    constructor() { super(); this.port1.addEventListener('message', ({ data }) => { sizes += data?.type === 'resize' }) }
  };
  window.frame = () => document.getElementById('one').shadowRoot.querySelector('iframe');
  window.ask = (what, given) => new Promise(done => {
    const { port1, port2 } = new Channel();
    port1.onmessage = ({ data }) => { port1.close(); done(data) };
    frame().contentWindow.postMessage({ ask: what, given }, '*', [port2]);
  });";

/// Runs in the frame: answers what the test asks through the host's page, so that a measurement takes frames, not
/// round trips of the driver.
const AGENT: &str = r"
  const parts = text => (text.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = colour => {
    const [r, g, b] = colour.map(part => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [a, b] = [luminance(one.slice(0, 3)), luminance(other.slice(0, 3))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const fill = style => parts(style.backgroundColor);
  const isClear = ([, , , alpha = 1]) => alpha === 0;
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = fill(getComputedStyle(at));
      if (!isClear(colour)) return colour;
    }
    return [255, 255, 255];
  };
  // A colour on its way to another is neither; what inherits it would set out after it.
  const still = new CSSStyleSheet();
  still.replaceSync('*, ::before, ::after { transition: none !important }');
  document.adoptedStyleSheets.push(still);
  const probe = document.createElement('p');
  const acts = {
    go: path => {
      const link = Object.assign(document.createElement('a'), { href: path });
      document.body.append(link);
      link.click();
      link.remove();
    },
    there: path => {
      const here = location.pathname + (location.search.includes('step=') ? location.search : '');
      if (here !== path) return `at ${here}`;
      if (!document.querySelector('main h1')) return 'no heading';
      return document.querySelector('.skeleton, [aria-busy=true]') === null || 'still loading';
    },
    steps: () => Number(/Step \d+ of (\d+)/.exec(document.querySelector('main').textContent)?.[1] ?? 1),
    size: () => ({
      width: innerWidth, height: innerHeight, needs: Math.ceil(document.body.getBoundingClientRect().height),
      across: document.documentElement.scrollWidth, down: document.documentElement.scrollHeight,
    }),
    submit: () => document.querySelector('main form button:not([type=button])')?.click(),
    // What the page is drawn in: tokens by name, and what cannot be read.
    colours: ({ names, pairs, text, control }) => {
      const root = getComputedStyle(document.documentElement);
      const wrong = [];
      const judge = (what, one, other, least) => {
        const found = contrast(one, other);
        // Colours are whole numbers here, as they are where they are corrected.
        if (found < least) wrong.push(`${what}: ${found.toFixed(3)} of ${least}: ${one} on ${other}`);
      };
      document.body.append(probe);
      for (const [figure, paper, isText] of pairs) {
        probe.style.color = `var(--${figure})`;
        probe.style.backgroundColor = `var(--${paper})`;
        const style = getComputedStyle(probe);
        judge(`${figure} on ${paper}`, parts(style.color), fill(style), isText ? text : control);
      }
      probe.remove();
      let looked = 0;
      for (const element of document.querySelectorAll('body *')) {
        if (!element.checkVisibility({ visibilityProperty: true }) || element.closest(':disabled, svg')) continue;
        const style = getComputedStyle(element);
        const named = `${element.localName}.${element.className} ${element.textContent.trim().slice(0, 30)}`;
        const field = element.matches('input:not([type=hidden]), select, textarea');
        const says = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()) || field;
        if (says) {
          looked += 1;
          judge(`text of ${named}`, parts(style.color), ground(element), text);
        }
        if ((field || element.matches('button')) && element.parentElement) {
          const around = ground(element.parentElement), own = fill(style), edge = parts(style.borderTopColor);
          const bordered = style.borderTopStyle !== 'none' && parseFloat(style.borderTopWidth) > 0 && !isClear(edge);
          const shapes = [bordered && edge, !isClear(own) && own].filter(Boolean);
          // A button of words alone is known by its words.
          if (shapes.length && !(element.matches('button') && !bordered)) {
            const best = shapes.reduce((a, b) => contrast(a, around) > contrast(b, around) ? a : b);
            judge(`outline of ${named}`, best, around, control);
          }
        }
      }
      return { wrong, looked, drawn: Object.fromEntries(names.map(name => [name, root.getPropertyValue(`--${name}`).trim()])) };
    },
  };
  addEventListener('message', ({ data, ports: [port] }) => {
    if (port && Object.hasOwn(acts, data?.ask)) port.postMessage(acts[data.ask](data.given));
  });";

/// Runs in the host's page: one view in rooms of every width. What is wrong, a line each.
const FIT: &str = r"
  const [widths] = arguments;
  const next = () => new Promise(done => requestAnimationFrame(done));
  const wrong = [], room = document.getElementById('room');
  return (async () => {
    // What it shows may still be arriving.
    for (let still = 0, last; still < 10; last = frame().offsetHeight) {
      await next();
      still = frame().offsetHeight === last ? still + 1 : 0;
    }
    for (const width of widths) {
      const say = words => wrong.push(`at ${width}: ${words}`);
      await next();
      sizes = 0;
      room.style.width = `${width}px`;
      const heights = [];
      while (heights.length < 5 || heights.at(-1) !== heights.at(-3) && heights.length < 60) {
        await next();
        heights.push(frame().offsetHeight);
      }
      const settled = heights.findLastIndex((height, n) => n > 0 && height !== heights[n - 1]);
      if (settled > 2) say(`settled in frame ${settled}: ${heights}`);
      if (sizes > 3) say(`told its height ${sizes} times: ${heights}`);
      const { width: own, height, needs, across, down } = await ask('size');
      if (own !== width) say(`the frame is ${own} wide`);
      if (height !== Math.max(480, needs)) say(`${height} high for ${needs}`);
      if (across > own || down > height) say(`scrolls: ${across} by ${down} in ${own} by ${height}`);
    }
    return wrong;
  })()";

/// Runs in the host's page: one view in every theme.
const READ: &str = r"
  const [themes, pairs] = arguments;
  const names = [...new Set(pairs.flatMap(([figure, ground]) => [figure, ground]))];
  const one = document.getElementById('one');
  const wrong = [];
  let corrected = 0, looked = 0;
  return (async () => {
    for (const theme of themes) {
      const dark = theme.preset === 'dark';
      heard.length = 0;
      const asked = dark ? { ...theme.tokens, ...theme.dark } : theme.tokens;
      const done = await one.setTheme(theme);
      const [text, control] = theme.preset === 'contrast' ? [7, 4.5] : [4.5, 3];
      const found = await ask('colours', { names, pairs, text, control });
      const say = words => wrong.push(`${JSON.stringify(theme)}: ${words}`);
      if (!done) say('it was not taken');
      found.wrong.forEach(say);
      looked = found.looked;
      const told = heard.filter(([type]) => type === 'theme:adjusted').flatMap(([, { pairs }]) => pairs);
      for (const [name, was] of Object.entries(asked)) {
        const is = found.drawn[name];
        if (is === undefined) continue;
        const word = told.find(([token]) => token === name);
        if (is !== was && !(word?.[2] === was && word?.[3] === is)) say(`${name} is ${is}, not ${was}, and that was not told`);
        if (is === was && word) say(`${name} is said to be ${word[3]} and is ${is}`);
      }
      corrected += told.length > 0;
    }
    return { wrong, corrected, looked };
  })()";
