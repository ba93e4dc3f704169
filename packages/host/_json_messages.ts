import { MAX_LINE } from "./_line_batches.ts";
import type { NoteDamage } from "./_log_text.ts";
import { quote, textError } from "./_text_lines.ts";

/**
 * Where a log in JSON has the message, the best first: journald, dmesg and most others, Docker,
 * Loki, Splunk, Google Cloud, Graylog.
 */
const MESSAGE_KEYS: readonly string[] = [
  "MESSAGE",
  "message",
  "msg",
  "log",
  "line",
  "_raw",
  "textPayload",
  "short_message",
  "_msg",
];
/** What makes a text under another name a message that matters here. */
const MARK = /Hardware Error|Machine Check|mce_record|MCA: \d|Memory failure|EDAC/i;
/** A register of a bank in a crash dump of a service processor, `mc13_status`, and its value. */
const REGISTER_KEY = /^mc(\d{1,3})_(status|addr|misc)$/i;
const EMPTY_BANK = /_STATUS: 0x0+(?![0-9a-f])/i;
const REGISTER_VALUE = /^0x[0-9a-f]{1,16}$/i;
const HOST_KEYS: readonly string[] = ["_HOSTNAME", "hostname", "host"];
const IDENTIFIER_KEY = "SYSLOG_IDENTIFIER";
/** Where `dmesg --json` has the seconds since boot. */
const TIME_KEY = "time";

/** A line that may begin an object, behind the commas and brackets between objects. */
const START = /(?<=^|\n)[ \t\r,[\]]*\{(?=\s*")/g;
/** What may begin one with the next piece. */
const OPEN_START = /(?:^|\n)[ \t\r,[\]]*(?:\{\s*)?$/;
const MAX_START = 4096;
/** Deeper objects are no log. */
const MAX_DEPTH = 64;
const MAX_DAMAGE = 8;
/** Characters of a string that need no care. */
const PLAIN = /[^"\\\n]+/y;
const LITERAL = /[-+.\w]+/y;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

/** An object or an array that is not over. */
interface Frame {
  readonly array: boolean;
  key: string;
  /** What may come next. */
  want: "key" | "colon" | "value" | "comma";
  text?: string;
  /** Which of {@link MESSAGE_KEYS} it stands under. */
  rank: number;
  host?: string;
  identifier?: string;
  time?: string;
  /** Registers of each bank, as a list of them writes them. */
  readonly banks: Map<string, string[]>;
  /** The bytes of a message that is no UTF-8, as journald gives it. */
  readonly bytes: number[];
}

/**
 * Takes the messages out of objects in JSON: one object a line, or indented, or all in one line.
 *
 * Each message becomes a line, with its host in front as syslog has it. Line numbers stay, but where
 * several objects stand in one line each counts as one. What is no JSON passes unchanged, and so
 * does the rest of a text after an object that breaks off, which `damaged` is told.
 * The registers of a bank, as crash dumps of service processors have them, become a line too.
 */
export async function* jsonMessages(
  chunks: AsyncIterable<string>,
  name: string,
  damaged: NoteDamage,
): AsyncGenerator<string> {
  const reader = new JsonMessages(name, damaged);
  for await (const chunk of chunks) yield reader.read(chunk);
  yield reader.end();
}

class JsonMessages {
  readonly #name: string;
  readonly #damaged: NoteDamage;
  /** The start of a text that may be an object's, kept for the next piece. */
  #carry = "";
  #inLine = false;
  /** The last character of the piece before. */
  #last: string | undefined;
  /** Those that are open, the innermost last; none outside of JSON. */
  #frames: Frame[] = [];
  /** Whether only commas and brackets came since the last object. */
  #between = false;
  #string: string | undefined;
  #escape = "";
  #literal = "";
  #line = 1;
  /** Whether the line already holds a message. */
  #dirty = false;
  #damage = 0;
  #out: string[] = [];

  constructor(name: string, damaged: NoteDamage) {
    this.#name = name;
    this.#damaged = damaged;
  }

  read(chunk: string): string {
    const text = this.#carry + chunk;
    this.#carry = "";
    for (let at = 0; at < text.length;) {
      at = this.#frames.length > 0
        ? this.#readJson(text, at)
        : this.#between
        ? this.#readBetween(text, at)
        : this.#readText(text, at);
    }
    this.#last = text.at(-1);
    return this.#taken();
  }

  end(): string {
    this.#out.push(this.#carry);
    if (this.#frames.length > 0) this.#breakOff("the end of the text");
    // A line end, for the last message is whole.
    else if (this.#dirty) this.#out.push("\n");
    return this.#taken();
  }

  #taken(): string {
    const text = this.#out.join("");
    this.#out = [];
    return text;
  }

  #readText(text: string, from: number): number {
    // Mostly there is none, and the look for it costs little.
    START.lastIndex = from;
    let start = text.includes("{", from) ? START.exec(text) : null;
    // A piece may begin within a line.
    if (start?.index === 0 && this.#inLine) start = START.exec(text);
    if (start !== null) {
      const brace = start.index + start[0].length - 1;
      this.#pass(text.slice(from, start.index));
      this.#push(false);
      return brace + 1;
    }
    const tail = Math.max(from, text.length - MAX_START);
    const open = OPEN_START.exec(text.slice(tail));
    const skipped = open?.[0].startsWith("\n") ? 1 : 0;
    const within = open?.index === 0 && skipped === 0 && (this.#inLine || tail > from);
    const keep = open === null || within ? text.length : tail + open.index + skipped;
    this.#pass(text.slice(from, keep));
    this.#carry = text.slice(keep);
    return text.length;
  }

  #pass(text: string): void {
    if (text === "") return;
    this.#out.push(text);
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#line++;
    this.#inLine = !text.endsWith("\n");
  }

  #readBetween(text: string, from: number): number {
    let at = from;
    while (at < text.length && " \t\r,]".includes(text[at]!)) at++;
    if (at === text.length) return at;
    this.#between = false;
    if (text[at] === "{") {
      this.#push(false);
      return at + 1;
    }
    if (text[at] !== "\n" && this.#dirty) this.#out.push("\n");
    if (text[at] === "\n") {
      this.#newline();
      at++;
    }
    this.#dirty = false;
    this.#inLine = text[at - 1] !== "\n";
    return at;
  }

  #readJson(text: string, from: number): number {
    let at = from;
    while (at < text.length && this.#frames.length > 0) {
      if (this.#string !== undefined) at = this.#readString(text, at);
      else {
        LITERAL.lastIndex = at;
        const literal = LITERAL.exec(text)?.[0];
        if (literal !== undefined) {
          // No number has more digits, and what is no number is not wanted.
          if (this.#literal.length < 64) this.#literal += literal;
          at += literal.length;
          continue;
        }
        if (this.#literal !== "" && !this.#endLiteral()) return this.#abandon(text, at);
        if (!this.#take(text[at]!)) return this.#abandon(text, at);
        at++;
      }
    }
    return at;
  }

  #readString(text: string, from: number): number {
    if (this.#escape !== "") return this.#readEscape(text, from);
    PLAIN.lastIndex = from;
    const plain = PLAIN.exec(text)?.[0] ?? "";
    this.#append(plain);
    const at = from + plain.length;
    if (at === text.length) return at;
    if (text[at] === "\n") return this.#abandon(text, at);
    if (text[at] === "\\") this.#escape = "\\";
    else {
      const value = this.#string!;
      this.#string = undefined;
      this.#endString(value);
    }
    return at + 1;
  }

  #readEscape(text: string, at: number): number {
    if (text[at] === "\n") return this.#abandon(text, at);
    this.#escape += text[at];
    const [, kind] = this.#escape;
    if (kind === "u" && this.#escape.length < 6) return at + 1;
    const code = parseInt(this.#escape.slice(2), 16);
    this.#append(kind === "u" ? String.fromCharCode(code || 0xfffd) : ESCAPES[kind!] ?? kind!);
    this.#escape = "";
    return at + 1;
  }

  #append(text: string): void {
    const room = MAX_LINE + 1 - this.#string!.length;
    if (room > 0) this.#string += text.slice(0, room);
  }

  #endString(value: string): void {
    const frame = this.#frames.at(-1)!;
    if (frame.want === "key") {
      frame.key = value;
      frame.want = "colon";
      return;
    }
    frame.want = "comma";
    if (frame.array) frame.text ??= value;
    else assign(frame, value);
    // A service processor writes what it could not read as `0x0,UA:0x82`.
    if (/^mc\d{1,3}_status$/i.test(frame.key) && !REGISTER_VALUE.test(value)) {
      this.#note(`Expected ${frame.key} as a register of 64 bits, got ${quote(value)}`);
    }
  }

  /** Takes a sign; `false` if it does not belong there. */
  #take(sign: string): boolean {
    const frame = this.#frames.at(-1)!;
    switch (sign) {
      case "\n":
        this.#newline();
        return true;
      case " ":
      case "\t":
      case "\r":
        return true;
      case '"':
        this.#string = "";
        return frame.want === "key" || frame.want === "value";
      case ":":
        if (frame.want !== "colon") return false;
        frame.want = "value";
        return true;
      case ",":
        if (frame.want !== "comma") return false;
        frame.want = frame.array ? "value" : "key";
        return true;
      case "{":
      case "[":
        if (frame.want !== "value" || this.#frames.length >= MAX_DEPTH) return false;
        frame.want = "comma";
        this.#push(sign === "[");
        return true;
      case "}":
      case "]":
        if (frame.array !== (sign === "]") || frame.want === "colon") return false;
        this.#pop();
        return true;
    }
    return false;
  }

  #endLiteral(): boolean {
    const frame = this.#frames.at(-1)!;
    const literal = this.#literal;
    this.#literal = "";
    if (frame.want !== "value") return false;
    frame.want = "comma";
    if (frame.array && frame.bytes.length < MAX_LINE && /^\d{1,3}$/.test(literal)) {
      frame.bytes.push(Number(literal));
    }
    if (frame.key === TIME_KEY && /^\d{1,10}\.\d{1,9}$/.test(literal)) frame.time = literal;
    return true;
  }

  #push(array: boolean): void {
    const rank = MESSAGE_KEYS.length;
    this.#frames.push({
      array,
      key: "",
      want: array ? "value" : "key",
      rank,
      banks: new Map(),
      bytes: [],
    });
  }

  #pop(): void {
    const frame = this.#frames.pop()!;
    const outer = this.#frames.at(-1);
    if (!frame.array) this.#emit(frame);
    else if (outer?.array === false) {
      const text = frame.text ??
        (frame.bytes.length > 0 ? new TextDecoder().decode(Uint8Array.from(frame.bytes)) : "");
      assign(outer, text);
    }
    this.#between = outer === undefined;
  }

  #emit({ text, host, identifier, time, banks }: Frame): void {
    for (const registers of banks.values()) {
      // Most banks hold nothing.
      if (!EMPTY_BANK.test(registers.join())) this.#print(registers.join(", "));
    }
    if (text === undefined) return;
    const plain = identifier === undefined || identifier === "kernel";
    const from = host === undefined
      ? plain ? "" : `${identifier}: `
      : `${host.replace(/\s/g, "_")} ${plain ? "kernel" : identifier}: `;
    const stamp = time === undefined ? "" : `[${time}] `;
    for (const line of text.replace(/\n+$/, "").split("\n")) this.#print(`${from}${stamp}${line}`);
  }

  #print(line: string): void {
    if (this.#dirty) this.#out.push("\n");
    this.#out.push(line);
    this.#dirty = true;
  }

  #newline(): void {
    this.#out.push("\n");
    this.#line++;
    this.#dirty = false;
  }

  /** Goes on with what is no JSON as with a text. */
  #abandon(text: string, at: number): number {
    this.#breakOff(text[at] === "\n" ? "the end of the line" : JSON.stringify(text[at]));
    if (this.#dirty && text[at] !== "\n") this.#out.push("\n");
    this.#dirty = false;
    this.#inLine = text[at] !== "\n" && (text[at - 1] ?? this.#last) !== "\n";
    return at;
  }

  /** Gives what is there of the messages, and tells that the rest is missing. */
  #breakOff(got: string): void {
    const frame = this.#frames.at(-1)!;
    // The sign keeps a number at the end from being taken for a whole one.
    if (this.#string !== undefined && frame.want === "value") assign(frame, `${this.#string}…`);
    for (const open of this.#frames.toReversed()) if (!open.array) this.#emit(open);
    this.#frames = [];
    this.#string = undefined;
    this.#escape = "";
    this.#literal = "";
    this.#between = false;
    this.#note(`Expected the rest of an object in JSON, got ${got}`);
  }

  #note(message: string): void {
    if (this.#damage++ >= MAX_DAMAGE) return;
    const place = { name: this.#name, line: this.#line, column: 1 };
    this.#damaged(textError(place, message).message);
  }
}

function assign(frame: Frame, value: string): void {
  const { key } = frame;
  const [, bank, register] = REGISTER_VALUE.test(value) ? REGISTER_KEY.exec(key) ?? [] : [];
  if (bank !== undefined) {
    const registers = frame.banks.get(bank) ?? [];
    // A cut object may give a register twice.
    if (registers.length < 3) registers.push(`MC${bank}_${register!.toUpperCase()}: ${value}`);
    return void frame.banks.set(bank, registers);
  }
  if (HOST_KEYS.includes(key)) frame.host ??= value;
  else if (key === IDENTIFIER_KEY) frame.identifier = value;
  const known = MESSAGE_KEYS.indexOf(key);
  if (known >= 0 && known < frame.rank) {
    frame.rank = known;
    frame.text = value;
  } else if (frame.text === undefined && MARK.test(value)) frame.text = value;
}
