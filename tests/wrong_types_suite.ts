/**
 * What a package does when a caller, whom no type checker holds, passes a wrong value.
 *
 * @module
 */
import { assertEquals } from "@std/assert";

/** A call that takes the wrong value, the value, the class of the error and its whole message. */
export type WrongType = readonly [
  call: (value: never) => unknown,
  value: unknown,
  error: typeof TypeError | typeof RangeError,
  message: string,
];

/**
 * Registers a test for each function: every wrong value is refused with the message that is written
 * out.
 *
 * @param table What is called, and with what.
 */
export function wrongTypes(table: Readonly<Record<string, readonly WrongType[]>>): void {
  for (const [name, rows] of Object.entries(table)) {
    Deno.test(`${name} refuses wrong values, and names parameter and value`, async () => {
      for (const [call, value, error, message] of rows) {
        const thrown = await refusal(() => call(value as never));
        assertEquals([thrown.constructor.name, thrown.message], [error.name, message]);
      }
    });
  }
}

async function refusal(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  return new Error("Expected a refusal, got none");
}
