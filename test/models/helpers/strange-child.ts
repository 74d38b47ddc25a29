// A child that is not the one of a trial: it says at once what only a child that has run everything may say.

process.send?.({ kind: "timed", timesMs: [0.1] });
