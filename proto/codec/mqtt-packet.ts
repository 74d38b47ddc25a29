// Small truths about MQTT 3.1.1 topics and packets that the broker needs beside its engine.

const MOST_TOPIC = 256;

/** Whether one of the filters matches the topic. */
export function covers(filters: ReadonlySet<string>, topic: string): boolean {
  for (const filter of filters) if (matches(filter, topic)) return true;
  return false;
}

function matches(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (const [index, want] of wanted.entries()) {
    if (want === "#") return true;
    if (index >= levels.length || (want !== "+" && want !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}

/** A topic or filter that any policy may look at: short, printable ASCII without blanks, no reserved tree. */
export function ordinary(topic: string): boolean {
  return topic.length > 0 && topic.length <= MOST_TOPIC && /^[\x21-\x7e]+$/.test(topic) && !topic.startsWith("$");
}

/** At most 80 characters of it, for messages. */
export function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

/** The bytes of a PUBLISH with QoS 0, not retained. */
export function publishPacket(topic: string, payload: Uint8Array): Buffer {
  const name = Buffer.from(topic, "utf8");
  const length: number[] = [];
  let rest = 2 + name.length + payload.length;
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from([0x30, ...length, name.length >> 8, name.length & 255]), name, payload]);
}
