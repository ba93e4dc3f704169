/**
 * Exit statuses, the same for every subcommand.
 *
 * @example A status that this package does not know
 * ```ts
 * import { EXIT, main } from "@tdx/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const output = { print() {}, note() {}, progress() {} };
 *
 * assertEquals(await main(["status", "c0ffee0000000000"], output), EXIT.unknown);
 * ```
 */
export const EXIT = {
  /** Nothing to worry about. */
  fine: 0,
  /** Wrong usage or bad input. */
  usage: 1,
  /** A hazard was found. */
  hazard: 2,
  /** The answer could not be told. */
  unknown: 3,
} as const;

/**
 * How a command ends: 0 fine, 1 usage or bad input, 2 a hazard was found, 3 could not tell.
 *
 * @example Not to clear where the erratum is
 * ```ts
 * import { type ExitStatus, main } from "@tdx/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const output = { print() {}, note() {}, progress() {} };
 * const run = (platform: string): Promise<ExitStatus> =>
 *   main(["decide", "--platform", platform, "--policy", "never"], output);
 *
 * assertEquals([await run("gnr"), await run("spr"), await run("none")], [0, 2, 1]);
 * ```
 */
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];
