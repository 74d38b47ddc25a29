// The keys of a site file that say which people it knows by their certificates. Tokens are no part of a site: they are
// issued on the hub's machine, because whoever may act changes more often than the site does.

import { list, object, oneOf, text } from "./schema-words.js";

const personSchema = object(
  {
    name: text("The name in the certificate.", "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"),
    role: oneOf(
      "viewer looks; operator also adds tasks, lowers and halts; supervisor also clears and frees.",
      ["viewer", "operator", "supervisor"],
      {},
    ),
  },
  { description: "A person with a certificate.", required: ["name", "role"] },
);

export const peopleSchema = list(personSchema, {
  minItems: 1,
  maxItems: 1000,
  description: "People by certificate. Without this list each is an operator; with it others are not let in.",
});
