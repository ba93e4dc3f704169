// Types of the part of `@std/semver` that this workspace uses.

export interface SemVer {
  major: number;
  minor: number;
  patch: number;
  prerelease?: (string | number)[];
  build?: string[];
}
export function compare(version1: SemVer, version2: SemVer): number;
export function format(version: SemVer): string;
export function tryParse(value: string): SemVer | undefined;
