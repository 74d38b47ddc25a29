// `drover-edge doctor`: tries everything that `run` needs, one line each, and changes nothing that lasts.

import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { loadSite } from "../fleet-config/load.js";
import type { ReadyModel } from "../models/run.js";
import { splitAddress } from "../proto/address.js";
import { suspensionIsSeen } from "../proto/codec/clock.js";
import { EXIT } from "../proto/errors.js";
import { graphicsOf, machineOf, runtimeOf } from "./board.js";
import { modelName } from "./core/controller/slots.js";
import { EdgeStore } from "./io/edge-store.js";
import { ModelProcess } from "./io/model-process.js";
import type { HeldModel } from "./model-processes.js";
import { admitModels } from "./models.js";
import type { EdgeOptions } from "./options.js";

const CONNECT_MS = 2000;
const READY_MS = 20_000;

/** Exit code 0 when everything is well, 78 when something that `run` cannot do without is not. */
export async function doctor(options: EdgeOptions, print: (line: string) => void): Promise<number> {
  let sick = 0;
  const check = async (what: string, needed: boolean, probe: () => Promise<string> | string) => {
    try {
      print(`ok    ${what}: ${await probe()}`);
    } catch (cause) {
      if (needed) sick += 1;
      print(`${needed ? "FAIL " : "warn "} ${what}: ${(cause as Error).message}`);
    }
  };
  await check("node", true, () => nodeVersion());
  await check("clock", false, () =>
    suspensionIsSeen() ? "a suspension is noticed" : fail("no boot clock: a suspension is not noticed"),
  );
  await check("site", true, () => siteOf(options));
  await check("machine", false, () => machineOf());
  await check("graphics", false, () => graphicsOf());
  await check("runtime", true, () => runtimeOf());
  let held: readonly HeldModel[] = [];
  await check("models", true, async () => {
    held = await admitModels(options.models, loadSite(options.config).config.models);
    return `${held.length} admitted`;
  });
  for (const model of held) await check("model", true, () => modelOf(model));
  await check("store", true, () => storeOf(options));
  if (options.recordBytes > 0) await check("recording", false, () => recordingOf(options));
  await check("on-board port", true, () => canListen(options.onboardHost, options.onboardPort));
  await check("hub", false, () => canReach(splitAddress(options.hub)));
  const broker = new URL(options.broker);
  await check("site broker", false, () => canReach({ host: broker.hostname, port: Number(broker.port || 1883) }));
  print(sick === 0 ? "this board can run drover-edge" : `${sick} of these must be put right first`);
  return sick === 0 ? 0 : EXIT.config;
}

function fail(why: string): never {
  throw new Error(why);
}

function nodeVersion(): string {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 20 || (major === 20 && minor >= 19)
    ? process.version
    : fail(`expected 20.19 or later, found ${process.version}`);
}

function siteOf(options: EdgeOptions): string {
  const { config, hash } = loadSite(options.config);
  const known = config.robots.some((robot) => robot.id === options.robot);
  if (!known) fail(`${options.config} has no robot "${options.robot}"`);
  return `${config.site}, ${config.robots.length} robots, ${hash.slice(0, 12)}`;
}

/** Every model is admitted as `run` would, started, and ended again: what was asked for, what runs, and why. */
async function modelOf({ role, directory, manifest }: HeldModel): Promise<string> {
  const startedMs = performance.now();
  const ready = await new Promise<ReadyModel>((resolve, reject) => {
    const events = {
      onReady: ({ models: [first] }: { readonly models: readonly ReadyModel[] }) => {
        if (first !== undefined) end(() => resolve(first));
      },
      onResult: () => {},
      onRefused: () => {},
      onExit: ({ said }: { readonly said: string }) =>
        end(() => reject(new Error(said === "" ? "its process ended" : said))),
    };
    const runner = new ModelProcess({ models: [{ directory, sha256: manifest.sha256 }], events });
    const timer = setTimeout(() => end(() => reject(new Error(`not ready after ${READY_MS} ms`))), READY_MS);
    const end = (then: () => void) => {
      clearTimeout(timer);
      void runner.close().then(then);
    };
    runner.start();
  });
  const tookMs = Math.round(performance.now() - startedMs);
  const asked = manifest.limits.providers.join(", ");
  const note = ready.note === "" ? "" : `; ${ready.note}`;
  const named = `${role} ${modelName(manifest)} ${manifest.sha256.slice(0, 12)}`;
  return `${named}: asked for ${asked}, runs on ${ready.provider}, ready after ${tookMs} ms${note}`;
}

async function storeOf(options: EdgeOptions): Promise<string> {
  if (!existsSync(join(options.dataDir, "state"))) return `none yet in ${options.dataDir}; run makes one`;
  const { config } = loadSite(options.config);
  const { decisionRecords, decisionRecordDays, recordedInputs } = config.limits;
  const limits = { decisionRecords, decisionRecordDays, recordedInputs };
  const { store, memory } = await EdgeStore.open({ dir: options.dataDir, robot: options.robot, create: false, limits });
  await store.close();
  const { highestToken, outbox } = memory;
  return `sound, highest token ${highestToken.epoch}.${highestToken.counter}, ${outbox.length} outcomes to tell`;
}

async function recordingOf({ dataDir, recordBytes }: EdgeOptions): Promise<string> {
  const { bavail, bsize } = await statfs(existsSync(dataDir) ? dataDir : dirname(resolve(dataDir)));
  const [freeMb, wantedMb] = [bavail * bsize, recordBytes].map((bytes) => Math.floor(bytes / 1e6));
  const found = `${freeMb} MB are free, it takes up to ${wantedMb}`;
  return bavail * bsize > 2 * recordBytes ? found : fail(`${found}: the robot's memory needs room too`);
}

function canListen(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(port, host, () => probe.close(() => resolve(`${host}:${port} is free`)));
  });
}

function canReach(at: { readonly host: string; readonly port: number } | null): Promise<string> {
  if (at === null) return Promise.reject(new Error("expected HOST:PORT"));
  return new Promise((resolve, reject) => {
    const socket = connect({ host: at.host, port: at.port, timeout: CONNECT_MS });
    const end = (then: () => void) => {
      socket.destroy();
      then();
    };
    socket.once("connect", () => end(() => resolve(`${at.host}:${at.port} answers`)));
    socket.once("timeout", () =>
      end(() => reject(new Error(`${at.host}:${at.port} does not answer within ${CONNECT_MS} ms`))),
    );
    socket.once("error", (cause) => end(() => reject(cause)));
  });
}
