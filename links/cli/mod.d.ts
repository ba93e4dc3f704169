// Types of the part of `@std/cli` that this workspace uses.

export interface ParseOptions {
  boolean?: readonly string[];
  string?: readonly string[];
  collect?: readonly string[];
  alias?: Readonly<Record<string, string | readonly string[]>>;
  default?: Readonly<Record<string, unknown>>;
  stopEarly?: boolean;
  "--"?: boolean;
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

export interface Args {
  _: (string | number)[];
  [name: string]: unknown;
}

export function parseArgs(args: readonly string[], options?: ParseOptions): Args;
