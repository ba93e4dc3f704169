import { parseArgs } from "@std/cli";
import { nearest, pickName } from "./nearest.ts";
import { UsageError } from "./usage_error.ts";

/** An option of a command: a flag without `value`, else with the name of its value. */
export interface Option {
  readonly value?: string;
  readonly help: string;
}

/** The options of a command by name, without the dashes. */
export type OptionTable = Readonly<Record<string, Option>>;

/** What was typed, by option name. */
export interface Options {
  /** Whether a flag was given. */
  has(name: string): boolean;
  /** The value of an option, `undefined` where it was not given. */
  text(name: string): string | undefined;
  /** What stands beside the options. */
  readonly operands: readonly string[];
  /** All of it, as it was typed. */
  readonly args: readonly string[];
}

/**
 * Reads a command's arguments.
 *
 * @param args The arguments after the subcommand.
 * @param table The options it takes.
 * @returns What was typed.
 * @throws {UsageError} Where an option is unknown, given twice or lacks its value.
 */
export function readOptions(args: readonly string[], table: OptionTable): Options {
  const names = Object.keys(table);
  const flags = names.filter((name) => table[name]!.value === undefined);
  const valued = names.filter((name) => table[name]!.value !== undefined);
  const parsed = parseArgs(joinValues(args, valued), {
    boolean: flags,
    string: ["_", ...valued],
    collect: valued,
    unknown: (argument, key) => {
      if (key !== undefined) throw new UsageError(unknownOption(argument, names));
    },
  });
  for (const name of valued) {
    const values = parsed[name] as string[];
    if (values.length > 1) {
      throw new UsageError(`Expected --${name} once, got ${values.join(", ")}`);
    }
    if (values[0] === "") {
      throw new UsageError(`Expected --${name} ${table[name]!.value}, got no value`);
    }
  }
  return {
    has: (name) => parsed[name] === true,
    text: (name) => (parsed[name] as string[] | undefined)?.[0],
    operands: parsed._.map(String),
    args,
  };
}

/**
 * Reads an option whose value is one of some names.
 *
 * @param options What was typed.
 * @param name The option, without hyphens.
 * @param names The names it can be.
 * @returns The name; `undefined` without the option.
 * @throws {UsageError} Where the name is unknown, with the list and the nearest name.
 */
export function pickOption<T extends string>(
  options: Options,
  name: string,
  names: readonly T[],
): T | undefined {
  const text = options.text(name);
  return text === undefined ? undefined : pickName(`--${name}`, text, names);
}

/**
 * Refuses options that say nothing of what is asked, so that none is ignored.
 *
 * @param options What was typed.
 * @param names The options, without hyphens.
 * @param place Where they have a meaning, for the message.
 * @param elsewhere What is asked instead.
 * @throws {UsageError} Where one of them was given.
 */
export function refuseOptions(
  options: Options,
  names: readonly string[],
  place: string,
  elsewhere: string,
): void {
  const given = names.find((name) => options.has(name) || options.text(name) !== undefined);
  if (given === undefined) return;
  throw new UsageError(`Expected --${given} with ${place}, got it with ${elsewhere}`);
}

/** Ties values to their options, so that `-` and negative numbers are values too. */
function joinValues(args: readonly string[], valued: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [arg, next] = [args[i]!, args[i + 1]];
    if (arg === "--") return [...joined, ...args.slice(i)];
    const takes = arg.startsWith("--") && valued.includes(arg.slice(2));
    if (takes && next !== undefined && !next.startsWith("--")) {
      joined.push(`${arg}=${next}`);
      i++;
    } else joined.push(arg);
  }
  return joined;
}

function unknownOption(argument: string, names: readonly string[]): string {
  const list = names.map((name) => `--${name}`).join(" ");
  const typed = argument.replace(/=.*$/, "");
  return `Expected one of ${list}, got ${typed}${nearest(typed.replace(/^-+/, ""), names, "--")}`;
}
