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
    `Bound: ${pages} guest pages, ${vcpus} vCPUs, ${packages} packages, ${faults} unexpected failures,`,
    `${busy} answers BUSY or INTERRUPTED_RESUMABLE. Lines: any number, for no line changes another. That`,
    "more pages, vCPUs or packages behave alike is likely, as each goes through the same steps, and not",
    "known. What needs more failures at once is not found.",
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
    ...fold(steps).flatMap(({ step, number, more }) => [
      ...stepText(step, number),
      ...(more === 0 ? [] : [`      … ${more} more steps of the same, for other pages`]),
    ]),
  ];
}

/** Leaves out the rounds of a loop that go like the one before. */
function fold(
  steps: readonly TeardownStep[],
): { readonly step: TeardownStep; readonly number: number; readonly more: number }[] {
  const shown: { step: TeardownStep; number: number; more: number }[] = [];
  const name = ({ by, status, textLine, line }: TeardownStep) =>
    line !== null || textLine === null ? NaN : `${by} ${status} ${textLine}`;
  for (let i = 0; i < steps.length;) {
    const round = LONGEST_ROUND.find((round) =>
      round <= i && isRepeated(steps, i, round, name) && isRepeated(steps, i - round, round, name)
    );
    if (round === undefined) {
      shown.push({ step: steps[i]!, number: i + 1, more: 0 });
      i++;
      continue;
    }
    let more = 0;
    while (isRepeated(steps, i + more, round, name)) more += round;
    shown.at(-1)!.more += more;
    i += more;
  }
  return shown;
}

/** Rounds of a loop that are looked for, in steps. */
const LONGEST_ROUND = [2, 3, 4, 5, 6, 7, 8] as const;

/** Whether the steps from one on are those of the round before. */
function isRepeated(
  steps: readonly TeardownStep[],
  from: number,
  round: number,
  name: (step: TeardownStep) => string | number,
): boolean {
  if (from < round || from + round > steps.length) return false;
  for (let i = from; i < from + round; i++) {
    if (name(steps[i]!) !== name(steps[i - round]!)) return false;
  }
  return true;
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
