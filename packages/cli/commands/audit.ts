import { audit, fileSource, folderSource, type HostSource, liveSource } from "@tdx/host";
import { runFleet } from "../audit/fleet.ts";
import {
  AUDIT_FORMATS,
  AUDIT_WRITERS,
  type AuditFormat,
  formatStatus,
  nrpeTrouble,
} from "../audit/formats.ts";
import { PLATFORMS } from "../platforms.ts";
import { type Command, EXIT, type ExitStatus } from "../shell/command.ts";
import { openInput } from "../shell/input.ts";
import { namedKernel } from "../shell/machine.ts";
import type { Options } from "../shell/options.ts";
import { requireGranted } from "../shell/permissions.ts";
import type { Stdio } from "../shell/stdio.ts";
import { messageOf } from "../shell/system_trouble.ts";
import { pickName, UsageError } from "../shell/values.ts";

/** `tdx audit`: is this host affected, and what does its kernel do about it. */
export const auditCommand: Command = {
  summary: "say whether a host is affected, and what its kernel does about it",
  usage: "[FILE | - | --root DIR | --fleet FILE] [--kernel VERSION] [--format FORMAT] [--explain]",
  options: {
    root: { value: "DIR", help: "audit a snapshot folder; FILE is an archive, or a kernel log" },
    kernel: { value: "VERSION", help: "ask about this kernel instead of the one that runs" },
    format: { value: AUDIT_FORMATS.join("|"), help: "default text" },
    explain: { help: "say of every check where it looked, what it means and what to do" },
    fleet: { value: "FILE", help: "sum up audits, one JSON object a line; - is standard input" },
  },
  example: "tdx audit --explain",
  async run(options, stdio) {
    const format = auditFormat(options);
    if (options.text("fleet") !== undefined) return await runFleet(options, format, stdio);
    try {
      return await runAudit(options, format, stdio);
    } catch (error) {
      // A monitoring plugin could not tell, whatever the reason: its 1 is a warning.
      const message = format === "nrpe" ? messageOf(error) : undefined;
      if (message === undefined) throw error;
      stdio.print(nrpeTrouble(message));
      return EXIT.unknown;
    }
  },
};

function auditFormat(options: Options) {
  const typed = options.text("format");
  if (options.has("json") && typed !== undefined && typed !== "json") {
    throw new UsageError(`Expected --json or --format, got --json --format ${typed}`);
  }
  const format = options.has("json") ? "json" : typed ?? "text";
  if (options.has("explain") && format !== "text") {
    throw new UsageError(`Expected --explain with text, got --format ${format}`);
  }
  return pickName("--format", format, AUDIT_FORMATS);
}

async function runAudit(
  options: Options,
  format: AuditFormat,
  stdio: Stdio,
): Promise<ExitStatus> {
  const kernel = namedKernel(options)?.version;
  const found = await allowed(async () =>
    audit(await sourceOf(options, stdio), PLATFORMS, { ...(kernel && { kernel }) })
  );
  const how = { explain: options.has("explain"), colour: stdio.colour };
  stdio.print(AUDIT_WRITERS[format](found, how));
  if (isThisMachine(options) && found.platform === "none") {
    stdio.note(
      "tdx: no CPU that could host TDs; to audit another host: " +
        "ssh HOST sh -s < collect.sh | tdx audit -; for a platform: tdx decide --platform emr",
    );
  }
  return formatStatus(found, format);
}

function isThisMachine({ operands, given }: Options): boolean {
  return operands.length === 0 && !given.has("root");
}

async function sourceOf(options: Options, stdio: Stdio): Promise<HostSource> {
  const root = options.text("root");
  const given = [...options.operands, ...(root === undefined ? [] : [`--root ${root}`])];
  if (given.length > 1) {
    throw new UsageError(`Expected one of FILE, - and --root DIR, got ${given.join(" ")}`);
  }
  if (root !== undefined) return folderSource(root);
  const [file] = options.operands;
  if (file !== undefined) return fileSource(await openInput(file, stdio));
  requireGranted({ name: "run", command: "cat" });
  return liveSource();
}

/** Says how to audit where Deno may not, or where there is no `cat`. */
async function allowed<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    if (!missing && !(error instanceof Deno.errors.NotCapable)) throw error;
    const needs = missing ? "the program cat" : "the program cat and --allow-run=cat";
    throw new UsageError(
      `Auditing this machine needs ${needs}; or give a snapshot, as FILE or with --root DIR`,
    );
  }
}
