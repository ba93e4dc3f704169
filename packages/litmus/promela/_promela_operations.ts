import type { Agent, Operation, OperationKind } from "@tdx/core";
import { READS_DATA } from "../model/problem.ts";

const DEVICE: ReadonlySet<OperationKind> = new Set([
  "dma-read",
  "dma-write",
  "dma-partial-write",
]);
/** Whether an operation reads, and so may observe something. */
export function reads(operation: Operation): boolean {
  return READS_DATA.has(operation.kind) && !refused(operation);
}

/** Whether a private KeyID is refused to who uses it (W6, F1). */
export function refused({ kind, by, key }: Operation): boolean {
  return key.access === "private" && (DEVICE.has(kind) || by === "host");
}

/** Whether what was read or lost is the host's business. */
export function isOutside(by: Agent): boolean {
  return by === "host" || by === "device";
}

/**
 * The operations as Promela, on line l with key k; the copy under the key's KeyID is in hand.
 *
 * Each is built from the rules' inlines alone. `value` is what was read, `consumed` whether that
 * was poison read by executing software.
 */
export const PROMELA_OPERATIONS = `
inline access(l, k) {
  if
  :: c_present -> access_K2(l, k)
  :: else -> access_K1(l, k)
  fi
}

inline load(l, k) {
  access(l, k);
  value = (c_poison == NONE -> c_data : POISON);
  consumed = (c_poison != NONE)
}

inline store(l, k, d) {
  access(l, k);
  c_data = (c_poison != NONE -> 0 : (c_data > d -> c_data : d));
  c_dirty = 1
}

inline prefetch(l, k) {
  if
  :: c_present -> access_K2(l, k)
  :: else -> access_K8(l, k)
  fi
}

inline movdir64b(l, k, d) {
  event_K5(l, k);
  write_memory(l, k, FULL, d, NONE)
}

inline evict(l, k) { event_K3(l, k) }
inline clflush(l, k) { event_K4(l, k) }
inline cache_wb(l, k) { event_K6(l, k) }
inline page_wbinvd(l, k) { event_K7(l, k) }

/* A5: the copy under the same KeyID reaches memory before the bytes do. */
inline partial_write(l, k, d) {
  event_K4(l, k);
  write_memory(l, k, PARTIAL, d, NONE)
}
inline dma_partial_write(l, k, d) { partial_write(l, k, d) }

inline dma_read(l, k) {
  if
  :: c_present -> r_data = c_data; r_poison = c_poison
  :: else -> read_memory(l, k)
  fi;
  value = (r_poison == NONE -> r_data : POISON)
}

/* A5: the whole line is replaced, so its copy is dropped without being written back. */
inline dma_write(l, k, d) {
  drop_copy();
  write_memory(l, k, FULL, d, NONE)
}

inline poison_cell(l, k) { poison_memory(l, HARDWARE_TRANSIENT) }
inline poison_stuck(l, k) { poison_memory(l, HARDWARE_STUCK) }

inline corrupt(l, k) {
  if
  :: l.poison == NONE -> l.key = 0; l.data = GARBAGE; l.mac = 0
  :: else
  fi
}
`;
