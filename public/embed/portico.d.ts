/** The types of `<portico-portal>` and `Portico.create()`, version 1. What each means is in docs/embedding.md. */

/** What can be shown. */
export type PorticoView = "home" | "new" | "track" | "requests" | "request" | "survey" | "callback" | "help" | "service";
/** The languages of the portal; `auto` takes that of the page around it. */
export type PorticoLocale = "zh-Hans" | "zh-Hant" | "en" | "auto";
/** The preset that a theme begins with. */
export type PorticoPreset = "auto" | "light" | "dark" | "contrast";

/** Colours and measures; every token is optional (docs/theming.md). */
export interface PorticoTheme {
  preset?: PorticoPreset;
  /** Values of tokens, such as `{ accent: "#0d5563" }`. */
  tokens?: Record<string, string>;
  /** Values that take their place in the dark. */
  dark?: Record<string, string>;
}

/** What a new form begins with. What the customer has written is never replaced. */
export interface PorticoPrefill {
  subject?: string;
  body?: string;
  /** Answers by the id of their field. */
  fields?: Record<string, string | number | boolean | string[]>;
  name?: string;
  email?: string;
  phone?: string;
}

/**
 * What goes along with a new request, such as `{ page: location.href, order: "A-17" }`: 20 short texts at most, named in
 * lower case letters, digits and `_`; nothing about a person. The customer sees it before sending, the desk afterwards.
 */
export type PorticoContext = Record<string, string>;

/** Where to go. */
export interface PorticoPlace {
  /** The request type, with `new`. */
  type?: string;
  /** `PT-...`, with `request` and `track`. */
  reference?: string;
  /** Of the survey's link, with `survey`. */
  token?: string;
}

/** Gives a fresh token of your own server for the customer who is signed in to your site, or null for nobody. */
export type PorticoGetToken = (why: { reason: "start" | "expired" }) => Promise<string | null> | string | null;

export interface PorticoOptions extends PorticoPlace {
  /** The origin of the portal; where the script comes from if this is not said. */
  src?: string;
  view?: PorticoView;
  mode?: "inline" | "panel" | "button";
  locale?: PorticoLocale;
  /** Text of the button, title of the frame. */
  label?: string;
  /** Of the button and its panel. */
  position?: "left" | "right";
  /** `auto` follows the content, `fill` the element around it; a number is CSS pixels. */
  height?: "auto" | "fill" | number;
  minHeight?: number;
  maxHeight?: number;
  /** When an inline portal loads: when it comes into view, on a click on the link within, or at once. */
  lazy?: "visible" | "click" | "off";
  /** With `required` nothing loads before `consent()`. */
  consent?: "required" | "given";
  /** The level of the portal's main heading among those of your page, 1 to 6. */
  headingLevel?: number;
  theme?: PorticoTheme;
  prefill?: PorticoPrefill;
  context?: PorticoContext;
  getToken?: PorticoGetToken;
}

/** What the portal tells, by name; as DOM events `portico:<name>` with it as `detail`. Never anything personal. */
export interface PorticoEvents {
  ready: Record<string, never>;
  open: Record<string, never>;
  close: Record<string, never>;
  "consent:required": Record<string, never>;
  navigate: { view: string; reference?: string };
  "submit:started": Record<string, never>;
  "submit:succeeded": { reference: string };
  "submit:failed": { code: string };
  "draft:changed": { count: number };
  unread: { count: number };
  "promise:changed": { reference: string; stage: string; state: string };
  "survey:submitted": Record<string, never>;
  "auth:required": Record<string, never>;
  "auth:expired": Record<string, never>;
  /** Colours that had to be changed to stay readable: what they stood on, what was asked for, what is used. */
  "theme:adjusted": { pairs: [token: string, ground: string, asked: string, used: string][] };
  /** `unreachable`: docs/embedding.md says what to look at. */
  error: { code: string };
}

/** Each call is kept until the portal is ready; its promise says whether the portal took it. */
export interface PorticoPortal extends HTMLElement {
  getToken: PorticoGetToken | undefined;
  options: PorticoOptions;
  /** Loads now. */
  load(): void;
  /** Loads, opens the panel, moves the focus into it. */
  open(): void;
  close(): void;
  consent(): void;
  navigate(view: PorticoView, place?: PorticoPlace): Promise<boolean>;
  setLocale(locale: PorticoLocale): void;
  setTheme(theme: PorticoTheme): Promise<boolean>;
  prefill(prefill: PorticoPrefill): Promise<boolean>;
  /** Takes the place of the context before; `false` where the portal did not take it. */
  setContext(context: PorticoContext): Promise<boolean>;
  /** Ends the session and clears what the portal keeps. */
  signOut(): Promise<boolean>;
  /** Calls `act` for every such event, until the function that it returns is called. */
  on<K extends keyof PorticoEvents>(type: K, act: (detail: PorticoEvents[K]) => void): () => void;
}

declare global {
  interface HTMLElementTagNameMap {
    "portico-portal": PorticoPortal;
  }
  var Portico: { create(place: Element | string, options?: PorticoOptions): PorticoPortal };
}
