import { defined, KeyIdSpace } from "@tdx/core";
import {
  folderSource,
  MACHINE_CHECK_FORMATS,
  type MachineCheckFormat,
  type MachineCheckHost,
  readKernel,
  readKeyIdLayout,
} from "@tdx/host";
import { MACHINE_CHECK_MODES } from "@tdx/linux";
import { PLATFORMS } from "../platforms.ts";
import { KERNEL_OPTION, namedKernel, PLATFORM_NAMES, platformNamed } from "../shell/machine.ts";
import type { Options, OptionTable } from "../shell/options.ts";
import { UsageError } from "../shell/values.ts";

/** The form of rasdaemon's database, which is not a text. */
export const DATABASE = "rasdaemon";
const MCE_FORMATS = [...MACHINE_CHECK_FORMATS, DATABASE] as const;

/** What `tdx mce` takes. */
export const MCE_OPTIONS: OptionTable = {
  format: { value: MCE_FORMATS.join("|"), help: "default: told by the content" },
  mode: {
    value: MACHINE_CHECK_MODES.join("|"),
    help: "what was interrupted, where the log does not tell",
  },
  platform: { value: PLATFORM_NAMES, help: "the platform; default: the CPU that a record names" },
  ...KERNEL_OPTION,
  maxpa: { value: "BITS", help: "physical address bits with KeyID bits (MAXPA), 32 to 52" },
  "keyid-bits": { value: "BITS", help: "upper address bits that carry the KeyID, 0 to 15" },
  "shared-keyids": {
    value: "COUNT",
    help: "shared KeyIDs besides KeyID 0; the others are private",
  },
  root: {
    value: "DIR",
    help: "an audit snapshot: its kernel and KeyID layout, and without FILE its log",
  },
  explain: { help: "show the rule and the source behind each line" },
};

/** Reads `--format`. */
export function recordFormat(options: Options): MachineCheckFormat | typeof DATABASE | undefined {
  return options.pick("format", MCE_FORMATS);
}

/** Reads what the options say of the host that the records come from. */
export async function hostOf(options: Options): Promise<MachineCheckHost> {
  const platform = options.text("platform");
  const root = options.text("root");
  const layout = {
    ...(root === undefined ? {} : await readKeyIdLayout(folderSource(root))),
    ...defined({
      maxPa: options.number("maxpa", { from: 32, to: 52 }),
      keyIdBits: options.number("keyid-bits", { from: 0, to: 15 }),
      sharedKeyIds: options.number("shared-keyids", { from: 0, to: 2 ** 15 - 1 }),
    }),
  };
  const { maxPa, keyIdBits, sharedKeyIds } = layout;
  if (maxPa === undefined && keyIdBits !== undefined && root === undefined) {
    throw new UsageError("Expected --maxpa beside --keyid-bits, got none");
  }
  if (sharedKeyIds !== undefined && keyIdBits === undefined && root === undefined) {
    throw new UsageError("Expected --maxpa and --keyid-bits beside --shared-keyids, got none");
  }
  if (keyIdBits !== undefined && sharedKeyIds !== undefined) {
    // Refuses more shared KeyIDs than there are.
    new KeyIdSpace({ maxPa: maxPa ?? 52, keyIdBits, shared: sharedKeyIds, private: 0 });
  }
  return {
    ...defined({
      mode: options.pick("mode", MACHINE_CHECK_MODES),
      kernel: namedKernel(options) ??
        (root === undefined ? undefined : await readKernel(folderSource(root))),
      platform: platform === undefined ? undefined : platformNamed(platform),
    }),
    platforms: PLATFORMS,
    ...layout,
  };
}
