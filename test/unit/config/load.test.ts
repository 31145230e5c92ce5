import { describe, expect, test } from "vitest";
import { KEYS } from "../../../src/config/schema.js";
import { configOf, failure, faultsOf, load, MASTERS, warningsOf } from "./support.js";

describe("a configuration with faults", () => {
  test("lists all of them at once, each with key, value and what is allowed", () => {
    const error = failure(() =>
      load({
        port: -1,
        SOARetry: -1,
        CertFile: "c.pem",
        IPSources: ["x"],
        mesosAuthentication: "basic",
        listener: "a b",
      }),
    );
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message.split("\n")).toEqual([
      "config.json has 8 faults:",
      "  port: got -1; allowed: an integer from 1 to 65535",
      "  SOARetry: got -1; allowed: an integer from 0 to 4294967295",
      '  IPSources[0]: got "x"; allowed: one of "netinfo", "mesos", "docker", "host"',
      `  listener: got "a b"; allowed: ${KEYS.listener.format.allowed}`,
      "  masters: got []; allowed: at least one Mesos master, host:port, unless zk is given",
      '  mesosCredentials.principal: got ""; allowed: a value that is not empty, as mesosAuthentication is basic',
      '  mesosCredentials.secret: got ""; allowed: a value that is not empty, as mesosAuthentication is basic',
      '  KeyFile: got ""; allowed: the path of a key, as CertFile is given',
    ]);
  });

  test("has no further faults because of rules that faulty values would break", () => {
    expect(faultsOf({ masters: ["x:0"], domain: "a_b", zoneResolvers: { mesos: ["192.0.2.53"] } })).toHaveLength(2);
    expect(faultsOf({ mesosAuthentication: "basic", mesosCredentials: 7 })).toHaveLength(1);
  });

  test("never shows a secret", () => {
    const secrets = [
      { mesosCredentials: { principal: "ops", secret: ["s3cret"] } },
      { mesosCredentials: "ops:s3cret" },
      { zk: "zk://ops:s3cret@192.0.2.1:2181" },
      { zk: " zk://ops:s3cret@192.0.2.1:2181/mesos" },
      { zk: "ops:s3cret@192.0.2.1:2181/mesos" },
      { zk: "zk://ops:s3cret@192.0.2.1:99999/mesos", masters: [] },
    ];
    for (const keys of secrets) {
      const faults = faultsOf(keys).join();
      expect(faults).toContain("[hidden]");
      expect(faults).not.toContain("s3cret");
    }
  });

  test("shows a long value by its beginning", () => {
    expect(faultsOf({ domain: "x".repeat(500) })[0]).toMatch(/got "x{150,170}…; allowed/);
  });
});

describe("rules between keys", () => {
  test("one of dnson and httpon is enough", () => {
    expect(faultsOf({ dnson: false, httpon: false })).toEqual([
      "dnson: got false; allowed: true, unless httpon is true: at least one server has to be on",
    ]);
    expect(configOf({ dnson: false }).httpon).toBe(true);
    expect(configOf({ httpon: false }).dnson).toBe(true);
  });

  test("masters or zk is enough, and both are accepted", () => {
    const zk = "zk://ops:s3cret@192.0.2.1:2181,192.0.2.2:2181/mesos";
    expect(load({ zk }).config).toMatchObject({ zk, masters: [] });
    expect(load({ zk }).warnings).toEqual([]);
    expect(warningsOf({ zk })).toEqual([]);
    expect(faultsOf({ masters: [] })).toEqual([
      "masters: got []; allowed: at least one Mesos master, host:port, unless zk is given",
    ]);
  });

  test("an invalid zk is the only fault, with or without masters", () => {
    for (const masters of [[], ["192.0.2.1:5050"]]) {
      expect(faultsOf({ zk: "zk://192.0.2.1:2181", masters })).toEqual([
        'zk: got "zk://192.0.2.1:2181"; allowed: a path behind the servers, the one of the masters\' --zk, usually zk://192.0.2.1:2181/mesos',
      ]);
    }
  });

  test("masters are not needed if no cluster is followed", () => {
    expect(load({}, { needsMasters: false }).config.masters).toEqual([]);
  });

  test("basic authentication needs principal and secret", () => {
    const mesosAuthentication = "basic";
    expect(faultsOf({ mesosAuthentication })).toEqual([
      'mesosCredentials.principal: got ""; allowed: a value that is not empty, as mesosAuthentication is basic',
      'mesosCredentials.secret: got ""; allowed: a value that is not empty, as mesosAuthentication is basic',
    ]);
    const mesosCredentials = { principal: "ops", secret: "s3cret" };
    expect(configOf({ mesosAuthentication, mesosCredentials }).mesosCredentials).toEqual(mesosCredentials);
  });

  test("iam authentication needs IAMConfigFile", () => {
    expect(faultsOf({ mesosAuthentication: "iam" })[0]).toMatch(/^IAMConfigFile: got ""; allowed: the path/);
    expect(configOf({ mesosAuthentication: "iam", IAMConfigFile: "iam.json" }).IAMConfigFile).toBe("iam.json");
  });

  test("credentials that are not used are named", () => {
    const unused = { mesosCredentials: { principal: "ops", secret: "s3cret" }, IAMConfigFile: "iam.json" };
    expect(warningsOf(unused)).toEqual([
      "mesosCredentials is not used, as mesosAuthentication is none",
      "IAMConfigFile is not used, as mesosAuthentication is none",
    ]);
  });

  test("CertFile and KeyFile require each other", () => {
    expect(faultsOf({ CertFile: "c.pem" })[0]).toMatch(/^KeyFile: got ""; allowed: the path of a key/);
    expect(faultsOf({ KeyFile: "k.pem" })[0]).toMatch(/^CertFile: got ""; allowed: the path of a certificate/);
    expect(configOf({ CertFile: "c.pem", KeyFile: "k.pem" }).KeyFile).toBe("k.pem");
  });
});

describe("keys", () => {
  test("match without regard to case, inside objects too", () => {
    const keys = { REFRESHSECONDS: 7, httpPort: 80, MesosCredentials: { Principal: "ops", SECRET: "x" } };
    const config = configOf({ ...keys, mesosAuthentication: "basic" });
    expect(config).toMatchObject({
      refreshSeconds: 7,
      httpport: 80,
      mesosCredentials: { principal: "ops", secret: "x" },
    });
  });

  test("spelled in two ways count as one, and the last one wins", () => {
    expect(configOf({ ttl: 1, TTL: 2 }).ttl).toBe(2);
    expect(configOf({ TTL: 2, ttl: 1 }).ttl).toBe(1);
  });

  test("that are unknown are named, with the one probably meant", () => {
    const unknown = { resolver: [], email_: "x", refreshSecs: 1, x: 1, mesosCredentials: { password: "x" } };
    expect(warningsOf(unknown)).toEqual([
      "unknown key resolver is ignored; did you mean resolvers?",
      "unknown key email_ is ignored",
      "unknown key refreshSecs is ignored",
      "unknown key x is ignored",
      "unknown key mesosCredentials.password is ignored",
    ]);
    expect(warningsOf({ refreshSecond: 1 })).toEqual([
      "unknown key refreshSecond is ignored; did you mean refreshSeconds?",
    ]);
  });

  test.each([
    ["email", "SOARname"],
    ["ns", "SOAMname"],
    ["MName", "SOAMname"],
  ])("of 2015 are named with the key that replaced them: %s", (key, successor) => {
    expect(warningsOf({ [key]: "ns1.example.com" })).toEqual([`${key} is ignored: ${successor} took its place`]);
  });

  test("that occur twice are named, with the line that counts", () => {
    const text = `{"masters": ["192.0.2.1"],
      "ttl": 1,
      "mesosCredentials": {"principal": "a", "Principal": "b"},
      "TTL": 2, "zoneResolvers": {
        "corp.example": ["192.0.2.53"],
        "corp.example": ["192.0.2.54"]
      },
      "ttl" : 3,
      "IPSources": ["host"]}`;
    const { config, warnings } = load(text);
    expect(config.zoneResolvers["corp.example"]).toEqual([{ host: "192.0.2.54", port: 53 }]);
    expect(config.mesosCredentials.principal).toBe("b");
    expect(warnings.slice(0, 3)).toEqual([
      "mesosCredentials.principal stands 2 times in line 3: the last one counts",
      "zoneResolvers.corp.example stands in line 5 and again in line 6: line 6 counts",
      "ttl stands in line 2, 4 and again in line 8: line 8 counts",
    ]);
    expect(config.ttl).toBe(3);
  });

  test("that occur in several objects are not duplicates", () => {
    const zones = { "a.example": ["192.0.2.1"], "b.example": ["192.0.2.1", "192.0.2.2"] };
    expect(warningsOf({ zoneResolvers: zones, cache: { enabled: true }, rateLimit: { slip: 1 } })).toEqual([]);
  });

  test("cannot reach an object's prototype", () => {
    const text = '{"masters": ["192.0.2.1"], "__proto__": {"x": 1}, "constructor": {"prototype": {"x": 1}}}';
    expect(load(text).warnings).toEqual(["unknown key __proto__ is ignored", "unknown key constructor is ignored"]);
    expect({}).not.toHaveProperty("x");
  });

  test("that have no effect here, such as SOASerial, are accepted and ignored", () => {
    expect(warningsOf({ soaSerial: 1 })).toEqual(["SOASerial is ignored: the serial follows the zone's content"]);
  });
});

describe("the file", () => {
  test("that cannot be read is named, with the reason and what to do", () => {
    const readFile = () => {
      throw new Error("ENOENT: no such file or directory");
    };
    const error = failure(() => load({}, { file: "/etc/mesos-dns/config.json", readFile }));
    expect(error.code).toBe("CONFIG_UNREADABLE");
    expect(error.message).toMatch(
      /^cannot read \/etc\/mesos-dns\/config\.json \(ENOENT.*\): name the file with -config=/,
    );
  });

  test("may begin with a byte order mark, as editors on Windows write it", () => {
    const text = JSON.stringify({ ...MASTERS, ttl: 7 });
    expect(load(`\uFEFF${text}`)).toEqual(load(text));
    expect(failure(() => load("\uFEFF{\n  x}")).message).toContain("line 2, column 3");
  });

  test("that is not JSON is refused with the line and column", () => {
    const error = failure(() => load('{\n  "ttl": 60,\n}'));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toBe('config.json is not JSON, line 3, column 1: "}" where a quoted key was expected');
  });

  test.each(["[]", "7", "null", '"x"'])("that contains %s instead of an object is refused", (text) => {
    const error = failure(() => load(text));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain("must hold a JSON object");
  });

  test("may have a path from `~/`, which shells do not expand after -config=", () => {
    const paths: string[] = [];
    const readFile = (path: string) => {
      paths.push(path);
      return JSON.stringify(MASTERS);
    };
    load({}, { file: "~/config.json", readFile, env: { HOME: "/home/ops" } });
    expect(paths).toEqual(["/home/ops/config.json"]);
  });
});

test("the result is deeply frozen", () => {
  const config = configOf({ zoneResolvers: { "corp.example": ["192.0.2.53"] } });
  const parts = [
    config,
    config.masters,
    config.masters[0],
    config.mesosCredentials,
    config.zoneResolvers["corp.example"],
  ];
  expect(parts.map((part) => Object.isFrozen(part))).toEqual([true, true, true, true, true]);
});
