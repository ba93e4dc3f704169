import { assertEquals } from "@std/assert";
import { readKernelSymbols } from "./kernel_symbols.ts";

const bytes = (text: string) => new Blob([text]).stream();

Deno.test("readKernelSymbols() tells the kernels apart", async () => {
  const list = (...names: string[]) =>
    bytes(
      ["_stext", ...names, "_einittext"].map((name) => `0000000000000000 t ${name}\n`).join(""),
    );
  const whole = { host: true, complete: true };
  const reset = "tdx_quirk_reset_page";
  assertEquals(await readKernelSymbols(list(reset)), { ...whole, reset });
  const inlined = "tdx_quirk_reset_paddr.part.0";
  assertEquals(await readKernelSymbols(list(inlined)), { ...whole, reset: inlined });
  const clear = "tdx_clear_page";
  assertEquals(await readKernelSymbols(list(`${clear}\t[kvm_intel]`)), { ...whole, clear });
  assertEquals(await readKernelSymbols(list("__seamcall")), whole);
  assertEquals(await readKernelSymbols(list("my_tdx_clear_page")), { ...whole, host: false });
  assertEquals(await readKernelSymbols(bytes("0000000000000000 T _stext\n0000")), {
    host: false,
    complete: false,
  });
});

Deno.test("readKernelSymbols() takes no time over garbage", async () => {
  const garbage = bytes(`0000000000000000 t ${"a".repeat(60_000)}!\n`.repeat(100));
  assertEquals(await readKernelSymbols(garbage), { host: false, complete: false });
});
