import { parseArgs } from "@std/cli";
import {
  type NumberRange,
  pickName,
  readNumber,
  readSize,
  UnknownNameError,
  UsageError,
} from "./values.ts";

/** An option of a command: a flag without `value`, else with the name of its value. */
export interface Option {
  readonly value?: string;
  /** What the value can be, where `value` names it and does not list it. */
  readonly choices?: readonly string[];
  readonly help: string;
}

/** The options of a command by name, without the dashes. */
export type OptionTable = Readonly<Record<string, Option>>;

/** What was typed. Options are named without the dashes; one that was not given is `undefined`. */
export class Options {
  /**
   * @param args All of it, as it was typed.
   * @param operands What stands beside the options.
   * @param given Flags and values by name.
   */
  constructor(
    readonly args: readonly string[],
    readonly operands: readonly string[],
    readonly given: ReadonlyMap<string, string | true>,
  ) {}

  /** Whether an option was given. */
  has(name: string): boolean {
    return this.given.has(name);
  }

  /** Which of some options were given. */
  among(names: readonly string[]): string[] {
    return names.filter((name) => this.given.has(name));
  }

  /** The value of an option. */
  text(name: string): string | undefined {
    return this.given.get(name) as string | undefined;
  }

  /** The value of an option that is one of some names; anything else is refused. */
  pick<T extends string>(name: string, names: readonly T[]): T | undefined {
    return this.#read(name, (text) => pickName(`--${name}`, text, names));
  }

  /** The value of an option that is a number in a range; anything else is refused. */
  number(name: string, range: NumberRange): number | undefined {
    return this.#read(name, (text) => readNumber(`--${name}`, text, range));
  }

  /** The value of an option that is a size, in bytes; anything else is refused. */
  size(name: string): number | undefined {
    return this.#read(name, (text) => readSize(`--${name}`, text));
  }

  #read<T>(name: string, read: (text: string) => T): T | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : read(text);
  }
}

/**
 * Reads the arguments after a subcommand.
 *
 * @throws {UsageError} If an option is unknown, given twice or lacks its value.
 */
export function readOptions(args: readonly string[], table: OptionTable): Options {
  const names = Object.keys(table);
  const flags = names.filter((name) => table[name]!.value === undefined);
  const valued = names.filter((name) => table[name]!.value !== undefined);
  const joined = joinValues(args, valued);
  // What stands beside the options is called _ there, and is none.
  const beside = joined.slice(0, joined.concat("--").indexOf("--"))
    .find((arg) => /^--?(?:no-)?_(?:[.=]|$)/.test(arg));
  if (beside !== undefined) throw unknownOption(beside, names);
  const parsed = parseArgs(joined, {
    boolean: flags,
    string: ["_", ...valued],
    collect: valued,
    unknown: (argument, key) => {
      if (key !== undefined) throw unknownOption(argument, names);
    },
  });
  const given = new Map<string, string | true>();
  for (const name of flags) {
    const withValue = args.find((arg) => arg.startsWith(`--${name}=`));
    if (withValue !== undefined) {
      throw new UsageError(`Expected --${name} without a value, got ${withValue}`);
    }
    if (parsed[name] === true) given.set(name, true);
  }
  for (const name of valued) {
    const [value, ...more] = parsed[name] as string[];
    if (more.length > 0) {
      throw new UsageError(`Expected --${name} once, got ${[value, ...more].join(", ")}`);
    }
    if (value === "") {
      throw new UsageError(`Expected --${name} ${table[name]!.value}, got no value`);
    }
    if (value !== undefined) given.set(name, value);
  }
  return new Options(args, parsed._.map(String), given);
}

/**
 * Refuses options that would be ignored beside another one.
 *
 * @param one What was chosen, without the dashes.
 * @param others What does not go with it.
 */
export function requireAlone(options: Options, one: string, others: readonly string[]): void {
  const [other] = options.has(one) ? options.among(others) : [];
  if (other === undefined) return;
  throw new UsageError(`Expected --${one} without --${other}, which it would ignore, got both`);
}

/** Refuses words beside the options. */
export function noOperands({ operands }: Options): void {
  if (operands.length > 0) {
    throw new UsageError(`Expected only options, got ${operands.join(" ")}`);
  }
}

const SHORT: ReadonlyMap<string, string> = new Map([["-h", "--help"], ["-q", "--quiet"]]);

/** Ties values to their options, so that `-` and negative numbers are values too. */
function joinValues(args: readonly string[], valued: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [arg, next] = [SHORT.get(args[i]!) ?? args[i]!, args[i + 1]];
    if (arg === "--") return [...joined, ...args.slice(i)];
    const takes = arg.startsWith("--") && valued.includes(arg.slice(2));
    if (takes && next !== undefined && !next.startsWith("--")) {
      joined.push(`${arg}=${next}`);
      i++;
    } else joined.push(arg);
  }
  return joined;
}

function unknownOption(argument: string, names: readonly string[]): UnknownNameError {
  const list = names.map((name) => `--${name}`).join(" ");
  const typed = argument.replace(/=.*$/, "");
  const message = `Expected one of ${list}, got ${typed}`;
  return new UnknownNameError(message, typed.replace(/^-+/, ""), names, "--");
}
