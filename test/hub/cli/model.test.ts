// `drover model check` and `drover model inspect`: what they print for people and as JSON, and how they end.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { gridPlannerManifest, MODEL_FILE, writeGridPlanner } from "../../../models/grid-planner/write.js";
import { generateSigningKey, signManifest } from "../../../models/signature.js";
import { int4Output } from "../../models/helpers/trial-models.js";
import { FakeShell, golden, run } from "./stub-hub.js";

t.setTimeout(120_000);

interface Place {
  readonly root: string;
  readonly model: string;
}

function aPlace(t: Test): Place {
  const root = mkdtempSync(join(tmpdir(), "drover-model-"));
  t.teardown(() => rmSync(root, { recursive: true }));
  const model = join(root, "model");
  mkdirSync(model);
  writeGridPlanner(model);
  return { root, model };
}

async function transcript({ root }: Place, argv: readonly string[], shell?: FakeShell): Promise<string> {
  const { exit, out, err } = await run(argv, shell);
  const printed = `$ drover ${argv.join(" ")}\n${out}${err === "" ? "" : `stderr:\n${err}`}exit ${exit}\n`;
  return printed.replaceAll(root, "DIR");
}

t.test("drover model inspect, and check of a refused model, print what their golden files say", async (t) => {
  const place = aPlace(t);
  const hostile = join(place.root, "int4.onnx");
  writeFileSync(hostile, int4Output());
  const commands = {
    "model-inspect": ["model", "inspect", join(place.model, MODEL_FILE)],
    "model-inspect-refused": ["model", "inspect", hostile],
    "model-check-refused": ["model", "check", place.model, "--floor", "grid-planner@9.0.0"],
  };
  for (const [name, argv] of Object.entries(commands)) {
    const plain = await transcript(place, argv);
    const narrow = await transcript(place, argv, new FakeShell(60, 24));
    const json = await transcript(place, [...argv, "--json"]);
    const found = [plain, `# 60 columns\n${narrow}`, json].join("\n");
    t.equal(found, golden(name, found), name);
    t.doesNotThrow(() => JSON.parse(json.split("\n")[1] ?? ""));
  }
});

t.test("drover model check prints each check with its figures, as text and as JSON", async (t) => {
  const place = aPlace(t);
  const { exit, out, err } = await run(["model", "check", place.model]);
  t.same({ exit, err }, { exit: 0, err: "" });
  const lines = out.split("\n").map((line) => line.split(/\s+/, 2).join(" "));
  const files = ["manifest ok", "signature -", "file ok", "golden ok", "folder ok"];
  const checks = ["CHECK RESULT", ...files, "graph ok", "contract ok", "load ok"];
  t.same(lines.slice(0, checks.length), checks);
  t.match(out, /time +ok +50 runs: p50 \d+(\.\d+)? ms, most \d+(\.\d+)? ms, first .*; deadline \d+ ms/);
  t.match(out, /admitted: grid-planner \d+\.\d+\.\d+\n$/);
  const json = JSON.parse((await run(["model", "check", place.model, "--json"])).out);
  t.match(json, { admitted: true, model: { name: "grid-planner" }, figures: { runs: 50, vectors: 4 } });
});

t.test("drover model check wants the signature of the key that it is given", async (t) => {
  const place = aPlace(t);
  const { pinned, privateKey } = generateSigningKey();
  const shell = (text = pinned.publicKey) => {
    const made = new FakeShell();
    made.files.set("signer.pub", Buffer.from(text));
    return made;
  };
  const argv = ["model", "check", place.model, "--signer", "signer.pub"];
  const unsigned = await run(argv, shell());
  t.match(unsigned, { exit: 65, err: /signature\.json: expected a signature, found none/ });
  const { name: model, version } = gridPlannerManifest(readFileSync(join(place.model, MODEL_FILE)));
  const signing = { privateKey, model, version, robotClass: "lifter", signedAtMs: Date.UTC(2026, 0, 1) };
  const text = signManifest(readFileSync(join(place.model, "manifest.json")), signing);
  writeFileSync(join(place.model, "signature.json"), text);
  t.match(await run([...argv, "--robot-class", "lifter"], shell()), {
    exit: 0,
    out: new RegExp(`ok +key ${pinned.id}`),
  });
  const other = await run([...argv, "--robot-class", "tugger", "--json"], shell());
  t.match(JSON.parse(other.out), { error: { code: "MODEL_REFUSED", exit: 65, refusal: { code: "other-class" } } });
  t.match(await run(argv, shell("no key")), { exit: 66, err: /--signer: cannot use .*32 bytes/ });
});

t.test("drover model check and inspect say what is missing or asked wrongly", async (t) => {
  const place = aPlace(t);
  t.match(await run(["model", "check", join(place.root, "none")]), { exit: 66, err: /found nothing there/ });
  t.match(await run(["model", "check", place.model, "--floor", "1.0"]), { exit: 64, err: /expected NAME@VERSION/ });
  t.match(await run(["model", "check"]), { exit: 64 });
  t.match(await run(["model", "inspect", join(place.root, "none")]), { exit: 66, err: /nothing there/ });
  t.match(await run(["model", "inspect", place.model]), { exit: 66, err: /expected a regular file/ });
  const link = join(place.root, "link.onnx");
  symlinkSync(join(place.model, MODEL_FILE), link);
  t.match(await run(["model", "inspect", link]), { exit: 0 }, "a person may look at a file through a link");
});
