// What the tests of measured shutdowns share.

/** Recorded in the emulated machine of tests/qemu, by the tools themselves. */
export function fixture(name: string): string {
  return Deno.readTextFileSync(new URL(`./testdata/${name}`, import.meta.url));
}
