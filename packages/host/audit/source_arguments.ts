import {
  requireArray,
  requireFunction,
  requireObject,
  requireString,
  wrongType,
} from "@tdx/core/arguments";
import type { HostSource } from "./sources/host_source.ts";

/** Refuses what is no source. */
export function requireSource(name: string, value: unknown): void {
  requireObject(name, value);
  requireFunction(`${name}.files`, (value as HostSource).files);
}

/** Refuses what are no paths of files. */
export function requirePaths(name: string, value: unknown): void {
  requireArray(name, value, requireString);
}

/** Refuses what does not give pieces of bytes as they come. */
export function requireBytes(name: string, value: unknown): void {
  if (typeof value === "object" && value !== null && Symbol.asyncIterator in value) return;
  throw wrongType(name, "a stream of bytes", value);
}
