import { expect, it } from "vitest";
import { endpointOf } from "../../../../src/sources/http/url.js";

it.each([
  ["http://192.0.2.1:5050/master/state", "192.0.2.1", 5050],
  ["http://master.example.com/", "master.example.com", 80],
  ["https://[2001:db8::1]/", "2001:db8::1", 443],
])("an endpoint is found in %s", (url, host, port) => {
  expect(endpointOf(new URL(url))).toEqual({ host, port });
});
