// Names of MQTT topics, in one place for both ends and for the broker's access rules.

/** On the robot's own broker. The contract that a base driver is written against. */
export const ONBOARD_CHANNELS = ["pose", "scan", "odometry", "battery", "base"] as const;
export type OnboardChannel = (typeof ONBOARD_CHANNELS)[number];
export type Form = "protobuf" | "json";

const IN = "drover/base/in";
const OUT = "drover/base/out";
export const ONBOARD_IN_ALL = `${IN}/#`;
export const ONBOARD_OUT_ALL = `${OUT}/#`;

/** Topic on which the base reports a channel. */
export function onboardIn(channel: OnboardChannel, form: Form): string {
  return form === "json" ? `${IN}/${channel}/json` : `${IN}/${channel}`;
}

/** Topic on which the edge tells the base something. */
export function onboardOut(what: "tick" | "command", form: Form): string {
  return form === "json" ? `${OUT}/${what}/json` : `${OUT}/${what}`;
}

/** The channel and form of an inbound topic; null for any other topic. */
export function parseOnboardIn(topic: string): { readonly channel: OnboardChannel; readonly form: Form } | null {
  const json = topic.endsWith("/json");
  const name = topic.slice(IN.length + 1, json ? -"/json".length : undefined);
  const channel = ONBOARD_CHANNELS.find((known) => known === name);
  return channel === undefined || !topic.startsWith(`${IN}/`) ? null : { channel, form: json ? "json" : "protobuf" };
}

/** On the site's broker: what a robot may publish under, and subscribe to. */
export const TELEMETRY_CHANNELS = ["pose", "battery", "edge"] as const;
export type TelemetryChannel = (typeof TELEMETRY_CHANNELS)[number];

export function telemetryTopic(at: {
  readonly site: string;
  readonly robot: string;
  readonly channel: string;
}): string {
  return `drover/${at.site}/${at.robot}/up/${at.channel}`;
}

/** What the hub subscribes to. */
export function telemetryFilter(site: string): string {
  return `drover/${site}/+/up/+`;
}

/** The robot whose telemetry a topic carries; null for any other topic. */
export function parseTelemetryTopic(
  topic: string,
): { readonly site: string; readonly robot: string; readonly channel: string } | null {
  const parts = topic.split("/");
  const [root, site, robot, up, channel] = parts;
  if (parts.length !== 5 || root !== "drover" || up !== "up") return null;
  if (site === undefined || robot === undefined || channel === undefined) return null;
  return { site, robot, channel };
}
