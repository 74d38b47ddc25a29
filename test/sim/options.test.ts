// The words of `npm run sim`: what they mean, and how words that mean nothing are refused.

import t from "tap";
import { FAULT_NAMES } from "./faults.js";
import { readOptions, SEED_MOST, SimUsage } from "./options.js";

t.test("without a word there are a hundred fresh seeds and nothing special", (t) => {
  t.match(readOptions([]), { seeds: 100, from: null, seed: null, trace: false, minimise: false, list: false });
  t.match(readOptions([]), { robots: undefined, kinds: undefined, forS: null });
  t.equal(readOptions([]).without.size, 0);
  t.end();
});

t.test("every word is read", (t) => {
  const many = readOptions("--seeds 1000 --from 0 --for 60 --robots 50".split(" "));
  t.match(many, { seeds: 1000, from: 0, forS: 60, robots: 50 });
  const one = readOptions("--seed 4711 --trace --minimise --kinds link-cut,edge-crash --without 3,1".split(" "));
  t.match(one, { seed: 4711, trace: true, minimise: true, kinds: ["link-cut", "edge-crash"] });
  t.same([...one.without], [3, 1]);
  t.same([one.with, readOptions(["--with", "link-cut,edge-crash"]).with], [[], ["link-cut", "edge-crash"]]);
  t.equal(readOptions(["--faults", "list"]).list, true);
  t.same(readOptions(["--kinds", FAULT_NAMES.join(",")]).kinds, FAULT_NAMES);
  t.end();
});

t.test("seeds are whole numbers from 0 to 2^53-1", (t) => {
  t.equal(SEED_MOST, 2 ** 53 - 1);
  for (const word of ["0", "1", "9007199254740991"]) t.equal(readOptions(["--seed", word]).seed, Number(word));
  for (const word of ["9007199254740992", "-1", "1.5", "1e3", "0x10", "", " 1", "seed", "1_000", "٣"]) {
    t.throws(() => readOptions(["--seed", word].map((one) => (one === "-1" ? "--seed=-1" : one))), SimUsage);
    t.throws(() => readOptions([`--from=${word}`]), SimUsage, word);
  }
  t.end();
});

t.test("what is not understood is refused, with what was expected and what was found", (t) => {
  for (const [words, says] of [
    ["--seeds 0", /--seeds: expected a whole number from 1 to 1000000000, found "0"/],
    ["--robots 51", /--robots: expected a whole number from 1 to 50, found "51"/],
    ["--robots 0", /--robots.*found "0"/],
    ["--kinds link-cut,link-cat", /--kinds: expected faults of --faults list, found "link-cat"/],
    ["--with link-cat", /--with: expected faults of --faults list, found "link-cat"/],
    ["--kinds ,", /--kinds.*found ""/],
    ["--faults all", /--faults: expected list, found "all"/],
    ["--without 1,x", /--without.*found "x"/],
    ["--for never", /--for.*found "never"/],
    ["--sede 1", /--sede/],
    ["4711", /4711/],
    ["--trace=yes", /trace/],
    ["--seed", /seed/],
  ] as const)
    t.throws(() => readOptions(words.split(" ")), { name: "SimUsage", message: says }, words);
  t.end();
});
