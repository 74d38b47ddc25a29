// What is known of the values of a graph without running it (R13): whether a value is a constant, how large a whole
// number can be, and whether a value or its shape follows from constants and the shapes of the inputs alone. From that
// follows which operators may decide how large an output is.

import type { Node, Tensor } from "./decode.js";
import { cutInputs, sizeInputs, unsizedOperators } from "./operators.js";
import { type InspectLimits, refuse } from "./refusal.js";
import { singleInteger } from "./tensors.js";

const MAX_PADDING = 4_096n;

export interface Definition {
  readonly constant?: Tensor;
  /** Highest value that a whole number can have. */
  readonly upperBound?: bigint;
  /** Its shape follows from constants and the shapes of the inputs of the model. */
  readonly isSized?: boolean;
  /** Its numbers do, too. */
  readonly isFixed?: boolean;
}

/** Names of a graph with what is known of them; what a graph does not have is looked up around it. */
export class Scope {
  readonly #own = new Map<string, Definition>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  find(name: string): Definition | undefined {
    return this.#own.get(name) ?? this.#outer?.find(name);
  }

  isOwn(name: string): boolean {
    return this.#own.has(name);
  }

  define(name: string | undefined, path: string, definition: Definition = {}): void {
    if (name === undefined || name === "") refuse("graph", path, "expected a name, found none");
    if (this.find(name)) refuse("graph", path, `expected a name that is not in use, found "${name}" again`);
    this.#own.set(name, definition);
  }
}

export function constantDefinition(tensor: Tensor): Definition {
  const value = singleInteger(tensor);
  const known = { constant: tensor, isSized: true, isFixed: true };
  return value === undefined ? known : { ...known, upperBound: value };
}

/** What is known of the outputs of this operator. */
export function resultOf(node: Node, scope: Scope): Definition {
  const { opType = "" } = node;
  if (opType === "Constant") {
    const tensor = node.attribute.find((attribute) => attribute.name === "value")?.t;
    return tensor ? constantDefinition(tensor) : { isSized: true, isFixed: true };
  }
  const inputs = node.input.filter((name) => name !== "").map((name) => scope.find(name));
  const deciding = [...(sizeInputs.get(opType) ?? []), ...(cutInputs.get(opType) ?? [])];
  const isCut = deciding.every((index) => isFixedOrAbsent(node, index, scope));
  const isSized = isCut && !unsizedOperators.has(opType) && inputs.every((input) => input?.isSized === true);
  const readsShape = opType === "Shape" || opType === "Size";
  const isFixed = isSized && (readsShape || inputs.every((input) => input?.isFixed === true));
  const bound = opType === "Min" ? lowestBound(node, scope) : undefined;
  return { isSized, isFixed, ...(bound === undefined ? {} : { upperBound: bound }) };
}

function lowestBound(node: Node, scope: Scope): bigint | undefined {
  const bounds = node.input.map((name) => scope.find(name)?.upperBound).filter((bound) => bound !== undefined);
  return bounds.toSorted((a, b) => Number(a - b))[0];
}

function isFixedOrAbsent(node: Node, index: number, scope: Scope): boolean {
  const name = node.input[index] ?? "";
  return name === "" || scope.find(name)?.isFixed === true;
}

/** Refuses an operator whose output is as large as the numbers of a run say, or absurdly large by a constant. */
export function checkSizes(node: Node, scope: Scope, path: string, limits: InspectLimits): void {
  const { opType = "" } = node;
  for (const index of sizeInputs.get(opType) ?? []) {
    if (!isFixedOrAbsent(node, index, scope)) {
      const wish = `expected ${opType} with sizes that follow from constants and shapes`;
      refuse("operator", `${path}.input[${index}]`, `${wish}, found sizes that the numbers of a run decide`);
    }
  }
  const sizes = scope.find(node.input[sizeInputs.get(opType)?.[0] ?? -1] ?? "")?.constant;
  if (!sizes || sizes.dataType !== INT64) return;
  const values = integersOf(sizes);
  if (opType === "Pad") {
    const wide = values.find((value) => value > MAX_PADDING || value < -MAX_PADDING);
    if (wide !== undefined) refuse("too-large", path, `expected pads of at most ${MAX_PADDING}, found ${wide}`);
  }
  if (opType !== "ConstantOfShape" && opType !== "Expand" && opType !== "Tile") return;
  const product = values.reduce((all, value) => all * (value > 0n ? value : 1n), 1n);
  if (product <= BigInt(limits.maxTensorBytes)) return;
  refuse("too-large", path, `expected ${opType} to at most ${limits.maxTensorBytes} elements, found ${product}`);
}

const INT64 = 7;

function integersOf(tensor: Tensor): readonly bigint[] {
  const raw = tensor.rawData;
  if (!raw?.length) return tensor.int64Data;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: raw.length >> 3 }, (_, index) => view.getBigInt64(index * 8, true));
}
