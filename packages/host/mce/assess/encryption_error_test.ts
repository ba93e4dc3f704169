import { assertEquals } from "@std/assert";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { decodeEncryptionError } from "./encryption_error.ts";

/** MSCOD of the group 08, as rasdaemon's and mcelog's tables for Sapphire Rapids have them. */
const CODES = [
  [0x0822, "TME_KEY_PAR_ERR", "unknown"],
  [0x0826, "TME_TEM_SECURE_ERR", "unknown"],
  [0x0827, "TME_UFILL_PAR_ERR", "unknown"],
  [0x082a, "TME_INTEGRITY_ERR", "integrity"],
  [0x082b, "TME_TDX_ERR", "td-owner"],
  [0x082c, "TME_UFILL_TEM_SECURE_ERR", "unknown"],
  [0x082d, "TME_KEY_POISON_ERR", "unknown"],
  [0x082e, "TME_SECURITY_ENGINE_ERR", "unknown"],
] as const;

Deno.test("decodeEncryptionError() knows every code of the memory controllers of SPR and EMR", () => {
  for (const [msCod, name, check] of CODES) {
    for (const bank of [13, 20]) {
      for (const platform of [spr, emr]) {
        const found = decodeEncryptionError(bank, msCod, platform);
        assertEquals(found, { name, check, assumed: false });
      }
      assertEquals(decodeEncryptionError(bank, msCod), { name, check, assumed: true });
    }
  }
});

Deno.test("decodeEncryptionError() reads no other bank, group, code or platform so", () => {
  for (const bank of [0, 12, 21]) assertEquals(decodeEncryptionError(bank, 0x082a, spr), undefined);
  for (const msCod of [0x002a, 0x182a, 0x0821, 0x0823, 0x082f]) {
    assertEquals(decodeEncryptionError(13, msCod, spr), undefined);
  }
  assertEquals(decodeEncryptionError(13, 0x082a, gnr), undefined);
});
