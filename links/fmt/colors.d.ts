// Types of the part of `@std/fmt/colors` that this workspace uses.

export function bold(str: string): string;
export function dim(str: string): string;
export function red(str: string): string;
export function green(str: string): string;
export function yellow(str: string): string;
export function stripAnsiCode(str: string): string;
