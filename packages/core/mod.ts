/**
 * The memory of a TDX host: KeyIDs, one cache line and its rules, physical memory, machine checks,
 * and the contract of a platform plugin.
 *
 * @module
 */
export type * from "./key.ts";
export * from "./key_id_space.ts";
export { AGENTS, DATA, OPERATION_KINDS, requireKey } from "./line_arguments.ts";
export * from "./line_automaton.ts";
export * from "./line_state.ts";
export * from "./line_step.ts";
export * from "./operation.ts";
export * from "./plugin.ts";
export * from "./rules.ts";
export * from "./units.ts";
export { BLOCK_FRAMES, BLOCK_WORDS, countBits } from "./frame_bits.ts";
export type * from "./frame_chunk.ts";
export * from "./frame_map.ts";
export * from "./physical_memory.ts";
export * from "./grade_machine_check.ts";
export * from "./machine_check.ts";
export * from "./mcg_status.ts";
export * from "./mci_status.ts";
export { type Counts } from "./tally.ts";
