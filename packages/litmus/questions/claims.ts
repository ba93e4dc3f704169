import {
  consumedPoison,
  KeyIdSpace,
  MODES,
  type Operation,
  type Platform,
  requirePlatform,
  TDX_PW_MCE,
} from "@tdx/core";
import { gradeMachineCheck, LINUX_HISTORY } from "@tdx/linux";
import { clearOperation } from "@tdx/reclaim";
import {
  afterStuckCell,
  answer,
  ask,
  everyLine,
  isOldPrivate,
  refuses,
} from "./_claim_evidence.ts";
import { savingEvidence } from "./_claim_saving.ts";
import { KEYS } from "../model/problem.ts";
import type { WitnessStep } from "../model/trace.ts";

/** What became of a claim. */
export interface ClaimResult {
  /** Letter of the claim. */
  readonly id: string;
  /** The claim. */
  readonly claim: string;
  /** Whether it holds, holds under the condition only, or fails. */
  readonly verdict: "holds" | "holds on condition" | "fails";
  /** The condition under which it holds. */
  readonly condition?: string;
  /** How it was looked at. */
  readonly how: "exploration" | "rules" | "estimate";
  /** What was looked at, in words. */
  readonly evidence: string;
  /** Where it does not hold, a way that shows it. */
  readonly counterexample?: readonly WitnessStep[];
}

interface Claim {
  readonly id: string;
  readonly claim: string;
  readonly how: ClaimResult["how"];
  /** What was looked at, and what was found. */
  check(platforms: Platforms): Promise<Finding> | Finding;
}

interface Finding {
  /** Whether it holds, within the condition if there is one. */
  readonly holds: boolean;
  readonly evidence: string;
  readonly condition?: string;
  readonly counterexample?: readonly WitnessStep[];
}

interface Platforms {
  readonly all: readonly Platform[];
  readonly erratum: readonly Platform[];
  readonly others: readonly Platform[];
}

const CLEAR: Operation = clearOperation(KEYS.keyid0);

/** Whether there is no way to a machine check. */
const isEmpty = (witness: readonly WitnessStep[]) => witness.length === 0;

const CLAIMS: readonly Claim[] = [
  {
    id: "a",
    claim: "MOVDIR64B clears TD owner and integrity metadata without an integrity violation",
    how: "exploration",
    async check({ all }) {
      const { lines, bad } = await everyLine(
        all,
        ["none", "unconsumed"],
        CLEAR,
        ({ after, logged, machineCheck }) =>
          after.memory.owner === 0 && !after.memory.macMatches && !logged && !machineCheck,
      );
      return { holds: bad === 0, evidence: `${lines} reachable lines cleared, ${bad} otherwise` };
    },
  },
  {
    id: "b",
    claim: "MOVDIR64B clears poison without consuming it",
    how: "exploration",
    async check({ all }) {
      const { lines, bad } = await everyLine(
        all,
        ["none", "unconsumed"],
        CLEAR,
        ({ after, machineCheck }) => after.memory.poison === null && !machineCheck,
      );
      const stuck = afterStuckCell(all[0]!, CLEAR);
      return {
        holds: bad === 0 && stuck.memory.poison === "hardware-stuck",
        evidence: `${lines} reachable lines cleared, ${bad} otherwise`,
        condition: "the memory cell is not stuck: stuck hardware poison returns after a full write",
      };
    },
  },
  {
    id: "c",
    claim: "the module, not the clear, does the flushing on reclaim",
    how: "exploration",
    async check({ erratum, all }) {
      const flushed = await ask(all, "keyid0", "always");
      const unflushed = await Promise.all(
        erratum.flatMap((platform) =>
          MODES.map((mode) =>
            answer({
              platform,
              mode,
              hostKeys: "keyid0",
              policy: "always",
              poison: "none",
              flush: false,
            })
          )
        ),
      );
      return {
        holds: flushed.every(isEmpty) &&
          !unflushed.some(isEmpty),
        evidence: "with the module's flush a clear is enough; without it a dirty private line is " +
          "evicted after the clear, and the hazard of the erratum is back",
        counterexample: unflushed[0]!,
      };
    },
  },
  {
    id: "d",
    claim: "old private lines read through a shared KeyID without integrity give no violation",
    how: "exploration",
    async check({ all }) {
      let lines = 0;
      let bad = 0;
      for (const key of [KEYS.keyid0, KEYS.shared]) {
        const read: Operation = { kind: "load", by: "host", key };
        const found = await everyLine(
          all,
          ["none"],
          read,
          ({ before, data, logged, machineCheck }) =>
            !isOldPrivate(before) || (data === "zeros" && !logged && !machineCheck),
        );
        lines += found.lines;
        bad += found.bad;
      }
      return { holds: bad === 0, evidence: `${lines} reads in Li and Ci, ${bad} with a violation` };
    },
  },
  {
    id: "e",
    claim: "KeyID 0 never has integrity",
    how: "rules",
    check() {
      const policies = [1n, 3n].map((policy) => (6n << 32n) | (1n << 36n) | (policy << 4n));
      const refused = policies.filter((tmeActivate) =>
        refuses(() =>
          KeyIdSpace.fromMsrs({ tmeActivate, keyIdPartitioning: (32n << 32n) | 31n, maxPa: 52 })
        )
      );
      const space = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
      return {
        holds: refused.length === 2 && refuses(() => space.key(0, { integrity: true })),
        evidence: "IA32_TME_ACTIVATE refuses both integrity algorithms as TME policy",
      };
    },
  },
  {
    id: "f",
    claim: "hence no clearing is needed for integrity when the host uses KeyID 0",
    how: "exploration",
    async check({ others }) {
      const found = await ask(others, "keyid0", "never");
      return {
        holds: found.every(isEmpty),
        evidence: `${found.length} closures without any clear, on platforms without the erratum`,
      };
    },
  },
  {
    id: "g",
    claim:
      "the advice to initialise with MOVDIR64B is needed only for shared KeyIDs with integrity",
    how: "exploration",
    async check({ others }) {
      const without = [
        ...await ask(others, "keyid0", "never"),
        ...await ask(others, "shared", "never"),
      ];
      const integrity = await ask(others, "shared-integrity", "never", "none", ["Ci"]);
      return {
        holds: without.every(isEmpty) &&
          integrity.every((witness) => witness.at(-1)?.rule === "C6"),
        evidence: "skipping it is a machine check with an integrity KeyID in Ci, and only there",
        condition: "the platform is without the erratum",
        counterexample: integrity[0]!,
      };
    },
  },
  {
    id: "h",
    claim: "what remains is poison consumption",
    how: "exploration",
    async check({ others }) {
      const clean = await ask(others, "keyid0", "quirk");
      const left = await ask(others, "keyid0", "quirk", "unconsumed");
      return {
        holds: clean.every(isEmpty) &&
          left.every((witness) => witness.at(-1)?.rule === "R0"),
        evidence:
          "without poison no machine check exists; with hardware poison that the TD never " +
          "consumed, the first load is one: it survives a skipped clear as it survives in any other " +
          "page, while the old unconditional clear happened to remove it",
        counterexample: left[0]!,
      };
    },
  },
  {
    id: "i",
    claim: "poison in a TD was announced by a machine check",
    how: "exploration",
    async check({ all }) {
      const load: Operation = { kind: "load", by: "td", key: KEYS.td };
      const { lines, bad } = await everyLine(
        all,
        ["unconsumed"],
        load,
        ({ data, machineCheck }) => (data === "poison") === machineCheck,
      );
      const silent = await ask(all, "keyid0", "never", "unconsumed");
      return {
        holds: bad === 0 && !silent.some(isEmpty),
        evidence: `${lines} loads by the TD: every one that met poison was a machine check`,
        condition: "the TD consumed it: poison that it never read was not announced",
        counterexample: silent[0]!,
      };
    },
  },
  {
    id: "j",
    claim:
      "with SEAM_NR the page is retired and never allocated again; without it some platforms panic",
    how: "exploration",
    async check({ all }) {
      const retired = await ask(all, "keyid0", "never", "consumed");
      // Where the page is not retired, the poison is as if nobody had consumed it.
      const kept = await ask(all, "keyid0", "never", "unconsumed");
      const grade = (version: string, keyIdInAddress: boolean, seamNr = true) =>
        gradeMachineCheck(consumedPoison({ address: 0, seamNr }), {
          mode: "kernel",
          kernel: version,
          keyIdInAddress,
        });
      const versions = LINUX_HISTORY.map(({ from }) => from);
      const retires = (keyIdInAddress: boolean) =>
        versions.filter((version) => grade(version, keyIdInAddress).pageRetired);
      const fixed = retires(true);
      return {
        holds: retired.every(isEmpty) && !kept.some(isEmpty) &&
          retires(false).length === versions.length &&
          versions.every((version) =>
            grade(version, true).severity === "recovered" &&
            grade(version, false, false).severity === "panic"
          ),
        evidence:
          "once the TD has consumed the poison and the page is retired, not even policy never " +
          "leads to a machine check; the same record without SEAM_NR is graded as a panic",
        condition:
          "MCi_ADDR carries no KeyID bits, which those of a TD's errors do (N1): with them " +
          (fixed.length === 0
            ? `no Linux from ${versions[0]} to ${versions.at(-1)} finds the page to retire`
            : `only Linux ${fixed.join(", ")} finds the page to retire`),
        counterexample: kept[0]!,
      };
    },
  },
  {
    id: "k",
    claim: "with the erratum a partial write to a once-private line poisons it, with KeyID 0 too",
    how: "exploration",
    async check({ erratum }) {
      const found = await ask(erratum, "keyid0", "never");
      const expected = (witness: readonly WitnessStep[]) =>
        witness.map(({ op }) => op).join(", ") === "partial write, load" &&
        witness[0]!.rule === "W5";
      return {
        holds: found.length > 0 && found.every(expected),
        evidence: `${erratum.map(({ name }) => name).join(", ")}: partial write (W5), load`,
      };
    },
  },
  {
    id: "l",
    claim: "on the others any full write converts the line back",
    how: "exploration",
    async check({ others }) {
      const writes: Operation[] = [
        { ...CLEAR, data: "host" },
        { kind: "dma-write", by: "device", key: KEYS.keyid0, data: "host" },
      ];
      let lines = 0;
      let bad = 0;
      for (const write of writes) {
        const found = await everyLine(
          others,
          ["none"],
          write,
          ({ after }) => after.memory.owner === 0 && after.memory.poison === null,
        );
        lines += found.lines;
        bad += found.bad;
      }
      return {
        holds: bad === 0,
        evidence: `${lines} full writes to reachable lines, ${bad} otherwise`,
      };
    },
  },
  {
    id: "m",
    claim: "the quirk policy is sound and tight",
    how: "exploration",
    async check({ all, erratum, others }) {
      const sound = [...await ask(all, "keyid0", "quirk"), ...await ask(all, "shared", "quirk")];
      const tight = await ask(erratum, "keyid0", "never");
      const integrity = await ask(others, "shared-integrity", "quirk", "none", ["Ci"]);
      return {
        holds: sound.every(isEmpty) &&
          !tight.some(isEmpty),
        evidence:
          "where it skips no machine check exists, where it clears skipping has a way to one",
        condition: "the host uses no shared KeyID with integrity, as Linux",
        counterexample: integrity[0]!,
      };
    },
  },
  {
    id: "n",
    claim: "skipping the clear shortens shutdown by up to 40%",
    how: "estimate",
    check: ({ erratum, others }) => savingEvidence(erratum, others),
  },
];

/**
 * Looks at every claim of the patch.
 *
 * @param platforms The platforms to look at them on; those with and without the erratum.
 * @returns A result for each claim, in order.
 * @throws {TypeError} If one is not one of `definePlatform`.
 *
 * @example
 * ```ts
 * import { checkClaims } from "@tdx/litmus";
 * import { emr } from "@tdx/platform-emr";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const results = await checkClaims([emr, gnr]);
 * assertEquals(results.filter(({ verdict }) => verdict === "fails"), []);
 *
 * const sound = results.find(({ claim }) => claim === "the quirk policy is sound and tight");
 * assertEquals(sound?.condition, "the host uses no shared KeyID with integrity, as Linux");
 * ```
 */
export async function checkClaims(platforms: readonly Platform[]): Promise<ClaimResult[]> {
  platforms.forEach((platform, i) => requirePlatform(`platforms[${i}]`, platform));
  const erratum = platforms.filter(({ bugs }) => bugs.includes(TDX_PW_MCE));
  const others = platforms.filter(({ bugs }) => !bugs.includes(TDX_PW_MCE));
  const results: ClaimResult[] = [];
  for (const { id, claim, how, check } of CLAIMS) {
    const { holds, ...finding } = await check({ all: platforms, erratum, others });
    results.push({ id, claim, how, verdict: verdictOf(holds, finding.condition), ...finding });
  }
  return results;
}

function verdictOf(holds: boolean, condition?: string): ClaimResult["verdict"] {
  if (!holds) return "fails";
  return condition === undefined ? "holds" : "holds on condition";
}
