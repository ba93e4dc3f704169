import { runOf } from "@tdx/core";
import type { SeamState } from "../state/_seam_state.ts";
import type { Td } from "../state/td.ts";

/** Makes a free page a control page of a TD, initialised under the TD's key. */
export function addControlPage(
  state: SeamState,
  td: Td,
  frame: number,
  type: "TDCX" | "TDVPR",
): void {
  const page = runOf(frame, 1);
  state.write(page, td.key!);
  state.pamt.change(page, state.pamt.entry(frame)!, {
    type,
    owner: td.tdr,
    level: 0,
    mapping: null,
    epoch: null,
  });
  td.children++;
}
