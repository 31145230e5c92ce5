import { expect, test } from "vitest";
import { codeOf } from "../../../../src/base/errors.js";
import { parseDeployFlags } from "../../../../src/cli/lb/deploy-flags.js";

const NEEDED = [
  "-m",
  "https://marathon.example.com/service/marathon/",
  "-l",
  "http://lb.example.com:9090",
  "-j",
  "a.json",
];

test("flags mean what they do in zdd.py, with its defaults", () => {
  expect(parseDeployFlags(NEEDED, {})).toMatchObject({
    marathon: { urls: ["https://marathon.example.com/service/marathon"], user: "", credentialsFile: "", dcos: false },
    appFile: "a.json",
    isDryRun: false,
    isForced: false,
    isResumed: false,
    initialInstances: 1,
    newInstances: 0,
    linear: 0,
    stepDelayMs: 5_000,
    maxWaitMs: 300_000,
  });
  const more = [
    "-d",
    "-f",
    "-r",
    "-c",
    "-s",
    "1",
    "-i",
    "2",
    "--linear-increase=3",
    "-n",
    "4",
    "-w",
    "5",
    "--pre-kill-hook",
    "h",
  ];
  const ignored = ["--syslog-socket", "/dev/null", "--log-format", "%(message)s", "--log-level", "INFO"];
  expect(parseDeployFlags([...NEEDED, ...more, ...ignored], {})).toMatchObject({
    isDryRun: true,
    isForced: true,
    isResumed: true,
    completes: "current",
    initialInstances: 2,
    newInstances: 4,
    linear: 3,
    stepDelayMs: 1_000,
    maxWaitMs: 5_000,
    hook: "h",
  });
  expect(parseDeployFlags(["--longhelp"], {})).toBeUndefined();
});

test("of several logins, a file comes first, then the command line, then DC/OS's", () => {
  const inEnvironment = { DCOS_SERVICE_ACCOUNT_CREDENTIAL: "{}" };
  const dcos = ["--dcos-auth-credentials", '{"uid":"me"}'];
  const basic = ["--auth-credentials", "me:secret"];
  const file = ["--marathon-auth-credential-file", "f", "--marathon-ca-cert", "ca.pem"];
  const read = (...flags: readonly string[]) => parseDeployFlags([...NEEDED, ...flags], inEnvironment);
  expect(read()).toMatchObject({ marathon: { dcos: true }, env: inEnvironment });
  expect(read(...dcos)).toMatchObject({
    marathon: { dcos: true },
    env: { DCOS_SERVICE_ACCOUNT_CREDENTIAL: '{"uid":"me"}' },
  });
  expect(read(...dcos, ...basic)).toMatchObject({ marathon: { dcos: false, user: "me", password: "secret" } });
  expect(read(...dcos, ...file)).toMatchObject({ marathon: { dcos: false, credentialsFile: "f", caFile: "ca.pem" } });
});

test.each([
  ["lb deploy needs --marathon", ["-l", "http://lb.example.com", "-j", "a.json"]],
  ['--marathon-lb is "lb:9090", and has to be an http or https URL', [...NEEDED, "-l", "lb:9090"]],
  ['--initial-instances is "0", and has to be a whole number, 1 or more', [...NEEDED, "-i", "0"]],
  ['--max-wait is "1.5", and has to be a whole number, 1 or more', [...NEEDED, "-w", "1.5"]],
  ["--auth-credentials has to be USER:PASSWORD", [...NEEDED, "--auth-credentials", "me"]],
  ["Unknown option '--frobnicate'", [...NEEDED, "--frobnicate"]],
])("a wrong command line is refused: %s", (message, words) => {
  expect(() => parseDeployFlags(words, {})).toThrow(message);
  try {
    parseDeployFlags(words, {});
  } catch (error) {
    expect(codeOf(error)).toBe("USAGE");
  }
});
