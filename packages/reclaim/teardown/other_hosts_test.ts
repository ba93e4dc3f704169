// What a report says of another host is what that host reports when it tears the same TD down itself.
import { assertEquals } from "@std/assert";
import { linux } from "@tdx/linux";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import { busyAfterEach, GUEST_PAGES, smallHost, tearDown } from "../_fixtures_test.ts";
import { createTdHost } from "../td_host/td_host.ts";
import { POLICIES } from "../decide.ts";
import type { OtherHost } from "./options.ts";

const OTHERS: readonly OtherHost[] = [emr, gnr].flatMap((platform) =>
  POLICIES.map((policy) => ({ platform, policy }))
);

// Kernel; machine checks by path on emr with policy always, quirk, never, then on gnr. One page has
// transient poison; the REMOVE of page 0 is refused on the dynamic path, so 7.2 returns it as it is (X2).
const TABLE = [
  ["6.18", "dynamic", [0, 0, GUEST_PAGES - 1, 0, 1, 1]],
  ["6.18", "terminate", [0, 0, GUEST_PAGES, 0, 1, 1]],
  ["7.2", "dynamic", [1, 1, GUEST_PAGES, 0, 1, 1]],
] as const;

for (const [version, path, machineChecks] of TABLE) {
  Deno.test(`teardown() says what it would come to elsewhere, Linux ${version}, ${path} path`, async () => {
    const run = async (own: OtherHost, others?: readonly OtherHost[]) => {
      const host = smallHost(own.platform);
      host.memory.poison([0x5040]);
      if (path === "dynamic") host.module.inject({ busyAfter: busyAfterEach(2, 0) });
      const options = { path, reuse: true, ...(others && { others }) };
      return await tearDown(host, options, { policy: own.policy, kernel: linux(version) });
    };
    for (const own of [OTHERS[0]!, OTHERS[5]!]) {
      const { others } = await run(own, OTHERS);
      assertEquals(others!.map((report) => report.machineChecks), [...machineChecks]);
      for (const [i, other] of OTHERS.entries()) assertEquals(others![i], await run(other));
    }
  });
}

Deno.test("teardown() says of Dynamic PAMT what it would come to elsewhere", async () => {
  const run = async (own: OtherHost, others?: readonly OtherHost[]) => {
    const guestBytes = 2 ** 20;
    const host = createTdHost({ platform: own.platform, guestBytes, vcpus: 1, dynamicPamt: true });
    return await tearDown(host, { ...(others && { others }) }, { policy: own.policy });
  };
  const { others } = await run(OTHERS[0]!, OTHERS);
  for (const [i, other] of OTHERS.entries()) assertEquals(others![i], await run(other));
});
