/**
 * Why nothing can be measured here: not Linux, not x86-64, no `--allow-ffi`, no memory.
 *
 * @example Told apart from a mistake in the options
 * ```ts
 * import { MeterError } from "@tdx/host/meter";
 * import { assert } from "@std/assert";
 *
 * assert(!(new RangeError("Expected a size") instanceof MeterError));
 * ```
 */
export class MeterError extends Error {
  /** The name of this class. */
  override name = "MeterError";
}
