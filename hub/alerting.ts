// The alert hook: looks once a second at what waits for people, and tells a webhook of each question that is about to
// expire. Without a hook nobody looks.

import type { Logger } from "pino";
import type { SiteConfig } from "../fleet-config/types.js";
import type { DecisionView } from "../proto/operator-views.js";
import { newlyDue } from "./core/alerts.js";
import { Webhook, type WebhookOptions } from "./io/webhook.js";

const LOOK_MS = 1000;

export interface AlertingParts {
  readonly url: string | null;
  readonly config: SiteConfig;
  readonly questions: () => readonly DecisionView[];
  readonly log: Pick<Logger, "warn">;
  readonly hook?: Partial<WebhookOptions>;
  readonly lookMs?: number;
}

/** Starts alerting; gives what ends it. */
export function startAlerting({ url, config, questions, log, hook, lookMs = LOOK_MS }: AlertingParts): {
  close(): Promise<void>;
} {
  if (url === null) return { close: async () => {} };
  const onGivenUp = (why: string) => log.warn({ why }, "an alert could not be told");
  const webhook = new Webhook({ url, onGivenUp, ...hook });
  const told = new Set<string>();
  const timer = setInterval(() => {
    for (const view of newlyDue(questions(), { told, config })) webhook.tell(messageOf(config.site, view));
  }, lookMs);
  return {
    close: () => {
      clearInterval(timer);
      return webhook.close();
    },
  };
}

function messageOf(site: string, view: DecisionView): object {
  const { id, version, type, subject, question, evidence, choices, safeDefault, deadlineLeftMs } = view;
  return {
    ...{ alert: "question-expires", site, id, version, type, subject, question },
    ...{ evidence, choices, safeDefault, deadlineLeftMs },
  };
}
