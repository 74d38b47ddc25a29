// The flags of `drover-hub`, parsed once into a value. Unknown flags are refused.

import { parseArgs } from "node:util";
import { checkCollector, checkDial, checkListen, isLoopback } from "../fleet-config/secure.js";
import { splitAddress } from "../proto/address.js";
import { CERTIFICATE_NAME } from "../proto/codec/tls.js";
import { PERSON_NAME, ROLES, type Role } from "../proto/rights.js";
import { text as textOf, WireRefused } from "../proto/shape.js";
import { HUB_ID } from "./broker/policy.js";
import { REASON_CHARACTERS_MOST } from "./io/revoked-book.js";

export const USAGE = `drover-hub: the authority of one site

  drover-hub run     --config SITE.yaml --data-dir DIR [options]
  drover-hub verify  --data-dir DIR                 checks every event of the ledger, on a copy
  drover-hub backup  --data-dir DIR --out FILE      the ledger in one file, also of a hub that runs
  drover-hub restore --from FILE --data-dir DIR     makes a ledger of it in an empty directory

  drover-hub token issue  --data-dir DIR --operator NAME --role ROLE [--for TIME]    prints a token, once
  drover-hub token list   --data-dir DIR
  drover-hub token revoke --data-dir DIR --operator NAME | --id ID

  drover-hub certificate revoke --data-dir DIR --name NAME --reason TEXT    voids those of NAME that began before now
  drover-hub certificate list   --data-dir DIR

  --config FILE         the site
  --data-dir DIR        where the hub keeps its ledger
  --listen HOST:PORT    robots and operators (127.0.0.1:7443); port 0 takes any and says which in run.json
  --broker HOST:PORT    the site broker that the hub starts (127.0.0.1:1883); or
  --broker mqtt://...   one that runs elsewhere
  --metrics HOST:PORT   GET /metrics for a Prometheus (none); port 0 takes any and says which in run.json
  --console HOST:PORT   the web console (none); port 0 takes any and says which in run.json. Its address with the token
                        that it needs stands in DIR/console.url
  --otlp URL            traces to an OpenTelemetry collector on this machine, http://127.0.0.1:4318 (none)
  --alert URL           tells it by POST of JSON of each question that is about to expire; https, or http to loopback
  --ca --cert --key     PEM files; needed for every address that is not loopback
  --out FILE            the backup; a file that is there is never replaced
  --from FILE           a backup; with --config it must be one of that site
  --role ROLE           viewer looks; operator also adds tasks, lowers and halts; supervisor also clears and frees
  --for TIME            how long the token holds (90d, at most 366d): 12h, 30min, 7d
  --help --version
`;

export interface HubOptions {
  readonly config: string;
  readonly dataDir: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly broker: { readonly host: string; readonly port: number } | string; // own, or a URL
  readonly metrics: { readonly host: string; readonly port: number } | null; // null: nobody is told
  readonly console: { readonly host: string; readonly port: number } | null; // null: there is none
  readonly otlp: string | null; // URL of a collector; null: no traces
  readonly alert: string | null; // URL of a webhook
  readonly tls: {
    readonly ca?: string | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
  };
}

const OPTIONS = {
  config: { type: "string" },
  "data-dir": { type: "string" },
  listen: { type: "string", default: "127.0.0.1:7443" },
  broker: { type: "string", default: "127.0.0.1:1883" },
  metrics: { type: "string" },
  console: { type: "string" },
  otlp: { type: "string" },
  alert: { type: "string" },
  ca: { type: "string" },
  cert: { type: "string" },
  key: { type: "string" },
} as const;

/** The options, or a sentence that says what is wrong. */
export function readHubOptions(command: "run" | "verify", args: readonly string[]): HubOptions | string {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (cause) {
    return (cause as Error).message;
  }
  const { config = "", "data-dir": dataDir, ca, cert, key } = values;
  if (dataDir === undefined || dataDir === "") return "--data-dir DIR is missing";
  if (command === "run" && config === "") return "--config FILE is missing";
  const listen = splitAddress(values.listen);
  if (listen === null) return `--listen: expected HOST:PORT, found "${values.listen}"`;
  const tls = { ca, cert, key };
  const broker = readBroker(values.broker);
  if (broker === null) return `--broker: expected HOST:PORT or mqtt://HOST:PORT, found "${values.broker}"`;
  const brokerRefusal =
    typeof broker === "string" ? checkDial({ host: new URL(broker).hostname, tls }) : checkListen({ ...broker, tls });
  const metrics = values.metrics === undefined ? null : splitAddress(values.metrics);
  if (metrics === null && values.metrics !== undefined)
    return `--metrics: expected HOST:PORT, found "${values.metrics}"`;
  const metricsRefusal = metrics === null ? null : checkListen({ ...metrics, tls });
  const page = values.console === undefined ? null : splitAddress(values.console);
  if (page === null && values.console !== undefined) return `--console: expected HOST:PORT, found "${values.console}"`;
  const pageRefusal = page === null ? null : checkListen({ ...page, tls });
  const refusal = checkListen({ host: listen.host, tls }) ?? brokerRefusal ?? metricsRefusal ?? pageRefusal;
  if (refusal !== null) return refusal;
  const [scheme, certified] = ca === undefined ? ["mqtt:", "without"] : ["mqtts:", "with"];
  if (typeof broker === "string" && new URL(broker).protocol !== scheme)
    return `--broker: expected ${scheme}//HOST:PORT ${certified} --ca, --cert and --key, found "${broker}"`;
  const { otlp = null, alert = null } = values;
  const untraced = otlp === null ? null : checkCollector(otlp);
  if (untraced !== null) return `--otlp: ${untraced}`;
  if (alert !== null && !isHook(alert))
    return `--alert: expected https://..., or http:// to loopback, found "${alert}"`;
  return { config, dataDir, listen, broker, metrics, console: page, otlp, alert, tls };
}

/** What is told of a site goes over TLS, or stays on the machine. */
function isHook(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

function readBroker(text: string): HubOptions["broker"] | null {
  if (!text.includes("://")) return splitAddress(text);
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && ["mqtt:", "mqtts:"].includes(url.protocol) ? text : null;
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS }).values;
}

export interface BackupOptions {
  readonly dataDir: string;
  readonly out: string;
}

export interface RestoreFlags {
  readonly dataDir: string;
  readonly from: string;
  readonly config: string; // empty without one
}

const VALUES: Readonly<Record<string, string>> = { "data-dir": "DIR", name: "NAME", reason: "TEXT" };

/** The values of these flags, of which those in `needed` must be given, or a sentence that says what is wrong. */
function readTexts<Name extends string>(
  args: readonly string[],
  names: { readonly needed: readonly Name[]; readonly optional: readonly Name[] },
): Readonly<Record<Name, string>> | string {
  const all = [...names.needed, ...names.optional];
  const options = Object.fromEntries(all.map((name) => [name, { type: "string" as const, default: "" }]));
  try {
    const { values: found, tokens } = parseArgs({ args: [...args], options, tokens: true });
    const given = tokens.flatMap((token) => (token.kind === "option" ? [token.name] : []));
    const twice = given.find((name, index) => given.indexOf(name) !== index);
    if (twice !== undefined) return `--${twice} is given twice`;
    const values = found as Record<Name, string>;
    const missing = names.needed.find((name) => values[name] === "");
    return missing === undefined ? values : `--${missing} ${VALUES[missing] ?? "FILE"} is missing`;
  } catch (cause) {
    return (cause as Error).message;
  }
}

export function readBackupOptions(args: readonly string[]): BackupOptions | string {
  const read = readTexts(args, { needed: ["data-dir", "out"], optional: [] });
  return typeof read === "string" ? read : { dataDir: read["data-dir"], out: read.out };
}

export function readRestoreOptions(args: readonly string[]): RestoreFlags | string {
  const read = readTexts(args, { needed: ["from", "data-dir"], optional: ["config"] });
  return typeof read === "string" ? read : { dataDir: read["data-dir"], from: read.from, config: read.config };
}

/** For how long a token lasts. */
const USUAL_MS = 90 * 86_400_000;
const MOST_MS = 366 * 86_400_000;
/** Names that stand for something else in the ledger. */
const TAKEN = new Set(["hub", "local", "configuration"]);

export type TokenOptions = { readonly dataDir: string } & (
  | { readonly action: "issue"; readonly operator: string; readonly role: Role; readonly forMs: number }
  | { readonly action: "list" }
  | { readonly action: "revoke"; readonly operator: string; readonly id: string }
);

/** The options of `drover-hub token`, or a sentence that says what is wrong. */
export function readTokenOptions([action = "", ...rest]: readonly string[]): TokenOptions | string {
  const read = readTexts(rest, { needed: ["data-dir"], optional: ["operator", "role", "for", "id"] });
  if (typeof read === "string") return read;
  const { "data-dir": dataDir, operator, role, for: span, id } = read;
  if (action === "list") return { action, dataDir };
  if (operator !== "" && !PERSON_NAME.test(operator))
    return `--operator: expected a name of 1 to 64 [A-Za-z0-9._-], found "${operator}"`;
  if (action === "revoke") {
    if ((operator === "") === (id === "")) return "expected --operator NAME, for all tokens of a person, or --id ID";
    return { action, dataDir, operator, id };
  }
  if (action !== "issue") return `expected issue, list or revoke, found "${action}"`;
  if (operator === "") return "--operator NAME is missing";
  if (TAKEN.has(operator)) return `--operator: "${operator}" names no person in the ledger`;
  const known = ROLES.find((one) => one === role);
  if (known === undefined) return `--role: expected one of ${ROLES.join(", ")}, found "${role}"`;
  const forMs = span === "" ? USUAL_MS : spanMs(span);
  if (forMs === null) return `--for: expected a time such as 30min, 12h or 7d, up to 366d, found "${span}"`;
  return { action, dataDir, operator, role: known, forMs };
}

export type CertificateOptions = { readonly dataDir: string } & (
  | { readonly action: "revoke"; readonly name: string; readonly reason: string }
  | { readonly action: "list" }
);

/** The options of `drover-hub certificate`, or a sentence that says what is wrong. */
export function readCertificateOptions([action = "", ...rest]: readonly string[]): CertificateOptions | string {
  if (action === "list") {
    const read = readTexts(rest, { needed: ["data-dir"], optional: [] });
    return typeof read === "string" ? read : { action, dataDir: read["data-dir"] };
  }
  if (action !== "revoke") return `expected revoke or list, found "${action}"`;
  const read = readTexts(rest, { needed: ["data-dir", "name", "reason"], optional: [] });
  if (typeof read === "string") return read;
  const { "data-dir": dataDir, name, reason } = read;
  if (!CERTIFICATE_NAME.test(name)) return `--name: expected a name of 1 to 64 [A-Za-z0-9._-], found "${name}"`;
  if (name === HUB_ID) return `--name: "${name}" is the hub, whose certificate the robots check: ${NOT_BY_LIST}`;
  return whyNoReason(reason) ?? { action, dataDir, name, reason };
}

const NOT_BY_LIST = "this list does not reach them; renew the site's authority instead";

function whyNoReason(reason: string): string | null {
  try {
    textOf(REASON_CHARACTERS_MOST)(reason, "--reason");
    return null;
  } catch (cause) {
    if (cause instanceof WireRefused) return cause.message;
    throw cause;
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

function spanMs(text: string): number | null {
  const [, digits = "", unit = ""] = /^(\d{1,7})(s|min|h|d)$/.exec(text) ?? [];
  const ms = Number(digits) * (UNITS_MS[unit] ?? 0);
  return ms > 0 && ms <= MOST_MS ? ms : null;
}
