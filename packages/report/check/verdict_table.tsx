import { type Platform, showCount } from "@tdx/core";
import type { ClosureKeys, LeftPoison, VerdictRow } from "@tdx/litmus";
import type { VNode } from "preact";
import { Scroll } from "../page/data_table.tsx";
import { groupsOf } from "../page/groups_of.ts";
import { Agreement } from "./agreement.tsx";
import { placesText } from "./places.ts";
import { SeamNrNote } from "./seam_nr_note.tsx";
import { wayName, Witness } from "./witness.tsx";

const KEYS_TITLE: Readonly<Record<ClosureKeys, string>> = {
  "keyid0": "Host uses KeyID 0, as Linux",
  "shared": "Host uses a shared KeyID without integrity",
  "shared-integrity": "Host uses a shared KeyID with integrity",
  "keyid0+integrity": "Host uses KeyID 0 and an integrity KeyID on the same line",
};

const POISON_TITLE: Readonly<Record<LeftPoison, string>> = {
  none: "",
  unconsumed: "; hardware poison is left that the TD never consumed",
  consumed: "; hardware poison is left that the TD consumed, with SEAM_NR and no KeyID bits in " +
    "MCi_ADDR: the page is retired",
  logged:
    "; hardware poison is left whose generation was logged: memory_failure took the page (N5)",
};

const MODE_TITLE = { Li: "Li, logical integrity", Ci: "Ci, cryptographic integrity" } as const;

/** Verdicts that differ in mode, policy and platform alone. */
export function VerdictTable({ verdicts, declared }: {
  readonly verdicts: readonly VerdictRow[];
  /** The platforms as their plugins declare them, those of the verdicts among them. */
  readonly declared: readonly Platform[];
}): VNode {
  const { hostKeys, poison } = verdicts[0]!;
  const title = KEYS_TITLE[hostKeys] + POISON_TITLE[poison];
  const platforms = [...new Set(verdicts.map(({ platform }) => platform))];
  return (
    <article>
      <h3>{title}</h3>
      {poison === "consumed"
        ? <SeamNrNote platforms={declared.filter(({ name }) => platforms.includes(name))} />
        : null}
      <Scroll label={title}>
        <table class="verdicts">
          <thead>
            <tr>
              <th scope="col">policy</th>
              {platforms.map((name) => <th key={name} scope="col">{name}</th>)}
            </tr>
          </thead>
          {groupsOf(verdicts, ({ mode }) => mode).map((group) => (
            <tbody key={group[0]!.mode}>
              <tr>
                <th scope="rowgroup" colSpan={1 + platforms.length} class="group">
                  {MODE_TITLE[group[0]!.mode]}
                </th>
              </tr>
              {groupsOf(group, ({ policy }) => policy).map((row) => (
                <tr key={row[0]!.policy}>
                  <th scope="row">{row[0]!.policy}</th>
                  {platforms.map((name) => (
                    <VerdictCell
                      key={name}
                      verdict={row.find(({ platform }) => platform === name)}
                    />
                  ))}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </Scroll>
      <Ways verdicts={verdicts} />
    </article>
  );
}

function VerdictCell({ verdict }: { readonly verdict: VerdictRow | undefined }): VNode {
  if (verdict === undefined) return <td />;
  const { observation, expected, ok, decided, secretRead, states } = verdict;
  const never = observation === "Never";
  const wanted = expected === "Never" ? "no MC" : "MC";
  return (
    <td class={never ? undefined : "hit"}>
      {never ? "no MC" : <b class="mc">MC</b>}
      {decided !== null && decided !== observation ? <b class="wrong">decide disagrees</b> : null}
      {secretRead ? <b class="wrong">the TD's plaintext can be read</b> : null}
      <small>
        <Agreement ok={ok} expected={wanted} /> {showCount(states)}{" "}
        <span class="heard">states</span>
      </small>
    </td>
  );
}

/** The shortest ways to a machine check, each once with all that it is a way of. */
function Ways({ verdicts }: { readonly verdicts: readonly VerdictRow[] }): VNode | null {
  const hazards = verdicts.filter(({ trace }) => trace.length > 0);
  if (hazards.length === 0) return null;
  return (
    <div>
      {groupsOf(hazards, ({ trace }) => wayName(trace)).map((group) => {
        const [{ name, trace, witness }] = group as [VerdictRow];
        const where = placesText(
          group.map(({ platform, mode, policy }) => ({ platform, at: `${mode} ${policy}` })),
        );
        const steps = witness.map(({ op, rule }) => `${op} [${rule}]`).join(", ");
        return <Witness key={name} title={`${where}: ${steps}`} trace={trace} />;
      })}
    </div>
  );
}
