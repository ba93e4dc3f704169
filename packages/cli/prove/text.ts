import {
  type Counterexample,
  type PropertyId,
  TEARDOWN_PROPERTIES,
  type TeardownProof,
  type TeardownStep,
} from "@tdx/litmus";
import { table } from "../shell/show.ts";

/** A proof and what it is of. */
export interface TitledProof {
  readonly title: string;
  readonly proof: TeardownProof;
}

/** Writes proofs for a person: what holds, and the shortest ways to what does not. */
export function proofsText(proofs: readonly TitledProof[], trace: boolean): string {
  const ids = Object.keys(TEARDOWN_PROPERTIES) as PropertyId[];
  const { bound } = proofs[0]!.proof;
  const broken = proofs.filter(({ proof }) => brokenOf(proof).length > 0);
  return [
    broken.length === 0
      ? "Every property holds in every interleaving, within the bound."
      : `${broken.length} of ${proofs.length} teardowns can go wrong.`,
    "",
    table(
      ["teardown", ...ids, "states", "depth"],
      proofs.map(({ title, proof }) => [
        title,
        ...proof.properties.map(({ counterexample }) =>
          counterexample === null ? "holds" : "BROKEN"
        ),
        `${proof.states}`,
        `${proof.depth}`,
      ]),
    ),
    "",
    ...ids.map((id) => `  ${id}: ${TEARDOWN_PROPERTIES[id]}`),
    "",
    boundText(bound),
    ...broken.flatMap(({ title, proof }) => {
      const all = brokenOf(proof);
      const shortest = all.toSorted((a, b) => a[1].steps.length - b[1].steps.length);
      // Of many teardowns one way each is enough to begin with.
      const shown = trace || proofs.length === 1 ? all : shortest.slice(0, 1);
      return shown.flatMap(([id, way]) => ["", `${title}, ${id}: ${way.harm}`, ...stepsText(way)]);
    }),
    ...(trace || proofs.length === 1 || broken.length === 0
      ? []
      : ["", "The shortest way of each teardown; --trace shows all of them."]),
  ].join("\n");
}

/** What the answer is about, and why no more was needed, or that this is not known. */
export function boundText(bound: TeardownProof["bound"]): string {
  const { pages, vcpus, packages, faults, busy } = bound;
  return [
    `Bound: ${pages} guest pages, ${vcpus} vCPUs, ${packages} packages, ${faults} unexpected ` +
    `failures, ${busy} answers BUSY or INTERRUPTED_RESUMABLE. Lines: any number, for one does not`,
    "change another. More pages, vCPUs or packages are not known to behave alike, though each is dealt",
    "with by the same steps; what needs more failures at once than that is not found.",
  ].join("\n");
}

function brokenOf({ properties }: TeardownProof): [PropertyId, Counterexample][] {
  return properties.flatMap(({ id, counterexample }) =>
    counterexample === null ? [] : [[id, counterexample] as [PropertyId, Counterexample]]
  );
}

function stepsText({ steps, machine }: Counterexample): string[] {
  return [
    ...(machine === null ? [] : [`  on ${machine}:`]),
    ...steps.flatMap((step, i) => stepText(step, i + 1)),
  ];
}

function stepText(
  { by, what, status, injected, rules, changes, line }: TeardownStep,
  number: number,
) {
  const answer = status === null ? "" : ` -> ${status}${injected ? " (unexpected)" : ""}`;
  const fired = rules.length === 0 ? "" : `  [${rules.join(" ")}]`;
  return [
    `${String(number).padStart(4)}. ${by}: ${what}${answer}${fired}`,
    ...changes.map((change) => `      ${change}`),
    ...(line === null ? [] : [`      line: ${line}`]),
  ];
}
