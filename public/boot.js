// Loads the app: picks the language, fetches what the first view needs side by side, starts the app,
// and shows a card that keeps what was written when any of it fails. No HTML strings: Trusted Types is 'none'.
const ASSETS = {};

// In a frame of `embed/portico.js`: how it is to look, before the page around it has said anything.
const embed = parent === window ? null : /^portico (inline|panel) (auto|light|dark|contrast)$/.exec(name);
if (embed) Object.assign(document.documentElement.dataset, { embed: embed[1], preset: embed[2] });

// That page hands over a port, to this document alone. Who it is, the app judges.
const greeting = embed && new Promise((resolve) => {
  const hear = ({ source, origin, data, ports: [port, more] }) => {
    if (source !== parent || data?.portico !== "hello" || data.v !== 1 || !port || more) return;
    removeEventListener("message", hear);
    port.postMessage({ v: 1, type: "here" });
    resolve({ origin, port, payload: data.payload });
  };
  addEventListener("message", hear);
});

// Home and surveys have programs of their own, as `Route::is_here` has it. In a frame home comes with the whole: what
// lives in memory alone, such as the session, would not cross to another document. A survey begins light, and is opened
// again with `?full` by that program when it asks more (`components::survey::holds`); in a frame it is full at once.
const path = location.pathname;
const search = new URLSearchParams(location.search);
const survey = embed || search.has("full") ? "survey" : "light";
const program = ASSETS[path === "/" && !embed ? "door" : path.startsWith("/surveys/") ? survey : "whole"];

const WORDS = {
  en: {
    title: "This page has stopped",
    kept: "What you had written is kept on this device. Load the page again to go on.",
    offline: "The page could not be loaded. Check the connection, then load it again. What you had written is kept on this device.",
    slow: "This takes longer than usual; the connection may be slow. Please wait.",
    unsupported: "This browser cannot run this page. Bring the browser up to date, or open the page in another one.",
    reload: "Load again",
    show: "Show what I had written",
    copy: "Copy",
    copied: "Copied",
  },
  "zh-Hans": {
    title: "页面停止运行了",
    kept: "您填写的内容已保存在这台设备上。请重新载入页面后继续。",
    offline: "页面没有载入成功。请检查网络后重新载入。您填写的内容已保存在这台设备上。",
    slow: "载入比平常慢，可能是网络不畅。请稍候。",
    unsupported: "这个浏览器无法运行本页面。请更新浏览器，或换一个浏览器打开。",
    reload: "重新载入",
    show: "显示我填写的内容",
    copy: "复制",
    copied: "已复制",
  },
  "zh-Hant": {
    title: "頁面停止運作了",
    kept: "您填寫的內容已保存在這台裝置上。請重新載入頁面後繼續。",
    offline: "頁面沒有載入成功。請檢查網路後重新載入。您填寫的內容已保存在這台裝置上。",
    slow: "載入比平常慢，可能是網路不順。請稍候。",
    unsupported: "這個瀏覽器無法執行本頁。請更新瀏覽器，或改用其他瀏覽器開啟。",
    reload: "重新載入",
    show: "顯示我填寫的內容",
    copy: "複製",
    copied: "已複製",
  },
};

// Storage may be forbidden; then it is as if it were empty.
const storage = (kind, use) => {
  try {
    return use(globalThis[kind]);
  } catch {
    return null;
  }
};

const toLocale = (tag) => {
  if (/^zh\b/i.test(tag)) return /-(hant|tw|hk|mo)\b/i.test(tag) && !/-hans\b/i.test(tag) ? "zh-Hant" : "zh-Hans";
  return /^en\b/i.test(tag) ? "en" : null;
};

const wishes = [
  search.get("lang"),
  storage("localStorage", (s) => s.getItem("portico.locale")),
  ...(navigator.languages ?? []),
];
const locale = wishes.map((tag) => tag && toLocale(tag)).find(Boolean) ?? "en";
const words = WORDS[locale];
document.documentElement.lang = locale;

const element = (name, properties, ...children) => {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
};

// Every text that somebody wrote, in the order of the form.
const strings = (value) => {
  if (typeof value === "string") return value.trim() ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(strings);
  return value && Object.getPrototypeOf(value) === Object.prototype ? Object.values(value).flatMap(strings) : [];
};
const textOf = ({ subject, body, answers, contact }) => strings([subject, body, answers, contact]).join("\n");

// What is being written, and what was sent and has not arrived (src/state/drafts.rs, outbox.rs).
const written = () =>
  new Promise((resolve) => {
    const open = indexedDB.open("portico");
    // It does not exist: leave it so, the app makes it with the stores that it needs.
    open.onupgradeneeded = () => open.transaction.abort();
    open.onerror = () => resolve("");
    open.onsuccess = () => {
      const database = open.result;
      const reading = database.transaction(["drafts", "outbox"]);
      const drafts = reading.objectStore("drafts").getAll();
      const outbox = reading.objectStore("outbox").getAll();
      reading.onabort = () => resolve("");
      reading.oncomplete = () => {
        database.close();
        const waiting = outbox.result.filter((entry) => !entry.state?.accepted).map((entry) => entry.draft);
        resolve([...drafts.result, ...waiting].map(textOf).filter(Boolean).join("\n\n"));
      };
    };
  }).catch(() => "");

const live = document.getElementById("live-polite");
const SVG = "http://www.w3.org/2000/svg";
let stopped = false;

const stop = async (message) => {
  if (stopped) return;
  stopped = true;
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  icon.append(document.createElementNS(SVG, "use"));
  icon.firstChild.setAttribute("href", `${ASSETS.icons}#warning`);
  const heading = element("h1", { tabIndex: -1, textContent: words.title });
  const buttons = element("div", { className: "buttons" }, element("button", {
    className: "button", type: "button", textContent: words.reload, onclick: () => location.reload(),
  }));
  const card = element("div", { className: "empty" }, icon, heading, element("p", { textContent: message }), buttons);
  document.getElementById("app").replaceChildren(element("header", { className: "bar" }), element("main", { className: "page", id: "main" }, card));
  document.title = words.title;
  heading.focus();

  const text = await written();
  if (!text) return;
  const area = element("textarea", { readOnly: true, value: text, rows: 12, ariaLabel: words.show });
  const copy = element("button", {
    className: "button secondary", type: "button", textContent: words.copy,
    onclick: async () => {
      area.select();
      await navigator.clipboard.writeText(text);
      copy.textContent = words.copied;
      live.textContent = words.copied;
    },
  });
  card.append(element("details", {}, element("summary", { textContent: words.show }), element("div", { className: "field" }, area, copy)));
};

// Where WebAssembly is turned off, its kinds of errors are not there either.
const isA = (kind, cause) => globalThis.WebAssembly !== undefined && cause instanceof WebAssembly[kind];

const crashed = (reason) => {
  console.error(reason);
  return stop(words.kept);
};

for (const type of ["error", "unhandledrejection"]) {
  addEventListener(type, (event) => {
    const cause = event.error ?? event.reason;
    if (isA("RuntimeError", cause)) crashed(cause);
  });
}

const get = async (url, options) => {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`${response.status} ${url}`);
  return response;
};

// Who waits long is told that it goes on: to load the page again would begin anew.
setTimeout(() => {
  const late = document.querySelector(".late");
  if (!late) return;
  late.className = "notice";
  late.firstElementChild.replaceChildren(element("p", { textContent: words.slow }));
  live.textContent = words.slow;
}, 5000);

const RELOADED = "portico.reloaded";

// An import takes no integrity of its own; what was preloaded with one is what it uses.
document.head.append(element("link", { rel: "modulepreload", href: program.js, integrity: program.jsIntegrity }));

try {
  const [config, messages, own, wasm, glue] = await Promise.all([
    // A host without the file serves the API beside the site.
    fetch("/portico.json").then((response) => (response.ok ? response.json() : {})),
    get(program.messages[locale]).then((response) => response.json()),
    // The company's own wording; without it there is ours.
    get(`/words/${locale}.json`).then((response) => response.json()).catch(() => ({})),
    get(program.wasm, { integrity: program.wasmIntegrity }),
    import(program.js),
  ]);
  Object.assign(messages, own);
  globalThis.__portico = {
    locale, messages, messageUrls: program.messages, icons: ASSETS.icons, api: config.api ?? "/portal/v1", crashed,
    greeting,
  };
  await glue.default({ module_or_path: wasm });
  live.textContent = "";
  storage("sessionStorage", (s) => s.removeItem(RELOADED));
} catch (cause) {
  const failed = isA("RuntimeError", cause);
  const unsupported = globalThis.WebAssembly === undefined || isA("CompileError", cause);
  // A file is usually missing because the site was replaced after this page was opened: once, load the new one.
  const again = !failed && !unsupported && navigator.onLine && storage("sessionStorage", (s) => {
    if (s.getItem(RELOADED)) return false;
    s.setItem(RELOADED, "1");
    return true;
  });
  if (again) {
    console.info(cause);
    location.reload();
  } else {
    console.error(cause);
    stop(failed ? words.kept : unsupported ? words.unsupported : words.offline);
  }
}
