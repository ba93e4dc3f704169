import type { Audit } from "@tdx/host";

/** The namespace that node-feature-discovery lets every source use. */
const PREFIX = "feature.node.kubernetes.io/tdx-reclaim.";

/** An audit as a feature file for node-feature-discovery's `features.d`. */
export function nfd({ platform, kernel, verdict, checks }: Audit): string {
  const erratum = checks.find(({ id }) => id === "cpu.erratum")!.result.replaceAll(" ", "-");
  return Object.entries({ platform, erratum, kernel, verdict })
    .map(([name, value]) => `${PREFIX}${name}=${value}`)
    .join("\n");
}
