/** One sub-field of a compound code: lowest bit, then mnemonic and words per value. */
export interface Part {
  readonly low: number;
  readonly values: readonly (readonly [string, string])[];
}

/** Level in the memory hierarchy. */
export const LL: Part = {
  low: 0,
  values: [["L0", "level 0"], ["L1", "level 1"], ["L2", "level 2"], ["LG", "any level"]],
};
/** Kind of transaction. */
export const TT: Part = {
  low: 2,
  values: [["I", "instruction"], ["D", "data"], ["G", "generic"], ["?", "reserved"]],
};
const REQUESTS: Part["values"] = [
  ["ERR", "generic error"],
  ["RD", "read"],
  ["WR", "write"],
  ["DRD", "data read"],
  ["DWR", "data write"],
  ["IRD", "instruction fetch"],
  ["PREFETCH", "prefetch"],
  ["EVICT", "eviction"],
  ["SNOOP", "snoop"],
];
/** Request. */
export const RRRR: Part = {
  low: 4,
  values: Array.from({ length: 16 }, (_, value) => REQUESTS[value] ?? ["?", "reserved request"]),
};
/** Kind of memory transaction. */
export const MMM: Part = {
  low: 4,
  values: [
    ["GEN", "generic"],
    ["RD", "read"],
    ["WR", "write"],
    ["AC", "address or command"],
    ["MS", "scrubbing"],
    ["?", "reserved"],
    ["?", "reserved"],
    ["?", "reserved"],
  ],
};
/** Memory channel. */
export const CCCC: Part = {
  low: 0,
  values: Array.from(
    { length: 16 },
    (_, value) => value === 15 ? ["x", "any channel"] as const : [`${value}`, `channel ${value}`],
  ),
};
/** Part that the processor had in it. */
export const PP: Part = {
  low: 9,
  values: [["SRC", "own request"], ["RES", "response"], ["OBS", "observed"], ["G", "generic"]],
};
/** Timeout. */
export const T: Part = { low: 8, values: [["NOTIMEOUT", "no timeout"], ["TIMEOUT", "timeout"]] };
/** What was addressed. */
export const II: Part = {
  low: 2,
  values: [["M", "memory"], ["?", "reserved"], ["IO", "I/O"], ["OTHER", "other"]],
};
