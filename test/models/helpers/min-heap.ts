// A binary heap of (key, cell) pairs, smallest key first; enough for the Dijkstra of the tests.

export class MinHeap {
  readonly #keys: number[] = [];
  readonly #cells: number[] = [];

  push(key: number, cell: number): void {
    let at = this.#keys.length;
    this.#keys.push(key);
    this.#cells.push(cell);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#keys[parent] as number) <= key) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Takes the pair with the smallest key; undefined when the heap is empty. */
  pop(): { key: number; cell: number } | undefined {
    const last = this.#keys.length - 1;
    if (last < 0) return undefined;
    this.#swap(0, last);
    const key = this.#keys.pop() as number;
    const cell = this.#cells.pop() as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && (this.#keys[child + 1] as number) < (this.#keys[child] as number)) child += 1;
      if ((this.#keys[at] as number) <= (this.#keys[child] as number)) break;
      this.#swap(at, child);
      at = child;
    }
    return { key, cell };
  }

  #swap(a: number, b: number): void {
    const { [a]: keyA, [b]: keyB } = this.#keys;
    const { [a]: cellA, [b]: cellB } = this.#cells;
    this.#keys[a] = keyB as number;
    this.#keys[b] = keyA as number;
    this.#cells[a] = cellB as number;
    this.#cells[b] = cellA as number;
  }
}
