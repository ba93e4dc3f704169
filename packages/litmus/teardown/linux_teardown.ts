import { type Kernel, linux } from "@tdx/linux/kernel";
import { requireOneOf } from "@tdx/core/arguments";
import { TEARDOWN_PATHS, type TeardownPath } from "@tdx/reclaim";

/**
 * Writes Linux's teardown of a TD as a protocol, for {@link parseTeardown}.
 *
 * Versions differ in what the facts of `@tdx/linux` say: when the reset clears (X1), what becomes of a
 * guest page that was refused (X2), and Dynamic PAMT (X6). The rest is the order of semantics §4 and
 * §4.1. `dead` is KVM_BUG_ON, or the end of the VM: no vCPU enters any more.
 *
 * @param kernel The kernel, or its version; all three facts must be known of it.
 * @param path `dynamic`, or `terminate`, which is proposed and in no version.
 * @returns The text.
 * @throws {RangeError} If the path is not one of the two, or one of the facts is not known.
 *
 * @example
 * ```ts
 * import { linuxTeardown } from "@tdx/litmus";
 * import { assertStringIncludes } from "@std/assert";
 *
 * assertStringIncludes(linuxTeardown("6.18", "dynamic"), "else { dead leak page next }");
 * assertStringIncludes(linuxTeardown("6.19", "dynamic"), "else { dead return page next }");
 * ```
 */
export function linuxTeardown(kernel: Kernel | string, path: TeardownPath): string {
  requireOneOf("path", path, TEARDOWN_PATHS);
  const { version, reset, refusedGuestPage, dynamicPamt } = linux(kernel);
  if (reset === "unknown" || refusedGuestPage === "unknown" || dynamicPamt === "unknown") {
    throw new RangeError(
      `Expected a kernel of which reset, refusedGuestPage and dynamicPamt are known, got ${version}`,
    );
  }
  const refused = refusedGuestPage === "leaked" ? "leak" : "return";
  const put = (page: string) =>
    dynamicPamt
      ? [
        `put ${page} {`,
        `  TDH.PHYMEM.PAMT.REMOVE ${page}`,
        `    then { each half in pair of ${page} { reset half return half } }`,
        `    else { each half in pair of ${page} { leak half } }`,
        "}",
      ]
      : [];
  const back = (page: string) => [`reset ${page}`, ...put(page), `return ${page}`];
  const reclaim = (page: string) => [
    `TDH.PHYMEM.PAGE.RECLAIM ${page} else { leak ${page} next }`,
    ...back(page),
  ];
  const zap = [
    "thread zap {",
    ...indent([
      "each page in guest {",
      ...indent([
        `TDH.MEM.RANGE.BLOCK page retry 1 stopped else { dead ${refused} page next }`,
        "TDH.MEM.TRACK retry 1 stopped else { dead }",
        "kick",
        `TDH.MEM.PAGE.REMOVE page retry 1 stopped else { dead ${refused} page next }`,
        `TDH.PHYMEM.PAGE.WBINVD page td else { dead ${refused} page next }`,
        ...back("page"),
      ]),
      "}",
    ]),
    "}",
  ];
  const release = [
    `thread release${path === "dynamic" ? " after zap" : ""} {`,
    ...indent([
      "dead",
      "each vcpu in vcpus { TDH.VP.FLUSH vcpu }",
      "TDH.MNG.VPFLUSHDONE else { leak all stop }",
      "each package in packages parallel { TDH.PHYMEM.CACHE.WB package resume 10000 }",
      "TDH.MNG.KEY.FREEID else { leak all stop }",
      ...(path === "dynamic" ? [] : ["each page in guest {", ...indent(reclaim("page")), "}"]),
      "each vcpu in vcpus {",
      ...indent(["each page in tdcx of vcpu, tdvpr of vcpu {", ...indent(reclaim("page")), "}"]),
      "}",
      "each page in sept, tdcs {",
      ...indent(reclaim("page")),
      "}",
      "TDH.PHYMEM.PAGE.RECLAIM tdr else { leak tdr stop }",
      "TDH.PHYMEM.PAGE.WBINVD tdr global else { leak tdr stop }",
      ...back("tdr"),
    ]),
    "}",
  ];
  return [
    `TEARDOWN linux-${version}-${path}`,
    `reset ${reset}`,
    `pamt ${dynamicPamt ? "dynamic" : "static"}`,
    ...(path === "dynamic" ? zap : []),
    ...release,
    "",
  ].join("\n");
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
