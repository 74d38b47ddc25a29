// Safe by default: what may listen, or be dialled, without TLS. Loopback may; every other address needs all three of
// ca, cert and key. Half a TLS configuration is refused everywhere, so that nobody believes in one that is not there.

/** Where each of the three comes from; undefined when it is not given. */
export interface TlsSources {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface Endpoint {
  readonly host: string;
  readonly tls?: TlsSources | undefined;
}

/** Why it must not listen there, for people; null when it may. */
export function checkListen(at: Endpoint): string | null {
  return check(at, "listen on");
}

/** Why it must not connect there, for people; null when it may. */
export function checkDial(at: Endpoint): string | null {
  return check(at, "connect to");
}

/** 127.0.0.0/8, ::1 (also written long or in brackets), ::ffff:127.0.0.0/104 and localhost. */
export function isLoopback(host: string): boolean {
  const bare = (host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host).toLowerCase();
  if (bare === "localhost" || bare === "::1" || /^(0{1,4}:){7}0{0,3}1$/.test(bare)) return true;
  const parts = (bare.startsWith("::ffff:") ? bare.slice("::ffff:".length) : bare).split(".");
  return (
    parts.length === 4 && parts[0] === "127" && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)
  );
}

/** Why traces must not go there, for people; null when they may: a collector on this machine, which sends them on. */
export function checkCollector(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && url.protocol === "http:" && url.pathname === "/" && isLoopback(url.hostname)) return null;
  return `expected http://127.0.0.1:PORT, a collector on this machine, found "${text}"`;
}

function check({ host, tls = {} }: Endpoint, doing: string): string | null {
  const missing = (["ca", "cert", "key"] as const).filter((key) => tls[key] === undefined || tls[key] === "");
  if (missing.length === 0) return null;
  const lacks = `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing`;
  if (missing.length < 3) return `cannot ${doing} ${host}: TLS needs ca, cert and key together; ${lacks}`;
  if (isLoopback(host)) return null;
  return `cannot ${doing} ${host} without TLS: only loopback (127.0.0.1, ::1, localhost) may go without; ${lacks}`;
}
