import { checkClaims, type ClaimResult } from "@tdx/litmus";
import type { Options } from "../options.ts";
import type { Output } from "../output.ts";
import { PLATFORMS } from "../platforms.ts";
import { printJson } from "../shared_options.ts";

/** Looks at every claim of the patch; says whether none fails. */
export async function showClaims(options: Options, output: Output): Promise<boolean> {
  const claims = await checkClaims(PLATFORMS);
  if (options.has("json")) printJson(output, { claims });
  else output.print(claims.map(text).join("\n\n"));
  return claims.every(({ verdict }) => verdict !== "fails");
}

function text({ id, claim, verdict, condition, evidence, counterexample }: ClaimResult): string {
  const way = counterexample?.map(({ op, rule }) => `${op} (${rule ?? "-"})`).join(", ");
  return [
    `${id}. ${claim}`,
    `   ${verdict}${condition === undefined ? "" : `: ${condition}`}`,
    `   ${evidence}`,
    ...(way === undefined ? [] : [`   a way to a machine check otherwise: ${way}`]),
  ].join("\n");
}
