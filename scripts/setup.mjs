// From a fresh clone to a running program: `node scripts/setup.mjs dist/PROGRAM.js [args..]` checks Node, installs the
// packages and builds where that is due, then runs the program in this same process. It says on stderr what it does
// and nothing when nothing is due. This file keeps to syntax that old versions of Node read, so that it can tell them.

const NEEDED = [20, 19];

function tooOld() {
  const found = process.versions.node.split(".").map(Number);
  return found[0] < NEEDED[0] || (found[0] === NEEDED[0] && found[1] < NEEDED[1]);
}

async function main() {
  const { prepare } = await import("./prepare.mjs");
  const target = await prepare(process.argv[2]);
  if (target === null) return;
  process.argv = [process.execPath, target.path, ...process.argv.slice(3)];
  process.setSourceMapsEnabled(true);
  await import(target.url);
}

if (tooOld()) {
  process.stderr.write(`Drover needs Node ${NEEDED.join(".")} or later, found ${process.versions.node}\n`);
  process.exitCode = 1;
} else {
  main();
}
