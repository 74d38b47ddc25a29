// Prints, as JSON, what the inference runtime says it can run on: in a process of its own, since asking loads native
// code.
//
//   node dist/edge/planner/backends.js

import { env, listSupportedBackends } from "onnxruntime-node";

const backends = listSupportedBackends().map(({ name, bundled }) => ({ name, bundled }));
process.stdout.write(`${JSON.stringify({ version: env.versions.common, backends })}\n`);
