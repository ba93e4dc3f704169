const FIRST_SLOTS = 2 ** 12;

/** Rows of small whole numbers, each kept once and named by the order of its coming. */
export class VectorTable {
  #slots: Int32Array = new Int32Array(FIRST_SLOTS);
  #rows: Int32Array;
  /** How many rows there are. */
  size = 0;

  /** @param width Numbers in a row. */
  constructor(readonly width: number) {
    this.#rows = new Int32Array(width * 2 ** 8);
  }

  /** Memory it takes, in bytes. */
  get bytes(): number {
    return this.#slots.byteLength + this.#rows.byteLength;
  }

  /** The number of a row, which is kept if it is new. */
  add(row: ArrayLike<number>): number {
    if (this.size * 2 >= this.#slots.length) this.#grow();
    const slot = this.#find(row, 0);
    const known = this.#slots[slot]!;
    if (known > 0) return known - 1;
    const { width, size } = this;
    if ((size + 1) * width > this.#rows.length) {
      const more = new Int32Array(this.#rows.length * 2);
      more.set(this.#rows);
      this.#rows = more;
    }
    this.#rows.set(row, size * width);
    this.#slots[slot] = ++this.size;
    return size;
  }

  /** Copies a row into a buffer. */
  read(id: number, into: Int32Array): Int32Array {
    const { width } = this;
    for (let i = 0, at = id * width; i < width; i++) into[i] = this.#rows[at++]!;
    return into;
  }

  /** One number of a row. */
  at(id: number, place: number): number {
    return this.#rows[id * this.width + place]!;
  }

  /** The slot of the row that stands at an offset, or the free one where it belongs. */
  #find(row: ArrayLike<number>, offset: number): number {
    const { width } = this;
    let hash = 0;
    for (let i = 0; i < width; i++) hash = Math.imul(hash ^ row[offset + i]!, 0x9e3779b1) + i | 0;
    const mask = this.#slots.length - 1;
    let slot = (hash ^ hash >>> 15) & mask;
    for (let known = this.#slots[slot]!; known > 0; known = this.#slots[slot]!) {
      if (this.#isSame(known - 1, row, offset)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #isSame(id: number, row: ArrayLike<number>, offset: number): boolean {
    const { width } = this;
    for (let i = 0, at = id * width; i < width; i++) {
      if (this.#rows[at + i] !== row[offset + i]) return false;
    }
    return true;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let id = 0; id < this.size; id++) {
      this.#slots[this.#find(this.#rows, id * this.width)] = id + 1;
    }
  }
}
