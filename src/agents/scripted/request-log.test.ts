import { describe, expect, it } from "vitest";
import { type ReceivedRequest, RequestLog } from "./request-log.ts";

const request = (scenario: string, bytes: number): ReceivedRequest => ({
  body: {},
  bytes,
  scenario,
  position: 0,
  tries: 0,
});

describe("the log of requests", () => {
  it("forgets the oldest beyond its number", () => {
    const log = new RequestLog(2, 1_000);
    for (const name of ["a", "b", "c"]) log.add(request(name, 1));
    expect(log.requests.map(({ scenario }) => scenario)).toEqual(["b", "c"]);
  });

  it("forgets the oldest beyond its bytes, but never the latest", () => {
    const log = new RequestLog(10, 100);
    for (const name of ["a", "b", "c"]) log.add(request(name, 50));
    expect(log.requests.map(({ scenario }) => scenario)).toEqual(["b", "c"]);
    log.add(request("huge", 1_000));
    expect(log.requests.map(({ scenario }) => scenario)).toEqual(["huge"]);
  });
});
