// A page in React with the portal in it, which changes its language while it runs and can be put away.
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import type { PorticoGetToken, PorticoLocale } from "./portico";
import { Portal } from "./react";

const getToken: PorticoGetToken = async () => {
  const answer = await fetch("/portal-token", { method: "POST" });
  return answer.ok ? (await answer.json()).token : null;
};

function Page() {
  const [locale, setLocale] = useState<PorticoLocale>("en");
  const [shown, setShown] = useState(true);
  const [reference, setReference] = useState("");
  return (
    <main>
      <h1>Service</h1>
      <button type="button" onClick={() => setLocale("zh-Hant")}>繁體中文</button>
      <button type="button" onClick={() => setShown(!shown)}>{shown ? "Put away" : "Get out"}</button>
      {shown && (
        <Portal view="requests" locale={locale} headingLevel={2} getToken={getToken}
          onSubmitted={(detail) => setReference(detail.reference)} />
      )}
      <p role="status">{reference && `Received: ${reference}`}</p>
    </main>
  );
}

createRoot(document.getElementById("page")!).render(<StrictMode><Page /></StrictMode>);
