import { textError } from "../../_text_lines.ts";
import { MCI_STATUS } from "@tdx/core";
import { BLOCK_KINDS, type BlockFields, type BlockKind, type BlockLine } from "./kernel_line.ts";
import type { LoggedMachineCheck } from "../logged_machine_check.ts";

const PARTS = BLOCK_KINDS.filter((kind) => kind !== "header");
/** More records at once are not sorted out any more. */
const MAX_HEADERS = 16;

/**
 * The lines of records that overlap in a log.
 *
 * Mostly it holds one record. Where a second header comes before the first record is whole, their
 * lines are mixed and nothing in them says whose they are: where every record has its line of a kind,
 * they are dealt out in order, else each to the nearest header before it. Either may be wrong, so
 * what was dealt out is marked as doubtful, and what the mode turns on is left out.
 */
export class KernelCluster {
  readonly #headers: BlockLine[] = [];
  readonly #parts: Record<BlockKind, BlockLine[]> = {
    header: this.#headers,
    rip: [],
    tsc: [],
    addr: [],
    misc: [],
    processor: [],
  };
  /** The last line that was added. */
  lastLine = 0;

  /** Adds a line; a header first. A line of a kind that no record here lacks is passed over. */
  add(line: BlockLine): void {
    const known = this.#parts[line.kind];
    if (line.kind !== "header" && known.length >= this.#headers.length) return;
    known.push(line);
    this.lastLine = line.number;
  }

  /** Whether every record has its last line. */
  get whole(): boolean {
    return this.#parts.processor.length >= this.#headers.length;
  }

  /** Whether a header of this CPU begins another record than the ones in here. */
  closedBy(header: BlockLine): boolean {
    return this.#headers.length >= MAX_HEADERS ||
      this.#headers.some(({ fields }) => fields.cpu === header.fields.cpu);
  }

  /** The records. */
  records(name: string): LoggedMachineCheck[] {
    const blocks = this.#headers.map((header) => [header]);
    for (const kind of PARTS) this.#deal(this.#parts[kind], blocks);
    const mixed = this.#headers.length > 1;
    const modesDiffer = mixed && this.#modesDiffer();
    return blocks.map((lines) => logged(lines, name, mixed, modesDiffer));
  }

  #deal(lines: readonly BlockLine[], blocks: BlockLine[][]): void {
    if (lines.length >= blocks.length) {
      blocks.forEach((block, i) => block.push(lines[i]!));
      return;
    }
    const free = new Set(blocks);
    for (const line of lines) {
      const before = [...free].filter(([header]) => header!.number < line.number).at(-1);
      if (before === undefined) continue;
      before.push(line);
      free.delete(before);
    }
  }

  /** Whether the interrupted code is a matter of which line belongs to which record. */
  #modesDiffer(): boolean {
    const levels = this.#parts.rip.map(({ fields }) => (fields.interrupted?.cs ?? -1) & 3);
    return levels.length !== this.#headers.length || new Set(levels).size > 1;
  }
}

function logged(
  lines: readonly BlockLine[],
  name: string,
  mixed: boolean,
  modesDiffer: boolean,
): LoggedMachineCheck {
  const fields: BlockFields = Object.assign({}, ...lines.map((line) => line.fields));
  const first = lines[0]!.number;
  const place = { name, line: first, column: 1 };
  const has = (kind: BlockKind) => lines.some((line) => line.kind === kind);
  const { cpu, bank, status, mcgStatus, interrupted, processor, time } = fields;
  const registers = addressAndMisc(fields);
  const damage = lines.flatMap((line) => line.damage);
  const note = (text: string) => damage.push(textError(place, text).message);
  for (const missing of missingParts(fields, registers, has)) {
    note(`Expected ${missing}, got none: the record is cut`);
  }
  if (mixed) {
    note(
      "Expected the lines of one record, got those of several mixed: RIP, ADDR, MISC and the " +
        "CPU model may be another record's",
    );
  }
  const known = { cpu, bank, status, mcgStatus, ...registers };
  return {
    record: Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
    ...(interrupted && !modesDiffer && { interrupted }),
    ...(processor && { processor }),
    ...(time !== undefined && { time }),
    where: { unit: "line", first, last: Math.max(...lines.map(({ number }) => number)) },
    damage,
  };
}

/** Linux leaves ADDR and MISC out where they are 0. */
function addressAndMisc({ address, misc, omitsZero, status }: BlockFields) {
  const { addressValid = false, miscValid = false } = status === undefined
    ? {}
    : MCI_STATUS.decode(status);
  return {
    address: address ?? (omitsZero && addressValid ? 0n : undefined),
    misc: misc ?? (omitsZero && miscValid ? 0n : undefined),
  };
}

function missingParts(
  { status }: BlockFields,
  { address, misc }: { address: bigint | undefined; misc: bigint | undefined },
  has: (kind: BlockKind) => boolean,
): string[] {
  const flags = status === undefined ? undefined : MCI_STATUS.decode(status);
  return [
    ...(flags?.addressValid && address === undefined ? ["a line with ADDR"] : []),
    ...(flags?.miscValid && misc === undefined ? ["a line with MISC"] : []),
    ...(has("processor") ? [] : ["the PROCESSOR line that ends a record"]),
  ];
}
