import { type Mode, MODES, type Platform } from "@tdx/core";
import { POLICIES, type Policy } from "@tdx/reclaim";
import { type Options, pickOption } from "../options.ts";
import { platformNamed } from "../platform_named.ts";
import { PLATFORMS } from "../platforms.ts";
import { UsageError } from "../usage_error.ts";

/** What part of the questions is asked. */
export interface Selection {
  /** The platforms. */
  readonly platforms: readonly Platform[];
  /** The modes. */
  readonly modes: readonly Mode[];
  /** The policy, where one was named. */
  readonly policy: Policy | undefined;
  /** The most states to visit. */
  readonly stateLimit: number;
}

/** The options behind a {@link Selection}. */
export const SELECTION_OPTIONS = {
  platform: { value: "NAME", help: "only this platform; default all" },
  mode: { value: "Li|Ci", help: "only this integrity mode; default both" },
  policy: { value: "POLICY", help: "always, quirk or never; default all, or the scenario's own" },
  limit: { value: "STATES", help: "give up beyond this many states; default 2^28" },
} as const;

const DEFAULT_LIMIT = 2 ** 28;

/** Reads {@link SELECTION_OPTIONS}. */
export function readSelection(options: Options): Selection {
  const platform = options.text("platform");
  const mode = pickOption(options, "mode", MODES);
  return {
    platforms: platform === undefined ? PLATFORMS : [platformNamed(platform)],
    modes: mode === undefined ? MODES : [mode],
    policy: pickOption(options, "policy", POLICIES),
    stateLimit: readLimit(options.text("limit")),
  };
}

function readLimit(text: string | undefined): number {
  const limit = Number(text ?? DEFAULT_LIMIT);
  if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw new UsageError(`Expected --limit as a whole number of states from 1, got ${text}`);
}
