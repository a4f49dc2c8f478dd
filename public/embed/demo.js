// The page /embed/demo: shows and copies the tag with its options.
"use strict";
const form = document.getElementById("options");
const find = (id) => document.getElementById(id);
const DEFAULTS = { view: "home", mode: "inline", position: "right", locale: "auto", theme: "auto", lazy: "visible", height: "auto" };
// What belongs to some views alone, and to some modes.
const ONLY = {
  type: () => form.view.value === "new",
  reference: () => ["request", "track"].includes(form.view.value),
  token: () => form.view.value === "survey",
  position: () => form.mode.value === "button",
};

const chosen = () =>
  [...new FormData(form)]
    .map(([name, value]) => [name, value.trim()])
    .filter(([name, value]) => name !== "host" && value && DEFAULTS[name] !== value && (ONLY[name]?.() ?? true));

const escape = (text) => text.replace(/[&"<>]/g, (c) => `&#${c.charCodeAt(0)};`);

const judge = (host, known) => {
  if (!/^https?:\/\/[a-z0-9.:[\]-]+$/.test(host)) return `"${host}" is no origin: scheme and host (and port) alone, as in https://www.example.com.`;
  if (!known.includes(host)) return `The portal does not let ${host} frame it yet: add it to frame_ancestors in portico.toml.`;
  if (host.startsWith("https:") !== location.protocol.startsWith("https:")) return `${host} and ${location.origin} must both be https, or the browser shows nothing.`;
  return `The portal lets ${host} frame it.`;
};

const known = fetch("/portal/v1/config").then((answer) => answer.json()).then((config) => config.frame_ancestors ?? []);

const draw = async () => {
  const attributes = chosen().map(([name, value]) => ` ${name}="${escape(value)}"`).join("");
  find("tag").textContent = `<script src="${location.origin}/embed/1/portico.js" async></script>\n\n`
    + `<portico-portal${attributes}>\n  <a href="${location.origin}/">Write to our service desk</a>\n</portico-portal>`;
  find("policy").textContent = `script-src ${location.origin}\nframe-src ${location.origin}`;
  for (const name in ONLY) form[name].parentElement.hidden = !ONLY[name]();
  const hosts = await known.catch(() => []);
  find("word").textContent = judge(form.host.value.trim(), hosts);
  const here = hosts.includes(location.origin);
  find("open").hidden = !here || form.mode.value !== "panel";
  find("consent").hidden = !here || !form.consent.value;
  if (!here) {
    find("place").textContent = `To see it here, add ${location.origin} to frame_ancestors as well.`;
    return;
  }
  const portal = document.createElement("portico-portal");
  for (const [name, value] of chosen()) portal.setAttribute(name, value);
  portal.append(Object.assign(document.createElement("a"), { href: "/", textContent: "Write to our service desk" }));
  find("place").replaceChildren(portal);
};

form.addEventListener("change", draw);
form.addEventListener("submit", (event) => event.preventDefault());
find("open").addEventListener("click", () => find("place").firstChild.open());
find("consent").addEventListener("click", () => find("place").firstChild.consent());
find("copy").addEventListener("click", async () => {
  const copied = await navigator.clipboard.writeText(find("tag").textContent).then(() => true, () => false);
  find("copied").textContent = copied ? "Copied" : "The browser does not let this page copy: select the tag and copy it yourself.";
});
document.addEventListener("portico:error", ({ detail: { code } }) => {
  find("word").textContent = `The portal says: ${code}.`;
});
draw();
