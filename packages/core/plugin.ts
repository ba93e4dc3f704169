/**
 * What a platform plugin needs: the small part of `@tdx/core`, so that plugins load quickly.
 *
 * @module
 */
export * from "./define_platform.ts";
export * from "./platform.ts";
export type * from "./source.ts";
