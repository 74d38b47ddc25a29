// One run of `drover`: arguments in, exit code out. Everything that can go wrong ends here as one line on standard
// error, or with --json as one JSON object on standard output.

import { X509Certificate } from "node:crypto";
import { checkDial, isLoopback } from "../../fleet-config/secure.js";
import { nameOf, type TlsFiles } from "../../proto/codec/tls.js";
import { ONE_TIME } from "../../proto/rights.js";
import { type Arguments, parseArguments } from "./arguments.js";
import type { Command, Context } from "./command.js";
import { COMMANDS, DEFAULT_HUB, GLOBAL_FLAGS } from "./commands.js";
import { shown, shownJson } from "./escape.js";
import { CliFailure, usage } from "./failure.js";
import { commandHelp, overview } from "./help.js";
import { Hub } from "./hub.js";
import { nextStep } from "./next.js";
import { Output } from "./output.js";
import type { Shell } from "./shell.js";
import { durationMs, endpoint } from "./values.js";

const TIMEOUT = { name: "--timeout", leastMs: 100, mostMs: 600_000 };
const TIMEOUT_MS = 5000;

/** Runs the command of these arguments (after the program's name) and gives its exit code. Never throws. */
export async function runCli(argv: readonly string[], shell: Shell): Promise<number> {
  const json = beforeDashes(argv).some((argument) => argument === "--json");
  let hub: Hub | null = null;
  try {
    const given = parseArguments(argv, { commands: COMMANDS, global: GLOBAL_FLAGS });
    const out = new Output(shell, { json });
    if (given.on("version")) await out.result({ version: shell.version }, () => [`drover ${shell.version}`]);
    else if (given.on("help") || given.command === null) await printHelp(given, out);
    else {
      const tls = tlsOf(given, shell);
      const token = givenToken(given, shell);
      const connect = () => {
        hub ??= connected(given, { shell, tls, token });
        return hub;
      };
      const hasOwnName = () => token !== null && !token.startsWith(ONE_TIME);
      await given.command.run({
        given,
        out,
        shell,
        hub: connect,
        certified: () => certifiedName(tls),
        hasOwnName,
        timeoutMs: () => timeoutOf(given),
      });
    }
    return 0;
  } catch (error) {
    return await report(error, { json, shell, argv });
  } finally {
    (hub as Hub | null)?.close();
  }
}

function beforeDashes(argv: readonly string[]): readonly string[] {
  const dashes = argv.indexOf("--");
  return dashes < 0 ? argv : argv.slice(0, dashes);
}

async function printHelp({ command, group }: Arguments<Command>, out: Output): Promise<void> {
  const lines = command === null ? overview(COMMANDS, GLOBAL_FLAGS, group) : commandHelp(command, GLOBAL_FLAGS);
  await out.result({ help: lines.join("\n") }, () => lines);
}

function tlsOf(given: Context["given"], shell: Shell): TlsFiles | null {
  const names = (["ca", "cert", "key"] as const).map((name) => [name, given.text(name)] as const);
  const missing = names.filter(([, path]) => path === undefined).map(([name]) => `--${name}`);
  if (missing.length === names.length) return null;
  if (missing.length > 0) throw usage(`--ca, --cert and --key go together; ${missing.join(" and ")} missing`);
  const [ca, cert, key] = names.map(([name, path]) => readNamed(shell, `--${name}`, path ?? ""));
  if (ca === undefined || cert === undefined || key === undefined) throw usage("--ca, --cert and --key go together");
  return { ca, cert, key };
}

function readNamed(shell: Shell, flag: string, path: string): Buffer {
  try {
    return shell.readFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const denied = cause instanceof Error && "code" in cause && cause.code === "EACCES";
    throw new CliFailure(denied ? "NOT_PERMITTED" : "FILE", `${flag}: cannot read ${path}: ${why}`);
  }
}

function connected(
  given: Context["given"],
  by: { readonly shell: Shell; readonly tls: TlsFiles | null; readonly token: string | null },
): Hub {
  const { shell, tls } = by;
  const flag = given.text("hub");
  const at = flag ?? shell.environment.hub ?? DEFAULT_HUB;
  const { host, port } = endpoint(at, flag === undefined ? "$DROVER_HUB" : "--hub");
  const sources = tls === null ? {} : { ca: "--ca", cert: "--cert", key: "--key" };
  const unsafe = checkDial({ host, tls: sources });
  if (unsafe !== null) throw usage(unsafe);
  const timeoutMs = timeoutOf(given);
  // Looked for at each call, because a hub that starts again has another one-time token.
  const ownToken = () => (tls === null && isLoopback(host) ? shell.ownToken(port) : null);
  const token = () => by.token ?? ownToken();
  try {
    return new Hub({ host, port, tls, timeoutMs, token }, shell.stop);
  } catch (cause) {
    if (tls === null) throw cause;
    throw new CliFailure(
      "NOT_TRUSTED",
      `cannot use --ca, --cert and --key: ${cause instanceof Error ? cause.message : cause}`,
    );
  }
}

function timeoutOf(given: Context["given"]): number {
  const timeout = given.text("timeout");
  return timeout === undefined ? TIMEOUT_MS : durationMs(timeout, TIMEOUT);
}

/** The token of --token-file or $DROVER_TOKEN; null without one. */
function givenToken(given: Context["given"], shell: Shell): string | null {
  const file = given.text("token-file");
  const text = file === undefined ? shell.environment.token : readNamed(shell, "--token-file", file).toString("utf8");
  const token = text?.trim() ?? null;
  if (token === null || /^[\x21-\x7e]{1,256}$/.test(token)) return token;
  throw usage(`${file === undefined ? "$DROVER_TOKEN" : "--token-file"}: expected one token and nothing else`);
}

function certifiedName(tls: TlsFiles | null): string | undefined {
  if (tls === null) return undefined;
  try {
    return nameOf(new X509Certificate(tls.cert).toLegacyObject()) ?? undefined;
  } catch {
    return undefined; // the connection says what is wrong with it
  }
}

async function report(
  error: unknown,
  { json, shell, argv }: { readonly json: boolean; readonly shell: Shell; readonly argv: readonly string[] },
): Promise<number> {
  const failure = error instanceof CliFailure ? error : fault(error);
  const { code, exit, message } = failure;
  if (message === "") return exit;
  const next = nextStep(code, { argv, commands: COMMANDS });
  if (json) {
    const told = { code, exit, message, ...(next === "" ? {} : { next }), ...failure.details };
    await shell.write(`${shownJson({ error: told })}\n`);
  } else {
    const lines = message.split("\n").map((line) => `drover: ${shown(line)}`);
    if (next !== "") lines.push(`Next: ${next}`);
    await shell.warn(`${lines.join("\n")}\n`);
  }
  return exit;
}

/** Something broken: the stack is for whoever repairs it. */
function fault(error: unknown): CliFailure {
  return new CliFailure("FAULT", `fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}
