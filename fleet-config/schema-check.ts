// Whether a value follows a JSON schema. A schema is compiled when the first value is asked of it, since most programs
// import far more schemas than they use, and it is not itself judged then: that would cost more than all else at the
// start of a daemon, and a test judges every one.

import { Ajv2020, type AnySchemaObject, type ErrorObject, type Options, type ValidateFunction } from "ajv/dist/2020.js";

export type { ErrorObject } from "ajv/dist/2020.js";

/** A key that says what a number counts; it admits everything. */
const UNIT = "unit";
/** What is compiled is used a few times: to make it short costs more than it saves. */
const STRICT: Options = { strict: true, strictRequired: false, verbose: true, code: { optimize: false } };

const made: SchemaCheck<unknown>[] = [];

/** Every schema that was made so far in this process. */
export function schemasMade(): readonly SchemaCheck<unknown>[] {
  return made;
}

export class SchemaCheck<T> {
  readonly #schema: AnySchemaObject;
  readonly #options: Options;
  #validate: ValidateFunction<T> | null = null;

  /** `options`: `allErrors` finds all that is wrong, not the first only; `useDefaults` fills in what is missing. */
  constructor(schema: AnySchemaObject, options: Pick<Options, "allErrors" | "useDefaults"> = {}) {
    this.#schema = schema;
    this.#options = options;
    made.push(this);
  }

  /** Whether the value follows the schema; `errors` tell of the last one asked. */
  admits(value: unknown): value is T {
    this.#validate ??= this.#compiled({ validateSchema: false });
    return this.#validate(value);
  }

  /** What was wrong with the last value; empty when nothing was. */
  get errors(): readonly ErrorObject[] {
    return this.#validate?.errors ?? [];
  }

  /** Throws when the schema itself is none. */
  judgeSchema(): void {
    this.#compiled({ validateSchema: true });
  }

  #compiled(how: Pick<Options, "validateSchema">): ValidateFunction<T> {
    const ajv = new Ajv2020({ ...STRICT, ...this.#options, ...how });
    return ajv.addVocabulary([UNIT]).compile<T>(this.#schema);
  }
}
