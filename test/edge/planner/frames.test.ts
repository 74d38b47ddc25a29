// R11, R13: what goes between the edge and its model processes comes back as it was, in whatever pieces it arrives; and
// what no child of this version says is a fault of that frame and of nothing else.

import fc from "fast-check";
import t from "tap";
import { FrameGatherer, FrameReader, FrameWaiter } from "../../../edge/planner/frame-reader.js";
import { FrameFault, FrameWriter, MOST_BODY_BYTES, MOST_HEAD_BYTES } from "../../../edge/planner/frames.js";
import { encodeElements, type NamedTensor } from "../../../models/elements.js";
import { elementTypes } from "../../../models/onnx/element-types.js";
import type { ModelRun, RunnerMessage } from "../../../models/run.js";

const TENSORS: readonly NamedTensor[] = elementTypes.map(({ name: type }, at) => ({
  ...{ tensor: `t${at}`, type, dims: [1, at + 1] },
  data: encodeElements(
    type,
    Array.from({ length: at + 1 }, (_, one) => one),
  ),
}));

function aResult(id: number, outputs = TENSORS): RunnerMessage {
  return { kind: "result", result: { id, model: "m", outputs, beganMs: 12.5, inferenceMs: 2.25 } };
}

const READY: RunnerMessage = {
  kind: "ready",
  models: [{ model: "m", version: "1.0.0", sha256: "a", provider: "cpu", note: "é" }],
};

/** A frame with this head and body, whatever they say. */
function aFrame(head: unknown, more: { readonly body?: number; readonly id?: number } = {}): Buffer {
  const text = Buffer.from(typeof head === "string" ? head : JSON.stringify(head));
  const { body = 0, id = 1 } = more;
  const frame = Buffer.alloc(40 + Math.ceil(text.length / 8) * 8 + body);
  frame.writeUInt32LE(text.length, 0);
  frame.writeUInt32LE(body, 4);
  frame.writeDoubleLE(id, 8);
  text.copy(frame, 40);
  return frame;
}

t.test("R11 frames come back as they were, for every type of number", (t) => {
  const [writer, reader] = [new FrameWriter(), new FrameReader()];
  const refused: RunnerMessage = { kind: "refused", id: 3, model: "m", reason: "no" };
  for (const message of [READY, aResult(1), refused, aResult(2), aResult(3, []), aResult(4)])
    t.same(reader.answer(writer.answer(message)), message);
  for (const reset of [true, false]) {
    const run: ModelRun = { id: 9, model: "m", reset, feeds: TENSORS };
    const found = new FrameReader().run(Buffer.from(new Uint8Array(writer.run(run)).buffer));
    t.same(found, run);
  }
  t.end();
});

t.test("R11 frames are found in pieces of any size", (t) => {
  const messages = [READY, aResult(1), aResult(2, []), aResult(3)];
  const writer = new FrameWriter();
  const bytes = Buffer.concat(messages.map((message) => Buffer.from(writer.answer(message))));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 9 }), (sizes) => {
      const [gatherer, reader] = [new FrameGatherer(), new FrameReader()];
      const found: RunnerMessage[] = [];
      const waiting: RunnerMessage[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        for (const frame of gatherer.take(bytes.subarray(at, at + size))) found.push(reader.answer(frame));
        at += size;
      }
      let from = 0;
      let turn = 0;
      const waiter = new FrameWaiter((into, offset) => {
        const came = bytes.copy(into, offset, from, from + (sizes[turn % sizes.length] ?? 1));
        from += came;
        turn += 1;
        return came;
      });
      for (let frame = waiter.next(); frame !== null; frame = waiter.next()) waiting.push(reader.answer(frame));
      t.same(found, messages);
      t.same(waiting, messages);
    }),
    { numRuns: 50 },
  );
  t.end();
});

t.test("R11 a run larger than the memory of its reader is read whole", (t) => {
  const data = Float32Array.from({ length: 100_000 }, (_, at) => at);
  const run: ModelRun = {
    id: 1,
    model: "m",
    reset: false,
    feeds: [{ tensor: "x", type: "float32", dims: [100_000], data }],
  };
  const writer = new FrameWriter();
  const bytes = Buffer.concat([Buffer.from(writer.run(run)), writer.run({ ...run, id: 2 })]);
  let from = 0;
  const waiter = new FrameWaiter((into, offset) => {
    const came = bytes.copy(into, offset, from);
    from += came;
    return came;
  });
  const reader = new FrameReader();
  for (const id of [1, 2]) t.same(reader.run(waiter.next() as Buffer), { ...run, id });
  t.equal(waiter.next(), null);
  t.end();
});

t.test("R13 an answer that no child of this version gives is a fault", (t) => {
  const tensor = { tensor: "x", type: "float32", dims: [2], length: 2 };
  const result = { kind: "result", model: "m", tensors: [tensor] };
  const spoiled: readonly (readonly [Buffer, RegExp])[] = [
    [aFrame("{"), /head: expected JSON/],
    [aFrame("null"), /head: expected an object/],
    [aFrame({ kind: "run", model: "m", tensors: [] }), /kind: expected an answer/],
    [aFrame({ kind: "other" }), /kind: expected one that is known/],
    [aFrame({ kind: "ready", models: [null] }), /model: expected an object/],
    [aFrame({ kind: "ready", models: new Array(65).fill({}) }), /models: expected a list of at most 64/],
    [aFrame({ kind: "refused", model: "m", reason: 1 }), /reason: expected a text/],
    [aFrame({ kind: "refused", model: "m", reason: "" }, { id: 1.5 }), /id: expected a whole number/],
    [aFrame(result), /body: expected 8 bytes/],
    [aFrame(result, { body: 16 }), /body: expected 8 bytes/],
    [aFrame({ ...result, tensors: [{ ...tensor, dims: [3] }] }, { body: 8 }), /expected 3 numbers, found 2/],
    [aFrame({ ...result, tensors: [{ ...tensor, type: "text" }] }), /type: expected an element type/],
    [aFrame({ ...result, tensors: [{ ...tensor, length: -1 }] }), /length: expected a whole number/],
    [aFrame({ ...result, tensors: [{ ...tensor, length: 1e15 }] }), /body: expected/],
    [aFrame({ ...result, tensors: new Array(257).fill(tensor) }), /at most 256/],
  ];
  for (const [frame, reason] of spoiled) t.throws(() => new FrameReader().answer(frame), { message: reason });
  for (const [head, body] of [
    [MOST_HEAD_BYTES + 1, 0],
    [8, MOST_BODY_BYTES + 8],
    [8, 4],
  ] as const) {
    const prefix = Buffer.alloc(40);
    prefix.writeUInt32LE(head, 0);
    prefix.writeUInt32LE(body, 4);
    t.throws(() => new FrameGatherer().take(prefix), { message: /within its bounds/ });
  }
  t.end();
});

t.test("R13 bytes of any kind are at most a fault", (t) => {
  const sound = new FrameWriter().answer(aResult(1));
  const changed = fc.tuple(fc.nat(sound.length - 1), fc.nat(255)).map(([at, value]) => {
    const frame = Buffer.from(sound);
    frame[at] = value;
    return frame;
  });
  const drawn = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(changed, drawn), (bytes) => {
      const reader = new FrameReader();
      try {
        for (const frame of new FrameGatherer().take(bytes)) reader.answer(frame);
      } catch (cause) {
        if (!(cause instanceof FrameFault)) throw cause;
      }
    }),
    { numRuns: 3000 },
  );
  t.end();
});
