// A child of a trial that the system ends once it has begun, as one without memory does.

process.once("message", () => process.kill(process.pid, "SIGKILL"));
process.send?.({ kind: "hello" });
