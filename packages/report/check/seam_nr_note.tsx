import type { MachineCheckBehaviour, Platform, SeamNr } from "@tdx/core";
import { NEWEST_LINUX } from "@tdx/linux";
import type { VNode } from "preact";
import { Cited } from "../page/cited.tsx";
import { groupsOf } from "../page/groups_of.ts";

const SEAM_NR: Readonly<Record<SeamNr, string>> = {
  yes: "has SEAM_NR",
  no: "has no SEAM_NR",
  enumerated: "MCG_CAP bit 12 says whether the machine has SEAM_NR",
};

const WITHOUT: Readonly<Record<MachineCheckBehaviour["tdPoisonWithoutSeamNr"], string>> = {
  "may-panic": "without it the host may panic when the TD consumes the poison",
  survives: "without it the host survives that the TD consumes the poison",
};

/** Says where verdicts hold for which SEAM_NR is taken as given, and what comes without it. */
export function SeamNrNote({ platforms }: { readonly platforms: readonly Platform[] }): VNode {
  const declared = groupsOf(platforms, ({ machineCheck }) => declaration(machineCheck)).map(
    (same) => `${same.map(({ name }) => name).join(", ")}: ${declaration(same[0]!.machineCheck)}.`,
  );
  return (
    <p>
      This holds only with SEAM_NR, by which Linux knows that the TD met the machine check and
      retires the page (<Cited text="7911f145de5f" />), and only where MCi_ADDR carries no KeyID
      bits: with them no Linux up to {NEWEST_LINUX} finds the page (N1). As the plugins declare it:
      {" "}
      {declared.join(" ")}
    </p>
  );
}

function declaration({ seamNr, tdPoisonWithoutSeamNr }: MachineCheckBehaviour): string {
  return seamNr === "yes" ? SEAM_NR.yes : `${SEAM_NR[seamNr]}; ${WITHOUT[tdPoisonWithoutSeamNr]}`;
}
