// Says in words, in the console and in a box on the page, why a portal in this page does not work. Put it beside
// portico.js while you look, and take it away again: <script src="https://help.example.com/embed/1/check.js"></script>
(() => {
  "use strict";
  const home = document.currentScript ? new URL(document.currentScript.src).origin : null;
  const found = [];
  const box = document.createElement("ol");
  box.setAttribute("role", "status");
  Object.assign(box.style, {
    background: "#fff", border: "2px solid #b3211a", color: "#000", font: "16px/1.5 system-ui", inset: "8px 8px auto auto",
    margin: "0", maxWidth: "36rem", padding: "12px 12px 12px 36px", position: "fixed", zIndex: "2147483647",
  });

  const say = (words) => {
    if (found.includes(words)) return;
    found.push(words);
    console.info(`portico: ${words}`);
    box.append(Object.assign(document.createElement("li"), { textContent: words }));
    document.body.append(box);
  };

  const MANIFEST = "/embed/manifest.json";
  // Portals of which it is known already why their frame stays empty.
  const stopped = new Set();

  const refused = (origin) => {
    stopped.add(origin);
    say(`${origin} does not let this page frame it: add "${location.origin}" to frame_ancestors in its portico.toml, exactly so.`);
  };

  const blocked = ({ effectiveDirective, violatedDirective, blockedURI, blockedURL }) => {
    const directive = effectiveDirective ?? violatedDirective;
    const what = blockedURI ?? blockedURL;
    // What is asked below, and nobody needs besides.
    if (what.endsWith(MANIFEST)) return;
    if (directive === "frame-ancestors") {
      refused(new URL(what).origin);
      return;
    }
    if (directive === "frame-src") stopped.add(new URL(what).origin);
    say(`This page's Content-Security-Policy stops ${what}: add its origin to ${directive}. "portico csp" prints the line.`);
  };
  document.addEventListener("securitypolicyviolation", blocked);
  if (globalThis.ReportingObserver) {
    const past = (reports) => reports.forEach(({ body }) => blocked(body));
    new ReportingObserver(past, { types: ["csp-violation"], buffered: true }).observe();
  }

  const site = (host) => host.split(".").slice(-2).join(".");

  const reachable = async (origin) => {
    try {
      return (await fetch(origin + MANIFEST)).ok;
    } catch {
      return false;
    }
  };

  const unreachable = async (origin) => {
    if (stopped.has(origin)) return;
    if (await reachable(origin)) {
      refused(origin);
    } else {
      say(`${origin} did not answer. Open it in a tab: if it works there, add "${location.origin}" to frame_ancestors in its portico.toml; if not, the portal or the network is down.`);
    }
  };

  const look = (portal) => {
    const origin = new URL(portal.getAttribute("src") ?? home ?? "", document.baseURI).origin;
    if (location.protocol === "https:" && origin.startsWith("http:")) {
      say(`${origin} is not https, and this page is: the browser shows nothing. Serve the portal over https.`);
    }
    if (portal.getAttribute("consent") === "required") say("A portal waits for consent(): nothing loads before.");
    if (site(new URL(origin).hostname) !== site(location.hostname)) {
      say(`${origin} seems to be another site than this page, so browsers may keep nothing for it. Give the portal a name of this page's domain.`);
    }
  };

  document.addEventListener("portico:error", ({ target, detail: { code } }) => {
    if (code === "unreachable") unreachable(new URL(target.getAttribute("src") ?? home, document.baseURI).origin);
    else if (code === "unauthenticated") say("The server refused the token of getToken(). Its log has the reason.");
    else if (code === "storage") say("The browser keeps nothing for the portal on this device. It works, and says so to the customer.");
    else if (code === "theme") say("A name in the theme is no token, or a value is not one that it takes (docs/theming.md).");
    else say(`The portal says: ${code}.`);
  });
  document.addEventListener("portico:ready", ({ target }) => say(`The portal "${target.id}" is there and works.`));

  addEventListener("load", () => {
    if (!customElements.get("portico-portal")) say("portico.js did not run: it is blocked, was not found, or its integrity is that of another version.");
    const portals = document.querySelectorAll("portico-portal");
    if (!portals.length) say("There is no <portico-portal> in this page yet.");
    portals.forEach(look);
  });
})();
