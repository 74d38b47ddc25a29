// TLS for real: a hub that demands certificates, an operator who has one, and those who have another site's or none.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerCredentials } from "@grpc/grpc-js";
import t from "tap";
import { nameOf } from "../../../proto/codec/tls.js";
import { hasOpenssl, makeCertificates } from "../../../scripts/make-certificates.js";
import { aPerson, FakeShell, openStubHub, runAt, type StubHub } from "./stub-hub.js";

const skip = hasOpenssl() ? false : "there is no openssl program here";
const HALT = ["halt", "--robot", "r1", "--timeout", "5s"];

function aSite(t: { teardown(after: () => void): unknown }, name: string) {
  const out = mkdtempSync(join(tmpdir(), `drover-tls-${name}-`));
  t.teardown(() => rmSync(out, { recursive: true }));
  makeCertificates({ out: join(out, "pki"), hosts: ["127.0.0.1"], names: ["ada", "eve"] });
  return (file: string) => readFileSync(join(out, "pki", file));
}

/** Runs with these files as ca, cert and key; $USER is somebody else. */
function runWith(hub: StubHub, files: readonly [Buffer, Buffer, Buffer], more: readonly string[] = []) {
  const shell = new FakeShell();
  shell.environment = { hub: undefined, user: "root" };
  const [ca, cert, key] = files;
  for (const [name, bytes] of Object.entries({ ca, cert, key })) shell.files.set(name, bytes);
  return runAt(hub, [...HALT, "--ca", "ca", "--cert", "cert", "--key", "key", ...more], shell);
}

t.test(
  "X23 the right certificate acts under its own name; another site's, another name and none do not",
  { skip },
  async (t) => {
    const own = aSite(t, "own");
    const other = aSite(t, "other");
    const pair = { cert_chain: own("hub.crt"), private_key: own("hub.key") };
    const hub = await openStubHub({
      credentials: ServerCredentials.createSsl(own("ca.crt"), [pair], true),
      personOf: (call) => aPerson(nameOf(call.getAuthContext()?.sslPeerCertificate) ?? ""),
    });
    t.teardown(() => hub.close());
    const ada = [own("ca.crt"), own("ada.crt"), own("ada.key")] as const;

    t.match(await runWith(hub, ada), { exit: 0, out: /3 of 3 robots obeyed/ });
    t.match(hub.port.asked, [{ act: { operator: "ada" } }], "the name of the certificate, not $USER");
    t.match(await runWith(hub, ada, ["--operator", "eve"]), { exit: 77, err: /operator "eve".*names "ada"/ });

    const foreign = [other("ca.crt"), other("ada.crt"), other("ada.key")] as const;
    t.match(await runWith(hub, foreign), { exit: 77, err: /not delivered.*do not trust each other/ });
    const stranger = [own("ca.crt"), other("ada.crt"), other("ada.key")] as const;
    t.match(await runWith(hub, stranger), { exit: 77, err: /hung up when it had seen your certificate \(CN=ada/ });
    const mixed = [own("ca.crt"), own("ada.crt"), own("eve.key")] as const;
    t.match(await runWith(hub, mixed), { exit: 77, err: /cannot use --ca, --cert and --key/ });

    t.match(await runAt(hub, HALT), { exit: 69, err: /not delivered.*if it wants TLS, give --ca/ });
    t.equal(hub.port.asked.length, 1, "nobody else was heard");
  },
);
