// Who may do what on the site's broker. A client's id is its identity (with TLS its certificate must say the same) and
// its prefix: a robot publishes below drover/<site>/<its id>/up/ and subscribes below drover/<site>/<its id>/down/,
// nothing else; the hub subscribes to everybody's telemetry and publishes nothing, because authority never travels
// here.

import type { BrokerPolicy } from "../../proto/codec/mqtt-policy.js";
import { telemetryFilter } from "../../proto/topics.js";

export const HUB_ID = "hub";
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The access rules of one site. */
export function sitePolicy(site: string): BrokerPolicy {
  const telemetry = telemetryFilter(site);
  const own = (id: string, way: "up" | "down"): string => `drover/${site}/${id}/${way}/`;
  const below = (topic: string, prefix: string): boolean =>
    topic.startsWith(prefix) && NAME.test(topic.slice(prefix.length));
  const publishes = (id: string, topic: string): boolean => id !== HUB_ID && below(topic, own(id, "up"));
  return {
    admit({ id, name, will }) {
      if (id === "") return "expected the robot's id as client id, found none";
      if (name !== null && name !== id) return `expected the client id ${name} of the certificate, found ${id}`;
      if (will !== null && !publishes(id, will.topic))
        return `expected a will below ${own(id, "up")}, found ${will.topic}`;
      return null;
    },
    mayPublish: publishes,
    maySubscribe(id, filter) {
      if (id === HUB_ID) return filter === telemetry;
      const down = own(id, "down");
      return filter === `${down}#` || filter === `${down}+` || below(filter, down);
    },
    mayReceive(id, topic) {
      if (id !== HUB_ID) return below(topic, own(id, "down"));
      const [root, at, robot, way, channel, ...rest] = topic.split("/");
      const named = [robot, channel].every((part) => part !== undefined && NAME.test(part));
      return root === "drover" && at === site && way === "up" && named && rest.length === 0;
    },
  };
}
