/**
 * Giving a TD's private memory back to the host: whether to clear it, the clearing itself, and the
 * teardown of a whole TD on simulated memory.
 *
 * @module
 */
export * from "./decide.ts";
