// The colours of the style sheet as a canvas can take them: names stand for pairs of light and dark there.

import { el } from "./dom.js";

const probe = el("span", { hidden: true });

/** What each of these names stands for now. */
export function coloursOf<K extends string>(names: readonly K[]): Readonly<Record<K, string>> {
  document.body.append(probe);
  const found = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(found) as Record<K, string>;
}
