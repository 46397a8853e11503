// Lints the API's documents: no error, and a count of what rules find that are hints in `spectral.yaml`.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const folder = process.argv[2];
const bin = (name) => join(import.meta.dirname, "node_modules", ".bin", name);
let failed = false;

function run(what, program, args) {
  const { stdout, stderr, status, error } = spawnSync(bin(program), args, {
    cwd: import.meta.dirname,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
  });
  if (error) throw error;
  const begin = stdout.search(/[[{]/);
  if (begin < 0) throw new Error(`${what}: ${stdout}${stderr} (status ${status})`);
  return JSON.parse(stdout.slice(begin));
}

/// Prints how often each rule found something, and the first places of those that may find nothing.
function report(what, findings) {
  const rules = new Map();
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.rule}`;
    rules.set(key, [...(rules.get(key) ?? []), finding]);
  }
  console.log(`${what}: ${findings.length} findings`);
  for (const [key, found] of rules) {
    console.log(`  ${String(found.length).padStart(5)} ${key}`);
    if (found[0].severity !== "error") continue;
    failed = true;
    for (const { place, message } of found.slice(0, 20)) console.log(`        ${place}: ${message}`);
  }
}

const severities = ["error", "warning", "information", "hint"];
for (const name of ["passerelle.json", "asyncapi.json"]) {
  const document = join(folder, name);
  const args = ["lint", document, "--ruleset", "spectral.yaml", "--format", "json", "--quiet"];
  const found = run(`spectral ${name}`, "spectral", args);
  const shown = ({ code, severity, message, path }) => ({
    rule: code,
    severity: severities[severity],
    message,
    place: path.join("."),
  });
  report(`spectral ${name}`, found.map(shown));
}
const { problems } = run("redocly", "redocly", ["lint", join(folder, "passerelle.json"), "--format", "json"]);
const shown = ({ ruleId, severity, message, location }) => ({
  rule: ruleId,
  severity: severity === "warn" ? "warning" : severity,
  message,
  place: location[0]?.pointer ?? "",
});
report("redocly passerelle.json", problems.map(shown));
process.exit(failed ? 1 : 0);
