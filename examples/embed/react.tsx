// React. The script is loaded by the page: <script src="https://help.example.com/embed/1/portico.js" async></script>,
// the types come from /embed/1/portico.d.ts.
import { useEffect, useRef } from "react";
import type { PorticoEvents, PorticoOptions, PorticoPortal } from "./portico";

type Props = PorticoOptions & { onSubmitted?: (detail: PorticoEvents["submit:succeeded"]) => void };

export function Portal({ onSubmitted, ...options }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const portal = useRef<PorticoPortal | null>(null);
  const submitted = useRef(onSubmitted);
  submitted.current = onSubmitted;

  useEffect(() => {
    let gone = false;
    let end: (() => void) | undefined;
    customElements.whenDefined("portico-portal").then(() => {
      if (gone || !place.current) return;
      const made = globalThis.Portico.create(place.current, options);
      end = made.on("submit:succeeded", (detail) => submitted.current?.(detail));
      portal.current = made;
    });
    return () => {
      gone = true;
      end?.();
      portal.current?.remove();
      portal.current = null;
    };
    // The portal is made once; what changes later is set below.
  }, []);

  useEffect(() => {
    if (options.locale) portal.current?.setLocale(options.locale);
  }, [options.locale]);

  return <div ref={place} />;
}
