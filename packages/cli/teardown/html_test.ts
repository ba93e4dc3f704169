import { linux } from "@tdx/linux";
import { assertEquals } from "@std/assert";
import { MiB } from "@tdx/core";
import { spr } from "@tdx/platform-spr";
import { HOST_KEYS, TEARDOWN_PATHS } from "@tdx/reclaim";
import { CaughtStdio } from "../fixtures_test.ts";
import { PLATFORMS } from "../platforms.ts";
import { compare } from "./html.ts";
import { simulate, type TeardownPlan } from "./simulate.ts";

Deno.test("compare() has the teardown of every platform and policy, as it is when simulated itself", async () => {
  const output = new CaughtStdio();
  for (const path of TEARDOWN_PATHS) {
    for (const hostKeys of HOST_KEYS) {
      const plan: TeardownPlan = {
        kernel: linux(),
        platform: spr,
        mode: "Ci",
        hostKeys,
        policy: "quirk",
        path,
        guestBytes: 4 * MiB,
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
      const { report } = await simulate(plan, output);
      const compared = await compare(plan, report, output);
      assertEquals(compared.length, PLATFORMS.length * 3);
      for (const { platform, policy, report } of compared) {
        const itself = await simulate({ ...plan, platform, policy }, output);
        assertEquals(report, itself.report, `${platform.name} ${policy} ${path} ${hostKeys}`);
      }
    }
  }
});
