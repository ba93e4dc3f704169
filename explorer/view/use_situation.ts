import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { LinkError, readLink, writeLink } from "../model/link.ts";
import { atStep, type Situation, START } from "../model/situation.ts";

/** A word to the user above the line. */
export interface Notice {
  readonly kind: "error" | "info";
  readonly text: string;
}

/** What the page shows. */
interface Shown {
  readonly situation: Situation;
  /** Index of the line that clicks go to. */
  readonly line: number;
  readonly notice: Notice | null;
}

/** What the page shows, and how it changes. */
export interface ShownSituation extends Shown {
  /** Goes on from here: other settings, a click, another step. */
  readonly change: (situation: Situation) => void;
  /** Begins anew with another situation. */
  readonly open: (situation: Situation, notice: Notice | null) => void;
  readonly chooseLine: (line: number) => void;
  readonly tell: (notice: Notice | null) => void;
}

/** Holds what the page shows: the address always has it, and another address opens another. */
export function useSituation(): ShownSituation {
  const [shown, setShown] = useState(() => openLink(location.hash));
  const { situation } = shown;
  useLayoutEffect(() => history.replaceState(null, "", `#${writeLink(situation)}`), [situation]);
  useListener("hashchange", () => setShown(openLink(location.hash)));
  useListener("keydown", (event) => {
    const by = stepOf(event);
    if (by !== 0) setShown((now) => step(now, by));
  });
  return {
    ...shown,
    change: (situation) => setShown((now) => ({ ...now, situation })),
    open: (situation, notice) => setShown({ situation, line: 0, notice }),
    chooseLine: (line) => setShown((now) => ({ ...now, line })),
    tell: (notice) => setShown((now) => ({ ...now, notice })),
  };
}

function openLink(hash: string): Shown {
  // A copy, so that the address is written anew even where the start is there already.
  const start = { situation: { ...START }, line: 0 };
  if (hash === "" || hash === "#") return { ...start, notice: null };
  try {
    return { situation: readLink(hash), line: 0, notice: null };
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    const text = `This link cannot be opened; here is the start instead. ${error.message}`;
    return { ...start, notice: { kind: "error", text } };
  }
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
