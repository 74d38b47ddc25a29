// Small helpers for elements: text is always set as text, never as markup, and only when it changed.

type Attributes = Readonly<Record<string, string | boolean | ((event: Event) => void)>>;

/** An element. A function is a listener of the event that the key names; true is an empty attribute, false none. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node: Element, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** The element of the page with this id. Throws when the page lacks it. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** Puts these children in place of those before, when they are others. */
export function setChildren(parent: Element, children: readonly Element[]): void {
  const same = parent.children.length === children.length && children.every((one, at) => parent.children[at] === one);
  if (!same) parent.replaceChildren(...children);
}

/** A list of rows that keeps its elements by key, so that a row that stays is never made anew. */
export class Rows<T> {
  readonly #parent: Element;
  readonly #make: (key: string) => { readonly element: HTMLElement; readonly update: (value: T) => void };
  readonly #rows = new Map<string, { readonly element: HTMLElement; readonly update: (value: T) => void }>();

  constructor(
    parent: Element,
    make: (key: string) => { readonly element: HTMLElement; readonly update: (value: T) => void },
  ) {
    this.#parent = parent;
    this.#make = make;
  }

  show(values: readonly (readonly [key: string, value: T])[]): void {
    const keys = new Set(values.map(([key]) => key));
    for (const key of this.#rows.keys()) if (!keys.has(key)) this.#rows.delete(key);
    const elements = values.map(([key, value]) => {
      const row = this.#rows.get(key) ?? this.#make(key);
      this.#rows.set(key, row);
      row.update(value);
      return row.element;
    });
    setChildren(this.#parent, elements);
  }
}
