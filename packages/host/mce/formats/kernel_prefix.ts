/** What a log line is prefixed with, as far as it tells records apart. */
export interface KernelPrefix {
  /** The host that logged it, where a journal or syslog names it. */
  readonly host: string;
  /** Lines of one record have this in common. */
  readonly stream: string;
  /** Where the line's own text begins. */
  readonly at: number;
  /** Whether an EDAC driver printed it. */
  readonly edac: boolean;
}

const MARK = "[Hardware Error]:";
const EDAC = /EDAC \S+ MC\d+: */y;

/**
 * Finds the prefix of a line that may belong to a machine check.
 *
 * Time stamps differ from line to line and are not looked at. The host is the word before `kernel:`;
 * the caller, `[  C147]`, is there where the kernel has CONFIG_PRINTK_CALLER.
 *
 * @returns `undefined` for a line without `[Hardware Error]:` or `EDAC … MC0:`.
 */
export function kernelPrefix(text: string): KernelPrefix | undefined {
  const mark = text.indexOf(MARK);
  if (mark >= 0) {
    let at = mark + MARK.length;
    while (text[at] === " ") at++;
    const host = hostOf(text, mark);
    return { host, stream: `${host} ${callerOf(text, mark)}`, at, edac: false };
  }
  const start = text.indexOf("EDAC ");
  if (start < 0) return undefined;
  EDAC.lastIndex = start;
  const tag = EDAC.exec(text);
  if (tag === null) return undefined;
  const host = hostOf(text, start);
  return { host, stream: `${host} ${tag[0]}`, at: EDAC.lastIndex, edac: true };
}

/** The word before ` kernel:` or ` kernel[…]:`, looking at the text before `end`. */
export function hostOf(text: string, end: number): string {
  const kernel = text.lastIndexOf(" kernel", end);
  return kernel < 0 ? "" : text.slice(text.lastIndexOf(" ", kernel - 1) + 1, kernel);
}

function callerOf(text: string, end: number): string {
  return /\] *\[ *([CT]\d+)\]/.exec(text.slice(0, end))?.[1] ?? "";
}
