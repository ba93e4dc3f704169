/** Exit statuses, the same for every subcommand. */
export const EXIT = {
  /** Nothing to worry about. */
  fine: 0,
  /** Wrong usage or bad input. */
  usage: 1,
  /** A hazard was found. */
  hazard: 2,
  /** The answer could not be told. */
  unknown: 3,
} as const;

/** How a command ends: 0 fine, 1 usage or bad input, 2 a hazard was found, 3 could not tell. */
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];
