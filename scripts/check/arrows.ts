// The dependency arrows: which part of Drover may know which, over the import statements of the sources, type imports
// and dynamic imports included. Each rule says how many modules it saw and fails when it saw none. No rule has a list
// of exceptions: a module that needs one is in the wrong place.

import { bannedNames, environmentReads } from "./purity.js";
import type { Check, Module } from "./source.js";

interface Rule {
  readonly name: string;
  readonly covers: (path: string) => boolean;
  /** Whether a covered module may import this file of the project. */
  readonly own?: (path: string, from: string) => boolean;
  /** Which packages it may import. Left out: any. */
  readonly packages?: readonly string[];
  /** Whether it may import Node's modules. Left out: it may. */
  readonly node?: boolean;
  /** Further problems of a covered module, each as "LINE: what". */
  readonly further?: (module: Module) => readonly string[];
}

const RULES_OF_PROTOCOL = /^proto\/[^/]+\.ts$/;
const CORE = /^(edge|hub)\/core\//;
const IO = /^(edge|hub)\/io\//;
const OPERATOR = /^hub\/(cli|console)\//;
const CLI = /^hub\/cli\//;

function under(...folders: readonly string[]): (path: string) => boolean {
  return (path) => folders.some((folder) => path.startsWith(`${folder}/`));
}

const product = under("proto", "fleet-config", "models", "edge", "hub");

/** The rules that look at one module at a time. What a core may import depends on the whole tree: see `coreRule`. */
const RULES: readonly Rule[] = [
  {
    name: "rules of proto import only each other, and never wait",
    covers: (path) => RULES_OF_PROTOCOL.test(path),
    own: (path) => RULES_OF_PROTOCOL.test(path),
    packages: [],
    node: false,
    further: (module) => [...bannedNames(module), ...waits(module)],
  },
  { name: "proto/codec imports only proto", covers: under("proto/codec"), own: under("proto") },
  {
    name: "fleet-config imports only proto",
    covers: under("fleet-config"),
    own: under("fleet-config", "proto"),
    packages: ["yaml", "ajv"],
  },
  {
    name: "models imports neither edge nor hub",
    covers: under("models"),
    own: under("models", "fleet-config", "proto"),
  },
  { name: "edge never imports hub", covers: under("edge"), own: under("edge", "models", "fleet-config", "proto") },
  { name: "hub never imports edge", covers: under("hub"), own: under("hub", "models", "fleet-config", "proto") },
  { name: "io never imports io", covers: (path) => IO.test(path), own: (path) => !IO.test(path) },
  {
    name: "hub/cli and hub/console know the hub only through proto",
    covers: (path) => OPERATOR.test(path),
    // The command line checks models at a desk, without a hub; the console has no such errand.
    own: (path, from) => under("proto", "fleet-config", ...(CLI.test(from) ? ["models"] : []), folderOf(from))(path),
  },
  {
    name: "only main.ts reads environment and arguments",
    covers: (path) => product(path) && !path.endsWith("/main.ts"),
    further: (module) => environmentReads(module),
  },
];

/** The first two folders of a path. */
function folderOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

/** `async` and `await`: a rule that waits is no rule. */
function waits(module: Module): readonly string[] {
  const found = module.tokens.filter((token) => token.kind === "word" && /^(async|await)$/.test(token.text));
  return found.map((token) => `${token.line}: ${token.text}, expected rules that answer at once`);
}

/** The modules that reach neither Node nor a package, alone or through what they import. */
export function pureModules(modules: readonly Module[]): ReadonlySet<string> {
  const pure = new Set(modules.map((module) => module.path));
  const staysPure = (module: Module): boolean =>
    module.imports.every(({ target }) => target.kind === "own" && pure.has(target.path));
  for (let before = -1; before !== pure.size; ) {
    before = pure.size;
    for (const module of modules) if (!staysPure(module)) pure.delete(module.path);
  }
  return pure;
}

function coreRule(modules: readonly Module[]): Rule {
  const pure = pureModules(modules);
  return {
    name: "cores import only proto, themselves, and what is pure of fleet-config and models",
    covers: (path) => CORE.test(path),
    own: (path, from) =>
      RULES_OF_PROTOCOL.test(path) ||
      path.startsWith(`${folderOf(from)}/`) ||
      (under("fleet-config", "models")(path) && pure.has(path)),
    packages: [],
    node: false,
    further: (module) => bannedNames(module),
  };
}

function judge(rule: Rule, modules: readonly Module[]): Check {
  const covered = modules.filter((module) => rule.covers(module.path));
  const problems = covered.flatMap((module) => {
    const found = [...forbiddenImports(rule, module), ...(rule.further?.(module) ?? [])];
    return found.map((problem) => `${module.path}:${problem}`);
  });
  return { name: rule.name, counted: covered.length, unit: "modules", problems };
}

function forbiddenImports(rule: Rule, module: Module): readonly string[] {
  const problems: string[] = [];
  for (const { line, target } of module.imports) {
    if (target.kind === "unknown") problems.push(`${line}: imports ${target.name}, expected a path that can be judged`);
    else if (target.kind === "own") {
      if (rule.own?.(target.path, module.path) === false) problems.push(`${line}: imports ${target.path}`);
    } else if (target.kind === "node") {
      if (rule.node === false) problems.push(`${line}: imports ${target.name}`);
    } else if (rule.packages !== undefined && !rule.packages.includes(target.name)) {
      problems.push(`${line}: imports the package ${target.name}`);
    }
  }
  return problems;
}

/** All arrows over the given modules. Modules of scripts and tests may import anything and are not covered. */
export function checkArrows(modules: readonly Module[]): readonly Check[] {
  return [...RULES, coreRule(modules)].map((rule) => judge(rule, modules));
}
