/** A conclusion, with what it was drawn from. */
export interface Judged<T> {
  readonly value: T;
  /** What was seen. */
  readonly seen: string;
  /** Where. */
  readonly source: string;
}
