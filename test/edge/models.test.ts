// R11, R13: which models an edge takes: admitted under the site's policy, tried once on this board, banned for good.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { TrialBook } from "../../edge/io/trial-book.js";
import { admitModels, type ModelFolders, tryModels } from "../../edge/models.js";
import { defaultedParts } from "../../fleet-config/defaults.js";
import { ConfigRefused } from "../../fleet-config/load.js";
import type { ModelsConfig } from "../../fleet-config/types.js";
import { sealManifest } from "../../models/contract.js";
import { generateSigningKey, signManifest } from "../../models/signature.js";
import { writeChaser } from "../models/helpers/chaser-model.js";

t.setTimeout(120_000);
const { models: CONFIG } = defaultedParts();
const NONE: ModelFolders = { planner: null, controller: null, candidate: null };

function refusalOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => "it was not refused",
    (cause: Error) => (cause instanceof ConfigRefused ? cause.message : `another error: ${cause.stack}`),
  );
}

/** A folder with chasers: good, another version, one that is slow from its first run on. */
function chasers(folder: string) {
  const at = (name: string) => join(folder, name);
  const good = writeChaser(at("good"), { version: "1.0.0" });
  writeChaser(at("next"), { version: "1.1.0" });
  const slow = writeChaser(at("slow"), { version: "2.0.0", slowFrom: { run: 0, loops: 15_000 } });
  return { at, good, slow };
}

t.test("the reference planner is admitted as it is, and each role takes what it can use", async (t) => {
  const { at } = chasers(t.testdir());
  const roles = async (folders: Partial<ModelFolders>, config: Partial<ModelsConfig> = {}) =>
    (await admitModels({ ...NONE, ...folders }, { ...CONFIG, ...config })).map(({ role }) => role);
  t.same(await roles({}), ["planner"]);
  t.same(await roles({ controller: at("good"), candidate: at("next") }), ["planner", "controller", "candidate"]);
  t.match(
    await refusalOf(roles({ planner: at("good") })),
    /expected a model that proposes a field, found chaser, which proposes velocity/,
  );
  t.same(await roles({ controller: at("good"), candidate: at("good") }), ["planner", "controller"], "left out");
  t.same(await roles({ controller: at("good"), candidate: at("nowhere") }), ["planner", "controller"]);
  t.match(await refusalOf(roles({ controller: at("nowhere") })), /expected a model/);
  const floors = [{ model: "chaser", version: "1.0.1" }];
  t.match(await refusalOf(roles({ controller: at("good") }, { floors })), /1\.0\.1/);
  t.same(await roles({ controller: at("next") }, { floors }), ["planner", "controller"]);
});

t.test("R13 a site that wants signatures takes no unsigned model, and none by another key", async (t) => {
  const { at } = chasers(t.testdir());
  const attempt = (config: Partial<ModelsConfig>) =>
    refusalOf(admitModels({ ...NONE, controller: at("good") }, { ...CONFIG, signed: true, ...config }));
  t.match(await attempt({}), /signature/);
  const { pinned, privateKey } = generateSigningKey();
  const { id, publicKey } = pinned;
  const manifest = readFileSync(join(at("good"), "manifest.json"));
  const signature = signManifest(manifest, {
    ...{ privateKey, model: "chaser", version: "1.0.0", robotClass: "", signedAtMs: Date.parse("2026-01-02") },
  });
  writeFileSync(join(at("good"), "signature.json"), signature);
  const keys = [{ id, publicKey }];
  t.equal(await attempt({ keys }), "it was not refused");
  t.match(await attempt({ keys: [generateSigningKey().pinned] }), /signature/);
  t.match(
    await attempt({ keys: [{ id, publicKey, revokedFrom: "2026-01-02" }] }),
    /expected a signature before 2026-01-02/,
  );
  t.equal(await attempt({ keys: [{ id, publicKey, revokedFrom: "2026-01-03" }] }), "it was not refused");
  t.match(
    await attempt({ keys: [{ id, publicKey, notAfter: "2026-01-01" }] }),
    /expected a signature not after 2026-01-01/,
  );
});

t.test("R11 a model is tried once on a board; one that fails does not run, and a candidate is left out", async (t) => {
  const folder = t.testdir();
  const { at, slow } = chasers(folder);
  const notes: string[] = [];
  const held = async (folders: Partial<ModelFolders>) => {
    const admitted = await admitModels({ ...NONE, ...folders }, CONFIG);
    const book = new TrialBook(folder);
    return (await tryModels(admitted, { book, note: (event) => notes.push(event) })).map(({ role }) => role);
  };
  t.same(await held({ controller: at("good") }), ["planner", "controller"]);
  t.same(notes, ["model tried"]);
  t.same(await held({ controller: at("good") }), ["planner", "controller"]);
  t.same(notes, ["model tried"], "not twice");
  t.match(JSON.parse(readFileSync(join(folder, "models.json"), "utf8")), [
    { model: "chaser 1.0.0", verdict: "passed" },
  ]);
  t.match(await refusalOf(held({ controller: at("slow") })), /chaser 2\.0\.0: (too-slow|out-of-time|out-of-memory): /);
  t.same(await held({ controller: at("good"), candidate: at("slow") }), ["planner", "controller"]);
  t.ok(notes.includes("candidate refused"));
  t.equal(new TrialBook(folder).of(slow.sha256), undefined, "one that was only slow is tried again");
  new TrialBook(folder).enter({ sha256: slow.sha256, model: "chaser 2.0.0", verdict: "banned", why: "it crashed" });
  t.match(await refusalOf(held({ controller: at("slow") })), /chaser 2\.0\.0: it crashed \(banned in .*models\.json/);
});

t.test("R11 the same bytes under other limits are another model to try", async (t) => {
  const folder = t.testdir();
  const manifest = writeChaser(join(folder, "good"), { version: "1.0.0" });
  const tried = async (): Promise<number> => {
    let count = 0;
    const admitted = await admitModels({ ...NONE, controller: join(folder, "good") }, CONFIG);
    const note = (event: string): void => {
      if (event === "model tried") count += 1;
    };
    await tryModels(admitted, { book: new TrialBook(folder), note });
    return count;
  };
  t.equal(await tried(), 1);
  t.equal(await tried(), 0);
  const limits = { ...manifest.limits, memoryMb: manifest.limits.memoryMb - 1 };
  writeFileSync(join(folder, "good", "manifest.json"), sealManifest({ ...manifest, limits }));
  t.equal(await tried(), 1);
});

t.test("a book of trials that is damaged is begun anew, and holds no more than it may", async (t) => {
  const folder = t.testdir({ "models.json": '[{"sha256":"a","model":"m","verdict":"passed","why":""},{"verdict":1}]' });
  t.match(new TrialBook(folder).of("a"), { verdict: "passed" });
  writeFileSync(join(folder, "models.json"), "{");
  const book = new TrialBook(folder);
  t.equal(book.of("a"), undefined);
  for (let model = 0; model < 300; model += 1)
    book.enter({ sha256: `s${model}`, model: "m", verdict: "banned", why: "" });
  const again = new TrialBook(folder);
  t.equal(again.of("s0"), undefined);
  t.match(again.of("s299"), { verdict: "banned" });
});
