import { type Audit, AUDIT_CHECKS, type AuditCheck, type CheckResult } from "@tdx/host";
import { bold, dim, green, red, yellow } from "@std/fmt/colors";

const GROUPS: Readonly<Record<string, string>> = {
  cpu: "Silicon",
  machine: "Machine",
  tdx: "TDX",
  kernel: "Kernel",
  records: "Records",
};
const COLOURS: Readonly<Record<CheckResult, (text: string) => string>> = {
  ok: green,
  affected: red,
  unknown: yellow,
  "not applicable": dim,
};
const TITLES = new Map(AUDIT_CHECKS.map(({ id, title }) => [id, title]));
const WIDTH = Math.max(...Object.keys(COLOURS).map((result) => result.length));

/** How an audit is shown to people. */
export interface AuditTextOptions {
  /** Whether to say all about every check. */
  readonly explain: boolean;
  /** Whether to use colour. */
  readonly colour: boolean;
}

/** An audit as a tree of checks, with the verdict last. */
export function auditText(audit: Audit, options: AuditTextOptions): string {
  const lines: string[] = [];
  let group = "";
  for (const check of audit.checks) {
    const name = check.id.split(".")[0]!;
    if (name !== group) lines.push(emphasis(GROUPS[name] ?? name, options));
    group = name;
    lines.push(...checkLines(check, options));
  }
  lines.push("", `${emphasis(`Verdict: ${audit.verdict}`, options)}. ${audit.sentence}.`);
  lines.push(`${audit.advice}.`);
  return lines.join("\n");
}

function checkLines(check: AuditCheck, options: AuditTextOptions): string[] {
  const { id, result, seen, source, meaning, fix } = check;
  const word = result.padEnd(WIDTH);
  const head = options.colour ? COLOURS[result](word) : word;
  const below = options.explain
    ? [["id", id], ["source", source], ["means", meaning], ...(fix === "" ? [] : [["fix", fix]])]
    : fix !== ""
    ? [["fix", fix]]
    : [];
  return [
    `  ${head}  ${TITLES.get(id) ?? id}: ${seen}`,
    ...below.map(([name, value]) => `${" ".repeat(WIDTH + 4)}${name!.padEnd(6)} ${value}`),
  ];
}

function emphasis(words: string, { colour }: AuditTextOptions): string {
  return colour ? bold(words) : words;
}
