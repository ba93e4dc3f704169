// Types of the part of `@std/csv` that this workspace uses.

export function parse(input: string, options?: { trimLeadingSpace?: boolean }): string[][];
