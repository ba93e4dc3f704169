import type { Command } from "../command.ts";
import { EXIT, type ExitStatus } from "../exit_status.ts";
import { checkVerdicts } from "../check/verdicts.ts";

/** `tdx check`: explore every sequence, and compare with what is expected. */
export const command: Command = {
  summary: "explore every sequence after a reclaim, and compare with what is expected",
  usage: "[FILE...] [--platform NAME] [--mode Li|Ci] [--policy POLICY] [--trace]",
  options: {
    platform: { value: "NAME", help: "only this platform; default all" },
    mode: { value: "Li|Ci", help: "only this integrity mode; default both" },
    policy: { value: "POLICY", help: "always, quirk or never; default all, or the scenario's own" },
    trace: { help: "show the shortest way to each machine check, step by step" },
    limit: { value: "STATES", help: "give up beyond this many states; default 2^28" },
  },
  example: "tdx check --platform spr --trace",
  run(options, output): Promise<ExitStatus> {
    return checkVerdicts(options, output).then((ok) => ok ? EXIT.fine : EXIT.hazard);
  },
};
