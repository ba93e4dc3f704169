/// <reference lib="dom" />
// The page in a document without a browser, for the tests of what it shows.
import { assertEquals } from "@std/assert";
import { parseHTML } from "linkedom";
import { type ComponentChild, h, render } from "preact";
import { act } from "preact/test-utils";
import { readLink } from "../model/link.ts";
import type { ScenarioText } from "../model/play_scenario.ts";
import type { Situation } from "../model/situation.ts";

const page = parseHTML("<!doctype html><html><head></head><body></body></html>");
export const document = page.document as unknown as Document;
export const window = page.window as unknown as typeof globalThis;
Object.assign(document, { getSelection: () => null, hasFocus: () => false });
// What the editor asks of a browser besides.
Object.assign(window, { requestAnimationFrame: () => 0, cancelAnimationFrame() {} });
Object.assign(window, { getComputedStyle: () => ({ direction: "ltr" }) });
/** Takes what is dispatched to the window. */
export const keys: EventTarget = new EventTarget();
export const address: { hash: string; readonly href: string } = {
  hash: "",
  href: "http://127.0.0.1/",
};
export const copied: string[] = [];
/** C8: the host reads zeros where TD owner is 1. */
export const SCENARIO: string =
  'TDX loads "A load (C8)." { X = td secret } host ; load X -> r0 ; exists mc ' +
  "expect: Never";
/** What the server answers. */
export const server: { scenarios: ScenarioText[]; status: number } = {
  scenarios: [{ name: "another", sentence: "A load.", text: SCENARIO }],
  status: 200,
};
const served = (file: string) =>
  file === "scenarios.json" && server.status === 200
    ? Response.json(server.scenarios)
    : new Response("", { status: 404, statusText: "Not Found" });
for (
  const [name, value] of Object.entries({
    document,
    window,
    location: address,
    history: { replaceState: (_: unknown, __: string, hash: string) => address.hash = hash },
    matchMedia: () => ({ matches: true, addListener() {}, removeListener() {} }),
    MutationObserver: window.MutationObserver,
    fetch: (file: string) => Promise.resolve(served(file)),
    addEventListener: keys.addEventListener.bind(keys),
    removeEventListener: keys.removeEventListener.bind(keys),
    navigator: {
      clipboard: { writeText: (text: string) => Promise.resolve(void copied.push(text)) },
    },
  })
) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });

const { App } = await import("./app.tsx");
const { openAddress } = await import("./use_page.ts");

/** What an element says; folds blanks as a browser does. */
export function text(element: Element | null): string {
  return (element?.textContent ?? "").replace(/\s+/g, " ").trim();
}

export function all(selector: string): readonly HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(selector)];
}

export function texts(selector: string): readonly string[] {
  return all(selector).map(text);
}

/** The only one that there is. */
export function one(selector: string): HTMLElement {
  const found = all(selector);
  assertEquals(found.length, 1, `${selector}: ${found.map(text).join(" | ")}`);
  return found[0]!;
}

/** What the page is at, by its address. */
export function situation(): Situation {
  return readLink(address.hash);
}

export function button(name: string): HTMLElement {
  return all("button").find((button) => text(button) === name)!;
}

/** Draws something in place of all that is there. */
export async function draw(what: ComponentChild): Promise<void> {
  await act(() => render(null, document.body));
  await act(() => render(what, document.body));
}

/** Opens the page at an address, and lets all that it explores come to its end. */
export async function open(hash: string): Promise<void> {
  address.hash = hash;
  await draw(h(App, { first: await openAddress(hash) }));
  await settle();
}

/** What is explored comes in between. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await act(() => new Promise((resolve) => setTimeout(resolve, 1)));
    if (!texts(".verdict").some((words) => words.includes("Exploring"))) return;
  }
}

/** Waits until there is something, for what takes longer: the editor, runs, proofs. */
export async function wait(selector: string): Promise<void> {
  for (let i = 0; i < 500 && all(selector).length === 0; i++) await settle();
}

export async function click(button: Element): Promise<void> {
  await act(() => void button.dispatchEvent(new window.Event("click", { bubbles: true })));
  await settle();
}

/** Chooses from the list with a label. */
export async function choose(label: string, value: string): Promise<void> {
  const id = all("label").find((found) => text(found) === label)!.getAttribute("for")!;
  const select = document.getElementById(id)!;
  const options = [...select.querySelectorAll("option")];
  const index = options.findIndex((option) => option.getAttribute("value") === value);
  Object.defineProperty(select, "selectedIndex", { value: index, configurable: true });
  await act(() => void select.dispatchEvent(new window.Event("change", { bubbles: true })));
  await settle();
}

/** Opens a part of the page that is folded. */
export async function unfold(title: string): Promise<HTMLElement> {
  const details = one(`[aria-label="${title}"] > details`);
  Object.defineProperty(details, "open", { value: true, configurable: true });
  await act(() => void details.dispatchEvent(new window.Event("toggle")));
  return details;
}
