// <portico-portal> and Portico.create(): the portal in a frame inside any page. What it offers is in portico.d.ts,
// what it says to the portal and hears from it in docs/embedding.md. It loads nothing but the frame, writes no style
// attribute and no HTML, sets no cookie and listens to nothing but the port that it hands over.
(() => {
  "use strict";
  if (customElements.get("portico-portal")) return;

  const NAME = "portico-portal";
  const VERSION = 1;
  // Milliseconds in which the frame must load, and a call be acknowledged.
  const PATIENCE = 15_000;
  // And those in which what it has loaded must answer: the portal listens before it counts as loaded.
  const ANSWER = 5_000;
  const origin = (address) => new URL(address, document.baseURI).origin;
  const home = document.currentScript?.src && origin(document.currentScript.src);

  const WORDS = {
    en: ["Service portal", "Help", "Close", "Skip the service portal", "new"],
    "zh-Hans": ["服务门户", "帮助", "关闭", "跳过服务门户", "条新消息"],
    "zh-Hant": ["服務入口", "協助", "關閉", "略過服務入口", "則新訊息"],
  };

  const toLocale = (tag) => {
    if (/^zh\b/i.test(tag)) return /-(hant|tw|hk|mo)\b/i.test(tag) && !/-hans\b/i.test(tag) ? "zh-Hant" : "zh-Hans";
    return /^en\b/i.test(tag) ? "en" : null;
  };

  const part = encodeURIComponent;
  const PATHS = {
    home: () => "/",
    new: ({ type }) => (type ? `/new/${part(type)}` : "/new"),
    track: ({ reference }) => (reference ? `/track#${part(reference)}` : "/track"),
    requests: () => "/requests",
    request: ({ reference }) => `/requests/${part(reference ?? "")}`,
    survey: ({ token }) => `/surveys/${part(token ?? "")}`,
    callback: () => "/callback",
    help: () => "/help",
    service: () => "/service",
  };

  // What the portal tells, and the members that may come along; of anything else nothing is passed on.
  const EVENTS = {
    ready: [],
    navigate: ["view", "reference"],
    "submit:started": [],
    "submit:succeeded": ["reference"],
    "submit:failed": ["code"],
    "draft:changed": ["count"],
    unread: ["count"],
    "promise:changed": ["reference", "stage", "state"],
    "survey:submitted": [],
    "auth:required": [],
    "auth:expired": [],
    "theme:adjusted": ["pairs"],
    error: ["code"],
  };

  const isWord = (value) => typeof value === "string" && value.length <= 100;
  const isPair = (pair) => Array.isArray(pair) && pair.length <= 4 && pair.every(isWord);
  const isPlain = (value) => Number.isFinite(value) || isWord(value) || (Array.isArray(value) && value.every(isPair));

  // The rules that a style sheet of the page cannot undo: important ones of a shadow tree win over those outside.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial !important; display: block !important; font: 16px/1.5 system-ui, sans-serif !important;
      color: inherit !important; color-scheme: inherit !important; margin: var(--portico-margin, 0) !important }
    button, dialog, iframe { color-scheme: light dark }
    :host([hidden]) { display: none !important }
    :host([mode="panel"]), :host([mode="button"]) { display: contents !important }
    :host([mode="panel"]) > .stack, :host([mode="button"]) > .stack { display: none }
    .stack, .inside { display: grid; position: relative }
    .stack > *, .inside > * { grid-area: 1 / 1 }
    .fallback { align-self: start; justify-self: start }
    iframe { border: 0; display: block; inline-size: 100%; min-block-size: inherit }
    iframe:not(.here) { visibility: hidden }
    .here ~ .fallback { display: none }
    .skip, .end { clip-path: inset(50%); block-size: 1px; inline-size: 1px; overflow: hidden; position: absolute }
    button { background: Canvas; border: 1px solid currentColor; border-radius: 6px; color: CanvasText; cursor: pointer;
      font: inherit; min-block-size: 44px; min-inline-size: 44px; padding: 0 16px }
    button:focus-visible { outline: 3px solid CanvasText; outline-offset: -6px }
    .skip:focus { clip-path: none; block-size: auto; inline-size: auto; inset: 8px auto auto 8px; z-index: 1 }
    .launch { inset: auto 16px 16px auto; position: fixed; z-index: 2147483000 }
    :host([position="left"]) .launch { inset: auto auto 16px 16px }
    dialog { background: Canvas; border: 1px solid GrayText; border-radius: 10px; color: CanvasText; overflow: hidden;
      flex-direction: column; padding: 0; margin: auto 16px 16px auto; inline-size: min(440px, 100vw - 32px);
      block-size: min(760px, 100dvh - 32px); max-inline-size: none; max-block-size: none }
    :host([position="left"]) dialog { margin: auto auto 16px 16px }
    dialog[open] { display: flex }
    dialog::backdrop { background: #0006 }
    dialog > button { align-self: end; border: 0 }
    .inside { flex: 1; min-block-size: 0 }
    .inside > iframe { block-size: 100% }
    @media (max-width: 480px) { dialog { border: 0; border-radius: 0; margin: 0 !important; inline-size: 100vw;
      block-size: 100dvh } }`);

  const make = (name, properties, ...children) => {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
  };

  class Portal extends HTMLElement {
    static observedAttributes = [
      "src", "view", "type", "reference", "token", "mode", "locale", "theme", "consent", "context", "height", "min-height", "max-height",
    ];

    #root = this.attachShadow({ mode: "open" });
    #frame;
    #port;
    #ready = false;
    #queue = [];
    #calls = new Map();
    #last = 0;
    #waiting;
    #again = false;
    #lost = false;
    #seen;
    #height = 0;
    #unread = 0;
    #wanted = false;
    #theme;
    #prefill;
    #context;
    #getToken;

    constructor() {
      super();
      this.#root.adoptedStyleSheets = [sheet];
      // What was set before the element was defined.
      for (const name of ["getToken", "options"]) {
        if (!Object.hasOwn(this, name)) continue;
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
      this.addEventListener("click", (event) => {
        const plain = !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
        if (this.getAttribute("lazy") !== "click" || this.#asked() || !plain || !event.target.closest?.("a")) return;
        event.preventDefault();
        this.load();
      });
    }

    connectedCallback() {
      const [, help, close, skip] = this.#words();
      const fallback = () => make("div", { className: "fallback" }, make("slot"));
      // From a place that Tab never stops at, browsers do not go on past the element: so it is one while it has the focus.
      const end = make("span", { className: "end", tabIndex: -1, onblur: () => (end.tabIndex = -1) });
      const skipped = () => {
        end.tabIndex = 0;
        end.focus();
      };
      if (this.#mode() === "inline") {
        const past = make("button", { className: "skip", type: "button", textContent: skip, onclick: skipped });
        this.#root.replaceChildren(past, make("div", { className: "stack" }, fallback()), end);
        this.#measure();
        const lazy = this.getAttribute("lazy") ?? "visible";
        if (lazy === "off" || this.#wanted) this.load();
        else if (lazy !== "click") {
          this.#seen = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && this.load());
          this.#seen.observe(this.#root.querySelector(".stack"));
        }
        return;
      }
      const dialog = make(
        "dialog",
        { ariaLabel: this.getAttribute("label") ?? this.#words()[0] },
        make("button", { type: "button", textContent: close, onclick: () => this.close() }),
        make("div", { className: "inside" }, fallback()),
      );
      dialog.addEventListener("close", () => {
        // Where nothing had the focus before, the dialog leaves it in what is hidden now.
        this.#frame?.blur();
        this.#tell("close", {});
      });
      this.#root.replaceChildren(dialog);
      if (this.#mode() === "button") {
        const text = this.getAttribute("label") ?? help;
        const launch = make("button", { className: "launch", type: "button", textContent: text, onclick: () => this.open() });
        launch.setAttribute("part", "launcher");
        launch.ariaHasPopup = "dialog";
        this.#root.prepend(launch);
      }
    }

    disconnectedCallback() {
      this.#seen?.disconnect();
      this.#forget();
      this.#root.replaceChildren();
      for (const settle of [...this.#calls.values()]) settle(false);
      this.#queue = [];
    }

    attributeChangedCallback(name, before, now) {
      if (before === now || !this.isConnected || !this.#root.firstChild) return;
      if (name === "consent") {
        if (this.#wanted) this.load();
      } else if (name === "mode" || name === "src") {
        this.disconnectedCallback();
        this.connectedCallback();
      } else if (name.endsWith("height")) this.#measure();
      else if (!this.#frame) return;
      else if (name === "locale") this.#call("locale", { locale: this.#locale() });
      else if (name === "context") this.#call("context", this.#said());
      else if (name === "theme") this.#call("theme", this.#look());
      else this.#call("navigate", this.#place());
    }

    // What the page may do.

    get getToken() {
      return this.#getToken;
    }

    set getToken(give) {
      this.#getToken = typeof give === "function" ? give : undefined;
      if (this.#getToken && this.#frame) this.#call("signIn");
    }

    set options({ theme, prefill, context, getToken, ...attributes }) {
      for (const [name, value] of Object.entries(attributes)) {
        const attribute = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
        if (value === undefined || value === false) this.removeAttribute(attribute);
        else this.setAttribute(attribute, value === true ? "" : value);
      }
      if (theme) this.setTheme(theme);
      if (prefill) this.prefill(prefill);
      if (context) this.setContext(context);
      if (getToken) this.getToken = getToken;
    }

    load() {
      this.#wanted = true;
      if (this.#asked() || !this.isConnected) return;
      if (this.getAttribute("consent") === "required") {
        this.#tell("consent:required", {});
        return;
      }
      this.#seen?.disconnect();
      this.#again = true;
      this.#ask();
    }

    open() {
      const dialog = this.#root.querySelector("dialog");
      this.load();
      if (dialog && !dialog.open) {
        dialog.showModal();
        this.#tell("open", {});
      }
      this.focus();
    }

    close() {
      this.#root.querySelector("dialog")?.close();
    }

    focus() {
      this.#frame?.focus();
    }

    consent() {
      this.setAttribute("consent", "given");
    }

    navigate(view, { type, reference, token } = {}) {
      if (!this.#frame) {
        for (const [name, value] of Object.entries({ view, type, reference, token })) {
          value === undefined ? this.removeAttribute(name) : this.setAttribute(name, value);
        }
        return Promise.resolve(true);
      }
      return this.#call("navigate", { view, type, reference, token });
    }

    setLocale(locale) {
      this.setAttribute("locale", locale);
    }

    setTheme(theme) {
      this.#theme = theme;
      return this.#call("theme", this.#look());
    }

    prefill(prefill) {
      this.#prefill = prefill;
      return this.#call("prefill", prefill);
    }

    setContext(context) {
      this.#context = context;
      return this.#call("context", this.#said());
    }

    signOut() {
      this.#getToken = undefined;
      return this.#call("signOut");
    }

    on(type, act) {
      const heard = (event) => act(event.detail);
      this.addEventListener(`portico:${type}`, heard);
      return () => this.removeEventListener(`portico:${type}`, heard);
    }

    // What it is made of.

    #mode() {
      const mode = this.getAttribute("mode");
      return mode === "panel" || mode === "button" ? mode : "inline";
    }

    #locale() {
      const wish = this.getAttribute("locale");
      const near = this.closest("[lang]")?.lang;
      return [wish, near, ...navigator.languages].map((tag) => tag && toLocale(tag)).find(Boolean) ?? "en";
    }

    #words() {
      return WORDS[this.#locale()];
    }

    #look() {
      return { preset: this.getAttribute("theme") ?? "auto", ...this.#theme };
    }

    // What goes along with a request; of an address, where it leads and nothing behind that.
    #said() {
      const said = { ...Object.fromEntries(new URLSearchParams(this.getAttribute("context") ?? "")), ...this.#context };
      for (const name in said) said[name] = `${said[name]}`.replace(/^(https?:[^?#]*).*/s, "$1");
      return said;
    }

    #place() {
      const get = (name) => this.getAttribute(name) ?? undefined;
      return { view: get("view") ?? "home", type: get("type"), reference: get("reference"), token: get("token") };
    }

    #origin() {
      return origin(this.getAttribute("src") ?? home ?? "");
    }

    #address() {
      const place = this.#place();
      const [path, fragment] = (Object.hasOwn(PATHS, place.view) ? PATHS[place.view] : PATHS.home)(place).split("#");
      return `${this.#origin()}${path}?lang=${this.#locale()}${fragment ? `#${fragment}` : ""}`;
    }

    #fixed() {
      const height = this.getAttribute("height") ?? "auto";
      return height === "auto" ? null : height === "fill" ? "100%" : `${parseFloat(height) || 480}px`;
    }

    #measure() {
      const stack = this.#root.querySelector(".stack");
      if (!stack) return;
      const least = parseFloat(this.getAttribute("min-height") ?? "480") || 0;
      const most = parseFloat(this.getAttribute("max-height")) || Infinity;
      stack.style.minBlockSize = `${Math.min(least, most)}px`;
      stack.style.blockSize = this.#fixed() === "100%" ? "100%" : "auto";
      if (this.#frame) {
        this.#frame.style.blockSize = this.#fixed() ?? `${Math.min(Math.max(this.#height, least), most)}px`;
      }
    }

    // Whether a frame is there that has answered, or still may.
    #asked() {
      return this.#frame && !this.#lost;
    }

    #ask() {
      this.#forget();
      const place = this.#root.querySelector(".stack, .inside");
      const preset = ["light", "dark", "contrast"].find((known) => known === this.#look().preset) ?? "auto";
      const scrolls = this.#mode() !== "inline" || this.hasAttribute("max-height") || this.#fixed() !== null;
      const frame = make("iframe", {
        // How the portal is to look before anybody has said anything.
        name: `portico ${scrolls ? "panel" : "inline"} ${preset}`,
        title: this.getAttribute("label") ?? this.#words()[0],
        allow: "clipboard-write; fullscreen",
        referrerPolicy: "strict-origin",
        src: this.#address(),
      });
      frame.addEventListener("load", () => this.#greet(frame));
      this.#frame = frame;
      place.prepend(frame);
      this.#measure();
      this.#wait(PATIENCE);
    }

    // Who gets no answer asks once more in a new frame, and then says so; what answers later is still heard.
    #wait(patience) {
      this.#waiting = setTimeout(() => {
        this.#lost = !this.#again;
        this.#again = false;
        if (this.#lost) this.#tell("error", { code: "unreachable" });
        else this.#ask();
      }, patience);
    }

    // Hands a port to the document in the frame; every document that it loads gets one of its own.
    #greet(frame) {
      this.#hangUp();
      const { port1, port2 } = new MessageChannel();
      this.#port = port1;
      port1.onmessage = ({ data }) => this.#port === port1 && this.#hear(data);
      const payload = {
        locale: this.#locale(),
        theme: this.#look(),
        prefill: this.#prefill,
        context: this.#said(),
        headingLevel: Number(this.getAttribute("heading-level")) || undefined,
        signIn: Boolean(this.#getToken),
      };
      frame.contentWindow.postMessage({ portico: "hello", v: VERSION, payload }, this.#origin(), [port2]);
      this.#wait(ANSWER);
    }

    #hangUp() {
      clearTimeout(this.#waiting);
      this.#ready = false;
      if (this.#port) this.#port.onmessage = null;
      this.#port?.close();
      this.#port = undefined;
    }

    #forget() {
      this.#hangUp();
      this.#frame?.remove();
      this.#frame = undefined;
      this.#height = 0;
    }

    #hear(data) {
      const { v, type, id, payload } = data ?? {};
      if (v !== VERSION || typeof type !== "string") return;
      if (type === "here") {
        clearTimeout(this.#waiting);
        this.#again = true;
        this.#lost = false;
        this.#frame.classList.add("here");
      } else if (type === "resize") {
        if (!(payload?.height >= 0 && payload.height <= 200_000)) return;
        this.#height = payload.height;
        this.#measure();
      } else if (type === "done") {
        this.#calls.get(id)?.(payload?.ok === true);
      } else if (type === "token") {
        this.#give(id, payload?.reason);
      } else if (type === "close") {
        this.close();
      } else if (Object.hasOwn(EVENTS, type)) {
        const detail = {};
        for (const name of EVENTS[type]) {
          if (isPlain(payload?.[name])) detail[name] = payload[name];
        }
        this.#note(type, detail);
        this.#tell(type, detail);
      }
    }

    #note(type, detail) {
      if (type === "ready") {
        this.#ready = true;
        // What was said before the greeting stands in it.
        this.#queue.splice(0).forEach((message) => this.#post(message));
      } else if (type === "navigate" && this.#ready && this.getBoundingClientRect().top < 0) {
        this.scrollIntoView();
      } else if (type === "unread" && detail.count !== this.#unread) {
        this.#unread = detail.count;
        const launch = this.#root.querySelector(".launch");
        const words = this.#words();
        const text = this.getAttribute("label") ?? words[1];
        if (launch) launch.textContent = detail.count ? `${text} (${detail.count} ${words[4]})` : text;
      }
    }

    #tell(type, detail) {
      this.dispatchEvent(new CustomEvent(`portico:${type}`, { bubbles: true, composed: true, detail }));
    }

    #post(message) {
      setTimeout(() => this.#calls.get(message.id)?.(false), PATIENCE);
      this.#port.postMessage(message);
    }

    #call(type, payload) {
      const id = ++this.#last;
      return new Promise((resolve) => {
        this.#calls.set(id, (done) => {
          this.#calls.delete(id);
          resolve(done);
        });
        const message = { v: VERSION, type, id, payload };
        if (this.#ready) this.#post(message);
        else this.#queue.push(message);
      });
    }

    async #give(id, reason) {
      const port = this.#port;
      let token = null;
      try {
        token = (await this.#getToken?.({ reason: isWord(reason) ? reason : "start" })) ?? null;
      } catch (cause) {
        console.error(cause);
      }
      port.postMessage({ v: VERSION, type: "token", id, payload: { token } });
    }
  }

  customElements.define(NAME, Portal);
  globalThis.Portico = Object.freeze({
    create(place, options = {}) {
      const portal = document.createElement(NAME);
      portal.options = options;
      (typeof place === "string" ? document.querySelector(place) : place).append(portal);
      return portal;
    },
  });
})();
