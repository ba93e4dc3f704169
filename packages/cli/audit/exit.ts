import type { Verdict } from "@tdx/host";
import { EXIT, type ExitStatus } from "../exit_status.ts";

/** What each verdict exits with. */
export const VERDICT_EXIT: Readonly<Record<Verdict, ExitStatus>> = {
  "not-concerned": EXIT.fine,
  fine: EXIT.fine,
  "pays-rightly": EXIT.hazard,
  "pays-needlessly": EXIT.hazard,
  "at-risk": EXIT.hazard,
  unknown: EXIT.unknown,
};
