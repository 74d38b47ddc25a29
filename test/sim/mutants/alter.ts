// The operators of the random alterer: each finds the places of a file's running code to which it applies. They know
// nothing of the rules and nothing of the tests. They lean on the house format: binary operators stand between blanks.

import { codeOf } from "./code.js";

/** One change of a few characters in one line, or of a statement. */
export interface Alteration {
  readonly file: string;
  readonly line: number; // the first is 1
  readonly operator: string;
  readonly from: number; // offset in the file
  readonly to: number;
  readonly replace: string;
}

interface Found {
  readonly from: number; // in the line
  readonly to: number;
  readonly replace: string;
}

interface Operator {
  readonly name: string;
  /** `line` is the line as written, `code` its running code, with blanks elsewhere. */
  readonly find: (code: string, line: string) => readonly Found[];
}

const COMPARISONS: Readonly<Record<string, readonly string[]>> = {
  "===": ["!=="],
  "!==": ["==="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
};
const ARITHMETIC: Readonly<Record<string, readonly string[]>> = {
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "+=": ["-="],
  "-=": ["+="],
  "%": ["*"],
};

/** Every match of the pattern, replaced in each of the ways that `ways` gives for it. */
function matches(code: string, pattern: RegExp, ways: (found: RegExpExecArray) => readonly string[]): Found[] {
  const all: Found[] = [];
  for (const found of code.matchAll(pattern)) {
    for (const replace of ways(found as RegExpExecArray)) {
      all.push({ from: found.index, to: found.index + found[0].length, replace });
    }
  }
  return all;
}

const balanced = (code: string): boolean => closing(`(${code})`, 0) === code.length + 1;

/** The index of the bracket that closes the one at `open`; -1 when the text ends before. */
function closing(code: string, open: number): number {
  let depth = 0;
  for (let index = open; index < code.length; index += 1) {
    if ("({[".includes(code.charAt(index))) depth += 1;
    else if (")}]".includes(code.charAt(index))) depth -= 1;
    if (depth === 0) return index;
  }
  return -1;
}

/** The arguments of the call whose bracket opens at `open`, as ranges; null unless there are two on this line. */
function twoArguments(code: string, open: number): readonly (readonly [number, number])[] | null {
  const close = closing(code, open);
  if (close < 0) return null;
  const cuts = [open];
  for (let index = open + 1, depth = 0; index < close; index += 1) {
    if ("({[".includes(code.charAt(index))) depth += 1;
    else if (")}]".includes(code.charAt(index))) depth -= 1;
    else if (code.charAt(index) === "," && depth === 0) cuts.push(index);
  }
  if (cuts.length !== 2) return null;
  return [
    [open + 1, cuts[1] ?? 0],
    [(cuts[1] ?? 0) + 1, close],
  ];
}

function oneOfTwo(code: string, line: string): readonly Found[] {
  return [...code.matchAll(/\bMath\.(max|min)\(/g)].flatMap((found) => {
    const open = found.index + found[0].length - 1;
    const ranges = twoArguments(code, open) ?? [];
    const to = closing(code, open) + 1;
    return ranges.map(([start, end]) => ({ from: found.index, to, replace: `(${line.slice(start, end).trim()})` }));
  });
}

/** `if (c) ...` on one line, or its head: the condition forced both ways. */
function conditions(code: string, line: string): readonly Found[] {
  const head = /^(\s*(?:\} else )?if )\(/.exec(code);
  if (head === null) return [];
  const open = head[0].length - 1;
  const close = closing(code, open);
  if (close < 0) return [];
  const condition = line.slice(open + 1, close);
  return ["false &&", "true ||"].map((forced) => {
    return { from: open, to: close + 1, replace: `(${forced} (${condition}))` };
  });
}

function statement(code: string): readonly Found[] {
  const body = /^(\s*)(\S.*;)\s*$/.exec(code);
  if (body === null || !balanced(body[2] ?? "")) return [];
  const starts = /^\s*(this\b|[A-Za-z_$][\w$]*(\.|\(|\?\.|\[| [-+*/&|?]{0,2}= ))/.test(code);
  if (!starts || /^\s*(const|let|return|throw|break|continue|case|if|for|while|yield|await)\b/.test(code)) return [];
  const from = (body[1] ?? "").length;
  return [{ from, to: code.trimEnd().length, replace: "{}" }];
}

function earlyReturn(code: string): readonly Found[] {
  const head = /^\s*if \(/.exec(code);
  if (head === null) return [];
  const close = closing(code, head[0].length - 1);
  const leaves = close > 0 && /^ (return\b.*|continue|break);\s*$/.test(code.slice(close + 1));
  return leaves ? [{ from: code.search(/\S/), to: code.trimEnd().length, replace: "{}" }] : [];
}

/** `return c;` where c can be a truth value: the other one. */
function answer(code: string, line: string): readonly Found[] {
  const found = /^(\s*return )(\S.*);\s*$/.exec(code);
  const value = found?.[2] ?? "";
  if (
    found === null ||
    !balanced(value) ||
    !/&&|\|\||[=!]==| [<>]=? |^!|\b(has|some|every|includes|is\w*|may\w*|must\w*|certainly\w*)\(/.test(value)
  )
    return [];
  const from = (found[1] ?? "").length;
  const to = code.lastIndexOf(";");
  return [{ from, to, replace: `!(${line.slice(from, to)})` }];
}

function numbers(code: string): readonly Found[] {
  return matches(code, /(?<![\w$.#])\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w$])/g, ([text]) => {
    const value = Number(text.replaceAll("_", ""));
    return value === 0 ? ["1"] : ["0", String(2 * value)];
  });
}

/** Every operator, in the order in which they are tried on a line. */
export const OPERATORS: readonly Operator[] = [
  {
    name: "comparison",
    find: (code) => matches(code, /(?<=^|\s)([=!]==|[<>]=?)(?=\s|$)/g, ([one]) => COMPARISONS[one] ?? []),
  },
  {
    name: "arithmetic",
    find: (code) => matches(code, /(?<=\s)([-+*/%]|[-+]=)(?=\s|$)/g, ([one]) => ARITHMETIC[one] ?? []),
  },
  {
    name: "and-or",
    find: (code) => matches(code, /(?<=\s)(&&|\|\|)(?=\s|$)/g, ([one]) => [one === "&&" ? "||" : "&&"]),
  },
  { name: "negation dropped", find: (code) => matches(code, /(?<=[\s(])!(?=[\w$(#])/g, () => [""]) },
  { name: "number", find: numbers },
  {
    name: "truth value",
    find: (code) => matches(code, /(?<![\w$.])(true|false)(?![\w$])/g, ([one]) => [one === "true" ? "false" : "true"]),
  },
  {
    name: "largest-smallest",
    find: (code) =>
      matches(code, /\bMath\.(max|min)(?=\()/g, ([one]) => [one === "Math.max" ? "Math.min" : "Math.max"]),
  },
  { name: "one of two", find: oneOfTwo },
  {
    name: "rounding",
    find: (code) =>
      matches(code, /\bMath\.(ceil|floor)(?=\()/g, ([one]) => [one === "Math.ceil" ? "Math.floor" : "Math.ceil"]),
  },
  {
    name: "some-every",
    find: (code) => matches(code, /\.(some|every)(?=\()/g, ([one]) => [one === ".some" ? ".every" : ".some"]),
  },
  {
    name: "difference turned",
    find: (code) => matches(code, /(?<![\w$.)\]])([\w$.]+) - ([\w$.]+)(?![\w$.([])/g, ([, a, b]) => [`${b} - ${a}`]),
  },
  { name: "condition forced", find: conditions },
  { name: "early return dropped", find: earlyReturn },
  { name: "statement dropped", find: statement },
  { name: "answer turned", find: answer },
];

/** Every alteration that applies to a file, by line. Types, comments, imports and texts are left alone. */
export function alterationsOf(file: string, text: string): ReadonlyMap<number, readonly Alteration[]> {
  const byLine = new Map<number, readonly Alteration[]>();
  const lines = text.split("\n");
  let start = 0;
  for (const [index, code] of codeOf(text).split("\n").entries()) {
    const line = lines[index] ?? "";
    const at = { file, line: index + 1 };
    const found =
      code.trim() === "" || isMember(code)
        ? []
        : OPERATORS.flatMap(({ name, find }) => {
            return find(code, line).map(({ from, to, replace }) => ({
              ...at,
              operator: name,
              from: start + from,
              to: start + to,
              replace,
            }));
          });
    if (found.length > 0) byLine.set(index + 1, found);
    start += line.length + 1;
  }
  return byLine;
}

/** A field of a type, or of parameters. */
function isMember(code: string): boolean {
  return /^\s*(readonly |\w+\??: (?!.*[({[]).*;$)/.test(code);
}
