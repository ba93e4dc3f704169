/**
 * The memory of a TDX host: KeyIDs, one cache line and its rules, physical memory, machine checks,
 * and the contract of a platform plugin.
 *
 * @example A host takes a line back from a TD and writes less than the line
 * ```ts
 * import { GiB, KeyIdSpace, PhysicalMemory, ruleText } from "@tdx/core";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const [host, td] = [keyIds.key(0), keyIds.key(33)];
 * const memory = new PhysicalMemory({ bytes: GiB, platform: spr, keyIds });
 * memory.step({ kind: "movdir64b", by: "module", key: td, data: "secret" }, 0);
 *
 * const write = memory.step({ kind: "partial-write", by: "host", key: host, data: "host" }, 0);
 * const load = memory.step({ kind: "load", by: "host", key: host }, 0);
 * assertEquals(ruleText(write.rules[0]!).source, "Linux 1e536e106897");
 * assertEquals([write.machineCheck, load.machineCheck], [false, true]);
 * ```
 *
 * @module
 */
export * from "./bit_fields.ts";
export * from "./condition.ts";
export type * from "./key.ts";
export * from "./key_id_space.ts";
export * from "./line/line_automaton.ts";
export * from "./line/line_state.ts";
export * from "./line/line_step.ts";
export * from "./line/operation.ts";
export * from "./plugin.ts";
export * from "./line/rules.ts";
export * from "./text.ts";
export { BLOCK_FRAMES, BLOCK_WORDS, countBits } from "./memory/frame_bits.ts";
export * from "./memory/frame_chunk.ts";
export * from "./memory/frame_map.ts";
export * from "./memory/physical_memory.ts";
export * from "./machine_check/machine_check.ts";
export * from "./machine_check/registers.ts";
export { type Counts } from "./memory/tally.ts";
