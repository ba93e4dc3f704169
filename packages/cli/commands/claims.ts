import { checkClaims, type ClaimResult } from "@tdx/litmus";
import { PLATFORMS } from "../platforms.ts";
import { type Command, EXIT } from "../shell/command.ts";
import { noOperands } from "../shell/options.ts";
import { printJson } from "../shell/show.ts";

/** `tdx claims`: look at every claim of the patch. */
export const claimsCommand: Command = {
  summary: "look at each claim that the patch makes, with what shows or refutes it",
  usage: "",
  options: {},
  example: "tdx claims",
  async run(options, stdio) {
    noOperands(options);
    const claims = await checkClaims(PLATFORMS);
    if (options.has("json")) printJson(stdio, { claims });
    else stdio.print(claims.map(claimText).join("\n\n"));
    return claims.every(({ verdict }) => verdict !== "fails") ? EXIT.fine : EXIT.hazard;
  },
};

function claimText(
  { id, claim, verdict, condition, evidence, counterexample }: ClaimResult,
): string {
  const way = counterexample?.map(({ op, rule }) => `${op} (${rule ?? "-"})`).join(", ");
  return [
    `${id}. ${claim}`,
    `   ${verdict}${condition === undefined ? "" : `: ${condition}`}`,
    `   ${evidence}`,
    ...(way === undefined ? [] : [`   a way to a machine check otherwise: ${way}`]),
  ].join("\n");
}
