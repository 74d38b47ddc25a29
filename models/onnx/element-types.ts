// The element types of tensors, as facts without any library: the edge's core knows them, too.

/** Element types of tensors that Drover accepts: name, number in the standard, bytes per element. */
export const elementTypes = [
  { name: "float32", code: 1, bytes: 4 },
  { name: "uint8", code: 2, bytes: 1 },
  { name: "int8", code: 3, bytes: 1 },
  { name: "uint16", code: 4, bytes: 2 },
  { name: "int16", code: 5, bytes: 2 },
  { name: "int32", code: 6, bytes: 4 },
  { name: "int64", code: 7, bytes: 8 },
  { name: "bool", code: 9, bytes: 1 },
  { name: "float16", code: 10, bytes: 2 },
  { name: "float64", code: 11, bytes: 8 },
  { name: "uint32", code: 12, bytes: 4 },
  { name: "uint64", code: 13, bytes: 8 },
] as const;

export type ElementTypeName = (typeof elementTypes)[number]["name"];

/** The accepted element type with this number in the standard, or undefined. */
export function elementTypeOf(code: number): (typeof elementTypes)[number] | undefined {
  return elementTypes.find((type) => type.code === code);
}
