import { KeyIdSpace } from "@tdx/core";
import {
  folderSource,
  MACHINE_CHECK_FORMATS,
  type MachineCheckFormat,
  type MachineCheckHost,
  type MachineCheckMode,
  readKeyIdLayout,
} from "@tdx/host";
import { type Options, type OptionTable, pickOption } from "../options.ts";
import { platformNamed } from "../platform_named.ts";
import { PLATFORMS } from "../platforms.ts";
import { UsageError } from "../usage_error.ts";

/** The form of rasdaemon's database, which is no text. */
export const DATABASE = "rasdaemon";
const FORMATS = [...MACHINE_CHECK_FORMATS, DATABASE] as const;

const MODES: readonly MachineCheckMode[] = ["kernel", "user"];

/** What `tdx mce` takes. */
export const MCE_OPTIONS: OptionTable = {
  format: { value: "FORM", help: `${FORMATS.join(", ")}; default: told by the content` },
  mode: {
    value: "MODE",
    help: "kernel or user: what was interrupted, where the log does not tell",
  },
  platform: { value: "NAME", help: "the platform; default: the CPU that a record names" },
  maxpa: { value: "BITS", help: "physical address bits with KeyID bits (MAXPA), 32 to 52" },
  "keyid-bits": { value: "BITS", help: "upper address bits that carry the KeyID, 0 to 15" },
  "shared-keyids": {
    value: "COUNT",
    help: "shared KeyIDs besides KeyID 0; the others are private",
  },
  root: { value: "DIR", help: "an audit snapshot: its KeyID layout, and without FILE its log" },
  explain: { help: "show the rule and the source behind each line" },
};

/** Reads `--format`. */
export function formatOf(options: Options): MachineCheckFormat | typeof DATABASE | undefined {
  return pickOption(options, "format", FORMATS);
}

/** Reads what the options say of the host that the records come from. */
export async function hostOf(options: Options): Promise<MachineCheckHost> {
  const platform = options.text("platform");
  const root = options.text("root");
  const layout = {
    ...(root === undefined ? {} : await readKeyIdLayout(folderSource(root))),
    ...given("maxPa", bits(options, "maxpa", 32, 52)),
    ...given("keyIdBits", bits(options, "keyid-bits", 0, 15)),
    ...given("sharedKeyIds", bits(options, "shared-keyids", 0, 2 ** 15 - 1)),
  };
  const { maxPa, keyIdBits, sharedKeyIds } = layout;
  if (maxPa === undefined && keyIdBits !== undefined && root === undefined) {
    throw new UsageError("Expected --maxpa beside --keyid-bits, got none");
  }
  if (keyIdBits !== undefined && sharedKeyIds !== undefined) {
    // Refuses more shared KeyIDs than there are.
    new KeyIdSpace({ maxPa: maxPa ?? 52, keyIdBits, shared: sharedKeyIds, private: 0 });
  }
  return {
    ...given("mode", pickOption(options, "mode", MODES)),
    ...(platform !== undefined && { platform: platformNamed(platform) }),
    platforms: PLATFORMS,
    ...layout,
  };
}

function given<Name extends string, Value>(name: Name, value: Value | undefined) {
  return value === undefined ? {} : { [name]: value } as Record<Name, Value>;
}

function bits(options: Options, name: string, low: number, high: number): number | undefined {
  const text = options.text(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  throw new UsageError(`Expected --${name} as a whole number from ${low} to ${high}, got ${text}`);
}
