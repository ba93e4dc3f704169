import { assertEquals } from "@std/assert";
import { MiB } from "@tdx/core";
import { linux } from "@tdx/linux";
import { spr } from "@tdx/platform-spr";
import { HOST_KEYS, TEARDOWN_PATHS } from "@tdx/reclaim";
import { CaughtStdio } from "../fixtures_test.ts";
import { ALL_HOSTS } from "./html.ts";
import { simulate, type TeardownPlan } from "./simulate.ts";

const PLAN: Omit<TeardownPlan, "path" | "hostKeys"> = {
  kernel: linux(),
  platform: spr,
  mode: "Ci",
  policy: "quirk",
  guestBytes: 2 * MiB,
  vcpus: 2,
  hostBytes: undefined,
  scatter: false,
  faults: {
    poison: [0x1000],
    stuck: [0x2000],
    poisonRate: 0.001,
    fatal: false,
    busyRate: 0.01,
    seed: 3,
  },
};

Deno.test("simulate() says of other hosts what it says when they are simulated themselves", async () => {
  const output = new CaughtStdio();
  const plans = [
    PLAN,
    { ...PLAN, mode: "Li" as const, policy: undefined, kernel: linux("6.18") },
    { ...PLAN, faults: { ...PLAN.faults, fatal: true } },
    { ...PLAN, faults: { ...PLAN.faults, busyRate: 0.5, seed: 4 } },
  ];
  let machineChecks = 0;
  for (const plan of plans) {
    for (const path of TEARDOWN_PATHS) {
      for (const hostKeys of HOST_KEYS) {
        const itself = { ...plan, path, hostKeys };
        const { others } = await simulate(itself, output, undefined, ALL_HOSTS);
        for (const [i, host] of ALL_HOSTS.entries()) {
          const { report } = await simulate({ ...itself, ...host }, output);
          assertEquals(
            others[i],
            report,
            JSON.stringify([itself, host.platform.name, host.policy]),
          );
          machineChecks += report.machineChecks;
        }
      }
    }
  }
  assertEquals(machineChecks > 0, true);
});
