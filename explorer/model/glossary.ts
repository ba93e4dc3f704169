import { TDX_PW_MCE } from "@tdx/core";
import { POLICY_KERNELS } from "@tdx/reclaim";

/** The name of an explained word. */
export type TermName =
  | "td"
  | "module"
  | "keyId"
  | "mode"
  | "policy"
  | "platform"
  | "reclaim"
  | "owner"
  | "mac"
  | "poison";

/** A word of the field, and what it means on this page. */
export interface Term {
  /** With its article, to be asked for. */
  readonly name: string;
  readonly text: string;
}

/** The words that the page explains where they stand. */
export const GLOSSARY: Readonly<Record<TermName, Term>> = {
  td: {
    name: "a TD",
    text: "A trust domain: a virtual machine whose memory the host cannot read. The CPU encrypts " +
      "it with a key of its own, and the TDX module stands between the TD and the host.",
  },
  module: {
    name: "the TDX module",
    text: "Intel's software in the CPU's SEAM mode. The host asks it, by SEAMCALLs, to make TDs, " +
      "to write their caches back and to give their pages back.",
  },
  keyId: {
    name: "a KeyID",
    text:
      "The number of an encryption key, part of every physical address. Linux uses KeyID 0. A " +
      "TD has a private one, here 33, which works inside SEAM alone. The caches hold a copy of a " +
      "line for each KeyID, and these do not know of each other.",
  },
  mode: {
    name: "Li or Ci",
    text: "How memory notices a wrong key; a choice of platform and BIOS. Li, logical integrity: " +
      "the TD owner bit alone. Ci, cryptographic integrity: a MAC too, and where it does not fit " +
      "a read gives poison.",
  },
  policy: {
    name: "a clearing policy",
    text: "What the host does with a page that comes back. always: clears it " +
      `(${POLICY_KERNELS.always}). quirk: clears it where the CPU has the erratum ` +
      `(${POLICY_KERNELS.quirk}). never: ${POLICY_KERNELS.never} does so.`,
  },
  platform: {
    name: "the erratum",
    text: `${TDX_PW_MCE}, an erratum of Sapphire and Emerald Rapids: a write of less than 64 ` +
      "bytes to a line that a TD owned poisons the line, and nobody is told until it is read.",
  },
  reclaim: {
    name: "a reclaim",
    text: "The TDX module gives a TD's page back to the host. It changes no line: TD owner, MAC " +
      "and poison stay as the TD left them.",
  },
  owner: {
    name: "the TD owner bit",
    text: "A bit that memory keeps with each line: 1 once the line was written with a private " +
      "KeyID, 0 again once a whole line was written with a shared one.",
  },
  mac: {
    name: "a MAC",
    text: "A code over the line and its key, written by a KeyID with integrity and checked when " +
      "such a KeyID reads. In Ci only.",
  },
  poison: {
    name: "poison",
    text: "The mark of a line whose content is lost. Who reads it takes a machine check; only a " +
      "write of the whole line clears it, and a stuck cell not even that.",
  },
};
