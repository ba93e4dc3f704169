// What several tests share: a machine's keys, and platforms by what a partial write does on them.
import type { Key } from "./key.ts";
import type { FrameChunk } from "./memory/frame_chunk.ts";
import { KeyIdSpace } from "./key_id_space.ts";
import {
  definePlatform,
  type PartialWrite,
  type Platform,
  type PlatformDeclaration,
} from "./platform.ts";

export const keyIds: KeyIdSpace = new KeyIdSpace({
  maxPa: 52,
  keyIdBits: 6,
  shared: 31,
  private: 32,
});
export const KEY0: Key = keyIds.key(0);
export const SHARED: Key = keyIds.key(1);
export const SHARED_INTEGRITY: Key = keyIds.key(2, { integrity: true });
export const TD: Key = keyIds.key(33);
export const NEXT_TD: Key = keyIds.key(33, { generation: 1 });
export const OTHER_TD: Key = keyIds.key(34);

/** A declaration without a fault, for a platform with the erratum. */
export const DECLARATION: PlatformDeclaration = {
  contract: 1,
  name: "demo",
  title: "Demo Rapids",
  cpus: [{ family: 6, model: 0xfe }],
  bugs: ["tdx_pw_mce"],
  memory: { partialWriteToOwnedLine: "poison" },
  machineCheck: { seamNr: "enumerated", tdPoisonWithoutSeamNr: "may-panic" },
  tdxHost: "yes",
  confidence: "confirmed",
  sources: [{ document: "made up", at: "this test" }],
};

export const PLATFORMS: Readonly<Record<PartialWrite, Platform>> = {
  poison: definePlatform(DECLARATION),
  merge: definePlatform({
    ...DECLARATION,
    bugs: [],
    memory: { partialWriteToOwnedLine: "merge" },
  }),
};

/** The frames of a chunk, ascending, bit by bit. */
export function framesOf({ frame, count, words, at, blocks }: FrameChunk): number[] {
  if (words === null) return Array.from({ length: count }, (_, i) => frame + i);
  return Array.from({ length: 512 * blocks }, (_, place) => place)
    .filter((place) => (words[at + Math.floor(place / 32)]! & 1 << place % 32) !== 0)
    .map((place) => frame + place);
}
