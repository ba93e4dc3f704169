// What a user of the packages writes, outside the workspace: one file for every runtime and for
// tsc. It says what it found as one line of JSON.
import { decide, type Decision } from "@tdx/reclaim/decide";
import { createReclaimer, createTdHost } from "@tdx/reclaim";
import { GiB, KeyIdSpace, type Platform } from "@tdx/core";
import { matchPlatform, parseCpuinfo } from "@tdx/host/cpu";
import { decodeStatus } from "@tdx/seam";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { verdict } from "@tdx/litmus";

const found = {
  decide: { spr: inShort(decide({ platform: spr })), gnr: inShort(decide({ platform: gnr })) },
  witness: { spr: await witness(spr), gnr: await witness(gnr) },
  teardown: { spr: await teardown(spr), gnr: await teardown(gnr) },
  address: address(),
  status: status(0xC000030000000001n),
  cpu: cpu(),
  refused: [
    // A number is no platform: tsc says so, and so does the call.
    // @ts-expect-error A number is no platform.
    refused(() => decide({ platform: 1 })),
    refused(() => decide({ platform: { ...spr, contract: 2 } as typeof spr })),
  ],
};
console.log(JSON.stringify(found));

function inShort({ clear, needed, hazard }: Decision) {
  return { clear, needed, hazard };
}

/** The shortest way to a machine check where nothing is cleared. */
async function witness(platform: Platform): Promise<string[]> {
  const { witness } = await verdict({
    platform,
    mode: "Ci",
    hostKeys: "keyid0",
    policy: "never",
    poison: "none",
    expected: platform === spr ? "Sometimes" : "Never",
  });
  return witness.map(({ op, rule }) => `${op} ${rule}`);
}

async function teardown(platform: Platform) {
  const { memory, module, tdr } = createTdHost({ platform, guestBytes: 64 * GiB, vcpus: 8 });
  const { pagesReclaimed, linesCleared, fences } = await createReclaimer({ memory })
    .teardown(module, tdr);
  return { pagesReclaimed, linesCleared, fences };
}

/** MCi_ADDR of a real log. */
function address(): string[] {
  const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 7, shared: 63, private: 64 });
  const { pa, keyId } = keyIds.decode(0x82080a5669600);
  return [pa.toString(16), keyId.toString(16)];
}

function status(value: bigint) {
  const { name, operand, error } = decodeStatus(value);
  return { name, operand, error };
}

function cpu(): string {
  const cpuinfo = ["processor : 0", "vendor_id : GenuineIntel", "cpu family : 6", "model : 174"];
  const identity = parseCpuinfo([...cpuinfo, "stepping : 1", ""].join("\n"));
  return matchPlatform(identity, [spr, gnr, generic]).name;
}

/** The error that a call ends with. */
function refused(call: () => unknown): string {
  try {
    return `nothing: ${call()}`;
  } catch (error) {
    return String(error);
  }
}
