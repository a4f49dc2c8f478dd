// The page /embed/demo: shows and copies the tag with its options.
"use strict";
const form = document.getElementById("options");
const find = (id) => document.getElementById(id);
const DEFAULTS = { view: "home", mode: "inline", locale: "auto", theme: "auto", lazy: "visible" };

const chosen = () => {
  const entries = [...new FormData(form)].filter(([name, value]) => name !== "host" && value && DEFAULTS[name] !== value);
  return entries.map(([name, value]) => [name, value.trim()]).filter(([name, value]) => value && (name !== "type" || form.view.value === "new"));
};

const escape = (text) => text.replace(/[&"<>]/g, (c) => `&#${c.charCodeAt(0)};`);

const judge = async (host) => {
  const { frame_ancestors: known = [] } = await (await fetch("/portal/v1/config")).json();
  if (!/^https?:\/\/[a-z0-9.:[\]-]+$/.test(host)) return `"${host}" is no origin: scheme and host (and port) alone, as in https://www.example.com.`;
  if (!known.includes(host)) return `The portal does not let ${host} frame it yet: add it to frame_ancestors in portico.toml.`;
  if (host.startsWith("https:") !== location.protocol.startsWith("https:")) return `${host} and ${location.origin} must both be https, or the browser shows nothing.`;
  return `The portal lets ${host} frame it.`;
};

const draw = async () => {
  const attributes = chosen().map(([name, value]) => ` ${name}="${escape(value)}"`).join("");
  find("tag").textContent = `<script src="${location.origin}/embed/1/portico.js" async></script>\n\n`
    + `<portico-portal${attributes}>\n  <a href="${location.origin}/">Write to our service desk</a>\n</portico-portal>`;
  find("policy").textContent = `script-src ${location.origin}\nframe-src ${location.origin}`;
  const portal = document.createElement("portico-portal");
  for (const [name, value] of chosen()) portal.setAttribute(name, value);
  portal.append(Object.assign(document.createElement("a"), { href: "/", textContent: "Write to our service desk" }));
  find("place").replaceChildren(portal);
  find("open").hidden = form.mode.value !== "panel";
  find("word").textContent = await judge(form.host.value.trim());
};

form.addEventListener("change", draw);
form.addEventListener("submit", (event) => event.preventDefault());
find("open").addEventListener("click", () => find("place").firstChild.open());
find("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(find("tag").textContent);
  find("copied").textContent = "Copied";
});
document.addEventListener("portico:error", ({ detail: { code } }) => {
  const own = `To see it here, add ${location.origin} to frame_ancestors as well.`;
  find("word").textContent = code === "unreachable" ? own : `The portal says: ${code}.`;
});
draw();
