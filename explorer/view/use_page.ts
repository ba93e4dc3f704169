import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { LinkError, readLink, writeLink } from "../model/link.ts";
import { isScenarioLink, readScenarioLink, writeScenarioLink } from "../model/scenario_link.ts";
import { atStep, type Situation, START } from "../model/situation.ts";

/** Milliseconds after the last key before the address is written anew. */
const QUIET = 300;

/** A word to the user above the page. */
export interface Notice {
  readonly kind: "error" | "info";
  readonly text: string;
}

/** What the page shows. */
export interface Shown {
  readonly view: "line" | "scenario";
  readonly situation: Situation;
  /** Index of the line that clicks go to. */
  readonly line: number;
  /** The scenario that is written; `null` before there is one. */
  readonly text: string | null;
  readonly notice: Notice | null;
}

/** What the page shows, and how it changes. */
export interface ShownPage extends Shown {
  readonly show: (changed: Partial<Shown>) => void;
  /** Goes on from here: other settings, a click, another step. */
  readonly change: (situation: Situation) => void;
  /** Begins anew with another situation. */
  readonly open: (situation: Situation, notice: Notice | null) => void;
}

/**
 * Reads what an address shows.
 *
 * @param hash Its fragment.
 * @returns What is shown; the start with the reason where the address says nothing that can be.
 */
export async function openAddress(hash: string): Promise<Shown> {
  // A copy, so that the address is written anew even where the start is there already.
  const start: Shown = {
    view: "line",
    situation: { ...START },
    line: 0,
    text: null,
    notice: null,
  };
  if (hash === "" || hash === "#") return start;
  try {
    if (!isScenarioLink(hash)) return { ...start, situation: readLink(hash) };
    return { ...start, view: "scenario", text: await readScenarioLink(hash) };
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    const text = `This link cannot be opened; here is the start instead. ${error.message}`;
    return { ...start, notice: { kind: "error", text } };
  }
}

/** Holds what the page shows: the address always has it, and another address opens another. */
export function usePage(first: Shown): ShownPage {
  const [shown, setShown] = useState(first);
  const { view, situation, text } = shown;
  const show = (changed: Partial<Shown>) => setShown((now) => ({ ...now, ...changed }));
  useLayoutEffect(() => {
    if (view === "line") history.replaceState(null, "", `#${writeLink(situation)}`);
  }, [view, situation]);
  useEffect(() => {
    if (view !== "scenario" || text === null) return;
    let current = true;
    const write = async () => {
      // What is too long for a link has none: an older one would be another scenario.
      const link = await writeScenarioLink(text).catch(() => "");
      if (current) history.replaceState(null, "", `#${link}`);
    };
    const timer = setTimeout(write, QUIET);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [view, text]);
  useListener("hashchange", () => void openAddress(location.hash).then(setShown));
  useListener("keydown", (event) => {
    const by = stepOf(event);
    if (by !== 0) setShown((now) => now.view === "line" ? step(now, by) : now);
  });
  return {
    ...shown,
    show,
    change: (situation) => show({ situation }),
    open: (situation, notice) => show({ view: "line", situation, line: 0, notice }),
  };
}

function step(shown: Shown, by: number): Shown {
  return { ...shown, situation: atStep(shown.situation, shown.situation.at + by) };
}

/** Arrows step, unless they are for a field or a dot of the map. */
function stepOf(event: KeyboardEvent): number {
  const busy = event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey ||
    (event.target as Element).closest("select, input, .scroll") !== null;
  if (busy) return 0;
  return { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
}

function useListener<K extends keyof WindowEventMap>(
  type: K,
  listener: (event: WindowEventMap[K]) => void,
): void {
  useEffect(() => {
    addEventListener(type, listener);
    return () => removeEventListener(type, listener);
  }, []);
}
